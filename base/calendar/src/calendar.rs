//! The set of known years and the counts over them.

use std::collections::BTreeMap;

use dukou_kernel::{Date, Text, text};
use serde::{Deserialize, Serialize};

use crate::period::Rolled;
use crate::year::{Year, days_off, is_weekend};

/// A count needs a year whose official arrangement is not known
/// (`calendar.year_unknown`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no official holiday arrangement is known for {year}")]
pub struct YearUnknown {
    /// The year.
    pub year: i16,
}

impl YearUnknown {
    /// Stable code of this refusal.
    pub const CODE: &'static str = "calendar.year_unknown";

    /// What, why, and what to do next.
    pub fn message(&self) -> Text {
        let year = self.year;
        text!(
            "{year}年的放假安排尚未载入，不能推算工作日；请在国务院公布后导入该年安排。",
            "The holiday arrangement of {year} is not loaded, so working days cannot be counted; load it once the State Council has published it."
        )
    }
}

/// Why working days cannot be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DayCountError {
    /// A year on the way is unknown.
    #[error(transparent)]
    Unknown(#[from] YearUnknown),
    /// The second day lies before the first.
    #[error("the second day lies before the first")]
    Reversed,
}

/// What kind of day a day is, and the holiday behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DayKind {
    /// Monday to Friday, no holiday.
    Weekday,
    /// A Saturday or Sunday worked in exchange for a holiday.
    MakeUp {
        /// The holiday.
        holiday: Text,
    },
    /// Saturday or Sunday.
    Weekend,
    /// A day off of the arrangement.
    Holiday {
        /// The holiday.
        holiday: Text,
    },
}

impl DayKind {
    /// True when people work.
    pub fn is_working(&self) -> bool {
        matches!(self, Self::Weekday | Self::MakeUp { .. })
    }

