//! The form of a person, and what it sends.

use askama::Template;
use axum::http::StatusCode;
use dukou_chain::people::{self, PersonKind, Post, Tenure};
use dukou_chain::whole::Command;
use dukou_journal::Actor;
use dukou_kernel::{Finding, PersonId, UnitId, spelling};
use dukou_store::{Envelope, Rejected, SealedText};
use serde_json::{Map, Value, json};

use super::account::close;
use super::{Pick, kind_picks, load, post_picks, sealed, state_of, unit_picks};
use crate::accounts::{self, Salts};
use crate::api::tokens;
use crate::app::App;
use crate::data;
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::pages::sign_in::write;
use crate::request::Req;
use crate::session::{self, User};

/// What was typed into the form of a person.
#[derive(Clone, Default)]
struct Typed {
    id: String,
    name: String,
    staff_no: String,
    kind: String,
    unit: String,
    posts: Vec<[String; 4]>,
}

/// One row of posts in the form.
pub struct PostField {
    /// Choices of the post.
    pub posts: Vec<Pick>,
    /// Title.
    pub title: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
}

#[derive(Template)]
#[template(path = "person_form.html")]
struct FormPage {
    p: Page,
    new: bool,
    id: String,
    name: String,
    staff_no: String,
    kinds: Vec<Pick>,
    units: Vec<Pick>,
    posts: Vec<PostField>,
    errors: Vec<(String, String)>,
    name_error: String,
    staff_no_error: String,
    posts_error: String,
}

fn typed(req: &Req) -> Typed {
    let (mut titles, mut froms, mut tos) = (req.all("title"), req.all("from"), req.all("to"));
    let posts = req.all("post").map(|post| {
        let next = |it: &mut dyn Iterator<Item = &str>| {
            it.next()
                .map(|text| text.trim().to_owned())
                .unwrap_or_default()
        };
        let (title, from, to) = (next(&mut titles), next(&mut froms), next(&mut tos));
        [post.to_owned(), title, from, to]
    });
    let posts = posts.collect();
    Typed {
        id: req.field("id").to_owned(),
        name: req.field("name").trim().to_owned(),
        staff_no: req.field("staff_no").trim().to_owned(),
        kind: req.field("kind").to_owned(),
        unit: req.field("unit").to_owned(),
        posts,
    }
}

fn form_page(
    app: &App,
    req: &Req,
    new: bool,
    typed: &Typed,
    findings: &[Finding],
) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let mut posts: Vec<PostField> = typed
        .posts
        .iter()
        .map(|[post, title, from, to]| PostField {
            posts: post_picks(req, post),
            title: title.clone(),
            from: from.clone(),
            to: to.clone(),
        })
        .collect();
    let blank = || PostField {
        posts: post_picks(req, "none"),
        title: String::new(),
        from: String::new(),
        to: String::new(),
    };
    let wanted = (posts.len() + 1).max(2);
    posts.resize_with(wanted, blank);
    let error = |field: &str| {
        let of = findings
            .iter()
            .find(|it| it.field.as_deref() == Some(field));
        of.map_or_else(String::new, |it| it.message.get(req.lang).to_owned())
    };
    let errors = findings.iter().map(|it| {
        (
            it.field.clone().unwrap_or_default(),
            it.message.get(req.lang).to_owned(),
        )
    });
    let page = FormPage {
        p: Page::new(app, req)?,
        new,
        id: typed.id.clone(),
        name: typed.name.clone(),
        staff_no: typed.staff_no.clone(),
        kinds: kind_picks(req, &typed.kind),
        units: unit_picks(&institution, req, &typed.unit),
        posts,
        errors: errors.collect(),
        name_error: error("name"),
        staff_no_error: error("staff_no"),
        posts_error: error("posts"),
    };
    let bad = !findings.is_empty();
    Answer::html_with(
        if bad {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        },
        &page,
    )
}

/// The form for somebody new.
///
/// # Errors
/// When the database cannot be read.
pub fn new(app: &App, req: &Req) -> Result<Answer, Failure> {
    let empty = Typed {
        id: uuid::Uuid::now_v7().to_string(),
        kind: PersonKind::Staff.code().to_owned(),
        ..Typed::default()
    };
    form_page(app, req, true, &empty, &[])
}

