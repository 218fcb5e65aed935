//! One step of a case, deal or person: its form, and taking it.

mod offer;
mod preview;

use std::collections::BTreeMap;

use askama::Template;
use dukou_chain::people::{Role, Scope};
use dukou_chain::whole::Command;
use dukou_journal::{Actor, StreamId};
use dukou_kernel::{CaseId, DealId, Finding, Lang, PersonId, text};
use dukou_store::{Envelope, Rejected};
use serde_json::{Map, Value, json};

use offer::{
    base_offer, contributors, entries, fill_deal_offer, other_cases, right_label, role_choices,
};

pub use offer::roster;
use preview::Preview;

use crate::app::App;
use crate::authorise::{authorise, covers_case, covers_deal, for_others, uncovered_cases};
use crate::data;
use crate::failure::Failure;
use crate::forms::{self, Choice, FormView, Offer, Spec, Tried};
use crate::page::{Answer, Page};
use crate::pages::people::close_if_gone;
use crate::request::Req;
use crate::session::User;

#[derive(Template)]
#[template(path = "step.html")]
struct StepPage {
    p: Page,
    form: FormView,
    crumbs: Vec<(String, String)>,
    back: String,
    signer: String,
    on_behalf: bool,
    preview: Option<Preview>,
}

/// What a step is about: the stream, the way back, and what its form may offer.
struct Target {
    stream: StreamId,
    version: i64,
    /// Field of the command's JSON that names the stream, and its id.
    address: (&'static str, String),
    crumbs: Vec<(String, String)>,
    back: String,
    offer: Offer,
    /// What the taker's roles allow this action on.
    scope: Scope,
    scope_covers: bool,
}

/// Form of a step on a case.
///
/// # Errors
/// Not found, not allowed, or the database cannot be read.
pub fn show_case(app: &App, req: &Req) -> Result<Answer, Failure> {
    show(app, req, case_target)
}

/// Takes a step on a case.
///
/// # Errors
/// Not found, not allowed, refused, or the database cannot be written.
pub fn submit_case(app: &App, req: &Req) -> Result<Answer, Failure> {
    submit(app, req, case_target)
}

/// Form of a step on a deal.
///
/// # Errors
/// Not found, not allowed, or the database cannot be read.
pub fn show_deal(app: &App, req: &Req) -> Result<Answer, Failure> {
    show(app, req, deal_target)
}

/// Takes a step on a deal.
///
/// # Errors
/// Not found, not allowed, refused, or the database cannot be written.
pub fn submit_deal(app: &App, req: &Req) -> Result<Answer, Failure> {
    submit(app, req, deal_target)
}

/// Form of a step on a person.
///
/// # Errors
/// Not found, not allowed, or the database cannot be read.
pub fn show_person(app: &App, req: &Req) -> Result<Answer, Failure> {
    show(app, req, person_target)
}

/// Takes a step on a person.
///
/// # Errors
/// Not found, not allowed, refused, or the database cannot be written.
pub fn submit_person(app: &App, req: &Req) -> Result<Answer, Failure> {
    submit(app, req, person_target)
}

type Find = fn(&App, &Req, &User, Scope) -> Result<Target, Failure>;

/// The scope that the step's own action has, and the target it is taken on.
fn allowed(app: &App, req: &Req, find: Find) -> Result<Target, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let action = Command::action_on(req.param("command"), req.path.starts_with("/deals/"));
    let scope = authorise(Some(&institution), Some(user), action);
    if scope == Scope::None {
        return Err(Failure::lacks(user, action));
    }
    let target = find(app, req, user, scope)?;
    if target.scope_covers {
        Ok(target)
    } else {
        Err(Failure::NotFound)
    }
}

fn show(app: &App, req: &Req, find: Find) -> Result<Answer, Failure> {
    let target = allowed(app, req, find)?;
    let spec = forms::spec(req.param("command"), &target.offer).ok_or(Failure::NotFound)?;
    let form = forms::view(&spec, req, &req.path, target.version, None);
    render(app, req, &target, form, axum::http::StatusCode::OK)
}

