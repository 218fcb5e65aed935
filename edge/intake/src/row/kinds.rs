//! The rows that are good, in normal form.

use dukou_kernel::{Date, Money, Share};

use crate::cell::squeeze;

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Index into the batch's sheets.
    pub sheet: usize,
    /// Row in the sheet, counted from 1.
    pub row: usize,
}

/// One achievement with its right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Achievement {
    /// Where the row stands.
    pub place: Place,
    /// Title.
    pub title: String,
    /// Number in normal form; empty where the ledger says that there is none.
    pub number: String,
    /// Inventors in order.
    pub inventors: Vec<String>,
    /// Their shares, where the sheet has them; together the whole.
    pub shares: Option<Vec<Share>>,
    /// College or department.
    pub college: Option<String>,
    /// Filing day.
    pub filed: Date,
    /// Grant day.
    pub granted: Option<Date>,
    /// Kind of right as written.
    pub right_kind: Option<String>,
    /// Application number, where the sheet has one beside the number.
    pub application: Option<String>,
    /// The system already has this right.
    pub already: bool,
}

/// One contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Where the row stands.
    pub place: Place,
    /// Contract number.
    pub no: String,
    /// Rights it is about, in normal form.
    pub numbers: Vec<String>,
    /// Titles of achievements without a number that it is about.
    pub titles: Vec<String>,
    /// Way of transfer as written.
    pub mode: Option<String>,
    /// The other party.
    pub firm: Option<String>,
    /// The other party's credit code.
    pub uscc: Option<String>,
    /// Amount.
    pub amount: Money,
    /// Day of signing.
    pub signed: Date,
    /// How the price was found, as written.
    pub pricing: Option<String>,
    /// The system already has this contract.
    pub already: bool,
    /// Rights or titles whose only row in this batch was rejected.
    pub waits_for: Vec<String>,
}

/// One receipt of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Where the row stands.
    pub place: Place,
    /// Contract number.
    pub no: String,
    /// Day of receipt.
    pub date: Date,
    /// Amount; negative for a refund.
    pub amount: Money,
    /// Who paid.
    pub payer: Option<String>,
    /// Voucher number.
    pub voucher: Option<String>,
    /// The same for the same receipt in every run, different for two equal
    /// receipts of one batch.
    pub key: String,
    /// The system already has this receipt.
    pub already: bool,
    /// The contract, when its only row in this batch was rejected.
    pub waits_for: Option<String>,
}

/// One past distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Where the row stands.
    pub place: Place,
    /// Contract number.
    pub no: String,
    /// Net income that was distributed.
    pub net: Option<Money>,
    /// The team's amount.
    pub team: Option<Money>,
    /// The college's amount.
    pub college: Option<Money>,
    /// The university's amount.
    pub university: Option<Money>,
    /// Amounts of other receivers, by header.
    pub others: Vec<(String, Money)>,
    /// Who of the team got how much.
    pub persons: Vec<(String, Money)>,
    /// The same for the same distribution in every run.
    pub key: String,
    /// The system already has this distribution.
    pub already: bool,
    /// The contract, when its only row in this batch was rejected.
    pub waits_for: Option<String>,
}

/// A contract number as it is compared: no blanks, half-width, upper case.
pub fn contract_key(no: &str) -> String {
    squeeze(no)
        .chars()
        .map(|c| match c {
            '[' | '{' | '(' => '(',
            ']' | '}' | ')' => ')',
            other => other,
        })
        .flat_map(char::to_uppercase)
        .collect()
}

/// A title as it is compared: no blanks, half-width.
pub fn title_key(title: &str) -> String {
    squeeze(title)
}
