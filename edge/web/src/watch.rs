//! 看护 — what the server looks at by itself while it runs: once, every page of the
//! database file; and again and again, whether the clock was set back, and whether what
//! could not be saved can be saved again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::spawn_blocking;

use crate::app::App;

/// How long between two looks at the clock.
const EVERY: Duration = Duration::from_secs(5);
/// A clock that is behind by no more says nothing.
const BEHIND_MS: i64 = 60_000;

/// What was found.
#[derive(Default)]
pub struct Watch {
    damaged: AtomicBool,
    behind: AtomicBool,
}

impl Watch {
    /// True when a page of the database file was found damaged.
    pub fn damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// Looks at every page of the file; reading it takes nothing from anybody else.
    fn pages(&self, app: &App) {
        if let Err(error) = app.store.sound() {
            tracing::error!(%error, "the database file was looked through");
            self.damaged.store(true, Ordering::Relaxed);
        }
    }

    /// Where the last write failed, tries whether there is room again: nobody else may
    /// try, since a server that says it is not ready is asked for nothing.
    fn room(&self, app: &App) {
        if app.store.trouble().is_some() && app.store.try_to_save().is_ok() {
            tracing::warn!("可以再保存了 · things can be saved again");
        }
    }

    /// Tells once when the clock stands before the newest entry, and again when it
    /// was put right and set back once more.
    fn clock(&self, app: &App) {
        let Ok(behind) = app.store.clock_behind_ms() else {
            return;
        };
        let told = self.behind.swap(behind > BEHIND_MS, Ordering::Relaxed);
        if behind > BEHIND_MS && !told {
            tracing::warn!(
                seconds = behind / 1000,
                "本机时钟早于最新一条记录 · the machine's clock stands before the newest entry"
            );
        }
    }
}

/// Looks until the server stops.
pub async fn keep(app: Arc<App>) {
    let asked = Arc::clone(&app);
    let _ = spawn_blocking(move || asked.watch.pages(&asked)).await;
    loop {
        let asked = Arc::clone(&app);
        let look = move || {
            asked.watch.room(&asked);
            asked.watch.clock(&asked);
        };
        let _ = spawn_blocking(look).await;
        tokio::time::sleep(EVERY).await;
    }
}
