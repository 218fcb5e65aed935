//! `dukou export`, `import institution`, `backup` and `restore`: one archive
//! format for all four, described in docs/archive.md.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use dukou_kernel::InstitutionId;
use dukou_store::{Archived, Clock, Store, Taking};

use crate::config::Resolved;
use crate::maintain::progress;

/// `dukou export …`
#[derive(Args)]
pub struct ExportArgs {
    /// The archive to make; it must not be there yet.
    path: PathBuf,
    /// Which institution, where there are several.
    #[arg(long, value_name = "ID")]
    institution: Option<InstitutionId>,
}

/// `dukou backup FILE`, `dukou restore FILE`, `dukou import institution FILE`.
#[derive(Args)]
pub struct ArchiveArgs {
    /// The archive.
    path: PathBuf,
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// Number and hash of every newest entry, one institution per line; on standard
/// error what is not whole, and then the status says so too.
fn tell(archived: &Archived) -> ExitCode {
    for head in &archived.heads {
        out!("{} {} {}", head.institution, head.seq, head.hash);
    }
    for note in &archived.notes {
        eprintln!("dukou: {} · {}", note.zh, note.en);
    }
    match archived.notes.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(3),
    }
}

/// One institution into a file, beside a running server.
///
/// # Errors
/// When there is no such institution, or the file cannot be written.
pub fn export(settings: &Resolved, args: &ExportArgs) -> Result<ExitCode, String> {
    let store = Store::open_reader(settings.store(Clock::System)).map_err(text)?;
    let known = store.institutions().map_err(text)?;
    let one = match (args.institution, known.as_slice()) {
        (Some(id), _) => id,
        (None, [only]) => *only,
        (None, []) => return Err("there is no institution to export".to_owned()),
        (None, _) => return Err("several institutions: name one with --institution ID".to_owned()),
    };
    let archived = store
        .export(&args.path, Some(one), &mut progress("export"))
        .map_err(text)?;
    settings.note(Some(one), "export", &args.path.display().to_string());
    Ok(tell(&archived))
}

/// The whole installation into a file, beside a running server.
///
/// # Errors
/// When the file cannot be written.
pub fn backup(settings: &Resolved, args: &ArchiveArgs) -> Result<ExitCode, String> {
    let store = Store::open_reader(settings.store(Clock::System)).map_err(text)?;
    let archived = store
        .export(&args.path, None, &mut progress("backup"))
        .map_err(text)?;
    // What is not whole does not count as one.
    if archived.notes.is_empty()
        && let Err(error) = store.backed_up()
    {
        tracing::error!(%error, "the time of this backup was not written down");
    }
    settings.note(None, "backup", &args.path.display().to_string());
    Ok(tell(&archived))
}

/// An archive into an installation: one institution beside others, or a whole one
/// where nothing is yet.
///
/// # Errors
/// When the archive is damaged or newer, something is there already, or a
/// server holds the folder.
pub fn take_in(
    settings: &Resolved,
    args: &ArchiveArgs,
    taking: Taking,
) -> Result<ExitCode, String> {
    let archived = Store::take_in(
        &settings.store(Clock::System),
        &args.path,
        taking,
        &mut progress("restore"),
    )
    .map_err(text)?;
    for head in &archived.heads {
        let from = args.path.display().to_string();
        settings.note(Some(head.institution), "restore", &from);
    }
    Ok(tell(&archived))
}
