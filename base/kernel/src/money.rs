//! Money in whole fen. No float ever touches it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount of renminbi in whole fen (分). Negative amounts are refunds and
/// reversals. Only checked arithmetic exists.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(i64);

/// Why an amount could not be read or computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit 64 bits of fen.
    #[error("amount out of range")]
    OutOfRange,
    /// Not an amount in yuan with at most two decimals.
    #[error("not an amount in yuan with at most two decimals: {0}")]
    Unreadable(String),
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of `fen` whole fen.
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount in whole fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// The sum, or [`MoneyError::OutOfRange`].
    ///
    /// # Errors
    /// When the sum does not fit.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.0
            .checked_add(other.0)
            .map(Self)
            .ok_or(MoneyError::OutOfRange)
    }

    /// The difference, or [`MoneyError::OutOfRange`].
    ///
    /// # Errors
    /// When the difference does not fit.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.0
            .checked_sub(other.0)
            .map(Self)
            .ok_or(MoneyError::OutOfRange)
    }

    /// The sum of many amounts, added in 128 bits.
    ///
    /// # Errors
    /// When the total does not fit.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        let total: i128 = amounts.into_iter().map(|amount| i128::from(amount.0)).sum();
        i64::try_from(total)
            .map(Self)
            .map_err(|_| MoneyError::OutOfRange)
    }

    /// True below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// True above zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Reads yuan as people type them: `3000000`, `3,000,000.00`, `¥1,200.5`,
    /// full-width digits and commas.
    ///
    /// # Errors
    /// When it is no amount, has more than two decimals, or does not fit.
    pub fn parse_yuan(text: &str) -> Result<Self, MoneyError> {
        let unreadable = || MoneyError::Unreadable(text.to_owned());
        let mut plain = String::with_capacity(text.len());
        for c in text.trim().chars() {
            match c {
                '０'..='９' => {
                    let offset = u32::from(c) - u32::from('０');
                    plain.push(char::from_digit(offset, 10).ok_or_else(unreadable)?);
                }
                '．' => plain.push('.'),
                '−' | '－' => plain.push('-'),
                ',' | '，' | ' ' | '\u{a0}' | '¥' | '￥' | '元' => {}
                other => plain.push(other),
            }
        }
        let (negative, digits) = match plain.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, plain.as_str()),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty())
            || !all_digits(whole)
            || !all_digits(fraction)
            || fraction.len() > 2
        {
            return Err(unreadable());
        }
        let fen_text = format!("{whole}{fraction:0<2}");
        let fen: i64 = fen_text.parse().map_err(|_| MoneyError::OutOfRange)?;
        Ok(Self(if negative { -fen } else { fen }))
    }

    /// Yuan and fen apart, with thousands commas and the sign U+2212:
    /// `("1,207,766", "32")`. Pages print the second part paler.
    pub fn yuan_parts(self) -> (String, String) {
        let magnitude = self.0.unsigned_abs();
        let whole = (magnitude / 100).to_string();
        let mut grouped = String::with_capacity(whole.len() + whole.len() / 3 + 3);
        if self.0 < 0 {
            grouped.push('−');
        }
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        (grouped, format!("{:02}", magnitude % 100))
    }

    /// Plain yuan for form fields and files: `-1207766.32`.
    pub fn plain_yuan(self) -> String {
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", magnitude / 100, magnitude % 100)
    }
}

impl fmt::Display for Money {
    /// `1,207,766.32`, the form for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (yuan, fen) = self.yuan_parts();
        write!(f, "{yuan}.{fen}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_as_people_type_them_are_read_to_the_fen() {
        for (typed, fen) in [
            ("3000000", 300_000_000),
            ("3,000,000.00", 300_000_000),
            ("¥1,200.5", 120_050),
            ("１２３．４５", 12_345),
            ("-385.93", -38_593),
            (".5", 50),
        ] {
            assert_eq!(
                Money::parse_yuan(typed),
                Ok(Money::from_fen(fen)),
                "{typed}"
            );
        }
        for wrong in [
            "",
            "-",
            "面议",
            "1.234",
            "1e5",
            "12.3.4",
            "99999999999999999999",
        ] {
            assert!(Money::parse_yuan(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn amounts_print_with_commas_and_a_real_minus_sign() {
        assert_eq!(Money::from_fen(120_776_632).to_string(), "1,207,766.32");
        assert_eq!(Money::from_fen(-38_593).to_string(), "−385.93");
        assert_eq!(
            Money::from_fen(i64::MIN).to_string(),
            "−92,233,720,368,547,758.08"
        );
    }

    proptest::proptest! {
        #[test]
        fn printed_amounts_read_back(fen in -i64::MAX..=i64::MAX) {
            let money = Money::from_fen(fen);
            proptest::prop_assert_eq!(Money::parse_yuan(&money.to_string()), Ok(money));
            proptest::prop_assert_eq!(Money::parse_yuan(&money.plain_yuan()), Ok(money));
        }
    }
}
