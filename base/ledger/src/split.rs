//! The one rounding rule.
//!
//! Claims stand in their declared order, each with an exact cumulative
//! entitlement `E` and what it was already given, `A`. To give out `N` whole fen
//! now, each gets the floor of `w = max(0, E − A)`; the fen left over go one each
//! to the largest fractions of `w`, earlier claims first on ties; should the
//! floors exceed `N`, one fen each is taken back from the smallest fractions,
//! later claims first on ties, never below zero. For a refund the same with
//! `A − E`. So each payment closes exactly, no payment takes a fen back, and
//! errors do not add up.

use dukou_kernel::Money;
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::exact::Exact;

/// One claim on an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Exact cumulative entitlement, this amount included.
    pub entitled: Exact,
    /// What it was given before.
    pub given: Money,
}

/// Why an amount cannot be split.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// What the claims are still owed is not the amount: the difference.
    #[error("the claims are owed {owed} fen, the amount is {amount}")]
    Unbalanced {
        /// Sum of `E − A`.
        owed: Exact,
        /// The amount to give out.
        amount: Money,
    },
}

/// Gives out `amount` by the one rounding rule; a negative amount is a refund.
/// The parts come in the order of the claims and sum to the amount exactly; none
/// has the other sign.
///
/// # Errors
/// [`SplitError::Unbalanced`] unless the sum of `E − A` is the amount.
pub fn split(amount: Money, claims: &[Claim]) -> Result<Vec<Money>, SplitError> {
    let refund = amount.is_negative();
    let mut owed = Exact::zero();
    let mut wants = Vec::with_capacity(claims.len());
    for claim in claims {
        let open = claim.entitled.minus(&claim.given.into());
        owed = owed.plus(&open);
        let want = if refund { open.negated() } else { open };
        wants.push(if want.is_negative() {
            Exact::zero()
        } else {
            want
        });
    }
    if owed != amount.into() {
        return Err(SplitError::Unbalanced { owed, amount });
    }
    let total = BigInt::from(amount.fen()).abs();
    let mut parts: Vec<BigInt> = wants.iter().map(Exact::floor).collect();
    let fractions: Vec<Exact> = wants.iter().map(Exact::fraction).collect();
    let floors: BigInt = parts.iter().sum();
    if floors <= total {
        let left = total - floors;
        give(&mut parts, &fractions, left);
    } else {
        let excess = floors - total;
        take_back(&mut parts, &fractions, excess);
    }
    let sign = if refund {
        -BigInt::one()
    } else {
        BigInt::one()
    };
    // Every part lies between zero and the amount, so it fits.
    let fen = |part: BigInt| Money::from_fen((part * &sign).to_i64().unwrap_or_default());
    Ok(parts.into_iter().map(fen).collect())
}

/// One fen each to the largest fractions, earlier claims first on ties. Balanced
/// claims leave fewer fen than there are fractions above zero.
fn give(parts: &mut [BigInt], fractions: &[Exact], left: BigInt) {
    let count = left.to_usize().unwrap_or(usize::MAX);
    let mut order: Vec<(&Exact, &mut BigInt)> = fractions.iter().zip(parts).collect();
    order.sort_by(|a, b| b.0.cmp(a.0));
    for (_, part) in order.into_iter().take(count) {
        *part += 1;
    }
}

