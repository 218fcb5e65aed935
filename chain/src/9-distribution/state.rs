//! Where the distribution of a deal stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use dukou_calendar::Calendar;
use dukou_kernel::{CaseId, Date, Money, PersonId, ReceiptId};

use super::{
    Approved, ClawedBack, Engine, EquityAllotted, Event, Paid, Proposed, ReliefFiled, RewardClosed,
    RewardPosted,
};
use crate::history::PastDistribution;
use crate::income;
use crate::law::{self, Due};

/// Where one receipt's distribution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not divided yet.
    Undivided,
    /// Waits for approval.
    Proposed,
    /// Approved, to be paid.
    Approved,
    /// Everything is paid.
    Paid,
}

/// A notice about rewards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reward {
    /// Day of posting, not counted.
    pub posted_on: Date,
    /// As posted.
    pub posted: RewardPosted,
    /// Closing.
    pub closed: Option<(Date, RewardClosed)>,
}

impl Reward {
    /// The last day under this calendar.
    pub fn due(&self, calendar: &Calendar) -> Due {
        law::working_days(calendar, self.posted_on, self.posted.days)
    }
}

/// One receipt's way to the people.
#[derive(Clone, Debug, Default)]
pub struct Division {
    /// The open proposal.
    pub proposed: Option<(Date, Proposed)>,
    /// The approval.
    pub approved: Option<(Date, Approved)>,
    /// What was taken back after refunds.
    pub clawed_back: Vec<ClawedBack>,
    /// The reward notice.
    pub reward: Option<Reward>,
    /// Payments in order.
    pub paid: Vec<Paid>,
    /// Filings with the tax office in order.
    pub filed: Vec<ReliefFiled>,
    /// Why the last proposal was rejected.
    pub rejected: Option<String>,
}

impl Division {
    /// What a person was awarded here, less what was taken back.
    pub fn awarded(&self, person: PersonId) -> Money {
        let first = self.approved.iter().map(|(_, it)| it.split.of(person));
        let back = self.clawed_back.iter().map(|it| it.split.of(person));
        Money::sum(first.chain(back)).unwrap_or_default()
    }

    /// What a person was paid here.
    pub fn paid_to(&self, person: PersonId) -> Money {
        let mine = self
            .paid
            .iter()
            .filter(|it| it.person == person)
            .map(|it| it.amount);
        Money::sum(mine).unwrap_or_default()
    }

    /// Everybody who was awarded something here, in order.
    pub fn people(&self) -> Vec<PersonId> {
        let mut people = Vec::new();
        if let Some((_, approved)) = &self.approved {
            let split = &approved.split;
            for (person, _) in split.people.iter().chain(&split.returned) {
                if !people.contains(person) {
                    people.push(*person);
                }
            }
        }
        people
    }

    /// What a person is still owed here; negative when money must come back.
    pub fn owed(&self, person: PersonId) -> Money {
        self.awarded(person)
            .minus(self.paid_to(person))
            .unwrap_or_default()
    }

    /// Where it stands.
    pub fn standing(&self) -> Standing {
        match (&self.approved, &self.proposed) {
            (Some(_), _) if self.people().iter().all(|p| !self.owed(*p).is_positive()) => {
                Standing::Paid
            }
            (Some(_), _) => Standing::Approved,
            (None, Some(_)) => Standing::Proposed,
            (None, None) => Standing::Undivided,
        }
    }
}

/// State of distribution.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    /// Running entitlements.
    pub engine: Engine,
    /// Per receipt.
    pub divisions: BTreeMap<ReceiptId, Arc<Division>>,
    /// How many costs of each case this deal has taken over.
    pub costs_taken: BTreeMap<CaseId, u32>,
    /// Opening balances from the time before Dukou, one per past distribution.
    pub openings: Vec<(Date, PastDistribution)>,
    /// Equity, when it was allotted.
    pub equity: Option<(Date, EquityAllotted)>,
}

