//! `dukou demo`: a believable university, built through the same commands as
//! real work, with dates relative to today.

mod people;
mod story;
pub mod titles;

use std::process::ExitCode;

use dukou_chain::distribution;
use dukou_chain::terms::Attachment;
use dukou_chain::whole::{Command, State};
use dukou_journal::{Actor, StreamId};
use dukou_kernel::{Date, DealId, InstitutionId, ReceiptId};
use dukou_store::{Clock, Config, Envelope, Store};
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
        build(&settings.store(Clock::System), Clock::System.now_ms())?;
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
        access_log: false,
        ..serve::web_settings(settings)
    };
    let address = settings.listen.value.clone();
    let any_port = settings.listen.from == "default";
    serve::listen(settings, store, web, &address, any_port)
}

/// Builds the university under a clock that is set back and moves forward to now.
fn build(config: &Config, now: i64) -> Result<(), String> {
    let clock = Clock::fixed("demo", now);
    let store = Store::open(Config {
        clock: clock.clone(),
        ..config.clone()
    })
    .map_err(text)?;
    let institution = InstitutionId(uuid::Uuid::now_v7());
    let plan = story::plan(&store, institution, now)?;
    play(&store, &clock, plan)?;
    clock.set(now);
    people::open_accounts(&store, institution, PASSWORD)
}

/// One deed at its moment.
pub struct Act {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// What is done.
    pub deed: Deed,
}

/// What is done at a moment of the story.
pub enum Deed {
    /// A command whose every word is known beforehand.
    Give(Box<Envelope>),
    /// What is done about the money of a receipt as it stands then.
    Settle(Settle),
}

/// 兑现与备案 — payment or tax filing, of what is owed or unfiled when the day comes.
pub struct Settle {
    /// Whose books.
    institution: InstitutionId,
    /// Who does it.
    actor: Actor,
    /// Of which deal.
    deal: DealId,
    /// Which receipt's distribution.
    receipt: ReceiptId,
    /// The day on which it is done.
    on: Date,
    /// What is done.
    what: Settling,
}

/// What is done about a receipt's money.
pub enum Settling {
    /// Everybody gets what is owed, under this voucher.
    Pay(String),
    /// What was paid under the tax relief is filed, with this paper.
    File(Attachment),
}

/// Plays the deeds in order, those of one moment in one transaction.
fn play(store: &Store, clock: &Clock, mut acts: Vec<Act>) -> Result<(), String> {
    acts.sort_by_key(|act| act.at_ms);
    let mut acts = acts.into_iter().peekable();
    while let Some(first) = acts.next() {
        let at_ms = first.at_ms;
        let mut deeds = vec![first.deed];
        while let Some(next) = acts.next_if(|act| act.at_ms == at_ms) {
            deeds.push(next.deed);
        }
        clock.set(at_ms);
        let mut group = Vec::new();
        for deed in deeds {
            match deed {
                Deed::Give(envelope) => group.push(*envelope),
                Deed::Settle(settle) => {
                    give(store, std::mem::take(&mut group))?;
                    give(store, settled(store, settle)?)?;
                }
            }
        }
        give(store, group)?;
    }
    Ok(())
}

fn give(store: &Store, group: Vec<Envelope>) -> Result<(), String> {
    if group.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = group.iter().map(|it| it.command.name()).collect();
    store
        .execute_all(group)
        .map(drop)
        .map_err(|(place, rejected)| {
            let name = names.get(place).cloned().unwrap_or_default();
            format!("the demo's own story was refused at {name}: {rejected}")
        })
}

/// One payment to each person of what is owed now, or one filing for each month.
fn settled(store: &Store, settle: Settle) -> Result<Vec<Envelope>, String> {
    let Settle {
        institution,
        actor,
        deal,
        receipt,
        on,
        what,
    } = settle;
    let (_, state) = store
        .state(institution, StreamId::Deal(deal))
        .map_err(text)?;
    let State::Deal(it) = state.as_ref() else {
        return Ok(Vec::new());
    };
    let Some(division) = it.distribution.divisions.get(&receipt) else {
        return Ok(Vec::new());
    };
    let commands: Vec<distribution::Command> = match what {
        Settling::Pay(voucher) => {
            let people = division.people().into_iter();
            let owed = people.map(|person| (person, division.awarded(person)));
            owed.filter(|(_, amount)| amount.is_positive())
                .map(|(person, amount)| distribution::Command::Pay {
                    receipt,
                    person,
                    amount,
                    paid: on,
                    voucher: voucher.clone(),
                    paper: None,
                })
                .collect()
        }
        Settling::File(paper) => {
            let unfiled = division.unfiled().into_iter();
            unfiled
                .map(|it| distribution::Command::FileRelief {
                    receipt,
                    month: it.month,
                    filed: on,
                    paper: paper.clone(),
                })
                .collect()
        }
    };
    let envelope = |command| {
        Envelope::new(
            institution,
            actor.clone(),
            Command::Distribution(deal, command),
        )
    };
    Ok(commands.into_iter().map(envelope).collect())
}

/// People of the demo's one-click row, in order.
pub type Offered = Vec<DemoPerson>;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// The story holds on any day: at a year's turn, on a leap day, inside a
    /// long holiday, and in a year that has no official calendar yet.
    #[test]
    fn the_demo_is_built_on_any_day() {
        for day in ["2026-01-01", "2026-10-05", "2028-02-29", "2033-07-14"] {
            let folder = std::env::temp_dir().join(format!("dukou-demo-{}", uuid::Uuid::now_v7()));
            let config = Config::folder(&folder);
            let at: jiff::Timestamp = format!("{day}T03:00:00Z").parse().unwrap();
            build(&config, at.as_millisecond()).unwrap();
            let store = Store::open(config).unwrap();
            assert!(store.verify(&mut |_, _| {}).unwrap().ok(), "{day}");
            assert!(!people::offered(&store).unwrap().is_empty(), "{day}");
            drop(store);
            let _ = std::fs::remove_dir_all(&folder);
        }
    }
}
