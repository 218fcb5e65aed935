//! Derived tables made anew from the journal, to identical content.

use std::collections::HashMap;

use dukou_chain::whole::{self, Event, State};
use dukou_journal::{Chain, StreamId};
use dukou_kernel::InstitutionId;

use crate::db::{Db, Engine, Record};
use crate::{Fault, journal, project, schema};

/// Tells how far a long work is: done, total.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// Every institution that has a journal.
pub(crate) fn institutions(db: &mut dyn Db) -> Result<Vec<InstitutionId>, Fault> {
    let rows = db.rows(
        "SELECT DISTINCT institution FROM journal ORDER BY institution",
        &[],
    )?;
    Ok(rows
        .iter()
        .filter_map(|row| row.text(0).parse().ok())
        .collect())
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

impl Keys {
    pub(crate) fn take(
        &mut self,
        db: &mut dyn Db,
        entry: &dukou_journal::Entry,
    ) -> Result<(), Fault> {
        let meta = &entry.meta;
        let Some(key) = &meta.key else {
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
            key: key.clone(),
            request: meta.request.clone().unwrap_or_default(),
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

/// A stream on its way: what it has become, and its last version.
struct OnTheWay {
    state: Option<Box<State>>,
    last: i64,
}

/// One institution's way through its journal.
struct Walk {
    chain: Chain,
    streams: HashMap<StreamId, OnTheWay, foldhash::fast::RandomState>,
}

impl Walk {
    fn new(db: &mut dyn Db, institution: InstitutionId) -> Result<Self, Fault> {
        let mut walk = Self {
            chain: Chain::new(institution),
            streams: HashMap::default(),
        };
        db.each(
            "SELECT stream, MAX(version) FROM journal WHERE institution = $1 GROUP BY stream",
            &[institution.to_string().into()],
            &mut |row| {
                if let Ok(stream) = row.text(0).parse() {
                    let last = row.int(1);
                    walk.streams.insert(stream, OnTheWay { state: None, last });
                }
                Ok(())
            },
        )?;
        Ok(walk)
    }

    fn take(&mut self, seq: i64, bytes: &str, hash: &[u8]) -> Result<(), String> {
        let entry = self.chain.step(seq, bytes, hash).map_err(text)?;
        let event = Event::from_body(&entry.meta.kind, &entry.body).map_err(text)?;
        let stream = entry.meta.stream;
        let Some(way) = self.streams.get_mut(&stream) else {
            return Err(format!("{stream} is not in its own column"));
        };
        way.state
            .get_or_insert_with(|| Box::new(State::new(stream)))
            .apply(&entry.meta, event);
        if way.last == entry.meta.version {
            self.streams.remove(&stream);
        }
        Ok(())
    }
}

fn text(why: impl std::fmt::Display) -> String {
    why.to_string()
}

/// Reads every entry, checks its hash, decodes it and applies it to its stream. A
/// stream's state is let go after its last entry, so that memory holds the streams
/// under way and not ten years of them.
pub(crate) fn replay(db: &mut dyn Db) -> Result<u64, Fault> {
    let mut walks = HashMap::new();
    for institution in institutions(db)? {
        let walk = Walk::new(db, institution)?;
        walks.insert(institution.to_string(), (institution, walk));
    }
    // As the entries lie in the file: no index stands between.
    let order = match db.engine() {
        Engine::Sqlite => "NOT INDEXED ORDER BY rowid",
        Engine::Postgres => "ORDER BY institution, seq",
    };
    let mut done = 0;
    db.each(
        &format!("SELECT seq, bytes, hash, institution FROM journal {order}"),
        &[],
        &mut |row| {
            if let Some((institution, walk)) = walks.get_mut(row.text(3)) {
                walk.take(row.int(0), row.text(1), row.bytes(2))
                    .map_err(|why| journal::unreadable(*institution, row.int(0), why))?;
                done += 1;
            }
            Ok(())
        },
    )?;
    Ok(done)
}
