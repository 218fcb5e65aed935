//! The state of a case, of a deal, of any stream.

use std::sync::Arc;

use dukou_journal::StreamId;
use dukou_kernel::{CaseId, Date};

use super::Event;
use super::closing::Closing;
use crate::agreement::{Agreement, Signed};
use crate::assessment::Assessment;
use crate::contract::Stage;
use crate::deal::{Negotiation, Terms, TermsAgreed};
use crate::disclosure::{Details, Disclosure, Secrecy, Standing};
use crate::distribution::Distribution;
use crate::history::{self, CaseImported, PastCase, PastDeal};
use crate::income::{Income, Receipt, Received};
use crate::institution::Institution;
use crate::kept::Kept;
use crate::matching::{CaseView, Matching, Opened};
use crate::people::Person;
use crate::protection::{Protection, Right, RightRecorded};
use crate::publicity::Publicity;
use crate::terms::{Disclosed, Pricing, RightKind};
use crate::valuation::Valuation;

/// One achievement with its rights (成果).
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// 披露
    pub disclosure: Disclosure,
    /// 评估
    pub assessment: Assessment,
    /// 确权
    pub protection: Protection,
    /// 评价
    pub valuation: Valuation,
    /// End, corrections, notes.
    pub closing: Closing,
    /// As imported: before Dukou, not evidenced here.
    pub history: Option<PastCase>,
}

/// One transaction over one or more cases (转化项目).
#[derive(Clone, Debug, Default)]
pub struct Deal {
    /// 对接
    pub matching: Matching,
    /// 谈判、定价与决策
    pub negotiation: Negotiation,
    /// 公示
    pub publicity: Publicity,
    /// 合同
    pub agreement: Agreement,
    /// 到账
    pub income: Income,
    /// 分配与兑现
    pub distribution: Distribution,
    /// End, corrections, notes.
    pub closing: Closing,
    /// As imported: before Dukou, not evidenced here.
    pub history: Option<PastDeal>,
}

impl Deal {
    /// The covered cases.
    pub fn cases(&self) -> &[CaseId] {
        self.matching
            .opened
            .as_ref()
            .map_or(&[], |(_, it)| it.cases.as_slice())
    }

    /// The human number.
    pub fn number(&self) -> &str {
        self.matching
            .opened
            .as_ref()
            .map_or("", |(_, it)| it.number.as_str())
    }

    /// The terms that count now: under the contract, else as agreed.
    pub fn terms(&self) -> Option<&Terms> {
        self.agreement.terms().or_else(|| self.negotiation.newest())
    }
}

/// A case as deals may see it.
pub fn case_view(id: CaseId, case: &Case) -> CaseView<'_> {
    CaseView {
        id,
        disclosure: &case.disclosure,
        assessment: &case.assessment,
        protection: &case.protection,
        ended: case.closing.ended.is_some() || case.disclosure.standing == Standing::Declined,
    }
}

/// The state of any stream.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "kept behind Arc")]
pub enum State {
    /// The institution.
    Institution(Institution),
    /// A person.
    Person(Person),
    /// A case.
    Case(Case),
    /// A deal.
    Deal(Deal),
}

impl State {
    /// The state before anything happened.
    pub fn new(stream: StreamId) -> Self {
        match stream {
            StreamId::Institution => Self::Institution(Institution::default()),
            StreamId::Person(_) => Self::Person(Person::default()),
            StreamId::Case(_) => Self::Case(Case::default()),
            StreamId::Deal(_) => Self::Deal(Deal::default()),
        }
    }

    /// Takes an event in, on the day on which it takes effect. An event that does
    /// not belong to this kind of stream changes nothing; the journal's
    /// verification names it.
    pub fn apply(&mut self, event: Event, on: Date) {
        match (self, event) {
            (Self::Institution(state), Event::Institution(event)) => state.apply(event, on),
            (Self::Person(state), Event::Person(event)) => state.apply(event, on),
            (Self::Case(state), Event::Disclosure(event)) => state.disclosure.apply(event, on),
            (Self::Case(state), Event::Assessment(event)) => state.assessment.apply(event, on),
            (Self::Case(state), Event::Protection(event)) => state.protection.apply(event, on),
            (Self::Case(state), Event::Valuation(event)) => state.valuation.apply(event, on),
            (Self::Case(state), Event::Closing(event)) => state.closing.apply(event, on),
            (Self::Case(state), Event::History(history::Event::Case(event))) => {
                state.take_history(event, on);
            }
            (Self::Deal(state), Event::Matching(event)) => state.matching.apply(event, on),
            (Self::Deal(state), Event::Negotiation(event)) => state.negotiation.apply(event, on),
            (Self::Deal(state), Event::Publicity(event)) => state.publicity.apply(event, on),
            (Self::Deal(state), Event::Agreement(event)) => state.agreement.apply(event, on),
            (Self::Deal(state), Event::Income(event)) => {
                state.distribution.follow_income(&event);
                state.income.apply(event, on);
            }
            (Self::Deal(state), Event::Distribution(event)) => state.distribution.apply(event, on),
            (Self::Deal(state), Event::Closing(event)) => state.closing.apply(event, on),
            (Self::Deal(state), Event::History(event)) => state.take_history(event, on),
            _ => {}
        }
    }

