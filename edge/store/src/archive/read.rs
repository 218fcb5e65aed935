//! Taking an archive in: all of it or nothing.

use std::path::Path;

use dukou_journal::SealKey;
use uuid::Uuid;

use super::survey::{self, In, Survey};
use super::{Archived, ManifestPart, OWN, Taking};
use crate::db::{Db, Value};
use crate::files::Incoming;
use crate::folder::Folder;
use crate::rebuild::{self, Progress};
use crate::store::{Config, Store};
use crate::{Fault, dialect, journal, schema};

/// Takes an archive into an installation that has none of its institutions yet,
/// and makes every derived table. All or nothing.
///
/// # Errors
/// When the archive is damaged, altered or newer, something is there already, or
/// the data is in use or cannot be written.
pub(crate) fn read(
    config: &Config,
    path: &Path,
    taking: Taking,
    progress: &mut Progress<'_>,
) -> Result<Archived, Fault> {
    let limit = u64::try_from(config.file_limit).unwrap_or(u64::MAX);
    let mut survey = survey::survey(path, limit)?;
    if taking == Taking::Institution && survey.manifest.institutions.len() > 1 {
        return Err(Fault::Other(
            "这个存档里有多所学校，用 dukou restore 恢复到空目录 · this archive holds several institutions; take it into an empty folder with dukou restore".to_owned(),
        ));
    }
    // Makes folder, keys and tables as a first start would.
    Store::open(config.clone())?.close();
    let (mut db, key, folder, _lock) = Store::alone(config)?;
    vacant(db.as_mut(), &survey, taking)?;
    let batch = Uuid::now_v7().to_string();
    let incoming = Incoming::begin(&folder.files(), &batch)?;
    for part in &survey.manifest.institutions {
        for hash in survey::hashes(&survey.archive, part) {
            let mut file = incoming.file(&hash)?;
            survey::open_evidence(&mut survey.archive, part, &hash, limit, &mut file)?;
            file.sync_all()
                .map_err(Fault::io(format!("writing evidence {hash}")))?;
        }
    }
    db.script(dialect::begin(db.engine()))?;
    let outcome = inside(db.as_mut(), &mut survey, &key, &batch, progress);
    db.script(if outcome.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    })?;
    outcome?;
    incoming.settle()?;
    if taking == Taking::Whole {
        lay_folder(&folder, &mut survey)?;
    }
    let parts = &survey.manifest.institutions;
    for head in parts.iter().map(ManifestPart::head) {
        folder.save_head(head.institution, head.seq, &head.hash)?;
    }
    Ok(Archived {
        heads: parts.iter().map(ManifestPart::head).collect(),
        notes: parts.iter().flat_map(ManifestPart::notes).collect(),
    })
}

/// Nothing that is here already is in the archive too.
fn vacant(db: &mut dyn Db, survey: &Survey, taking: Taking) -> Result<(), Fault> {
    let known = rebuild::institutions(db)?;
    if taking == Taking::Whole
        && let Some(one) = known.first()
    {
        return Err(Fault::Other(format!(
            "这里已有学校 {one}，备份只能恢复到空目录 · institution {one} is here already; a backup is taken into an empty folder"
        )));
    }
    for part in &survey.manifest.institutions {
        let one = part.institution;
        if known.contains(&one) {
            return Err(Fault::Other(format!(
                "学校 {one} 已在这里 · institution {one} is here already; take the archive into an empty folder"
            )));
        }
    }
    for login in &survey.logins {
        let taken = db.row(
            "SELECT institution FROM account WHERE login = $1",
            &[login.as_str().into()],
        )?;
        if let Some(row) = taken {
            let who = row.text(0);
            return Err(Fault::Other(format!(
                "登录名 {login} 已被学校 {who} 的人使用，先在一处改名 · the login {login} belongs to somebody of institution {who} already; rename one of them first"
            )));
        }
    }
    Ok(())
}

fn inside(
    db: &mut dyn Db,
    survey: &mut Survey,
    key: &SealKey,
    batch: &str,
    progress: &mut Progress<'_>,
) -> Result<(), Fault> {
    let Survey {
        archive, manifest, ..
    } = survey;
    for part in &manifest.institutions {
        take(db, archive, part, key, progress)?;
    }
    schema::set_meta(db, TAKEN, batch)
}

/// Under this key the store remembers whose evidence it has taken in, so that a
/// start after a kill knows whether what is staged belongs to what is here.
pub(crate) const TAKEN: &str = "taken_in";

fn take(
    db: &mut dyn Db,
    archive: &mut In,
    part: &ManifestPart,
    key: &SealKey,
    progress: &mut Progress<'_>,
) -> Result<(), Fault> {
    let institution = part.institution;
    let total = part.entries;
    let walk = survey::journal(archive, part, &[], &mut |entry, bytes, hash| {
        journal::append(db, entry, bytes, hash)?;
        if entry.meta.seq % 5_000 == 0 {
            progress(u64::try_from(entry.meta.seq).unwrap_or(0), total);
        }
        Ok(())
    })?;
    for (table, columns) in OWN {
        take_table(db, archive, part, (table, columns))?;
    }
    let hash = walk.chain.hash();
    db.exec(
        "INSERT INTO head (institution, seq, hash, seal) VALUES ($1, $2, $3, $4)",
        &[
            institution.to_string().into(),
            part.head.seq.into(),
            Value::Bytes(hash.to_vec()),
            Value::Bytes(key.seal(institution, part.head.seq, hash)),
        ],
    )?;
    let mut done = 0;
    rebuild::books_of(db, institution, &mut done, total, progress)?;
    rebuild::views_of(db, institution)
}

fn take_table(
    db: &mut dyn Db,
    archive: &mut In,
    part: &ManifestPart,
    (table, columns): (&str, &[&str]),
) -> Result<(), Fault> {
    let places: Vec<String> = (2..columns.len() + 2).map(|at| format!("${at}")).collect();
    let sql = format!(
        "INSERT INTO {table} (institution, {}) VALUES ($1, {})",
        columns.join(", "),
        places.join(", ")
    );
    survey::table_rows(archive, part, (table, columns), &mut |row| {
        let mut params = vec![Value::Text(part.institution.to_string())];
        params.extend(row.iter().cloned());
        db.exec(&sql, &params).map(|_| ())
    })
}

/// Puts the folder's own files down: saved heads and holiday arrangements in their
/// places, the settings beside them, because they may name another database.
fn lay_folder(folder: &Folder, survey: &mut Survey) -> Result<(), Fault> {
    for name in &survey.manifest.folder {
        let bytes = survey::folder_file(&mut survey.archive, name)?;
        let to = match name.as_str() {
            "config.toml" => "config.restored.toml",
            other => other,
        };
        folder.lay(to, &bytes)?;
    }
    Ok(())
}
