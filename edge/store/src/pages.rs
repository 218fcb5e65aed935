//! 公示页 — pages that entries put into the open: laid down before the entry stands,
//! and taken away when somebody whom they name is erased. The row in `file` stands and
//! falls with the transaction, and so the file follows the row: what a group does to a
//! page is marked on the disk first, and a mark is settled by looking whether the row
//! is there. A run that was killed in between is finished at the next start.

use std::fs;
use std::path::{Path, PathBuf};

use dukou_chain::publicity::Paper;
use dukou_chain::whole::Event;
use dukou_kernel::{InstitutionId, PersonId};

use crate::db::{Db, Value};
use crate::{Fault, files};

/// What marks a page that is on its way in or out.
const MARK: &str = "page-";

/// The pages of one group of commands.
#[derive(Default)]
pub(crate) struct Pages {
    root: PathBuf,
    open: Vec<String>,
}

impl Pages {
    pub(crate) fn new(root: PathBuf) -> Self {
        let open = Vec::new();
        Self { root, open }
    }

    /// Lays a page down, whole and on the disk.
    pub(crate) fn lay(&mut self, paper: &Paper) -> Result<(), Fault> {
        let hash = paper.file.file.as_str();
        self.mark(hash)?;
        files::lay_page(&self.root, hash, paper.html.as_bytes())
    }

    /// Writes down that a page may have to go, before the entry stands that says so.
    pub(crate) fn lift(&mut self, hash: &str) -> Result<(), Fault> {
        self.mark(hash)
    }

    fn mark(&mut self, hash: &str) -> Result<(), Fault> {
        self.open.push(hash.to_owned());
        let path = self.root.join(format!("{MARK}{hash}"));
        fs::File::create(&path)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::File::open(&self.root)?.sync_all())
            .map_err(Fault::io(format!("writing {}", path.display())))
    }

    /// Settles what the group marked, now that it stands or was taken back.
    pub(crate) fn settle(&mut self, db: &mut dyn Db) {
        for hash in std::mem::take(&mut self.open) {
            if let Err(error) = settle(db, &self.root, &hash) {
                tracing::error!(%error, "a page waits for the next start to be settled");
            }
        }
    }

    /// Leaves it to the next start: nobody knows yet whether the group stands.
    pub(crate) fn leave(&mut self) {
        self.open.clear();
    }
}

fn settle(db: &mut dyn Db, root: &Path, hash: &str) -> Result<(), Fault> {
    let row = db.row("SELECT 1 FROM file WHERE hash = $1 LIMIT 1", &[hash.into()])?;
    if row.is_none()
        && let Some(path) = files::path_of(root, hash)
    {
        remove(&path)?;
    }
    remove(&root.join(format!("{MARK}{hash}")))
}

fn remove(path: &Path) -> Result<(), Fault> {
    let removing = || format!("removing {}", path.display());
    match fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(Fault::io(removing()))?,
    }
    let folder = path.parent().unwrap_or(path);
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(Fault::io(removing()))
}

/// Settles what a killed run left.
///
/// # Errors
/// When the folder cannot be read or written; a later start goes on with it.
pub(crate) fn finish(db: &mut dyn Db, root: &Path) -> Result<(), Fault> {
    let looking = || format!("looking into {}", root.display());
    for entry in fs::read_dir(root).map_err(Fault::io(looking()))? {
        let entry = entry.map_err(Fault::io(looking()))?;
        if let Some(hash) = entry.file_name().to_string_lossy().strip_prefix(MARK) {
            settle(db, root, hash)?;
        }
    }
    Ok(())
}

/// Writes down that the page is there: by its entry, at this moment.
pub(crate) fn remember(
    db: &mut dyn Db,
    institution: InstitutionId,
    paper: &Paper,
    (at_ms, by): (i64, Option<PersonId>),
) -> Result<(), Fault> {
    let size = i64::try_from(paper.html.len()).unwrap_or(i64::MAX);
    db.exec(
        "INSERT INTO file (institution, hash, name, media, size, uploaded_at, uploaded_by) VALUES ($1, $2, $3, 'text/html', $4, $5, $6)",
        &[
            institution.to_string().into(),
            paper.file.file.as_str().into(),
            paper.file.name.as_str().into(),
            size.into(),
            at_ms.into(),
            by.map_or_else(String::new, |id| id.to_string()).into(),
        ],
    )?;
    Ok(())
}

/// Forgets every page that names a person; their hashes.
pub(crate) fn forget(
    db: &mut dyn Db,
    institution: InstitutionId,
    person: PersonId,
) -> Result<Vec<String>, Fault> {
    let rows = db.rows(
        "SELECT kind, bytes FROM journal WHERE institution = $1 AND bytes LIKE $2 AND bytes LIKE $3",
        &[
            institution.to_string().into(),
            "%\"page\":{\"file\":%".into(),
            format!("%\"person\":\"{person}\"%").into(),
        ],
    )?;
    let mut gone = Vec::new();
    for row in rows {
        let entry = dukou_journal::Entry::from_bytes(row.text(1))
            .map_err(|error| Fault::Other(error.to_string()))?;
        let event = Event::from_body(row.text(0), &entry.body)
            .map_err(|error| Fault::Other(error.to_string()))?;
        let Some((page, _)) = event.page().filter(|(_, all)| all.contains(&person)) else {
            continue;
        };
        let hash = page.file.to_string();
        let key = [Value::from(institution.to_string()), hash.as_str().into()];
        db.exec(
            "DELETE FROM file WHERE institution = $1 AND hash = $2",
            &key,
        )?;
        gone.push(hash);
    }
    Ok(gone)
}
