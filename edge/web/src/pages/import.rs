//! 导入 — an office's ledger in the browser: read, fix-list, mapping, import.

mod open;

pub use open::{api_act, api_begin, api_report};

use askama::Template;
use dukou_intake::{Batch, CellFinding, Field, Kind, Mapping, Options};
use dukou_journal::Actor;
use dukou_kernel::{Finding, Money, Severity, Text, text};
use dukou_store::Value;

use crate::app::App;
use crate::data::text as value;
use crate::failure::Failure;
use crate::ledger;
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

/// A choice of a column's meaning.
pub struct Meaning {
    /// As sent.
    pub word: &'static str,
    /// As read.
    pub label: String,
    /// Chosen.
    pub chosen: bool,
}

/// A column and what it holds.
pub struct ColumnView {
    /// Name of the input.
    pub name: String,
    /// Header.
    pub header: String,
    /// Meanings.
    pub meanings: Vec<Meaning>,
}

/// A sheet and what was found in it.
pub struct SheetView {
    /// File and sheet.
    pub name: String,
    /// Kind in words.
    pub kind: String,
    /// Good rows.
    pub accepted: usize,
    /// Rejected rows.
    pub rejected: usize,
    /// Skipped rows.
    pub skipped: usize,
    /// Columns, for correcting.
    pub columns: Vec<ColumnView>,
}

/// A line of the fix-list.
pub struct FixView {
    /// Sheet.
    pub sheet: String,
    /// Row.
    pub row: usize,
    /// Column.
    pub column: String,
    /// Code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub suggestion: String,
    /// Rejects the row.
    pub refused: bool,
}

#[derive(Template)]
#[template(path = "import.html")]
struct Start {
    p: Page,
    error: String,
}

#[derive(Template)]
#[template(path = "import_report.html")]
struct Report {
    p: Page,
    draft: String,
    sheets: Vec<SheetView>,
    fixes: Vec<FixView>,
    fix_count: usize,
    clean: bool,
    achievements: usize,
    contracts: usize,
    contracted: Money,
    receipts: usize,
    received: Money,
    distributions: usize,
    fresh: usize,
    seconds: usize,
}

/// Where a ledger is given.
///
/// # Errors
/// When the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    Answer::html(&Start {
        p: Page::new(app, req)?,
        error: String::new(),
    })
}

/// Takes the files, keeps them, and shows what they hold.
///
/// # Errors
/// When the database cannot be written.
pub fn submit(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let files: Vec<(&str, &[u8])> = req
        .uploads
        .iter()
        .map(|it| (it.name.as_str(), it.bytes.as_slice()))
        .collect();
    let refuse = |message: &str| {
        let page = Start {
            p: Page::new(app, req)?,
            error: message.to_owned(),
        };
        Answer::html_with(axum::http::StatusCode::UNPROCESSABLE_ENTITY, &page)
    };
    if files.is_empty() {
        return refuse(req.t(
            "选出要导入的 Excel 或 CSV 文件。",
            "Choose the Excel or CSV files to import.",
        ));
    }
    match begin(app, user, &files) {
        Ok((id, _)) => Ok(Answer::see_other(&format!("/import/{id}"))),
        Err(Failure::BadRequest(finding) | Failure::File(_, finding)) => {
            refuse(finding.message.get(req.lang))
        }
        Err(other) => Err(other),
    }
}

fn unreadable((file, reason): Wrong) -> Failure {
    let say = match file.is_empty() {
        true => reason,
        false => Text::new(
            format!("{file}: {}", reason.zh),
            format!("{file}: {}", reason.en),
        ),
    };
    Failure::BadRequest(Finding::refused("import.unreadable", say))
}

/// Keeps files that can be read; the id of their import and what they hold.
fn begin(app: &App, user: &User, files: &[(&str, &[u8])]) -> Result<(String, Batch), Failure> {
    let (batch, _) = read(app, user, files).map_err(unreadable)?;
    let mut kept = Vec::new();
    for (name, bytes) in files {
        kept.push((super::file::put(app, user, name, bytes)?, *name));
    }
    let id = uuid::Uuid::now_v7().to_string();
    let body = serde_json::to_string(&kept).map_err(|e| Failure::Fault(e.to_string()))?;
    let params = [
        value(user.institution),
        value(&id),
        value(user.person),
        value("import"),
        value(body),
        Value::Int(app.store.now_ms()),
    ];
    app.store.write(move |db| {
        db.exec(
            "INSERT INTO draft (institution, id, person, kind, body, saved_at) VALUES ($1, $2, $3, $4, $5, $6)",
            &params,
        )
    })?;
    Ok((id, batch))
}

