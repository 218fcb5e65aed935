//! ONE page per case: the rail on top, the facts, the compliance panel, every
//! deal, and the timeline signed by people and times.

mod achievement;
mod compliance;
mod deal;
mod head;
mod steps;
mod timeline;
mod views;
mod words;

use std::collections::HashMap;

use askama::Template;
use dukou_chain::institution::Institution;
use dukou_chain::people::Scope;
use dukou_chain::whole::{Case, Progress, State, case_rail, deal_rail};
use dukou_kernel::{CaseId, Date, DealId, Money, PersonId, Severity, Text};

pub use words::{kind_text, receipt_state};

use views::{
    DealView, EntryView, Fact, FindingView, LockView, PersonView, RailView, ReceiptView, RightView,
    StepView,
};
use words::files_of;

use super::short_date;
use crate::app::App;
use crate::authorise::{authorise, covers_case};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    p: Page,
    id: String,
    number: String,
    title: String,
    badge: String,
    tone: &'static str,
    manager: String,
    manager_since: String,
    next_due: String,
    history: bool,
    rail: Vec<RailView>,
    rail_now: String,
    rail_place: usize,
    lock: Option<LockView>,
    terms: Vec<Fact>,
    schedule: Vec<(String, Money, String)>,
    terms_aside: String,
    also: Vec<(String, String)>,
    facts: Vec<Fact>,
    nearest: Vec<(String, String)>,
    novelty: String,
    people: Vec<PersonView>,
    people_aside: String,
    rights: Vec<RightView>,
    deals: Vec<DealView>,
    receipts: Vec<ReceiptView>,
    refused: Vec<FindingView>,
    missing: Vec<FindingView>,
    satisfied: Vec<FindingView>,
    files: Vec<(String, String, String)>,
    entries: Vec<EntryView>,
    steps: Vec<StepView>,
    more: Vec<StepView>,
    version: i64,
}

/// The page.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let id: CaseId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "case.read");
    if !app.store.read(|db| covers_case(db, user, scope, id))? {
        return Err(Failure::NotFound);
    }
    let (version, state) = data::case(app, user.institution, id)?;
    let case = data::as_case(&state)?;
    let deals = deals_of(app, user, id)?;
    let focus = focus(req, &deals);
    let deal = focus.and_then(|at| deals.get(at));
    let build = Build {
        app,
        req,
        user,
        institution: &institution,
        id,
        case,
        today: app.store.today(),
        scope,
    };
    let page = build.page(version, &deals, deal)?;
    Answer::html(&page)
}

type LoadedDeal = (DealId, std::sync::Arc<State>);

/// A case of the deal in focus, other than the one shown.
struct LoadedCase {
    id: CaseId,
    state: std::sync::Arc<State>,
    /// May this reader open it?
    readable: bool,
}

fn deals_of(app: &App, user: &User, case: CaseId) -> Result<Vec<LoadedDeal>, Failure> {
    let rows = app.store.read(|db| {
        db.rows(
            "SELECT d.deal, v.number FROM deal_case d CROSS JOIN deal_view v WHERE d.institution = $1 AND d.case_id = $2 AND v.institution = d.institution AND v.id = d.deal ORDER BY v.number DESC",
            &[text(user.institution), text(case)],
        )
    })?;
    let mut deals = Vec::new();
    for row in rows {
        if let Ok(id) = row.text(0).parse::<DealId>() {
            let (_, state) = data::deal(app, user.institution, id)?;
            deals.push((id, state));
        }
    }
    Ok(deals)
}

/// The deal that the page follows: the one asked for, else the newest that lives.
fn focus(req: &Req, deals: &[LoadedDeal]) -> Option<usize> {
    let asked = req.query("deal");
    let by_id = deals.iter().position(|(id, _)| id.to_string() == asked);
    let living = || {
        deals.iter().position(|(_, state)| {
            matches!(state.as_ref(), State::Deal(deal) if deal.closing.ended.is_none())
        })
    };
    by_id
        .or_else(living)
        .or(if deals.is_empty() { None } else { Some(0) })
}

