//! 披露 — at most three short steps. It asks first whether the result is or may
//! be a state secret; then nothing of its content is entered or stored.

mod again;
mod draft;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use dukou_chain::people::Scope;
use dukou_chain::terms::{Disclosed, Funding, PriorKind, ResultKind};
use dukou_chain::whole::Command;
use dukou_journal::Actor;
use dukou_kernel::{CaseId, Finding, Lang, PersonId};
use dukou_store::{Envelope, Rejected};
use serde_json::{Map, Value, json};

use super::step;
use crate::app::App;
use crate::authorise::{authorise, for_others};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::forms::{self, Choice, Field, FormView, Kind, Spec, Tried};
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

#[derive(Template)]
#[template(path = "disclose_begin.html")]
struct Begin {
    p: Page,
    secret: bool,
    drafts: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "disclose.html")]
struct Write {
    p: Page,
    form: FormView,
    step: usize,
    draft: String,
    saved_at: String,
    review: Vec<(String, String)>,
    minutes: usize,
    inventors: Vec<(String, String)>,
}

/// The first question, and the drafts that wait.
///
/// # Errors
/// When the database cannot be read.
pub fn begin(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let found = app.store.read(|db| {
        db.rows(
            "SELECT id, body, saved_at FROM draft WHERE institution = $1 AND person = $2 AND kind = 'disclosure' ORDER BY saved_at DESC LIMIT 20",
            &[text(user.institution), text(user.person)],
        )
    })?;
    let mut drafts: Vec<(String, String, String)> = found
        .iter()
        .map(|row| {
            let body: Map<String, Value> = serde_json::from_str(row.text(1)).unwrap_or_default();
            let title = body
                .get("details.title")
                .and_then(first_text)
                .unwrap_or_default();
            let title = if title.is_empty() {
                req.t("（还没有名称）", "(no title yet)").to_owned()
            } else {
                title
            };
            let id = row.text(0).split(':').next().unwrap_or_default();
            (id.to_owned(), title, super::moment(row.int(2)))
        })
        .collect();
    // One that an earlier version began stands once.
    let mut listed = BTreeSet::new();
    drafts.retain(|(id, ..)| listed.insert(id.clone()));
    let secret = req.query("secret") == "yes";
    Answer::html(&Begin {
        p: Page::new(app, req)?,
        secret,
        drafts,
    })
}

fn first_text(value: &Value) -> Option<String> {
    value.as_array()?.first()?.as_str().map(str::to_owned)
}

/// Takes the answer to the first question. A possible secret stores nothing.
///
/// # Errors
/// When the database cannot be written.
pub fn answer(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    match req.field("secrecy") {
        "no" => {
            let id = uuid::Uuid::now_v7().to_string();
            let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
            fields.insert(
                "details.contributors.person".to_owned(),
                vec![user.person.to_string()],
            );
            draft::save(app, user, &id, &fields)?;
            Ok(Answer::see_other(&format!("/disclose/{id}?step=1")))
        }
        "yes" => Ok(Answer::see_other("/disclose?secret=yes")),
        _ => Ok(Answer::see_other("/disclose")),
    }
}

type Fields = BTreeMap<String, Vec<String>>;

macro_rules! choices {
    ($kind:ty) => {
        <$kind>::ALL
            .iter()
            .map(|it| Choice {
                value: it.code().to_owned(),
                label: it.label(),
            })
            .collect()
    };
}

