//! Findings about amounts of money.

use dukou_kernel::text;

use super::{Code, Note, both, quoted};
use crate::layout::{Field, Kind};
use crate::value::currency::Currency;

/// No amount can be read.
pub fn amount_unreadable(field: Field, kind: Kind, shown: &str) -> Note {
    let (name_zh, name_en) = both(field, kind);
    let shown = quoted(shown);
    Note::new(
        field,
        Code::AmountUnreadable,
        text!(
            "{name_zh}“{shown}”读不出数额。",
            "No amount can be read from the {name_en} “{shown}”."
        ),
        text!(
            "写成数字，例如 125000 或 12.5万元。",
            "Write a figure, such as 125000 or 12.5万元."
        ),
    )
}

/// Words for the unit of an amount that are not understood.
pub fn unit_unread(field: Field, kind: Kind, words: &str) -> Note {
    let (name_zh, name_en) = both(field, kind);
    let words = quoted(words);
    Note::new(
        field,
        Code::UnitUnread,
        text!(
            "{name_zh}的单位“{words}”不认得，数额没有按元导入。",
            "The unit “{words}” of the {name_en} is not understood, so no amount was taken."
        ),
        text!(
            "单位写元、千元、万元、百万元、千万元或亿元，或在单元格里写明，例如 12.5万元。",
            "Write the unit 元, 千元, 万元, 百万元, 千万元 or 亿元, or write it in the cell, such as 12.5万元."
        ),
    )
}

/// Money that is not the yuan.
pub fn currency_foreign(field: Field, kind: Kind, currency: &Currency) -> Note {
    let (name_zh, name_en) = both(field, kind);
    let (zh, en) = (currency.zh, currency.en);
    Note::new(
        field,
        Code::CurrencyForeign,
        text!(
            "{name_zh}是{zh}，不是人民币元。",
            "The {name_en} is in {en}, not in yuan."
        ),
        text!(
            "原币金额、汇率、汇率来源（例如中国外汇交易中心某日中间价）和人民币金额（元）各写一列，再导入。",
            "Write the original amount, the rate, the source of the rate (such as the CFETS central parity of a day) and the amount in yuan (人民币金额) in a column each, and import again."
        ),
    )
}

/// The original amount at its rate does not make the yuan.
pub fn rate_mismatch(rate: &str, yuan: &str) -> Note {
    let rate = quoted(rate);
    Note::new(
        Field::Rate,
        Code::RateMismatch,
        text!(
            "原币金额按汇率 {rate} 折算，与人民币金额 {yuan} 元不符。",
            "At the rate {rate} the original amount does not make {yuan} yuan."
        ),
        text!(
            "核对原币金额、汇率和人民币金额。",
            "Check the original amount, the rate and the amount in yuan."
        ),
    )
}

/// The parts of a distribution do not add up.
pub fn sum_mismatch(field: Field, parts: &str, whole: &str) -> Note {
    let (message, suggestion) = if field == Field::Persons {
        (
            text!(
                "个人金额合计 {parts} 元，与团队金额 {whole} 元不等。",
                "The persons' amounts make {parts} yuan, the team's amount is {whole}."
            ),
            text!(
                "核对个人金额，使合计等于团队金额。",
                "Correct the persons' amounts so that they make the team's amount."
            ),
        )
    } else {
        (
            text!(
                "各方金额合计 {parts} 元，与可分配净收入 {whole} 元不等。",
                "The parts make {parts} yuan, the net income is {whole}."
            ),
            text!(
                "核对各方金额，使合计等于净收入。",
                "Correct the parts so that they make the net income."
            ),
        )
    };
    Note::new(field, Code::SumMismatch, message, suggestion)
}

/// The payer is spelled differently from the contract's party.
pub fn payer_differs(payer: &str, firm: &str) -> Note {
    let (payer, firm) = (quoted(payer), quoted(firm));
    Note::new(
        Field::Payer,
        Code::PayerDiffers,
        text!(
            "付款单位“{payer}”与合同对方“{firm}”不一致。",
            "The payer “{payer}” is not the contract's party “{firm}”."
        ),
        text!(
            "核对是否同一单位；如为代付可不改。",
            "Check whether they are the same; leave it if another paid for them."
        ),
    )
}

