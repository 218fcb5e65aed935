//! 推介与对接 — a result is offered to somebody, and a deal begins.
//!
//! Here the road leaves the case: a deal covers one or more cases, and a case
//! may have any number of deals.

use dukou_kernel::{CaseId, Date, Finding, Money, Refusal, text};
use serde::{Deserialize, Serialize};

use crate::assessment::Assessment;
use crate::checks::Checks;
use crate::contract::{Context, Stage};
use crate::disclosure::Disclosure;
use crate::institution::Institution;
use crate::law;
use crate::protection::Protection;
use crate::terms::{Mode, Party};

/// The commands of matching.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum Command {
    /// 向一家单位推介，立项
    #[serde(rename = "matching.open")]
    Open {
        /// The cases it covers.
        cases: Vec<CaseId>,
        /// 转化方式
        mode: Mode,
        /// The other side.
        party: Party,
        /// What the office asks, if it names a price.
        #[serde(default)]
        asking: Option<Money>,
        /// How they met, what they need.
        #[serde(default)]
        note: String,
    },
    /// 记一笔联系
    #[serde(rename = "matching.note_contact")]
    NoteContact {
        /// The day of the contact.
        on: Date,
        /// What was said.
        text: String,
    },
}

/// 已立项
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The human number, `YZ-D-2026-0007`.
    pub number: String,
    /// Series the number was drawn from.
    pub series: String,
    /// Place in the series.
    pub ordinal: u32,
    /// The cases it covers.
    pub cases: Vec<CaseId>,
    /// 转化方式
    pub mode: Mode,
    /// The other side.
    pub party: Party,
    /// What the office asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asking: Option<Money>,
    /// How they met.
    pub note: String,
}

/// 联系已记录
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactNoted {
    /// The day of the contact.
    pub on: Date,
    /// What was said.
    pub text: String,
}

events! {
    /// The events of matching.
    Event {
        /// 已立项
        "matching.opened.v1" => Opened(Opened),
        /// 联系已记录
        "matching.contact_noted.v1" => ContactNoted(ContactNoted),
    }
}

/// State of matching.
#[derive(Clone, Debug, Default)]
pub struct Matching {
    /// How the deal began.
    pub opened: Option<(Date, Opened)>,
    /// Contacts, in order of entry.
    pub contacts: Vec<ContactNoted>,
}

/// One covered case, as far as later stages may see it.
pub struct CaseView<'a> {
    /// The case.
    pub id: CaseId,
    /// Its disclosure.
    pub disclosure: &'a Disclosure,
    /// Its assessment.
    pub assessment: &'a Assessment,
    /// Its rights and costs.
    pub protection: &'a Protection,
    /// True when the case has ended.
    pub ended: bool,
}

/// What matching may see.
pub struct Before<'a> {
    /// Rules and numbering.
    pub institution: &'a Institution,
    /// Next free number of the year's series.
    pub ordinal: u32,
    /// The cases named by the command.
    pub cases: Vec<CaseView<'a>>,
}

impl Stage for Matching {
    type Command = Command;
    type Event = Event;
    type Before<'a> = Before<'a>;

    fn decide(
        &self,
        before: &Before<'_>,
        command: &Command,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::Open {
                cases,
                mode,
                party,
                asking,
                note,
            } => {
                self.check_open(before, cases, party, *asking, note)?;
                let year = ctx.today.year();
                let prefix = before.institution.prefix();
                Ok(vec![Event::Opened(Opened {
                    number: format!("{prefix}-D-{year}-{:04}", before.ordinal),
                    series: format!("deal:{year}"),
                    ordinal: before.ordinal,
                    cases: cases.clone(),
                    mode: *mode,
                    party: party.clone(),
                    asking: *asking,
                    note: note.clone(),
                })])
            }
            Command::NoteContact { on, text } => {
                self.exists()?;
                let mut checks = Checks::default();
                checks.words("text", text, 2000);
                crate::protection::not_in_future(&mut checks, "on", *on, ctx.today);
                checks.settle()?;
                Ok(vec![Event::ContactNoted(ContactNoted {
                    on: *on,
                    text: text.clone(),
                })])
            }
        }
    }

    fn apply(&mut self, event: Event, effective: Date) {
        match event {
            Event::Opened(it) => self.opened = Some((effective, it)),
            Event::ContactNoted(it) => self.contacts.push(it),
        }
    }
}

