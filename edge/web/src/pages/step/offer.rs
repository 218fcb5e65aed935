//! What the form of a step may offer: people, rights, receipts, entries, and what
//! stands now.

use dukou_chain::distribution::{Unfiled, filing};
use dukou_chain::people::{Role, Scope};
use dukou_chain::whole::{Case, Deal, State};
use dukou_journal::StreamId;
use dukou_kernel::{CaseId, InstitutionId, PersonId, Text};
use serde_json::{Value, json};

use crate::app::App;
use crate::authorise::case_filter;
use crate::data;
use crate::failure::Failure;
use crate::forms::{Choice, Offer};
use crate::pages::case::kind_text;
use crate::request::Req;
use crate::session::User;

/// As many other cases as a form offers for one deal.
const OTHER_CASES: usize = 40;

/// Cases that may go into a deal with this one: those within the scope that are
/// ready to be offered, the same manager's first.
pub(super) fn other_cases(
    app: &App,
    user: &User,
    scope: Scope,
    case: (CaseId, &Case),
) -> Result<Vec<Choice>, Failure> {
    let (filter, values) = case_filter(scope, user, 4);
    let mut params = vec![
        data::text(user.institution),
        data::text(case.0),
        data::text(
            case.1
                .disclosure
                .manager
                .map_or_else(String::new, |id| id.to_string()),
        ),
    ];
    params.extend(values);
    let sql = format!(
        "SELECT c.id, c.number, c.title FROM case_view c \
         WHERE c.institution = $1 AND c.stop IN ('valuation', 'matching') AND c.ended = 0 AND c.id <> $2{filter} \
         ORDER BY CASE WHEN c.manager = $3 THEN 0 ELSE 1 END, c.number DESC LIMIT {OTHER_CASES}"
    );
    let rows = app.store.read(|db| db.rows(&sql, &params))?;
    Ok(rows
        .iter()
        .map(|row| {
            let label = format!("{} {}", row.text(1), row.text(2));
            Choice {
                value: row.text(0).to_owned(),
                label: Text::new(label.clone(), label),
            }
        })
        .collect())
}

pub(super) fn contributors(app: &App, user: &User, case: &Case) -> Result<Vec<Choice>, Failure> {
    let people: Vec<PersonId> = case
        .disclosure
        .contributors()
        .iter()
        .map(|c| c.person)
        .collect();
    named(app, user.institution, people)
}

fn named(
    app: &App,
    institution: InstitutionId,
    people: Vec<PersonId>,
) -> Result<Vec<Choice>, Failure> {
    let names = app
        .store
        .read(|db| data::names(db, institution, people.clone()))?;
    Ok(people
        .into_iter()
        .map(|id| {
            let name = names.get(&id).cloned().unwrap_or_default();
            Choice {
                value: id.to_string(),
                label: Text::new(name.clone(), name),
            }
        })
        .collect())
}

pub(super) fn role_choices(app: &App, user: &User, role: Role) -> Result<Vec<Choice>, Failure> {
    let people = app
        .store
        .read(|db| data::people_in(db, user.institution, role))?;
    Ok(people
        .into_iter()
        .map(|(id, name)| Choice {
            value: id.to_string(),
            label: Text::new(name.clone(), name),
        })
        .collect())
}

/// Everybody of the roster, for naming contributors.
pub fn roster(app: &App, user: &User) -> Result<Vec<Choice>, Failure> {
    let rows = app.store.read(|db| {
        db.rows(
            "SELECT v.id, s.text, u.name_zh, u.name_en FROM person_view v \
             JOIN sealed s ON s.institution = v.institution AND s.subject = v.id AND s.field = 'name' \
             LEFT JOIN unit_view u ON u.institution = v.institution AND u.id = v.unit \
             WHERE v.institution = $1 AND v.kind <> 'service' ORDER BY s.text LIMIT 2000",
            &[data::text(user.institution)],
        )
    })?;
    Ok(rows
        .iter()
        .map(|row| {
            let (name, zh, en) = (row.text(1), row.text(2), row.text(3));
            let en = if en.is_empty() { zh } else { en };
            let join = |unit: &str| {
                if unit.is_empty() {
                    name.to_owned()
                } else {
                    format!("{name} · {unit}")
                }
            };
            Choice {
                value: row.text(0).to_owned(),
                label: Text::new(join(zh), join(en)),
            }
        })
        .collect())
}

pub(super) fn entries(
    app: &App,
    institution: InstitutionId,
    stream: StreamId,
) -> Result<Vec<Choice>, Failure> {
    let list = app.store.entries(institution, stream)?;
    Ok(list
        .iter()
        .rev()
        .take(40)
        .map(|(entry, _)| {
            let label = format!("{} · {}", entry.meta.seq, entry.meta.effective);
            let kind = kind_text(&entry.meta.kind);
            Choice {
                value: entry.meta.seq.to_string(),
                label: Text::new(
                    format!("{label} {}", kind.zh),
                    format!("{label} {}", kind.en),
                ),
            }
        })
        .collect())
}

pub(super) fn right_label(number: &str, kind: Text) -> Text {
    if number.is_empty() {
        return kind;
    }
    Text::new(
        format!("{number} {}", kind.zh),
        format!("{number} {}", kind.en),
    )
}

