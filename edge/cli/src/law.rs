//! `dukou law`: law files of this installation, checked and loaded.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use dukou_calc::Env;
use dukou_chain::institution::{Law, is_name};
use dukou_kernel::Lang;
use dukou_rules::{Change, ChangeKind, LawError, Mark, Rulebook};
use dukou_store::{Clock, Store};
use serde_json::Value;

use crate::config::Resolved;

/// The folder of worked cases beside the law files.
const CASES: &str = "cases";

/// `dukou law …`
#[derive(Args)]
pub struct LawArgs {
    #[command(subcommand)]
    verb: LawVerb,
}

#[derive(Subcommand)]
enum LawVerb {
    /// Check a folder of law files (in the form of law/cn/) over the rules that the
    /// program carries, and say what it adds; else DIR/law.
    Check {
        /// The folder.
        folder: Option<PathBuf>,
    },
    /// Load what lies in DIR/law and is not loaded yet, as `serve` does at its start.
    Load,
}

/// Runs `dukou law`.
///
/// # Errors
/// When a folder or the data cannot be read, or a file is wrong.
pub fn run(settings: &Resolved, args: &LawArgs) -> Result<ExitCode, String> {
    match &args.verb {
        LawVerb::Check { folder } => {
            let own = settings.folder().join("law");
            check(folder.as_deref().unwrap_or(&own))
        }
        LawVerb::Load => {
            let store =
                Store::open(settings.store(Clock::System)).map_err(|error| error.to_string())?;
            let loaded = adopt(settings, &store)?;
            out!("loaded into {loaded} institutions");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Adopts what lies in DIR/law and is not loaded yet, in every institution, through
/// the same command as in the browser; how many took something.
///
/// # Errors
/// With file and line, when a file is wrong; nothing of the folder is loaded then.
pub fn adopt(settings: &Resolved, store: &Store) -> Result<usize, String> {
    let files = read(&settings.folder().join("law"))?;
    if files.is_empty() {
        return Ok(0);
    }
    let mut loaded = 0;
    for institution in store.institutions().map_err(|e| e.to_string())? {
        if store
            .adopt_law(institution, &files)
            .map_err(|error| format!("DIR/law: {}", why(&error)))?
        {
            loaded += 1;
        }
    }
    Ok(loaded)
}

fn why(error: &dukou_store::Rejected) -> String {
    match error {
        dukou_store::Rejected::Refused(refusal) => {
            let said: Vec<&str> = refusal
                .findings
                .iter()
                .map(|it| it.message.en.as_str())
                .collect();
            said.join(" ")
        }
        other => other.to_string(),
    }
}

/// The law files of a folder by their names below it: those of the country, and
/// those of the folders inside. A folder that is not there holds none.
fn read(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            if path.file_name().is_some_and(|it| it == CASES) {
                continue;
            }
            let below: Vec<PathBuf> = entries(&path)?;
            for inner in below.iter().filter(|it| it.is_file()) {
                take(folder, inner, &mut files)?;
            }
        } else {
            take(folder, &path, &mut files)?;
        }
    }
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let read = match std::fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", folder.display())),
    };
    let paths = read.map(|it| it.map(|it| it.path()));
    let mut paths: Vec<PathBuf> = paths
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    paths.sort();
    Ok(paths)
}

