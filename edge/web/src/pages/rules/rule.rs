//! One parameter or check-list at an address of its own: what holds on a day, for a
//! region, and every value or condition there ever was, with its proof.

use askama::Template;
use dukou_kernel::Date;
use dukou_rules::{READ, Rulebook, subject};

use super::{ConditionRow, ValueRow, checklists, condition, region_name, row};
use crate::app::App;
use crate::data;
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;

/// A region to look at.
struct Choice {
    code: String,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "rule.html")]
struct RulePage {
    p: Page,
    id: String,
    subject: String,
    meaning: String,
    read: bool,
    least: bool,
    is_list: bool,
    /// The day and region looked at.
    on: String,
    wrong_day: bool,
    regions: Vec<Choice>,
    place: String,
    /// What holds then and there.
    value: Option<ValueRow>,
    conditions: Vec<ConditionRow>,
    /// Other regions, earlier and later.
    values: Vec<ValueRow>,
    rows: Vec<ConditionRow>,
    /// True for a list of conditions, of which a missing one has a weight.
    weighed: bool,
}

/// The page.
///
/// # Errors
/// Not found; or the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let institution = data::institution(app, user.institution)?;
    let book = institution.rulebook();
    let id = req.param("name");
    let today = app.store.today();
    let asked = req.query("on");
    let day = asked.parse::<Date>().ok().filter(|_| asked.len() == 10);
    let on = day.unwrap_or(today);
    let region = book.region(req.query("region"));
    let code = region.map_or(institution.jurisdiction(), |it| it.code.as_str());
    let rules = book.at(on).within(code);
    let mut page = RulePage {
        p: Page::new(app, req)?,
        id: id.to_owned(),
        subject: subject(id).1.get(req.lang).to_owned(),
        meaning: String::new(),
        read: READ.contains(&id),
        least: false,
        is_list: false,
        on: if asked.is_empty() {
            on.to_string()
        } else {
            asked.to_owned()
        },
        wrong_day: !asked.is_empty() && day.is_none(),
        regions: regions(book, req, code),
        place: region_name(book, code, req.lang),
        value: None,
        conditions: Vec::new(),
        values: Vec::new(),
        rows: Vec::new(),
        weighed: false,
    };
    if let Some(parameter) = book.parameter(id) {
        page.meaning = parameter.meaning.get(req.lang).to_owned();
        page.least = parameter.least;
        page.values = row(book, parameter, req).values;
        page.value = rules
            .value(id)
            .ok()
            .map(|it| super::value_row(book, parameter, it, req));
    } else {
        let list = book.checklists().find(|it| it.id == id);
        let list = list.ok_or(Failure::NotFound)?;
        page.is_list = true;
        page.meaning = list.meaning.get(req.lang).to_owned();
        page.rows = checklists(book, req)
            .into_iter()
            .find(|it| it.id == id)
            .map_or_else(Vec::new, |it| it.rows);
        let holding = rules.checklist(id).unwrap_or_default();
        page.conditions = holding
            .into_iter()
            .map(|it| condition(book, req, it))
            .collect();
    }
    let shown = page
        .value
        .as_ref()
        .map(|it| (it.code.clone(), it.from.clone()));
    let other = |it: &ValueRow| shown.as_ref() != Some(&(it.code.clone(), it.from.clone()));
    page.values.retain(other);
    let shown: Vec<_> = page.conditions.iter().map(identity).collect();
    page.rows.retain(|it| !shown.contains(&identity(it)));
    page.weighed = page.conditions.iter().any(|it| !it.weight.is_empty());
    Answer::html(&page)
}

fn identity(it: &ConditionRow) -> (String, String, String) {
    (it.key.clone(), it.code.clone(), it.from.clone())
}

fn regions(book: &Rulebook, req: &Req, chosen: &str) -> Vec<Choice> {
    let all = book.regions().map(|it| Choice {
        code: it.code.clone(),
        name: it.name.get(req.lang).to_owned(),
        chosen: it.code == chosen,
    });
    all.collect()
}
