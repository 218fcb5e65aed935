//! Commands against the bare engine, taking turns on the same disk.

use std::path::{Path, PathBuf};
use std::time::Instant;

use dukou_store::{Asked, Clock, Config, Db, Envelope, Postgres, Recorder, Store, Value};
use rusqlite::Connection;

use super::load::{self, Cast};
use super::text;

/// Commands in a block; the two take turns after each.
const BLOCK: usize = 100;
/// Blocks of commands one at a time.
const BLOCKS: usize = 8;
/// Writers at once.
const WRITERS: usize = 64;
/// Rounds of 64 writers, each telling one case per round.
const ROUNDS: usize = 3;

/// Commands per second: ours, and the bare engine's.
pub struct Rates {
    /// One at a time.
    pub single: (f64, f64),
    /// 64 writers at once.
    pub concurrent: (f64, f64),
}

/// Measures on the data and on a copy of it.
///
/// # Errors
/// When the copy cannot be made or a command is refused.
pub fn measure(config: &Config, cast: &Cast, cases: usize) -> Result<Rates, String> {
    let mut bare = Bare::copy_of(config)?;
    let recorder = Recorder::default();
    let store = Store::open(Config {
        recorder: Some(recorder.clone()),
        clock: Clock::System,
        ..config.clone()
    })
    .map_err(text)?;
    recorder.take();
    let mut cast = cast.clone();
    let single = single(config, &store, &recorder, &mut bare, &mut cast)?;
    let concurrent = concurrent(config, &store, &recorder, &mut bare, &mut cast)?;
    drop(store);
    bare.remove();
    eprintln!(
        "bench: at {cases} cases {:.0} commands per second alone, {:.0} with {WRITERS} writers",
        single.0, concurrent.0
    );
    Ok(Rates { single, concurrent })
}

fn rates(commands: usize, (ours, bare): (f64, f64)) -> (f64, f64) {
    let rate = |seconds: f64| (commands as f64 / seconds).round();
    (rate(ours), rate(bare))
}

fn single(
    config: &Config,
    store: &Store,
    recorder: &Recorder,
    bare: &mut Bare,
    cast: &mut Cast,
) -> Result<(f64, f64), String> {
    let mut commands = Vec::new();
    while commands.len() < BLOCK * (BLOCKS + 1) {
        commands.extend(load::next(config, cast, 20)?.into_iter().flatten());
    }
    let mut times = (0.0, 0.0);
    for (turn, block) in commands.chunks_exact(BLOCK).take(BLOCKS + 1).enumerate() {
        let block: Vec<Envelope> = block.to_vec();
        let began = Instant::now();
        for envelope in block {
            store.execute(envelope).map_err(text)?;
        }
        let ours = began.elapsed().as_secs_f64();
        let theirs = bare.ask(&recorder.take())?;
        // The first block warms both.
        if turn > 0 {
            times.0 += ours;
            times.1 += theirs;
        }
    }
    // What is left of the last case is told, so that the next begin anew.
    for envelope in commands.into_iter().skip(BLOCK * (BLOCKS + 1)) {
        store.execute(envelope).map_err(text)?;
    }
    bare.ask(&recorder.take())?;
    Ok(rates(BLOCK * BLOCKS, times))
}

fn concurrent(
    config: &Config,
    store: &Store,
    recorder: &Recorder,
    bare: &mut Bare,
    cast: &mut Cast,
) -> Result<(f64, f64), String> {
    let mut times = (0.0, 0.0);
    let mut commands = 0;
    for turn in 0..=ROUNDS {
        let scripts = load::next(config, cast, WRITERS * 3)?;
        let count: usize = scripts.iter().map(Vec::len).sum();
        let began = Instant::now();
        let outcome: Result<Vec<()>, String> = std::thread::scope(|scope| {
            let mut scripts = scripts.into_iter();
            let writers: Vec<_> = (0..WRITERS)
                .map(|_| {
                    let mine: Vec<Envelope> = scripts.by_ref().take(3).flatten().collect();
                    scope.spawn(move || {
                        mine.into_iter()
                            .try_for_each(|it| store.execute(it).map(drop).map_err(text))
                    })
                })
                .collect();
            writers
                .into_iter()
                .map(|it| it.join().map_err(|_| "a writer ended early".to_owned())?)
                .collect()
        });
        outcome?;
        let ours = began.elapsed().as_secs_f64();
        let theirs = bare.ask(&recorder.take())?;
        if turn > 0 {
            times.0 += ours;
            times.1 += theirs;
            commands += count;
        }
    }
    Ok(rates(commands, times))
}

/// The engine without us, on a copy of the data.
enum Bare {
    Sqlite(Connection, PathBuf),
    Postgres(Box<Postgres>, String),
}

