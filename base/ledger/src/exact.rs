//! Exact amounts: fractions of fen without any limit of size.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use dukou_kernel::{Money, Share, gcd};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};

/// An exact number of fen, as a fraction of whole numbers of any size. Printed
/// and stored as `12` or `37/3`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exact(Repr);

/// Lowest terms, denominator above zero. `Small` whenever both parts fit, so
/// that equal amounts are equal values; `Big` keeps hostile input exact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Repr {
    Small(i128, i128),
    Big(BigRational),
}

impl Default for Exact {
    fn default() -> Self {
        Self::zero()
    }
}

/// Not a fraction such as `37/3`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an exact amount: {0}")]
pub struct ExactError(pub String);

impl Exact {
    /// Nothing.
    pub fn zero() -> Self {
        Self(Repr::Small(0, 1))
    }

    /// Lowest terms of a fraction whose denominator is above zero.
    fn small(numerator: i128, denominator: i128) -> Self {
        let divisor = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i128::try_from(divisor).unwrap_or(1).max(1);
        Self(Repr::Small(numerator / divisor, denominator / divisor))
    }

    fn of_big(big: BigRational) -> Self {
        match (big.numer().to_i128(), big.denom().to_i128()) {
            (Some(numerator), Some(denominator)) => Self(Repr::Small(numerator, denominator)),
            _ => Self(Repr::Big(big)),
        }
    }

    fn big(&self) -> BigRational {
        match &self.0 {
            Repr::Small(numerator, denominator) => {
                BigRational::new_raw((*numerator).into(), (*denominator).into())
            }
            Repr::Big(big) => big.clone(),
        }
    }

    /// `numerator / denominator` fen; `None` for a denominator of zero.
    pub fn ratio(numerator: i64, denominator: i64) -> Option<Self> {
        let sign = i128::from(denominator).signum();
        (sign != 0)
            .then(|| Self::small(i128::from(numerator) * sign, i128::from(denominator) * sign))
    }

    /// A share of this amount.
    #[must_use]
    pub fn times(&self, share: Share) -> Self {
        // A share's denominator is never zero.
        let (top, bottom) = (
            i128::from(share.numerator()),
            i128::from(share.denominator()),
        );
        if let Repr::Small(numerator, denominator) = self.0
            && let (Some(numerator), Some(denominator)) =
                (numerator.checked_mul(top), denominator.checked_mul(bottom))
        {
            return Self::small(numerator, denominator);
        }
        Self::of_big(self.big() * BigRational::new(top.into(), bottom.into()))
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        if let (Repr::Small(a, b), Repr::Small(c, d)) = (&self.0, &other.0) {
            let left = a.checked_mul(*d);
            let right = c.checked_mul(*b);
            let top = left
                .zip(right)
                .and_then(|(left, right)| left.checked_add(right));
            if let (Some(top), Some(bottom)) = (top, b.checked_mul(*d)) {
                return Self::small(top, bottom);
            }
        }
        Self::of_big(self.big() + other.big())
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    /// The amount with the other sign.
    #[must_use]
    pub fn negated(&self) -> Self {
        if let Repr::Small(numerator, denominator) = self.0
            && let Some(numerator) = numerator.checked_neg()
        {
            return Self(Repr::Small(numerator, denominator));
        }
        Self::of_big(-self.big())
    }

    /// True below zero.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small(numerator, _) => *numerator < 0,
            Repr::Big(big) => big.is_negative(),
        }
    }

    /// True above zero.
    pub fn is_positive(&self) -> bool {
        match &self.0 {
            Repr::Small(numerator, _) => *numerator > 0,
            Repr::Big(big) => big.is_positive(),
        }
    }

    /// The whole fen at or below it.
    pub(crate) fn floor(&self) -> BigInt {
        match &self.0 {
            Repr::Small(numerator, denominator) => numerator.div_euclid(*denominator).into(),
            Repr::Big(big) => big.floor().to_integer(),
        }
    }

    /// What stands above [`Exact::floor`]: at least zero, less than one.
    pub(crate) fn fraction(&self) -> Self {
        match &self.0 {
            Repr::Small(numerator, denominator) => Self(Repr::Small(
                numerator.rem_euclid(*denominator),
                *denominator,
            ))
            .lowest(),
            Repr::Big(big) => Self::of_big(big - big.floor()),
        }
    }

    fn lowest(self) -> Self {
        match self.0 {
            Repr::Small(numerator, denominator) => Self::small(numerator, denominator),
            Repr::Big(_) => self,
        }
    }

    /// The whole fen at or above it; `None` when that does not fit.
    pub fn ceil(&self) -> Option<Money> {
        let below = self.negated().floor();
        (-below).to_i64().map(Money::from_fen)
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Repr::Small(a, b), Repr::Small(c, d)) = (&self.0, &other.0)
            && let (Some(left), Some(right)) = (a.checked_mul(*d), c.checked_mul(*b))
        {
            return left.cmp(&right);
        }
        self.big().cmp(&other.big())
    }
}

impl From<Money> for Exact {
    fn from(money: Money) -> Self {
        Self(Repr::Small(money.fen().into(), 1))
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.big().fmt(f)
    }
}

impl FromStr for Exact {
    type Err = ExactError;

    fn from_str(text: &str) -> Result<Self, ExactError> {
        let wrong = || ExactError(text.to_owned());
        let (top, bottom) = text.split_once('/').unwrap_or((text, "1"));
        let (top, bottom) = (top.trim(), bottom.trim());
        if let (Ok(top), Ok(bottom @ 1..)) = (top.parse(), bottom.parse()) {
            return Ok(Self::small(top, bottom));
        }
        let top: BigInt = top.parse().map_err(|_| wrong())?;
        let bottom: BigInt = bottom.parse().map_err(|_| wrong())?;
        if bottom.is_zero() {
            return Err(wrong());
        }
        Ok(Self::of_big(BigRational::new(top, bottom)))
    }
}

dukou_kernel::as_text!(Exact);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_printed_reads_back(top in any::<i128>(), bottom in 1..=i128::MAX) {
            let amount = Exact::of_big(BigRational::new(top.into(), bottom.into()));
            prop_assert_eq!(amount.to_string().parse::<Exact>().unwrap(), amount.clone());
            prop_assert_eq!(format!(" {top} / {bottom} ").parse::<Exact>().unwrap(), amount);
        }

        #[test]
        fn a_negative_denominator_turns_the_sign(top in -999i64..999, bottom in 1i64..99) {
            let text = format!("{}/-{bottom}", -top);
            prop_assert_eq!(text.parse::<Exact>().unwrap(), Exact::ratio(top, bottom).unwrap());
        }
    }
}
