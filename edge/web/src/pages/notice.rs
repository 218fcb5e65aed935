//! 公示 — the public list of notices and one notice, as it is read and printed.

mod stood;

use askama::Template;
use axum::http::header;
use dukou_chain::publicity::page::number;
use dukou_journal::StreamId;
use dukou_kernel::{DealId, InstitutionId};
use serde_json::{Value, json};

use stood::{Stood, standing, stood};

use crate::app::App;
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;

/// One row.
pub struct Row {
    /// Id.
    pub id: String,
    /// Number.
    pub number: String,
    /// What.
    pub titles: String,
    /// Kind.
    pub kind: String,
    /// Posted.
    pub posted: String,
    /// Last day.
    pub last: String,
    /// Pending calendar.
    pub pending: bool,
    /// State.
    pub state: String,
    /// Tone.
    pub tone: &'static str,
}

#[derive(Template)]
#[template(path = "notices.html")]
struct List {
    p: Page,
    rows: Vec<Row>,
}

/// The institution whose notices a visitor sees: the reader's own, else the
/// first of the installation.
fn institution_of(app: &App, req: &Req) -> Result<Option<InstitutionId>, Failure> {
    match &req.user {
        Some(user) => Ok(Some(user.institution)),
        None => Ok(app.store.institutions()?.first().copied()),
    }
}

/// The list.
///
/// # Errors
/// When the database cannot be read.
pub fn list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let Some(id) = institution_of(app, req)? else {
        return Err(Failure::NotFound);
    };
    let institution = data::institution(app, id)?;
    let name = institution
        .profile
        .as_ref()
        .map_or("", |it| it.name_zh.as_str())
        .to_owned();
    let found = app.store.read(|db| {
        db.rows(
            "SELECT id, kind, year, ordinal, posted_on, last_raw, last_day, standing, titles FROM notice WHERE institution = $1 ORDER BY posted_on DESC, ordinal DESC LIMIT 200",
            &[text(id)],
        )
    })?;
    let today = app.store.today().to_string();
    let rows = found
        .iter()
        .map(|row| {
            let pending = row.is_null(6);
            let last = if pending { row.text(5) } else { row.text(6) };
            let over = !pending && last < today.as_str();
            let is = row.text(7);
            let (zh, en, tone) = standing(is == "void", is == "closed", over);
            let reward = row.text(1) == "reward";
            Row {
                id: row.text(0).to_owned(),
                number: number(&name, row.int(2), row.int(3), req.lang),
                titles: row.text(8).to_owned(),
                kind: if reward {
                    req.t("奖励公示", "Rewards").to_owned()
                } else {
                    req.t("价格公示", "Price").to_owned()
                },
                posted: row.text(4).to_owned(),
                last: last.to_owned(),
                pending,
                state: req.t(zh, en).to_owned(),
                tone,
            }
        })
        .collect();
    Answer::html(&List {
        p: Page::new(app, req)?,
        rows,
    })
}

/// Notices for programs: 公示, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn api_list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let id = institution_of(app, req)?.ok_or(Failure::NotFound)?;
    let most = crate::api::limit(req);
    let mut params = vec![text(id)];
    let mut on = "";
    if let Some([posted, last]) = crate::api::after(req, "notices") {
        on = " AND (posted_on < $2 OR (posted_on = $2 AND id < $3))";
        params.extend([text(posted), text(last)]);
    }
    let sql = format!(
        "SELECT id, kind, year, ordinal, posted_on, last_day, standing, titles FROM notice WHERE institution = $1{on} ORDER BY posted_on DESC, id DESC LIMIT {most}"
    );
    let found = app.store.read(|db| db.rows(&sql, &params))?;
    let items: Vec<Value> = found
        .iter()
        .map(|row| {
            let last = (!row.is_null(5)).then(|| row.text(5));
            json!({
                "id": row.text(0), "kind": row.text(1), "year": row.int(2), "ordinal": row.int(3),
                "posted_on": row.text(4), "last_day": last, "standing": row.text(6),
                "titles": row.text(7),
            })
        })
        .collect();
    let last = found.last().map(|row| [row.text(4), row.text(0)]);
    let key = last.as_ref().map(<[&str; 2]>::as_slice);
    let cursor = crate::api::next(found.len(), most, "notices", key);
    crate::api::resource(req, &json!({"items": items, "next": cursor}))
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Paper {
    p: Page,
    id: String,
    stood: Stood,
    code: String,
    seq: i64,
    deal: String,
}

