//! 人员 — the roster: list, one person, registering, accounts.

mod account;
mod form;
mod roster;
mod tokens;

use askama::Template;
use dukou_chain::institution::Institution;
use dukou_chain::people::{Person, PersonKind, Post, Role, Scope, Tenure};
use dukou_chain::whole::State;
use dukou_journal::StreamId;
use dukou_kernel::{PersonId, UnitId};
use dukou_store::{Db, Fault, Value};
use serde_json::json;

pub use account::{Changed, account, change_account};
pub use form::{close_if_gone, edit, new, register, seal_names, update};
pub use roster::{api_roster, roster, roster_submit};
pub use tokens::{
    api_act as api_token_act, api_list as api_tokens, api_make as api_token_make,
    make as make_token, revoke as revoke_token,
};

use account::{AccountView, account_view};

use super::list::{self, Paging, SHEET, Views, like, query_with, sheet};
use super::me::unit_name;
use super::tokens::{TokenNews, TokenRow};
use crate::api;
use crate::app::App;
use crate::authorise::{authorise, case_filter};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

const PAGE: i64 = 50;

/// One row of the list.
pub struct Row {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Staff number.
    pub staff_no: String,
    /// What somebody is to the institution.
    pub kind: String,
    /// College or office.
    pub unit: String,
    /// Title or post.
    pub title: String,
    /// Roles in words.
    pub roles: String,
    /// True while an account is open.
    pub has_account: bool,
}

/// A code with its word and whether it is chosen.
pub struct Pick {
    /// Code.
    pub code: String,
    /// Word.
    pub label: String,
    /// True when chosen.
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "people.html")]
struct List {
    p: Page,
    rows: Vec<Row>,
    at: Paging,
    q: String,
    kinds: Vec<Pick>,
    units: Vec<Pick>,
    roles: Vec<Pick>,
    sort: String,
    views: Views,
    excel: String,
    may_register: bool,
}

fn picks<T: Copy>(
    all: &[T],
    code: impl Fn(T) -> &'static str,
    label: impl Fn(T) -> String,
    chosen: &str,
) -> Vec<Pick> {
    all.iter()
        .map(|it| Pick {
            code: code(*it).to_owned(),
            label: label(*it),
            chosen: code(*it) == chosen,
        })
        .collect()
}

fn kind_picks(req: &Req, chosen: &str) -> Vec<Pick> {
    picks(
        PersonKind::ALL,
        |it| it.code(),
        |it| it.label().get(req.lang).to_owned(),
        chosen,
    )
}

fn role_picks(req: &Req, chosen: &str) -> Vec<Pick> {
    picks(
        Role::ALL,
        |it| it.code(),
        |it| it.label().get(req.lang).to_owned(),
        chosen,
    )
}

fn post_picks(req: &Req, chosen: &str) -> Vec<Pick> {
    picks(
        Post::ALL,
        |it| it.code(),
        |it| it.label().get(req.lang).to_owned(),
        chosen,
    )
}

fn unit_picks(institution: &Institution, req: &Req, chosen: &str) -> Vec<Pick> {
    let mut units: Vec<Pick> = institution
        .units
        .iter()
        .map(|(id, names)| Pick {
            code: id.to_string(),
            label: unit_name(names, req),
            chosen: id.to_string() == chosen,
        })
        .collect();
    units.sort_by(|a, b| a.label.cmp(&b.label));
    units
}

/// What the list asks for, as SQL with its values.
pub(crate) fn conditions(user: &User, scope: Scope, req: &Req) -> (String, Vec<Value>) {
    let mut sql = "v.institution = $1".to_owned();
    let mut params = vec![text(user.institution)];
    let mut add = |clause: &str, value: Value| {
        params.push(value);
        sql.push_str(&clause.replace('?', &format!("${}", params.len())));
    };
    match scope {
        Scope::All => {}
        Scope::Unit => add(" AND v.unit = ?", user.unit.map_or(Value::Null, text)),
        Scope::Own | Scope::None => add(" AND v.id = ?", text(user.person)),
    }
    if let Some(words) = like(req) {
        add(" AND (LOWER(n.text) LIKE ? OR LOWER(s.text) LIKE ?)", words);
    }
    if PersonKind::parse(req.query("kind")).is_some() {
        add(" AND v.kind = ?", text(req.query("kind")));
    }
    if req.query("unit").parse::<UnitId>().is_ok() {
        add(" AND v.unit = ?", text(req.query("unit")));
    }
    if Role::parse(req.query("role")).is_some() {
        add(
            " AND EXISTS (SELECT 1 FROM person_role r WHERE r.institution = v.institution AND r.person = v.id AND r.role = ?)",
            text(req.query("role")),
        );
    }
    (sql, params)
}

