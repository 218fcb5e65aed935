//! 法规文件 — the law files of this installation: what is loaded, what a file would
//! change before it is adopted, and the adoption.

use askama::Template;
use axum::http::StatusCode;
use dukou_chain::institution::{Law, LawFile};
use dukou_chain::people::Scope;
use dukou_journal::Actor;
use dukou_kernel::{Finding, Lang, Refusal, Text, text};
use dukou_rules::{Change, ChangeKind, Changed, Rulebook};
use dukou_store::Rejected;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::rules::{region_name, words};
use super::settings::{Said, said};
use crate::app::App;
use crate::authorise::authorise;
use crate::data;
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;

/// A file as it goes from the preview to the adoption.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    name: String,
    text: String,
}

/// A loaded file.
struct FileRow {
    name: String,
    region: String,
    lines: usize,
    /// The form's value that withdraws it.
    withdraw: String,
}

/// One change, in words.
#[derive(Serialize)]
struct ChangeRow {
    /// `added`, `changed`, `removed`, `ended`.
    kind: &'static str,
    id: String,
    meaning: String,
    region: String,
    from: String,
    before: String,
    after: String,
    article: String,
}

#[derive(Template)]
#[template(path = "law.html")]
struct LawPage {
    p: Page,
    files: Vec<FileRow>,
    fault: String,
    may_load: bool,
    errors: Vec<Said>,
    /// The files of the preview as the adoption sends them; empty without one.
    sent: String,
    changes: Vec<ChangeRow>,
    folder: String,
    reason: String,
    regions: Vec<(String, String)>,
}

/// The page.
///
/// # Errors
/// When the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    page(app, req, &[], None)
}

fn page(
    app: &App,
    req: &Req,
    findings: &[Finding],
    preview: Option<(Vec<Sent>, Vec<Change>)>,
) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let law = institution.law();
    let book = law.book();
    let (sent, changes) = preview.unwrap_or_default();
    let page = LawPage {
        p: Page {
            here: "/settings/law".to_owned(),
            ..Page::new(app, req)?
        },
        files: loaded(req, law),
        fault: law.fault().map_or_else(String::new, |it| {
            format!("{}:{} {}", it.file, it.line, it.message.get(req.lang))
        }),
        may_load: authorise(Some(&institution), Some(user), "admin.law") != Scope::None,
        errors: said(req, findings),
        sent: if sent.is_empty() {
            String::new()
        } else {
            json!(sent).to_string()
        },
        changes: changes.iter().map(|it| told(req.lang, book, it)).collect(),
        folder: req.field("folder").trim().to_owned(),
        reason: req.field("reason").trim().to_owned(),
        regions: book
            .regions()
            .map(|it| (it.code.clone(), it.name.get(req.lang).to_owned()))
            .collect(),
    };
    let status = if findings.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Answer::html_with(status, &page)
}

fn loaded(req: &Req, law: &Law) -> Vec<FileRow> {
    let row = |(name, text): (&String, &String)| {
        let (code, _) = name.split_once('/').unwrap_or((dukou_rules::COUNTRY, name));
        let gone = Sent {
            name: name.clone(),
            text: format!("# {}\n", req.t("撤下", "withdrawn")),
        };
        FileRow {
            name: name.clone(),
            region: region_name(law.book(), code, req.lang),
            lines: text.lines().count(),
            withdraw: json!([gone]).to_string(),
        }
    };
    law.files().iter().map(row).collect()
}

fn told(lang: Lang, book: &Rulebook, change: &Change) -> ChangeRow {
    let (before, after) = match &change.what {
        Changed::Value {
            unit,
            before,
            after,
        } => {
            let say = |it: &Option<dukou_rules::Value>| {
                it.as_ref()
                    .map_or_else(String::new, |value| words(value, *unit, lang))
            };
            (say(before), say(after))
        }
        Changed::Row { before, after } => {
            let say = |it: &Option<Text>| {
                it.as_ref()
                    .map_or_else(String::new, |it| it.get(lang).to_owned())
            };
            (say(before), say(after))
        }
        Changed::Region | Changed::Article => (String::new(), String::new()),
    };
    let code = &change.jurisdiction;
    ChangeRow {
        kind: match change.kind {
            ChangeKind::Added => "added",
            ChangeKind::Changed => "changed",
            ChangeKind::Removed => "removed",
            ChangeKind::Ended => "ended",
        },
        id: change.id.clone(),
        meaning: change.meaning.get(lang).to_owned(),
        region: if code.is_empty() {
            String::new()
        } else {
            region_name(book, code, lang)
        },
        from: change.from.map_or_else(String::new, |day| day.to_string()),
        before,
        after,
        article: change
            .article
            .as_ref()
            .map_or_else(String::new, |it| it.get(lang).to_owned()),
    }
}