fn take(root: &Path, path: &Path, out: &mut Vec<(String, String)>) -> Result<(), String> {
    if path.extension().is_none_or(|it| it != "toml") {
        return Ok(());
    }
    let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
    let name = name.replace('\\', "/");
    if !is_name(&name) {
        return Err(format!(
            "{}: a law file is named by letters, digits, - and _, as CN-JS/reward.toml",
            path.display()
        ));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    out.push((name, text));
    Ok(())
}

fn check(folder: &Path) -> Result<ExitCode, String> {
    if !folder.is_dir() {
        return Err(format!("{}: there is no such folder", folder.display()));
    }
    let files = read(folder)?;
    if files.is_empty() {
        return Err(format!("{}: no .toml file", folder.display()));
    }
    let law = Law::default();
    let after = match law.over(&files) {
        Ok(after) => after,
        Err(error) => return Err(placed(folder, &error)),
    };
    for change in law.book().changes(&after) {
        out!("{}", told(&change));
    }
    let doubtful = unproven(&after, &files);
    for line in &doubtful {
        eprintln!("dukou: {line}");
    }
    let (right, wrong) = worked(&folder.join(CASES), after)?;
    for line in &wrong {
        eprintln!("dukou: {line}");
    }
    if !wrong.is_empty() {
        return Err(format!("{} worked cases do not come out", wrong.len()));
    }
    out!(
        "{} files are sound, {right} worked cases come out",
        files.len()
    );
    Ok(ExitCode::SUCCESS)
}

/// A worked case: a question to a calculator, and what must stand in its answer.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    calc: String,
    question: String,
    answer: String,
    #[allow(dead_code, reason = "it must be there; people read it")]
    source: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// Runs the worked cases of a folder by these rules: how many come out, and what
/// is wrong with the others.
fn worked(folder: &Path, book: Rulebook) -> Result<(usize, Vec<String>), String> {
    let env = Env {
        rulebook: Arc::new(book),
        ..Env::carried(dukou_store::Clock::System.today())
    };
    let (mut right, mut wrong) = (0, Vec::new());
    let laid = entries(folder)?;
    for path in laid
        .iter()
        .filter(|it| it.extension().is_some_and(|it| it == "toml"))
    {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
        let cases: Cases = toml::from_str(&text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(offset).filter(|it| *it == b'\n').count() + 1;
            format!("{shown}:{line}: {}", error.message())
        })?;
        for case in &cases.case {
            match comes_out(case, &env) {
                Ok(()) => right += 1,
                Err(why) => wrong.push(format!("{shown}: {}: {why}", case.name)),
            }
        }
    }
    Ok((right, wrong))
}

fn comes_out(case: &Case, env: &Env) -> Result<(), String> {
    let found = dukou_calc::find(&case.calc)
        .ok_or_else(|| format!("there is no calculator {}", case.calc))?;
    let expected: Value =
        serde_json::from_str(&case.answer).map_err(|error| format!("answer: {error}"))?;
    let (answer, _) = dukou_calc::run_line(found, &case.question, Lang::En, env);
    differs(&answer, &expected, "").map_or(Ok(()), Err)
}

/// Where the answer does not hold what is expected. Objects may hold more.
fn differs(answer: &Value, expected: &Value, place: &str) -> Option<String> {
    match (expected, answer) {
        (Value::Object(map), _) => map.iter().find_map(|(key, value)| match answer.get(key) {
            Some(inner) => differs(inner, value, &format!("{place}/{key}")),
            None => Some(format!("{place}/{key} is missing in {answer}")),
        }),
        (Value::Array(items), Value::Array(found)) if items.iter().any(Value::is_object) => {
            if items.len() != found.len() {
                return Some(format!("{place} has {} entries", found.len()));
            }
            let pairs = items.iter().zip(found).enumerate();
            pairs
                .filter_map(|(n, (item, inner))| differs(inner, item, &format!("{place}/{n}")))
                .next()
        }
        _ if answer == expected => None,
        _ => Some(format!("{place} is {answer}, expected {expected}")),
    }
}

/// The mistake with the path of the file as it lies in the folder.
fn placed(folder: &Path, error: &LawError) -> String {
    let name = error.file.strip_prefix("law/").unwrap_or(&error.file);
    let path = folder.join(name);
    format!("{}:{}: {}", path.display(), error.line, error.message.en)
}

fn told(change: &Change) -> String {
    let kind = match change.kind {
        ChangeKind::Added => "+",
        ChangeKind::Changed => "~",
        ChangeKind::Removed => "-",
    };
    let place = [change.jurisdiction.clone()]
        .into_iter()
        .chain(change.from.map(|day| format!("from {day}")))
        .filter(|it| !it.is_empty());
    let place: Vec<String> = place.collect();
    format!(
        "{kind} {} {} ({})",
        change.id,
        place.join(" "),
        change.meaning.en
    )
}

/// Confirmed entries of these files without the words that confirm them.
fn unproven(book: &Rulebook, files: &[(String, String)]) -> Vec<String> {
    let ours = |file: &str| {
        let name = file.strip_prefix("law/").unwrap_or(file);
        files.iter().any(|(own, _)| own == name)
    };
    let articles = book.articles().filter(|it| {
        it.mark == Mark::V
            && it.quote.is_none()
            && it.quote_missing.is_none()
            && ours(&it.origin.file)
    });
    articles
        .map(|it| {
            format!(
                "{}: mark V needs quote, or quote_missing with the reason",
                it.origin
            )
        })
        .collect()
}
