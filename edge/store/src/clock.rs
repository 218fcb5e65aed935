//! The only place that asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use dukou_kernel::Date;

/// The machine's clock, or one that somebody set; then the journal says so.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's own.
    System,
    /// A clock that is set by hand, under a name: `demo`, `bench`, `test`.
    Fixed {
        /// The name that goes into every entry.
        label: &'static str,
        /// Milliseconds since 1970-01-01T00:00:00Z.
        at_ms: Arc<AtomicI64>,
    },
    /// The machine's clock under a name: a demo on any day of any year.
    Named(&'static str),
}

impl Clock {
    /// A clock set to a moment.
    pub fn fixed(label: &'static str, at_ms: i64) -> Self {
        Self::Fixed {
            label,
            at_ms: Arc::new(AtomicI64::new(at_ms)),
        }
    }

    /// Sets a clock that is set by hand; the others stay as they are.
    pub fn set(&self, now_ms: i64) {
        if let Self::Fixed { at_ms, .. } = self {
            at_ms.store(now_ms, Ordering::SeqCst);
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn now_ms(&self) -> i64 {
        match self {
            Self::System | Self::Named(_) => jiff::Timestamp::now().as_millisecond(),
            Self::Fixed { at_ms, .. } => at_ms.load(Ordering::SeqCst),
        }
    }

    /// The legal day in Asia/Shanghai.
    pub fn today(&self) -> Date {
        legal_day(self.now_ms())
    }

    /// The name that goes into entries, unless it is the machine's own clock.
    pub fn label(&self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Fixed { label, .. } | Self::Named(label) => Some(label),
        }
    }
}

/// The legal day of a moment: the day in Asia/Shanghai, which has been eight
/// hours ahead of UTC without daylight saving since 1992.
pub fn legal_day(at_ms: i64) -> Date {
    jiff::Timestamp::from_millisecond(at_ms)
        .map(|at| jiff::tz::offset(8).to_datetime(at).date())
        .unwrap_or(Date::MAX)
}