impl Matching {
    /// The opening, or a refusal when there is no deal.
    ///
    /// # Errors
    /// When the deal was never opened.
    pub fn exists(&self) -> Result<&Opened, Refusal> {
        self.opened.as_ref().map(|(_, it)| it).ok_or_else(|| {
            Finding::refused(
                "deal.unknown",
                text!("没有这个项目。", "There is no such deal."),
            )
            .into()
        })
    }

    fn check_open(
        &self,
        before: &Before<'_>,
        cases: &[CaseId],
        party: &Party,
        asking: Option<Money>,
        note: &str,
    ) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        checks.refuse_if(self.opened.is_some(), || {
            Finding::refused(
                "deal.exists",
                text!("这个项目已经立项。", "This deal exists already."),
            )
        });
        checks.refuse_if(cases.is_empty(), || {
            Finding::refused(
                "deal.no_case",
                text!("选出至少一项成果。", "Choose at least one case."),
            )
            .at("cases")
        });
        let unique: std::collections::BTreeSet<_> = cases.iter().collect();
        let twice = unique.len() < cases.len();
        checks.refuse_if(twice, || {
            Finding::refused(
                "deal.case_twice",
                text!("同一项成果列了两次。", "The same case is named twice."),
            )
            .at("cases")
        });
        check_party(&mut checks, party);
        checks.at_most("note", note, 2000);
        if let Some(asking) = asking {
            checks.positive("asking", asking);
        }
        for case in &before.cases {
            let number = &case.disclosure.number;
            checks.refuse_if(case.ended, || {
                Finding::refused(
                    "deal.case_ended",
                    text!("{number} 已经终结。", "{number} has ended."),
                )
                .at("cases")
            });
            case.disclosure.accepted()?;
            case.assessment.done()?;
            checks.refuse_if(case.protection.rights.is_empty(), || {
                Finding::refused(
                    "deal.no_right",
                    text!(
                        "{number} 还没有登记权利。先登记专利、登记证书或技术秘密，权属才清楚。",
                        "{number} has no right on record. Record the patent, registration or know-how first."
                    ),
                )
                .cite(before.institution.article("transfer_law.2"))
                .at("cases")
            });
        }
        checks.settle().map(|_| ())
    }
}

/// Checks name and credit code of the other side.
pub(crate) fn check_party(checks: &mut Checks, party: &Party) {
    checks.words("party.name", &party.name, 200);
    if let Some(code) = &party.uscc {
        checks.refuse_if(!uscc_is_valid(code), || {
            Finding::refused(
                "uscc.check_digit",
                text!(
                    "统一社会信用代码的校验位不对。请对照营业执照重抄18位。",
                    "The credit code's check character is wrong. Copy all 18 characters again."
                ),
            )
            .cite(law::citation("gb_32100"))
            .at("party.uscc")
        });
    }
}

/// Check character of a unified social credit code (GB 32100-2015).
pub fn uscc_is_valid(code: &str) -> bool {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [usize; 17] = [
        1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
    ];
    let values: Option<Vec<usize>> = code.chars().map(|c| ALPHABET.find(c)).collect();
    let Some(values) = values else { return false };
    let Some((last, body)) = values.split_last() else {
        return false;
    };
    if body.len() != WEIGHTS.len() {
        return false;
    }
    let sum: usize = body
        .iter()
        .zip(WEIGHTS)
        .map(|(value, weight)| value * weight)
        .sum();
    (31 - sum % 31) % 31 == *last
}