    /// True when an event belongs to this kind of stream.
    pub fn accepts(&self, event: &Event) -> bool {
        match self {
            Self::Institution(_) => matches!(event, Event::Institution(_)),
            Self::Person(_) => matches!(event, Event::Person(_)),
            Self::Case(_) => matches!(
                event,
                Event::Disclosure(_)
                    | Event::Assessment(_)
                    | Event::Protection(_)
                    | Event::Valuation(_)
                    | Event::Closing(_)
                    | Event::History(history::Event::Case(_))
            ),
            Self::Deal(_) => matches!(
                event,
                Event::Matching(_)
                    | Event::Negotiation(_)
                    | Event::Publicity(_)
                    | Event::Agreement(_)
                    | Event::Income(_)
                    | Event::Distribution(_)
                    | Event::Closing(_)
                    | Event::History(_)
            ),
        }
    }
}

impl Case {
    fn take_history(&mut self, event: CaseImported, on: Date) {
        let CaseImported {
            right,
            formerly,
            number,
            past,
            ..
        } = event;
        self.disclosure = Disclosure {
            standing: Standing::Accepted,
            number,
            submitted_on: None,
            since: Some(on),
            details: Some(Details {
                title: past.title.clone(),
                kind: past.kind,
                secrecy: Secrecy::No,
                nearest: Vec::new(),
                novelty: String::new(),
                contributors: past.contributors.clone(),
                funding: Vec::new(),
                funding_note: String::new(),
                disclosed: Disclosed::No,
                disclosed_on: None,
                unit: past.unit,
                evidence: Vec::new(),
            }),
            ..Disclosure::default()
        };
        self.assessment.history = true;
        self.protection
            .formerly
            .extend(formerly.map(|named| (named, right)));
        // A result without a right of its own is held, if anything.
        let kind = past.kind.right().unwrap_or(RightKind::KnowHow);
        let recorded = RightRecorded {
            right,
            kind,
            number: past.right_number.clone(),
            filed: past.filed,
            granted: past.granted,
            owners: String::new(),
            paper: None,
        };
        let right_state = Right {
            granted: past.granted,
            recorded,
            ended: None,
        };
        self.protection.rights.insert(right, right_state);
        self.protection.since = Some(past.filed);
        self.history = Some(past);
    }
}

impl Deal {
    fn take_history(&mut self, event: history::Event, on: Date) {
        match event {
            history::Event::Deal(event) => self.take_contract(event.number, event.past),
            history::Event::Receipt(past) => {
                let received = Received {
                    receipt: past.receipt,
                    received: past.received,
                    amount: past.amount,
                    payer: past.payer,
                    bank_ref: String::new(),
                    paper: None,
                };
                let receipt = Receipt {
                    received,
                    refunds: Vec::new(),
                    reversed: false,
                    history: true,
                };
                self.income.receipts.insert(past.receipt, Arc::new(receipt));
                self.income.order.push(past.receipt);
            }
            history::Event::Distribution(past) => self.distribution.open_with(&past, on),
            history::Event::Case(_) => {}
        }
    }

    fn take_contract(&mut self, number: String, past: PastDeal) {
        let opened = Opened {
            number,
            series: String::new(),
            ordinal: 0,
            cases: past.cases.clone(),
            mode: past.mode,
            party: past.party.clone(),
            asking: None,
            note: String::new(),
        };
        self.matching.opened = Some((past.signed, opened));
        let terms = Terms {
            mode: past.mode,
            licence: past.licence,
            territory: String::new(),
            term_years: None,
            price: past.amount,
            royalty: None,
            royalty_base: String::new(),
            equity: None,
            pricing: past.pricing.unwrap_or(Pricing::Agreement),
            schedule: Vec::new(),
            weights: std::collections::BTreeMap::new(),
        };
        let agreed = TermsAgreed {
            version: 1,
            terms: terms.clone(),
            paper: None,
            by: None,
        };
        self.negotiation.terms = Some((past.signed, agreed));
        let signed = Signed {
            contract_no: past.contract_no.clone(),
            signed: past.signed,
            party: past.party.clone(),
            terms,
            paper: None,
            export_approval: None,
            findings: Kept::default(),
        };
        self.agreement.signed = Some((past.signed, signed));
        self.history = Some(past);
    }
}