fn spec(number: usize, app: &App, user: &User) -> Result<Spec, Failure> {
    let institution = data::institution(app, user.institution)?;
    let units: Vec<Choice> = institution
        .units
        .iter()
        .map(|(id, (zh, en))| Choice {
            value: id.to_string(),
            label: dukou_kernel::Text::new(zh.clone(), if en.is_empty() { zh } else { en }.clone()),
        })
        .collect();
    let people = step::roster(app, user)?;
    let fields = match number {
        1 => vec![
            Field::new("details.title", Kind::Line, "这项成果叫什么", "What is this result called")
                .hint("写做成了什么，不写课题名。", "What was made, not the name of the project."),
            Field::new("nearest", Kind::Hidden, "最接近的已有工作", "Nearest known work").optional(),
            Field::new("details.novelty", Kind::Long(600), "与它们相比，新在哪里", "What is new against them")
                .hint("一句话说差别，一句话说带来什么。能写数字就写数字。", "One sentence on the difference, one on what it brings. Numbers where you have them."),
            Field::new("details.contributors", Kind::Shares(people), "谁做了贡献，各占多少", "Who contributed, and how much")
                .hint("份额是将来分配收益的起点，每个人都要确认；以后可以改，改了留痕。合计正好100%。", "Shares start every later distribution and each person confirms; changes stay visible. Exactly 100%."),
        ],
        2 => vec![
            Field::new("details.kind", Kind::Choose(choices!(ResultKind)), "成果类型", "Kind of result"),
            Field::new("details.unit", Kind::Choose(units), "所在单位", "College or unit").optional(),
            Field::new("details.funding", Kind::Several(choices!(Funding)), "经费来源", "Funding"),
            Field::new("details.funding_note", Kind::Line, "项目编号或合同", "Project number or contract").optional(),
            Field::new("details.disclosed", Kind::Choose(choices!(Disclosed)), "公开了吗", "Is it public")
                .hint("论文、会议、展览、网络都算公开；公开前申请才有新颖性。", "Papers, talks, fairs and the web count; file before publishing."),
            Field::new("details.disclosed_on", Kind::Day, "公开日期", "Day of publication")
                .hint("已经或即将公开时填", "When public or planned").optional(),
            Field::new("evidence", Kind::File, "有什么证据", "Evidence").hint("测试记录、图纸、论文稿", "Measurements, drawings, drafts").optional(),
        ],
        _ => Vec::new(),
    };
    Ok(Spec {
        command: "disclosure.submit",
        title: dukou_kernel::Text::new("披露一项成果", "Disclose a result"),
        happens: dukou_kernel::Text::default(),
        basis: dukou_kernel::Text::new(
            "促进科技成果转化法第19条；教科技〔2020〕1号，职务科技成果披露制度",
            "Transfer Law art. 19; MOE Doc. 1 (2020), disclosure of service achievements",
        ),
        verb: dukou_kernel::Text::new("提交披露", "Submit the disclosure"),
        danger: false,
        fields,
        new_id: None,
    })
}

/// Three nearest works are three lines of kind and text.
fn nearest(fields: &Fields) -> Vec<(String, String)> {
    let column = |name: &str| {
        fields
            .get(&format!("nearest.{name}"))
            .cloned()
            .unwrap_or_default()
    };
    let (kinds, texts) = (column("kind"), column("text"));
    texts
        .iter()
        .enumerate()
        .map(|(at, text)| {
            (
                kinds.get(at).cloned().unwrap_or_default(),
                text.trim().to_owned(),
            )
        })
        .collect()
}

fn number(req: &Req) -> usize {
    req.query("step").parse().unwrap_or(1).clamp(1, 3)
}

/// A request that carries the draft's fields as if they had been typed now.
fn with_fields(req: &Req, fields: &Fields) -> Req {
    let pairs = fields
        .iter()
        .flat_map(|(key, values)| values.iter().map(move |value| (key.clone(), value.clone())));
    Req {
        fields: pairs.collect(),
        ..req.clone()
    }
}

/// One step of the form, with what the draft holds.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (fields, saved_at) = draft::load(app, req)?;
    render(app, req, &fields, saved_at, number(req), Tried::default())
}

fn render(
    app: &App,
    req: &Req,
    fields: &Fields,
    saved_at: i64,
    step: usize,
    tried: Tried,
) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let filled = with_fields(req, fields);
    let spec = spec(step, app, user)?;
    let action = format!("/disclose/{}?step={step}", req.param("draft"));
    let bad = !tried.errors.is_empty() || !tried.findings.is_empty();
    let form = forms::view(&spec, &filled, &action, 0, Some(&tried));
    let status = if bad {
        axum::http::StatusCode::UNPROCESSABLE_ENTITY
    } else {
        axum::http::StatusCode::OK
    };
    let works = nearest(fields);
    let mut rows: Vec<NearRow> = (0..3).map(|at| near_row(works.get(at), req.lang)).collect();
    rows.truncate(3);
    let page = Write {
        p: Page::new(app, req)?,
        step,
        draft: req.param("draft").to_owned(),
        saved_at: super::moment(saved_at),
        review: if step == 3 {
            review(app, req, fields)?
        } else {
            Vec::new()
        },
        inventors: if step == 3 {
            inventors(app, user, fields)?
        } else {
            Vec::new()
        },
        minutes: [0, 6, 3, 1].get(step).copied().unwrap_or(1),
        form: with_nearest(form, rows, tried.errors.get("nearest")),
    };
    Answer::html_with(status, &page)
}

