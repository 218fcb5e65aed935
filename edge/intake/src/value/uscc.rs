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
    /// A code of before 2015-10-01 (国发〔2015〕33号): of registration, 15 digits, of the tax
    /// office, 15 characters, or of an organisation, 9 characters.
    Old(String),
    /// Anything else, as it was read. What would fit instead is not known: any of its
    /// characters may be the wrong one.
    Wrong(String),
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
    if is_old(&plain) {
        return Code::Old(plain);
    }
    match check_character(&plain) {
        Some(wanted) if plain.chars().count() == 18 && plain.ends_with(wanted) => {
            Code::Sound(plain)
        }
        _ => Code::Wrong(plain),
    }
}

fn is_old(plain: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let organisation = |part: &str| {
        let (body, check) = part.split_at_checked(8).unwrap_or(("", ""));
        body.bytes().all(|b| b.is_ascii_alphanumeric()) && (digits(check) || check == "X")
    };
    match plain.len() {
        9 => organisation(plain),
        15 => plain
            .split_at_checked(6)
            .is_some_and(|(place, rest)| digits(place) && organisation(rest)),
        _ => false,
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
        for wrong in [
            "91350100M000100Y44",
            "91350100M000100Y4",
            "91350100I000100Y43",
            "12345678901",
        ] {
            assert_eq!(read(wrong), Code::Wrong(wrong.into()));
        }
        for (old, kept) in [
            ("350100100012345", "350100100012345"),
            ("74567890-4", "745678904"),
            ("35010074567890x", "35010074567890X"),
        ] {
            assert_eq!(read(old), Code::Old(kept.into()));
        }
        for nothing in ["", "-", "无", "待补", "办理中"] {
            assert_eq!(read(nothing), Code::Absent, "{nothing}");
        }
    }
}
