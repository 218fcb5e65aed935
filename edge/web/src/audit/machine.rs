//! What was done at the machine itself, beside a server that may be running: each
//! deed is a line of `audit.spool` in the data folder, which the server takes into
//! the audit log within a second, or when it next starts.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use dukou_kernel::InstitutionId;
use dukou_store::{Fault, Store};
use serde::{Deserialize, Serialize};

use super::{Kind, Line, MACHINE, insert};

/// One deed.
#[derive(Serialize, Deserialize)]
struct Deed {
    at_ms: i64,
    /// Every institution of the installation when there is none.
    institution: Option<InstitutionId>,
    action: String,
    about: String,
}

fn spool(folder: &Path) -> PathBuf {
    folder.join("audit.spool")
}

/// Leaves a line about what was done: `action` is a word of the audit log behind
/// `machine.`, `about` what it was done to, never a secret.
///
/// # Errors
/// When the data folder cannot be written.
pub fn leave(
    folder: &Path,
    at_ms: i64,
    institution: Option<InstitutionId>,
    action: &str,
    about: &str,
) -> std::io::Result<()> {
    let deed = Deed {
        at_ms,
        institution,
        action: action.to_owned(),
        about: about.chars().take(300).collect(),
    };
    let mut line = serde_json::to_string(&deed)?;
    line.push('\n');
    let mut file = std::fs::File::options()
        .append(true)
        .create(true)
        .open(spool(folder))?;
    file.write_all(line.as_bytes())
}

/// Takes what was left into the audit log.
///
/// # Errors
/// When the spool cannot be read or the database not be written; what was left
/// stays for the next time.
pub fn take(store: &Store, folder: &Path) -> Result<(), Fault> {
    let failed = |error: std::io::Error| Fault::Other(format!("audit.spool: {error}"));
    let taken = folder.join("audit.taken");
    if !taken.exists() {
        match std::fs::rename(spool(folder), &taken) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        }
    }
    let text = std::fs::read_to_string(&taken).map_err(failed)?;
    let deeds: Vec<Deed> = text.lines().filter_map(read).collect();
    let all = store.institutions()?;
    let lines: Vec<Line> = deeds.iter().flat_map(|deed| of_each(deed, &all)).collect();
    store.write(move |db| lines.into_iter().try_for_each(|line| insert(db, line)))?;
    std::fs::remove_file(&taken).map_err(failed)
}

fn read(line: &str) -> Option<Deed> {
    let deed = serde_json::from_str(line);
    deed.inspect_err(|error| tracing::error!(%error, "a line of audit.spool cannot be read"))
        .ok()
}

fn of_each(deed: &Deed, all: &[InstitutionId]) -> Vec<Line> {
    let one = deed.institution.map(|it| vec![it]);
    let whose = one.unwrap_or_else(|| all.to_vec());
    let line = |institution| Line {
        institution: Some(institution),
        person: None,
        at_ms: deed.at_ms,
        kind: kind(&deed.action),
        action: format!("machine.{}", deed.action),
        path: deed.about.clone(),
        status: 0,
        via: MACHINE,
        address: String::new(),
    };
    whose.into_iter().map(line).collect()
}

fn kind(action: &str) -> Kind {
    match action {
        "export" | "backup" => Kind::Took,
        "user.list" => Kind::Saw,
        _ => Kind::Did,
    }
}
