//! Words for people, always in both languages.

use serde::{Deserialize, Serialize};

/// The language a person reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// 简体中文, the first language of every screen.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The one of the two texts that this reader reads.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The tag for HTML's `lang` attribute.
    pub fn tag(self) -> &'static str {
        self.pick_static("zh-CN", "en")
    }

    /// `zh` or `en`, as settings and links spell it.
    pub fn code(self) -> &'static str {
        self.pick_static("zh", "en")
    }

    /// Reads `zh`, `zh-CN`, `en`, `en-GB` …; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let primary = text.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::Zh)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }

    /// The same of what stands in the program.
    pub fn pick_static(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// One sentence in Chinese and in English. Both are required, so a missing
/// translation does not compile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Text {
    /// 中文
    pub zh: String,
    /// English
    pub en: String,
}

impl Text {
    /// A sentence in both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The sentence in the reader's language.
    pub fn get(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }
}

/// True when a text in this JSON holds the letter NUL, which no keyboard types and
/// PostgreSQL cannot keep: `\u0000`, unless its backslash is itself escaped.
pub fn holds_nul(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        let before = json.get(..at).unwrap_or_default();
        (before.len() - before.trim_end_matches('\\').len()) % 2 == 0
    })
}

/// Builds a [`Text`] from two format strings over the same captured names:
/// `text!("第{day}日", "Day {day}")`.
#[macro_export]
macro_rules! text {
    ($zh:literal, $en:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::Text::new(format!($zh $(, $name = $value)*), format!($en $(, $name = $value)*))
    };
}

#[cfg(test)]
mod tests {
    use super::holds_nul;

    #[test]
    fn a_nul_is_found_where_json_says_one() {
        for text in ["\0", "a\0b", "\\\0", "\\\\\0", "\\u0000\0"] {
            assert!(
                holds_nul(&serde_json::json!({"a": [text]}).to_string()),
                "{text:?}"
            );
        }
        for text in ["", "\\u0000", "\\\\u0000", "u0000", "\u{1}"] {
            assert!(
                !holds_nul(&serde_json::json!({"a": [text]}).to_string()),
                "{text:?}"
            );
        }
    }
}
