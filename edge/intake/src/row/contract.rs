//! A row of a contracts sheet.

use dukou_kernel::{Date, Money};

use super::view::View;
use crate::cell::is_han;
use crate::finding;
use crate::layout::{Field, Kind};
use crate::value::{right, uscc};

/// How a contract names a right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RightRef {
    /// By publication number.
    Number(String),
    /// By application number.
    Application(String),
    /// By words that may be a title.
    Title(String),
}

/// What could be read of a contract.
#[derive(Clone, Debug, Default)]
pub struct ContractDraft {
    /// Contract number.
    pub no: Option<String>,
    /// The rights it names.
    pub rights: Vec<RightRef>,
    /// Way of transfer.
    pub mode: Option<String>,
    /// The other party.
    pub firm: Option<String>,
    /// Its credit code.
    pub uscc: Option<String>,
    /// Amount.
    pub amount: Option<Money>,
    /// Day of signing.
    pub signed: Option<Date>,
    /// How the price was found.
    pub pricing: Option<String>,
}

/// Reads a row.
pub fn read_contract(view: &mut View) -> ContractDraft {
    let no = view.contract_no();
    let rights = rights(view);
    let code = match uscc::read(&view.cell(Field::Uscc).shown()) {
        uscc::Code::Absent => None,
        uscc::Code::Sound(code) => Some(code),
        uscc::Code::Wrong(wanted) => {
            let shown = view.cell(Field::Uscc).shown();
            view.note(finding::uscc(&shown, wanted));
            None
        }
    };
    let mut amount = view.money(Field::Amount, true);
    if amount.is_some_and(Money::is_negative) {
        let shown = view.cell(Field::Amount).shown();
        view.note(finding::amount_unreadable(
            Field::Amount,
            Kind::Contracts,
            &shown,
        ));
        amount = None;
    }
    ContractDraft {
        no,
        rights,
        mode: view.words(Field::Mode),
        firm: view.words(Field::Firm),
        uscc: code,
        amount,
        signed: view.day(Field::Signed, true),
        pricing: view.words(Field::Pricing),
    }
}

fn rights(view: &mut View) -> Vec<RightRef> {
    let text = view.joined(Field::Rights, "\n");
    let mut found: Vec<RightRef> = Vec::new();
    let mut malformed = None;
    let pieces = right::pieces(&text);
    let figures = |piece: &str| piece.chars().filter(char::is_ascii_digit).count();
    let titled = !pieces.is_empty()
        && pieces.iter().all(|piece| figures(piece) < 7)
        && pieces
            .iter()
            .all(|piece| right::number(piece).is_none() && piece.chars().any(is_han));
    if titled {
        // Titles hold 、 and 及 of their own, so the whole cell is tried first.
        found.push(RightRef::Title(text.trim().to_owned()));
    } else {
        for piece in pieces {
            let one = if let Some(number) = right::number(&piece) {
                RightRef::Number(number)
            } else if let Some(number) = right::application(&piece) {
                RightRef::Application(number)
            } else if let Some(number) = right::register(&piece) {
                RightRef::Number(number)
            } else {
                malformed = malformed.or(Some(piece));
                continue;
            };
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    if let Some(piece) = malformed {
        view.note(finding::number_malformed(Field::Rights, &piece));
    } else if found.is_empty() && view.has(Field::Rights) {
        view.note(finding::required(Field::Rights, Kind::Contracts));
    }
    found
}
