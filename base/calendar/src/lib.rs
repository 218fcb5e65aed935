//! When a day is a working day, and when a period ends.
//!
//! The days off and the make-up working days of a year are data
//! (`law/calendar/*.toml`, the State Council's yearly arrangement). A year
//! without an arrangement is *unknown*: counts that need it are refused with
//! [`YearUnknown`], an end that would roll into it stays open.
//!
//! ```
//! use dukou_calendar::{Calendar, Period};
//! use dukou_kernel::Date;
//!
//! let calendar = Calendar::builtin();
//! let raw = Period::Days(15).end(Date::constant(2025, 9, 19)).unwrap();
//! assert_eq!(raw, Date::constant(2025, 10, 4));
//! assert_eq!(calendar.roll(raw).end, Some(Date::constant(2025, 10, 9)));
//! ```

mod year;
mod calendar;
mod period;

pub use calendar::{Calendar, DayCountError, DayKind, YearUnknown};
pub use period::{Deadline, Period, PeriodOutOfRange, Rolled, period_end};
pub use year::{Holiday, Year, YearError};
