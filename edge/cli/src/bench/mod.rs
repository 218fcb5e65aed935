//! `dukou bench`: how fast the real commands and pages are, on a real disk,
//! beside the bare engine.
//!
//! - **load**: cases told by the same commands as real work (`load.rs`).
//! - **start, memory, pages**: a `dukou serve` of its own on that folder, asked
//!   over HTTP by a signed-in office head (`pages.rs`); the file lies in memory.
//! - **commands**: the writer is listened to; what it asks of its engine is then
//!   asked of the bare engine on a copy of the same database, in the same groups
//!   and with one commit per group, without savepoints. The two take turns, block
//!   by block; both files lie in memory page by page (`engine.rs`).
//! - **replay**: ten times over the whole journal and for a second at least, its pages
//!   in memory; the fastest counts, because what else runs on the host only slows it.
//! - **receipts**: one deal driven through many receipts (`deal.rs`).
//! - **verify, rebuild**: once, likewise.

mod deal;
mod engine;
mod load;
mod pages;

use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, ValueEnum};
use dukou_store::{Clock, Config, Store};
use serde_json::{Value, json};

use crate::config::Resolved;

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// Which engine the load lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// SQLite in the data folder.
    Sqlite,
    /// PostgreSQL at `--database-url`.
    Postgres,
}

/// `dukou bench …`
#[derive(Args)]
pub struct BenchArgs {
    /// The engine; PostgreSQL when `--database-url` is given.
    #[arg(long, value_enum)]
    engine: Option<Engine>,
    /// How many cases; 100,000 make at least 1,000,000 entries.
    #[arg(long, default_value_t = 10_000)]
    cases: usize,
    /// Several sizes in one table, such as 1000,10000,100000.
    #[arg(long, value_delimiter = ',', value_name = "N,N,…")]
    sizes: Vec<usize>,
    /// Instead of a load: one deal with so many receipts, the cost of the first and
    /// of the last (SQLite).
    #[arg(long, value_name = "N")]
    receipts: Option<usize>,
    /// One JSON object on one line.
    #[arg(long)]
    json: bool,
}

