//! `dukou demo`: a believable university, built through the same commands as
//! real work, with dates relative to today.

mod people;
mod story;
mod titles;

use std::process::ExitCode;

use dukou_kernel::InstitutionId;
use dukou_store::{Clock, Envelope, Store};
use dukou_web::{DemoPerson, Settings};

use crate::config::Resolved;
use crate::serve;

/// The password of every demo account; the banner signs in without it.
const PASSWORD: &str = "Ferry-demo-2026";

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// Serves the demo, building it first when the folder is empty.
///
/// # Errors
/// When the data cannot be written or the address cannot be had.
pub fn run(settings: &Resolved) -> Result<ExitCode, String> {
    let config = settings.store(Clock::Named("demo"));
    let store = Store::open(config.clone()).map_err(text)?;
    let empty = store.institutions().map_err(text)?.is_empty();
    let store = if empty {
        drop(store);
        build(settings)?;
        Store::open(config).map_err(text)?
    } else {
        store
    };
    let offered = people::offered(&store)?;
    for person in &offered {
        eprintln!(
            "{:<10} {:<8} {}  {PASSWORD}",
            person.login, person.name, person.role_zh
        );
    }
    let web = Settings {
        demo: true,
        demo_people: offered,
        ..serve::web_settings(settings)
    };
    let address = settings.listen.value.clone();
    let any_port = settings.listen.from == "default";
    serve::listen(settings, store, web, &address, any_port)
}

/// Builds the university under a clock that is set back and moves forward to now.
fn build(settings: &Resolved) -> Result<(), String> {
    let now = Clock::System.now_ms();
    let clock = Clock::fixed("demo", now);
    let store = Store::open(settings.store(clock.clone())).map_err(text)?;
    let institution = InstitutionId(uuid::Uuid::now_v7());
    let plan = story::plan(&store, institution, now)?;
    play(&store, &clock, plan)?;
    clock.set(now);
    people::open_accounts(&store, institution, PASSWORD)
}

/// One command at its moment.
pub struct Act {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// The command.
    pub envelope: Envelope,
}

/// Plays the acts in order, those of one moment in one transaction.
fn play(store: &Store, clock: &Clock, mut acts: Vec<Act>) -> Result<(), String> {
    acts.sort_by_key(|act| act.at_ms);
    let mut acts = acts.into_iter().peekable();
    while let Some(first) = acts.next() {
        let at_ms = first.at_ms;
        let mut group = vec![first.envelope];
        while let Some(next) = acts.next_if(|act| act.at_ms == at_ms) {
            group.push(next.envelope);
        }
        clock.set(at_ms);
        let names: Vec<String> = group.iter().map(|it| it.command.name()).collect();
        store.execute_all(group).map_err(|(place, rejected)| {
            let name = names.get(place).cloned().unwrap_or_default();
            format!("the demo's own story was refused at {name}: {rejected}")
        })?;
    }
    Ok(())
}

/// People of the demo's one-click row, in order.
pub type Offered = Vec<DemoPerson>;