/// Where the rows of the roster come from.
pub(crate) const FROM: &str = "FROM person_view v \
    LEFT JOIN sealed n ON n.institution = v.institution AND n.subject = v.id AND n.field = 'name' \
    LEFT JOIN sealed s ON s.institution = v.institution AND s.subject = v.id AND s.field = 'staff_no'";
/// The roster beside the texts that a query asks for: a name or a number is looked up
/// for each person, so only what is sorted or searched by is.
fn from(req: &Req, named: bool) -> String {
    if like(req).is_some() {
        return FROM.to_owned();
    }
    let text = |wanted: bool, alias: &str, field: &str| match wanted {
        true => format!(
            " LEFT JOIN sealed {alias} ON {alias}.institution = v.institution AND {alias}.subject = v.id AND {alias}.field = '{field}'"
        ),
        false => String::new(),
    };
    let by_number = named && req.query("sort") == "staff_no";
    let name = text(named && !by_number, "n", "name");
    format!(
        "FROM person_view v{name}{}",
        text(by_number, "s", "staff_no")
    )
}

fn read(
    db: &mut dyn Db,
    (user, scope, institution): (&User, Scope, &Institution),
    req: &Req,
    (limit, offset): (i64, i64),
) -> Result<(i64, Vec<Row>), Fault> {
    let order = match req.query("sort") {
        "staff_no" => "COALESCE(s.text, ''), v.id",
        "unit" => "COALESCE(v.unit, ''), COALESCE(n.text, ''), v.id",
        _ => "COALESCE(n.text, ''), v.id",
    };
    let (clause, params) = conditions(user, scope, req);
    let count = format!("SELECT COUNT(*) {} WHERE {clause}", from(req, false));
    let total = db.row(&count, &params)?;
    let found = db.rows(
        &format!(
            "SELECT v.id, v.kind, v.unit, v.title, v.has_account {} WHERE {clause} \
             ORDER BY {order} LIMIT {limit} OFFSET {offset}",
            from(req, true)
        ),
        &params,
    )?;
    let mut rows = Vec::new();
    for row in &found {
        let unit: Option<UnitId> = row.text(2).parse().ok();
        let mut sealed = |field| data::sealed_text(db, user.institution, row.text(0), field);
        rows.push(Row {
            id: row.text(0).to_owned(),
            name: name_or_erased(&sealed("name")?, req),
            staff_no: sealed("staff_no")?,
            kind: PersonKind::parse(row.text(1))
                .map_or_else(String::new, |it| it.label().get(req.lang).to_owned()),
            unit: unit
                .and_then(|id| institution.units.get(&id))
                .map_or_else(String::new, |names| unit_name(names, req)),
            title: row.text(3).to_owned(),
            roles: roles_of(db, user, row.text(0), req)?,
            has_account: row.int(4) != 0,
        });
    }
    Ok((total.map_or(0, |row| row.int(0)), rows))
}

fn name_or_erased(name: &str, req: &Req) -> String {
    if name.is_empty() {
        req.t("〔已删除〕", "[erased]").to_owned()
    } else {
        name.to_owned()
    }
}

fn roles_of(db: &mut dyn Db, user: &User, person: &str, req: &Req) -> Result<String, Fault> {
    let rows = db.rows(
        "SELECT role FROM person_role WHERE institution = $1 AND person = $2",
        &[text(user.institution), text(person)],
    )?;
    let mut roles: Vec<Role> = rows
        .iter()
        .filter_map(|row| Role::parse(row.text(0)))
        .collect();
    roles.sort_unstable();
    let words: Vec<String> = roles
        .iter()
        .map(|role| role.label().get(req.lang).to_owned())
        .collect();
    Ok(words.join(req.t("、", ", ")))
}

/// The list.
///
/// # Errors
/// When the database cannot be read.
pub fn list(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let may = |action: &str| authorise(Some(&institution), Some(user), action);
    let scope = may("people.read");
    let place = (PAGE, list::offset(req, PAGE));
    let (total, rows) = app
        .store
        .read(|db| read(db, (user, scope, &institution), req, place))?;
    Answer::html(&List {
        p: Page::new(app, req)?,
        at: list::paging(req, total, PAGE),
        rows,
        q: req.query("q").to_owned(),
        kinds: kind_picks(req, req.query("kind")),
        units: unit_picks(&institution, req, req.query("unit")),
        roles: role_picks(req, req.query("role")),
        sort: req.query("sort").to_owned(),
        views: list::views(app, req, user, "people")?,
        excel: if may("export.lists") == Scope::None {
            String::new()
        } else {
            format!("/people.xlsx?{}", query_with(req, "page", ""))
        },
        may_register: may("people.register") != Scope::None,
    })
}

