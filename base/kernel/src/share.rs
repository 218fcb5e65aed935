//! Shares as exact fractions.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// An exact part of a whole, kept in lowest terms: `1/2`, `7/10`.
///
/// It is read from `"1/2"`, `"70%"`, `"33.5%"` or `"0.7"` and printed as a
/// fraction. Values may exceed one (a wrong total must be sayable), never be
/// negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Share {
    numerator: u64,
    denominator: u64,
}

/// Why a share could not be read or computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Not a fraction, percentage or decimal.
    #[error("not a share such as 1/2, 70% or 0.7: {0}")]
    Unreadable(String),
    /// Too many digits to stay exact.
    #[error("share has too many digits")]
    OutOfRange,
}

/// 最大公约数 — the greatest common divisor; with 0 it is the other number.
pub fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        // Dividing half the width takes a tenth of the time.
        (a, b) = match (u64::try_from(a), u64::try_from(b)) {
            (Ok(small), Ok(by)) => (b, u128::from(small % by)),
            _ => (b, a % b),
        };
    }
    a
}

impl Share {
    /// Nothing.
    pub const ZERO: Self = Self {
        numerator: 0,
        denominator: 1,
    };
    /// The whole.
    pub const ONE: Self = Self {
        numerator: 1,
        denominator: 1,
    };

    /// The fraction `numerator / denominator` in lowest terms.
    ///
    /// # Errors
    /// When the denominator is zero.
    pub fn new(numerator: u64, denominator: u64) -> Result<Self, ShareError> {
        Self::reduce(u128::from(numerator), u128::from(denominator))
    }

    fn reduce(numerator: u128, denominator: u128) -> Result<Self, ShareError> {
        if denominator == 0 {
            return Err(ShareError::OutOfRange);
        }
        let divisor = gcd(numerator, denominator).max(1);
        let fit = |part: u128| u64::try_from(part / divisor).map_err(|_| ShareError::OutOfRange);
        Ok(Self {
            numerator: fit(numerator)?,
            denominator: fit(denominator)?,
        })
    }

    /// Whole per cent.
    pub fn percent(percent: u32) -> Self {
        let divisor = gcd(u128::from(percent), 100).max(1) as u64;
        Self {
            numerator: u64::from(percent) / divisor,
            denominator: 100 / divisor,
        }
    }

    /// Upper part of the fraction in lowest terms.
    pub const fn numerator(self) -> u64 {
        self.numerator
    }

    /// Lower part of the fraction in lowest terms, never zero.
    pub const fn denominator(self) -> u64 {
        self.denominator
    }

    /// True for nothing at all.
    pub const fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// The exact sum.
    ///
    /// # Errors
    /// When it no longer fits.
    pub fn plus(self, other: Self) -> Result<Self, ShareError> {
        let (a, b) = (u128::from(self.numerator), u128::from(self.denominator));
        let (c, d) = (u128::from(other.numerator), u128::from(other.denominator));
        let left = a.checked_mul(d).ok_or(ShareError::OutOfRange)?;
        let right = c.checked_mul(b).ok_or(ShareError::OutOfRange)?;
        let top = left.checked_add(right).ok_or(ShareError::OutOfRange)?;
        Self::reduce(top, b.checked_mul(d).ok_or(ShareError::OutOfRange)?)
    }

    /// The exact difference; nothing lies below zero.
    ///
    /// # Errors
    /// When `other` is more, or the difference no longer fits.
    pub fn minus(self, other: Self) -> Result<Self, ShareError> {
        let (a, b) = (u128::from(self.numerator), u128::from(self.denominator));
        let (c, d) = (u128::from(other.numerator), u128::from(other.denominator));
        let left = a.checked_mul(d).ok_or(ShareError::OutOfRange)?;
        let right = c.checked_mul(b).ok_or(ShareError::OutOfRange)?;
        let top = left.checked_sub(right).ok_or(ShareError::OutOfRange)?;
        Self::reduce(top, b.checked_mul(d).ok_or(ShareError::OutOfRange)?)
    }

