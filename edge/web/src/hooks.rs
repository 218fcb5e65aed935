//! 推送订阅 (webhooks) — another system hears of every entry of the journal.
//!
//! The outbox is the journal itself: a hook remembers the number up to which it was
//! served, so nothing is written twice and a crash loses nothing. Deliveries go out
//! in order and at least once; the receiver knows a repeated one by its number.
//! What is not taken is tried again, ever less often ([`wait_ms`]); after
//! [`MOST_ATTEMPTS`] it becomes a dead letter, kept until somebody sends it again or
//! lets it go. Then the hook goes on with the next entry, or, when the receiver did
//! not even answer, pauses and says so.
//!
//! What a delivery says is a public event ([`dukou_chain::public`]), as far as whoever
//! stands behind the hook may read it at that moment ([`told`]).

pub mod send;
mod told;

use dukou_chain::public;
use dukou_kernel::{Finding, InstitutionId, text as both};
use dukou_store::{Db, Fault, Record, Value};
use serde::Serialize;

use crate::app::App;
use crate::data::text;
use crate::failure::Failure;
use crate::session::User;
use told::Teller;

pub use send::{Inside, Sender, Untaken, signature};

/// Attempts before an entry becomes a dead letter: some fourteen hours.
pub const MOST_ATTEMPTS: i64 = 12;
/// Hooks of one institution.
pub const MOST_HOOKS: usize = 20;
/// Entries a hook looks at in one go.
const BATCH: i64 = 200;
/// Hooks served at once.
const AT_ONCE: usize = 16;
/// How long one hook is served before the others have their turn.
const TURN: std::time::Duration = std::time::Duration::from_secs(2);

/// One subscription.
#[derive(Clone, Debug, Serialize)]
pub struct Hook {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where deliveries go.
    pub url: String,
    /// The kinds of entries it wants; all when empty.
    pub kinds: Vec<String>,
    /// False while it is paused.
    pub enabled: bool,
    /// The newest entry it was served.
    pub seq: i64,
    /// Failed attempts at the next entry.
    pub attempts: i64,
    /// When the next attempt is due, in milliseconds.
    pub next_at: i64,
    /// When it last took a delivery, in milliseconds; 0 for never.
    pub sent_at: i64,
    /// Why the last attempt failed; empty when it did not.
    pub error: String,
    #[serde(skip)]
    secret: String,
    #[serde(skip)]
    institution: String,
    #[serde(skip)]
    made_by: String,
    #[serde(skip)]
    scopes: Option<String>,
}

impl Hook {
    /// Does it want what happened, in whatever shape it is stored?
    fn wants(&self, kind: &str) -> bool {
        let stem = public::stem(kind);
        self.kinds.is_empty() || self.kinds.iter().any(|it| public::stem(it) == stem)
    }
}

/// An entry that a hook gave up on.
#[derive(Clone, Debug, Serialize)]
pub struct Letter {
    /// The hook.
    pub hook: String,
    /// The entry.
    pub seq: i64,
    /// What happened, as stored.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it was not taken.
    pub error: String,
    /// When it was given up, in milliseconds.
    pub at_ms: i64,
}

/// What is asked for of a hook that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Hold deliveries back; the hook keeps its place.
    Pause,
    /// Go on from there, at once.
    Resume,
    /// Forget it and its dead letters.
    Remove,
    /// Send a delivery that says nothing.
    Ping,
}

impl Act {
    /// Reads `pause`, `resume`, `remove`, `ping`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "pause" => Some(Self::Pause),
            "resume" => Some(Self::Resume),
            "remove" => Some(Self::Remove),
            "ping" => Some(Self::Ping),
            _ => None,
        }
    }
}

/// How long after the `attempt`th failed attempt (from 1) the next one comes: half
/// a minute, doubled each time, six hours at most; `dice` below 1,000 spreads it by
/// a fifth, so that hooks that failed together do not come back together.
pub fn wait_ms(attempt: i64, dice: i64) -> i64 {
    const FIRST_MS: i64 = 30_000;
    const LAST_MS: i64 = 6 * 3_600_000;
    let doubled = u32::try_from((attempt - 1).clamp(0, 20)).unwrap_or(20);
    let wait = (FIRST_MS << doubled).min(LAST_MS);
    wait + wait / 5 * dice.clamp(0, 999) / 1000
}

const COLUMNS: &str = "id, name, url, kinds, enabled, seq, attempts, next_at, sent_at, error, secret, institution, made_by, scopes";

