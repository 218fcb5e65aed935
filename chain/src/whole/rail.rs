//! The progress rail: twelve stops from disclosure to payment, and where a
//! case or a deal stands on it.

use dukou_kernel::{Date, Severity, Text};

use super::state::{Case, Deal};
use crate::disclosure::Standing;
use crate::institution::Institution;

words! {
    /// A stop of the rail (环节).
    Stop {
        Disclosure = "disclosure", "披露", "Disclosure";
        Assessment = "assessment", "评估", "Assessment";
        Protection = "protection", "确权", "Rights";
        Valuation = "valuation", "评价", "Valuation";
        Matching = "matching", "对接", "Matching";
        Negotiation = "negotiation", "谈判", "Negotiation";
        Pricing = "pricing", "定价决策", "Pricing";
        Publicity = "publicity", "公示", "Publicity";
        Contract = "contract", "合同", "Contract";
        Receipt = "receipt", "到账", "Receipt";
        Distribution = "distribution", "分配", "Distribution";
        Payment = "payment", "兑现", "Payment";
    }
}

/// How far a stop is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Behind, since a day where one is known.
    Done(Option<Date>),
    /// Here, with its own counter: 第9日 / 15.
    Now(Option<Text>),
    /// Next but closed until a day.
    Locked(Option<Date>),
    /// Ahead.
    Later,
    /// Not needed on this road: publicity after an auction.
    Skipped,
}

/// One stop with its progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RailStep {
    /// Which.
    pub stop: Stop,
    /// How far.
    pub progress: Progress,
}

/// Days on which each stop was passed; `None` where it was not.
fn passed(case: &Case, deal: Option<&Deal>) -> [Option<Option<Date>>; 12] {
    let mut days: [Option<Option<Date>>; 12] = [None; 12];
    let disclosure = &case.disclosure;
    let history = case.history.is_some();
    let case_days = [
        (disclosure.standing == Standing::Accepted)
            .then_some(disclosure.submitted_on.or(disclosure.since)),
        case.assessment
            .concluded
            .as_ref()
            .map(|(day, _)| Some(*day))
            .or(history.then_some(None)),
        (!case.protection.rights.is_empty()).then_some(case.protection.since),
        case.valuation.notes.last().map(|(day, _)| Some(*day)),
    ];
    for (slot, day) in days.iter_mut().zip(case_days) {
        *slot = day;
    }
    let Some(deal) = deal else { return days };
    let signed = deal
        .agreement
        .signed
        .as_ref()
        .map(|(_, it)| Some(it.signed));
    let version = deal.negotiation.version();
    let notice = deal
        .publicity
        .current(version)
        .and_then(|n| n.closed.as_ref());
    let deal_days = [
        deal.matching.opened.as_ref().map(|(day, _)| Some(*day)),
        deal.negotiation.terms.as_ref().map(|(day, _)| Some(*day)),
        deal.negotiation
            .current_decision()
            .filter(|it| it.approved)
            .map(|it| Some(it.held)),
        notice.map(|(day, _)| Some(*day)),
        signed,
        deal.income
            .standing()
            .last()
            .map(|(_, it)| Some(it.received.received)),
        deal.distribution.last_approved().map(Some),
        deal.distribution
            .last_paid()
            .filter(|_| deal.distribution.all_paid())
            .map(Some),
    ];
    for (slot, day) in days.iter_mut().skip(4).zip(deal_days) {
        *slot = day;
    }
    if signed.is_some() || history_deal(deal) {
        for slot in days.iter_mut().take(9).skip(3) {
            slot.get_or_insert(None);
        }
    } else if deal.matching.opened.is_some()
        && let Some(slot) = days.get_mut(3)
    {
        slot.get_or_insert(None);
    }
    days
}

fn history_deal(deal: &Deal) -> bool {
    deal.history.is_some()
}

/// The rail of a case without a deal.
pub fn case_rail(case: &Case) -> Vec<RailStep> {
    build(&passed(case, None), |_| None)
}

/// The rail of a case along one of its deals.
pub fn deal_rail(
    case: &Case,
    deal: &Deal,
    institution: &Institution,
    today: Date,
) -> Vec<RailStep> {
    let days = passed(case, Some(deal));
    let finding = deal
        .publicity
        .finding(&deal.negotiation, institution, today);
    let counter = |stop: Stop| match stop {
        Stop::Publicity => {
            let notice = deal.publicity.current(deal.negotiation.version())?;
            let day = crate::law::days_between(notice.posted_on, today);
            let days = notice.posted.days;
            Some(Progress::Now(Some(Text::new(
                format!("第{day}日 / {days}"),
                format!("day {day} of {days}"),
            ))))
        }
        Stop::Contract => {
            let earliest = finding
                .as_ref()
                .filter(|it| it.severity == Severity::Refused)
                .map(|it| it.earliest)?;
            Some(Progress::Locked(earliest))
        }
        _ => None,
    };
    let mut rail = build(&days, counter);
    let no_notice = deal
        .terms()
        .is_some_and(|t| t.pricing != crate::terms::Pricing::Agreement);
    if no_notice {
        for step in rail.iter_mut().filter(|step| step.stop == Stop::Publicity) {
            if !matches!(step.progress, Progress::Done(_)) {
                step.progress = Progress::Skipped;
            }
        }
        let none_now = !rail
            .iter()
            .any(|step| matches!(step.progress, Progress::Now(_)));
        if none_now
            && let Some(step) = rail
                .iter_mut()
                .find(|step| matches!(step.progress, Progress::Later | Progress::Locked(_)))
        {
            step.progress = Progress::Now(None);
        }
    }
    rail
}

fn build(
    days: &[Option<Option<Date>>; 12],
    special: impl Fn(Stop) -> Option<Progress>,
) -> Vec<RailStep> {
    let mut now_set = false;
    Stop::ALL
        .iter()
        .zip(days)
        .map(|(stop, day)| {
            let progress = match day {
                Some(day) => Progress::Done(*day),
                None if !now_set => {
                    now_set = true;
                    match special(*stop) {
                        Some(Progress::Now(text)) => Progress::Now(text),
                        _ => Progress::Now(None),
                    }
                }
                None => match special(*stop) {
                    Some(Progress::Locked(day)) => Progress::Locked(day),
                    _ => Progress::Later,
                },
            };
            RailStep {
                stop: *stop,
                progress,
            }
        })
        .collect()
}

/// The stop at which a deal stands.
pub fn deal_stop(deal: &Deal) -> Stop {
    let none = Case::default();
    let days = passed(&none, Some(deal));
    let skip = deal
        .terms()
        .is_some_and(|t| t.pricing != crate::terms::Pricing::Agreement);
    Stop::ALL
        .iter()
        .zip(days)
        .skip(4)
        .filter(|(stop, _)| !(skip && **stop == Stop::Publicity))
        .find(|(_, day)| day.is_none())
        .map_or(Stop::Payment, |(stop, _)| *stop)
}

/// The stop at which a case stands before any deal.
pub fn case_stop(case: &Case) -> Stop {
    Stop::ALL
        .iter()
        .zip(passed(case, None))
        .take(4)
        .find(|(_, day)| day.is_none())
        .map_or(Stop::Matching, |(stop, _)| *stop)
}
