//! What pages read: small queries over the read tables, each narrowed by the
//! reader's scope where it lists anything.

use std::collections::HashMap;
use std::sync::Arc;

use dukou_calc::Env;
use dukou_chain::institution::Institution;
use dukou_chain::people::Role;
use dukou_chain::whole::{Case, Deal, State};
use dukou_journal::StreamId;
use dukou_kernel::{CaseId, DealId, InstitutionId, PersonId};
use dukou_store::{Db, Fault, Value};

use crate::app::App;
use crate::failure::Failure;
use crate::request::Req;
use crate::session::User;

/// Text for a query parameter.
pub fn text(value: impl ToString) -> Value {
    Value::Text(value.to_string())
}

/// The institution's state.
///
/// # Errors
/// When the database cannot be read.
pub fn institution(app: &App, id: InstitutionId) -> Result<Arc<Institution>, Failure> {
    let (_, state) = app.store.state(id, StreamId::Institution)?;
    match state.as_ref() {
        State::Institution(it) => Ok(Arc::new(it.clone())),
        _ => Err(Failure::NotFound),
    }
}

/// The first institution of the installation, for pages without a user.
///
/// # Errors
/// When the database cannot be read.
pub fn first_institution(app: &App) -> Result<Option<Arc<Institution>>, Failure> {
    match app.store.institutions()?.first() {
        Some(id) => institution(app, *id).map(Some),
        None => Ok(None),
    }
}

/// Rules and calendar of the reader's institution, or of the first for a reader
/// without one: what the cases go by.
///
/// # Errors
/// A loaded law file is not understood, or the database cannot be read.
pub fn env(app: &App, req: &Req) -> Result<Env, Failure> {
    let institution = match &req.user {
        Some(user) => Some(institution(app, user.institution)?),
        None => first_institution(app)?,
    };
    let Some(institution) = institution else {
        return Ok(Env::carried(app.store.today()));
    };
    institution.law().sound().map_err(Failure::Refused)?;
    Ok(Env {
        rulebook: Arc::clone(institution.law().book()),
        calendar: institution.shared_calendar(),
        today: app.store.today(),
    })
}

/// A case with its version.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn case(
    app: &App,
    institution: InstitutionId,
    id: CaseId,
) -> Result<(i64, Arc<State>), Failure> {
    let (version, state) = app.store.state(institution, StreamId::Case(id))?;
    if version == 0 {
        Err(Failure::NotFound)
    } else {
        Ok((version, state))
    }
}

/// A deal with its version.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn deal(
    app: &App,
    institution: InstitutionId,
    id: DealId,
) -> Result<(i64, Arc<State>), Failure> {
    let (version, state) = app.store.state(institution, StreamId::Deal(id))?;
    if version == 0 {
        Err(Failure::NotFound)
    } else {
        Ok((version, state))
    }
}

/// The case inside a state.
///
/// # Errors
/// When the stream is no case.
pub fn as_case(state: &State) -> Result<&Case, Failure> {
    match state {
        State::Case(case) => Ok(case),
        _ => Err(Failure::NotFound),
    }
}

/// The deal inside a state.
///
/// # Errors
/// When the stream is no deal.
pub fn as_deal(state: &State) -> Result<&Deal, Failure> {
    match state {
        State::Deal(deal) => Ok(deal),
        _ => Err(Failure::NotFound),
    }
}

/// A person's name; what is left to say after erasure otherwise.
///
/// # Errors
/// When the database cannot be read.
pub fn person_name(
    db: &mut dyn Db,
    institution: InstitutionId,
    person: PersonId,
) -> Result<String, Fault> {
    let name = sealed_text(db, institution, &person.to_string(), "name")?;
    Ok(match name.is_empty() {
        true => "〔已删除〕".to_owned(),
        false => name,
    })
}

/// A personal text that lies beside the journal; empty when there is none or it was
/// erased.
///
/// # Errors
/// When the database cannot be read.
pub fn sealed_text(
    db: &mut dyn Db,
    institution: InstitutionId,
    subject: &str,
    field: &str,
) -> Result<String, Fault> {
    let row = db.row(
        "SELECT text FROM sealed WHERE institution = $1 AND subject = $2 AND field = $3",
        &[text(institution), text(subject), text(field)],
    )?;
    Ok(row.map_or_else(String::new, |row| row.text(0).to_owned()))
}