fn read(row: &Record) -> Hook {
    Hook {
        id: row.text(0).to_owned(),
        name: row.text(1).to_owned(),
        url: row.text(2).to_owned(),
        kinds: row.text(3).split_whitespace().map(str::to_owned).collect(),
        enabled: row.int(4) != 0,
        seq: row.int(5),
        attempts: row.int(6),
        next_at: row.int(7),
        sent_at: row.int(8),
        error: row.text(9).to_owned(),
        secret: row.text(10).to_owned(),
        institution: row.text(11).to_owned(),
        made_by: row.text(12).to_owned(),
        scopes: (!row.is_null(13)).then(|| row.text(13).to_owned()),
    }
}

/// The hooks of an institution, by name.
///
/// # Errors
/// When the database cannot be read.
pub fn all(db: &mut dyn Db, institution: InstitutionId) -> Result<Vec<Hook>, Fault> {
    let rows = db.rows(
        &format!("SELECT {COLUMNS} FROM hook WHERE institution = $1 ORDER BY name, id"),
        &[text(institution)],
    )?;
    Ok(rows.iter().map(read).collect())
}

/// One hook.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn one(app: &App, user: &User, id: &str) -> Result<Hook, Failure> {
    let row = app.store.read(|db| {
        db.row(
            &format!("SELECT {COLUMNS} FROM hook WHERE institution = $1 AND id = $2"),
            &[text(user.institution), text(id)],
        )
    })?;
    row.as_ref().map(read).ok_or(Failure::NotFound)
}

/// Dead letters from `before` down, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn letters(
    db: &mut dyn Db,
    institution: InstitutionId,
    before: Option<(i64, &str)>,
    most: i64,
) -> Result<Vec<Letter>, Fault> {
    // Several hooks may have failed on one entry.
    let (seq, hook) = before.unwrap_or((i64::MAX, ""));
    let rows = db.rows(
        &format!(
            "SELECT l.hook, l.seq, j.kind, l.attempts, l.error, l.at_ms FROM hook_letter l \
             JOIN journal j ON j.institution = l.institution AND j.seq = l.seq \
             WHERE l.institution = $1 AND (l.seq < $2 OR (l.seq = $2 AND l.hook > $3)) ORDER BY l.seq DESC, l.hook LIMIT {most}"
        ),
        &[text(institution), seq.into(), text(hook)],
    )?;
    let read = |row: &Record| Letter {
        hook: row.text(0).to_owned(),
        seq: row.int(1),
        kind: row.text(2).to_owned(),
        attempts: row.int(3),
        error: row.text(4).to_owned(),
        at_ms: row.int(5),
    };
    Ok(rows.iter().map(read).collect())
}

/// Makes a hook that starts with the next entry; its secret, shown this once.
///
/// # Errors
/// A finding at `name`, `url` or `kinds`, or the database cannot be written.
pub fn make(
    app: &App,
    user: &User,
    (name, url, kinds): (&str, &str, &str),
    secret: &str,
) -> Result<(String, String), Failure> {
    let refuse = |finding: Finding| Err(Failure::Refused(finding.into()));
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 {
        return refuse(
            Finding::refused(
                "hook.name",
                both!(
                    "起个名，至多60字。",
                    "Give it a name of at most 60 characters."
                ),
            )
            .at("name"),
        );
    }
    if let Err(finding) = app.sender.check(url.trim()) {
        return refuse(finding);
    }
    let wanted: Vec<&str> = kinds.split_whitespace().collect();
    let known = |kind: &&str| public::names().any(|it| it == *kind);
    if let Some(unknown) = wanted.iter().find(|kind| !known(kind)) {
        return refuse(
            Finding::refused(
                "hook.kinds",
                both!(
                    "没有“{unknown}”这种事项；写法如 dukou.income.received/v1，空格分开，留空为全部。",
                    "There is no kind {unknown}; write dukou.income.received/v1, with blanks between, or leave it empty for all."
                ),
            )
            .at("kinds"),
        );
    }
    let there = app.store.read(|db| all(db, user.institution))?;
    if there.len() >= MOST_HOOKS {
        return refuse(Finding::refused(
            "hook.many",
            both!(
                "至多20个订阅，请先删去不用的。",
                "At most 20 webhooks; remove one first."
            ),
        ));
    }
    let secret = format!("dks_{secret}");
    let id = uuid::Uuid::now_v7().to_string();
    let row = vec![
        text(user.institution),
        text(&id),
        text(name),
        text(url.trim()),
        text(wanted.join(" ")),
        text(&secret),
        text(user.person),
        app.store.now_ms().into(),
        scopes(user),
    ];
    app.store.write(move |db| {
        db.exec(
            "INSERT INTO hook (institution, id, name, url, kinds, secret, seq, made_by, made_at, scopes) \
             SELECT $1, $2, $3, $4, $5, $6, seq, $7, $8, $9 FROM head WHERE institution = $1",
            &row,
        )
    })?;
    Ok((id, secret))
}

