//! Health, static files, language and theme, and what does not exist.

use axum::http::{StatusCode, header};
use dukou_store::{Engine, Trouble};

use crate::app::App;
use crate::failure::Failure;
use crate::meters::Now;
use crate::page::Answer;
use crate::request::Req;

const CSS: &str = include_str!("../../static/dukou.css");
const JS: &str = include_str!("../../static/dukou.js");
const ICONS: &str = include_str!("../../static/icons.svg");
const MARK: &str = include_str!("../../static/mark.svg");

/// Says that the server answers and its database can be read.
///
/// # Errors
/// When the database cannot be read.
pub fn health(app: &App, _req: &Req) -> Result<Answer, Failure> {
    app.store.read(|db| db.row("SELECT 1", &[]))?;
    Ok(Answer::bytes("text/plain; charset=utf-8", b"ok\n".to_vec()))
}

/// Says that requests can be sent here: the database answers and the writer writes.
/// A server that starts, stops, has lost its database, found it damaged or has no room
/// to write answers 503.
///
/// # Errors
/// None: what fails is the answer.
pub fn ready(app: &App, _req: &Req) -> Result<Answer, Failure> {
    let database = app.store.read(|db| db.row("SELECT 1", &[])).map(drop);
    let writer = app.store.write(|_| Ok(()));
    let trouble = app.store.trouble();
    let word = |fine: bool| if fine { "ok" } else { "failed" };
    let writes = trouble.map_or(word(writer.is_ok()), Trouble::word);
    let mut text = format!(
        "database {}\nwriter {writes}\npages {}\n",
        word(database.is_ok()),
        word(!app.watch.damaged())
    );
    let stopping = app.stopping();
    if stopping {
        text.push_str("server stopping\n");
    }
    let mut answer = Answer::bytes("text/plain; charset=utf-8", text.into_bytes());
    let fails = app.watch.damaged() || trouble.is_some() || database.and(writer).is_err();
    if stopping || fails {
        answer.status = StatusCode::SERVICE_UNAVAILABLE;
    }
    Ok(answer)
}

/// Figures for Prometheus, to the machines that the settings name and that ask
/// for themselves: this one unless told otherwise.
///
/// # Errors
/// Nothing is here for anybody else.
pub fn metrics(app: &App, req: &Req) -> Result<Answer, Failure> {
    let watchers = &app.settings.metrics_from;
    if !req.direct.is_some_and(|it| watchers.hold(it)) {
        return Err(Failure::NotFound);
    }
    let now = app.store.now_ms();
    let now = app.store.read(|db| {
        let heads = db.rows(
            "SELECT institution, seq FROM head ORDER BY institution",
            &[],
        )?;
        let sessions = db.row(
            "SELECT COUNT(*) FROM session WHERE expires_at > $1",
            &[now.into()],
        )?;
        let letters = db.row("SELECT COUNT(*) FROM hook_letter", &[])?;
        Ok(Now {
            engine: match db.engine() {
                Engine::Sqlite => "sqlite",
                Engine::Postgres => "postgres",
            },
            heads: heads
                .iter()
                .map(|row| (row.text(0).to_owned(), row.int(1)))
                .collect(),
            sessions: sessions.map_or(0, |row| row.int(0)),
            letters: letters.map_or(0, |row| row.int(0)),
            audit_dropped: app.trail.dropped(),
            backup_age: app.store.backup_age_seconds(),
        })
    })?;
    let text = app.meters.text(&now);
    let text = text.map_err(|error| Failure::Fault(error.to_string()))?;
    let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(Answer::bytes(media, text.into_bytes()))
}

/// Says that the address takes other methods; the router names them.
///
/// # Errors
/// Always.
pub fn other_method(_app: &App, _req: &Req) -> Result<Answer, Failure> {
    Err(Failure::Method)
}

/// A static file of the program.
///
/// # Errors
/// When there is none of this name.
pub fn asset(_app: &App, req: &Req) -> Result<Answer, Failure> {
    let (media, text) = match req.param("name") {
        "dukou.css" => ("text/css; charset=utf-8", CSS),
        "dukou.js" => ("text/javascript; charset=utf-8", JS),
        "icons.svg" => ("image/svg+xml", ICONS),
        "mark.svg" => ("image/svg+xml", MARK),
        _ => return Err(Failure::NotFound),
    };
    let mut answer = Answer::bytes(media, text.as_bytes().to_vec());
    answer
        .headers
        .push((header::CACHE_CONTROL, "public, max-age=86400".to_owned()));
    Ok(answer)
}

/// Language and theme, kept in cookies so that they hold before signing in too.
///
/// # Errors
/// None.
pub fn preferences(_app: &App, req: &Req) -> Result<Answer, Failure> {
    const YEAR: i64 = 365 * 86_400;
    let mut answer = Answer::see_other(req.field("next"));
    if let "zh" | "en" = req.field("lang") {
        answer = answer.cookie("dukou_lang", req.field("lang"), YEAR);
    }
    if req.fields.iter().any(|(key, _)| key == "theme") {
        let theme = req.field("theme");
        let known = matches!(theme, "light" | "dark");
        answer = answer.cookie("dukou_theme", if known { theme } else { "" }, YEAR);
    }
    Ok(answer)
}

/// What answers when nothing else does.
///
/// # Errors
/// Always [`Failure::NotFound`].
pub fn not_found(_app: &App, _req: &Req) -> Result<Answer, Failure> {
    Err(Failure::NotFound)
}
