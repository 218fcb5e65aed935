//! Derived tables made anew from the journal, to identical content.

use std::collections::{HashMap, HashSet};

use dukou_chain::whole::{self, Event, State};
use dukou_journal::{Chain, Entry, StreamId};
use dukou_kernel::InstitutionId;

use crate::db::{Db, Engine, Record};
use crate::{Fault, journal, project, schema};

/// Tells how far a long work is: done, total.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// Every institution that has a journal, found from one to the next: the index is
/// not read through for it.
pub(crate) fn institutions(db: &mut dyn Db) -> Result<Vec<InstitutionId>, Fault> {
    let mut all = Vec::new();
    let mut last = String::new();
    while let Some(row) = db.row(
        "SELECT institution FROM journal WHERE institution > $1 ORDER BY institution LIMIT 1",
        &[last.into()],
    )? {
        last = row.text(0).to_owned();
        all.extend(last.parse::<InstitutionId>());
    }
    Ok(all)
}

pub(crate) fn entry_count(db: &mut dyn Db) -> Result<u64, Fault> {
    let row = db.row("SELECT COUNT(*) FROM journal", &[])?;
    Ok(row.map_or(0, |row| u64::try_from(row.int(0)).unwrap_or(0)))
}

/// Drops every derived table and makes it anew, in one transaction.
pub(crate) fn rebuild(db: &mut dyn Db, progress: &mut Progress<'_>) -> Result<u64, Fault> {
    db.script(crate::dialect::begin(db.engine()))?;
    let outcome = rebuild_inside(db, progress);
    db.script(if outcome.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    })?;
    outcome
}

fn rebuild_inside(db: &mut dyn Db, progress: &mut Progress<'_>) -> Result<u64, Fault> {
    db.script(&schema::drop_derived(&[]))?;
    let create = schema::create_derived(db);
    db.script(&create)?;
    let total = entry_count(db)?;
    let mut done = 0;
    for institution in institutions(db)? {
        books_of(db, institution, &mut done, total, progress)?;
        views_of(db, institution)?;
    }
    schema::set_meta(db, "derived", &schema::fingerprint())?;
    progress(total, total);
    Ok(total)
}

/// How many entries are read before their derived rows are written: reading and
/// writing share one connection.
const CHUNK: i64 = 2_000;

/// Postings, unique names, numbers and command keys, in the journal's order.
pub(crate) fn books_of(
    db: &mut dyn Db,
    institution: InstitutionId,
    done: &mut u64,
    total: u64,
    progress: &mut Progress<'_>,
) -> Result<(), Fault> {
    let mut after = 0i64;
    let mut keys = Keys::default();
    loop {
        let rows = chunk(db, institution, after)?;
        let Some(last) = rows.last() else { break };
        after = last.int(0);
        for row in &rows {
            let (entry, event) = journal::decode(institution, row.int(0), row.text(1))?;
            project::books(db, &entry.meta, &event)?;
            keys.take(db, &entry)?;
            *done += 1;
        }
        progress(*done, total);
    }
    keys.flush(db)
}

fn chunk(db: &mut dyn Db, institution: InstitutionId, after: i64) -> Result<Vec<Record>, Fault> {
    db.rows(
        "SELECT seq, bytes FROM journal WHERE institution = $1 AND seq > $2 ORDER BY seq LIMIT 2000",
        &[institution.to_string().into(), after.into()],
    )
    .inspect(|rows| debug_assert!(i64::try_from(rows.len()).unwrap_or(0) <= CHUNK))
}

/// The entries of one command stand together under one key.
#[derive(Default)]
pub(crate) struct Keys {
    open: Option<OpenKey>,
}

struct OpenKey {
    institution: String,
    key: String,
    request: String,
    stream: StreamId,
    first: i64,
    last: i64,
    version: i64,
}

/// True for a key that nobody asked for: made at random for a command without one, so
/// that no call can come again under it. Such an entry says nothing of a request, and a
/// kept refusal says only which attempt it was.
fn unasked(meta: &dukou_journal::Meta<'_>) -> bool {
    let random = |key: &str| key.len() == 32 && key.bytes().all(|it| it.is_ascii_hexdigit());
    let told = meta.request.is_some() && meta.kind != "closing.refused.v1";
    !told && meta.key.as_deref().is_some_and(random)
}

impl Keys {
    pub(crate) fn take(&mut self, db: &mut dyn Db, entry: &Entry<'_>) -> Result<(), Fault> {
        let meta = &entry.meta;
        let Some(key) = meta.key.as_ref().filter(|_| !unasked(meta)) else {
            return self.flush(db);
        };
        if let Some(open) = &mut self.open
            && open.key == *key
            && open.last + 1 == meta.seq
        {
            open.last = meta.seq;
            if open.stream == meta.stream {
                open.version = meta.version;
            }
            return Ok(());
        }
        self.flush(db)?;
        self.open = Some(OpenKey {
            institution: meta.institution.to_string(),
            key: key.clone().into_owned(),
            request: meta.request.as_deref().unwrap_or_default().to_owned(),
            stream: meta.stream,
            first: meta.seq,
            last: meta.seq,
            version: meta.version,
        });
        Ok(())
    }