/// One fen each from the smallest fractions, later claims first on ties, never
/// below zero; again from the smallest when all have given one. Whole rounds are
/// taken at once, so that a hostile excess costs no more time than a small one.
fn take_back(parts: &mut [BigInt], fractions: &[Exact], mut excess: BigInt) {
    let mut order: Vec<(&Exact, &mut BigInt)> = fractions.iter().zip(parts).rev().collect();
    order.sort_by(|a, b| a.0.cmp(b.0));
    while excess.is_positive() {
        let mut open: Vec<&mut BigInt> = order
            .iter_mut()
            .map(|(_, part)| &mut **part)
            .filter(|part| part.is_positive())
            .collect();
        let Some(smallest) = open.iter().map(|part| (**part).clone()).min() else {
            return;
        };
        let count = BigInt::from(open.len());
        let rounds = (&excess / &count).min(smallest);
        if rounds.is_zero() {
            let rest = excess.to_usize().unwrap_or(usize::MAX);
            for part in open.iter_mut().take(rest) {
                **part -= 1;
            }
            return;
        }
        for part in &mut open {
            **part -= &rounds;
        }
        excess -= rounds * count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dukou_kernel::Share;
    use proptest::prelude::*;

    fn claim(entitled: &str, given: i64) -> Claim {
        Claim {
            entitled: entitled.parse().unwrap(),
            given: Money::from_fen(given),
        }
    }

    fn fen(amount: i64, claims: &[Claim]) -> Vec<i64> {
        split(Money::from_fen(amount), claims)
            .unwrap()
            .into_iter()
            .map(Money::fen)
            .collect()
    }

    #[test]
    fn the_rule_as_a_table() {
        assert_eq!(fen(1, &[claim("1/2", 0), claim("1/2", 0)]), [1, 0]);
        assert_eq!(fen(1, &[claim("1", 1), claim("1", 0)]), [0, 1]);
        assert_eq!(
            fen(
                100,
                &[claim("100/3", 0), claim("100/3", 0), claim("100/3", 0)]
            ),
            [34, 33, 33]
        );
        // The floors exceed the amount: the smaller fraction gives one back.
        assert_eq!(
            fen(2, &[claim("1/10", 1), claim("29/10", 0), claim("0", 0)]),
            [0, 2, 0]
        );
        assert_eq!(
            fen(3, &[claim("1/10", 1), claim("1/10", 1), claim("24/5", 0)]),
            [0, 0, 3]
        );
        assert_eq!(fen(-1, &[claim("1/2", 1), claim("1/2", 1)]), [-1, 0]);
        assert_eq!(fen(0, &[]), Vec::<i64>::new());
        assert!(split(Money::from_fen(2), &[claim("1", 0)]).is_err());
    }

    #[test]
    fn hostile_claims_neither_panic_nor_hang() {
        let huge = "9".repeat(60);
        let claims = [
            claim(&huge, i64::MIN),
            claim(&format!("-{huge}"), i64::MAX),
            claim("1", 0),
        ];
        let owed = i64::MAX;
        let _ = split(Money::from_fen(owed), &claims);
        let balanced = [
            claim(&huge, 0),
            claim(&format!("-{huge}"), 0),
            claim("5", 0),
        ];
        assert_eq!(fen(5, &balanced).iter().sum::<i64>(), 5);
        assert_eq!(
            fen(
                -5,
                &[
                    claim("-5", 0),
                    claim(&huge, 0),
                    claim(&format!("-{huge}"), 0)
                ]
            )
            .iter()
            .sum::<i64>(),
            -5
        );
        assert_eq!(
            fen(i64::MIN, &[claim(&i64::MIN.to_string(), 0)]),
            [i64::MIN]
        );
    }

    fn shares() -> impl Strategy<Value = Vec<Share>> {
        proptest::collection::vec(1u64..1000, 1..9).prop_map(|weights| {
            let total = weights.iter().sum();
            weights
                .into_iter()
                .map(|weight| Share::new(weight, total).unwrap())
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn every_sentence_of_the_rule_holds(
            shares in shares(),
            payments in proptest::collection::vec(0i64..50, 1..40),
        ) {
            let count = shares.len();
            let mut given = vec![0i64; count];
            let mut total = 0i64;
            for payment in payments {
                total += payment;
                let whole = Exact::from(Money::from_fen(total));
                let claims: Vec<Claim> = shares.iter().zip(&given)
                    .map(|(share, given)| Claim { entitled: whole.times(*share), given: Money::from_fen(*given) })
                    .collect();
                let parts = fen(payment, &claims);
                prop_assert_eq!(parts.iter().sum::<i64>(), payment);
                for (index, part) in parts.iter().enumerate() {
                    prop_assert!(*part >= 0, "no payment takes a fen back");
                    given[index] += part;
                    let above = Exact::from(Money::from_fen(given[index])).minus(&claims[index].entitled);
                    prop_assert!(above < Exact::ratio(1, 1).unwrap(), "a whole fen above");
                    let bound = i64::try_from(count).unwrap() - 1;
                    let short = above.negated();
                    prop_assert!(short < Exact::ratio(bound.max(1), 1).unwrap(), "short by n-1 or more");
                }
            }
        }

        #[test]
        fn refunds_and_tiers_close_exactly_and_keep_their_sign(
            low in shares(),
            bound in 1i64..200,
            steps in proptest::collection::vec(-40i64..60, 1..40),
        ) {
            // Two tiers: the second gives everything to the last claim.
            let count = low.len();
            let mut given = vec![0i64; count];
            let mut total = 0i64;
            for step in steps {
                let step = step.max(-total);
                total += step;
                let first = Exact::from(Money::from_fen(total.min(bound)));
                let rest = Exact::from(Money::from_fen((total - bound).max(0)));
                let claims: Vec<Claim> = low.iter().enumerate().map(|(index, share)| {
                    let own = first.times(*share);
                    let entitled = if index + 1 == count { own.plus(&rest) } else { own };
                    Claim { entitled, given: Money::from_fen(given[index]) }
                }).collect();
                let parts = fen(step, &claims);
                prop_assert_eq!(parts.iter().sum::<i64>(), step);
                for (index, part) in parts.iter().enumerate() {
                    prop_assert!(part.signum() * step.signum() >= 0);
                    given[index] += part;
                    prop_assert!(given[index] >= 0);
                }
            }
        }
    }
}
