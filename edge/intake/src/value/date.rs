//! Date cells in every spelling; only a whole, real day is a date.

use dukou_kernel::Date;

use super::{instant, numeral};
use crate::cell::{Cell, half_width, plain_number};

const FIRST_YEAR: i16 = 1950;
/// A day further ahead than this is a slip of the pen, not a plan.
const YEARS_AHEAD: i16 = 30;

/// Reads the day in the cell; `None` when it is not a day of this world.
/// `today` places two-digit years and bounds the future.
pub fn read(cell: &Cell, today: Date) -> Option<Date> {
    let date = match cell {
        Cell::Empty | Cell::Error(_) => None,
        Cell::Day(stamp, _) => Date::new(stamp.year, stamp.month, stamp.day).ok(),
        Cell::Number(number) => from_text(&plain_number(*number), today),
        Cell::Text(text) => from_text(text, today),
    }?;
    let years = FIRST_YEAR..=today.year().saturating_add(YEARS_AHEAD);
    years.contains(&date.year()).then_some(date)
}

fn from_text(text: &str, today: Date) -> Option<Date> {
    let plain = half_width(text);
    let plain = plain.trim_start_matches('\'').trim();
    if plain.is_empty() || plain.chars().count() > 60 {
        return None;
    }
    if let Some(date) = bare_number(plain, today) {
        return date;
    }
    if let Some(day) = instant::day(plain) {
        return day;
    }
    spelled(plain)
        .or_else(|| year_first(plain, today))
        .or_else(|| year_last(plain))
        .or_else(|| named_month(plain, today))
}

/// 20210305, 44260 (a serial), 44260.5, 210305. `Some(None)` is a number that
/// is no day.
fn bare_number(plain: &str, today: Date) -> Option<Option<Date>> {
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let part = |from: usize, to: usize| whole.get(from..to).and_then(|p| p.parse::<i16>().ok());
    let dotted = plain.contains('.');
    match whole.len() {
        5 => Some(serial(whole.parse().ok()?)),
        8 if !dotted || fraction.bytes().all(|b| b == b'0') => {
            Some(ymd(part(0, 4)?, part(4, 6)?, part(6, 8)?))
        }
        6 if !dotted => {
            let (year, month) = (part(0, 4)?, part(4, 6)?);
            // 202103 is a month, no day; 210305 can only be a day.
            if (FIRST_YEAR..2100).contains(&year) && (1..=12).contains(&month) {
                return Some(None);
            }
            Some(ymd(full_year(part(0, 2)?, today), part(2, 4)?, part(4, 6)?))
        }
        _ if !dotted => Some(None),
        _ => None,
    }
}

/// Excel's day count from 1899-12-30.
fn serial(days: i32) -> Option<Date> {
    if !(18_264..=80_000).contains(&days) {
        return None;
    }
    Date::new(1899, 12, 30)
        .ok()?
        .checked_add(jiff::Span::new().try_days(days).ok()?)
        .ok()
}

fn full_year(two: i16, today: Date) -> i16 {
    let ahead = today.year().rem_euclid(100).saturating_add(10);
    if two <= ahead {
        two.saturating_add(2000)
    } else {
        two.saturating_add(1900)
    }
}

fn ymd(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Digits at the start, at most `most` of them.
fn digits(text: &str, most: usize) -> Option<(i16, usize, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    if end == 0 || end > most {
        return None;
    }
    let (number, rest) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, end, rest.trim_start()))
}

fn mark<'a>(text: &'a str, words: &[char]) -> Option<(&'a str, char)> {
    let c = text.chars().next()?;
    words
        .contains(&c)
        .then(|| (text.get(c.len_utf8()..).unwrap_or("").trim_start(), c))
}

