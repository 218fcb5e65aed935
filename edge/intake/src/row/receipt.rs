//! A row of a receipts sheet.

use dukou_kernel::{Date, Money};

use super::view::View;
use crate::layout::Field;

/// What could be read of a receipt.
#[derive(Clone, Debug, Default)]
pub struct ReceiptDraft {
    /// Contract number.
    pub no: Option<String>,
    /// Day of receipt.
    pub date: Option<Date>,
    /// Amount.
    pub amount: Option<Money>,
    /// Who paid.
    pub payer: Option<String>,
    /// Voucher number.
    pub voucher: Option<String>,
    /// The system has it, under whatever voucher.
    pub already: bool,
}

/// Reads a row.
pub fn read_receipt(view: &mut View) -> ReceiptDraft {
    let amount = view.money(Field::Amount, true);
    view.check_rate(amount);
    ReceiptDraft {
        date: view.day(Field::Date, true),
        no: view.contract_no(),
        amount,
        payer: view.words(Field::Payer),
        voucher: view.words(Field::Voucher),
        already: false,
    }
}
