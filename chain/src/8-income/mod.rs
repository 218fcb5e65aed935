//! 履约与到账 — money arrives under a contract, goes back, or was entered wrongly.
//!
//! A refund (退款) is money that really went back; a reversal (冲销) undoes a
//! wrong entry and names it.

use std::collections::BTreeMap;
use std::sync::Arc;

use dukou_kernel::{Date, Finding, Money, ReceiptId, Refusal, text};
use serde::{Deserialize, Serialize};

use crate::agreement::Agreement;
use crate::checks::Checks;
use crate::contract::{Context, Stage};
use crate::protection::not_in_future;
use crate::terms::Attachment;

/// The commands of income.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum Command {
    /// 登记到账
    #[serde(rename = "income.receive")]
    Receive {
        /// Id of the receipt.
        receipt: ReceiptId,
        /// 银行入账日, not the invoice's day
        received: Date,
        /// How much.
        amount: Money,
        /// Payer as the bank names it.
        payer: String,
        /// Bank's line number.
        #[serde(default)]
        bank_ref: String,
        /// The bank slip.
        #[serde(default)]
        paper: Option<Attachment>,
    },
    /// 登记退款
    #[serde(rename = "income.refund")]
    Refund {
        /// Id of the refund.
        refund: ReceiptId,
        /// Which receipt goes back in part or whole.
        of: ReceiptId,
        /// The day it left the bank.
        paid: Date,
        /// How much, above zero.
        amount: Money,
        /// Why.
        reason: String,
        /// The bank slip.
        #[serde(default)]
        paper: Option<Attachment>,
    },
    /// 冲销录错的到账
    #[serde(rename = "income.reverse")]
    Reverse {
        /// The receipt that was entered wrongly.
        receipt: ReceiptId,
        /// What was wrong.
        reason: String,
    },
}

/// 到账已登记
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Id.
    pub receipt: ReceiptId,
    /// 银行入账日
    pub received: Date,
    /// How much.
    pub amount: Money,
    /// Payer as the bank names it.
    pub payer: String,
    /// Bank's line number.
    pub bank_ref: String,
    /// The bank slip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
}

/// 已退款
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refunded {
    /// Id.
    pub refund: ReceiptId,
    /// Which receipt.
    pub of: ReceiptId,
    /// The day it left the bank.
    pub paid: Date,
    /// How much, above zero.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// The bank slip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
}

/// 到账已冲销
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversed {
    /// The receipt.
    pub receipt: ReceiptId,
    /// Its amount.
    pub amount: Money,
    /// What was wrong.
    pub reason: String,
}

events! {
    /// The events of income.
    Event {
        /// 到账已登记
        "income.received.v1" => Received(Received),
        /// 已退款
        "income.refunded.v1" => Refunded(Refunded),
        /// 到账已冲销
        "income.reversed.v1" => Reversed(Reversed),
    }
}

/// One receipt and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// As entered.
    pub received: Received,
    /// What went back, in order.
    pub refunds: Vec<Refunded>,
    /// True when it was a wrong entry.
    pub reversed: bool,
    /// True when it was imported as history (期初).
    pub history: bool,
}

/// State of income: receipts in order of entry.
#[derive(Clone, Debug, Default)]
pub struct Income {
    /// Receipts; one that an event leaves alone stays the same in memory, which is how
    /// read tables tell that its rows do too.
    pub receipts: BTreeMap<ReceiptId, Arc<Receipt>>,
    /// Ids in order of entry.
    pub order: Vec<ReceiptId>,
}

impl Income {
    /// Receipts that stand, in order of entry.
    pub fn standing(&self) -> impl Iterator<Item = (ReceiptId, &Receipt)> {
        self.order
            .iter()
            .filter_map(|id| self.receipts.get(id).map(|it| (*id, it.as_ref())))
            .filter(|(_, receipt)| !receipt.reversed)
    }

    /// What came in and was not refunded or reversed.
    pub fn total(&self) -> Money {
        let parts = self.standing().flat_map(|(_, receipt)| {
            let back = receipt
                .refunds
                .iter()
                .map(|r| Money::from_fen(-r.amount.fen()));
            std::iter::once(receipt.received.amount).chain(back)
        });
        Money::sum(parts).unwrap_or_default()
    }

    /// The receipt, unless it is unknown or was reversed.
    ///
    /// # Errors
    /// When there is no such receipt.
    pub fn receipt(&self, id: ReceiptId) -> Result<&Receipt, Refusal> {
        self.receipts
            .get(&id)
            .map(AsRef::as_ref)
            .filter(|it| !it.reversed)
            .ok_or_else(|| {
                Finding::refused(
                    "income.unknown_receipt",
                    text!("没有这笔到账。", "There is no such receipt."),
                )
                .at("receipt")
                .into()
            })
    }
}

