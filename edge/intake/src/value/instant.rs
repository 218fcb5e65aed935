//! Stamps of computers: a moment in some zone, and the day it was in China then.

use dukou_kernel::Date;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Summer time in China (国务院 1986 to 1991): from 02:00 on the first day to 02:00 of
/// summer time on the second. Year, month and day of both.
const SUMMERS: [(i16, i8, i8, i8, i8); 6] = [
    (1986, 5, 4, 9, 14),
    (1987, 4, 12, 9, 13),
    (1988, 4, 17, 9, 11),
    (1989, 4, 16, 9, 17),
    (1990, 4, 15, 9, 16),
    (1991, 4, 14, 9, 15),
];

/// The day in China of an instant: a day, a time of day and a zone. `None` when the
/// text is no such stamp, `Some(None)` when it is one that cannot be.
pub fn day(text: &str) -> Option<Option<Date>> {
    let (stamp, zone) = apart(text)?;
    let minutes = minutes(zone)?;
    let stamp = stamp.trim_end().replace('/', "-");
    let local: DateTime = match stamp.parse() {
        Ok(local) => local,
        Err(_) => return Some(None),
    };
    Some(in_china(local, minutes))
}

/// The stamp and the zone behind it.
fn apart(text: &str) -> Option<(&str, &str)> {
    let colon = text.find(':')?;
    let tail = text.get(colon..)?;
    let at = tail.find(|c: char| c.is_ascii_alphabetic() || matches!(c, '+' | '-'))?;
    let (stamp, zone) = text.split_at_checked(colon + at)?;
    let dated = stamp.bytes().filter(|b| matches!(b, b'-' | b'/')).count() == 2;
    (dated && stamp.starts_with(|c: char| c.is_ascii_digit())).then_some((stamp, zone))
}

/// How many minutes a zone is ahead of UTC: Z, UTC, GMT+8, +08:00, -0500.
fn minutes(zone: &str) -> Option<i32> {
    let upper = zone.trim().to_ascii_uppercase();
    if matches!(upper.as_str(), "Z" | "UTC" | "GMT") {
        return Some(0);
    }
    let rest = upper
        .strip_prefix("UTC")
        .or_else(|| upper.strip_prefix("GMT"));
    let rest = rest.unwrap_or(&upper);
    let sign = match rest.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits: String = rest.get(1..)?.chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, rest): (i32, i32) = match digits.len() {
        1 | 2 => (digits.parse().ok()?, 0),
        4 => (
            digits.get(..2)?.parse().ok()?,
            digits.get(2..)?.parse().ok()?,
        ),
        _ => return None,
    };
    (hours <= 14 && rest < 60).then_some(sign * (hours * 60 + rest))
}

fn in_china(local: DateTime, minutes: i32) -> Option<Date> {
    let zone = Offset::from_seconds(minutes.checked_mul(60)?).ok()?;
    let moment = zone.to_timestamp(local).ok()?;
    let at = |hours: i8| {
        Offset::from_hours(hours)
            .ok()
            .map(|it| it.to_datetime(moment))
    };
    let standard = at(8)?;
    let summer = SUMMERS.iter().any(|(year, month, day, to_month, to_day)| {
        let two = |month: &i8, day: &i8, hour| DateTime::new(*year, *month, *day, hour, 0, 0, 0);
        // The end, told in standard time, is 01:00.
        match (two(month, day, 2), two(to_month, to_day, 1)) {
            (Ok(from), Ok(to)) => (from..to).contains(&standard),
            _ => false,
        }
    });
    Some(if summer { at(9)? } else { standard }.date())
}
