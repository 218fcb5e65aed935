//! What is said of a deal.

use std::collections::BTreeMap;

use dukou_chain::public::{Code, Day, Fen, Id, Part, Pen, Shared};
use dukou_chain::whole::closing;
use dukou_chain::{agreement, deal, distribution, matching, publicity};
use dukou_kernel::{Date, Lang};
use schemars::JsonSchema;
use serde::Serialize;

use super::parts::{Found, Paper, Party};

/// How the deal began.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Opened {
    /// When.
    #[schemars(with = "Day")]
    pub on: Date,
    /// 转化方式
    pub mode: Code,
    /// What the office asks, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asking: Option<Fen>,
    /// How they met.
    pub note: String,
}

/// A contact.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Contact {
    /// When.
    #[schemars(with = "Day")]
    pub on: Date,
    /// What was said.
    pub text: String,
}

/// What both sides agreed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Terms {
    /// 转化方式
    pub mode: Code,
    /// 许可种类
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<Code>,
    /// 地域
    pub territory: String,
    /// Years, for a licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term_years: Option<u16>,
    /// Fixed price in cash, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Fen>,
    /// Running royalty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub royalty: Option<Part>,
    /// What the royalty is a part of.
    pub royalty_base: String,
    /// For an equity investment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equity: Option<Holding>,
    /// 定价方式
    pub pricing: Code,
    /// Payments that make up the price.
    pub schedule: Vec<Instalment>,
    /// Part of each case in the price.
    pub weights: BTreeMap<String, Shared>,
}

/// Shares of a company taken for the result.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Holding {
    /// Part of the company's capital.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holding: Option<Part>,
    /// Value, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valued: Option<Fen>,
}

/// One agreed payment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Instalment {
    /// What it is paid for or when.
    pub label: String,
    /// How much, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
    /// Due day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub due: Option<Date>,
}

/// A declaration of ties.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Interest {
    /// Who declares.
    pub person: Id,
    /// Tied or not.
    pub related: bool,
    /// How.
    pub note: String,
    /// Signed paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
}

/// Proof of publicity on a technology market.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Market {
    /// When it was entered.
    #[schemars(with = "Day")]
    pub on: Date,
    /// The proof.
    pub proof: Proof,
}

/// Where and by what.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Proof {
    /// Where.
    pub place: String,
    /// The proof.
    pub paper: Paper,
}

/// What the leadership decided.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Decision {
    /// Version of the terms.
    pub version: u32,
    /// Which meeting.
    pub meeting: String,
    /// When it sat.
    #[schemars(with = "Day")]
    pub held: Date,
    /// True when it agreed.
    pub approved: bool,
    /// About an appraisal.
    pub appraisal: Code,
    /// Appraised value, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appraised: Option<Fen>,
    /// Reasons.
    pub note: String,
    /// The minutes.
    pub minutes: Paper,
    /// Who entered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
}

/// A notice of price.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Notice {
    /// Its id.
    pub notice: Id,
    /// Day of posting.
    #[schemars(with = "Day")]
    pub posted_on: Date,
    /// As posted.
    pub posted: Posted,
    /// The last day.
    #[schemars(with = "Day")]
    pub last_day: Date,
    /// True while a year's holidays are not known.
    pub pending: bool,
    /// True when an objection was upheld.
    pub void: bool,
    /// Objections in order.
    pub objections: Vec<Objection>,
    /// When it was closed.
    #[schemars(with = "Option<Day>")]
    pub closed_on: Option<Date>,
    /// How it was closed.
    pub closed: Option<Closed>,
}

/// A notice as posted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Posted {
    /// Its id.
    pub notice: Id,
    /// Year of its number.
    pub year: i16,
    /// Place in the year's series.
    pub ordinal: u32,
    /// Version of the terms made public.
    pub version: u32,
    /// Names of the results.
    pub titles: Vec<String>,
    /// Natural days.
    pub days: u32,
    /// Days the law asks for.
    pub days_min: u32,
    /// The article.
    pub article: String,
    /// SHA-256 of the page as it was posted, where it was kept.
    pub page: Option<String>,
}

/// An objection and its answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Objection {
    /// When.
    #[schemars(with = "Day")]
    pub on: Date,
    /// What.
    pub objected: Objected,
    /// When it was answered.
    #[schemars(with = "Option<Day>")]
    pub answered_on: Option<Date>,
    /// The answer.
    pub answer: Option<Answered>,
}

