//! One after the other: two calls under one key, so that the second finds what the
//! first did.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Names that somebody holds at the moment.
#[derive(Default)]
pub struct Turns {
    held: Mutex<HashSet<String>>,
    freed: Condvar,
}

/// A name that is held until this goes.
pub struct Turn<'a> {
    turns: &'a Turns,
    name: String,
}

impl Turns {
    fn held(&self) -> MutexGuard<'_, HashSet<String>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody holds the name, and holds it.
    pub fn take(&self, name: &str) -> Turn<'_> {
        let mut held = self.held();
        while held.contains(name) {
            held = self
                .freed
                .wait(held)
                .unwrap_or_else(PoisonError::into_inner);
        }
        held.insert(name.to_owned());
        Turn {
            turns: self,
            name: name.to_owned(),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.held().remove(&self.name);
        self.turns.freed.notify_all();
    }
}