struct NearRow {
    kind: String,
    text: String,
}

fn near_row(work: Option<&(String, String)>, _lang: Lang) -> NearRow {
    let (kind, text) = work.cloned().unwrap_or_default();
    NearRow { kind, text }
}

/// The nearest works ride on the form's rows: kind as choice, text as words.
fn with_nearest(mut form: FormView, rows: Vec<NearRow>, error: Option<&String>) -> FormView {
    for field in form
        .fields
        .iter_mut()
        .filter(|field| field.name == "nearest")
    {
        field.kind = "works";
        field.error = error.cloned().unwrap_or_default();
        field.rows = rows
            .iter()
            .map(|row| forms::RowView {
                first: row.kind.clone(),
                amount: row.text.clone(),
                ..forms::RowView::default()
            })
            .collect();
    }
    form
}

fn collect(req: &Req, fields: &mut Fields, step: usize) {
    let prefix: &[&str] = match step {
        1 => &[
            "details.title",
            "nearest.",
            "details.novelty",
            "details.contributors.",
        ],
        2 => &[
            "details.kind",
            "details.unit",
            "details.funding",
            "details.disclosed",
            "evidence",
        ],
        _ => &["on_behalf"],
    };
    let mine = |key: &str| prefix.iter().any(|it| key.starts_with(it));
    fields.retain(|key, _| !mine(key));
    for (key, value) in req.fields.iter().filter(|(key, _)| mine(key)) {
        fields.entry(key.clone()).or_default().push(value.clone());
    }
    for (key, value) in req
        .fields
        .iter()
        .filter(|(key, _)| key.starts_with("_kept_"))
    {
        if !value.is_empty() {
            fields.insert(key.clone(), vec![value.clone()]);
        }
    }
}

/// Keeps what is typed; answers nothing but that it is kept.
///
/// # Errors
/// Not found, or the database cannot be written.
pub fn autosave(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (mut fields, _) = draft::load(app, req)?;
    collect(req, &mut fields, number(req));
    draft::save(app, user, req.param("draft"), &fields)?;
    Ok(Answer::json(&json!({"saved": true})))
}

/// Takes a step: checks it, keeps it, and goes on, or submits at the end.
///
/// # Errors
/// Not found, refused, or the database cannot be written.
pub fn save(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let step = number(req);
    let (mut fields, _) = draft::load(app, req)?;
    collect(req, &mut fields, step);
    let mut tried = Tried::default();
    for upload in req.uploads.iter().filter(|it| it.field == "evidence") {
        match super::file::put(app, user, &upload.name, &upload.bytes) {
            Ok(hash) => {
                let kept = format!("{hash}|{}", upload.name);
                fields.insert("_kept_evidence".to_owned(), vec![kept]);
            }
            Err(Failure::BadRequest(finding) | Failure::File(_, finding)) => {
                let message = finding.message.get(req.lang).to_owned();
                tried.errors.insert("evidence".to_owned(), message);
            }
            Err(other) => return Err(other),
        }
    }
    draft::save(app, user, req.param("draft"), &fields)?;
    if req.field("go") == "later" {
        return Ok(Answer::see_other("/disclose"));
    }
    let filled = with_fields(req, &fields);
    let (value, on_behalf, errors) = read_all(app, user, &filled, step)?;
    tried.errors.extend(errors);
    let outcome = submit(app, req, user, value, on_behalf, step < 3);
    if let Err(Failure::Refused(refusal)) = &outcome {
        place(&refusal.findings, step, req.lang, &mut tried);
    }
    if tried.errors.is_empty() && tried.findings.is_empty() {
        if step < 3 {
            let next = format!("/disclose/{}?step={}", req.param("draft"), step + 1);
            return Ok(Answer::see_other(&next));
        }
        let case = outcome?;
        draft::drop(app, user, req.param("draft"))?;
        let done = req.t("披露已提交", "The disclosure is submitted");
        return Ok(Answer::see_other(&format!("/cases/{case}")).toast(done));
    }
    render(app, req, &fields, app.store.now_ms(), step, tried)
}

