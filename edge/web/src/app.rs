//! What every handler may lean on.

use crate::audit::Trail;
use crate::caller::Nets;
use crate::failure::Failure;
use crate::find::Finder;
use crate::hooks::{Inside, Sender};
use crate::meters::Meters;
use crate::pace::Pace;
use crate::turns::Turns;
use crate::watch::Watch;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dukou_kernel::{InstitutionId, PersonId};
use dukou_store::Store;

/// How the server was started.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// True for `dukou demo`: a banner, and signing in with one click.
    pub demo: bool,
    /// People the demo offers, in order.
    pub demo_people: Vec<DemoPerson>,
    /// True when the address outside is https, so that cookies are `Secure`.
    pub secure_cookies: bool,
    /// Largest upload in bytes.
    pub upload_limit: usize,
    /// Minutes without a request after which a session ends.
    pub idle_minutes: i64,
    /// Days that lines of the audit log are kept; never fewer than six months.
    pub audit_days: i64,
    /// True for one line of the process's log per request.
    pub access_log: bool,
    /// Where the program's own commands leave lines for the audit log.
    pub data_folder: Option<std::path::PathBuf>,
    /// Hosts and networks inside the school that hooks may reach.
    pub hook_hosts: Inside,
    /// Proxies that are believed when they say for whom they ask.
    pub proxies: Nets,
    /// Machines that may read `/metrics`.
    pub metrics_from: Nets,
    /// What one caller may ask of the machine.
    pub limits: Limits,
}

/// What one caller may ask of the machine. The defaults are for use; tests set
/// smaller ones.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wrong passwords and codes after which an account is locked for a while.
    pub lock_after: i64,
    /// Wrong passwords, codes and invitations from one address within five minutes.
    pub wrong_sign_ins: u32,
    /// Wrong tokens from one address within five minutes.
    pub wrong_tokens: u32,
    /// Calls of one account a minute; 0 for no limit.
    pub account_calls: u32,
    /// Calls from one address a minute, a school behind one address among them;
    /// 0 for no limit.
    pub address_calls: u32,
    /// How long the head of a request may take, and an idle connection last.
    pub head: Duration,
    /// How long a client may be silent within a body.
    pub silence: Duration,
    /// How long a whole body may take.
    pub body: Duration,
    /// Large bodies that are read at once; more wait for a place.
    pub uploads: usize,
    /// Calculations at once; more wait a moment for a place, and are then sent away.
    pub calculations: usize,
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// Connections of one address at once, a proxy's not counted; 0 for no limit.
    pub address_connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lock_after: 5,
            wrong_sign_ins: 30,
            wrong_tokens: 60,
            account_calls: 1_200,
            address_calls: 12_000,
            head: Duration::from_secs(30),
            silence: Duration::from_secs(30),
            body: Duration::from_secs(600),
            uploads: 8,
            calculations: cores().div_ceil(2),
            connections: 1024,
            address_connections: 256,
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// One person of the demo's one-click row.
#[derive(Clone, Debug)]
pub struct DemoPerson {
    /// The institution.
    pub institution: InstitutionId,
    /// The person.
    pub person: PersonId,
    /// Sign-in name.
    pub login: String,
    /// 角色
    pub role_zh: String,
    /// Role
    pub role_en: String,
    /// Name.
    pub name: String,
}

/// Counts of lists, remembered until the journal grows.
#[derive(Default)]
pub struct Counts(Mutex<HashMap<String, (i64, i64)>>);