pub(super) fn base_offer(app: &App, user: &User) -> Result<Offer, Failure> {
    let institution = data::institution(app, user.institution)?;
    let today = app.store.today();
    let contact = institution.profile.as_ref().map(|it| it.contact.clone());
    Ok(Offer {
        today: today.to_string(),
        contact: contact.unwrap_or_default(),
        days: institution.price_publicity_days(today),
        ..Offer::default()
    })
}

pub(super) fn fill_deal_offer(
    app: &App,
    req: &Req,
    user: &User,
    deal: &Deal,
    offer: &mut Offer,
) -> Result<(), Failure> {
    let mut people: Vec<PersonId> = Vec::new();
    for id in deal.cases() {
        let (_, state) = data::case(app, user.institution, *id)?;
        if let State::Case(case) = state.as_ref() {
            people.extend(case.disclosure.contributors().iter().map(|c| c.person));
        }
    }
    people.dedup();
    offer.people = named(app, user.institution, people)?;
    let own = user.person.to_string();
    if user.roles == [Role::Inventor] {
        offer.people.retain(|it| it.value == own);
    }
    offer.receipts = deal
        .income
        .standing()
        .map(|(id, receipt)| {
            let (day, amount) = (receipt.received.received, receipt.received.amount);
            let text = format!("{day} ¥{amount}");
            Choice {
                value: id.to_string(),
                label: Text::new(text.clone(), text),
            }
        })
        .collect();
    if let Some(receipt) = Some(req.query("receipt")).filter(|it| !it.is_empty()) {
        offer.receipts.sort_by_key(|it| it.value != receipt);
        to_be_paid(req, deal, receipt, offer);
    }
    offer.months = unfiled_months(req, deal);
    if let Some(notice) = deal.publicity.current(deal.negotiation.version()) {
        offer.objections = notice
            .open_objections()
            .map(|it| {
                let n = it.objected.objection;
                let head: String = it.objected.text.chars().take(30).collect();
                Choice {
                    value: n.to_string(),
                    label: Text::new(format!("第{n}条：{head}"), format!("No. {n}: {head}")),
                }
            })
            .collect();
    }
    standing_terms(req, deal, offer);
    Ok(())
}

/// The months in which awards of the receipt that the address names, or of any, were
/// paid and not filed with the tax office.
fn unfiled_months(req: &Req, deal: &Deal) -> Vec<Choice> {
    let receipt = req.query("receipt");
    let divisions = &deal.distribution.divisions;
    let mine = divisions
        .iter()
        .filter(|(id, _)| receipt.is_empty() || id.to_string() == receipt);
    let mut months: Vec<_> = mine.flat_map(|(_, it)| it.unfiled()).collect();
    months.sort_by_key(|it| it.month);
    months.dedup_by_key(|it| it.month);
    let choice = |it: Unfiled| Choice {
        value: it.month.to_string(),
        label: filing::month_words(it.month),
    };
    months.into_iter().map(choice).collect()
}

/// The person whom the address names, and what is owed to them of that receipt.
fn to_be_paid(req: &Req, deal: &Deal, receipt: &str, offer: &mut Offer) {
    let person = req.query("person");
    let (Ok(receipt), Ok(person)) = (receipt.parse(), person.parse::<PersonId>()) else {
        return;
    };
    let division = deal.distribution.divisions.get(&receipt);
    let owed = division.map(|it| it.owed(person));
    let Some(owed) = owed.filter(|it| it.is_positive()) else {
        return;
    };
    if req.param("command") == "distribution.pay" {
        let standing = &mut offer.standing;
        standing.insert("person".to_owned(), json!(person));
        standing.insert("amount".to_owned(), json!(owed.fen()));
    }
}

/// What stands now is filled into the forms that change it.
fn standing_terms(req: &Req, deal: &Deal, offer: &mut Offer) {
    let command = req.param("command");
    if command == "deal.agree_terms" || command == "agreement.amend" {
        let terms = deal
            .terms()
            .and_then(|terms| serde_json::to_value(terms).ok());
        if let Some(Value::Object(terms)) = terms {
            for (key, value) in terms {
                match (key.as_str(), value) {
                    ("equity", Value::Object(equity)) => {
                        for (inner, value) in equity {
                            offer
                                .standing
                                .insert(format!("terms.equity.{inner}"), value);
                        }
                    }
                    (_, value) => {
                        offer.standing.insert(format!("terms.{key}"), value);
                    }
                }
            }
        } else if let Some((_, opened)) = &deal.matching.opened {
            offer
                .standing
                .insert("terms.mode".to_owned(), json!(opened.mode.code()));
            if let Some(asking) = opened.asking {
                offer
                    .standing
                    .insert("terms.price".to_owned(), json!(asking.fen()));
            }
        }
    }
    if command == "agreement.rename_party"
        && let Some(party) = deal.agreement.party()
    {
        offer
            .standing
            .insert("party.kind".to_owned(), json!(party.kind.code()));
        offer
            .standing
            .insert("party.size".to_owned(), json!(party.size.code()));
    }
    if command == "agreement.register"
        && let Some(terms) = deal.terms()
    {
        offer
            .standing
            .insert("technology_amount".to_owned(), json!(terms.price.fen()));
    }
    if command == "income.receive" {
        let party = deal.agreement.party().map(|it| it.name.clone());
        offer
            .standing
            .insert("payer".to_owned(), json!(party.unwrap_or_default()));
    }
}