/// Perhaps the same receipt as an earlier row.
pub fn receipt_repeated(told: &str, sheet: &str, row: usize) -> Note {
    Note::new(
        Field::Amount,
        Code::ReceiptRepeated,
        text!(
            "{told} 与“{sheet}”第 {row} 行相同，分不清是一笔还是两笔，两行都导入了。",
            "{told} is the same as row {row} of “{sheet}”; it may be one receipt or two, and both rows are imported."
        ),
        text!(
            "是同一笔的，删去一行；是两笔的，写上各自的凭证号。",
            "If it is one, delete a row; if they are two, write the voucher of each."
        ),
    )
}

/// A refund larger than what was received.
pub fn refund_exceeds(refund: &str, received: &str) -> Note {
    Note::new(
        Field::Amount,
        Code::RefundExceeds,
        text!(
            "退款 {refund} 元超过该合同到当日为止的到账 {received} 元。",
            "The refund of {refund} yuan is more than the {received} yuan received under the contract by that day."
        ),
        text!(
            "核对退款金额、日期和合同编号，或补上缺少的到账。",
            "Check the refund's amount, day and contract, or add the receipts that are missing."
        ),
    )
}

/// More was received than the contract's price.
pub fn receipts_exceed(received: &str, price: &str) -> Note {
    Note::new(
        Field::Amount,
        Code::ReceiptsExceed,
        text!(
            "到账累计 {received} 元，超过合同金额 {price} 元。",
            "{received} yuan have been received, the contract's price is {price}."
        ),
        text!(
            "核对金额、单位和合同编号；提成等确有超出的可不改。",
            "Check amount, unit and contract; leave it if royalties make it so."
        ),
    )
}

/// An amount that is nothing like its contract's.
pub fn amount_implausible(amount: &str, price: &str) -> Note {
    Note::new(
        Field::Amount,
        Code::AmountImplausible,
        text!(
            "{amount} 元与合同金额 {price} 元相差悬殊，可能单位不对（元、万元、分）。",
            "{amount} yuan are nothing like the contract's price of {price}; the units (元, 万元, 分) may be mixed up."
        ),
        text!(
            "核对本行和合同的金额单位；无误可不改。",
            "Check the units here and at the contract; leave it if they are right."
        ),
    )
}

/// A price that hardly any contract has.
pub fn price_implausible(price: &str) -> Note {
    Note::new(
        Field::Amount,
        Code::AmountImplausible,
        text!(
            "合同金额 {price} 元不合常理，可能单位不对（元、万元）。",
            "A price of {price} yuan is unlikely; the units (元, 万元) may be mixed up."
        ),
        text!(
            "核对金额单位；无误可不改。",
            "Check the unit; leave it if it is right."
        ),
    )
}

/// The system has the contract with another price.
pub fn contract_changed(old: &str, new: &str) -> Note {
    Note::new(
        Field::Amount,
        Code::ContractChanged,
        text!(
            "系统里这份合同的金额是 {old} 元，台账里是 {new} 元；系统里的没有改动。",
            "The system has this contract at {old} yuan, the ledger at {new}; nothing was changed."
        ),
        text!(
            "以系统为准的，改台账；以台账为准的，在该合同下变更金额。",
            "If the system is right, correct the ledger; if the ledger is, amend the contract in the system."
        ),
    )
}

/// The system has the receipt with another amount.
pub fn receipt_changed(day: &str, old: &str, new: &str) -> Note {
    Note::new(
        Field::Amount,
        Code::ReceiptChanged,
        text!(
            "系统里该合同 {day} 的到账是 {old} 元，台账里是 {new} 元；没有另加一笔，系统里的没有改动。",
            "The system has {old} yuan received under this contract on {day}, the ledger {new}; no second receipt was added and nothing was changed."
        ),
        text!(
            "以系统为准的，改台账；以台账为准的，在该合同下更正那一笔；确为当天另一笔的，把原来那笔也留在台账里。",
            "If the system is right, correct the ledger; if the ledger is, correct that receipt in the system; if it is another receipt of the day, keep the first in the ledger too."
        ),
    )
}
