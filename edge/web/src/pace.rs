//! How fast one account and one address may ask, so that a program gone wild, or
//! one office behind one address, leaves room for the others.

use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::failure::Failure;

/// Callers of one kind. A caller has a minute's worth to use at once, and gets it
/// back evenly over the minute.
pub struct Pace(Option<DefaultKeyedRateLimiter<String>>);

impl Pace {
    /// At most `calls` a minute for each caller; 0 for no limit.
    pub fn per_minute(calls: u32) -> Self {
        Self(NonZeroU32::new(calls).map(|calls| RateLimiter::keyed(Quota::per_minute(calls))))
    }

    /// Counts one call of `who`.
    ///
    /// # Errors
    /// [`Failure::TooFast`] with the seconds to wait.
    pub fn call(&self, who: &str) -> Result<(), Failure> {
        const REMEMBERED: usize = 10_000;
        let Some(limiter) = &self.0 else {
            return Ok(());
        };
        if limiter.len() > REMEMBERED {
            limiter.retain_recent();
        }
        limiter.check_key(&who.to_owned()).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Failure::TooFast(wait.as_secs() + 1)
        })
    }
}
