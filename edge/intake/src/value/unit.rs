//! What one counted unit of an amount is worth, and the words for it.

use serde::{Deserialize, Serialize};

use super::currency;
use crate::cell::squeeze;

/// What one counted unit of an amount is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 分
    Fen,
    /// 元
    #[default]
    Yuan,
    /// 千元
    Thousand,
    /// 万元
    TenThousand,
    /// 百万元
    Million,
    /// 千万元
    TenMillion,
    /// 亿元
    HundredMillion,
}

impl Unit {
    /// How many fen one unit has.
    pub fn fen(self) -> i128 {
        match self {
            Self::Fen => 1,
            Self::Yuan => 100,
            Self::Thousand => 100_000,
            Self::TenThousand => 1_000_000,
            Self::Million => 100_000_000,
            Self::TenMillion => 1_000_000_000,
            Self::HundredMillion => 10_000_000_000,
        }
    }

    /// The unit that a header or a note such as 单位：万元 names somewhere.
    pub fn named(text: &str) -> Option<Self> {
        let plain = squeeze(text).to_lowercase();
        [
            (&["亿元", "亿"][..], Self::HundredMillion),
            (&["千万元"], Self::TenMillion),
            (&["百万元"], Self::Million),
            (
                &["万元", "人民币万", "万圆", "w元", "萬元"],
                Self::TenThousand,
            ),
            (&["千元"], Self::Thousand),
            (&["元", "圆", "rmb", "cny"], Self::Yuan),
        ]
        .into_iter()
        .find(|(words, _)| words.iter().any(|word| plain.contains(word)))
        .map(|(_, unit)| unit)
    }

    /// The unit that a text is, and nothing else.
    fn exact(plain: &str) -> Option<Self> {
        Some(match plain {
            "分" => Self::Fen,
            "元" | "圆" | "圓" | "块" | "块钱" | "yuan" => Self::Yuan,
            "千" | "千元" | "仟元" | "千圆" | "k" | "k元" => Self::Thousand,
            "万" | "万元" | "万圆" | "萬" | "萬元" | "w" | "w元" => Self::TenThousand,
            "百万" | "百万元" | "百萬元" => Self::Million,
            "千万" | "千万元" | "千萬元" => Self::TenMillion,
            "亿" | "亿元" | "億" | "億元" | "亿圆" => Self::HundredMillion,
            _ => return None,
        })
    }
}

/// What words say about the money they stand by.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// A unit of the yuan.
    Unit(Unit),
    /// Money that is not the yuan, in these words.
    Foreign(String),
    /// Words for a unit that are not understood.
    Unread(String),
}

impl Told {
    /// The unit, and the words that are none.
    pub fn parted(self) -> (Option<Unit>, Option<String>) {
        match self {
            Self::Unit(unit) => (Some(unit), None),
            Self::Foreign(words) | Self::Unread(words) => (None, Some(words)),
        }
    }
}

/// True for characters of which words for units are made.
pub fn is_unit_char(c: char) -> bool {
    "十百千万亿兆元圆圓块萬億仟佰".contains(c)
}

/// A text that is nothing but the word for a unit; `None` when it is about something else.
pub fn token(text: &str) -> Option<Told> {
    let plain = squeeze(text).to_lowercase();
    let mut rest = plain.as_str();
    let mut asked = false;
    for word in [
        "金额", "货币", "计价", "单位", "币种", "均", "为", "是", "以", ":", "计",
    ] {
        if let Some(shorter) = rest.strip_prefix(word) {
            asked |= word == "单位";
            rest = shorter;
        }
    }
    if currency::foreign(rest).is_some() && !currency::says_yuan(rest) {
        return Some(Told::Foreign(rest.to_owned()));
    }
    for yuan in ["人民币", "rmb", "cny", "¥", ":", "/"] {
        rest = rest.strip_prefix(yuan).unwrap_or(rest);
        rest = rest.strip_suffix(yuan).unwrap_or(rest);
    }
    rest = rest.strip_suffix('计').unwrap_or(rest);
    if rest.is_empty() {
        return None;
    }
    if let Some(unit) = Unit::exact(rest) {
        return Some(Told::Unit(unit));
    }
    let shaped = rest.chars().all(is_unit_char) && rest.chars().count() > 1;
    (asked || shaped).then(|| Told::Unread(rest.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_units_are_understood_or_told_apart() {
        use Unit::{HundredMillion, Million, TenMillion, TenThousand, Thousand, Yuan};
        for (text, unit) in [
            ("万", TenThousand),
            ("W", TenThousand),
            ("单位：万", TenThousand),
            ("人民币万元", TenThousand),
            ("万元（人民币）", TenThousand),
            ("金额单位：人民币元", Yuan),
            ("千元", Thousand),
            ("百万元", Million),
            ("千万元", TenMillion),
            ("亿元", HundredMillion),
        ] {
            let text = text.replace(['（', '）'], "");
            assert_eq!(token(&text), Some(Told::Unit(unit)), "{text}");
        }
        for text in ["十万元", "百元", "单位：箱", "百千元"] {
            assert!(matches!(token(text), Some(Told::Unread(_))), "{text}");
        }
        for text in ["万美元", "美元", "USD", "单位：欧元"] {
            assert!(matches!(token(text), Some(Told::Foreign(_))), "{text}");
        }
        for text in ["含税", "人民币", "70%", "", "小写", "一"] {
            assert_eq!(token(text), None, "{text}");
        }
    }
}