fn render(
    app: &App,
    req: &Req,
    target: &Target,
    form: FormView,
    status: axum::http::StatusCode,
) -> Result<Answer, Failure> {
    let preview = preview::of(app, req, target, &form)?;
    let today = app.store.today();
    let name = req.user.as_ref().map_or("", |user| user.name.as_str());
    let signer = match req.lang {
        Lang::Zh => format!("由{name}签记，{today}"),
        Lang::En => format!("Signed by {name}, {today}"),
    };
    let on_behalf = form.fields.iter().any(|field| field.name == "on_behalf");
    let page = StepPage {
        p: Page::new(app, req)?,
        form,
        crumbs: target.crumbs.clone(),
        back: target.back.clone(),
        signer,
        on_behalf,
        preview,
    };
    Answer::html_with(status, &page)
}

fn submit(app: &App, req: &Req, find: Find) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let target = allowed(app, req, find)?;
    let spec = forms::spec(req.param("command"), &target.offer).ok_or(Failure::NotFound)?;
    let mut tried = Tried::default();
    let files = put_away(app, req, user, &spec, &mut tried)?;
    let mut reading = forms::read(&spec, req, &files);
    tried.errors.append(&mut reading.errors);
    tried.ids = kept_ids(&spec, &reading.value);
    let looks = !req.field("_preview").is_empty();
    if tried.errors.is_empty() && !looks {
        match take(app, req, user, &target, reading) {
            Ok(()) => {
                let done = req.t("已记入案卷", "Recorded");
                return Ok(Answer::see_other(&target.back).toast(done));
            }
            Err(Failure::Refused(refusal)) => {
                tried.findings =
                    forms::place(&refusal.findings, &spec, req.lang, &mut tried.errors);
            }
            Err(Failure::Conflict { expected, actual }) => {
                tried.findings = conflict(app, req, user, &target, expected)?;
                let form = forms::view(&spec, req, &req.path, actual, Some(&tried));
                return render(app, req, &target, form, axum::http::StatusCode::CONFLICT);
            }
            Err(other) => return Err(other),
        }
    }
    let form = forms::view(
        &spec,
        req,
        &req.path,
        version_of(req, &target),
        Some(&tried),
    );
    let status = match looks && tried.errors.is_empty() {
        true => axum::http::StatusCode::OK,
        false => axum::http::StatusCode::UNPROCESSABLE_ENTITY,
    };
    render(app, req, &target, form, status)
}

/// Both versions: what others entered meanwhile, above the form that still
/// holds what this person typed and can be sent again on the new version.
fn conflict(
    app: &App,
    req: &Req,
    user: &User,
    target: &Target,
    expected: i64,
) -> Result<Vec<Finding>, Failure> {
    let list = app.store.entries(user.institution, target.stream)?;
    let newer: Vec<_> = list
        .iter()
        .filter(|(entry, _)| entry.meta.version > expected)
        .collect();
    let people: Vec<PersonId> = newer
        .iter()
        .filter_map(|(entry, _)| entry.meta.actor.person())
        .collect();
    let names = app
        .store
        .read(|db| data::names(db, user.institution, people))?;
    let mut findings = vec![Finding::refused(
        "conflict",
        text!(
            "你的修改没有保存：你打开以后，别人先改了。下面是他们的记录，你填的都还在；看过后仍要这样办，再提交一次。",
            "Your change was not saved: somebody was faster. Below is what they entered; what you typed is still here. Submit again if you still want it."
        ),
    )];
    findings.extend(newer.into_iter().map(|(entry, _)| {
        let who = entry
            .meta
            .actor
            .person()
            .and_then(|id| names.get(&id).cloned());
        let who = who.unwrap_or_else(|| req.t("系统", "System").to_owned());
        let at = super::moment(entry.meta.at_ms);
        let kind = super::case::kind_text(&entry.meta.kind);
        let (zh, en) = (kind.zh, kind.en);
        Finding::refused(
            "conflict.entry",
            text!("{at} {who}：{zh}", "{at} {who}: {en}"),
        )
    }));
    Ok(findings)
}

