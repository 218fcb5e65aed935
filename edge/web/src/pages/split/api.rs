//! One receipt's division for programs.

use std::collections::BTreeMap;

use dukou_chain::distribution::Divided;
use dukou_chain::institution::Institution;
use dukou_chain::people::Scope;
use dukou_chain::whole::Deal;
use dukou_kernel::{DealId, Lang, Money, PersonId, ReceiptId};
use serde_json::{Value, json};

use super::trace::Reader;
use super::{divided_of, everybody, pool_name};
use crate::api;
use crate::api::said::money::{Paid, Received, Refunded, Reward};
use crate::app::App;
use crate::authorise::{authorise, covers_deal};
use crate::data;
use crate::failure::Failure;
use crate::page::Answer;
use crate::request::Req;

/// One receipt for programs: how it is divided, to whom, by which arithmetic, and
/// what was paid. Who sees only their own money sees only their own award.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let receipt_id: ReceiptId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    let row = app.store.read(|db| {
        db.row(
            "SELECT deal FROM receipt_view WHERE institution = $1 AND id = $2",
            &[data::text(user.institution), data::text(receipt_id)],
        )
    })?;
    let id = row.and_then(|it| it.text(0).parse().ok());
    let id: DealId = id.ok_or(Failure::NotFound)?;
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "money.read");
    if !app.store.read(|db| covers_deal(db, user, scope, id))? {
        return Err(Failure::NotFound);
    }
    let (version, state) = data::deal(app, user.institution, id)?;
    let deal = data::as_deal(&state)?;
    let receipts = &deal.income.receipts;
    let receipt = receipts.get(&receipt_id).ok_or(Failure::NotFound)?;
    let (split, preview, refusals) = divided_of(app, req, deal, id, receipt_id)?;
    let mine = (scope == Scope::Own).then_some(user.person);
    let mut body = divided(&institution, &split, deal, receipt_id, mine, req.lang);
    if let Some(map) = body.as_object_mut() {
        map.insert("id".to_owned(), json!(receipt_id));
        map.insert("deal".to_owned(), json!(id));
        map.insert("deal_version".to_owned(), json!(version));
        map.insert(
            "received".to_owned(),
            json!(Received::of(&receipt.received)),
        );
        map.insert("refunds".to_owned(), json!(Refunded::all(&receipt.refunds)));
        map.insert("reversed".to_owned(), json!(receipt.reversed));
        map.insert("history".to_owned(), json!(receipt.history));
        map.insert("preview".to_owned(), json!(preview));
        let refusals: Vec<Value> = refusals
            .into_iter()
            .map(|(message, article)| json!({"message": message, "article": article}))
            .collect();
        map.insert("refusals".to_owned(), json!(refusals));
    }
    api::resource(req, &body)
}

/// A division as programs read it; for one person alone when `mine` names them.
pub(crate) fn divided(
    institution: &Institution,
    it: &Divided,
    deal: &Deal,
    receipt: ReceiptId,
    mine: Option<PersonId>,
    lang: Lang,
) -> Value {
    let Divided {
        split,
        lines,
        findings,
    } = it;
    let division = deal.distribution.divisions.get(&receipt);
    let visible = |person: PersonId| mine.is_none_or(|it| it == person);
    let approved = division.filter(|it| it.approved.is_some());
    let of = |list: &[(PersonId, Money)], person: PersonId| {
        let found = list.iter().find(|(id, _)| *id == person);
        found.map_or(0, |(_, it)| it.fen())
    };
    let everybody = everybody(split);
    let awards: Vec<Value> = everybody
        .iter()
        .filter(|it| visible(**it))
        .map(|person| {
            json!({
                "person": person, "amount_fen": of(&split.people, *person),
                "returned_fen": of(&split.returned, *person),
                "paid_fen": division.map_or(0, |it| it.paid_to(*person).fen()),
                "owed_fen": approved.map_or(0, |it| it.owed(*person).fen()),
            })
        })
        .collect();
    // Programs know persons by their ids.
    let reader = Reader {
        lang,
        mine,
        names: &BTreeMap::new(),
    };
    let (trace, steps) = reader.answer(lines);
    let pools: Vec<Value> = split
        .pools
        .iter()
        .map(|(name, amount)| {
            json!({"pool": name, "name": pool_name(name, lang), "amount_fen": amount.fen()})
        })
        .collect();
    let paid: Vec<Paid> = division
        .iter()
        .flat_map(|division| {
            let paid = division.paid.iter().enumerate();
            paid.map(|(place, it)| (it, division.filing(place)))
        })
        .filter(|(it, _)| visible(it.person))
        .map(|(it, filing)| Paid::of(it, filing, institution, lang))
        .collect();
    json!({
        "standing": deal.distribution.standing_of(receipt),
        "gross_fen": split.gross.fen(), "recovered_fen": split.recovered.fen(),
        "net_fen": split.net.fen(), "pools": pools, "awards": awards, "steps": steps, "trace": trace,
        "findings": api::reads::findings(findings, lang), "paid": paid,
        "proposed_on": division.and_then(|it| it.proposed.as_ref()).map(|(day, _)| day),
        "approved_on": division.and_then(|it| it.approved.as_ref()).map(|(day, _)| day),
        "rejected": division.and_then(|it| it.rejected.as_ref()),
        "reward": division.and_then(|it| it.reward.as_ref()).map(|it| Reward::of(it, lang)),
    })
}