impl Bare {
    /// A copy of the data as it is now; nobody has it open.
    fn copy_of(config: &Config) -> Result<Self, String> {
        match &config.database_url {
            None => {
                let path = config.data_dir.join("bare.sqlite");
                // What a run that was stopped left behind does not belong to this copy.
                clear(&path);
                let ours = config.data_dir.join("dukou.sqlite");
                std::fs::copy(&ours, &path).map_err(text)?;
                by_page(&ours)?;
                by_page(&path)?;
                let connection = Connection::open(&path).map_err(text)?;
                for (name, value) in [("journal_mode", "WAL"), ("synchronous", "FULL")] {
                    connection.pragma_update(None, name, value).map_err(text)?;
                }
                connection
                    .pragma_update(None, "cache_size", -16_384)
                    .map_err(text)?;
                for name in ["recursive_triggers", "foreign_keys"] {
                    connection.pragma_update(None, name, "ON").map_err(text)?;
                }
                connection.set_prepared_statement_cache_capacity(256);
                Ok(Self::Sqlite(connection, path))
            }
            Some(url) => {
                let (server, name) = url.rsplit_once('/').ok_or("the URL names no database")?;
                let mut admin = Postgres::connect(&format!("{server}/postgres")).map_err(text)?;
                let copy = format!("{name}_bare");
                admin
                    .script(&format!("DROP DATABASE IF EXISTS {copy}"))
                    .map_err(text)?;
                admin
                    .script(&format!("CREATE DATABASE {copy} TEMPLATE {name}"))
                    .map_err(text)?;
                // What the copy wrote is not the first blocks' to pay.
                admin.script("CHECKPOINT").map_err(text)?;
                let db = Postgres::connect(&format!("{server}/{copy}")).map_err(text)?;
                Ok(Self::Postgres(Box::new(db), url.clone()))
            }
        }
    }

    /// Asks the same in the same groups; how many seconds it took. Savepoints are
    /// ours, so the bare engine is spared them.
    fn ask(&mut self, asked: &[Asked]) -> Result<f64, String> {
        let began = Instant::now();
        for it in asked {
            match it {
                Asked::Script(sql) if sql.contains("SAVEPOINT") => {}
                Asked::Script(sql) => self.script(sql)?,
                Asked::Exec(sql, params) => self.exec(sql, params)?,
                Asked::Rows(sql, params) => self.rows(sql, params)?,
            }
        }
        Ok(began.elapsed().as_secs_f64())
    }

    fn script(&mut self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(connection, _) => connection.execute_batch(sql).map_err(text),
            Self::Postgres(db, _) => db.script(sql).map_err(text),
        }
    }

    fn exec(&mut self, sql: &str, params: &[Value]) -> Result<(), String> {
        match self {
            Self::Sqlite(connection, _) => {
                let mut statement = connection.prepare_cached(sql).map_err(text)?;
                bind(&mut statement, params)?;
                statement.raw_execute().map(drop).map_err(text)
            }
            Self::Postgres(db, _) => db.exec(sql, params).map(drop).map_err(text),
        }
    }

    fn rows(&mut self, sql: &str, params: &[Value]) -> Result<(), String> {
        match self {
            Self::Sqlite(connection, _) => {
                let mut statement = connection.prepare_cached(sql).map_err(text)?;
                bind(&mut statement, params)?;
                let columns = statement.column_count();
                let mut rows = statement.raw_query();
                while let Some(row) = rows.next().map_err(text)? {
                    for column in 0..columns {
                        // A reader keeps what it reads, so the bare engine does too.
                        let value: rusqlite::types::Value = row.get(column).map_err(text)?;
                        std::hint::black_box(value);
                    }
                }
                Ok(())
            }
            Self::Postgres(db, _) => db.each(sql, params, &mut |_| Ok(())).map_err(text),
        }
    }

    fn remove(self) {
        match self {
            Self::Sqlite(connection, path) => {
                drop(connection);
                clear(&path);
            }
            Self::Postgres(db, url) => {
                drop(db);
                if let Some((server, name)) = url.rsplit_once('/')
                    && let Ok(mut admin) = Postgres::connect(&format!("{server}/postgres"))
                {
                    let _ =
                        admin.script(&format!("DROP DATABASE IF EXISTS {name}_bare WITH (FORCE)"));
                }
            }
        }
    }
}

/// Has the system keep a file in memory page by page, as a server in use has read
/// it. What was read in a row it keeps in pieces of up to two MiB, and then looks
/// through a whole piece whenever a page of it is written: a third of a command.
fn by_page(path: &Path) -> Result<(), String> {
    let mut file = std::fs::File::open(path).map_err(text)?;
    // Only what lies on the disk is let go of.
    file.sync_all().map_err(text)?;
    #[cfg(target_os = "linux")]
    for advice in [rustix::fs::Advice::DontNeed, rustix::fs::Advice::Random] {
        rustix::fs::fadvise(&file, 0, None, advice).map_err(text)?;
    }
    std::io::copy(&mut file, &mut std::io::sink()).map_err(text)?;
    Ok(())
}

fn clear(path: &Path) {
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
}

const NAMES: [&str; 24] = [
    "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15",
    "$16", "$17", "$18", "$19", "$20", "$21", "$22", "$23", "$24",
];

fn bind(statement: &mut rusqlite::CachedStatement<'_>, params: &[Value]) -> Result<(), String> {
    statement.clear_bindings();
    for (value, name) in params.iter().zip(NAMES) {
        let Some(place) = statement.parameter_index(name).map_err(text)? else {
            continue;
        };
        match value {
            Value::Null => statement.raw_bind_parameter(place, rusqlite::types::Null),
            Value::Int(number) => statement.raw_bind_parameter(place, number),
            Value::Text(it) => statement.raw_bind_parameter(place, it),
            Value::Bytes(bytes) => statement.raw_bind_parameter(place, bytes),
        }
        .map_err(text)?;
    }
    Ok(())
}
