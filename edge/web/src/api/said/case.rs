//! What is said of a case.

use dukou_chain::public::{Code, Day, Fen, Id, Pen};
use dukou_chain::{assessment, disclosure, protection, valuation};
use dukou_kernel::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::parts::{Contributor, Paper};

/// What is disclosed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Details {
    /// Name of the result.
    pub title: String,
    /// 成果类型
    pub kind: Code,
    /// Answer to the secrecy question.
    pub secrecy: Code,
    /// Nearest known works.
    pub nearest: Vec<PriorWork>,
    /// What is new against them.
    pub novelty: String,
    /// Who contributed.
    pub contributors: Vec<Contributor>,
    /// 经费来源
    pub funding: Vec<Code>,
    /// Project number or contract.
    pub funding_note: String,
    /// 公开情况
    pub disclosed: Code,
    /// When it was or will be made public.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub disclosed_on: Option<Date>,
    /// College or department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Id>,
    /// Measurements, drawings, drafts.
    pub evidence: Vec<Paper>,
}

/// A known work.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PriorWork {
    /// Paper, patent, product or own earlier work.
    pub kind: Code,
    /// Title, DOI or patent number.
    pub text: String,
}

/// The assessment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Assessment {
    /// 结论
    pub conclusion: Code,
    /// Who assessed.
    pub evaluator: String,
    /// Technology readiness level.
    pub readiness: u8,
    /// Market and takers.
    pub market: String,
    /// Reasons.
    pub summary: String,
    /// The report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Paper>,
    /// Who entered it.
    pub by: Option<Id>,
}

/// A right and where it stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Right {
    /// As recorded.
    pub recorded: Recorded,
    /// Where it stands.
    pub status: Code,
}

/// A right as recorded.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Recorded {
    /// Its id.
    pub right: Id,
    /// 种类
    pub kind: Code,
    /// Its number.
    pub number: String,
    /// 申请日
    #[schemars(with = "Day")]
    pub filed: Date,
    /// 授权日
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub granted: Option<Date>,
    /// Owners as they stand in the register.
    pub owners: String,
    /// The certificate or notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
}

/// A cost.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Cost {
    /// 类别
    pub kind: Code,
    /// How much, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
    /// When it was paid.
    #[schemars(with = "Day")]
    pub paid_on: Date,
    /// Who bore it.
    pub paid_by: PaidBy,
    /// Voucher number.
    pub voucher: String,
    /// The receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
}

/// Who bore a cost.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PaidBy {
    /// `university` or `inventor`.
    pub who: Code,
    /// The inventor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Id>,
}

/// A valuation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Valuation {
    /// 方法
    pub method: Code,
    /// Lower end, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<Fen>,
    /// Upper end, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<Fen>,
    /// Assumptions and sources.
    pub basis: String,
    /// The workings or the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
}

impl Details {
    pub fn of(it: &disclosure::Details) -> Self {
        let nearest = it.nearest.iter().map(|it| PriorWork {
            kind: Code::new(it.kind.code()),
            text: it.text.clone(),
        });
        Self {
            title: it.title.clone(),
            kind: Code::new(it.kind.code()),
            secrecy: Code::new(match it.secrecy {
                disclosure::Secrecy::No => "no",
                disclosure::Secrecy::YesOrMaybe => "yes_or_maybe",
            }),
            nearest: nearest.collect(),
            novelty: it.novelty.clone(),
            contributors: Contributor::all(&it.contributors),
            funding: it.funding.iter().map(|it| Code::new(it.code())).collect(),
            funding_note: it.funding_note.clone(),
            disclosed: Code::new(it.disclosed.code()),
            disclosed_on: it.disclosed_on,
            unit: it.unit.map(Id::new),
            evidence: it.evidence.iter().map(Paper::of).collect(),
        }
    }
}

impl Assessment {
    pub fn of(it: &assessment::Concluded) -> Self {
        Self {
            conclusion: Code::new(it.conclusion.code()),
            evaluator: it.evaluator.clone(),
            readiness: it.readiness,
            market: it.market.clone(),
            summary: it.summary.clone(),
            report: Paper::perhaps(it.report.as_ref()),
            by: it.by.map(Id::new),
        }
    }
}

impl Right {
    pub fn of(it: &protection::Right) -> Self {
        let recorded = &it.recorded;
        Self {
            recorded: Recorded {
                right: Id::new(recorded.right),
                kind: Code::new(recorded.kind.code()),
                number: recorded.number.clone(),
                filed: recorded.filed,
                granted: recorded.granted,
                owners: recorded.owners.clone(),
                paper: Paper::perhaps(recorded.paper.as_ref()),
            },
            status: Code::new(it.status().code()),
        }
    }
}

impl Cost {
    pub fn of(it: &protection::CostRecorded, pen: &mut Pen) -> Self {
        let (who, person) = match it.paid_by {
            protection::PaidBy::University => ("university", None),
            protection::PaidBy::Inventor { person } => ("inventor", Some(Id::new(person))),
        };
        Self {
            kind: Code::new(it.kind.code()),
            amount: pen.fen("costs.amount", it.amount),
            paid_on: it.paid_on,
            paid_by: PaidBy {
                who: Code::new(who),
                person,
            },
            voucher: it.voucher.clone(),
            paper: Paper::perhaps(it.paper.as_ref()),
        }
    }
}

impl Valuation {
    pub fn of(it: &valuation::Noted, pen: &mut Pen) -> Self {
        Self {
            method: Code::new(it.method.code()),
            low: pen.fen("valuations.low", it.low),
            high: pen.fen("valuations.high", it.high),
            basis: it.basis.clone(),
            paper: Paper::perhaps(it.paper.as_ref()),
        }
    }
}