/// The filled rows of posts, or what is wrong with them.
fn tenures(rows: &[[String; 4]]) -> Result<Vec<Tenure>, Finding> {
    let mut posts = Vec::new();
    for [post, title, from, to] in rows {
        let post = Post::parse(post).unwrap_or(Post::None);
        if title.is_empty() && from.is_empty() && to.is_empty() && post == Post::None {
            continue;
        }
        let wrong = || {
            Finding::refused(
                "people.post_date",
                dukou_kernel::text!(
                    "每个任职要有起始日期，写成 2024-09-01；止期可空。",
                    "Each post needs its first day as 2024-09-01; the last day may stay empty."
                ),
            )
            .at("posts")
        };
        let from = from.parse().map_err(|_| wrong())?;
        let to = if to.is_empty() {
            None
        } else {
            Some(to.parse().map_err(|_| wrong())?)
        };
        posts.push(Tenure {
            post,
            title: title.clone(),
            from,
            to,
        });
    }
    Ok(posts)
}

fn bad_name(name: &str) -> Option<Finding> {
    let finding = || {
        Finding::refused(
            "people.name",
            dukou_kernel::text!(
                "填看得见的姓名，至多60字。",
                "Enter a name that can be seen, of at most 60 characters."
            ),
        )
    };
    let name = spelling::visible(name);
    (name.is_empty() || name.chars().count() > 60).then(|| finding().at("name"))
}

/// What the form says, checked as far as the form can.
fn readable(typed: &Typed) -> Result<(PersonKind, Option<UnitId>, Vec<Tenure>), Vec<Finding>> {
    let mut findings = Vec::new();
    findings.extend(bad_name(&typed.name));
    let posts = tenures(&typed.posts).unwrap_or_else(|finding| {
        findings.push(finding);
        Vec::new()
    });
    if !findings.is_empty() {
        return Err(findings);
    }
    let kind = PersonKind::parse(&typed.kind).unwrap_or(PersonKind::Staff);
    Ok((kind, typed.unit.parse().ok(), posts))
}

/// Commitments to name and number, and the texts that they seal.
pub fn seal(id: PersonId, name: &str, staff_no: &str) -> (people::Seals, Vec<SealedText>) {
    accounts::seal(&Salts::fresh(), id, name, staff_no)
}

/// Seals and keys are made where the texts are kept; one from outside would vouch for
/// a text that nobody has seen.
fn made_by_the_program(key: &str) -> Finding {
    let message = dukou_kernel::text!(
        "{key} 由系统生成，不能从外面送来；送 name 和 staff_no。",
        "{key} is made by the system and not taken from outside; send name and staff_no."
    );
    Finding::refused("people.seal", message).at(key)
}

/// Turns the names in a caller's JSON for `people.register` and `people.update`
/// into the commitment that the command carries; the texts to be sealed.
///
/// # Errors
/// A name that is missing or too long, a seal or key of the caller's own, or the
/// database cannot be read.
pub fn seal_names(
    app: &App,
    user: &User,
    object: &mut Map<String, Value>,
) -> Result<Vec<SealedText>, Failure> {
    let id = object.get("person").and_then(Value::as_str);
    let Some(id) = id.and_then(|it| it.parse::<PersonId>().ok()) else {
        // Whoever reads the command says what is wrong with it.
        return Ok(Vec::new());
    };
    let new = object.get("command").and_then(Value::as_str) == Some("people.register");
    let mut taken = |key: &str| {
        let value = object.shift_remove(key);
        value.and_then(|it| Some(it.as_str()?.trim().to_owned()))
    };
    let (name, staff_no) = (taken("name"), taken("staff_no"));
    for own in ["seals", "seal", "staff_no_key"] {
        if object.contains_key(own) {
            return Err(Failure::Refused(made_by_the_program(own).into()));
        }
    }
    if name.is_none() && !new {
        return Ok(Vec::new());
    }
    let name = name.unwrap_or_default();
    if let Some(finding) = bad_name(&name) {
        return Err(Failure::Refused(finding.into()));
    }
    let staff_no = match new {
        true => staff_no.unwrap_or_default(),
        false => sealed(app, user, id, "staff_no")?,
    };
    // The salts of somebody who is there already: a repeated call is the same call.
    let known = |field: &str| -> Result<String, Failure> {
        let salt = sealed(app, user, id, field)?;
        Ok(if salt.is_empty() {
            session::token()
        } else {
            salt
        })
    };
    let salts = Salts {
        name: known("name_salt")?,
        number: known("number_salt")?,
    };
    let (seals, texts) = accounts::seal(&salts, id, &name, &staff_no);
    object.insert("seals".to_owned(), json!(seals));
    Ok(texts)
}