/// The scopes of the token that somebody came with; nothing for a session.
fn scopes(user: &User) -> Value {
    let scopes = user.scopes.as_ref();
    scopes.map_or(Value::Null, |it| Value::Text(it.join(" ")))
}

/// Does what is asked of a hook. Whoever lets a hook go on stands behind it from then
/// on: deliveries say what that person may read.
///
/// # Errors
/// Not found; a ping that was not taken; or the database cannot be written.
pub fn act(app: &App, user: &User, id: &str, what: Act) -> Result<(), Failure> {
    let hook = one(app, user, id)?;
    let mut key = vec![text(user.institution), text(id)];
    let (first, second) = match what {
        Act::Ping => {
            let body = serde_json::json!({"hook": hook.id, "ping": true}).to_string();
            let sent = app.sender.post(
                &hook.url,
                (
                    &hook.secret,
                    &format!("{}:ping", hook.id),
                    app.store.now_ms(),
                ),
                &body,
            );
            return sent.map_err(|why| untaken(&why));
        }
        Act::Pause => (
            "UPDATE hook SET enabled = 0 WHERE institution = $1 AND id = $2",
            None,
        ),
        Act::Resume => (
            "UPDATE hook SET enabled = 1, attempts = 0, next_at = 0, error = '', made_by = $3, scopes = $4 WHERE institution = $1 AND id = $2",
            None,
        ),
        Act::Remove => (
            "DELETE FROM hook WHERE institution = $1 AND id = $2",
            Some("DELETE FROM hook_letter WHERE institution = $1 AND hook = $2"),
        ),
    };
    if what == Act::Resume {
        key.extend([text(user.person), scopes(user)]);
    }
    app.store.write(move |db| {
        db.exec(first, &key)?;
        second.map_or(Ok(0), |sql| db.exec(sql, &key))
    })?;
    Ok(())
}

fn untaken(why: &Untaken) -> Failure {
    let why = why.to_string();
    Failure::Refused(
        Finding::refused(
            "hook.untaken",
            both!(
                "对方没有收下：{why}。查对方系统与地址后再试。",
                "It was not taken: {why}. Check the other system and the address, then try again."
            ),
        )
        .into(),
    )
}

/// Sends a dead letter again, or lets it go.
///
/// # Errors
/// Not found; not taken again; or the database cannot be written.
pub fn settle(app: &App, user: &User, (id, seq): (&str, i64), again: bool) -> Result<(), Failure> {
    let hook = one(app, user, id)?;
    let key = vec![text(user.institution), text(id), seq.into()];
    let there = app.store.read(|db| {
        db.row(
            "SELECT j.bytes, j.hash FROM hook_letter l JOIN journal j ON j.institution = l.institution AND j.seq = l.seq \
             WHERE l.institution = $1 AND l.hook = $2 AND l.seq = $3",
            &key,
        )
    })?;
    let entry = there.ok_or(Failure::NotFound)?;
    let sent = match again {
        true => {
            let body = Teller::of(app, &hook)?.body(app, &hook, seq, &entry)?;
            post(app, &hook, seq, &body)
        }
        false => Ok(()),
    };
    let failed = sent.as_ref().err().map(ToString::to_string);
    app.store.write(move |db| match failed {
        None => db.exec(
            "DELETE FROM hook_letter WHERE institution = $1 AND hook = $2 AND seq = $3",
            &key,
        ),
        Some(why) => {
            let mut row = key;
            row.push(Value::Text(why));
            db.exec(
                "UPDATE hook_letter SET attempts = attempts + 1, error = $4 WHERE institution = $1 AND hook = $2 AND seq = $3",
                &row,
            )
        }
    })?;
    sent.map_err(|why| untaken(&why))
}

/// The number of a delivery, the same for every attempt.
fn delivery(hook: &Hook, seq: i64) -> String {
    format!("{}:{seq}", hook.id)
}

/// Posts what is said of one entry.
fn post(app: &App, hook: &Hook, seq: i64, body: &str) -> Result<(), Untaken> {
    let delivery = delivery(hook, seq);
    let now = app.store.now_ms();
    app.sender
        .post(&hook.url, (&hook.secret, &delivery, now), body)
}