type Files = Vec<(String, Vec<u8>)>;

fn kept_files(app: &App, req: &Req) -> Result<Files, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let row = app.store.read(|db| {
        db.row(
            "SELECT body FROM draft WHERE institution = $1 AND id = $2 AND person = $3 AND kind = 'import'",
            &[value(user.institution), value(req.param("draft")), value(user.person)],
        )
    })?;
    let row = row.ok_or(Failure::NotFound)?;
    let kept: Vec<(String, String)> = serde_json::from_str(row.text(0)).unwrap_or_default();
    let mut files = Files::new();
    for (hash, name) in kept {
        let bytes = app.store.file(&hash)?.ok_or(Failure::NotFound)?;
        files.push((name, bytes));
    }
    Ok(files)
}

type Wrong = (String, Text);

fn read(
    app: &App,
    user: &User,
    files: &[(&str, &[u8])],
) -> Result<(Batch, ledger::InSystem), Wrong> {
    let broken = |error: dukou_store::Fault| (String::new(), text!("{error}", "{error}"));
    let known = ledger::in_system(&app.store, user.institution).map_err(broken)?;
    let mappings = ledger::saved_mappings(&app.store, user.institution).map_err(broken)?;
    let options = Options {
        today: app.store.today(),
        mappings: &mappings,
        known: &known,
    };
    let batch =
        dukou_intake::read(files, &options, &mut |_, _| {}).map_err(|it| (it.file, it.reason))?;
    Ok((batch, known))
}

fn read_kept(app: &App, req: &Req) -> Result<(Files, Batch, ledger::InSystem), Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let files = kept_files(app, req)?;
    let refs: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let (batch, known) = read(app, user, &refs).map_err(unreadable)?;
    Ok((files, batch, known))
}

/// Most lines of the fix-list on the page; the Excel has all.
const FIXES: usize = 300;

/// What the files hold, what is wrong, and what would be imported.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn report(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (_, batch, _) = read_kept(app, req)?;
    let fresh = fresh(&batch);
    Answer::html(&Report {
        p: Page::new(app, req)?,
        draft: req.param("draft").to_owned(),
        sheets: sheets(&batch, req),
        fixes: batch
            .findings
            .iter()
            .take(FIXES)
            .map(|it| fix(&batch, it, req))
            .collect(),
        fix_count: batch.findings.len(),
        clean: batch.is_clean(),
        achievements: batch.totals.achievements,
        contracts: batch.totals.contracts,
        contracted: batch.totals.contracted,
        receipts: batch.totals.receipts,
        received: batch.totals.received,
        distributions: batch.totals.distributions,
        fresh,
        // Some two thousand rows a second, and never less than one.
        seconds: fresh / 2_000 + 1,
    })
}

/// Good rows that Dukou does not have yet.
fn fresh(batch: &Batch) -> usize {
    let accepted = &batch.accepted;
    let news = [
        accepted
            .achievements
            .iter()
            .filter(|it| !it.already)
            .count(),
        accepted.contracts.iter().filter(|it| !it.already).count(),
        accepted.receipts.iter().filter(|it| !it.already).count(),
        accepted
            .distributions
            .iter()
            .filter(|it| !it.already)
            .count(),
    ];
    news.iter().sum()
}

fn fix(batch: &Batch, finding: &CellFinding, req: &Req) -> FixView {
    FixView {
        sheet: batch
            .sheets
            .get(finding.sheet)
            .map(|it| it.sheet.clone())
            .unwrap_or_default(),
        row: finding.row,
        column: finding.name.get(req.lang).to_owned(),
        code: finding.code.word(),
        message: finding.message.get(req.lang).to_owned(),
        suggestion: finding.suggestion.get(req.lang).to_owned(),
        refused: finding.severity == Severity::Refused,
    }
}

