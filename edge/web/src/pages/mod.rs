//! The pages, one file per noun.

pub mod system;
pub mod sign_in;
pub mod me;
pub mod home;
pub mod list;
pub mod audit;
pub mod hooks;
pub mod cases;
pub mod case;
pub mod step;
pub mod deals;
pub mod disclose;
pub mod notice;
pub mod money;
pub mod split;
pub mod mine;
pub mod file;
pub mod import;
pub mod people;
pub mod settings;
pub mod journal;
pub mod law;
pub mod rules;
pub mod tokens;
pub mod tools;
pub mod styleguide;

use dukou_kernel::{Date, Lang};

/// `11-25`, or the whole date outside the current year.
pub fn short_date(day: Date, today: Date) -> String {
    if day.year() == today.year() {
        format!("{:02}-{:02}", day.month(), day.day())
    } else {
        day.to_string()
    }
}

/// `2026年11月25日　周三` / `Wednesday, 25 November 2026`.
pub fn long_date(day: Date, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!(
            "{}年{}月{}日　周{}",
            day.year(),
            day.month(),
            day.day(),
            weekday(day, Lang::Zh)
        ),
        Lang::En => {
            format!(
                "{}, {} {} {}",
                weekday(day, Lang::En),
                day.day(),
                month(day),
                day.year()
            )
        }
    }
}

/// `三` / `Wed`.
pub fn weekday(day: Date, lang: Lang) -> &'static str {
    let names = match lang {
        Lang::Zh => ["一", "二", "三", "四", "五", "六", "日"],
        Lang::En => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    };
    let index = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
    names.get(index).copied().unwrap_or_default()
}

fn month(day: Date) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let index = usize::try_from(day.month() - 1).unwrap_or(0);
    NAMES.get(index).copied().unwrap_or_default()
}

/// Days from today to a day; negative once it is past.
pub fn days_left(day: Date, today: Date) -> i64 {
    today
        .until(day)
        .map_or(0, |span| i64::from(span.get_days()))
}

/// First character, for a person's circle.
pub fn initial(name: &str) -> String {
    name.chars()
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().to_string())
}

/// `9f3c…a21e`
pub fn short_hash(hash: &[u8]) -> String {
    let hex = crate::session::hex(hash);
    match (hex.get(..4), hex.get(hex.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) => format!("{head}…{tail}"),
        _ => hex,
    }
}

/// `2026-11-24 16:42` in Shanghai.
pub fn moment(at_ms: i64) -> String {
    shown(at_ms, "%Y-%m-%d %H:%M")
}

/// `2026-11-23 18:05:09`
pub fn moment_with_seconds(at_ms: i64) -> String {
    shown(at_ms, "%Y-%m-%d %H:%M:%S")
}

fn shown(at_ms: i64, form: &str) -> String {
    let Ok(at) = jiff::Timestamp::from_millisecond(at_ms) else {
        return String::new();
    };
    // The legal zone; no daylight saving since 1991.
    jiff::tz::offset(8)
        .to_datetime(at)
        .strftime(form)
        .to_string()
}