/// Serves every hook whose time has come; how many deliveries were taken.
///
/// # Errors
/// When the database cannot be used.
pub fn deliver(app: &App) -> Result<u64, Fault> {
    let now = app.store.now_ms();
    let due = app.store.read(|db| {
        db.rows(
            &format!("SELECT {COLUMNS} FROM hook WHERE enabled = 1 AND next_at <= $1 AND seq < (SELECT seq FROM head WHERE head.institution = hook.institution)"),
            &[now.into()],
        )
    })?;
    let hooks: Vec<Hook> = due.iter().map(read).collect();
    let mut taken = 0;
    for some in hooks.chunks(AT_ONCE) {
        // Side by side: one that is slow does not keep the others waiting.
        let served: Vec<Result<u64, Fault>> = std::thread::scope(|scope| {
            let hands: Vec<_> = some
                .iter()
                .map(|hook| scope.spawn(move || serve(app, hook)))
                .collect();
            let done = hands.into_iter().map(std::thread::ScopedJoinHandle::join);
            done.map(|it| it.unwrap_or(Ok(0))).collect()
        });
        for one in served {
            taken += one?;
        }
    }
    Ok(taken)
}

fn serve(app: &App, hook: &Hook) -> Result<u64, Fault> {
    let rows = app.store.read(|db| {
        db.rows(
            &format!("SELECT bytes, hash, seq, kind FROM journal WHERE institution = $1 AND seq > $2 ORDER BY seq LIMIT {BATCH}"),
            &[text(&hook.institution), hook.seq.into()],
        )
    })?;
    let teller = Teller::of(app, hook)?;
    let mut taken = 0;
    let mut passed = hook.seq;
    let began = std::time::Instant::now();
    for row in &rows {
        if began.elapsed() > TURN {
            break;
        }
        let (seq, kind) = (row.int(2), row.text(3));
        if hook.wants(kind) {
            let body = teller.body(app, hook, seq, row)?;
            let posted = post(app, hook, seq, &body);
            app.meters.delivered(posted.is_ok());
            if let Err(why) = posted {
                let before = if taken == 0 { hook.attempts } else { 0 };
                failed(app, hook, (passed, seq), before + 1, &why)?;
                return Ok(taken);
            }
            taken += 1;
            reached(app, hook, seq, true)?;
        }
        passed = seq;
    }
    if passed > hook.seq {
        reached(app, hook, passed, false)?;
    }
    Ok(taken)
}

/// The hook was served up to here.
fn reached(app: &App, hook: &Hook, seq: i64, taken: bool) -> Result<(), Fault> {
    let now = app.store.now_ms();
    let mut row: Vec<Value> = vec![text(&hook.institution), text(&hook.id), seq.into()];
    app.store.write(move |db| {
        if !taken {
            let sql = "UPDATE hook SET seq = $3 WHERE institution = $1 AND id = $2";
            return db.exec(sql, &row).map(drop);
        }
        row.push(now.into());
        let sql = "UPDATE hook SET seq = $3, sent_at = $4, attempts = 0, next_at = 0, error = '' WHERE institution = $1 AND id = $2";
        db.exec(sql, &row).map(drop)
    })
}

/// An entry was not taken for the `attempts`th time.
fn failed(
    app: &App,
    hook: &Hook,
    (passed, seq): (i64, i64),
    attempts: i64,
    why: &Untaken,
) -> Result<(), Fault> {
    use rand::RngExt as _;
    let now = app.store.now_ms();
    let given_up = attempts >= MOST_ATTEMPTS;
    let away = matches!(why, Untaken::Away(_));
    tracing::warn!(hook = %hook.id, seq, attempts, %why, "a delivery was not taken");
    let wait = wait_ms(attempts, rand::rng().random_range(0..1000));
    let update: Vec<Value> = vec![
        text(&hook.institution),
        text(&hook.id),
        if given_up { seq } else { passed }.into(),
        if given_up { 0 } else { attempts }.into(),
        if given_up { 0 } else { now + wait }.into(),
        text(why),
        i64::from(!(given_up && away)).into(),
    ];
    let letter: Vec<Value> = vec![
        text(&hook.institution),
        text(&hook.id),
        seq.into(),
        attempts.into(),
        text(why),
        now.into(),
    ];
    app.store.write(move |db| {
        db.exec("UPDATE hook SET seq = $3, attempts = $4, next_at = $5, error = $6, enabled = $7 WHERE institution = $1 AND id = $2", &update)?;
        if given_up {
            db.exec("INSERT INTO hook_letter (institution, hook, seq, attempts, error, at_ms) VALUES ($1, $2, $3, $4, $5, $6)", &letter)?;
        }
        Ok(())
    })
}

/// Serves hooks once a second, for as long as the server runs.
pub async fn keep(app: std::sync::Arc<App>) {
    let mut tick = tokio::time::interval(std::time::Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let app = std::sync::Arc::clone(&app);
        let served = tokio::task::spawn_blocking(move || deliver(&app)).await;
        if let Ok(Err(error)) = served {
            tracing::error!(%error, "hooks cannot be served");
        }
    }
}
