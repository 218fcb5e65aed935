//! A row of a contracts sheet.

use dukou_kernel::{Date, Money};
use dukou_rights::{Form, Reading};

use super::view::View;
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
    /// A credit code that fails the formula; good only if the institution keeps it.
    pub doubtful: Option<String>,
    /// Amount.
    pub amount: Option<Money>,
    /// Day of signing.
    pub signed: Option<Date>,
    /// How the price was found.
    pub pricing: Option<String>,
    /// It may be about no right: technology that is yet to come, or advice.
    pub rightless: bool,
}

/// Reads a row.
pub fn read_contract(view: &mut View) -> ContractDraft {
    let no = view.contract_no();
    let mut rightless = is_rightless(view);
    let mut rights = rights(view, rightless);
    // 无 beside a title: know-how of that title, where the ledger has it.
    if rights.is_empty() && says_none(view) {
        rightless = true;
        rights.extend(view.words(Field::RightTitle).map(RightRef::Title));
    }
    let shown = view.cell(Field::Uscc).shown();
    let (mut code, mut doubtful) = (None, None);
    match uscc::read(&shown) {
        uscc::Code::Absent => {}
        uscc::Code::Sound(sound) => code = Some(sound),
        uscc::Code::Old(old) => {
            view.note(finding::uscc_old(&shown));
            code = Some(old);
        }
        uscc::Code::Wrong(wrong) => doubtful = Some(wrong),
    }
    let mut amount = view.money(Field::Amount, true);
    view.check_rate(amount);
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
        doubtful,
        amount,
        signed: view.day(Field::Signed, true),
        pricing: view.words(Field::Pricing),
        rightless,
    }
}

/// Contracts for development, advice or service (民法典第851条, 第878条) need no right; nor
/// does one about something kept secret.
fn is_rightless(view: &View) -> bool {
    const MODES: [&str; 6] = [
        "技术开发",
        "委托开发",
        "合作开发",
        "技术咨询",
        "技术服务",
        "技术培训",
    ];
    let says = |field| {
        let words = view.words(field);
        words.is_some_and(|it| MODES.iter().any(|mode| it.contains(mode)))
    };
    says(Field::Mode)
        || view.words(Field::Mode).is_none()
            && [Field::RightTitle, Field::Rights].into_iter().any(says)
}

fn says_none(view: &View) -> bool {
    let shown = view.cell(Field::Rights).shown();
    matches!(right::read(&shown), Reading::Absent(_))
}

fn rights(view: &mut View, rightless: bool) -> Vec<RightRef> {
    let text = view.joined(Field::Rights, "\n");
    let mut found: Vec<RightRef> = Vec::new();
    let mut malformed = None;
    let mut absent = false;
    let pieces = right::pieces(&text);
    let says_none = |piece: &String| matches!(right::read(piece), Reading::Absent(_));
    let titled = !pieces.is_empty()
        && pieces.iter().all(|piece| right::is_title(piece))
        && !pieces.iter().all(says_none);
    if titled {
        // Titles hold 、 and 及 of their own, so the whole cell is tried first.
        found.push(RightRef::Title(text.trim().to_owned()));
    } else {
        for piece in pieces {
            let one = match right::read(&piece) {
                Reading::Number(number) if number.form == Form::Application => {
                    RightRef::Application(number.text)
                }
                Reading::Number(number) => RightRef::Number(number.text),
                Reading::Absent(_) => {
                    absent = true;
                    continue;
                }
                Reading::Wrong(fault) => {
                    malformed = malformed.or(Some(fault));
                    continue;
                }
            };
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    let wanted = view.has(Field::Rights) || view.has(Field::Mode);
    if let Some(fault) = malformed {
        view.note(finding::number_malformed(Field::Rights, fault));
    } else if found.is_empty() && wanted && !absent && !rightless {
        view.note(finding::required(Field::Rights, Kind::Contracts));
    }
    found
}