/// Runs `dukou bench`.
///
/// # Errors
/// When the load cannot be built or the engine cannot be had.
pub fn run(settings: &Resolved, args: &BenchArgs) -> Result<ExitCode, String> {
    let url_given = !settings.database_url.value.is_empty();
    let engine = args.engine.unwrap_or(if url_given {
        Engine::Postgres
    } else {
        Engine::Sqlite
    });
    if engine == Engine::Postgres && !url_given {
        return Err("--engine postgres needs --database-url postgres://…".to_owned());
    }
    let sizes = if args.sizes.is_empty() {
        vec![args.cases]
    } else {
        args.sizes.clone()
    };
    if engine == Engine::Postgres && sizes.len() > 1 {
        let why = "on PostgreSQL each size needs an empty database: run dukou bench once per size";
        return Err(why.to_owned());
    }
    let mut results = Vec::new();
    if let Some(receipts) = args.receipts {
        let config = deal::place(&settings.store(Clock::System), receipts);
        eprintln!("bench: one deal in {}", config.data_dir.display());
        results.push(deal::measure(&config, receipts)?);
    }
    for cases in sizes.iter().filter(|_| args.receipts.is_none()) {
        results.push(one_size(settings, engine, *cases, sizes.len() > 1)?);
    }
    if args.json {
        for result in &results {
            out!("{result}");
        }
    } else {
        table(&results);
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the load of this size lies: the given folder, or one beside it per size.
fn place(settings: &Resolved, engine: Engine, cases: usize, several: bool) -> Config {
    let mut config = settings.store(Clock::System);
    let given = settings.data.from != "default";
    config.data_dir = match (given, several) {
        (true, false) => settings.folder().to_path_buf(),
        (true, true) => settings.folder().join(format!("bench-{cases}")),
        (false, _) => settings.folder().join(format!("bench-{cases}")),
    };
    if engine == Engine::Sqlite {
        config.database_url = None;
    }
    config
}

fn one_size(
    settings: &Resolved,
    engine: Engine,
    cases: usize,
    several: bool,
) -> Result<Value, String> {
    let config = place(settings, engine, cases, several);
    eprintln!("bench: {cases} cases in {}", config.data_dir.display());
    let cast = load::build(&config, cases)?;
    let session = pages::session(&config, &cast)?;
    warm(&config)?;
    let served = pages::measure(&config, &session)?;
    let reader = Store::open_reader(config.clone()).map_err(text)?;
    warm(&config)?;
    let (entries, replay) = fastest(&reader)?;
    let (report, verify) = timed("verify", || reader.verify(&mut |_, _| {}).map_err(text))?;
    if !report.ok() {
        return Err("the load does not verify".to_owned());
    }
    drop(reader);
    let commands = engine::measure(&config, &cast, cases)?;
    warm(&config)?;
    let (rebuilt, rebuild) = timed("rebuild", || {
        Store::rebuild(&config, &mut |_, _| {}).map_err(text)
    })?;
    let rate = |entries: u64, seconds: f64| (entries as f64 / seconds).round();
    Ok(json!({
        "engine": match engine { Engine::Sqlite => "sqlite", Engine::Postgres => "postgres" },
        "cases": cast.told(),
        "entries": entries,
        "start_ms": served.start_ms,
        "rss_mb": served.rss_mb,
        "pages": served.pages,
        "commands_per_s": {"single": commands.single.0, "concurrent": commands.concurrent.0},
        "bare_commands_per_s": {"single": commands.single.1, "concurrent": commands.concurrent.1},
        "ratio": {
            "single": hundredths(commands.single.0 / commands.single.1),
            "concurrent": hundredths(commands.concurrent.0 / commands.concurrent.1),
        },
        "replay_entries_per_s": rate(entries, replay),
        "verify_entries_per_s": rate(entries, verify),
        "rebuild_entries_per_s": rate(rebuilt, rebuild),
        "db_mb": size_mb(&config)?,
    }))
}

/// Reads the SQLite file once, so that what is measured is the program and not
/// how the disk finds the pages, or still writes those of the load; on a server in
/// use they lie in memory.
fn warm(config: &Config) -> Result<(), String> {
    if config.database_url.is_none() {
        let mut file = std::fs::File::open(config.data_dir.join("dukou.sqlite")).map_err(text)?;
        file.sync_all().map_err(text)?;
        std::io::copy(&mut file, &mut std::io::sink()).map_err(text)?;
    }
    Ok(())
}

fn fastest(reader: &Store) -> Result<(u64, f64), String> {
    let began = Instant::now();
    let mut best = (0, f64::INFINITY);
    let mut walks = 0;
    while walks < 10 || began.elapsed().as_secs() < 1 {
        let (entries, seconds) = timed("replay", || reader.replay().map_err(text))?;
        best = (entries, best.1.min(seconds));
        walks += 1;
    }
    Ok(best)
}

fn timed<T>(what: &str, work: impl FnOnce() -> Result<T, String>) -> Result<(T, f64), String> {
    let began = Instant::now();
    let value = work()?;
    let seconds = began.elapsed().as_secs_f64();
    eprintln!("bench: {what} {seconds:.2} s");
    Ok((value, seconds))
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn size_mb(config: &Config) -> Result<f64, String> {
    let bytes = match &config.database_url {
        Some(url) => {
            use dukou_store::Db as _;
            let mut db = dukou_store::Postgres::connect(url).map_err(text)?;
            let row = db
                .row("SELECT pg_database_size(current_database())", &[])
                .map_err(text)?;
            row.map_or(0, |row| row.int(0)) as f64
        }
        None => {
            let file = config.data_dir.join("dukou.sqlite");
            std::fs::metadata(file).map_err(text)?.len() as f64
        }
    };
    Ok(tenths(bytes / 1_048_576.0))
}

/// A table for people: one column per size.
fn table(results: &[Value]) {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for result in results {
        flat(
            "",
            result,
            &mut |name, value| match lines.iter_mut().find(|(known, _)| *known == name) {
                Some((_, cells)) => cells.push(value),
                None => lines.push((name, vec![value])),
            },
        );
    }
    for (name, cells) in lines {
        let row: String = cells.iter().map(|it| format!("{it:>14}")).collect();
        out!("{name:<34}{row}");
    }
}

fn flat(prefix: &str, value: &Value, take: &mut dyn FnMut(String, String)) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let name = if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}.{key}")
                };
                flat(&name, inner, take);
            }
        }
        Value::String(word) => take(prefix.to_owned(), word.clone()),
        other => take(prefix.to_owned(), other.to_string()),
    }
}