/// The list as Excel, with the same filters.
///
/// # Errors
/// When the database cannot be read or the sheet cannot be written.
pub fn export(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "people.read");
    let (_, rows) = app
        .store
        .read(|db| read(db, (user, scope, &institution), req, (SHEET, 0)))?;
    let heads = [
        req.t("姓名", "Name"),
        req.t("单位", "Unit"),
        req.t("工号", "Staff no."),
        req.t("类别", "Kind"),
        req.t("职称、职务", "Title"),
        req.t("角色", "Roles"),
        req.t("账号", "Account"),
    ];
    let cells = rows.into_iter().map(|row| {
        let account = if row.has_account {
            req.t("已开", "open")
        } else {
            req.t("无", "none")
        };
        vec![
            row.name,
            row.unit,
            row.staff_no,
            row.kind,
            row.title,
            row.roles,
            account.to_owned(),
        ]
    });
    sheet(req.t("人员", "People"), &heads, cells)
}

/// One post in words.
pub struct PostRow {
    /// Which post.
    pub post: String,
    /// Title.
    pub title: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    p: Page,
    id: String,
    name: String,
    staff_no: String,
    kind: String,
    unit: String,
    posts: Vec<PostRow>,
    roles: Vec<String>,
    heir: Option<(String, String)>,
    owner: Option<(String, String)>,
    owner_gone: bool,
    service: bool,
    deceased: bool,
    erased: bool,
    may_have_account: bool,
    account: AccountView,
    link: String,
    link_reset: bool,
    cases: Vec<(String, String, String)>,
    may_update: bool,
    may_account: bool,
    may_grant: bool,
    may_revoke: bool,
    may_heir: bool,
    may_own: bool,
    may_erase: bool,
    tokens: Vec<TokenRow>,
    news: TokenNews,
}

/// What a step just done leaves to be said on the page.
#[derive(Default)]
struct News {
    /// A link that works once, and whether it resets an account that is there.
    link: Option<(String, bool)>,
    /// Of tokens.
    tokens: TokenNews,
}

/// A person with their state, if the reader may see them.
fn load(app: &App, req: &Req) -> Result<(PersonId, i64, Person), Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let id: PersonId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    let (version, person) = versioned(app, user, id)?;
    let visible = match authorise(Some(&institution), Some(user), "people.read") {
        Scope::All => true,
        Scope::Unit => person.unit.is_some() && person.unit == user.unit,
        Scope::Own => id == user.person,
        Scope::None => false,
    };
    if visible {
        Ok((id, version, person))
    } else {
        Err(Failure::NotFound)
    }
}

fn state_of(app: &App, user: &User, id: PersonId) -> Result<Person, Failure> {
    versioned(app, user, id).map(|(_, person)| person)
}

fn versioned(app: &App, user: &User, id: PersonId) -> Result<(i64, Person), Failure> {
    let (version, state) = app.store.state(user.institution, StreamId::Person(id))?;
    match state.as_ref() {
        State::Person(person) if version > 0 => Ok((version, person.clone())),
        _ => Err(Failure::NotFound),
    }
}

/// A sealed text of a person, or nothing.
fn sealed(app: &App, user: &User, id: PersonId, field: &str) -> Result<String, Failure> {
    let row = app.store.read(|db| {
        db.row(
            "SELECT text FROM sealed WHERE institution = $1 AND subject = $2 AND field = $3",
            &[text(user.institution), text(id), text(field)],
        )
    })?;
    Ok(row.map_or_else(String::new, |row| row.text(0).to_owned()))
}

/// The page of one person.
///
/// # Errors
/// When there is no such person.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    person_page(app, req, News::default())
}

/// A person with the name, for a link to the page.
fn named(
    app: &App,
    user: &User,
    id: Option<PersonId>,
) -> Result<Option<(String, String)>, Failure> {
    let Some(id) = id else { return Ok(None) };
    let name = app
        .store
        .read(|db| data::person_name(db, user.institution, id))?;
    Ok(Some((id.to_string(), name)))
}