/// One notice: what stood in the open, and how it went.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (institution, deal) = found(app, req)?;
    let id = req.param("id");
    let stood = stood(app, (institution, deal), id, req.lang)?;
    let (seq, code) = seal(app, institution, deal, id)?;
    Answer::html(&Paper {
        p: Page::new(app, req)?,
        id: id.to_owned(),
        stood,
        code,
        seq,
        deal: req
            .user
            .as_ref()
            .map_or_else(String::new, |_| format!("/deals/{deal}")),
    })
}

/// The page as it was posted, byte by byte. It runs nothing, asks for nothing, and
/// stands in no frame.
///
/// # Errors
/// Not found, or the database or the file cannot be read.
pub fn page(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (institution, deal) = found(app, req)?;
    let stood = stood(app, (institution, deal), req.param("id"), req.lang)?;
    let (file, bytes) = stood.file.zip(stood.bytes).ok_or(Failure::NotFound)?;
    let mut answer = Answer::bytes("text/html; charset=utf-8", bytes);
    answer.headers.push((
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox".to_owned(),
    ));
    let tag = format!("\"{file}\"");
    Ok(crate::api::tagged(req, tag, answer))
}

/// One notice for programs, in the words of the page.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn api_show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (institution, deal) = found(app, req)?;
    let id = req.param("id");
    let stood = stood(app, (institution, deal), id, req.lang)?;
    let (seq, code) = seal(app, institution, deal, id)?;
    let it = stood.article(req.lang);
    let sections: Vec<Value> = it
        .sections
        .iter()
        .map(|one| json!({"heading": one.heading, "text": one.text}))
        .collect();
    let void = stood
        .void
        .then(|| req.t("本公示已作废。", "This notice is void."));
    let deal = req.user.as_ref().map(|_| deal.to_string());
    crate::api::resource(
        req,
        &json!({
            "id": id, "docno": it.docno, "heading": it.heading, "to": it.to,
            "intro": it.intro, "sections": sections, "office": it.office, "date": it.date,
            "seq": seq, "code": code, "void": void, "deal": deal,
            "page": stood.file, "kept": stood.kept.code(),
        }),
    )
}

/// The institution and the deal of a notice.
fn found(app: &App, req: &Req) -> Result<(InstitutionId, DealId), Failure> {
    let institution = institution_of(app, req)?.ok_or(Failure::NotFound)?;
    let row = app.store.read(|db| {
        db.row(
            "SELECT deal FROM notice WHERE institution = $1 AND id = $2",
            &[text(institution), text(req.param("id"))],
        )
    })?;
    let row = row.ok_or(Failure::NotFound)?;
    let deal = row.text(0).parse().map_err(|_| Failure::NotFound)?;
    Ok((institution, deal))
}

/// Number and short hash of the entry that posted the notice, by which a
/// reader can check the paper.
fn seal(
    app: &App,
    institution: InstitutionId,
    deal: DealId,
    id: &str,
) -> Result<(i64, String), Failure> {
    let entries = app.store.entries(institution, StreamId::Deal(deal))?;
    let found = entries
        .iter()
        .find(|(entry, _)| entry.meta.kind.contains("posted.v") && entry.body.contains(id));
    Ok(found.map_or((0, String::new()), |(entry, hash)| {
        let hex = crate::session::hex(hash);
        let code: Vec<&str> = [0, 4, 8]
            .iter()
            .filter_map(|at| hex.get(*at..*at + 4))
            .collect();
        (entry.meta.seq, code.join(" "))
    }))
}