/// The files of a form: those of the preview that is confirmed, or the uploads
/// under the region that was given.
fn sent(req: &Req) -> Result<Vec<Sent>, Finding> {
    let kept = req.field("files");
    if !kept.trim().is_empty() {
        return serde_json::from_str(kept).map_err(|_| {
            let say = text!(
                "预览的内容不完整，请重新上传。",
                "The preview is incomplete; upload the files again."
            );
            Finding::refused("law.preview", say).at("files")
        });
    }
    // Left empty it would make a province's rules those of the country.
    let folder = req.field("folder").trim().to_ascii_uppercase();
    if folder.is_empty() {
        let say = text!(
            "填写适用地区的代码：全国填 CN，省份如 CN-JS。",
            "Enter a region code: CN for the whole country, or a province's, such as CN-JS."
        );
        return Err(Finding::refused("law.region", say).at("folder"));
    }
    let mut files = Vec::new();
    for it in req.uploads.iter().filter(|it| it.field == "file") {
        if it.bytes.is_empty() {
            continue;
        }
        let text = String::from_utf8(it.bytes.clone()).map_err(|_| {
            let say = text!("文件不是 UTF-8 文本。", "The file is not UTF-8 text.");
            Finding::refused("upload.encoding", say).at("file")
        })?;
        let own = it.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = match folder.as_str() {
            dukou_rules::COUNTRY => own.to_owned(),
            code => format!("{code}/{own}"),
        };
        files.push(Sent { name, text });
    }
    if files.is_empty() {
        let say = text!("先选法规文件（TOML）。", "Choose law files (TOML) first.");
        return Err(Finding::refused("upload.missing", say).at("file"));
    }
    Ok(files)
}

fn pairs(files: &[Sent]) -> Vec<(String, String)> {
    files
        .iter()
        .map(|it| (it.name.clone(), it.text.clone()))
        .collect()
}

/// What would change, after every check that the adoption makes.
fn previewed(law: &Law, files: &[Sent], reason: &str) -> Result<Vec<Change>, Refusal> {
    let named = files
        .iter()
        .filter_map(|it| LawFile::new(&it.name, &it.text));
    let named: Vec<LawFile> = named.collect();
    law.load(&named, reason)?;
    Ok(law.preview(&pairs(files)).unwrap_or_default())
}

/// Shows what the uploaded files would change, or adopts what was shown.
///
/// # Errors
/// When the database cannot be written.
pub fn load(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let files = match sent(req) {
        Ok(files) => files,
        Err(finding) => return page(app, req, &[finding], None),
    };
    let reason = req.field("reason").trim();
    let institution = data::institution(app, user.institution)?;
    let changes = match previewed(institution.law(), &files, reason) {
        Ok(changes) => changes,
        Err(refusal) => {
            // What was chosen is kept, so that only what is wrong is typed again.
            let only_words = refusal
                .findings
                .iter()
                .all(|it| it.field.as_deref() == Some("reason"));
            let keep = only_words.then(|| {
                let changes = institution
                    .law()
                    .preview(&pairs(&files))
                    .unwrap_or_default();
                (files, changes)
            });
            return page(app, req, &refusal.findings, keep);
        }
    };
    if req.field("confirm") != "yes" {
        return page(app, req, &[], Some((files, changes)));
    }
    let actor = Actor::Person(user.person);
    match app
        .store
        .load_law(user.institution, actor, &pairs(&files), reason)
    {
        Ok(_) => Ok(Answer::see_other("/settings/law").toast(req.t("已载入", "Loaded"))),
        Err(Rejected::Refused(refusal)) => {
            page(app, req, &refusal.findings, Some((files, changes)))
        }
        Err(other) => Err(other.into()),
    }
}

/// Loads one law file; its TOML is the body of the call. With `dry_run` it answers
/// what would change and loads nothing.
///
/// # Errors
/// Not readable, refused with file and line, or the database cannot be written.
pub fn api_load(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let body = std::str::from_utf8(&req.body).map_err(|_| {
        let say = text!("正文不是 UTF-8 文本。", "The body is not UTF-8 text.");
        Failure::BadRequest(Finding::refused("upload.encoding", say))
    })?;
    let dry = req.query("dry_run") == "true";
    let files = [Sent {
        name: req.query("name").trim().to_owned(),
        text: body.to_owned(),
    }];
    let reason = req.query("reason").trim();
    let institution = data::institution(app, user.institution)?;
    let law = institution.law();
    let changes = previewed(law, &files, reason).map_err(Failure::Refused)?;
    let book = law.book();
    let told: Vec<ChangeRow> = changes.iter().map(|it| told(req.lang, book, it)).collect();
    if !dry {
        let actor = Actor::Person(user.person);
        app.store
            .load_law(user.institution, actor, &pairs(&files), reason)?;
    }
    Ok(Answer {
        status: if dry {
            StatusCode::OK
        } else {
            StatusCode::CREATED
        },
        ..Answer::json(&json!({"loaded": !dry, "changes": told}))
    })
}
