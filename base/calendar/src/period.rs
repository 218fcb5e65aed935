//! Periods of natural days, months and years, and deadlines for pages.

use dukou_kernel::{Date, Text};
use jiff::Span;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;

/// A length of time as the law counts it (民法典第200–202条).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Natural days (日).
    Days(u32),
    /// Calendar months (月).
    Months(u32),
    /// Calendar years (年).
    Years(u32),
}

/// The period ends after the last day that a calendar can name (9999-12-31).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the period ends beyond the last day that can be named")]
pub struct PeriodOutOfRange;

impl Period {
    /// The last day as counted: the first day is not counted (民法典第201条),
    /// months and years end on the corresponding day or, where there is none,
    /// on the last of the month (第202条). Rest days are not considered; see
    /// [`Calendar::roll`].
    ///
    /// # Errors
    /// When the last day lies after 9999-12-31.
    pub fn end(self, start: Date) -> Result<Date, PeriodOutOfRange> {
        let span = match self {
            Self::Days(n) => Span::new().try_days(n),
            Self::Months(n) => Span::new().try_months(n),
            Self::Years(n) => Span::new().try_years(n),
        };
        span.and_then(|span| start.checked_add(span))
            .map_err(|_| PeriodOutOfRange)
    }

    /// In words: 15日, 4个月.
    pub fn words(self) -> Text {
        match self {
            Self::Days(n) => Text::new(format!("{n}日"), format!("{n} days")),
            Self::Months(n) => Text::new(format!("{n}个月"), format!("{n} months")),
            Self::Years(n) => Text::new(format!("{n}年"), format!("{n} years")),
        }
    }
}

/// The last day of a period as counted; the same as [`Period::end`].
///
/// # Errors
/// When the last day lies after 9999-12-31.
pub fn period_end(start: Date, period: Period) -> Result<Date, PeriodOutOfRange> {
    period.end(start)
}

/// The last day of a period as counted, and where it moved off rest days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rolled {
    /// As counted.
    pub raw: Date,
    /// The first working day on or after it; `None` while the year is unknown
    /// (待国务院安排). A step that depends on it stays locked then.
    pub end: Option<Date>,
}

impl Rolled {
    /// True while the official arrangement is missing.
    pub fn is_pending(self) -> bool {
        self.end.is_none()
    }

    /// The day to show: the certain one, else the counted one.
    pub fn shown(self) -> Date {
        self.end.unwrap_or(self.raw)
    }
}

/// A deadline as pages show it: from what it was counted, by which rule, and
/// when it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The day that starts the period; not counted.
    pub base: Date,
    /// The rule in words: 15日，期间最后一日为休息日的顺延.
    pub rule: Text,
    /// As counted.
    pub raw: Date,
    /// As it is, when that is certain.
    pub end: Option<Date>,
    /// True while the official arrangement is missing (待国务院安排).
    pub pending: bool,
    /// True while the next year's notice may still change the day
    /// ([`Calendar::may_change`]).
    pub may_change: bool,
}

impl Deadline {
    /// A period of natural days, months or years from `base`, rolled over rest
    /// days.
    ///
    /// # Errors
    /// When it ends after 9999-12-31.
    pub fn rolled(
        calendar: &Calendar,
        base: Date,
        period: Period,
    ) -> Result<Self, PeriodOutOfRange> {
        let Rolled { raw, end } = calendar.roll(period.end(base)?);
        let words = period.words();
        Ok(Self {
            base,
            rule: Text::new(
                format!("自次日起{}，末日为休息日的顺延至次一工作日", words.zh),
                format!("{} from the next day, rolled over rest days", words.en),
            ),
            raw,
            end,
            pending: end.is_none(),
            may_change: end.is_some_and(|day| calendar.may_change(day)),
        })
    }

    /// A number of working days from `base`. While a year on the way is unknown
    /// Mondays to Fridays are counted for `raw`, and `end` stays open.
    ///
    /// # Errors
    /// When it ends after 9999-12-31.
    pub fn working(calendar: &Calendar, base: Date, days: u32) -> Result<Self, PeriodOutOfRange> {
        let (raw, end) = match calendar.add_working_days(base, days) {
            Ok(day) => (day, Some(day)),
            Err(_) => (weekdays_after(base, days)?, None),
        };
        Ok(Self {
            base,
            rule: Text::new(
                format!("自次日起{days}个工作日"),
                format!("{days} working days from the next day"),
            ),
            raw,
            end,
            pending: end.is_none(),
            may_change: end.is_some_and(|day| calendar.may_change(day)),
        })
    }

