//! Where a disclosure stands.

use std::collections::BTreeMap;

use dukou_kernel::{Date, PersonId, Share};

use super::{Details, Event};
use crate::terms::Contributor;

/// Where the disclosure stands (披露状态).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was disclosed.
    #[default]
    None,
    /// Waiting for the office.
    Submitted,
    /// Back with the inventor.
    Returned,
    /// Taken in hand.
    Accepted,
    /// Ended: declined.
    Declined,
}

/// What one person said about the own share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// 已确认
    Confirmed(Date),
    /// 有异议
    Objected {
        /// Since when.
        on: Date,
        /// Why.
        reason: String,
        /// Due day of the answer.
        answer_by: Date,
    },
}

/// State of disclosure.
#[derive(Clone, Debug, Default)]
pub struct Disclosure {
    /// Where it stands.
    pub standing: Standing,
    /// The human number.
    pub number: String,
    /// What was disclosed, newest version.
    pub details: Option<Details>,
    /// Who disclosed.
    pub by: Option<PersonId>,
    /// First submission.
    pub submitted_on: Option<Date>,
    /// Day of the last change of standing.
    pub since: Option<Date>,
    /// Day by which the office owes an answer.
    pub reply_by: Option<Date>,
    /// Last reason given by the office.
    pub reason: String,
    /// The manager who holds the case.
    pub manager: Option<PersonId>,
    /// Since when the manager holds it.
    pub manager_since: Option<Date>,
    /// What each contributor said about the own share.
    pub says: BTreeMap<PersonId, Say>,
}

impl Disclosure {
    /// Contributors with shares, in order.
    pub fn contributors(&self) -> &[Contributor] {
        self.details
            .as_ref()
            .map_or(&[], |details| details.contributors.as_slice())
    }

    /// The title, or nothing.
    pub fn title(&self) -> &str {
        self.details
            .as_ref()
            .map_or("", |details| details.title.as_str())
    }

    /// True when the person is one of the contributors.
    pub fn has(&self, person: PersonId) -> bool {
        self.contributors().iter().any(|c| c.person == person)
    }

    /// Share of one contributor.
    pub fn share_of(&self, person: PersonId) -> Option<Share> {
        self.contributors()
            .iter()
            .find(|c| c.person == person)
            .map(|c| c.share)
    }

    /// Contributors who have not confirmed.
    pub fn unconfirmed(&self) -> impl Iterator<Item = PersonId> + '_ {
        self.contributors()
            .iter()
            .map(|c| c.person)
            .filter(|person| !matches!(self.says.get(person), Some(Say::Confirmed(_))))
    }

    /// True when everybody confirmed.
    pub fn all_confirmed(&self) -> bool {
        !self.contributors().is_empty() && self.unconfirmed().next().is_none()
    }

    fn change(&mut self, standing: Standing, on: Date) {
        self.standing = standing;
        self.since = Some(on);
    }

    fn take(&mut self, manager: PersonId, on: Date) {
        self.manager = Some(manager);
        self.manager_since = Some(on);
    }

    pub(super) fn apply_event(&mut self, event: Event, on: Date) {
        match event {
            Event::Submitted(it) => {
                self.number = it.number;
                self.by = Some(it.by);
                self.submitted_on = Some(on);
                self.reply_by = Some(it.reply_by);
                self.says.clear();
                if it.details.contributors.iter().any(|c| c.person == it.by) {
                    self.says.insert(it.by, Say::Confirmed(on));
                }
                self.details = Some(it.details);
                self.change(Standing::Submitted, on);
            }
            Event::Resubmitted(it) => {
                let same = self.contributors() == it.details.contributors.as_slice();
                if !same {
                    self.says.clear();
                }
                self.reply_by = Some(it.reply_by);
                self.details = Some(it.details);
                self.change(Standing::Submitted, on);
            }
            Event::Accepted(it) => {
                self.take(it.manager, on);
                self.change(Standing::Accepted, on);
            }
            Event::Assigned(it) => self.take(it.manager, on),
            Event::Returned(it) => {
                self.reason = it.reason;
                self.change(Standing::Returned, on);
            }
            Event::Declined(it) => {
                self.reason = it.reason;
                self.change(Standing::Declined, on);
            }
            Event::ShareConfirmed(it) => {
                self.says.insert(it.person, Say::Confirmed(on));
            }
            Event::ShareObjected(it) => {
                let say = Say::Objected {
                    on,
                    reason: it.reason,
                    answer_by: it.answer_by,
                };
                self.says.insert(it.person, say);
            }
            Event::SharesRevised(it) => {
                self.says.clear();
                if let Some(details) = &mut self.details {
                    details.contributors = it.contributors;
                }
            }
        }
    }
}
