//! Numbers that may be uncertain, and a generator that gives the same draws for
//! the same seed on every machine.

use dukou_kernel::Text;
use serde::Deserialize;

use crate::CalcError;

/// A number, or the distribution it is drawn from.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Number {
    /// As it is.
    Fixed(f64),
    /// Drawn.
    Drawn(Drawn),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Drawn {
    Uniform { low: f64, high: f64 },
    Triangular { low: f64, mode: f64, high: f64 },
    Normal { mean: f64, sd: f64 },
    Lognormal { mu: f64, sigma: f64 },
}

impl Drawn {
    /// Bounds in order, no negative spread.
    fn is_sound(self) -> bool {
        match self {
            Self::Uniform { low, high } => low <= high,
            Self::Triangular { low, mode, high } => low <= mode && mode <= high,
            Self::Normal { sd, .. } => sd >= 0.0,
            Self::Lognormal { sigma, .. } => sigma >= 0.0,
        }
    }

    fn draw(self, dice: &mut Dice) -> f64 {
        match self {
            Self::Uniform { low, high } => low + (high - low) * dice.unit(),
            Self::Triangular { low, mode, high } => {
                let (u, width) = (dice.unit(), high - low);
                if width <= 0.0 {
                    return low;
                }
                let turn = (mode - low) / width;
                if u < turn {
                    low + libm::sqrt(u * width * (mode - low))
                } else {
                    high - libm::sqrt((1.0 - u) * width * (high - mode))
                }
            }
            Self::Normal { mean, sd } => mean + sd * dice.normal(),
            Self::Lognormal { mu, sigma } => libm::exp(mu + sigma * dice.normal()),
        }
    }
}

/// Where numbers come from in one evaluation.
pub(crate) enum Source<'a> {
    /// Only fixed numbers are allowed.
    Fixed,
    /// Uncertain numbers are drawn.
    Dice(&'a mut Dice),
}

impl Source<'_> {
    /// The number, drawn where it is uncertain.
    pub(crate) fn take(&mut self, number: Number) -> Result<f64, CalcError> {
        match (number, self) {
            (Number::Fixed(value), _) => Ok(value),
            (Number::Drawn(drawn), Self::Dice(dice)) => {
                if drawn.is_sound() {
                    return Ok(drawn.draw(dice));
                }
                let message = Text::new(
                    "分布的参数顺序或符号不对",
                    "the distribution's bounds or spread are wrong",
                );
                Err(CalcError::new("valuation.distribution", "/of", message))
            }
            (Number::Drawn(_), Self::Fixed) => {
                let message = Text::new(
                    "分布只能用于 monte_carlo",
                    "a distribution is for monte_carlo only",
                );
                Err(CalcError::new("valuation.distribution", "", message))
            }
        }
    }
}

/// xoshiro256++ seeded by SplitMix64: integer arithmetic only, so the same draws
/// everywhere.
pub(crate) struct Dice {
    state: [u64; 4],
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut x = seed;
        let mut next = || {
            x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = x;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ (z >> 31)
        };
        Self {
            state: [next(), next(), next(), next()],
        }
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        let (b2, a2) = (b ^ c, a ^ d);
        self.state = [a2, b2, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// At least zero, less than one, in steps of 2⁻⁵³.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Standard normal (Box–Muller, one of the pair).
    fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(2.0 * core::f64::consts::PI * self.unit())
    }
}