/// One person for programs, with the version that commands on them are based on.
///
/// # Errors
/// When there is no such person.
pub fn api_show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let (id, version, person) = load(app, req)?;
    let unit = person.unit.and_then(|unit| institution.units.get(&unit));
    let known = |text: String| Some(text).filter(|it| !it.is_empty());
    let account = account_view(app, user, id)?;
    let cases: Vec<serde_json::Value> = cases_of(app, user, &institution, id)?
        .into_iter()
        .map(|(id, number, title)| json!({"id": id, "number": number, "title": title}))
        .collect();
    api::versioned(
        req,
        version,
        &json!({
            "id": id, "version": version, "owner": person.owner,
            "name": known(sealed(app, user, id, "name")?),
            "staff_no": known(sealed(app, user, id, "staff_no")?),
            "kind": person.kind.map(|it| it.code()),
            "unit": person.unit, "unit_name": unit.map(|names| unit_name(names, req)),
            "posts": crate::api::said::institution::Tenure::all(&person.posts), "roles": person.roles.iter().map(|it| it.code()).collect::<Vec<_>>(),
            "heir": person.heir, "erased": person.erased,
            "account": {
                "login": known(account.login), "has_codes": account.has_codes,
                "locked_until": known(account.locked_until), "link_until": known(account.link_until),
                "may_have": person.is_present(),
            },
            "cases": cases,
        }),
    )
}

fn person_page(app: &App, req: &Req, news: News) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let (id, _, person) = load(app, req)?;
    let may = |action: &str| authorise(Some(&institution), Some(user), action) != Scope::None;
    let name = name_or_erased(&sealed(app, user, id, "name")?, req);
    let owner_gone = match person.owner {
        Some(owner) => !state_of(app, user, owner)?.is_present(),
        None => false,
    };
    // Administrators see which tokens there are, never the tokens.
    let tokens = if may("admin.people.account") {
        crate::pages::tokens::rows(app, req, (user.institution, id))?
    } else {
        Vec::new()
    };
    let kind = person.kind.unwrap_or(PersonKind::Outside);
    let unit = person.unit.and_then(|unit| institution.units.get(&unit));
    let (link, link_reset) = news.link.unwrap_or_default();
    Answer::html(&PersonPage {
        p: Page {
            here: format!("/people/{id}"),
            ..Page::new(app, req)?
        },
        id: id.to_string(),
        name,
        staff_no: sealed(app, user, id, "staff_no")?,
        kind: kind.label().get(req.lang).to_owned(),
        unit: unit.map_or_else(String::new, |names| unit_name(names, req)),
        posts: person.posts.iter().map(|it| post_row(it, req)).collect(),
        roles: person
            .roles
            .iter()
            .map(|it| it.label().get(req.lang).to_owned())
            .collect(),
        heir: named(app, user, person.heir)?,
        owner: named(app, user, person.owner)?,
        owner_gone,
        service: person.is_service(),
        deceased: kind == PersonKind::Deceased,
        erased: person.erased,
        may_have_account: person.is_present(),
        account: account_view(app, user, id)?,
        link,
        link_reset,
        cases: cases_of(app, user, &institution, id)?,
        may_update: may("people.update"),
        may_account: may("admin.people.account"),
        may_grant: may("admin.people.grant_role"),
        may_revoke: may("admin.people.revoke_role"),
        may_heir: may("people.name_heir"),
        may_own: may("people.name_owner"),
        may_erase: may("admin.people.erase"),
        tokens,
        news: news.tokens,
    })
}

fn post_row(it: &Tenure, req: &Req) -> PostRow {
    PostRow {
        post: it.post.label().get(req.lang).to_owned(),
        title: it.title.clone(),
        from: it.from.to_string(),
        to: it.to.map_or_else(String::new, |to| to.to_string()),
    }
}

/// The cases that this person contributed to, as far as the reader may see them.
fn cases_of(
    app: &App,
    user: &User,
    institution: &Institution,
    id: PersonId,
) -> Result<Vec<(String, String, String)>, Failure> {
    let scope = authorise(Some(institution), Some(user), "case.read");
    let (filter, values) = case_filter(scope, user, 3);
    let mut params = vec![text(user.institution), text(id)];
    params.extend(values);
    let sql = format!(
        "SELECT c.id, c.number, c.title FROM case_person q CROSS JOIN case_view c \
         WHERE q.institution = $1 AND q.person = $2 AND c.institution = q.institution AND c.id = q.case_id{filter} ORDER BY c.number DESC LIMIT 20"
    );
    let rows = app.store.read(|db| db.rows(&sql, &params))?;
    let three = |row: &dukou_store::Record| {
        (
            row.text(0).to_owned(),
            row.text(1).to_owned(),
            row.text(2).to_owned(),
        )
    };
    Ok(rows.iter().map(three).collect())
}
