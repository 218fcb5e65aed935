//! The running sums as they lay in the events `distribution.approved.v1` and
//! `distribution.clawed_back.v1`: read for ever, never written again. The shapes here
//! are those stored shapes and change no more, whatever becomes of the state.

use std::collections::BTreeMap;
use std::sync::Arc;

use dukou_kernel::{Date, Money};
use serde::Deserialize;

use super::parts::{CostLine, Flow, Holder, PersonShare, Pool, Taken, Terms};
use super::{DistributionState, Running};
use crate::exact::Exact;

/// The state of one period of shares and rules.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StoredState {
    terms: Terms,
    inventor_due: Money,
    costs: Vec<CostLine>,
    gross: Money,
    net: Money,
    windows: BTreeMap<String, Money>,
    pools: Vec<StoredPool>,
    people: Vec<StoredHolder>,
    entries: BTreeMap<String, StoredEntry>,
    last_day: Option<Date>,
}

/// What runs on through all periods.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct StoredRunning {
    inventor_due: Money,
    costs: Vec<CostLine>,
    windows: BTreeMap<String, Money>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct StoredPool {
    name: String,
    entitled: Exact,
    given: Money,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct StoredHolder {
    who: PersonShare,
    given: Money,
    unpaid: Money,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct StoredFlow {
    net: Money,
    returned: Money,
    lines: Vec<(usize, Money)>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct StoredEntry {
    fen: Money,
    of: Option<String>,
    window: String,
    flow: StoredFlow,
    left: StoredFlow,
    pools: Vec<Money>,
    people: Vec<Money>,
}

impl From<StoredFlow> for Flow {
    fn from(it: StoredFlow) -> Self {
        Self {
            net: it.net,
            returned: it.returned,
            lines: it.lines,
        }
    }
}

impl From<StoredEntry> for Taken {
    fn from(it: StoredEntry) -> Self {
        Self {
            fen: it.fen,
            of: it.of,
            window: it.window,
            flow: it.flow.into(),
            left: it.left.into(),
            pools: it.pools,
            people: it.people,
        }
    }
}

impl From<StoredState> for DistributionState {
    fn from(it: StoredState) -> Self {
        let pool = |it: StoredPool| Pool {
            name: it.name,
            entitled: it.entitled,
            given: it.given,
        };
        let holder = |it: StoredHolder| Holder {
            who: it.who,
            given: it.given,
            unpaid: it.unpaid,
        };
        let entry = |(id, it): (String, StoredEntry)| (id, Arc::new(it.into()));
        Self {
            terms: Arc::new(it.terms),
            inventor_due: it.inventor_due,
            costs: it.costs,
            gross: it.gross,
            net: it.net,
            windows: it.windows,
            pools: it.pools.into_iter().map(pool).collect(),
            people: it.people.into_iter().map(holder).collect(),
            entries: it.entries.into_iter().map(entry).collect(),
            last_day: it.last_day,
            main_unstated: false,
        }
    }
}

impl From<StoredRunning> for Running {
    fn from(it: StoredRunning) -> Self {
        Self {
            inventor_due: it.inventor_due,
            costs: it.costs,
            windows: it.windows,
        }
    }
}