/// Names of several people.
///
/// # Errors
/// When the database cannot be read.
pub fn names(
    db: &mut dyn Db,
    institution: InstitutionId,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<HashMap<PersonId, String>, Fault> {
    let mut found = HashMap::new();
    for person in people {
        if let std::collections::hash_map::Entry::Vacant(slot) = found.entry(person) {
            slot.insert(person_name(db, institution, person)?);
        }
    }
    Ok(found)
}

/// People who play a role, with names; services carry no case.
///
/// # Errors
/// When the database cannot be read.
pub fn people_in(
    db: &mut dyn Db,
    institution: InstitutionId,
    role: Role,
) -> Result<Vec<(PersonId, String)>, Fault> {
    let rows = db.rows(
        "SELECT r.person, s.text FROM person_role r JOIN sealed s ON s.institution = r.institution AND s.subject = r.person AND s.field = 'name' \
         JOIN person_view v ON v.institution = r.institution AND v.id = r.person AND v.kind <> 'service' \
         WHERE r.institution = $1 AND r.role = $2 ORDER BY s.text",
        &[text(institution), text(role.code())],
    )?;
    Ok(rows
        .iter()
        .filter_map(|row| Some((row.text(0).parse().ok()?, row.text(1).to_owned())))
        .collect())
}

/// Cases beyond which a manager's tasks are found by day instead of by case.
const MANY: i64 = 1_500;

/// The most tasks that are counted; what lies beyond is said as more.
pub const COUNTED: i64 = 999;

/// The tasks that wait for this user, as sources for `SELECT … FROM`, each over an
/// index of its own: institution is `$1`, person `$2`, the task `t`.
///
/// # Errors
/// When the database cannot be read.
pub fn my_tasks(db: &mut dyn Db, user: &User) -> Result<Vec<String>, Fault> {
    let mut sources = vec![
        "task t WHERE t.institution = $1 AND t.holder_kind = 'person' AND t.holder = $2".to_owned(),
    ];
    sources.extend(user.roles.iter().map(|role| {
        let code = role.code();
        format!("task t WHERE t.institution = $1 AND $2 = $2 AND t.holder_kind = 'role' AND t.holder = '{code}'")
    }));
    let cases = db.row(
        &format!("SELECT COUNT(*) FROM (SELECT 1 FROM case_view WHERE institution = $1 AND manager = $2 LIMIT {MANY}) mine"),
        &[text(user.institution), text(user.person)],
    )?;
    match cases.map_or(0, |row| row.int(0)) {
        0 => {}
        few if few < MANY => sources.push(
            "case_view m CROSS JOIN task t WHERE m.institution = $1 AND m.manager = $2 AND t.institution = $1 AND t.case_id = m.id AND t.holder_kind = 'manager'"
                .to_owned(),
        ),
        _ => sources.push(
            "task t CROSS JOIN case_view m WHERE t.institution = $1 AND t.holder_kind = 'manager' AND t.holder IS NULL AND m.institution = $1 AND m.id = t.case_id AND COALESCE(m.manager, '') = $2"
                .to_owned(),
        ),
    }
    Ok(sources)
}

/// How many rows the sources have together, counted up to [`COUNTED`] and one.
///
/// # Errors
/// When the database cannot be read.
pub fn count_up(db: &mut dyn Db, user: &User, sources: &[String]) -> Result<i64, Fault> {
    let mut sum = 0;
    for source in sources {
        let most = COUNTED + 1 - sum;
        let row = db.row(
            &format!("SELECT COUNT(*) FROM (SELECT 1 FROM {source} LIMIT {most}) counted"),
            &[text(user.institution), text(user.person)],
        )?;
        sum += row.map_or(0, |row| row.int(0));
    }
    Ok(sum)
}

/// A count as it is shown: `999+` beyond [`COUNTED`].
pub fn counted(count: i64) -> String {
    if count > COUNTED {
        format!("{COUNTED}+")
    } else {
        count.to_string()
    }
}

/// How many tasks wait for this user, as it is shown.
///
/// # Errors
/// When the database cannot be read.
pub fn my_task_count(app: &App, user: &User) -> Result<String, Failure> {
    let count = app.store.read(|db| {
        let sources = my_tasks(db, user)?;
        count_up(db, user, &sources)
    })?;
    Ok(counted(count))
}
