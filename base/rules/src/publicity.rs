//! How long something stands in the open before the next step (公示期).

use dukou_calendar::{Calendar, Period, YearUnknown};
use dukou_kernel::{Date, Finding, Severity, Text, text, words};
use serde::{Deserialize, Serialize};

use crate::rulebook::{InForce, LookupError, Rulebook, RulesOn};
use crate::step::{RuleError, Step};
use crate::terms::Pricing;

words! {
    /// What is published (公示种类): an agreed price (转化法第18条), vesting, or a cash
    /// reward (国科发政〔2018〕103号), which counts in working days.
    PublicityKind {
        AgreedPrice = "agreed_price", "协议定价", "Agreed price";
        Vesting = "vesting", "赋权", "Vesting";
        CashReward = "cash_reward", "现金奖励", "Cash reward";
    }
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

/// The end of a period: as counted, and as it moves off rest days. `end` is
/// `None` while the year's official arrangement is not known (待国务院安排): then
/// nothing that waits for the period is lawful yet (`calendar.year_unknown`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// As counted; working days of an unknown year as its Mondays to Fridays,
    /// which is never late.
    pub raw: Date,
    /// As it is, when that is certain.
    pub end: Option<Date>,
}

impl Due {
    /// The day to show: the certain one, else the counted one.
    pub fn shown(self) -> Date {
        self.end.unwrap_or(self.raw)
    }

    /// True while the official arrangement is missing.
    pub fn pending(self) -> bool {
        self.end.is_none()
    }
}

/// `days` natural days from `start`, which is not counted, rolled over rest days
/// (民法典第201、203条).
pub fn natural_days(calendar: &Calendar, start: Date, days: u32) -> Due {
    let raw = add_days(start, i64::from(days));
    let end = calendar.roll(raw).end;
    Due { raw, end }
}

/// `days` working days from `start`, which is not counted.
pub fn working_days(calendar: &Calendar, start: Date, days: u32) -> Due {
    if let Ok(end) = calendar.add_working_days(start, days) {
        return Due {
            raw: end,
            end: Some(end),
        };
    }
    // From a weekend the count begins where it would from the Friday before.
    let since_friday = match start.weekday().to_monday_zero_offset() {
        5 => 1,
        6 => 2,
        _ => 0,
    };
    let friday_or_start = add_days(start, -since_friday);
    let mut day = add_days(friday_or_start, i64::from(days / 5) * 7);
    for _ in 0..days % 5 {
        let friday = day.weekday().to_monday_zero_offset() == 4;
        day = add_days(day, if friday { 3 } else { 1 });
    }
    Due {
        raw: day,
        end: None,
    }
}

fn add_days(day: Date, days: i64) -> Date {
    day.saturating_add(jiff::Span::new().try_days(days).unwrap_or_default())
}

/// The last day of a publicity: natural days rolled over rest days, or working
/// days for a cash reward.
pub fn publicity_end(kind: PublicityKind, posted: Date, days: u32, calendar: &Calendar) -> Due {
    match kind {
        PublicityKind::CashReward => working_days(calendar, posted, days),
        PublicityKind::AgreedPrice | PublicityKind::Vesting => natural_days(calendar, posted, days),
    }
}

/// The shortest publicity in force, and `publicity.too_short` when `days` are
/// fewer than the law asks. `days` and the answer count in the kind's own unit.
///
/// # Errors
/// `rule.not_in_force` before the first rule of the kind.
pub fn least_publicity(
    kind: PublicityKind,
    days: u32,
    rules: &RulesOn<'_>,
) -> Result<(InForce<u32>, Option<Finding>), LookupError> {
    let least = rules.days(kind.parameter())?;
    let finding = too_short(days, least.clone());
    Ok((least, finding))
}

/// Has an agreed price also stood on a technology market? Where the region says
/// it must (浙江省条例第17条) a missing proof refuses; elsewhere it only costs the
/// leaders their exemption, which [`crate::exemption`] says. `None` where nothing
/// is to be said, or the price was found by listing or auction. `shown` is `None`
/// while nobody said.
pub fn market_publicity(
    pricing: Pricing,
    shown: Option<bool>,
    rules: &RulesOn<'_>,
) -> Option<Finding> {
    if pricing != Pricing::Agreement {
        return None;
    }
    let must = rules
        .flag("price.publicity.on_market")
        .ok()
        .filter(|it| it.value);
    let exemption = || rules.book().article("sc_2016_16.10");
    let finding = match (shown, must) {
        (Some(true), must) => Finding::new(
            Severity::Info,
            "market.proved",
            text!(
                "拟交易价格已在技术交易市场公示",
                "The price was published on a technology market"
            ),
        )
        .cite(must.map_or_else(exemption, |it| it.citation)),
        (shown, Some(must)) => {
            let (zh, en) = (must.citation.zh.clone(), must.citation.en.clone());
            let severity = shown.map_or(Severity::Warning, |_| Severity::Refused);
            let message = text!(
                "协议定价还须在技术交易市场公示（{zh}）。先上传公示证明。",
                "An agreed price must also be published on a technology market ({en}). Upload the proof first."
            );
            Finding::new(severity, "publicity.not_on_market", message).cite(must.citation)
        }
        // Where no law asks for it, only the exemption misses it.
        (_, None) => return None,
    };
    Some(finding)
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
    /// An agreed price: was it also published on a technology market?
    #[serde(default)]
    pub on_market: Option<bool>,
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

/// Which year's arrangement is missing around a day.
fn unknown_year(calendar: &Calendar, raw: Date) -> RuleError {
    let unknown = match calendar.kind(raw) {
        Err(unknown) => unknown,
        Ok(_) => YearUnknown {
            year: raw.year().saturating_add(1),
        },
    };
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
    let countable = Period::Days(days).end(posted);
    countable.map_err(|_| range())?;
    let due = publicity_end(question.kind, posted, days, calendar);
    let raw = due.raw;
    let last_day = due.end.ok_or_else(|| unknown_year(calendar, raw))?;
    let step = if question.kind == PublicityKind::CashReward {
        let words = text!(
            "自 {posted} 的次日起数 {days} 个工作日，末日为 {last_day}",
            "{days} working days from the day after {posted}: the last is {last_day}"
        );
        Step::new(parameter, words, last_day)
    } else {
        let words = text!(
            "自 {posted} 的次日起数 {days} 日为 {raw}，遇休息日顺延至 {last_day}",
            "{days} days from the day after {posted} end on {raw}, rolled over rest days to {last_day}"
        );
        let step = Step::new(parameter, words, last_day).with("raw_end", raw);
        step.cite(book.article("civil_code.203"))
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
    let mut findings: Vec<Finding> = minimum
        .and_then(|least| too_short(days, least))
        .into_iter()
        .collect();
    if question.kind == PublicityKind::AgreedPrice {
        let market = market_publicity(Pricing::Agreement, question.on_market, &rules);
        findings.extend(market);
    }
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
                on_market: None,
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
            on_market: None,
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