/// 2021-3-5, 2021/03/05, 2021.3.5, 2021年3月5日, 21.3.5, 2021 3 5, and what may follow.
fn year_first(plain: &str, today: Date) -> Option<Date> {
    let (year, width, rest) = digits(plain, 4)?;
    let year = match width {
        4 => year,
        2 => full_year(year, today),
        _ => return None,
    };
    let spaced = plain.as_bytes().get(width) == Some(&b' ');
    let (rest, first) = match mark(
        rest,
        &['-', '/', '.', '年', '\\', ',', '、', '_', '。', '·'],
    ) {
        Some(found) => found,
        None if spaced => (rest, ' '),
        None => return None,
    };
    let (month, month_width, rest) = digits(rest, 2)?;
    let (rest, second) = match mark(
        rest,
        &['-', '/', '.', '月', '\\', ',', '、', '_', '。', '·'],
    ) {
        Some(found) => found,
        None if first == ' ' && month_width > 0 => (rest, ' '),
        None => return None,
    };
    if (first == '年') != (second == '月') && second != '.' && second != '-' && second != '月' {
        return None;
    }
    let (day, _, rest) = digits(rest, 2)?;
    let rest = mark(rest, &['日', '号', '號']).map_or(rest, |(rest, _)| rest);
    harmless(rest).then(|| ymd(year, month, day)).flatten()
}

/// 13/5/2021 or 5/13/2021, when only one reading exists.
fn year_last(plain: &str) -> Option<Date> {
    let (first, _, rest) = digits(plain, 2)?;
    let (rest, mark_one) = mark(rest, &['/', '-', '.'])?;
    let (second, _, rest) = digits(rest, 2)?;
    let (rest, mark_two) = mark(rest, &['/', '-', '.'])?;
    let (year, width, rest) = digits(rest, 4)?;
    if width != 4 || mark_one != mark_two || !harmless(rest) {
        return None;
    }
    match (ymd(year, first, second), ymd(year, second, first)) {
        (Some(a), Some(b)) if a != b => None,
        (a, b) => a.or(b),
    }
}

/// 5-Mar-2021, Mar 5, 2021.
fn named_month(plain: &str, today: Date) -> Option<Date> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let parts: Vec<&str> = plain
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|p| !p.is_empty())
        .collect();
    let [a, b, c] = parts.as_slice() else {
        return None;
    };
    let month = |text: &str| {
        let lower = text.to_ascii_lowercase();
        let start = lower.get(..3)?;
        let index = MONTHS.iter().position(|name| *name == start)?;
        i16::try_from(index + 1).ok()
    };
    let number = |text: &str| text.parse::<i16>().ok();
    let year = |text: &str| match text.len() {
        4 => number(text),
        2 => number(text).map(|two| full_year(two, today)),
        _ => None,
    };
    match (month(a), month(b)) {
        (Some(month), None) => ymd(year(c)?, month, number(b)?),
        (None, Some(month)) if a.len() == 4 => ymd(year(a)?, month, number(c)?),
        (None, Some(month)) => ymd(year(c)?, month, number(a)?),
        _ => None,
    }
}

/// 二〇二一年三月五日
fn spelled(plain: &str) -> Option<Date> {
    let squeezed: String = plain.chars().filter(|c| !c.is_whitespace()).collect();
    let (year, rest) = squeezed.split_once('年')?;
    let (month, rest) = rest.split_once('月')?;
    let end = rest.find(['日', '号'])?;
    let (day, tail) = rest.split_at_checked(end)?;
    let mut tail = tail.chars();
    tail.next();
    let value = |text: &str| {
        let number = if text.bytes().all(|b| b.is_ascii_digit()) {
            text.parse::<i128>().ok()
        } else {
            numeral::counted(text).or_else(|| numeral::spelled(text))
        };
        number.and_then(|n| i16::try_from(n).ok())
    };
    let year = if year.bytes().all(|b| b.is_ascii_digit()) {
        if year.len() != 4 {
            return None;
        }
        year.parse().ok()?
    } else {
        let circles: String = year
            .chars()
            .map(|c| {
                if "OoＯ○0ОоΟ".contains(c) {
                    '〇'
                } else {
                    c
                }
            })
            .collect();
        if circles.chars().count() != 4 {
            return None;
        }
        i16::try_from(numeral::spelled(&circles)?).ok()?
    };
    harmless(tail.as_str())
        .then(|| ymd(year, value(month)?, value(day)?))
        .flatten()
}

