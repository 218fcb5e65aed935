//! One deal as its page shows it: terms, notices, contract, money, findings.

use dukou_chain::institution::Institution;
use dukou_chain::people::Scope;
use dukou_chain::public::{Id, MoneyRight, Pen};
use dukou_chain::whole::{self, Deal};
use dukou_kernel::{DealId, Lang, PersonId};
use serde_json::{Value, json};

use super::reads::{asker, findings, tasks_of};
use super::said::deal as said;
use super::said::money::{Received, Refunded};
use super::said::parts::{Found, Party};
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
    let reads_money = app.store.read(|db| sight.reads_money(db, id))?;
    let (receipts, right) = match reads_money {
        true => (
            receipts(&institution, deal, mine, req.lang),
            sight.money_right(),
        ),
        false => (Vec::new(), MoneyRight::None),
    };
    let pen = &mut Pen::new(right);
    let negotiation = &deal.negotiation;
    let opened = deal.matching.opened.as_ref();
    let signed = deal.agreement.signed.as_ref();
    let equity = deal.distribution.equity.as_ref();
    versioned(
        req,
        version,
        &json!({
            "id": id, "version": version, "number": deal.number(), "cases": deal.cases(),
            "opened": opened.map(|it| said::Opened::of(it, pen)),
            "contacts": deal.matching.contacts.iter().map(said::Contact::of).collect::<Vec<_>>(),
            "party": deal.agreement.party().map(Party::of),
            "terms": deal.terms().map(|it| said::Terms::of("terms", it, pen)),
            "terms_version": negotiation.version(),
            "interests": negotiation.interests.values().map(said::Interest::of).collect::<Vec<_>>(),
            "market": negotiation.market.as_ref().map(said::Market::of),
            "decision": negotiation.current_decision().map(|it| said::Decision::of(it, pen)),
            "notices": notices(deal, &institution, req.lang),
            "signed": signed.map(|(_, it)| said::Signed::of(it, pen, req.lang)),
            "registered": deal.agreement.registered.as_ref().map(|it| said::Registered::of(it, pen)),
            "amendments": deal.agreement.amendments.iter()
                .map(|it| said::Amendment::of(it, pen)).collect::<Vec<_>>(),
            "equity": equity.filter(|_| reads_money).map(|it| said::Equity::of(it, pen, req.lang)),
            "stop": whole::deal_stop(deal).code(),
            "receipts": receipts,
            "ended": deal.closing.ended.as_ref().map(said::Ended::of),
            "history": deal.history.is_some(),
            "tasks": tasks_of(&whole::deal_tasks(deal, &institution), req),
            "findings": found(app, user, deal, &institution, req.lang)?,
            "withheld": std::mem::take(pen).withheld(),
        }),
    )
}

/// Receipts in order of entry, each with how it is divided once that is proposed.
fn receipts(
    institution: &Institution,
    deal: &Deal,
    mine: Option<PersonId>,
    lang: Lang,
) -> Vec<Value> {
    let order = deal.income.order.iter();
    order
        .filter_map(|id| Some((*id, deal.income.receipts.get(id)?)))
        .map(|(id, it)| {
            let division = deal.distribution.divisions.get(&id);
            let split = division.and_then(|it| it.divided());
            json!({
                "received": Received::of(&it.received), "refunds": Refunded::all(&it.refunds),
                "reversed": it.reversed,
                "history": it.history, "standing": deal.distribution.standing_of(id),
                "division": split.map(|it| divided(institution, &it, deal, id, mine, lang)),
            })
        })
        .collect()
}

/// The notices of price with their objections, oldest first.
fn notices(deal: &Deal, institution: &Institution, lang: Lang) -> Vec<said::Notice> {
    let all = deal.publicity.notices.iter();
    all.map(|it| {
        let due = it.due(institution.calendar());
        let closed = it.closed.as_ref();
        said::Notice {
            notice: Id::new(it.posted.notice),
            posted_on: it.posted_on,
            posted: said::Posted::of(&it.posted, lang),
            last_day: due.shown(),
            pending: due.pending(),
            void: it.void(),
            objections: it.objections.iter().map(said::Objection::of).collect(),
            closed_on: closed.map(|(day, _)| *day),
            closed: closed.map(|(_, it)| said::Closed::of(it)),
        }
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
) -> Result<Vec<Found>, Failure> {
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
