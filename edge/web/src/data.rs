//! What pages read: small queries over the read tables, each narrowed by the
//! reader's scope where it lists anything.

use std::collections::HashMap;
use std::sync::Arc;

use dukou_chain::institution::Institution;
use dukou_chain::people::Role;
use dukou_chain::whole::{Case, Deal, State};
use dukou_journal::StreamId;
use dukou_kernel::{CaseId, DealId, InstitutionId, PersonId};
use dukou_store::{Db, Fault, Value};

use crate::app::App;
use crate::failure::Failure;
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
    let row = db.row(
        "SELECT text FROM sealed WHERE institution = $1 AND subject = $2 AND field = 'name'",
        &[text(institution), text(person)],
    )?;
    Ok(row.map_or_else(|| "〔已删除〕".to_owned(), |row| row.text(0).to_owned()))
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

/// People who play a role, with names.
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
         WHERE r.institution = $1 AND r.role = $2 ORDER BY s.text",
        &[text(institution), text(role.code())],
    )?;
    Ok(rows
        .iter()
        .filter_map(|row| Some((row.text(0).parse().ok()?, row.text(1).to_owned())))
        .collect())
}

/// SQL for the tasks that wait for this user, with the next parameter's number
/// after institution ($1) and person ($2).
pub fn my_tasks_sql(user: &User) -> String {
    let roles: Vec<String> = user
        .roles
        .iter()
        .map(|role| format!("'{}'", role.code()))
        .collect();
    let roles = if roles.is_empty() {
        "''".to_owned()
    } else {
        roles.join(", ")
    };
    format!(
        "t.institution = $1 AND ((t.holder_kind = 'person' AND t.holder = $2) OR (t.holder_kind = 'role' AND t.holder IN ({roles})) \
         OR (t.holder_kind = 'manager' AND EXISTS (SELECT 1 FROM case_view m WHERE m.institution = t.institution AND m.id = t.case_id AND m.manager = $2)))"
    )
}

/// How many tasks wait for this user.
///
/// # Errors
/// When the database cannot be read.
pub fn my_task_count(app: &App, user: &User) -> Result<usize, Failure> {
    let sql = format!("SELECT COUNT(*) FROM task t WHERE {}", my_tasks_sql(user));
    let row = app
        .store
        .read(|db| db.row(&sql, &[text(user.institution), text(user.person)]))?;
    Ok(row.map_or(0, |row| usize::try_from(row.int(0)).unwrap_or(0)))
}
