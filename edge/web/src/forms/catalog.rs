//! Every command's form.

mod case;
mod contract;
mod deal;
mod money;
mod people;

use dukou_kernel::Text;

use super::{Choice, Field, Kind, Spec};

/// What a form may offer: people, rights, receipts, and today's date.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// Today, `YYYY-MM-DD`.
    pub today: String,
    /// Managers who may hold a case.
    pub managers: Vec<Choice>,
    /// Contributors of the case or deal.
    pub people: Vec<Choice>,
    /// Everybody who could contribute.
    pub roster: Vec<Choice>,
    /// Rights of the case.
    pub rights: Vec<Choice>,
    /// Receipts of the deal.
    pub receipts: Vec<Choice>,
    /// Months whose awards wait to be filed with the tax office.
    pub months: Vec<Choice>,
    /// Open objections.
    pub objections: Vec<Choice>,
    /// Entries that may be corrected.
    pub entries: Vec<Choice>,
    /// Other cases that can go into the same deal.
    pub cases: Vec<Choice>,
    /// Whom to write to with an objection.
    pub contact: String,
    /// Days asked for.
    pub days: u32,
    /// Values that stand now, to be changed, by path.
    pub standing: serde_json::Map<String, serde_json::Value>,
}

/// Steps offered on a case, in the order of the road.
pub const CASE_STEPS: &[&str] = &[
    "disclosure.accept",
    "disclosure.return",
    "disclosure.decline",
    "disclosure.assign",
    "disclosure.confirm_share",
    "disclosure.object_share",
    "disclosure.revise_shares",
    "assessment.conclude",
    "protection.record_right",
    "protection.record_grant",
    "protection.record_cost",
    "protection.end_right",
    "valuation.note",
    "matching.open",
    "closing.note",
    "closing.correct",
    "closing.end",
];

/// Steps offered on a deal, in the order of the road.
pub const DEAL_STEPS: &[&str] = &[
    "matching.note_contact",
    "deal.agree_terms",
    "deal.declare_interest",
    "deal.decide",
    "deal.market_proof",
    "publicity.post",
    "publicity.object",
    "publicity.answer",
    "publicity.close",
    "agreement.sign",
    "agreement.register",
    "agreement.amend",
    "agreement.rename_party",
    "income.receive",
    "income.refund",
    "income.reverse",
    "distribution.propose",
    "distribution.approve",
    "distribution.reject",
    "distribution.post_reward",
    "distribution.close_reward",
    "distribution.pay",
    "distribution.file_relief",
    "distribution.allot_equity",
    "closing.note",
    "closing.correct",
    "closing.end",
];

/// Steps offered on a person.
pub const PERSON_STEPS: &[&str] = &[
    "people.grant_role",
    "people.revoke_role",
    "people.name_heir",
    "people.name_owner",
    "people.erase",
];

macro_rules! choices {
    ($kind:ty) => {
        <$kind>::ALL
            .iter()
            .map(|it| $crate::forms::Choice {
                value: it.code().to_owned(),
                label: it.label(),
            })
            .collect()
    };
}

use choices;

fn form(
    command: &'static str,
    title: (&str, &str),
    happens: (&str, &str),
    basis: (&str, &str),
    fields: Vec<Field>,
) -> Spec {
    Spec {
        command,
        title: Text::new(title.0, title.1),
        happens: Text::new(happens.0, happens.1),
        basis: Text::new(basis.0, basis.1),
        verb: Text::new(title.0, title.1),
        danger: false,
        fields,
        new_id: None,
    }
}

fn reason(zh: &str, en: &str) -> Field {
    Field::new("reason", Kind::Long(1000), zh, en)
}

/// The form of a command.
pub fn spec(command: &str, offer: &Offer) -> Option<Spec> {
    let mut spec = case::spec(command, offer)
        .or_else(|| deal::spec(command, offer))
        .or_else(|| contract::spec(command, offer))
        .or_else(|| money::spec(command, offer))
        .or_else(|| people::spec(command, offer))?;
    for field in &mut spec.fields {
        if let Some(value) = offer.standing.get(field.path) {
            field.value = value.clone();
        }
    }
    Some(spec)
}