fn sheets(batch: &Batch, req: &Req) -> Vec<SheetView> {
    batch
        .sheets
        .iter()
        .enumerate()
        .map(|(at, sheet)| SheetView {
            name: format!("{} · {}", sheet.file, sheet.sheet),
            kind: sheet.kind.map_or_else(
                || req.t("不认识，略过", "unknown, left out").to_owned(),
                |kind| kind.title().get(req.lang).to_owned(),
            ),
            accepted: sheet.accepted,
            rejected: sheet.rejected,
            skipped: sheet.skipped,
            columns: match (&sheet.mapping, sheet.kind) {
                (Some(mapping), Some(kind)) => columns(at, mapping, kind, req),
                _ => Vec::new(),
            },
        })
        .collect()
}

fn columns(at: usize, mapping: &Mapping, kind: Kind, req: &Req) -> Vec<ColumnView> {
    mapping
        .columns
        .iter()
        .map(|column| ColumnView {
            name: format!("map.{at}.{}", column.index),
            header: column.header.clone(),
            meanings: kind
                .fields()
                .iter()
                .map(|field| Meaning {
                    word: field.word(),
                    label: field.name_in(kind).get(req.lang).to_owned(),
                    chosen: column.field == Some(*field),
                })
                .collect(),
        })
        .collect()
}

/// Saves a corrected mapping, or imports.
///
/// # Errors
/// Not found, refused, or the database cannot be written.
pub fn act(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (_, batch, known) = read_kept(app, req)?;
    if req.field("act") == "mapping" {
        save_mappings(app, user, &req.fields, &batch)?;
        let here = format!("/import/{}", req.param("draft"));
        return Ok(Answer::see_other(&here).toast(req.t("对应关系已存", "Mapping saved")));
    }
    carry_out(
        app,
        user,
        (&batch, &known),
        req.field("accept_good") == "yes",
    )?;
    Ok(Answer::see_other("/cases?standing=history").toast(req.t("已导入", "Imported")))
}

/// Imports the rows that are good and new; how many commands that took.
fn carry_out(
    app: &App,
    user: &User,
    (batch, known): (&Batch, &ledger::InSystem),
    accept_good: bool,
) -> Result<usize, Failure> {
    if !batch.is_clean() && !accept_good {
        return Err(Failure::BadRequest(Finding::refused(
            "import.rejected",
            text!(
                "有行被拒绝。改好文件后重传，或勾选“只导入好的行”。",
                "Rows were rejected. Mend the file and send it again, or tick to import the good rows only."
            ),
        )));
    }
    let actor = Actor::Person(user.person);
    let commands = ledger::commands(&app.store, user.institution, &actor, batch, known)?;
    let count = commands.len();
    if !commands.is_empty() {
        app.store
            .execute_all(commands)
            .map_err(|(_, rejected)| Failure::from(rejected))?;
    }
    Ok(count)
}

/// Keeps which column holds what: `map.SHEET.COLUMN` names a column, the word a field.
fn save_mappings(
    app: &App,
    user: &User,
    chosen: &[(String, String)],
    batch: &Batch,
) -> Result<(), Failure> {
    for (at, sheet) in batch.sheets.iter().enumerate() {
        let Some(mut mapping) = sheet.mapping.clone() else {
            continue;
        };
        let mut changed = false;
        for column in &mut mapping.columns {
            let name = format!("map.{at}.{}", column.index);
            let Some((_, word)) = chosen.iter().find(|(key, _)| *key == name) else {
                continue;
            };
            let field = Field::from_word(word);
            changed |= field != column.field;
            column.field = field;
        }
        if !changed {
            continue;
        }
        let json = serde_json::to_string(&mapping).map_err(|e| Failure::Fault(e.to_string()))?;
        let params = [
            value(user.institution),
            value(&mapping.fingerprint),
            value(json),
            Value::Int(app.store.now_ms()),
        ];
        app.store.write(move |db| {
            db.exec(
                "INSERT INTO import_mapping (institution, fingerprint, mapping, saved_at) VALUES ($1, $2, $3, $4) ON CONFLICT (institution, fingerprint) DO UPDATE SET mapping = excluded.mapping, saved_at = excluded.saved_at",
                &params,
            )
        })?;
    }
    Ok(())
}

/// The files again, with comments at the bad cells.
///
/// # Errors
/// Not found, or the workbook cannot be written.
pub fn fix_list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (files, batch, _) = read_kept(app, req)?;
    let refs: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let bytes = dukou_intake::fix_list_xlsx(&refs, &batch, req.lang)
        .map_err(|it| Failure::Fault(it.reason.en))?;
    let media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(Answer::download(
        media,
        req.t("待改清单.xlsx", "fix-list.xlsx"),
        bytes,
    ))
}
