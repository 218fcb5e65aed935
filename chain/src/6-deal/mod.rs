//! 谈判、定价与决策 — terms are agreed, interests declared, and the leadership
//! decides together (国发〔2016〕16号（二）).
//!
//! Every new version of the terms voids the decision and the publicity that
//! stood on the old one.

mod decide;

use std::collections::BTreeMap;

use dukou_kernel::{CaseId, Date, Money, PersonId, Share};
use serde::{Deserialize, Serialize};

pub use decide::Before;
pub(crate) use decide::check_terms;

use crate::terms::{Attachment, LicenceKind, Mode, Pricing};

/// One agreed payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instalment {
    /// What it is paid for or when.
    pub label: String,
    /// How much.
    pub amount: Money,
    /// Due day, when it is a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
}

/// Shares of a company taken for the result (作价投资).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// Part of the company's capital.
    pub holding: Share,
    /// Value at which the result is brought in.
    pub valued: Money,
}

/// What both sides agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// 转化方式
    pub mode: Mode,
    /// 许可种类, for a licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<LicenceKind>,
    /// 地域
    #[serde(default)]
    pub territory: String,
    /// Years, for a licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term_years: Option<u16>,
    /// Fixed price in cash; zero for pure equity.
    pub price: Money,
    /// Running royalty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub royalty: Option<Share>,
    /// What the royalty is a part of.
    #[serde(default)]
    pub royalty_base: String,
    /// For an equity investment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equity: Option<Holding>,
    /// 定价方式
    pub pricing: Pricing,
    /// Payments that make up the price.
    #[serde(default)]
    pub schedule: Vec<Instalment>,
    /// Part of each case in the price, when there are several; equal parts otherwise.
    #[serde(default)]
    pub weights: BTreeMap<CaseId, Share>,
}

words! {
    /// What the leadership decided about an appraisal (资产评估).
    Appraisal {
        Waived = "waived", "决定不评估", "Waived by decision";
        Exempt = "exempt", "依规无须评估", "Not required";
        Done = "done", "已评估", "Appraised";
    }
}

/// The commands of negotiation, pricing and decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "commands live one at a time")]
pub enum Command {
    /// 记录双方确认的条款
    #[serde(rename = "deal.agree_terms")]
    AgreeTerms {
        /// The terms.
        terms: Terms,
        /// The signed term sheet or letter.
        #[serde(default)]
        paper: Option<Attachment>,
    },
    /// 申报关联关系
    #[serde(rename = "deal.declare_interest")]
    DeclareInterest {
        /// True when the person is tied to the other side.
        related: bool,
        /// How.
        #[serde(default)]
        note: String,
        /// Signed paper, when somebody else enters it.
        #[serde(default)]
        paper: Option<Attachment>,
    },
    /// 上传技术市场公示证明
    #[serde(rename = "deal.market_proof")]
    MarketProof {
        /// Where it was published or listed.
        place: String,
        /// The proof.
        paper: Attachment,
    },
    /// 登记集体决策
    #[serde(rename = "deal.decide")]
    Decide {
        /// Which meeting.
        meeting: String,
        /// When it sat.
        held: Date,
        /// True when it agreed.
        approved: bool,
        /// About an appraisal.
        appraisal: Appraisal,
        /// Appraised value.
        #[serde(default)]
        appraised: Option<Money>,
        /// Reasons or conditions.
        #[serde(default)]
        note: String,
        /// The minutes.
        minutes: Attachment,
    },
}

/// 条款已确认
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermsAgreed {
    /// 1 for the first version.
    pub version: u32,
    /// The terms.
    pub terms: Terms,
    /// The signed paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
    /// Who entered them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
}

/// 关联关系已申报
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterestDeclared {
    /// Who declares.
    pub person: PersonId,
    /// Tied or not.
    pub related: bool,
    /// How.
    pub note: String,
    /// Signed paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
}

/// 技术市场公示证明已收
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketProved {
    /// Where.
    pub place: String,
    /// The proof.
    pub paper: Attachment,
}

/// 集体决策已登记
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Version of the terms that was decided on.
    pub version: u32,
    /// Which meeting.
    pub meeting: String,
    /// When it sat.
    pub held: Date,
    /// True when it agreed.
    pub approved: bool,
    /// About an appraisal.
    pub appraisal: Appraisal,
    /// Appraised value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appraised: Option<Money>,
    /// Reasons.
    pub note: String,
    /// The minutes.
    pub minutes: Attachment,
    /// Who entered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
}

events! {
    /// The events of negotiation, pricing and decision.
    Event {
        /// 条款已确认
        "deal.terms_agreed.v1" => TermsAgreed(TermsAgreed),
        /// 关联关系已申报
        "deal.interest_declared.v1" => InterestDeclared(InterestDeclared),
        /// 技术市场公示证明已收
        "deal.market_proved.v1" => MarketProved(MarketProved),
        /// 集体决策已登记
        "deal.decided.v1" => Decided(Decided),
    }
}

/// State of negotiation, pricing and decision.
#[derive(Clone, Debug, Default)]
pub struct Negotiation {
    /// The newest terms and their day.
    pub terms: Option<(Date, TermsAgreed)>,
    /// Who declared what.
    pub interests: BTreeMap<PersonId, InterestDeclared>,
    /// Proof of publicity on a technology market.
    pub market: Option<(Date, MarketProved)>,
    /// The newest decision and its day of entry.
    pub decision: Option<(Date, Decided)>,
}

impl Negotiation {
    /// Version of the newest terms, 0 when there are none.
    pub fn version(&self) -> u32 {
        self.terms.as_ref().map_or(0, |(_, it)| it.version)
    }

    /// The newest terms.
    pub fn newest(&self) -> Option<&Terms> {
        self.terms.as_ref().map(|(_, it)| &it.terms)
    }

    /// The decision on the newest terms.
    pub fn current_decision(&self) -> Option<&Decided> {
        let version = self.version();
        self.decision
            .as_ref()
            .map(|(_, it)| it)
            .filter(|it| it.version == version)
    }
}