struct Build<'a> {
    app: &'a App,
    req: &'a Req,
    user: &'a User,
    institution: &'a Institution,
    id: CaseId,
    case: &'a Case,
    today: Date,
    scope: Scope,
}

impl Build<'_> {
    fn t(&self, zh: &str, en: &str) -> String {
        self.req.t(zh, en).to_owned()
    }

    fn text(&self, text: &Text) -> String {
        text.get(self.req.lang).to_owned()
    }

    fn page(
        &self,
        version: i64,
        deals: &[LoadedDeal],
        focus: Option<&LoadedDeal>,
    ) -> Result<CasePage, Failure> {
        let deal = focus.and_then(|(_, state)| data::as_deal(state).ok());
        let rail = match deal {
            Some(deal) => deal_rail(self.case, deal, self.institution, self.today),
            None => case_rail(self.case),
        };
        let covered = self.covered(deal)?;
        let findings = self.findings(deal, &covered);
        let names = self.names()?;
        let entries = self.timeline(focus.map(|(id, _)| *id), &names)?;
        let disclosure = &self.case.disclosure;
        let details = disclosure.details.as_ref();
        let (badge, tone) = self.badge(deal, &rail);
        let pick = |severity: Severity| -> Vec<FindingView> {
            findings
                .iter()
                .filter(|f| f.severity == severity)
                .map(|f| self.finding(f))
                .collect()
        };
        let now = rail
            .iter()
            .position(|s| matches!(s.progress, Progress::Now(_)));
        let (steps, more) = self.steps(focus.map(|(id, _)| *id), deal);
        Ok(CasePage {
            p: Page::new(self.app, self.req)?,
            id: self.id.to_string(),
            number: disclosure.number.clone(),
            title: disclosure.title().to_owned(),
            badge,
            tone,
            manager: disclosure
                .manager
                .and_then(|id| names.get(&id).cloned())
                .unwrap_or_default(),
            manager_since: disclosure
                .manager_since
                .map_or_else(String::new, |day| short_date(day, self.today)),
            next_due: self.next_due(deal),
            history: self.case.history.is_some(),
            rail_now: now
                .and_then(|at| rail.get(at))
                .map_or_else(String::new, |s| self.text(&s.stop.label())),
            rail_place: now.map_or(rail.len(), |at| at + 1),
            rail: rail.iter().map(|step| self.rail_step(step)).collect(),
            lock: deal.and_then(|deal| self.lock(deal)),
            terms: deal.map_or_else(Vec::new, |deal| self.terms(deal)),
            schedule: deal.map_or_else(Vec::new, |deal| self.schedule(deal)),
            terms_aside: deal.map_or_else(String::new, |deal| self.terms_aside(deal)),
            also: self.also(&covered),
            facts: self.facts(),
            nearest: details.map_or_else(Vec::new, |it| {
                it.nearest
                    .iter()
                    .map(|w| (self.text(&w.kind.label()), w.text.clone()))
                    .collect()
            }),
            novelty: details.map_or_else(String::new, |it| it.novelty.clone()),
            people: self.people(&names),
            people_aside: self.people_aside(),
            rights: self.rights(),
            deals: self.deals(deals, focus.map(|(id, _)| *id)),
            receipts: match (focus, deal) {
                (Some((id, _)), Some(deal)) => self.receipts(*id, deal)?,
                _ => Vec::new(),
            },
            refused: pick(Severity::Refused),
            missing: pick(Severity::Warning),
            satisfied: pick(Severity::Info),
            files: files_of(&entries),
            entries,
            steps,
            more,
            version,
        })
    }

    fn names(&self) -> Result<HashMap<PersonId, String>, Failure> {
        let mut people: Vec<PersonId> = self
            .case
            .disclosure
            .contributors()
            .iter()
            .map(|c| c.person)
            .collect();
        people.extend(self.case.disclosure.manager);
        Ok(self
            .app
            .store
            .read(|db| data::names(db, self.user.institution, people))?)
    }

    fn fact(&self, zh: &str, en: &str, value: impl Into<String>) -> Fact {
        Fact {
            label: self.t(zh, en),
            value: value.into(),
            span: false,
        }
    }
}