fn version_of(req: &Req, target: &Target) -> i64 {
    req.field("_version").parse().unwrap_or(target.version)
}

fn kept_ids(spec: &Spec, value: &Map<String, Value>) -> Vec<(String, String)> {
    let id = |path: &&str| {
        let id = value.get(*path).and_then(Value::as_str)?;
        Some(((*path).to_owned(), id.to_owned()))
    };
    spec.new_id.iter().filter_map(id).collect()
}

/// Puts uploaded files into the store; a file that is not accepted becomes an
/// error at its field, the others are kept for the next try.
fn put_away(
    app: &App,
    req: &Req,
    user: &User,
    spec: &Spec,
    tried: &mut Tried,
) -> Result<forms::Stored, Failure> {
    let mut stored = BTreeMap::new();
    for upload in &req.uploads {
        let Some(field) = spec.fields.iter().find(|field| field.path == upload.field) else {
            continue;
        };
        match super::file::put(app, user, &upload.name, &upload.bytes) {
            Ok(file) => {
                tried
                    .kept
                    .insert(field.path.to_owned(), format!("{file}|{}", upload.name));
                stored.insert(
                    field.path.to_owned(),
                    json!({"file": file, "name": upload.name}),
                );
            }
            Err(Failure::BadRequest(finding) | Failure::File(_, finding)) => {
                let message = finding.message.get(req.lang).to_owned();
                tried.errors.insert(field.path.to_owned(), message);
            }
            Err(other) => return Err(other),
        }
    }
    Ok(stored)
}

fn take(
    app: &App,
    req: &Req,
    user: &User,
    target: &Target,
    reading: forms::Reading,
) -> Result<(), Failure> {
    let mut value = reading.value;
    value.insert(target.address.0.to_owned(), json!(target.address.1));
    if req.param("command") == "matching.open" {
        open_deal(&mut value, target, req);
    }
    let command = Command::from_json(Value::Object(value)).map_err(Failure::BadRequest)?;
    let outside = app
        .store
        .read(|db| uncovered_cases(db, user, target.scope, &command))?;
    if !outside.is_empty() {
        return Err(Failure::Refused(not_yours().into()));
    }
    let on_behalf = reading.on_behalf.and_then(|id| id.parse::<PersonId>().ok());
    for_others(user, target.scope, on_behalf)?;
    let opens = matches!(command, Command::Matching(..)) && target.address.0 == "case";
    let envelope = Envelope {
        on_behalf,
        expected: (!opens).then(|| version_of(req, target)),
        key: Some(req.field("_key").to_owned()).filter(|key| !key.is_empty()),
        ..Envelope::new(user.institution, Actor::Person(user.person), command)
    };
    let stream = envelope.command.stream();
    app.store
        .execute(envelope)
        .map_err(|rejected: Rejected| Failure::from(rejected))?;
    if let ("people.erase", StreamId::Person(id)) = (req.param("command"), stream) {
        close_if_gone(app, user, id)?;
    }
    Ok(())
}

fn not_yours() -> Finding {
    Finding::refused(
        "case.not_yours",
        text!(
            "所选成果中有你无权办理的。请去掉它，或请该成果的技术经理人一起立项。",
            "One of the chosen achievements is not yours to deal with. Untick it, or ask its manager to open the deal with you."
        ),
    )
    .at("cases")
}

/// A deal is opened from a case's page: the case becomes its first case.
fn open_deal(value: &mut Map<String, Value>, target: &Target, req: &Req) {
    let case = target.address.1.clone();
    value.remove("case");
    let sent = req.field("_id_deal");
    let deal = if uuid::Uuid::parse_str(sent).is_ok() {
        sent.to_owned()
    } else {
        uuid::Uuid::now_v7().to_string()
    };
    value.insert("deal".to_owned(), json!(deal));
    let mut cases = vec![case];
    for id in req.all("cases").filter(|id| !id.is_empty()) {
        if !cases.iter().any(|known| known == id) {
            cases.push(id.to_owned());
        }
    }
    value.insert("cases".to_owned(), json!(cases));
}

