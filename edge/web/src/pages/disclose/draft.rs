//! Drafts of disclosures, each of one person.

use dukou_store::Value as Sql;

use super::{Fields, again};
use crate::app::App;
use crate::data::text;
use crate::failure::Failure;
use crate::request::Req;
use crate::session::User;

/// What a draft is kept under. Several may fill in the same returned disclosure:
/// nobody writes into the draft of another.
fn kept_under(user: &User, id: &str) -> String {
    format!("{id}:{}", user.person)
}

/// Keeps what is typed.
///
/// # Errors
/// When the database cannot be written.
pub fn save(app: &App, user: &User, id: &str, fields: &Fields) -> Result<(), Failure> {
    let body = serde_json::to_string(fields).map_err(|e| Failure::Fault(e.to_string()))?;
    let params = [
        text(user.institution),
        text(kept_under(user, id)),
        text(user.person),
        text("disclosure"),
        text(body),
        Sql::Int(app.store.now_ms()),
    ];
    app.store.write(move |db| {
        db.exec(
            "INSERT INTO draft (institution, id, person, kind, body, saved_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (institution, id) DO UPDATE SET body = excluded.body, saved_at = excluded.saved_at",
            &params,
        )?;
        Ok(())
    })?;
    Ok(())
}

/// What is typed so far, and when it was kept.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn load(app: &App, req: &Req) -> Result<(Fields, i64), Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    // Drafts of earlier versions are kept under their bare id.
    let id = req.param("draft");
    let row =
        app.store.read(|db| {
            db.row(
            "SELECT body, saved_at FROM draft WHERE institution = $1 AND id IN ($2, $3) AND person = $4 AND kind = 'disclosure' ORDER BY saved_at DESC",
            &[text(user.institution), text(id), text(kept_under(user, id)), text(user.person)],
        )
        })?;
    let Some(row) = row else {
        // Nothing typed yet: a returned disclosure begins with what it said.
        let (_, details) = again::returned(app, user, id)?.ok_or(Failure::NotFound)?;
        return Ok((again::fields(&details), app.store.now_ms()));
    };
    Ok((
        serde_json::from_str(row.text(0)).unwrap_or_default(),
        row.int(1),
    ))
}

/// Lets go of a draft that is submitted.
///
/// # Errors
/// When the database cannot be written.
pub fn drop(app: &App, user: &User, id: &str) -> Result<(), Failure> {
    let params = [
        text(user.institution),
        text(id),
        text(kept_under(user, id)),
        text(user.person),
    ];
    app.store.write(move |db| {
        db.exec(
            "DELETE FROM draft WHERE institution = $1 AND id IN ($2, $3) AND person = $4",
            &params,
        )?;
        Ok(())
    })?;
    Ok(())
}
