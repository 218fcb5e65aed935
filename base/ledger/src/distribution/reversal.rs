//! 冲销 — an entry is taken back: not a refund, but the undoing of a wrong entry.

use std::sync::Arc;

use dukou_kernel::{Date, Money, text};
use dukou_rules::RuleError;

use super::parts::{Receipt, ReceiptSplit};
use super::trace::{Line, Operation, Subject};
use super::{DistributionState, bad, overflow};

impl DistributionState {
    /// Takes an entry back: exactly the fen that it gave, from exactly those who
    /// had them. A reversal is not a refund.
    ///
    /// # Errors
    /// `reversal.unknown_receipt`, `reversal.has_refunds`,
    /// `reversal.superseded` for a refund whose costs were recovered since.
    pub fn reverse(&mut self, id: &str, date: Date) -> Result<ReceiptSplit, RuleError> {
        let unknown = || {
            let message = text!("没有到账 {id}", "no receipt is called {id}");
            bad("reversal.unknown_receipt", "", message)
        };
        let entry = self.entries.get(id).cloned().ok_or_else(unknown)?;
        if self
            .entries
            .values()
            .any(|other| other.of.as_deref() == Some(id))
        {
            let message = text!(
                "{id} 已有退款，须先冲销退款",
                "{id} has refunds; reverse those first"
            );
            return Err(bad("reversal.has_refunds", "", message));
        }
        let flow = entry.flow.negated()?;
        let mut next = self.clone();
        next.apply_flow(&flow).map_err(|_| {
            let message = text!(
                "{id} 恢复的费用已由后来的到账收回",
                "the costs that {id} reopened were recovered since"
            );
            bad("reversal.superseded", "", message)
        })?;
        let fen = Money::ZERO.minus(entry.fen).map_err(overflow)?;
        next.gross = next.gross.plus(fen).map_err(overflow)?;
        let named = Receipt {
            id: id.to_owned(),
            date,
            fen,
            of: None,
            agreement: None,
        };
        let window_net = next.windows.get(&entry.window).copied().unwrap_or_default();
        let claims = next.pool_claims(flow.net, window_net)?;
        let after = window_net.plus(flow.net).map_err(overflow)?;
        next.windows.insert(entry.window.clone(), after);
        let mut out = ReceiptSplit::empty(&named);
        out.net_fen = flow.net;
        out.recovered_fen = flow.recovered();
        out.returned_to_inventors_fen = flow.returned;
        for ((pool, claim), given) in next.pools.iter_mut().zip(claims).zip(&entry.pools) {
            let back = Money::ZERO.minus(*given).map_err(overflow)?;
            pool.entitled = claim.entitled;
            pool.given = pool.given.plus(back).map_err(overflow)?;
            out.pools.set(&pool.name, back);
        }
        for (person, given) in next.people.iter_mut().zip(&entry.people) {
            let back = Money::ZERO.minus(*given).map_err(overflow)?;
            person.given = person.given.plus(back).map_err(overflow)?;
            person.unpaid = person.unpaid.plus(back).map_err(overflow)?;
            out.people.set(&person.who.id, back);
        }
        next.settle(date, &mut out);
        if let Some(of) = &entry.of
            && let Some(original) = next.entries.get_mut(of)
        {
            Arc::make_mut(original).left.subtract(&flow)?;
        }
        next.entries.remove_mut(id);
        let subject = Subject::Total;
        let line = Line::new("reversal", subject, Operation::Reverse, fen);
        out.lines.push(line.about(id));
        *self = next;
        Ok(out)
    }
}
