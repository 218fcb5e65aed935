//! Paying awarded money at once, or holding it until it is worth a payment.

use dukou_kernel::{Date, Money};
use dukou_rules::Flush;

use super::DistributionState;
use super::parts::{Paid, ReceiptSplit};
use super::trace::{Line, Operation, Quantity, Subject};

fn person(id: &str) -> Subject {
    Subject::Person { id: id.to_owned() }
}

impl DistributionState {
    /// Pays what reached the threshold; the rest is held.
    pub(super) fn settle(&mut self, date: Date, out: &mut ReceiptSplit) {
        let year_end = self.terms.policy.flush == Some(Flush::YearEnd)
            && (date.month(), date.day()) == (12, 31);
        let threshold = self.terms.policy.pay_from_fen;
        for holder in &mut self.people {
            let mut paid = Money::ZERO;
            if holder.unpaid >= threshold || (year_end && holder.unpaid.is_positive()) {
                paid = std::mem::take(&mut holder.unpaid);
            }
            out.paid_fen.set(&holder.who.id, paid);
            out.held_fen.set(&holder.who.id, holder.unpaid);
            if threshold.is_positive() || holder.unpaid != Money::ZERO {
                let subject = person(&holder.who.id);
                let line = Line::new("policy.pay_from", subject, Operation::Hold, holder.unpaid)
                    .with("paid", paid)
                    .with("pay_from", threshold);
                out.lines.push(line);
            }
        }
    }

    /// What is paid on the 31 Decembers that passed before this day.
    pub(super) fn due_before(&self, date: Date) -> Vec<Paid> {
        let last = self.last_day.filter(|last| last.year() < date.year());
        last.map_or_else(Vec::new, |last| self.due_at_year_end(last.year()))
    }

    /// Pays what was due at year ends that passed.
    pub(super) fn pay_flushed(&mut self, due: Vec<Paid>, out: &mut ReceiptSplit) {
        for paid in &due {
            let mut holders = self.people.iter_mut();
            if let Some(holder) = holders.find(|it| it.who.id == paid.person) {
                let left = holder.unpaid.fen().saturating_sub(paid.fen.fen());
                holder.unpaid = Money::from_fen(left);
            }
            let subject = person(&paid.person);
            let line = Line::new("flush.year_end", subject, Operation::Pay, paid.fen);
            out.lines
                .push(line.with("paid_on", Quantity::Date(paid.date)));
        }
        out.flushed = due;
    }

    fn due_at_year_end(&self, year: i16) -> Vec<Paid> {
        let Ok(date) = Date::new(year, 12, 31) else {
            return Vec::new();
        };
        if self.terms.policy.flush != Some(Flush::YearEnd) {
            return Vec::new();
        }
        let owed = self.people.iter().filter(|it| it.unpaid.is_positive());
        owed.map(|it| Paid {
            date,
            person: it.who.id.clone(),
            fen: it.unpaid,
        })
        .collect()
    }
}