/// Closes the account of somebody who may no longer have one, and takes back the
/// tokens of a service that is no more.
///
/// # Errors
/// When there is no such person, or the database cannot be written.
pub fn close_if_gone(app: &App, user: &User, id: PersonId) -> Result<(), Failure> {
    let person = state_of(app, user, id)?;
    if person.has_account && !person.is_present() {
        close(app, user, id)?;
    } else if !person.is_present() && (person.erased || !person.is_service()) {
        write(app, vec![tokens::revoke_all(user.institution, id)])?;
    }
    Ok(())
}

/// Sends a command about a person.
///
/// # Errors
/// When it is refused or the database cannot be written.
pub fn send(
    app: &App,
    user: &User,
    id: PersonId,
    command: people::Command,
    sealed: Vec<SealedText>,
) -> Result<(), Rejected> {
    let actor = Actor::Person(user.person);
    let command = Command::Person(id, command);
    app.store.execute(Envelope {
        sealed,
        ..Envelope::new(user.institution, actor, command)
    })?;
    Ok(())
}

/// Registers somebody.
///
/// # Errors
/// When the database cannot be written.
pub fn register(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let typed = typed(req);
    let id: PersonId = typed.id.parse().map_err(|_| Failure::NotFound)?;
    let (kind, unit, posts) = match readable(&typed) {
        Ok(read) => read,
        Err(findings) => return form_page(app, req, true, &typed, &findings),
    };
    let (seals, sealed) = seal(id, &typed.name, &typed.staff_no);
    let command = people::Command::Register {
        kind,
        unit,
        posts,
        seals,
        staff_no_key: None,
    };
    match send(app, user, id, command, sealed) {
        Ok(()) => {
            let said = req.t("已登记", "Registered");
            Ok(Answer::see_other(&format!("/people/{id}")).toast(said))
        }
        Err(Rejected::Refused(refusal)) => form_page(app, req, true, &typed, &refusal.findings),
        Err(other) => Err(other.into()),
    }
}

/// The form of a registered person.
///
/// # Errors
/// When there is no such person.
pub fn edit(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (id, _, person) = load(app, req)?;
    let posts = person.posts.iter().map(|it| {
        let to = it.to.map_or_else(String::new, |to| to.to_string());
        [
            it.post.code().to_owned(),
            it.title.clone(),
            it.from.to_string(),
            to,
        ]
    });
    let typed = Typed {
        id: id.to_string(),
        name: sealed(app, user, id, "name")?,
        staff_no: sealed(app, user, id, "staff_no")?,
        kind: person.kind.map_or("", |kind| kind.code()).to_owned(),
        unit: person
            .unit
            .map_or_else(String::new, |unit| unit.to_string()),
        posts: posts.collect(),
    };
    form_page(app, req, false, &typed, &[])
}

/// Updates a person; whoever left or died loses the account with it.
///
/// # Errors
/// When there is no such person, or the database cannot be written.
pub fn update(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let (id, ..) = load(app, req)?;
    let staff_no = sealed(app, user, id, "staff_no")?;
    let typed = Typed {
        id: id.to_string(),
        staff_no,
        ..typed(req)
    };
    let (kind, unit, posts) = match readable(&typed) {
        Ok(read) => read,
        Err(findings) => return form_page(app, req, false, &typed, &findings),
    };
    match change(
        app,
        user,
        id,
        (&typed.name, &typed.staff_no),
        (kind, unit, posts),
    ) {
        Ok(()) => {}
        Err(Failure::Refused(no)) => return form_page(app, req, false, &typed, &no.findings),
        Err(other) => return Err(other),
    }
    let said = req.t("已更新", "Updated");
    Ok(Answer::see_other(&format!("/people/{id}")).toast(said))
}

/// Sends an update; the name is sealed anew only when it changed.
///
/// # Errors
/// When it is refused or the database cannot be written.
pub fn change(
    app: &App,
    user: &User,
    id: PersonId,
    (name, staff_no): (&str, &str),
    (kind, unit, posts): (PersonKind, Option<UnitId>, Vec<Tenure>),
) -> Result<(), Failure> {
    let renamed = sealed(app, user, id, "name")? != name;
    let (seals, texts) = seal(id, name, staff_no);
    let (seals, texts) = if renamed {
        (Some(seals), texts)
    } else {
        (None, Vec::new())
    };
    let command = people::Command::Update {
        kind,
        unit,
        posts,
        seals,
    };
    send(app, user, id, command, texts)?;
    close_if_gone(app, user, id)
}