/// What income may see.
pub struct Before<'a> {
    /// The contract.
    pub agreement: &'a Agreement,
    /// True when something of the receipt was proposed or distributed already.
    pub distributed: &'a dyn Fn(ReceiptId) -> bool,
}

impl Stage for Income {
    type Command = Command;
    type Event = Event;
    type Before<'a> = Before<'a>;

    fn decide(
        &self,
        before: &Before<'_>,
        command: &Command,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        before.agreement.in_force()?;
        let mut checks = Checks::default();
        match command {
            Command::Receive {
                receipt,
                received,
                amount,
                payer,
                bank_ref,
                paper,
            } => {
                checks.positive("amount", *amount);
                checks.words("payer", payer, 200);
                checks.at_most("bank_ref", bank_ref, 100);
                not_in_future(&mut checks, "received", *received, ctx.today);
                self.check_twice(&mut checks, *receipt, bank_ref);
                checks.settle()?;
                Ok(vec![Event::Received(Received {
                    receipt: *receipt,
                    received: *received,
                    amount: *amount,
                    payer: payer.clone(),
                    bank_ref: bank_ref.trim().to_owned(),
                    paper: paper.clone(),
                })])
            }
            Command::Refund {
                refund,
                of,
                paid,
                amount,
                reason,
                paper,
            } => {
                let receipt = self.receipt(*of)?;
                check_refund(&mut checks, receipt, *amount, *paid);
                not_in_future(&mut checks, "paid", *paid, ctx.today);
                checks.words("reason", reason, 1000);
                checks.settle()?;
                Ok(vec![Event::Refunded(Refunded {
                    refund: *refund,
                    of: *of,
                    paid: *paid,
                    amount: *amount,
                    reason: reason.clone(),
                    paper: paper.clone(),
                })])
            }
            Command::Reverse { receipt, reason } => {
                let entered = self.receipt(*receipt)?;
                checks.words("reason", reason, 1000);
                let used = (before.distributed)(*receipt) || !entered.refunds.is_empty();
                checks.refuse_if(used, || {
                    Finding::refused(
                        "income.used",
                        text!(
                            "这笔到账已经分配或退款，不能冲销。要退回的钱登记为退款。",
                            "This receipt was distributed or refunded already. Enter money that goes back as a refund."
                        ),
                    )
                });
                checks.settle()?;
                Ok(vec![Event::Reversed(Reversed {
                    receipt: *receipt,
                    amount: entered.received.amount,
                    reason: reason.clone(),
                })])
            }
        }
    }

    fn apply(&mut self, event: Event, _effective: Date) {
        match event {
            Event::Received(it) => {
                let id = it.receipt;
                let receipt = Receipt {
                    received: it,
                    refunds: Vec::new(),
                    reversed: false,
                    history: false,
                };
                self.receipts.insert(id, Arc::new(receipt));
                self.order.push(id);
            }
            Event::Refunded(it) => {
                if let Some(receipt) = self.receipts.get_mut(&it.of) {
                    Arc::make_mut(receipt).refunds.push(it);
                }
            }
            Event::Reversed(it) => {
                if let Some(receipt) = self.receipts.get_mut(&it.receipt) {
                    Arc::make_mut(receipt).reversed = true;
                }
            }
        }
    }
}

impl Income {
    fn check_twice(&self, checks: &mut Checks, receipt: ReceiptId, bank_ref: &str) {
        let bank_ref = bank_ref.trim();
        let same_line = !bank_ref.is_empty()
            && self
                .standing()
                .any(|(_, it)| it.received.bank_ref == bank_ref);
        checks.refuse_if(self.receipts.contains_key(&receipt) || same_line, || {
            Finding::refused(
                "income.twice",
                text!(
                    "这条银行流水已经登记过。",
                    "This bank line is entered already."
                ),
            )
            .at("bank_ref")
        });
    }
}

fn check_refund(checks: &mut Checks, receipt: &Receipt, amount: Money, paid: Date) {
    checks.positive("amount", amount);
    let gone = Money::sum(receipt.refunds.iter().map(|r| r.amount)).unwrap_or_default();
    let left = receipt.received.amount.minus(gone).unwrap_or_default();
    checks.refuse_if(amount > left, || {
        Finding::refused(
            "refund.exceeds_receipt",
            text!(
                "这笔到账还剩 ¥{left} 可退。",
                "Only ¥{left} of this receipt is left to refund."
            ),
        )
        .at("amount")
    });
    checks.refuse_if(paid < receipt.received.received, || {
        Finding::refused(
            "refund.early",
            text!("退款日期早于到账日期。", "Refunded before it arrived."),
        )
        .at("paid")
    });
}
