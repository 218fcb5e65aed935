//! One cell as the file holds it, and the spelling differences people do not see.

/// A day and time of day as Excel stores them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stamp {
    /// Year of the calendar; 1899 for a bare time of day.
    pub year: i16,
    /// Month, 1 to 12.
    pub month: i8,
    /// Day of the month.
    pub day: i8,
    /// Hour of the day.
    pub hour: u8,
    /// Minute of the hour.
    pub minute: u8,
    /// Second of the minute.
    pub second: u8,
}

/// The content of one cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Nothing, or nothing but blanks.
    #[default]
    Empty,
    /// Text as typed.
    Text(Box<str>),
    /// A number cell.
    Number(f64),
    /// A number shown as a date, with the number itself.
    Day(Stamp, f64),
    /// An error such as #REF!, or a formula (with its =) whose value the file lacks.
    Error(Box<str>),
}

impl Cell {
    /// Text, or an empty cell when nothing is visible in it.
    pub fn text(text: &str) -> Self {
        if text.chars().all(is_blank) {
            Self::Empty
        } else if is_error(text) {
            Self::Error(text.trim().into())
        } else {
            Self::Text(text.into())
        }
    }

    /// True when nothing is visible.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// What a person sees, near enough to quote it back.
    pub fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Error(text) => text.to_string(),
            Self::Number(number) => plain_number(*number),
            Self::Day(stamp, _) if stamp.year < 1900 => {
                format!("{}:{:02}:{:02}", stamp.hour, stamp.minute, stamp.second)
            }
            Self::Day(stamp, _) => {
                format!("{:04}-{:02}-{:02}", stamp.year, stamp.month, stamp.day)
            }
        }
    }

    /// True when the cell says 同上 in one of its spellings.
    pub fn is_ditto(&self) -> bool {
        let Self::Text(text) = self else { return false };
        let plain = squeeze(text);
        matches!(
            plain.as_str(),
            "同上"
                | "同前"
                | "〃"
                | "″"
                | "\""
                | "''"
                | "“"
                | "”"
                | "''''"
                | "〞"
                | "〝"
                | "\"\""
                | "'"
                | "“”"
                | "‘’"
                | "’’"
                | "””"
                | "同上行"
                | "(同上)"
                | "同上一行"
                | "〃〃"
                | "ditto"
                | "同左上"
        )
    }
}

/// What spreadsheets show where a formula fails or a column is too narrow.
fn is_error(text: &str) -> bool {
    const ERRORS: [&str; 14] = [
        "#REF!",
        "#N/A",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#CONNECT!",
        "#UNKNOWN!",
        "#GETTING_DATA",
    ];
    let text = text.trim();
    text.starts_with('#')
        && (ERRORS.contains(&text) || text.len() >= 3 && text.bytes().all(|b| b == b'#'))
}

/// The largest whole number below which no two whole numbers share one float.
pub const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// A number without exponent, rounded to the fifteen digits a sheet shows; a whole number
/// keeps every digit as long as the file does.
pub fn plain_number(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string();
    }
    let shortest = format!("{number}");
    let digits = shortest.bytes().filter(u8::is_ascii_digit).count();
    if digits <= 15 || number.fract() == 0.0 && number.abs() < EXACT_BELOW {
        return shortest;
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{rounded}")
}

/// Blanks of every width, line breaks, and characters that show nothing.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || dukou_kernel::spelling::is_invisible(c)
}

/// One character in its half-width, plain spelling.
pub fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c).saturating_sub(0xfee0)).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        '—' | '–' | '‐' | '‑' | '‒' | '―' | '−' | '─' | '﹣' => '-',
        '￥' => '¥',
        '【' | '〔' | '﹝' => '(',
        '】' | '〕' | '﹞' => ')',
        other => other,
    }
}

/// The text in half-width spelling, trimmed, inner blanks kept.
pub fn half_width(text: &str) -> String {
    let narrowed: String = text
        .chars()
        .filter(|c| !is_blank(*c) || c.is_whitespace())
        .map(narrow)
        .collect();
    narrowed.trim().to_owned()
}

/// The text in half-width spelling without any blank.
pub fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !is_blank(*c)).map(narrow).collect()
}

/// True for Chinese characters.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '〇')
}

/// Running text as one line: trimmed, line breaks and doubled blanks gone.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut gap = String::new();
    for c in text.chars().filter(|c| !is_blank(*c) || c.is_whitespace()) {
        if c.is_whitespace() {
            gap.push(c);
            continue;
        }
        if !gap.is_empty() {
            let broken = gap.contains(['\n', '\r', '\t']);
            let ascii_sides = line.chars().last().is_some_and(|p| p.is_ascii()) && c.is_ascii();
            if !line.is_empty() && (!broken || ascii_sides) {
                line.push(' ');
            }
            gap.clear();
        }
        line.push(c);
    }
    line
}

/// True for what an office writes to say that there is nothing: a dash, a
/// slash, 无. An empty cell says nothing either, but not in so many words.
pub fn says_nothing(text: &str) -> bool {
    let plain = squeeze(text);
    !plain.is_empty()
        && (plain
            .chars()
            .all(|c| matches!(c, '-' | '/' | '\\' | '_' | '.' | '*' | '~'))
            || matches!(
                plain.as_str(),
                "无" | "暂无"
                    | "没有"
                    | "空"
                    | "N/A"
                    | "n/a"
                    | "NA"
                    | "不详"
                    | "未知"
                    | "待补"
                    | "待补充"
                    | "待填"
                    | "缺"
                    | "null"
                    | "NULL"
                    | "None"
            ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float_artefacts_vanish_and_no_exponent_is_printed() {
        assert_eq!(plain_number(0.1 + 0.2), "0.3");
        assert_eq!(plain_number(1.005e2), "100.5");
        assert_eq!(plain_number(1e20), "100000000000000000000");
        assert_eq!(plain_number(99.99999999999999), "100");
        assert_eq!(plain_number(2_021_310_000_012_342.0), "2021310000012342");
    }

    #[test]
    fn a_broken_line_is_joined_and_latin_words_stay_apart() {
        assert_eq!(one_line(" 一种\n装置  \n"), "一种装置");
        assert_eq!(one_line("deep\nlearning 装置"), "deep learning 装置");
    }
}