impl Counts {
    /// How many rows a counting query finds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn count(
        &self,
        db: &mut dyn dukou_store::Db,
        institution: InstitutionId,
        sql: &str,
        params: &[dukou_store::Value],
    ) -> Result<i64, dukou_store::Fault> {
        const REMEMBERED: usize = 500;
        let head = db.row(
            "SELECT seq FROM head WHERE institution = $1",
            &[institution.to_string().into()],
        )?;
        let seq = head.map_or(0, |row| row.int(0));
        let key = format!("{sql} {params:?}");
        let lock = || {
            self.0
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        };
        let found = lock().get(&key).copied();
        if let Some((_, count)) = found.filter(|(at, _)| *at == seq) {
            return Ok(count);
        }
        // Counted without the lock: a long count keeps nobody else waiting.
        let count = db.row(sql, params)?.map_or(0, |row| row.int(0));
        let mut known = lock();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, (seq, count));
        Ok(count)
    }
}

/// The running application.
pub struct App {
    /// Journal, read tables, own tables, files.
    pub store: Store,
    /// How it was started.
    pub settings: Settings,
    /// Recent attempts per address, for the limit on guessing.
    attempts: Mutex<HashMap<String, (i64, u32)>>,
    /// Calls of each account.
    pub(crate) accounts: Pace,
    /// Calls from each address.
    pub(crate) addresses: Pace,
    /// Counts of lists.
    pub counts: Counts,
    /// Finds words in lists.
    pub(crate) finder: Finder,
    /// Lines of the audit log that are not written yet.
    pub(crate) trail: Trail,
    /// What `/metrics` tells.
    pub(crate) meters: Meters,
    /// Calls of the API under a key.
    pub(crate) turns: Turns,
    /// Sends to other systems.
    pub(crate) sender: Sender,
    /// What the server found out about itself.
    pub(crate) watch: Watch,
    /// True once the server has been told to stop.
    stopping: AtomicBool,
    /// Requests under way.
    pub(crate) under_way: AtomicUsize,
    /// Places for large bodies; each is held in memory while it is read.
    pub uploads: tokio::sync::Semaphore,
    /// Places for calculations, which anybody may ask for; the rest of the machine is
    /// for the others. A calculation keeps its place when its caller has gone.
    pub calculations: Arc<tokio::sync::Semaphore>,
}

impl App {
    /// An application over an open store.
    pub fn new(store: Store, settings: Settings) -> Self {
        Self {
            store,
            attempts: Mutex::new(HashMap::new()),
            accounts: Pace::per_minute(settings.limits.account_calls),
            addresses: Pace::per_minute(settings.limits.address_calls),
            counts: Counts::default(),
            finder: Finder::default(),
            trail: Trail::default(),
            meters: Meters::default(),
            turns: Turns::default(),
            stopping: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
            sender: Sender::new(settings.hook_hosts.clone()),
            watch: Watch::default(),
            uploads: tokio::sync::Semaphore::new(settings.limits.uploads),
            calculations: Arc::new(tokio::sync::Semaphore::new(settings.limits.calculations)),
            settings,
        }
    }

    /// From now on `/readyz` says that no more requests should be sent here.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// True once [`Self::stop`] was called.
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Requests that have come and are not answered yet.
    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Lets somebody try a secret who has not been wrong too often: a school behind
    /// one address signs in as often as it likes.
    ///
    /// # Errors
    /// [`Failure::TooMany`] after `most` wrong ones in five minutes.
    pub fn may_guess(&self, who: &str, most: u32) -> Result<(), Failure> {
        if self.tried(who, 0) >= most {
            return Err(Failure::TooMany);
        }
        Ok(())
    }

    /// Counts a wrong secret.
    pub fn guessed_wrong(&self, who: &str) {
        self.tried(who, 1);
    }

    fn tried(&self, who: &str, more: u32) -> u32 {
        const WINDOW_MS: i64 = 5 * 60_000;
        let now = self.store.now_ms();
        let mut attempts = self
            .attempts
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if attempts.len() > 10_000 {
            attempts.retain(|_, (since, _)| now - *since < WINDOW_MS);
        }
        let entry = attempts.entry(who.to_owned()).or_insert((now, 0));
        if now - entry.0 >= WINDOW_MS {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(more);
        entry.1
    }
}