    /// The day to show: the certain one, else the counted one.
    pub fn shown(&self) -> Date {
        self.end.unwrap_or(self.raw)
    }
}

/// The `n`-th Monday-to-Friday after `start`.
fn weekdays_after(start: Date, n: u32) -> Result<Date, PeriodOutOfRange> {
    let (weeks, rest) = (n / 5, n % 5);
    let mut day = Period::Days(weeks.saturating_mul(7)).end(start)?;
    let mut left = rest;
    // Whole weeks from a weekend land on the weekend: step back to its Friday.
    if weeks > 0 && rest == 0 {
        while crate::year::is_weekend(day) {
            day = day.yesterday().map_err(|_| PeriodOutOfRange)?;
        }
    }
    while left > 0 {
        day = day.tomorrow().map_err(|_| PeriodOutOfRange)?;
        if !crate::year::is_weekend(day) {
            left -= 1;
        }
    }
    Ok(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// Worked examples 6, 12, 13, 14 of the law collection (law/cases).
    #[test]
    fn periods_end_where_the_law_says() {
        use Period::{Days, Months, Years};
        let calendar = Calendar::builtin();
        for (start, period, raw, end) in [
            (
                date(2025, 9, 25),
                Days(15),
                date(2025, 10, 10),
                date(2025, 10, 10),
            ),
            (
                date(2025, 9, 19),
                Days(15),
                date(2025, 10, 4),
                date(2025, 10, 9),
            ),
            (
                date(2026, 9, 21),
                Days(15),
                date(2026, 10, 6),
                date(2026, 10, 8),
            ),
            (
                date(2025, 6, 3),
                Months(4),
                date(2025, 10, 3),
                date(2025, 10, 9),
            ),
            (
                date(2025, 8, 1),
                Months(2),
                date(2025, 10, 1),
                date(2025, 10, 9),
            ),
            (
                date(2025, 8, 16),
                Months(2),
                date(2025, 10, 16),
                date(2025, 10, 16),
            ),
            (
                date(2025, 12, 30),
                Months(2),
                date(2026, 2, 28),
                date(2026, 2, 28),
            ),
            (
                date(2024, 10, 5),
                Months(12),
                date(2025, 10, 5),
                date(2025, 10, 9),
            ),
            (
                date(2022, 10, 4),
                Years(3),
                date(2025, 10, 4),
                date(2025, 10, 9),
            ),
            (
                date(2023, 4, 10),
                Months(30),
                date(2025, 10, 10),
                date(2025, 10, 10),
            ),
            (
                date(2023, 4, 10),
                Months(32),
                date(2025, 12, 10),
                date(2025, 12, 10),
            ),
            (
                date(2025, 3, 7),
                Months(3),
                date(2025, 6, 7),
                date(2025, 6, 9),
            ),
            (
                date(2024, 2, 29),
                Years(1),
                date(2025, 2, 28),
                date(2025, 2, 28),
            ),
        ] {
            assert_eq!(period.end(start), Ok(raw), "{start} {period:?}");
            assert_eq!(calendar.roll(raw).end, Some(end), "{start} {period:?}");
        }
    }

    #[test]
    fn absurd_periods_are_refused_without_panic() {
        for period in [
            Period::Days(u32::MAX),
            Period::Months(u32::MAX),
            Period::Years(u32::MAX),
        ] {
            assert_eq!(period.end(Date::MAX), Err(PeriodOutOfRange));
            assert!(Deadline::rolled(&Calendar::builtin(), Date::MIN, period).is_err());
        }
        assert!(Deadline::working(&Calendar::builtin(), Date::MAX, 1).is_err());
        assert!(Deadline::working(&Calendar::builtin(), Date::MIN, u32::MAX).is_err());
    }

    #[test]
    fn a_deadline_in_an_unknown_year_is_pending() {
        let calendar = Calendar::builtin();
        let deadline = Deadline::rolled(&calendar, date(2026, 12, 20), Period::Days(15)).unwrap();
        assert_eq!(
            (deadline.raw, deadline.end, deadline.pending),
            (date(2027, 1, 4), None, true)
        );
        let deadline = Deadline::working(&calendar, date(2026, 12, 31), 5).unwrap();
        assert_eq!(
            (deadline.shown(), deadline.pending),
            (date(2027, 1, 7), true)
        );
        // From a Saturday, five weekdays end on Friday.
        assert_eq!(weekdays_after(date(2027, 1, 2), 5), Ok(date(2027, 1, 8)));
        assert_eq!(weekdays_after(date(2027, 1, 2), 6), Ok(date(2027, 1, 11)));
    }
}