    /// The exact product.
    ///
    /// # Errors
    /// When it no longer fits.
    pub fn times(self, other: Self) -> Result<Self, ShareError> {
        let top = u128::from(self.numerator)
            .checked_mul(u128::from(other.numerator))
            .ok_or(ShareError::OutOfRange)?;
        let bottom = u128::from(self.denominator)
            .checked_mul(u128::from(other.denominator))
            .ok_or(ShareError::OutOfRange)?;
        Self::reduce(top, bottom)
    }

    /// The exact sum of many shares.
    ///
    /// # Errors
    /// When it no longer fits.
    pub fn sum(shares: impl IntoIterator<Item = Self>) -> Result<Self, ShareError> {
        shares.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// As a percentage for people: `70%`, `33.5%`; a share without a finite
    /// decimal keeps its fraction: `1/3`.
    pub fn to_percent_text(self) -> String {
        let mut scale: u128 = 100;
        let mut decimals: usize = 0;
        while decimals <= 6 {
            let top = u128::from(self.numerator) * scale;
            if top.is_multiple_of(u128::from(self.denominator)) {
                let value = top / u128::from(self.denominator);
                let unit = 10u128.pow(decimals as u32);
                return if decimals == 0 {
                    format!("{value}%")
                } else {
                    format!(
                        "{}.{:0width$}%",
                        value / unit,
                        value % unit,
                        width = decimals
                    )
                };
            }
            scale *= 10;
            decimals += 1;
        }
        self.to_string()
    }
}

impl PartialOrd for Share {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Share {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = u128::from(self.numerator) * u128::from(other.denominator);
        let right = u128::from(other.numerator) * u128::from(self.denominator);
        left.cmp(&right)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == 1 {
            write!(f, "{}", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let unreadable = || ShareError::Unreadable(text.to_owned());
        let trimmed = text.trim();
        if let Some((top, bottom)) = trimmed.split_once('/') {
            let (top_n, top_d) = decimal(top.trim()).ok_or_else(unreadable)?;
            let (bottom_n, bottom_d) = decimal(bottom.trim()).ok_or_else(unreadable)?;
            if bottom_n == 0 {
                return Err(unreadable());
            }
            let top = top_n.checked_mul(bottom_d).ok_or(ShareError::OutOfRange)?;
            return Self::reduce(
                top,
                top_d.checked_mul(bottom_n).ok_or(ShareError::OutOfRange)?,
            );
        }
        let (digits, hundred) = match trimmed.strip_suffix(['%', '％']) {
            Some(rest) => (rest.trim_end(), 100u128),
            None => (trimmed, 1),
        };
        let (top, bottom) = decimal(digits).ok_or_else(unreadable)?;
        Self::reduce(
            top,
            bottom.checked_mul(hundred).ok_or(ShareError::OutOfRange)?,
        )
    }
}

/// A plain non-negative decimal as numerator and power of ten.
fn decimal(text: &str) -> Option<(u128, u128)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty())
        || !digits(whole)
        || !digits(fraction)
        || whole.len() + fraction.len() > 18
    {
        return None;
    }
    let number = |part: &str| match part {
        "" => Some(0),
        digits => digits.parse::<u64>().ok(),
    };
    let scale = 10u128.pow(fraction.len() as u32);
    let value = u128::from(number(whole)?) * scale + u128::from(number(fraction)?);
    Some((value, scale))
}

crate::as_text!(Share);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_spellings_of_a_share_are_the_same_fraction() {
        for (typed, printed) in [
            ("1/2", "1/2"),
            ("70%", "7/10"),
            ("33.5%", "67/200"),
            ("0.7", "7/10"),
            ("100%", "1"),
            ("0", "0"),
        ] {
            assert_eq!(
                typed.parse::<Share>().map(|s| s.to_string()),
                Ok(printed.to_owned())
            );
        }
        for wrong in ["", "abc", "-1/2", "1/0", "50 percent", "1e3"] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn percentages_for_people_stay_exact() {
        let text = |s: &str| s.parse::<Share>().map(Share::to_percent_text);
        assert_eq!(text("7/10"), Ok("70%".into()));
        assert_eq!(text("67/200"), Ok("33.5%".into()));
        assert_eq!(text("1/3"), Ok("1/3".into()));
    }
}
