//! The one authorisation point. Every route and every command comes through
//! here; what the table does not name is denied.

use dukou_chain::institution::Institution;
use dukou_chain::people::{Role, Scope};
use dukou_chain::whole::Command;
use dukou_kernel::{CaseId, DealId, Finding, PersonId, Refusal, text};
use dukou_store::{Db, Fault, Value};

use crate::session::User;

/// The widest scope that any of the roles has for an action.
pub fn scope_of(institution: &Institution, roles: &[Role], action: &str) -> Scope {
    roles
        .iter()
        .map(|role| institution.scope(*role, action))
        .max()
        .unwrap_or(Scope::None)
}

/// What a user may do this action on. Without a user, the public's rights count.
pub fn authorise(institution: Option<&Institution>, user: Option<&User>, action: &str) -> Scope {
    match (institution, user) {
        (Some(_), Some(user)) if !user.token_allows(action) => Scope::None,
        (Some(institution), Some(user)) => scope_of(institution, &user.roles, action),
        _ => dukou_chain::people::permission::delivered(Role::Public, action),
    }
}

/// SQL that narrows a query over `case_view c` to what a scope allows, with the
/// values for its parameters. It is the same rule that guards the page of a case.
pub fn case_filter(scope: Scope, user: &User, next: usize) -> (String, Vec<Value>) {
    let person = Value::Text(user.person.to_string());
    match scope {
        Scope::All => (String::new(), Vec::new()),
        Scope::Unit => (
            format!(
                " AND (c.unit = ${next} OR c.manager = ${0} OR EXISTS (SELECT 1 FROM case_person p WHERE p.institution = c.institution AND p.case_id = c.id AND p.person = ${0}))",
                next + 1
            ),
            vec![
                user.unit
                    .map_or(Value::Null, |unit| Value::Text(unit.to_string())),
                person,
            ],
        ),
        Scope::Own => (
            format!(
                " AND (c.manager = ${next} OR EXISTS (SELECT 1 FROM case_person p WHERE p.institution = c.institution AND p.case_id = c.id AND p.person = ${next}))"
            ),
            vec![person],
        ),
        Scope::None => (" AND 1 = 0".to_owned(), Vec::new()),
    }
}

/// SQL that narrows rows with a column that names a deal, such as `v.id`, to what a
/// scope allows: deals of which a case is covered. The institution is `$1`.
pub fn deal_filter(scope: Scope, user: &User, deal: &str, next: usize) -> (String, Vec<Value>) {
    if scope == Scope::All {
        return (String::new(), Vec::new());
    }
    let (filter, values) = case_filter(scope, user, next);
    let sql = format!(
        " AND EXISTS (SELECT 1 FROM deal_case d CROSS JOIN case_view c WHERE c.institution = d.institution AND c.id = d.case_id AND d.institution = $1 AND d.deal = {deal}{filter})"
    );
    (sql, values)
}

/// May this user see or act on this case under this scope?
///
/// # Errors
/// When the database cannot be read.
pub fn covers_case(
    db: &mut dyn Db,
    user: &User,
    scope: Scope,
    case: CaseId,
) -> Result<bool, Fault> {
    let (filter, values) = case_filter(scope, user, 3);
    let mut params = vec![
        Value::Text(user.institution.to_string()),
        Value::Text(case.to_string()),
    ];
    params.extend(values);
    let sql =
        format!("SELECT 1 FROM case_view c WHERE c.institution = $1 AND c.id = $2{filter} LIMIT 1");
    Ok(db.row(&sql, &params)?.is_some())
}

/// May this user see or act on this deal: is one of its cases covered?
///
/// # Errors
/// When the database cannot be read.
pub fn covers_deal(
    db: &mut dyn Db,
    user: &User,
    scope: Scope,
    deal: DealId,
) -> Result<bool, Fault> {
    let (filter, values) = case_filter(scope, user, 3);
    let mut params = vec![
        Value::Text(user.institution.to_string()),
        Value::Text(deal.to_string()),
    ];
    params.extend(values);
    let sql = format!(
        "SELECT 1 FROM deal_case d CROSS JOIN case_view c WHERE c.institution = d.institution AND c.id = d.case_id AND d.institution = $1 AND d.deal = $2{filter} LIMIT 1"
    );
    Ok(db.row(&sql, &params)?.is_some())
}

/// Whoever may do something for their own part alone speaks for nobody else.
///
/// # Errors
/// A refusal.
pub fn for_others(user: &User, scope: Scope, on_behalf: Option<PersonId>) -> Result<(), Refusal> {
    if scope == Scope::All || on_behalf.is_none_or(|it| it == user.person) {
        return Ok(());
    }
    Err(Finding::refused(
        "on_behalf.own",
        text!(
            "只能办本人的事，不能代办。",
            "You may do this for yourself, not on behalf of others."
        ),
    )
    .at("on_behalf")
    .into())
}

/// The cases that a command names beside its own stream and that lie outside the
/// scope: a new deal takes each of its cases along.
///
/// # Errors
/// When the database cannot be read.
pub fn uncovered_cases(
    db: &mut dyn Db,
    user: &User,
    scope: Scope,
    command: &Command,
) -> Result<Vec<CaseId>, Fault> {
    let mut outside = Vec::new();
    for case in command.other_cases() {
        if !covers_case(db, user, scope, *case)? {
            outside.push(*case);
        }
    }
    Ok(outside)
}