    /// In words: 国庆节放假.
    pub fn why(&self) -> Text {
        match self {
            Self::Weekday => Text::new("周一至周五，非放假日", "Monday to Friday, no holiday"),
            Self::MakeUp { holiday } => Text::new(
                format!("{}调休上班", holiday.zh),
                format!("Make-up working day for {}", holiday.en),
            ),
            Self::Weekend => Text::new("周末", "Weekend"),
            Self::Holiday { holiday } => Text::new(
                format!("{}放假", holiday.zh),
                format!("{} holiday", holiday.en),
            ),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Table {
    source: Year,
    named: BTreeMap<Date, DayKind>,
    /// Every working day of the year, in order.
    working: Vec<Date>,
}

impl Table {
    fn of(source: Year) -> Self {
        let mut named = BTreeMap::new();
        for holiday in source.holidays() {
            for day in days_off(holiday) {
                named.insert(
                    day,
                    DayKind::Holiday {
                        holiday: holiday.name.clone(),
                    },
                );
            }
            for day in &holiday.work {
                named.insert(
                    *day,
                    DayKind::MakeUp {
                        holiday: holiday.name.clone(),
                    },
                );
            }
        }
        let first = Date::new(source.year(), 1, 1).ok();
        let working = std::iter::successors(first, |day| day.tomorrow().ok())
            .take_while(|day| day.year() == source.year())
            .filter(|day| match named.get(day) {
                Some(kind) => kind.is_working(),
                None => !is_weekend(*day),
            })
            .collect();
        Self {
            source,
            named,
            working,
        }
    }

    /// How many working days of the year lie on or before `day`.
    fn count_to(&self, day: Date) -> usize {
        self.working.partition_point(|working| *working <= day)
    }
}

/// The years whose arrangement is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeMap<i16, Table>,
}

/// The files of `law/calendar/`, the carried years; the build script walks the folder.
const FILES: &[&str] = include!(concat!(env!("OUT_DIR"), "/years.rs"));

impl Calendar {
    /// The years that the program carries. A file that cannot be read is left
    /// out, so its year is unknown; a test keeps that from happening.
    pub fn builtin() -> Self {
        FILES
            .iter()
            .filter_map(|file| Year::parse(file).ok())
            .fold(Self::default(), Self::with_year)
    }

    /// The same calendar with one more year, or with a year replaced.
    #[must_use]
    pub fn with_year(mut self, year: Year) -> Self {
        self.years.insert(year.year(), Table::of(year));
        self
    }

    /// The known years in order.
    pub fn years(&self) -> impl Iterator<Item = &Year> {
        self.years.values().map(|table| &table.source)
    }

    /// The arrangement of one year, if known.
    pub fn year(&self, year: i16) -> Option<&Year> {
        self.years.get(&year).map(|table| &table.source)
    }

    fn table(&self, year: i16) -> Result<&Table, YearUnknown> {
        self.years.get(&year).ok_or(YearUnknown { year })
    }

    /// What kind of day this is: working unless it is a Saturday, a Sunday or
    /// a day off, and working on make-up days.
    ///
    /// # Errors
    /// When the year is unknown; nothing is guessed.
    pub fn kind(&self, day: Date) -> Result<DayKind, YearUnknown> {
        let table = self.table(day.year())?;
        Ok(match table.named.get(&day) {
            Some(kind) => kind.clone(),
            None if is_weekend(day) => DayKind::Weekend,
            None => DayKind::Weekday,
        })
    }

    /// Whether people work on this day, and why.
    ///
    /// # Errors
    /// When the year is unknown.
    pub fn is_working(&self, day: Date) -> Result<(bool, Text), YearUnknown> {
        let kind = self.kind(day)?;
        Ok((kind.is_working(), kind.why()))
    }

    /// The `n`-th working day after `start`, which is not counted. Zero gives
    /// `start` itself.
    ///
    /// # Errors
    /// When a year on the way is unknown.
    pub fn add_working_days(&self, start: Date, n: u32) -> Result<Date, YearUnknown> {
        if n == 0 {
            return Ok(start);
        }
        let mut left = usize::try_from(n).unwrap_or(usize::MAX);
        let mut year = start.year();
        let last_day = Date::new(year, 12, 31).unwrap_or(start);
        if start == last_day {
            year = year.saturating_add(1);
        }
        loop {
            let table = self.table(year)?;
            let passed = if year == start.year() {
                table.count_to(start)
            } else {
                0
            };
            if let Some(day) = table.working.get(passed.saturating_add(left) - 1) {
                return Ok(*day);
            }
            left -= table.working.len() - passed;
            year = year.saturating_add(1);
        }
    }

    /// How many working days lie from one day to another, both counted.
    ///
    /// # Errors
    /// When a year on the way is unknown or `to` lies before `from`.
    pub fn working_days_between(&self, from: Date, to: Date) -> Result<u32, DayCountError> {
        if to < from {
            return Err(DayCountError::Reversed);
        }
        let mut total = 0usize;
        for year in from.year()..=to.year() {
            let table = self.table(year)?;
            let upto = if year == to.year() {
                table.count_to(to)
            } else {
                table.working.len()
            };
            let before = if year == from.year() {
                from.yesterday().map_or(0, |day| table.count_to(day))
            } else {
                0
            };
            total += upto - before;
        }
        Ok(u32::try_from(total).unwrap_or(u32::MAX))
    }

    /// Moves the last day of a period off rest days: to the first working day
    /// on or after it (民法典第203条; 专利法实施细则第5条).
    ///
    /// `end` stays `None` while a year that decides it is unknown: the year of
    /// the day itself, or the next one when the rest days reach over New Year.
    /// A weekend in an unknown year is not taken for a rest day either, because
    /// it may become a make-up working day.
    pub fn roll(&self, raw: Date) -> Rolled {
        let mut day = raw;
        let end = loop {
            match self.kind(day) {
                Err(_) => break None,
                Ok(kind) if kind.is_working() => break Some(day),
                Ok(_) => match day.tomorrow() {
                    Ok(next) => day = next,
                    Err(_) => break None,
                },
            }
        };
        Rolled { raw, end }
    }

    /// True for the last days of December while the next year is unknown: the
    /// next notice may still make them days off or working days (2018-12-29 and
    /// 2018-12-31 were decided by the notice for 2019).
    pub fn may_change(&self, day: Date) -> bool {
        day.month() == 12
            && day.day() >= 26
            && day
                .year()
                .checked_add(1)
                .is_none_or(|next| !self.years.contains_key(&next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn every_carried_year_is_read() {
        for file in FILES {
            Year::parse(file).unwrap();
        }
        let calendar = Calendar::builtin();
        let years: Vec<i16> = calendar.years().map(Year::year).collect();
        assert_eq!(years, (2004..=2026).collect::<Vec<i16>>());
    }

    #[test]
    fn the_working_days_of_a_year_agree_with_the_notices() {
        let calendar = Calendar::builtin();
        for (year, days) in [(2024, 251), (2025, 248), (2026, 248)] {
            assert_eq!(
                calendar.working_days_between(date(year, 1, 1), date(year, 12, 31)),
                Ok(days)
            );
        }
        for (day, working) in [
            (date(2005, 12, 31), true),
            (date(2025, 9, 28), true),
            (date(2025, 10, 8), false),
            (date(2025, 10, 11), true),
            (date(2026, 2, 28), true),
            (date(2026, 2, 14), true),
            (date(2026, 9, 20), true),
            (date(2024, 10, 12), true),
            (date(2024, 5, 5), false),
            (date(2018, 12, 29), true),
            (date(2018, 12, 31), false),
        ] {
            assert_eq!(
                calendar.is_working(day).map(|it| it.0),
                Ok(working),
                "{day}"
            );
        }
    }

    #[test]
    fn reward_publicity_counts_fifteen_working_days() {
        let calendar = Calendar::builtin();
        for (posted, last) in [
            (date(2025, 9, 22), date(2025, 10, 17)),
            (date(2026, 9, 18), date(2026, 10, 15)),
            (date(2026, 2, 9), date(2026, 3, 6)),
        ] {
            assert_eq!(calendar.add_working_days(posted, 15), Ok(last));
        }
    }

    #[test]
    fn an_unknown_year_is_refused_and_never_guessed() {
        let calendar = Calendar::builtin();
        assert_eq!(
            calendar.is_working(date(2027, 1, 4)),
            Err(YearUnknown { year: 2027 })
        );
        assert_eq!(
            calendar.add_working_days(date(2026, 12, 31), 1),
            Err(YearUnknown { year: 2027 })
        );
        assert_eq!(
            calendar.add_working_days(date(2026, 12, 30), 1),
            Ok(date(2026, 12, 31))
        );
        assert_eq!(
            calendar.add_working_days(date(2003, 12, 31), 1),
            Ok(date(2004, 1, 2))
        );
        assert_eq!(calendar.roll(date(2027, 1, 4)).end, None);
        assert!(calendar.may_change(date(2026, 12, 31)));
        assert!(!calendar.may_change(date(2025, 12, 31)));
    }

    #[test]
    fn a_roll_into_an_unknown_year_stays_open() {
        let year = Year::parse(
            "year = 2027\n[[holiday]]\nname = \"元旦\"\nfrom = 2027-12-31\n[[holiday]]\nname = \"b\"\nfrom = 2027-01-01",
        )
        .unwrap();
        let calendar = Calendar::builtin().with_year(year);
        assert_eq!(
            calendar.roll(date(2027, 12, 31)),
            Rolled {
                raw: date(2027, 12, 31),
                end: None
            }
        );
        assert_eq!(
            calendar.roll(date(2027, 12, 30)).end,
            Some(date(2027, 12, 30))
        );
    }

    #[test]
    fn the_ends_of_the_date_range_do_not_panic() {
        let calendar = Calendar::builtin();
        for day in [Date::MIN, Date::MAX] {
            assert!(calendar.add_working_days(day, u32::MAX).is_err());
            assert_eq!(calendar.roll(day).end, None);
            assert!(calendar.working_days_between(day, day).is_err());
            assert!(!calendar.may_change(Date::MIN));
        }
        assert!(calendar.working_days_between(Date::MIN, Date::MAX).is_err());
        assert!(
            calendar
                .add_working_days(date(2004, 1, 1), u32::MAX)
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn counting_forward_and_counting_between_agree(offset in 0i64..7000, n in 1u32..900) {
            let calendar = Calendar::builtin();
            let start = date(2004, 1, 1).saturating_add(jiff::Span::new().days(offset));
            let end = calendar.add_working_days(start, n).unwrap();
            prop_assert!(calendar.is_working(end).unwrap().0);
            let first = start.tomorrow().unwrap();
            prop_assert_eq!(calendar.working_days_between(first, end), Ok(n));
        }
    }
}
