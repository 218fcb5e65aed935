//! 统一社会信用代码 and its check character (GB 32100-2015, modulus 31).

use crate::cell::{says_nothing, squeeze};

const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [usize; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];

/// What a code cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// Nothing, or a dash for nothing.
    Absent,
    /// A code whose check character fits.
    Sound(String),
    /// Anything else; the character that would fit, where only that is wrong.
    Wrong(Option<char>),
}

/// Reads a code cell.
pub fn read(text: &str) -> Code {
    let plain: String = squeeze(text)
        .to_uppercase()
        .chars()
        .filter(|c| !matches!(c, '-' | '\'' | '.'))
        .collect();
    if plain.is_empty() || says_nothing(text) || !plain.chars().any(|c| c.is_ascii_digit()) {
        return Code::Absent;
    }
    if plain.chars().count() != 18 {
        return Code::Wrong(None);
    }
    match check_character(&plain) {
        Some(wanted) if plain.ends_with(wanted) => Code::Sound(plain),
        wanted => Code::Wrong(wanted),
    }
}

/// The check character of the first 17 characters.
pub fn check_character(code: &str) -> Option<char> {
    let mut sum = 0;
    let mut chars = code.chars();
    for weight in WEIGHTS {
        sum += ALPHABET.find(chars.next()?)? * weight;
    }
    ALPHABET.chars().nth((31 - sum % 31) % 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_character_tells_sound_codes_from_wrong_ones() {
        assert_eq!(
            read("91350100M000100Y43"),
            Code::Sound("91350100M000100Y43".into())
        );
        assert_eq!(
            read(" 91350100m000100y43 "),
            Code::Sound("91350100M000100Y43".into())
        );
        assert_eq!(read("91350100M000100Y44"), Code::Wrong(Some('3')));
        assert_eq!(read("91350100M000100Y4"), Code::Wrong(None));
        assert_eq!(read("91350100I000100Y43"), Code::Wrong(None));
        for nothing in ["", "-", "无", "待补", "办理中"] {
            assert_eq!(read(nothing), Code::Absent, "{nothing}");
        }
    }
}