/// What may stand behind a date without putting it in doubt: a time of day, a
/// weekday, a note in brackets or words without figures that open no range.
fn harmless(rest: &str) -> bool {
    let rest = rest
        .trim()
        .trim_end_matches(['.', '。', ';', ',', '，', '、']);
    if rest.is_empty() || is_clock(rest) {
        return true;
    }
    if rest.starts_with('(') {
        return rest.ends_with(')');
    }
    let weekday = ["星期", "周", "礼拜"]
        .iter()
        .any(|word| rest.starts_with(word));
    weekday && rest.chars().count() <= 4
}

fn is_clock(rest: &str) -> bool {
    let clock = rest.trim_start_matches(['T', 't', ' ']);
    let clock = ["上午", "下午", "AM ", "PM "]
        .iter()
        .fold(clock, |clock, word| {
            clock.strip_prefix(word).unwrap_or(clock).trim_start()
        });
    let clock = [" AM", " PM", "AM", "PM"]
        .iter()
        .fold(clock, |clock, word| {
            clock.strip_suffix(word).unwrap_or(clock)
        });
    let allowed =
        |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | '时' | '分' | '秒' | '点');
    clock.starts_with(|c: char| c.is_ascii_digit())
        && clock.contains([':', '时', '点'])
        && clock.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Stamp;

    fn today() -> Date {
        Date::new(2026, 6, 1).unwrap()
    }

    fn shown(text: &str) -> Option<String> {
        read(&Cell::text(text), today()).map(|date| date.to_string())
    }

    #[test]
    fn every_spelling_of_the_fifth_of_march_is_that_day() {
        for text in [
            "2021-3-5",
            "2021/3/5",
            "2021.3.5",
            "20210305",
            "2021年3月5日",
            "2021年3月5号",
            "二〇二一年三月五日",
            "二零二一年三月五日",
            "２０２１-０３-０５",
            "２０２１年３月５日",
            "44260",
            "21.3.5",
            "21-03-05",
            "2021-03-05 00:00:00",
            "2021-03-05T08:30:00Z",
            " 2021 年 3 月 5 日 ",
            "2021.03.05（补录）",
            "2021—3—5",
            "5-Mar-2021",
            "March 5, 2021",
            "2021-03-05 星期五",
            "2021.3.5.",
            "210305",
            "'20210305",
            "2021/03/05 9:05",
            "２０２１．３．５",
            "2021\\3\\5",
            "2021. 3. 5",
            "2021 3 5",
        ] {
            assert_eq!(shown(text).as_deref(), Some("2021-03-05"), "{text}");
        }
        assert_eq!(
            shown("二〇二一年十二月三十一日").as_deref(),
            Some("2021-12-31")
        );
        assert_eq!(shown("二〇二〇年十月二十日").as_deref(), Some("2020-10-20"));
        assert_eq!(shown("98.7.1").as_deref(), Some("1998-07-01"));
        assert_eq!(shown("25/12/2021").as_deref(), Some("2021-12-25"));
        assert_eq!(
            read(&Cell::Number(44_260.5), today()).unwrap().to_string(),
            "2021-03-05"
        );
        assert_eq!(
            read(&Cell::Number(20_210_305.0), today())
                .unwrap()
                .to_string(),
            "2021-03-05"
        );
        let stamp = Stamp {
            year: 2021,
            month: 3,
            day: 5,
            hour: 0,
            minute: 0,
            second: 0,
        };
        assert_eq!(
            read(&Cell::Day(stamp, 44_260.0), today())
                .unwrap()
                .to_string(),
            "2021-03-05"
        );
    }

    #[test]
    fn what_is_no_day_of_this_world_is_refused() {
        for text in [
            "2021-02-30",
            "2021-13-05",
            "20205月",
            "待定",
            "2021年3月",
            "2021",
            "202103",
            "2021-3",
            "21",
            "0021-03-05",
            "2921-03-05",
            "2021-03-05至2021-04-05",
            "2021-00-10",
            "2019.2.29",
            "-",
            "3/5/2021",
            "12",
            "2021-3-5、2021-4-5",
            "二〇二一年十三月一日",
            "约2021-3-5",
            "20211305",
            "2021-03-051",
            "99999",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