    pub(crate) fn flush(&mut self, db: &mut dyn Db) -> Result<(), Fault> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let stream = open.stream.to_string();
        project::remember_key(
            db,
            &open.institution,
            &open.key,
            &open.request,
            (&stream, open.first, open.last, open.version),
        )
    }
}

/// Every read row of an institution, from the final state of each stream.
pub(crate) fn views_of(db: &mut dyn Db, institution: InstitutionId) -> Result<(), Fault> {
    let key = [institution.to_string().into()];
    for table in whole::tables() {
        db.exec(
            &format!("DELETE FROM {} WHERE institution = $1", table.name),
            &key,
        )?;
    }
    let (_, rules) = journal::load(db, institution, StreamId::Institution)?;
    let State::Institution(rules) = rules.as_ref() else {
        return Ok(());
    };
    let streams = db.rows(
        "SELECT stream FROM journal WHERE institution = $1 AND version = 1 ORDER BY stream",
        &key,
    )?;
    for row in streams {
        let Ok(stream) = row.text(0).parse::<StreamId>() else {
            continue;
        };
        let (_, state) = journal::load(db, institution, stream)?;
        let rows = whole::rows(stream, &state, rules);
        project::replace(db, institution, stream, &[], &rows)?;
    }
    Ok(())
}

/// How many streams are under way at once before those that rest longest are let go:
/// few at first, because what lies close together is reached sooner, and twice as
/// many once more have come back than there is room for. One that comes back costs
/// as much as some twenty entries; room for all of them would push everything else
/// out of the processor's own memory.
const ROOM: std::ops::RangeInclusive<usize> = 16..=65_536;

type States = HashMap<StreamId, Box<State>, foldhash::fast::RandomState>;

/// One institution's way through its journal. Memory holds the streams under way and
/// not ten years of them: a stream that rests while many others move is let go, and
/// one that was let go and comes back is read again, by itself, at the end.
struct Walk {
    chain: Chain,
    young: States,
    old: States,
    back: HashSet<StreamId, foldhash::fast::RandomState>,
    room: usize,
}

impl Walk {
    fn new(institution: InstitutionId, entries: usize) -> Self {
        Self {
            chain: Chain::new(institution).with_room_for(entries),
            young: States::default(),
            old: States::default(),
            back: HashSet::default(),
            room: *ROOM.start(),
        }
    }

    fn take(&mut self, seq: i64, bytes: &str, hash: &[u8]) -> Result<(), String> {
        let Entry { meta, body } = self.chain.step(seq, bytes, hash).map_err(text)?;
        let event = Event::from_body(&meta.kind, &body).map_err(text)?;
        let stream = meta.stream;
        if let Some(state) = self.young.get_mut(&stream) {
            state.apply(event, meta.effective);
            return Ok(());
        }
        let mut state = match self.old.remove(&stream) {
            Some(state) => state,
            None if meta.version == 1 => Box::new(State::new(stream)),
            None => {
                self.back.insert(stream);
                if self.back.len() > self.room {
                    self.room = (self.room * 2).min(*ROOM.end());
                }
                return Ok(());
            }
        };
        state.apply(event, meta.effective);
        if self.young.len() >= self.room {
            std::mem::swap(&mut self.old, &mut self.young);
            self.young.clear();
        }
        self.young.insert(stream, state);
        Ok(())
    }
}

fn text(why: impl std::fmt::Display) -> String {
    why.to_string()
}

/// Reads every entry, checks its hash, decodes it and applies it to its stream.
pub(crate) fn replay(db: &mut dyn Db) -> Result<u64, Fault> {
    let all = institutions(db)?;
    // The entries of an institution by itself are read as they lie in the file; among
    // those of others the index finds them.
    let order = match (db.engine(), all.len()) {
        (Engine::Sqlite, 1) => "NOT INDEXED ORDER BY rowid",
        _ => "WHERE institution = $1 ORDER BY seq",
    };
    let sql = format!("SELECT seq, bytes, hash FROM journal {order}");
    // Pages are read where the system keeps them, not copied: a tenth of the time.
    // Only here, in a program of its own: a disk that fails under a map ends it.
    if db.engine() == Engine::Sqlite {
        db.row("PRAGMA mmap_size = 1099511627776", &[])?;
    }
    let mut done = 0;
    for institution in all {
        let school = [institution.to_string().into()];
        let head = db.row("SELECT seq FROM head WHERE institution = $1", &school)?;
        let entries = head.and_then(|row| usize::try_from(row.int(0)).ok());
        let mut walk = Walk::new(institution, entries.unwrap_or_default());
        db.each_entry(&sql, &school, &mut |seq, bytes, hash| {
            done += 1;
            walk.take(seq, bytes, hash)
                .map_err(|why| journal::unreadable(institution, seq, why))
        })?;
        for stream in walk.back {
            journal::load(db, institution, stream)?;
        }
    }
    Ok(done)
}