/// An objection.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Objected {
    /// Its number.
    pub objection: u32,
    /// What is objected.
    pub text: String,
    /// The letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
}

/// An answer to an objection.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answered {
    /// Which.
    pub objection: u32,
    /// The answer.
    pub text: String,
    /// True when it was right.
    pub upheld: bool,
    /// The answer on paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
}

/// How a notice was closed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Closed {
    /// Result.
    pub result: String,
    /// The last day.
    #[schemars(with = "Day")]
    pub last_day: Date,
}

/// The contract.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Signed {
    /// 合同编号
    pub contract_no: String,
    /// 签订日期
    #[schemars(with = "Day")]
    pub signed: Date,
    /// The other side, as it stands in the contract.
    pub party: Party,
    /// The terms signed.
    pub terms: Terms,
    /// The contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
    /// Approval for a transfer abroad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_approval: Option<Paper>,
    /// What was checked.
    pub findings: Vec<Found>,
}

/// The registration.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Registered {
    /// 登记编号
    pub register_no: String,
    /// 登记日期
    #[schemars(with = "Day")]
    pub registered: Date,
    /// 技术交易额, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub technology_amount: Option<Fen>,
    /// The certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
}

/// An amendment with its day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Amendment {
    /// When.
    #[schemars(with = "Day")]
    pub on: Date,
    /// What.
    pub amendment: Amended,
}

/// An amendment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Amended {
    /// The terms from now on.
    pub terms: Terms,
    /// What changes and why.
    pub reason: String,
    /// The amendment.
    pub paper: Paper,
}

/// An allotted holding with its day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Equity {
    /// When.
    #[schemars(with = "Day")]
    pub on: Date,
    /// What.
    pub allotted: Allotted,
}

/// An allotted holding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Allotted {
    /// Parts for persons.
    pub people: Option<Vec<dukou_chain::public::Held>>,
    /// Part that stays with the university.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub university: Option<Part>,
    /// The whole holding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holding: Option<Part>,
    /// Registration.
    pub paper: Paper,
    /// What was checked.
    pub findings: Vec<Found>,
}

/// How something ended, with its day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Ended {
    /// When.
    #[schemars(with = "Day")]
    pub on: Date,
    /// How.
    pub outcome: Outcome,
}

/// How something ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Outcome {
    /// How.
    pub outcome: Code,
    /// Why.
    pub reason: String,
    /// The letter or minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
}

impl Opened {
    pub fn of((on, it): &(Date, matching::Opened), pen: &mut Pen) -> Self {
        Self {
            on: *on,
            mode: Code::new(it.mode.code()),
            asking: pen.perhaps("opened.asking", it.asking),
            note: it.note.clone(),
        }
    }
}

impl Contact {
    pub fn of(it: &matching::ContactNoted) -> Self {
        Self {
            on: it.on,
            text: it.text.clone(),
        }
    }
}

impl Terms {
    /// Terms that stand at `at` of the answer.
    pub fn of(at: &str, it: &deal::Terms, pen: &mut Pen) -> Self {
        let named = |field: &str| format!("{at}.{field}");
        let schedule = it.schedule.iter().map(|it| Instalment {
            label: it.label.clone(),
            amount: pen.fen(&named("schedule.amount"), it.amount),
            due: it.due,
        });
        Self {
            mode: Code::new(it.mode.code()),
            licence: it.licence.map(|it| Code::new(it.code())),
            territory: it.territory.clone(),
            term_years: it.term_years,
            schedule: schedule.collect(),
            price: pen.fen(&named("price"), it.price),
            royalty: it.royalty.and_then(|it| pen.part(&named("royalty"), it)),
            royalty_base: it.royalty_base.clone(),
            equity: it.equity.as_ref().map(|it| Holding {
                holding: pen.part(&named("equity.holding"), it.holding),
                valued: pen.fen(&named("equity.valued"), it.valued),
            }),
            pricing: Code::new(it.pricing.code()),
            weights: it
                .weights
                .iter()
                .map(|(case, share)| (case.to_string(), Shared::new(*share)))
                .collect(),
        }
    }
}

