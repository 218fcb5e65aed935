//! 个人所得税备案 — where half of a cash reward is left out of the income tax, the
//! awards paid in a month are filed with the tax office in the month after
//! (税务总局公告2018年第30号). A payment that rests on the relief carries the finding
//! [`FILE_BY`]; a filing covers the payments of its month that stood when it was made.

use dukou_kernel::{Citation, Date, Finding, Money, ReceiptId, Refusal, Severity, Text, text};
use serde::{Deserialize, Serialize};

use super::{Distribution, Division, Paid};
use crate::checks::Checks;
use crate::contract::Context;
use crate::institution::Institution;
use crate::law::{self, Due};
use crate::protection::not_in_future;
use crate::terms::Attachment;

/// Code of the finding that a payment rests on the relief and by when it is filed.
pub const FILE_BY: &str = "pit.file_by";

/// 已备案 — the awards of one receipt that were paid in one month are filed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReliefFiled {
    /// Which receipt's award.
    pub receipt: ReceiptId,
    /// First day of the month in which they were paid.
    pub month: Date,
    /// How many payments of this award stood then, of any month.
    pub payments: u32,
    /// The day it was filed.
    pub filed: Date,
    /// The form as the tax office took it (备案表).
    pub paper: Attachment,
    /// What was checked.
    pub findings: Vec<Finding>,
}

/// What is paid in one month under the relief and not filed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfiled {
    /// First day of the month.
    pub month: Date,
    /// How much was paid.
    pub amount: Money,
    /// How many payments.
    pub payments: usize,
    /// The last of them.
    pub last: Date,
}

/// The last day of filing for what was paid in a month, as counted and as moved off
/// rest days, with its article.
///
/// # Errors
/// When the rulebook gives none for that day.
pub fn due(institution: &Institution, paid: Date) -> Result<(Due, Citation), Refusal> {
    let rules = law::rules(institution, paid);
    let day = dukou_rules::filing_day(paid, &rules).map_err(law::unanswered)?;
    let end = dukou_rules::rolled_filing_day(day.value, &rules, institution.calendar());
    Ok((
        Due {
            raw: day.value,
            end,
        },
        day.citation,
    ))
}

/// The finding of a payment that rests on the relief.
///
/// # Errors
/// As [`due`].
pub fn to_be_filed(institution: &Institution, paid: Date) -> Result<Finding, Refusal> {
    let (due, citation) = due(institution, paid)?;
    let counted = due.raw;
    let message = match due.end {
        Some(last) => text!(
            "现金奖励减按比例计税：须在 {last} 前（含当日）向税务机关备案。",
            "Part of the award is left out of the tax: file it with the tax office by {last}."
        ),
        None => text!(
            "现金奖励减按比例计税：须在 {counted} 前备案；所在年份的放假安排待国务院公布，能否顺延还不能确定。",
            "Part of the award is left out of the tax: file it by {counted}; that year's holidays are not published yet, so whether the day moves is not certain."
        ),
    };
    Ok(Finding::new(Severity::Info, FILE_BY, message).cite(citation))
}

fn relieved(paid: &Paid) -> bool {
    paid.findings.iter().any(|it| it.code == FILE_BY)
}

/// Where the filing of one payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It carries no relief.
    Unneeded,
    /// Filed on that day.
    Filed(Date),
    /// Not filed yet; paid on that day.
    Open(Date),
}

impl Division {
    /// Where the filing of the payment at this place, from 0, stands.
    pub fn filing(&self, place: usize) -> State {
        let Some(paid) = self.paid.get(place).filter(|it| relieved(it)) else {
            return State::Unneeded;
        };
        let month = paid.paid.first_of_month();
        let stood = |it: &&ReliefFiled| usize::try_from(it.payments).is_ok_and(|all| place < all);
        let mut filed = self.filed.iter().filter(|it| it.month == month);
        match filed.find(stood) {
            Some(it) => State::Filed(it.filed),
            None => State::Open(paid.paid),
        }
    }

    /// What waits to be filed, by month of payment, earliest first.
    pub fn unfiled(&self) -> Vec<Unfiled> {
        let mut months: Vec<Unfiled> = Vec::new();
        for (place, paid) in self.paid.iter().enumerate() {
            if !matches!(self.filing(place), State::Open(_)) {
                continue;
            }
            let month = paid.paid.first_of_month();
            match months.iter_mut().find(|it| it.month == month) {
                Some(it) => {
                    it.amount = it.amount.plus(paid.amount).unwrap_or(it.amount);
                    it.payments += 1;
                    it.last = it.last.max(paid.paid);
                }
                None => months.push(Unfiled {
                    month,
                    amount: paid.amount,
                    payments: 1,
                    last: paid.paid,
                }),
            }
        }
        months.sort_by_key(|it| it.month);
        months
    }
}

/// `2026年9月`, `September 2026`.
pub fn month_words(month: Date) -> Text {
    let zh = format!("{}年{}月", month.year(), month.month());
    Text::new(zh, month.strftime("%B %Y").to_string())
}

impl Distribution {
    /// Records that a month's awards of one receipt are filed.
    pub(super) fn file_relief(
        &self,
        institution: &Institution,
        (receipt, month, filed): (ReceiptId, Date, Date),
        paper: &Attachment,
        ctx: &Context,
    ) -> Result<ReliefFiled, Refusal> {
        let month = month.first_of_month();
        let nothing = || {
            let Text { zh, en } = month_words(month);
            let message = text!(
                "{zh}没有须备案而未备案的奖励，核对发放的月份。",
                "No award paid in {en} waits to be filed; check the month of payment."
            );
            Finding::refused("filing.nothing", message).at("month")
        };
        let division = self.divisions.get(&receipt).ok_or_else(nothing)?;
        let mut open = division.unfiled().into_iter();
        let unfiled = open.find(|it| it.month == month).ok_or_else(nothing)?;
        let mut checks = Checks::default();
        not_in_future(&mut checks, "filed", filed, ctx.today);
        let last = unfiled.last;
        checks.refuse_if(filed < last, || {
            Finding::refused(
                "filing.early",
                text!(
                    "备案日早于最后一笔发放（{last}）。",
                    "Filed before the last of these payments ({last})."
                ),
            )
            .at("filed")
        });
        let (due, citation) = due(institution, month)?;
        let by = due.end.unwrap_or(due.raw);
        if filed > by {
            let late = text!(
                "备案晚于末日 {by}，请向主管税务机关说明。",
                "Filed after the last day, {by}; explain it to the tax office."
            );
            checks.add(
                Finding::new(Severity::Warning, "filing.late", late)
                    .cite(citation)
                    .at("filed"),
            );
        }
        let findings = checks.settle()?;
        Ok(ReliefFiled {
            receipt,
            month,
            payments: u32::try_from(division.paid.len()).unwrap_or(u32::MAX),
            filed,
            paper: paper.clone(),
            findings,
        })
    }
}
