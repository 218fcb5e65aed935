//! 谈判、定价与决策

use dukou_kernel::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Code, Day, Fen, File, Id, Part, Pen, Shared};
use crate::deal as stored;

public_types! {
    /// 条款已确认 — both sides agreed on terms.
    "dukou.deal.terms_agreed/v1" => TermsAgreed;
    /// 关联关系已申报 — somebody declared ties, or none.
    "dukou.deal.interest_declared/v1" => InterestDeclared;
    /// 技术市场公示证明已收 — a technology market published the price.
    "dukou.deal.market_proved/v1" => MarketProved;
    /// 集体决策已登记 — the leadership decided.
    "dukou.deal.decided/v1" => Decided;
}

/// 条款已确认 — both sides agreed on terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TermsAgreed {
    /// 1 for the first version.
    pub version: u32,
    /// The terms.
    pub terms: Terms,
    /// The signed paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
    /// Who entered them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// 关联关系已申报 — somebody declared ties, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InterestDeclared {
    /// Who declares.
    pub person: Id,
    /// Tied or not.
    pub related: bool,
    /// Signed paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
}

/// 技术市场公示证明已收 — a technology market published the price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MarketProved {
    /// The proof.
    pub paper: File,
}

/// 集体决策已登记 — the leadership decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Decided {
    /// Version of the terms that was decided on.
    pub version: u32,
    /// When the meeting sat.
    #[schemars(with = "Day")]
    pub held: Date,
    /// True when it agreed.
    pub approved: bool,
    /// About an appraisal (资产评估).
    pub appraisal: Code,
    /// Appraised value, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appraised: Option<Fen>,
    /// The minutes.
    pub minutes: File,
    /// Who entered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// What both sides agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Terms {
    /// 转化方式
    pub mode: Code,
    /// 许可种类, for a licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<Code>,
    /// Years, for a licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term_years: Option<u16>,
    /// Fixed price in cash, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Fen>,
    /// Running royalty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub royalty: Option<Part>,
    /// For an equity investment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equity: Option<Holding>,
    /// 定价方式
    pub pricing: Code,
    /// Payments that make up the price.
    pub schedule: Vec<Instalment>,
    /// Part of each case in the price, when they are not equal.
    pub weights: Vec<Weight>,
}

/// Shares of a company taken for the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Holding {
    /// Part of the company's capital.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holding: Option<Part>,
    /// Value at which the result is brought in, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valued: Option<Fen>,
}

/// One agreed payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Instalment {
    /// How much, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
    /// Due day, when it is a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub due: Option<Date>,
}

/// Part of one case in the price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Weight {
    /// The case.
    pub case: Id,
    /// Its part.
    pub share: Shared,
}

/// Terms, with their amounts for whoever may read money.
pub(super) fn terms(it: &stored::Terms, pen: &mut Pen) -> Terms {
    let schedule = it.schedule.iter().map(|it| Instalment {
        amount: pen.fen("terms.schedule.amount", it.amount),
        due: it.due,
    });
    Terms {
        mode: Code::new(it.mode.code()),
        licence: it.licence.map(|it| Code::new(it.code())),
        term_years: it.term_years,
        schedule: schedule.collect(),
        price: pen.fen("terms.price", it.price),
        royalty: it.royalty.and_then(|it| pen.part("terms.royalty", it)),
        equity: it.equity.as_ref().map(|it| Holding {
            holding: pen.part("terms.equity.holding", it.holding),
            valued: pen.fen("terms.equity.valued", it.valued),
        }),
        pricing: Code::new(it.pricing.code()),
        weights: it
            .weights
            .iter()
            .map(|(case, share)| Weight {
                case: Id::new(case),
                share: Shared::new(*share),
            })
            .collect(),
    }
}

pub(super) fn of(event: &stored::Event, pen: &mut Pen) -> Data {
    use stored::Event;
    match event {
        Event::TermsAgreed(it) => TermsAgreed {
            version: it.version,
            terms: terms(&it.terms, pen),
            paper: File::perhaps(it.paper.as_ref()),
            by: it.by.map(Id::new),
        }
        .into(),
        Event::InterestDeclared(it) => InterestDeclared {
            person: Id::new(it.person),
            related: it.related,
            paper: File::perhaps(it.paper.as_ref()),
        }
        .into(),
        Event::MarketProved(it) => MarketProved {
            paper: File::of(&it.paper),
        }
        .into(),
        Event::Decided(it) => Decided {
            version: it.version,
            held: it.held,
            approved: it.approved,
            appraisal: Code::new(it.appraisal.code()),
            appraised: pen.perhaps("appraised", it.appraised),
            minutes: File::of(&it.minutes),
            by: it.by.map(Id::new),
        }
        .into(),
    }
}
