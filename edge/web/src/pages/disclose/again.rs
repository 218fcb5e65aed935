//! 补充披露 — a disclosure that the office returned is filled in where it began,
//! with what it said, and submitted again as the same case.

use dukou_chain::disclosure::{Details, Standing};
use dukou_kernel::CaseId;
use serde_json::{Value, json};

use super::Fields;
use crate::app::App;
use crate::authorise::{authorise, covers_case};
use crate::data;
use crate::failure::Failure;
use crate::session::User;

/// What the returned disclosure of this id said, with the version of its case, for
/// whoever may submit it again.
///
/// # Errors
/// When the database cannot be read.
pub fn returned(app: &App, user: &User, id: &str) -> Result<Option<(i64, Details)>, Failure> {
    let Ok(id) = id.parse::<CaseId>() else {
        return Ok(None);
    };
    let Ok((version, state)) = data::case(app, user.institution, id) else {
        return Ok(None);
    };
    let disclosure = &data::as_case(&state)?.disclosure;
    let Some(details) = disclosure
        .details
        .as_ref()
        .filter(|_| disclosure.standing == Standing::Returned)
    else {
        return Ok(None);
    };
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "disclosure.resubmit");
    let covers = app.store.read(|db| covers_case(db, user, scope, id))?;
    Ok(covers.then(|| (version, details.clone())))
}

/// The fields of the form that say the same.
pub fn fields(details: &Details) -> Fields {
    let mut fields = Fields::new();
    let mut put = |key: &str, values: Vec<String>| {
        fields.insert(key.to_owned(), values);
    };
    let one = |text: &str| vec![text.to_owned()];
    put("details.title", one(&details.title));
    put("details.novelty", one(&details.novelty));
    put("details.kind", one(details.kind.code()));
    put("details.funding_note", one(&details.funding_note));
    put("details.disclosed", one(details.disclosed.code()));
    let shown = |it: Option<String>| vec![it.unwrap_or_default()];
    put("details.unit", shown(details.unit.map(|it| it.to_string())));
    let day = details.disclosed_on.map(|it| it.to_string());
    put("details.disclosed_on", shown(day));
    let funding = details.funding.iter().map(|it| it.code().to_owned());
    put("details.funding", funding.collect());
    let works = &details.nearest;
    let kinds = works.iter().map(|it| it.kind.code().to_owned());
    put("nearest.kind", kinds.collect());
    put(
        "nearest.text",
        works.iter().map(|it| it.text.clone()).collect(),
    );
    let people = &details.contributors;
    let row = |of: fn(&dukou_chain::terms::Contributor) -> String| people.iter().map(of).collect();
    put(
        "details.contributors.person",
        row(|it| it.person.to_string()),
    );
    put("details.contributors.role", row(|it| it.role.clone()));
    put("details.contributors.share", row(|it| it.share.to_string()));
    let main = row(|it| if it.main { "yes" } else { "" }.to_owned());
    put("details.contributors.main", main);
    fields
}

/// Makes a submission one that is submitted again; evidence that was given stays.
pub fn resubmitted(value: &mut Value, before: &Details) {
    let Some(object) = value.as_object_mut() else {
        return;
    };
    object.insert("command".to_owned(), json!("disclosure.resubmit"));
    let Some(details) = object.get_mut("details").and_then(Value::as_object_mut) else {
        return;
    };
    let evidence = details.entry("evidence").or_insert_with(|| json!([]));
    if let Some(given) = evidence.as_array_mut() {
        let mut all: Vec<Value> = before.evidence.iter().map(|it| json!(it)).collect();
        given.retain(|it| !all.contains(it));
        all.append(given);
        *given = all;
    }
}
