//! `dukou law`: law files of this installation, checked and loaded. Both read the
//! folder in one way and judge it by one function, so that what is found sound is
//! what is loaded.

mod folder;
mod worked;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use dukou_calc::Env;
use dukou_chain::institution::{Institution, Law, LawFile, LawLoaded};
use dukou_chain::whole::State;
use dukou_journal::StreamId;
use dukou_kernel::{InstitutionId, Refusal};
use dukou_rules::{Change, ChangeKind, Changed, LawError, Mark, Rulebook, Value};
use dukou_store::{Clock, Store};

use self::folder::Laid;
use crate::config::Resolved;

/// Why the files of the folder are loaded, as the journal says it.
const REASON: &str = "DIR/law";

/// `dukou law …`
#[derive(Args)]
pub struct LawArgs {
    #[command(subcommand)]
    verb: LawVerb,
}

#[derive(Subcommand)]
enum LawVerb {
    /// Check a folder of law files (in the form of law/cn/), else DIR/law, as a load
    /// would, and say what it adds, changes and ends: over what each institution of
    /// the data folder goes by, or over what the program carries where there is none.
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
/// When a folder or the data cannot be read, or what lies there is not accepted.
pub fn run(settings: &Resolved, args: &LawArgs) -> Result<ExitCode, String> {
    match &args.verb {
        LawVerb::Check { folder } => {
            let own = own_folder(settings);
            check(settings, folder.as_deref().unwrap_or(&own))
        }
        LawVerb::Load => {
            let laid = laid(&own_folder(settings))?;
            let store =
                Store::open(settings.store(Clock::System)).map_err(|error| error.to_string())?;
            let loaded = take(&store, &own_folder(settings), &laid)?;
            out!("loaded into {loaded} institutions");
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn own_folder(settings: &Resolved) -> PathBuf {
    settings.folder().join("law")
}

/// Adopts what lies in DIR/law and is not loaded yet, in every institution, through
/// the same command as in the browser; how many took something.
///
/// # Errors
/// When what lies there is not accepted everywhere; nothing is loaded then.
pub fn adopt(settings: &Resolved, store: &Store) -> Result<usize, String> {
    let folder = own_folder(settings);
    let laid = Laid::read(&folder)?;
    let mut new = false;
    for (_, it) in institutions(store)? {
        new |= !unloaded(it.law(), &laid).is_empty();
    }
    // What was accepted once does not keep a server from starting.
    if new {
        take(store, &folder, &laid)
    } else {
        Ok(0)
    }
}

/// What lies in DIR/law, for an institution that is set up there.
///
/// # Errors
/// When it is not accepted over what the program carries.
pub fn to_start_with(settings: &Resolved) -> Result<Option<LawLoaded>, String> {
    let folder = own_folder(settings);
    let laid = Laid::read(&folder)?;
    if laid.files.is_empty() {
        return Ok(None);
    }
    judge(&folder, &laid, &Institution::default())?;
    Ok(Some(LawLoaded {
        files: named(&laid.files),
        reason: REASON.to_owned(),
    }))
}

/// Everything that a folder holds.
fn laid(folder: &Path) -> Result<Laid, String> {
    if !folder.is_dir() {
        return Err(format!("{}: there is no such folder", folder.display()));
    }
    let laid = Laid::read(folder)?;
    for path in &laid.unread {
        eprintln!("dukou: {} is not read: no .toml file", path.display());
    }
    if laid.files.is_empty() {
        return Err(format!("{}: no .toml file", folder.display()));
    }
    Ok(laid)
}

fn take(store: &Store, folder: &Path, laid: &Laid) -> Result<usize, String> {
    let all = institutions(store)?;
    judged(folder, laid, &all)?;
    let mut loaded = 0;
    for (institution, _) in &all {
        if store
            .adopt_law(*institution, &laid.files)
            .map_err(|error| format!("{}: {error}", folder.display()))?
        {
            loaded += 1;
        }
    }
    Ok(loaded)
}

/// Every institution with its state.
///
/// # Errors
/// When the data cannot be read.
pub fn institutions(store: &Store) -> Result<Vec<(InstitutionId, Institution)>, String> {
    let mut all = Vec::new();
    for id in store.institutions().map_err(|error| error.to_string())? {
        let (_, state) = store
            .state(id, StreamId::Institution)
            .map_err(|error| error.to_string())?;
        if let State::Institution(it) = state.as_ref() {
            all.push((id, it.clone()));
        }
    }
    Ok(all)
}

fn check(settings: &Resolved, folder: &Path) -> Result<ExitCode, String> {
    let laid = laid(folder)?;
    let all = match reader(settings)? {
        Some(store) => institutions(&store)?,
        None => Vec::new(),
    };
    let found = judged(folder, &laid, &all)?;
    for (institution, changes) in &found {
        if let Some(id) = institution.filter(|_| found.len() > 1) {
            out!("{id}:");
        }
        for change in changes {
            out!("{}", told(change));
        }
    }
    out!(
        "{} files are sound, {} worked cases come out",
        laid.files.len(),
        laid.cases.len()
    );
    Ok(ExitCode::SUCCESS)
}

/// The data of this installation, where there is any.
fn reader(settings: &Resolved) -> Result<Option<Store>, String> {
    let config = settings.store(Clock::System);
    if !config.holds_data() {
        return Ok(None);
    }
    let store = Store::open_reader(config).map_err(|error| error.to_string())?;
    Ok(Some(store))
}

type Judged = Vec<(Option<InstitutionId>, Vec<Change>)>;

/// Judges a folder for every institution, or for one that is to come.
fn judged(
    folder: &Path,
    laid: &Laid,
    all: &[(InstitutionId, Institution)],
) -> Result<Judged, String> {
    if all.is_empty() {
        let none = Institution::default();
        return Ok(vec![(None, judge(folder, laid, &none)?)]);
    }
    let each = all.iter().map(|(id, it)| {
        let found = judge(folder, laid, it);
        Ok((
            Some(*id),
            found.map_err(|why| match all {
                [_] => why,
                _ => format!("{id}: {why}"),
            })?,
        ))
    });
    each.collect()
}

/// Does an institution take what lies in a folder? Everything that the load asks for,
/// and the worked cases beside the files; what the load would change.
///
/// # Errors
/// Why not, with file and line.
fn judge(folder: &Path, laid: &Laid, institution: &Institution) -> Result<Vec<Change>, String> {
    let law = institution.law();
    let new = unloaded(law, laid);
    if !new.is_empty() {
        law.load(&named(&new), REASON)
            .map_err(|refusal| match law.over(&new) {
                Err(error) if refusal.code() == "law.file" => placed(folder, &error),
                _ => said(folder, &refusal),
            })?;
    }
    let after = law
        .over(&laid.files)
        .map_err(|error| placed(folder, &error))?;
    for line in unproven(&after, &laid.files) {
        eprintln!("dukou: {line}");
    }
    let changes = law.book().changes(&after);
    let env = Env {
        rulebook: Arc::new(after),
        calendar: institution.shared_calendar(),
        today: Clock::System.today(),
    };
    let wrong = worked::wrong(&laid.cases, &env);
    for line in &wrong {
        eprintln!("dukou: {line}");
    }
    if !wrong.is_empty() {
        return Err(format!("{} worked cases do not come out", wrong.len()));
    }
    Ok(changes)
}

/// The files that are not loaded yet as they lie.
fn unloaded(law: &Law, laid: &Laid) -> Vec<(String, String)> {
    let new = |(name, text): &&(String, String)| law.files().get(name) != Some(text);
    laid.files.iter().filter(new).cloned().collect()
}

fn named(files: &[(String, String)]) -> Vec<LawFile> {
    let named = files
        .iter()
        .filter_map(|(name, text)| LawFile::new(name, text));
    named.collect()
}

/// The mistake with the path of the file as it lies in the folder.
fn placed(folder: &Path, error: &LawError) -> String {
    let name = error.file.strip_prefix("law/").unwrap_or(&error.file);
    let path = folder.join(name);
    format!("{}:{}: {}", path.display(), error.line, error.message.en)
}

/// A refusal with the folder that it speaks of.
fn said(folder: &Path, refusal: &Refusal) -> String {
    let words = refusal.findings.iter().map(|it| it.message.en.as_str());
    let words: Vec<&str> = words.collect();
    format!("{}: {}", folder.display(), words.join(" "))
}

fn told(change: &Change) -> String {
    let kind = match change.kind {
        ChangeKind::Added => "+",
        ChangeKind::Changed => "~",
        ChangeKind::Removed | ChangeKind::Ended => "-",
    };
    let place = [change.jurisdiction.clone()]
        .into_iter()
        .chain(change.from.map(|day| format!("from {day}")))
        .filter(|it| !it.is_empty());
    let place: Vec<String> = place.collect();
    let (id, place, meaning) = (&change.id, place.join(" "), &change.meaning.en);
    let sides = sides(change).map_or_else(String::new, |(before, after)| {
        format!(": {before} → {after}")
    });
    let article = change.article.as_ref();
    let article = article.map_or_else(String::new, |it| format!(", {}", it.en));
    format!("{kind} {id} {place}{sides} ({meaning}{article})")
}

/// What held and what holds.
fn sides(change: &Change) -> Option<(String, String)> {
    let none = || "nothing".to_owned();
    match &change.what {
        Changed::Region | Changed::Article => None,
        Changed::Value { before, after, .. } => {
            let say = |it: &Option<Value>| it.as_ref().map_or_else(none, ToString::to_string);
            Some((say(before), say(after)))
        }
        Changed::Row { before, after } => {
            let say =
                |it: &Option<dukou_kernel::Text>| it.as_ref().map_or_else(none, |it| it.en.clone());
            Some((say(before), say(after)))
        }
    }
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