impl Interest {
    pub fn of(it: &deal::InterestDeclared) -> Self {
        Self {
            person: Id::new(it.person),
            related: it.related,
            note: it.note.clone(),
            paper: Paper::perhaps(it.paper.as_ref()),
        }
    }
}

impl Market {
    pub fn of((on, it): &(Date, deal::MarketProved)) -> Self {
        Self {
            on: *on,
            proof: Proof {
                place: it.place.clone(),
                paper: Paper::of(&it.paper),
            },
        }
    }
}

impl Decision {
    pub fn of(it: &deal::Decided, pen: &mut Pen) -> Self {
        Self {
            version: it.version,
            meeting: it.meeting.clone(),
            held: it.held,
            approved: it.approved,
            appraisal: Code::new(it.appraisal.code()),
            appraised: pen.perhaps("decision.appraised", it.appraised),
            note: it.note.clone(),
            minutes: Paper::of(&it.minutes),
            by: it.by.map(Id::new),
        }
    }
}

impl Posted {
    pub fn of(it: &publicity::Posted, lang: Lang) -> Self {
        Self {
            notice: Id::new(it.notice),
            year: it.year,
            ordinal: it.ordinal,
            version: it.version,
            titles: it.titles.clone(),
            days: it.days,
            days_min: it.days_min,
            article: it.citation.get(lang).to_owned(),
            page: it.content.page().map(|it| it.file.to_string()),
        }
    }
}

impl Objection {
    pub fn of(it: &publicity::Objection) -> Self {
        let answer = it.answer.as_ref();
        Self {
            on: it.on,
            objected: Objected {
                objection: it.objected.objection,
                text: it.objected.text.clone(),
                paper: Paper::perhaps(it.objected.paper.as_ref()),
            },
            answered_on: answer.map(|(day, _)| *day),
            answer: answer.map(|(_, it)| Answered {
                objection: it.objection,
                text: it.text.clone(),
                upheld: it.upheld,
                paper: Paper::perhaps(it.paper.as_ref()),
            }),
        }
    }
}

impl Closed {
    pub fn of(it: &publicity::Closed) -> Self {
        Self {
            result: it.result.clone(),
            last_day: it.last_day,
        }
    }
}

impl Signed {
    pub fn of(it: &agreement::Signed, pen: &mut Pen, lang: Lang) -> Self {
        Self {
            contract_no: it.contract_no.clone(),
            signed: it.signed,
            party: Party::of(&it.party),
            terms: Terms::of("signed.terms", &it.terms, pen),
            paper: Paper::perhaps(it.paper.as_ref()),
            export_approval: Paper::perhaps(it.export_approval.as_ref()),
            findings: Found::all(&it.findings.read().unwrap_or_default(), lang),
        }
    }
}

impl Registered {
    pub fn of(it: &agreement::Registered, pen: &mut Pen) -> Self {
        let amount = it.technology_amount;
        Self {
            register_no: it.register_no.clone(),
            registered: it.registered,
            technology_amount: pen.fen("registered.technology_amount", amount),
            paper: Paper::perhaps(it.paper.as_ref()),
        }
    }
}

impl Amendment {
    pub fn of((on, it): &(Date, agreement::Amended), pen: &mut Pen) -> Self {
        Self {
            on: *on,
            amendment: Amended {
                terms: Terms::of("amendments.amendment.terms", &it.terms, pen),
                reason: it.reason.clone(),
                paper: Paper::of(&it.paper),
            },
        }
    }
}

impl Equity {
    pub fn of((on, it): &(Date, distribution::EquityAllotted), pen: &mut Pen, lang: Lang) -> Self {
        Self {
            on: *on,
            allotted: Allotted {
                people: pen.held("equity.allotted.people", &it.people),
                university: pen.part("equity.allotted.university", it.university),
                holding: pen.part("equity.allotted.holding", it.holding),
                paper: Paper::of(&it.paper),
                findings: Found::all(&it.findings, lang),
            },
        }
    }
}

impl Ended {
    pub fn of((on, it): &(Date, closing::Ended)) -> Self {
        Self {
            on: *on,
            outcome: Outcome {
                outcome: Code::new(it.outcome.code()),
                reason: it.reason.clone(),
                paper: Paper::perhaps(it.paper.as_ref()),
            },
        }
    }
}
