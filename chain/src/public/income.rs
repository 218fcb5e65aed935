//! 履约与到账

use dukou_kernel::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Day, Fen, File, Id, Pen};
use crate::income as stored;

public_types! {
    /// 到账已登记 — money arrived.
    "dukou.income.received/v1" => Received;
    /// 已退款 — money went back.
    "dukou.income.refunded/v1" => Refunded;
    /// 到账已冲销 — a wrong entry was undone.
    "dukou.income.reversed/v1" => Reversed;
}

/// 到账已登记 — money arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Received {
    /// The receipt.
    pub receipt: Id,
    /// 银行入账日
    #[schemars(with = "Day")]
    pub received: Date,
    /// How much, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
    /// The bank's line number; for whoever may read money.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-right" = "money.read"))]
    pub bank_ref: Option<String>,
    /// The bank slip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
}

/// 已退款 — money went back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Refunded {
    /// The refund.
    pub refund: Id,
    /// Which receipt.
    pub of: Id,
    /// The day it left the bank.
    #[schemars(with = "Day")]
    pub paid: Date,
    /// How much, above zero, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
    /// The bank slip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
}

/// 到账已冲销 — a wrong entry was undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reversed {
    /// The receipt.
    pub receipt: Id,
    /// Its amount, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
}

pub(super) fn of(event: &stored::Event, pen: &mut Pen) -> Data {
    use stored::Event;
    match event {
        Event::Received(it) => {
            let amount = pen.fen("amount", it.amount);
            let bank_ref = Some(&it.bank_ref).filter(|it| !it.is_empty());
            Received {
                receipt: Id::new(it.receipt),
                received: it.received,
                bank_ref: bank_ref.and_then(|it| pen.word("bank_ref", it)),
                amount,
                paper: File::perhaps(it.paper.as_ref()),
            }
            .into()
        }
        Event::Refunded(it) => Refunded {
            refund: Id::new(it.refund),
            of: Id::new(it.of),
            paid: it.paid,
            amount: pen.fen("amount", it.amount),
            paper: File::perhaps(it.paper.as_ref()),
        }
        .into(),
        Event::Reversed(it) => Reversed {
            receipt: Id::new(it.receipt),
            amount: pen.fen("amount", it.amount),
        }
        .into(),
    }
}
