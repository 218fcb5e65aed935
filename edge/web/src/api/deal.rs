//! One deal as its page shows it: terms, notices, contract, money, findings.

use dukou_chain::institution::Institution;
use dukou_chain::people::Scope;
use dukou_chain::whole::{self, Deal};
use dukou_kernel::{DealId, Lang, PersonId};
use serde_json::{Value, json};

use super::reads::{asker, findings, tasks_of};
use super::versioned;
use crate::app::App;
use crate::authorise::covers_deal;
use crate::data;
use crate::failure::Failure;
use crate::page::Answer;
use crate::pages::split::divided;
use crate::request::Req;
use crate::session::User;
use crate::sight::Sight;

/// One deal with its version.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let (user, scope) = asker(app, req, "deal.read")?;
    let id: DealId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    if !app.store.read(|db| covers_deal(db, user, scope, id))? {
        return Err(Failure::NotFound);
    }
    let (version, state) = data::deal(app, user.institution, id)?;
    let deal = data::as_deal(&state)?;
    let institution = data::institution(app, user.institution)?;
    let money = asker(app, req, "money.read")?.1;
    let mine = (money == Scope::Own).then_some(user.person);
    let sight = Sight::new(&institution, user);
    let receipts = match app.store.read(|db| sight.reads_money(db, id))? {
        true => receipts(deal, mine, req.lang),
        false => Vec::new(),
    };
    versioned(
        req,
        version,
        &json!({
            "id": id, "version": version, "number": deal.number(), "cases": deal.cases(),
            "opened": deal.matching.opened.as_ref().map(|(day, it)| json!({
                "on": day, "mode": it.mode, "asking": it.asking, "note": it.note,
            })),
            "contacts": deal.matching.contacts,
            "party": deal.agreement.party(), "terms": deal.terms(),
            "terms_version": deal.negotiation.version(),
            "interests": deal.negotiation.interests.values().collect::<Vec<_>>(),
            "market": deal.negotiation.market.as_ref().map(|(day, it)| json!({"on": day, "proof": it})),
            "decision": deal.negotiation.current_decision(),
            "notices": notices(deal, &institution),
            "signed": deal.agreement.signed.as_ref().map(|(_, it)| it),
            "registered": deal.agreement.registered,
            "amendments": deal.agreement.amendments.iter()
                .map(|(day, it)| json!({"on": day, "amendment": it})).collect::<Vec<_>>(),
            "equity": deal.distribution.equity.as_ref()
                .filter(|_| money == Scope::All || money == Scope::Unit)
                .map(|(day, it)| json!({"on": day, "allotted": it})),
            "stop": whole::deal_stop(deal).code(),
            "receipts": receipts,
            "ended": deal.closing.ended.as_ref().map(|(day, it)| json!({"on": day, "outcome": it})),
            "history": deal.history.is_some(),
            "tasks": tasks_of(&whole::deal_tasks(deal, &institution), req),
            "findings": found(app, user, deal, &institution, req.lang)?,
        }),
    )
}

/// Receipts in order of entry, each with how it is divided once that is proposed.
fn receipts(deal: &Deal, mine: Option<PersonId>, lang: Lang) -> Vec<Value> {
    let order = deal.income.order.iter();
    order
        .filter_map(|id| Some((*id, deal.income.receipts.get(id)?)))
        .map(|(id, it)| {
            let division = deal.distribution.divisions.get(&id);
            let split = division.and_then(|it| it.divided());
            json!({
                "received": it.received, "refunds": it.refunds, "reversed": it.reversed,
                "history": it.history, "standing": deal.distribution.standing_of(id),
                "division": split.map(|it| divided(&it, deal, id, mine, lang)),
            })
        })
        .collect()
}

/// The notices of price with their objections, oldest first.
fn notices(deal: &Deal, institution: &Institution) -> Vec<Value> {
    let all = deal.publicity.notices.iter();
    all.map(|it| {
        let due = it.due(institution.calendar());
        let objections: Vec<Value> = it
            .objections
            .iter()
            .map(|one| {
                json!({
                    "on": one.on, "objected": one.objected,
                    "answered_on": one.answer.as_ref().map(|(day, _)| day),
                    "answer": one.answer.as_ref().map(|(_, it)| it),
                })
            })
            .collect();
        json!({
            "notice": it.posted.notice, "posted_on": it.posted_on, "posted": it.posted,
            "last_day": due.shown(), "pending": due.pending(), "void": it.void(),
            "objections": objections,
            "closed_on": it.closed.as_ref().map(|(day, _)| day),
            "closed": it.closed.as_ref().map(|(_, it)| it),
        })
    })
    .collect()
}

/// What the law asks of the deal; nothing once it has ended.
fn found(
    app: &App,
    user: &User,
    deal: &Deal,
    institution: &Institution,
    lang: Lang,
) -> Result<Vec<Value>, Failure> {
    if deal.closing.ended.is_some() {
        return Ok(Vec::new());
    }
    let mut states = Vec::new();
    for id in deal.cases() {
        states.push((*id, data::case(app, user.institution, *id)?.1));
    }
    let mut cases = Vec::new();
    for (id, state) in &states {
        cases.push((*id, data::as_case(state)?));
    }
    let today = app.store.today();
    Ok(findings(
        &whole::deal_findings(deal, &cases, institution, today),
        lang,
    ))
}