/// Findings of fields that this step shows go onto them; a later step's wait
/// for that step; the last step shows everything.
fn place(findings: &[Finding], step: usize, lang: Lang, tried: &mut Tried) {
    let first: &[&str] = &["title", "nearest", "novelty", "contributors", "secrecy"];
    let second: &[&str] = &[
        "kind",
        "unit",
        "funding",
        "funding_note",
        "disclosed",
        "disclosed_on",
        "evidence",
    ];
    for finding in findings {
        let at = finding.field.as_deref().unwrap_or_default();
        let here = match step {
            1 => first.contains(&at),
            2 => second.contains(&at),
            _ => true,
        };
        if !here {
            continue;
        }
        let message = finding.message.get(lang).to_owned();
        let key = if at == "nearest" {
            at.to_owned()
        } else {
            format!("details.{at}")
        };
        if step == 3 || at.is_empty() {
            tried.findings.push(finding.clone());
        } else {
            tried.errors.entry(key).or_insert(message);
        }
    }
}

type ReadAll = (Value, Option<PersonId>, BTreeMap<String, String>);

/// The command's JSON from all steps; errors only of the given step.
fn read_all(app: &App, user: &User, req: &Req, step: usize) -> Result<ReadAll, Failure> {
    let mut value = Map::new();
    let mut errors = BTreeMap::new();
    for number in [1, 2] {
        let spec = spec(number, app, user)?;
        let reading = forms::read(&spec, req, &BTreeMap::new());
        if number == step || step == 3 {
            errors.extend(reading.errors);
        }
        merge(&mut value, reading.value);
    }
    let details = value.entry("details").or_insert_with(|| json!({}));
    if let Some(details) = details.as_object_mut() {
        details.insert("secrecy".to_owned(), json!("no"));
        let works: Vec<Value> = req_nearest(req)
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(kind, text)| {
                let kind = if PriorKind::parse(&kind).is_some() {
                    kind
                } else {
                    "paper".into()
                };
                json!({"kind": kind, "text": text})
            })
            .collect();
        details.insert("nearest".to_owned(), Value::Array(works));
        for (key, fallback) in [
            ("title", json!("")),
            ("novelty", json!("")),
            ("contributors", json!([])),
            ("kind", json!("invention")),
            ("funding", json!([])),
            ("disclosed", json!("no")),
        ] {
            details.entry(key).or_insert(fallback);
        }
    }
    let evidence = value.remove("evidence");
    if let (Some(file), Some(details)) = (
        evidence,
        value.get_mut("details").and_then(Value::as_object_mut),
    ) {
        details.insert("evidence".to_owned(), json!([file]));
    }
    value.remove("nearest");
    value.insert("command".to_owned(), json!("disclosure.submit"));
    // Before the last step, what later steps ask for is not missing yet.
    errors.retain(|key, _| key != "nearest");
    let on_behalf = req.field("on_behalf").parse().ok();
    Ok((Value::Object(value), on_behalf, errors))
}