impl Distribution {
    fn division(&mut self, receipt: ReceiptId) -> &mut Division {
        Arc::make_mut(self.divisions.entry(receipt).or_default())
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: Event, on: Date) {
        match event {
            Event::Proposed(it) => {
                let division = self.division(it.receipt);
                division.rejected = None;
                division.proposed = Some((on, it));
            }
            Event::Approved(mut it) => {
                let stored = it.v1.as_mut().and_then(|it| it.engine.take());
                let division = Arc::make_mut(self.divisions.entry(it.receipt).or_default());
                let proposed = division.proposed.take().map(|(_, it)| it);
                if let Some(stored) = stored {
                    self.engine = stored.into();
                    // Its explanation stands with the proposal.
                    let told = proposed.and_then(|it| it.v1).map(|it| it.lines);
                    if let (Some(v1), Some(told)) = (&mut it.v1, told) {
                        v1.lines = told;
                    }
                }
                if let (Some(basis), Some(from)) = (&mut it.basis, it.policy_from) {
                    self.engine.take(basis, &it.split, from);
                }
                for (case, count) in &it.costs_taken {
                    self.costs_taken.insert(*case, *count);
                }
                division.approved = Some((on, it));
            }
            Event::Rejected(it) => {
                let division = self.division(it.receipt);
                division.proposed = None;
                division.rejected = Some(it.reason);
            }
            Event::ClawedBack(mut it) => {
                if let Some(stored) = it.v1.as_mut().and_then(|it| it.engine.take()) {
                    self.engine = stored.into();
                }
                if let Some(basis) = &mut it.basis {
                    self.engine.give_back(basis, &it.split);
                }
                self.division(it.receipt).clawed_back.push(it);
            }
            Event::RewardPosted(it) => {
                let division = self.division(it.receipt);
                division.reward = Some(Reward {
                    posted_on: on,
                    posted: it,
                    closed: None,
                });
            }
            Event::RewardClosed(it) => {
                if let Some(reward) = &mut self.division(it.receipt).reward {
                    reward.closed = Some((on, it));
                }
            }
            Event::Paid(it) => {
                self.division(it.receipt).paid.push(it);
            }
            Event::ReliefFiled(it) => {
                self.division(it.receipt).filed.push(it);
            }
            Event::EquityAllotted(it) => self.equity = Some((on, it)),
        }
    }

    /// A reversal or refund before approval voids an open proposal.
    pub fn follow_income(&mut self, event: &income::Event) {
        let receipt = match event {
            income::Event::Refunded(it) => it.of,
            income::Event::Reversed(it) => it.receipt,
            income::Event::Received(_) => return,
        };
        if let Some(division) = self.divisions.get_mut(&receipt) {
            Arc::make_mut(division).proposed = None;
        }
    }

    /// Takes over one distribution of the time before Dukou.
    pub fn open_with(&mut self, past: &PastDistribution, on: Date) {
        self.engine.add_past(past);
        self.openings.push((on, past.clone()));
    }

    /// True when this past distribution was taken over already. One without a key
    /// is only ever the first.
    pub fn knows(&self, past: &PastDistribution) -> bool {
        self.openings
            .iter()
            .any(|(_, it)| past.key.is_empty() || it.key == past.key)
    }

    /// True when a receipt was proposed or approved.
    pub fn touched(&self, receipt: ReceiptId) -> bool {
        self.divisions
            .get(&receipt)
            .is_some_and(|it| it.approved.is_some())
    }

    /// Word for lists.
    pub fn standing_of(&self, receipt: ReceiptId) -> &'static str {
        match self
            .divisions
            .get(&receipt)
            .map_or(Standing::Undivided, |it| it.standing())
        {
            Standing::Undivided => "undivided",
            Standing::Proposed => "proposed",
            Standing::Approved => "approved",
            Standing::Paid => "paid",
        }
    }

    /// The notices about rewards.
    pub fn rewards(&self) -> impl Iterator<Item = &Reward> {
        self.divisions.values().filter_map(|it| it.reward.as_ref())
    }

    /// Day of the last approval.
    pub fn last_approved(&self) -> Option<Date> {
        let equity = self.equity.as_ref().map(|(on, _)| *on);
        let cash = self
            .divisions
            .values()
            .filter_map(|it| it.approved.as_ref().map(|a| a.0));
        cash.chain(equity).max()
    }

    /// Day of the last payment.
    pub fn last_paid(&self) -> Option<Date> {
        let equity = self.equity.as_ref().map(|(on, _)| *on);
        self.divisions
            .values()
            .flat_map(|it| it.paid.iter().map(|p| p.paid))
            .chain(equity)
            .max()
    }

    /// True when every approved award is paid.
    pub fn all_paid(&self) -> bool {
        self.divisions
            .values()
            .filter(|it| it.approved.is_some())
            .all(|it| it.standing() == Standing::Paid)
    }
}
