//! What is said of receipts and what became of them.

use dukou_chain::distribution::filing;
use dukou_chain::institution::Institution;
use dukou_chain::public::{Day, Id};
use dukou_chain::{distribution, income};
use dukou_kernel::{Date, Lang};
use schemars::JsonSchema;
use serde::Serialize;

use super::parts::{Found, Paper};

/// A receipt, for whoever may read money.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Received {
    /// Its id.
    pub receipt: Id,
    /// 银行入账日
    #[schemars(with = "Day")]
    pub received: Date,
    /// How much, in whole fen.
    pub amount: i64,
    /// Payer as the bank names it.
    pub payer: String,
    /// The bank's line number.
    pub bank_ref: String,
    /// The bank slip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
}

/// Money that went back.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Refunded {
    /// Its id.
    pub refund: Id,
    /// Which receipt.
    pub of: Id,
    /// The day it left the bank.
    #[schemars(with = "Day")]
    pub paid: Date,
    /// How much, in whole fen.
    pub amount: i64,
    /// Why.
    pub reason: String,
    /// The bank slip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
}

/// An award that was paid.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Paid {
    /// Which receipt's award.
    pub receipt: Id,
    /// For whom.
    pub person: Id,
    /// Who received it.
    pub to: Id,
    /// How much, in whole fen.
    pub amount: i64,
    /// The day it left the bank.
    #[schemars(with = "Day")]
    pub paid: Date,
    /// Voucher number.
    pub voucher: String,
    /// The bank slip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
    /// What was checked.
    pub findings: Vec<Found>,
    /// True when half of it is left out of the income tax and must be filed.
    pub relief: bool,
    /// The day it was filed with the tax office.
    #[schemars(with = "Option<Day>")]
    pub filed: Option<Date>,
    /// Last day of filing as counted; none without relief.
    #[schemars(with = "Option<Day>")]
    pub file_by: Option<Date>,
    /// The same moved off rest days; none without relief, and while the year's
    /// holidays are not known.
    #[schemars(with = "Option<Day>")]
    pub file_by_rolled: Option<Date>,
}

/// The notice of awards.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Reward {
    /// Day of posting.
    #[schemars(with = "Day")]
    pub posted_on: Date,
    /// As posted.
    pub posted: RewardPosted,
    /// When it was closed.
    #[schemars(with = "Option<Day>")]
    pub closed_on: Option<Date>,
}

/// A notice of awards as posted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RewardPosted {
    /// Which receipt.
    pub receipt: Id,
    /// Its id.
    pub notice: Id,
    /// Year of its number.
    pub year: i16,
    /// Place in the year's series.
    pub ordinal: u32,
    /// Names of the results.
    pub titles: Vec<String>,
    /// Working days.
    pub days: u32,
    /// Working days asked for.
    pub days_min: u32,
    /// The article.
    pub article: String,
    /// SHA-256 of the page as it was posted, where it was kept.
    pub page: Option<String>,
}

impl Received {
    pub fn of(it: &income::Received) -> Self {
        Self {
            receipt: Id::new(it.receipt),
            received: it.received,
            amount: it.amount.fen(),
            payer: it.payer.clone(),
            bank_ref: it.bank_ref.clone(),
            paper: Paper::perhaps(it.paper.as_ref()),
        }
    }
}

impl Refunded {
    pub fn all(all: &[income::Refunded]) -> Vec<Self> {
        let one = |it: &income::Refunded| Self {
            refund: Id::new(it.refund),
            of: Id::new(it.of),
            paid: it.paid,
            amount: it.amount.fen(),
            reason: it.reason.clone(),
            paper: Paper::perhaps(it.paper.as_ref()),
        };
        all.iter().map(one).collect()
    }
}

impl Paid {
    pub fn of(
        it: &distribution::Paid,
        filing: filing::State,
        institution: &Institution,
        lang: Lang,
    ) -> Self {
        let relief = filing != filing::State::Unneeded;
        let due = match relief {
            true => filing::due(institution, it.paid).ok().map(|(due, _)| due),
            false => None,
        };
        Self {
            relief,
            filed: match filing {
                filing::State::Filed(day) => Some(day),
                _ => None,
            },
            file_by: due.as_ref().map(|it| it.raw),
            file_by_rolled: due.and_then(|it| it.end),
            receipt: Id::new(it.receipt),
            person: Id::new(it.person),
            to: Id::new(it.to),
            amount: it.amount.fen(),
            paid: it.paid,
            voucher: it.voucher.clone(),
            paper: Paper::perhaps(it.paper.as_ref()),
            findings: Found::all(&it.findings, lang),
        }
    }
}

impl Reward {
    pub fn of(it: &distribution::Reward, lang: Lang) -> Self {
        let posted = &it.posted;
        Self {
            posted_on: it.posted_on,
            posted: RewardPosted {
                receipt: Id::new(posted.receipt),
                notice: Id::new(posted.notice),
                year: posted.year,
                ordinal: posted.ordinal,
                titles: posted.titles.clone(),
                days: posted.days,
                days_min: posted.days_min,
                article: posted.citation.get(lang).to_owned(),
                page: posted.content.page().map(|it| it.file.to_string()),
            },
            closed_on: it.closed.as_ref().map(|(day, _)| *day),
        }
    }
}