fn req_nearest(req: &Req) -> Vec<(String, String)> {
    let mut fields = Fields::new();
    for (key, value) in &req.fields {
        fields.entry(key.clone()).or_default().push(value.clone());
    }
    nearest(&fields)
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// Submits, or asks the very command what it would say.
fn submit(
    app: &App,
    req: &Req,
    user: &User,
    mut value: Value,
    on_behalf: Option<PersonId>,
    dry: bool,
) -> Result<CaseId, Failure> {
    // The draft's id becomes the case's, so that submitting twice is one case.
    let id: CaseId = req.param("draft").parse().map_err(|_| Failure::NotFound)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("case".to_owned(), json!(id));
    }
    let before = again::returned(app, user, req.param("draft"))?;
    let mut key = format!("disclose-{id}");
    let mut action = "disclosure.submit";
    if let Some((version, details)) = &before {
        again::resubmitted(&mut value, details);
        key = format!("{key}-{version}");
        action = "disclosure.resubmit";
    }
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), action);
    for_others(user, scope, on_behalf)?;
    let command = match Command::from_json(value) {
        Ok(command) => command,
        Err(_) if dry => return Ok(id),
        Err(finding) => return Err(Failure::BadRequest(finding)),
    };
    let envelope = Envelope {
        on_behalf: on_behalf.filter(|person| *person != user.person),
        key: Some(key),
        ..Envelope::new(user.institution, Actor::Person(user.person), command)
    };
    let outcome: Result<(), Rejected> = if dry {
        app.store
            .dry_run(vec![Envelope {
                key: None,
                ..envelope
            }])
            .map(|_| ())
            .map_err(|(_, rejected)| rejected)
    } else {
        app.store.execute(envelope).map(|_| ())
    };
    outcome.map_err(Failure::from)?;
    Ok(id)
}

/// Whom the office may disclose for: the contributors named, for somebody who
/// is no inventor.
fn inventors(app: &App, user: &User, fields: &Fields) -> Result<Vec<(String, String)>, Failure> {
    let institution = data::institution(app, user.institution)?;
    if authorise(Some(&institution), Some(user), "disclosure.submit") != Scope::All {
        return Ok(Vec::new());
    }
    let people: Vec<PersonId> = fields
        .get("details.contributors.person")
        .into_iter()
        .flatten()
        .filter_map(|it| it.parse().ok())
        .collect();
    let names = app
        .store
        .read(|db| data::names(db, user.institution, people.clone()))?;
    Ok(people
        .into_iter()
        .map(|id| (id.to_string(), names.get(&id).cloned().unwrap_or_default()))
        .collect())
}

/// What is about to be submitted, in words.
fn review(app: &App, req: &Req, fields: &Fields) -> Result<Vec<(String, String)>, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let filled = with_fields(req, fields);
    let one = |key: &str| filled.field(key).to_owned();
    let label = |text: Option<dukou_kernel::Text>| {
        text.map_or_else(String::new, |it| it.get(req.lang).to_owned())
    };
    let comma = req.t("、", ", ");
    let funding: Vec<String> = filled
        .all("details.funding")
        .filter_map(Funding::parse)
        .map(|it| it.label().get(req.lang).to_owned())
        .collect();
    let people: Vec<PersonId> = filled
        .all("details.contributors.person")
        .filter_map(|it| it.parse().ok())
        .collect();
    let names = app
        .store
        .read(|db| data::names(db, user.institution, people.clone()))?;
    let shares: Vec<&str> = filled
        .fields
        .iter()
        .filter(|(key, _)| key == "details.contributors.share")
        .map(|(_, value)| value.as_str())
        .collect();
    let who: Vec<String> = people
        .iter()
        .zip(shares)
        .map(|(id, share)| {
            let name = names.get(id).map_or("", String::as_str);
            let unit = if share.contains(['/', '%']) { "" } else { "%" };
            format!("{name} {share}{unit}")
        })
        .collect();
    let works: Vec<String> = nearest(fields)
        .into_iter()
        .map(|(_, text)| text)
        .filter(|it| !it.is_empty())
        .collect();
    Ok(vec![
        (req.t("成果", "Result").to_owned(), one("details.title")),
        (
            req.t("最接近的已有工作", "Nearest known work").to_owned(),
            works.join(req.t("；", "; ")),
        ),
        (
            req.t("新在哪里", "What is new").to_owned(),
            one("details.novelty"),
        ),
        (
            req.t("完成人与份额", "Contributors and shares").to_owned(),
            who.join(comma),
        ),
        (
            req.t("类型", "Kind").to_owned(),
            label(ResultKind::parse(&one("details.kind")).map(ResultKind::label)),
        ),
        (req.t("经费来源", "Funding").to_owned(), funding.join(comma)),
        (
            req.t("公开情况", "Publication").to_owned(),
            label(Disclosed::parse(&one("details.disclosed")).map(Disclosed::label)),
        ),
    ])
}