fn case_target(app: &App, req: &Req, user: &User, scope: Scope) -> Result<Target, Failure> {
    let id: CaseId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    let (version, state) = data::case(app, user.institution, id)?;
    let case = data::as_case(&state)?;
    let covers = app.store.read(|db| covers_case(db, user, scope, id))?;
    let stream = StreamId::Case(id);
    let mut offer = base_offer(app, user)?;
    offer.managers = role_choices(app, user, Role::Manager)?;
    offer.people = contributors(app, user, case)?;
    if scope == Scope::Own
        && offer
            .people
            .iter()
            .any(|it| it.value == user.person.to_string())
    {
        offer
            .people
            .retain(|it| it.value == user.person.to_string());
    }
    if req.param("command") == "disclosure.revise_shares" {
        offer.roster = roster(app, user)?;
        let standing = serde_json::to_value(case.disclosure.contributors()).unwrap_or_default();
        offer.standing.insert("contributors".to_owned(), standing);
    }
    offer.rights = case
        .protection
        .rights
        .values()
        .map(|right| Choice {
            value: right.recorded.right.to_string(),
            label: right_label(&right.recorded.number, right.recorded.kind.label()),
        })
        .collect();
    if req.param("command") == "matching.open" {
        offer.cases = other_cases(app, user, scope, (id, case))?;
    }
    if req.param("command") == "closing.correct" {
        offer.entries = entries(app, user.institution, stream)?;
    }
    if let Some(details) = &case.disclosure.details {
        offer
            .standing
            .insert("kind".to_owned(), json!(details.kind.code()));
    }
    let number = case.disclosure.number.clone();
    Ok(Target {
        stream,
        version,
        address: ("case", id.to_string()),
        crumbs: crumbs(req, vec![(format!("/cases/{id}"), number)]),
        back: format!("/cases/{id}"),
        offer,
        scope,
        scope_covers: covers,
    })
}

fn crumbs(req: &Req, rest: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut crumbs = vec![("/cases".to_owned(), req.t("成果", "Cases").to_owned())];
    crumbs.extend(rest);
    crumbs
}

fn deal_target(app: &App, req: &Req, user: &User, scope: Scope) -> Result<Target, Failure> {
    let id: DealId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    let (version, state) = data::deal(app, user.institution, id)?;
    let deal = data::as_deal(&state)?;
    let covers = app.store.read(|db| covers_deal(db, user, scope, id))?;
    let mut offer = base_offer(app, user)?;
    fill_deal_offer(app, req, user, deal, &mut offer)?;
    if req.param("command") == "closing.correct" {
        offer.entries = entries(app, user.institution, StreamId::Deal(id))?;
    }
    let first = deal.cases().first().copied();
    let back = first.map_or_else(
        || "/deals".to_owned(),
        |case| format!("/cases/{case}?deal={id}"),
    );
    Ok(Target {
        stream: StreamId::Deal(id),
        version,
        address: ("deal", id.to_string()),
        crumbs: crumbs(req, vec![(back.clone(), deal.number().to_owned())]),
        back,
        offer,
        scope,
        scope_covers: covers,
    })
}

fn person_target(app: &App, req: &Req, user: &User, scope: Scope) -> Result<Target, Failure> {
    let id: PersonId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    let (version, _) = app.store.state(user.institution, StreamId::Person(id))?;
    if version == 0 {
        return Err(Failure::NotFound);
    }
    let name = app
        .store
        .read(|db| data::person_name(db, user.institution, id))?;
    let mut offer = base_offer(app, user)?;
    if req.param("command") == "people.name_owner" {
        offer.roster = roster(app, user)?;
    }
    Ok(Target {
        stream: StreamId::Person(id),
        version,
        address: ("person", id.to_string()),
        crumbs: vec![
            ("/people".to_owned(), req.t("人员", "People").to_owned()),
            (format!("/people/{id}"), name),
        ],
        back: format!("/people/{id}"),
        offer,
        scope,
        scope_covers: scope == Scope::All || id == user.person,
    })
}
