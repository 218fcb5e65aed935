//! How long something stands in the open before the next step (公示期).

use dukou_calendar::{Calendar, Period, YearUnknown};
use dukou_kernel::{Date, Finding, Text, text};
use serde::{Deserialize, Serialize};

use crate::rulebook::{InForce, LookupError, Rulebook};
use crate::step::{RuleError, Step};

/// What is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicityKind {
    /// An agreed price (协议定价, 转化法第18条).
    AgreedPrice,
    /// Vesting of ownership or use (赋权).
    Vesting,
    /// A cash reward (国科发政〔2018〕103号): working days.
    CashReward,
}

impl PublicityKind {
    /// The parameter that holds the shortest period.
    pub fn parameter(self) -> &'static str {
        match self {
            Self::AgreedPrice => "price.publicity.min",
            Self::Vesting => "vesting.publicity.min",
            Self::CashReward => "pit.publicity.min",
        }
    }
}

/// A publicity: what, since when, how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publicity {
    /// What is published.
    pub kind: PublicityKind,
    /// The day of posting; not counted.
    pub posted: Date,
    /// Days set, natural or working as the kind has it; the law's minimum when
    /// left out.
    #[serde(default)]
    pub days: Option<u32>,
    /// Whose overlay applies; `CN` when left out.
    #[serde(default)]
    pub jurisdiction: Option<String>,
}

/// When the publicity ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicityAnswer {
    /// The last day on which objections are received.
    pub last_day: Date,
    /// The calendar day after it.
    pub earliest_next_step: Date,
    /// How it was counted.
    pub steps: Vec<Step>,
    /// `publicity.too_short` when the law asks for more days.
    pub findings: Vec<Finding>,
}

fn year_unknown(unknown: YearUnknown) -> RuleError {
    RuleError::new(YearUnknown::CODE, "/posted", unknown.message())
}

/// Counts a publicity: natural days rolled over rest days, or working days for
/// cash rewards. The next step may follow on the calendar day after.
///
/// # Errors
/// `calendar.year_unknown`, `rule.not_in_force` when no days are given and no
/// minimum holds, `input.out_of_range`.
pub fn publicity(
    question: &Publicity,
    book: &Rulebook,
    calendar: &Calendar,
) -> Result<PublicityAnswer, RuleError> {
    let jurisdiction = question.jurisdiction.as_deref().unwrap_or("CN");
    let rules = book.at(question.posted).within(jurisdiction);
    let parameter = question.kind.parameter();
    let minimum = match rules.days(parameter) {
        Err(LookupError::NotInForce { .. }) if question.days.is_some() => None,
        found => Some(found?),
    };
    let days = question
        .days
        .or(minimum.as_ref().map(|least| least.value))
        .unwrap_or_default();
    let range = || RuleError::out_of_range("/days");
    let posted = question.posted;
    let (last_day, step) = if question.kind == PublicityKind::CashReward {
        let last = calendar
            .add_working_days(posted, days)
            .map_err(year_unknown)?;
        let words = text!(
            "自 {posted} 的次日起数 {days} 个工作日，末日为 {last}",
            "{days} working days from the day after {posted}: the last is {last}"
        );
        (last, Step::new(parameter, words, last))
    } else {
        let raw = Period::Days(days).end(posted).map_err(|_| range())?;
        let rolled = calendar.roll(raw).end;
        let last = rolled.ok_or_else(|| match calendar.kind(raw) {
            Err(unknown) => year_unknown(unknown),
            Ok(_) => year_unknown(YearUnknown {
                year: raw.year().saturating_add(1),
            }),
        })?;
        let words = text!(
            "自 {posted} 的次日起数 {days} 日为 {raw}，遇休息日顺延至 {last}",
            "{days} days from the day after {posted} end on {raw}, rolled over rest days to {last}"
        );
        let step = Step::new(parameter, words, last).with("raw_end", raw);
        (last, step.cite(book.article("civil_code.203")))
    };
    let step = step.with("posted", posted).with("days", days);
    let next = last_day.tomorrow().map_err(|_| range())?;
    let words = Text::new(
        "期满次日起可进行下一步",
        "the next step may follow on the day after",
    );
    let next_step = Step::new("publicity.next_step", words, next).with("last_day", last_day);
    let next_step = match &minimum {
        Some(least) => next_step.cite(least.citation.clone()),
        None => next_step,
    };
    let findings = minimum
        .and_then(|least| too_short(days, least))
        .into_iter()
        .collect();
    Ok(PublicityAnswer {
        last_day,
        earliest_next_step: next,
        steps: vec![step, next_step],
        findings,
    })
}

fn too_short(days: u32, least: InForce<u32>) -> Option<Finding> {
    let minimum = least.value;
    let (zh, en) = (least.citation.zh.clone(), least.citation.en.clone());
    (days < minimum).then(|| {
        let message = text!(
            "公示 {days} 日，少于规定的 {minimum} 日（{zh}）；请至少公示 {minimum} 日。",
            "{days} days of publicity are fewer than the {minimum} that {en} asks for; publish for at least {minimum}."
        );
        Finding::refused("publicity.too_short", message).cite(least.citation).at("days")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn publicity_ends_as_the_worked_cases_say() {
        use PublicityKind::{AgreedPrice, CashReward, Vesting};
        let (book, calendar) = (Rulebook::builtin(), Calendar::builtin());
        for (kind, posted, last) in [
            (AgreedPrice, date(2025, 9, 25), date(2025, 10, 10)),
            (AgreedPrice, date(2025, 9, 19), date(2025, 10, 9)),
            (AgreedPrice, date(2026, 9, 21), date(2026, 10, 8)),
            (CashReward, date(2025, 9, 22), date(2025, 10, 17)),
            (CashReward, date(2026, 2, 9), date(2026, 3, 6)),
            (Vesting, date(2025, 9, 25), date(2025, 10, 10)),
        ] {
            let question = Publicity {
                kind,
                posted,
                days: None,
                jurisdiction: None,
            };
            let answer = publicity(&question, &book, &calendar).unwrap();
            assert_eq!(answer.last_day, last);
            assert_eq!(answer.earliest_next_step, last.tomorrow().unwrap());
            assert!(answer.findings.is_empty());
            let short = Publicity {
                days: Some(14),
                ..question
            };
            let answer = publicity(&short, &book, &calendar).unwrap();
            assert_eq!(answer.findings[0].code, "publicity.too_short");
        }
        let late = Publicity {
            kind: AgreedPrice,
            posted: date(2026, 12, 25),
            days: None,
            jurisdiction: None,
        };
        assert_eq!(
            publicity(&late, &book, &calendar).unwrap_err().code,
            YearUnknown::CODE
        );
        let far = Publicity {
            days: Some(u32::MAX),
            ..late
        };
        assert_eq!(
            publicity(&far, &book, &calendar).unwrap_err().code,
            "input.out_of_range"
        );
    }
}
