//! Every event of the road, as stored and read.

use dukou_kernel::{Date, PersonId};
use dukou_ledger::Posting;

use super::closing;
use super::upcast::{self, OLD_SHAPES, OldShape};
use crate::contract::Claim;
use crate::terms::Attachment;
use crate::{
    agreement, assessment, deal, disclosure, distribution, history, income, institution, matching,
    people, protection, publicity, valuation,
};

/// Why a stored event cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// No stage knows this kind.
    #[error("unknown kind of event: {0}")]
    UnknownKind(String),
    /// The body does not fit its kind.
    #[error("body of {kind} is not readable")]
    Body {
        /// The kind.
        kind: String,
        /// What the reader says.
        #[source]
        source: serde_json::Error,
    },
}

macro_rules! all_events {
    ($($(#[$doc:meta])* $stage:literal => $variant:ident($event:ty);)+) => {
        /// An event of any stage.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "events live one at a time")]
        pub enum Event { $($(#[$doc])* $variant($event)),+ }

        impl Event {
            /// Every stored kind of every stage.
            pub fn kinds() -> impl Iterator<Item = &'static str> {
                [$(<$event>::KINDS),+].into_iter().flatten().copied()
            }

            /// The stored kind: `disclosure.submitted.v1`.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(event) => event.kind()),+ }
            }

            /// The body as JSON text.
            pub fn to_body(&self) -> String {
                match self { $(Self::$variant(event) => event.to_body()),+ }
            }

            /// Reads an event of a present shape; `None` when no stage writes the kind.
            /// A kind begins with the name of its stage.
            fn present(kind: &str, body: &str) -> Option<Result<Self, serde_json::Error>> {
                let (stage, _) = kind.split_once('.')?;
                match stage {
                    $($stage => <$event>::from_body(kind, body)
                        .map(|read| read.map(Self::$variant)),)+
                    _ => None,
                }
            }
        }

        $(impl From<$event> for Event {
            fn from(event: $event) -> Self {
                Self::$variant(event)
            }
        })+
    };
}

all_events! {
    /// Of the institution.
    "institution" => Institution(institution::Event);
    /// Of a person.
    "people" => Person(people::Event);
    /// Of disclosure.
    "disclosure" => Disclosure(disclosure::Event);
    /// Of assessment.
    "assessment" => Assessment(assessment::Event);
    /// Of protection.
    "protection" => Protection(protection::Event);
    /// Of valuation.
    "valuation" => Valuation(valuation::Event);
    /// Of matching.
    "matching" => Matching(matching::Event);
    /// Of negotiation and decision.
    "deal" => Negotiation(deal::Event);
    /// Of publicity.
    "publicity" => Publicity(publicity::Event);
    /// Of the contract.
    "agreement" => Agreement(agreement::Event);
    /// Of income.
    "income" => Income(income::Event);
    /// Of distribution.
    "distribution" => Distribution(distribution::Event);
    /// Of the whole case or deal.
    "closing" => Closing(closing::Event);
    /// Of imported history.
    "history" => History(history::Event);
}

impl Event {
    /// Reads what the event keeps for people to read and nothing else needs.
    ///
    /// # Errors
    /// When it is not what it should be.
    pub fn look(&self) -> Result<(), EventError> {
        let read = match self {
            Self::Agreement(agreement::Event::Signed(it)) => it.findings.read().map(drop),
            _ => Ok(()),
        };
        read.map_err(|source| EventError::Body {
            kind: self.kind().to_owned(),
            source,
        })
    }

    /// True when this program can read events of a stored kind.
    pub fn knows(kind: &str) -> bool {
        let present = upcast::present_kind(kind);
        Self::kinds().any(|it| it == present)
    }

    /// Reads a stored event, of whatever shape it was written in.
    ///
    /// # Errors
    /// When no stage knows the kind, or the body does not fit it.
    pub fn from_body(kind: &str, body: &str) -> Result<Self, EventError> {
        Self::from_stored(OLD_SHAPES, kind, body)
    }

    /// The same over a list of old shapes: an event that no stage writes any more
    /// goes from shape to shape until one does.
    ///
    /// # Errors
    /// When no stage and no old shape knows the kind, or the body does not fit it.
    pub fn from_stored(shapes: &[OldShape], kind: &str, body: &str) -> Result<Self, EventError> {
        let unreadable = |source| EventError::Body {
            kind: kind.to_owned(),
            source,
        };
        let unknown = || EventError::UnknownKind(kind.to_owned());
        if let Some(event) = Self::present(kind, body) {
            return event.map_err(unreadable);
        }
        // No way through the shapes is longer than their list.
        let (mut now, mut text) = (kind, body.to_owned());
        for _ in shapes {
            let newer = upcast::next(shapes, now, &text).ok_or_else(unknown)?;
            (now, text) = newer.map_err(unreadable)?;
            if let Some(event) = Self::present(now, &text) {
                return event.map_err(unreadable);
            }
        }
        Err(unknown())
    }

    /// 生效日 — the legal day that the event itself names: when the money came, the
    /// contract was signed, the meeting sat. Otherwise it takes effect on the day it
    /// is recorded.
    pub fn own_day(&self) -> Option<Date> {
        Some(match self {
            Self::Protection(protection::Event::RightRecorded(it)) => it.filed,
            Self::Protection(protection::Event::CostRecorded(it)) => it.paid_on,
            Self::Matching(matching::Event::ContactNoted(it)) => it.on,
            Self::Negotiation(deal::Event::Decided(it)) => it.held,
            Self::Agreement(agreement::Event::Signed(it)) => it.signed,
            Self::Agreement(agreement::Event::Registered(it)) => it.registered,
            Self::Income(income::Event::Received(it)) => it.received,
            Self::Income(income::Event::Refunded(it)) => it.paid,
            Self::Distribution(distribution::Event::Paid(it)) => it.paid,
            Self::Distribution(distribution::Event::ReliefFiled(it)) => it.filed,
            _ => return None,
        })
    }

    /// Numbers drawn from series, so that the next one follows.
    pub fn numbers(&self) -> Vec<(String, u32)> {
        match self {
            Self::Disclosure(disclosure::Event::Submitted(it)) => {
                vec![(it.series.clone(), it.ordinal)]
            }
            Self::Matching(matching::Event::Opened(it)) => vec![(it.series.clone(), it.ordinal)],
            Self::Publicity(publicity::Event::Posted(it)) => {
                vec![(format!("notice:{}", it.year), it.ordinal)]
            }
            Self::Distribution(distribution::Event::RewardPosted(it)) => {
                vec![(format!("notice:{}", it.year), it.ordinal)]
            }
            Self::History(history::Event::Case(it)) => vec![(it.series.clone(), it.ordinal)],
            Self::History(history::Event::Deal(it)) => vec![(it.series.clone(), it.ordinal)],
            _ => Vec::new(),
        }
    }

    /// The page that a notice put into the open, and everybody whom it names: erasing
    /// one of them takes the page away.
    pub fn page(&self) -> Option<(&Attachment, Vec<PersonId>)> {
        match self {
            Self::Publicity(publicity::Event::Posted(it)) => it.names(),
            Self::Distribution(distribution::Event::RewardPosted(it)) => it.names(),
            _ => None,
        }
    }

    /// Unique names taken (`true`) or let go (`false`) by the stream.
    pub fn claims(&self) -> Vec<(Claim, bool)> {
        match self {
            Self::Protection(protection::Event::RightRecorded(it)) if !it.number.is_empty() => {
                vec![(protection::right_claim(&it.number), true)]
            }
            Self::Agreement(agreement::Event::Signed(it)) => {
                vec![(agreement::contract_claim(&it.contract_no), true)]
            }
            Self::Person(people::Event::Registered(it)) => it
                .staff_no_key
                .iter()
                .map(|key| (people::staff_claim(key), true))
                .collect(),
            Self::History(history::Event::Case(it)) if !it.past.right_number.is_empty() => {
                vec![(protection::right_claim(&it.past.right_number), true)]
            }
            Self::History(history::Event::Deal(it)) => {
                vec![(agreement::contract_claim(&it.past.contract_no), true)]
            }
            _ => Vec::new(),
        }
    }

    /// Movements of money, each balanced.
    pub fn postings(&self) -> Vec<Posting> {
        match self {
            Self::Income(event) => distribution::postings::of_income(event),
            Self::Distribution(event) => distribution::postings::of_distribution(event),
            Self::History(event) => distribution::postings::of_history(event),
            _ => Vec::new(),
        }
    }
}
