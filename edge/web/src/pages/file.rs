//! Evidence: put away and shown, never executed.

use axum::http::header;
use dukou_kernel::{Finding, text};
use dukou_store::{FileError, Value};

use crate::api::tagged;
use crate::app::App;
use crate::authorise::{authorise, covers_case};
use crate::data::{self, text as value};
use crate::failure::Failure;
use crate::page::Answer;
use crate::request::Req;
use crate::session::User;

/// Puts an upload into the store and gives back its hash.
///
/// # Errors
/// [`Failure::File`] or [`Failure::BadRequest`] with what to do when the file is not
/// accepted.
pub fn put(app: &App, user: &User, name: &str, bytes: &[u8]) -> Result<String, Failure> {
    let meta = app.store.put_file(name, bytes).map_err(|error| match error {
        FileError::Fault(fault) => Failure::from(fault),
        FileError::TooLarge { limit } => {
            let megabytes = limit >> 20;
            Failure::File("too_large", Finding::refused(
                "file.too_large",
                text!(
                    "文件超过{megabytes} MB。压缩或拆分后再传。",
                    "The file is larger than {megabytes} MB. Compress or split it."
                ),
            ))
        }
        FileError::Empty => Failure::BadRequest(Finding::refused(
            "file.empty",
            text!("文件是空的。", "The file is empty."),
        )),
        FileError::Unknown => Failure::File("media", Finding::refused(
            "file.type",
            text!(
                "只收 PDF、图片（PNG、JPEG、WebP）、Word、Excel、PowerPoint 和文本；按内容识别，改后缀没有用。",
                "Only PDF, pictures (PNG, JPEG, WebP), Word, Excel, PowerPoint and text; the content counts, not the ending."
            ),
        )),
    })?;
    let params = [
        value(user.institution),
        value(&meta.hash),
        value(&meta.name),
        value(meta.media),
        Value::Int(i64::try_from(meta.size).unwrap_or(i64::MAX)),
        Value::Int(app.store.now_ms()),
        value(user.person),
    ];
    app.store.write(move |db| {
        let known = db.row(
            "SELECT 1 FROM file WHERE institution = $1 AND hash = $2",
            params.get(..2).unwrap_or_default(),
        )?;
        if known.is_none() {
            db.exec(
                "INSERT INTO file (institution, hash, name, media, size, uploaded_at, uploaded_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                &params,
            )?;
        }
        Ok(())
    })?;
    Ok(meta.hash)
}

/// A file, for those who may see a case that refers to it or who sent it.
/// Pictures and PDF are shown, everything else is saved.
///
/// # Errors
/// Not found, or it cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let hash = req.param("hash");
    let row = app.store.read(|db| {
        db.row(
            "SELECT name, media, uploaded_by FROM file WHERE institution = $1 AND hash = $2",
            &[value(user.institution), value(hash)],
        )
    })?;
    let row = row.ok_or(Failure::NotFound)?;
    let own = row.text(2) == user.person.to_string();
    if !own && !referred(app, user, hash)? {
        return Err(Failure::NotFound);
    }
    let tag = format!("\"{hash}\"");
    let bytes = app.store.file(hash)?.ok_or_else(|| {
        Failure::File("gone", Finding::refused(
            "file.missing",
            text!(
                "附件不在存储里。请告诉系统管理员运行 dukou verify。",
                "The file is missing from the store. Ask the system administrator to run dukou verify."
            ),
        ))
    })?;
    let (name, media) = (row.text(0), row.text(1));
    let safe = media == "application/pdf" || media.starts_with("image/");
    let mut answer = Answer::download(media, name, bytes);
    if safe {
        answer
            .headers
            .retain(|(key, _)| *key != header::CONTENT_DISPOSITION);
        answer
            .headers
            .push((header::CONTENT_DISPOSITION, "inline".to_owned()));
        answer.headers.push((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; sandbox".to_owned(),
        ));
    }
    // The name is the content: what somebody has, stands.
    Ok(tagged(req, tag, answer))
}

/// True when an entry of a case or deal that this user may see refers to the file.
fn referred(app: &App, user: &User, hash: &str) -> Result<bool, Failure> {
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "file.read");
    if scope == dukou_chain::people::Scope::All {
        return Ok(true);
    }
    let rows =
        app.store.read(|db| {
            db.rows(
            "SELECT j.stream FROM journal j WHERE j.institution = $1 AND j.bytes LIKE $2 LIMIT 50",
            &[value(user.institution), value(format!("%\"file\":\"{hash}\"%"))],
        )
        })?;
    for row in rows {
        let Ok(stream) = row.text(0).parse::<dukou_journal::StreamId>() else {
            continue;
        };
        let covers = app.store.read(|db| match stream {
            dukou_journal::StreamId::Case(id) => covers_case(db, user, scope, id),
            dukou_journal::StreamId::Deal(id) => crate::authorise::covers_deal(db, user, scope, id),
            _ => Ok(false),
        })?;
        if covers {
            return Ok(true);
        }
    }
    Ok(false)
}
