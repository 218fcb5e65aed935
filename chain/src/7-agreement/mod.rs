//! 合同与认定登记 — the contract is signed, registered, amended, ended.

mod gates;

use dukou_kernel::{Date, Finding, Money, Refusal, text};
use dukou_rules::ContractAmounts;
use serde::{Deserialize, Serialize};

use crate::checks::Checks;
use crate::contract::{Claim, Context, Stage};
use crate::deal::{Negotiation, Terms, check_terms};
use crate::institution::Institution;
use crate::kept::Kept;
use crate::law;
use crate::matching::{CaseView, Matching, check_party};
use crate::protection::not_in_future;
use crate::publicity::Publicity;
use crate::terms::{Attachment, CatalogueResult, Mode, Party};

use gates::brought;
pub use gates::{Brought, exemption_findings, gates};

/// The commands of agreement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "commands live one at a time")]
pub enum Command {
    /// 签订合同
    #[serde(rename = "agreement.sign")]
    Sign {
        /// 合同编号
        contract_no: String,
        /// 签订日期
        signed: Date,
        /// The signed contract.
        paper: Attachment,
        /// Approval for a transfer abroad of a fiscally funded right, where needed.
        #[serde(default)]
        export_approval: Option<Attachment>,
        /// What is known of the contract's way across the border.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        export: Option<ExportRecorded>,
    },
    /// 技术合同认定登记
    #[serde(rename = "agreement.register")]
    Register {
        /// 登记编号
        register_no: String,
        /// 登记日期
        registered: Date,
        /// 技术交易额
        technology_amount: Money,
        /// The certificate.
        #[serde(default)]
        paper: Option<Attachment>,
        /// The registration or licence of a contract across the border.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        export: Option<ExportRecorded>,
    },
    /// 合同变更
    #[serde(rename = "agreement.amend")]
    Amend {
        /// The terms from now on.
        terms: Terms,
        /// What changes and why.
        reason: String,
        /// The signed amendment.
        paper: Attachment,
    },
    /// 对方更名
    #[serde(rename = "agreement.rename_party")]
    RenameParty {
        /// The other side under its new name.
        party: Party,
        /// The register's notice.
        paper: Attachment,
    },
}

/// 合同已签
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// 合同编号
    pub contract_no: String,
    /// 签订日期
    pub signed: Date,
    /// The other side, as it stands in the contract.
    pub party: Party,
    /// The terms signed.
    pub terms: Terms,
    /// The contract; imported history has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
    /// Approval for a transfer abroad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_approval: Option<Attachment>,
    /// Everything that was checked.
    pub findings: Kept<Vec<Finding>>,
}

/// 已认定登记
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// 登记编号
    pub register_no: String,
    /// 登记日期
    pub registered: Date,
    /// 技术交易额
    pub technology_amount: Money,
    /// The certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
}

/// 合同已变更
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amended {
    /// The terms from now on.
    pub terms: Terms,
    /// What changes and why.
    pub reason: String,
    /// The amendment.
    pub paper: Attachment,
}

/// 对方已更名
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyRenamed {
    /// Before.
    pub before: String,
    /// The other side now.
    pub party: Party,
    /// The register's notice.
    pub paper: Attachment,
}

/// 技术出口核对已记录: what is on file of a contract across the border. What is
/// left out stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportRecorded {
    /// Whether the other side is abroad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abroad: Option<bool>,
    /// What the catalogue says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<CatalogueResult>,
    /// 许可意向书编号
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_no: Option<String>,
    /// 登记证或许可证编号
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit_no: Option<String>,
    /// Its day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit_on: Option<Date>,
}

impl ExportRecorded {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// This over what stood before.
    fn over(self, before: Option<Self>) -> Self {
        let before = before.unwrap_or_default();
        Self {
            abroad: self.abroad.or(before.abroad),
            catalogue: self.catalogue.or(before.catalogue),
            intent_no: self.intent_no.or(before.intent_no),
            permit_no: self.permit_no.or(before.permit_no),
            permit_on: self.permit_on.or(before.permit_on),
        }
    }
}

events! {
    /// The events of agreement.
    Event {
        /// 合同已签
        "agreement.signed.v1" => Signed(Signed),
        /// 已认定登记
        "agreement.registered.v1" => Registered(Registered),
        /// 合同已变更
        "agreement.amended.v1" => Amended(Amended),
        /// 对方已更名
        "agreement.party_renamed.v1" => PartyRenamed(PartyRenamed),
        /// 技术出口核对已记录
        "agreement.export_recorded.v1" => ExportRecorded(ExportRecorded),
    }
}

/// State of agreement.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    /// The contract and the day of its entry.
    pub signed: Option<(Date, Signed)>,
    /// The registration.
    pub registered: Option<Registered>,
    /// Amendments, in order.
    pub amendments: Vec<(Date, Amended)>,
    /// Party as it is called now, when it was renamed.
    pub renamed: Option<Party>,
    /// What is on file of a contract across the border.
    pub export: Option<ExportRecorded>,
    /// How many amendments the registration covers.
    registered_after: usize,
}

/// The unique name of a contract.
pub fn contract_claim(contract_no: &str) -> Claim {
    Claim {
        kind: "contract",
        value: crate::protection::normal_number(contract_no),
    }
}

/// What agreement may see.
pub struct Before<'a> {
    /// Rules and calendar.
    pub institution: &'a Institution,
    /// How the deal began.
    pub matching: &'a Matching,
    /// Terms and decision.
    pub negotiation: &'a Negotiation,
    /// Notices.
    pub publicity: &'a Publicity,
    /// The covered cases.
    pub cases: &'a [CaseView<'a>],
    /// True when another deal holds the contract number.
    pub contract_no_taken: bool,
}

impl Agreement {
    /// The terms in force under the contract.
    pub fn terms(&self) -> Option<&Terms> {
        let signed = self.signed.as_ref().map(|(_, it)| &it.terms);
        self.amendments.last().map(|(_, it)| &it.terms).or(signed)
    }

    /// The other side as it is called now.
    pub fn party(&self) -> Option<&Party> {
        self.renamed
            .as_ref()
            .or_else(|| self.signed.as_ref().map(|(_, it)| &it.party))
    }

    /// True when the contract was amended after it was registered: it is then
    /// registered again, and until then it has no certificate (技术合同认定登记).
    pub fn register_again(&self) -> bool {
        self.registered.is_some() && self.amendments.len() > self.registered_after
    }

    /// The registration of the contract as it stands.
    pub fn certificate(&self) -> Option<&Registered> {
        let again = self.register_again();
        self.registered.as_ref().filter(|_| !again)
    }

    /// The contract, or a refusal.
    ///
    /// # Errors
    /// While nothing is signed.
    pub fn in_force(&self) -> Result<&Signed, Refusal> {
        self.signed.as_ref().map(|(_, it)| it).ok_or_else(|| {
            Finding::refused(
                "agreement.missing",
                text!("合同还没有签。", "No contract is signed yet."),
            )
            .cite(law::citation("transfer_law.18"))
            .into()
        })
    }
}

impl Stage for Agreement {
    type Command = Command;
    type Event = Event;
    type Before<'a> = Before<'a>;

    fn decide(
        &self,
        before: &Before<'_>,
        command: &Command,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        before.matching.exists()?;
        let mut checks = Checks::default();
        match command {
            Command::Sign { .. } => self.sign(before, command, ctx),
            Command::Register { .. } => self.register(before, command, ctx),
            Command::Amend {
                terms,
                reason,
                paper,
            } => {
                self.in_force()?;
                checks.words("reason", reason, 1000);
                check_terms(&mut checks, terms, before.cases);
                check_amendment(&mut checks, self.terms(), terms);
                checks.settle()?;
                Ok(vec![Event::Amended(Amended {
                    terms: terms.clone(),
                    reason: reason.clone(),
                    paper: paper.clone(),
                })])
            }
            Command::RenameParty { party, paper } => {
                self.in_force()?;
                check_party(&mut checks, party);
                checks.settle()?;
                let before = self.party().map(|it| it.name.clone()).unwrap_or_default();
                Ok(vec![Event::PartyRenamed(PartyRenamed {
                    before,
                    party: party.clone(),
                    paper: paper.clone(),
                })])
            }
        }
    }

    fn apply(&mut self, event: Event, effective: Date) {
        match event {
            Event::Signed(it) => self.signed = Some((effective, it)),
            Event::Registered(it) => {
                self.registered = Some(it);
                self.registered_after = self.amendments.len();
            }
            Event::Amended(it) => self.amendments.push((effective, it)),
            Event::PartyRenamed(it) => self.renamed = Some(it.party),
            Event::ExportRecorded(it) => self.export = Some(it.over(self.export.take())),
        }
    }
}

/// 技术交易额 is a part of 成交额. Where a royalty runs the price is open, and only
/// the certificate knows the amount.
fn check_technology(
    checks: &mut Checks,
    before: &Before<'_>,
    terms: &Terms,
    (registered, technology): (Date, Money),
) {
    let put_in = terms.equity.as_ref().map_or(Money::ZERO, |it| it.valued);
    let total = Money::sum([terms.price, put_in]).unwrap_or(terms.price);
    let total = if terms.royalty.is_some() {
        total.max(technology)
    } else {
        total
    };
    let question = ContractAmounts {
        total_fen: total,
        equipment_fen: Money::ZERO,
        other_nontechnical_fen: Money::ZERO,
        technology_fen: Some(technology),
        on: Some(registered),
    };
    let rulebook = before.institution.rulebook();
    match dukou_rules::contract_amounts(&question, rulebook, registered) {
        Ok(answer) => answer.findings.into_iter().for_each(|it| checks.add(it)),
        Err(error) => checks.add(Finding::refused(&error.code, error.message)),
    }
}

fn check_registration(
    checks: &mut Checks,
    contract: &Signed,
    registered: Date,
    technology_amount: Money,
) {
    checks.refuse_if(registered < contract.signed, || {
        Finding::refused(
            "agreement.registered_early",
            text!("登记日期早于签订日期。", "Registered before it was signed."),
        )
        .at("registered")
    });
    checks.refuse_if(technology_amount.is_negative(), || {
        Finding::refused(
            "amount.negative",
            text!(
                "技术交易额不能是负数。",
                "The technology amount cannot be negative."
            ),
        )
        .at("technology_amount")
    });
}

/// A contract in force keeps its mode; a price that falls below what was made
/// public would need a new notice, so it is refused here.
fn check_amendment(checks: &mut Checks, old: Option<&Terms>, new: &Terms) {
    let Some(old) = old else { return };
    checks.refuse_if(old.mode != new.mode, || {
        Finding::refused(
            "agreement.mode",
            text!(
                "合同变更不能改转化方式。终止本合同，另立项目。",
                "An amendment cannot change the mode. End this contract and open a new deal."
            ),
        )
        .at("terms.mode")
    });
    let cheaper = new.price < old.price || (old.royalty.is_some() && new.royalty < old.royalty);
    checks.refuse_if(new.mode != Mode::Equity && cheaper, || {
        Finding::refused(
            "agreement.price_lowered",
            text!(
                "变更后的价格低于已公示的价格。终止本合同，按新价格重新决策和公示。",
                "The amended price is below the published one. End this contract; decide and publish the new price."
            ),
        )
        .cite(law::citation("transfer_law.18"))
        .at("terms.price")
    });
}

impl Agreement {
    fn sign(
        &self,
        before: &Before<'_>,
        command: &Command,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        let Command::Sign {
            contract_no,
            signed,
            paper,
            export_approval,
            export,
        } = command
        else {
            return Ok(Vec::new());
        };
        let opened = before.matching.exists()?;
        let agreed = before.negotiation.agreed()?;
        let mut checks = Checks::default();
        self.check_sign(before, &mut checks, contract_no, *signed, ctx.today);
        let export = brought(&mut checks, export.as_ref(), ctx.today);
        let brought = Brought {
            approved: export_approval.is_some(),
            export,
        };
        for finding in gates(before, &brought, *signed) {
            checks.add(finding);
        }
        let findings = checks.settle()?;
        let mut events = vec![Event::Signed(Signed {
            contract_no: contract_no.trim().to_owned(),
            signed: *signed,
            party: opened.party.clone(),
            terms: agreed.terms.clone(),
            paper: Some(paper.clone()),
            export_approval: export_approval.clone(),
            findings: findings.into(),
        })];
        if !brought.export.is_empty() {
            events.push(Event::ExportRecorded(brought.export));
        }
        Ok(events)
    }

    fn register(
        &self,
        before: &Before<'_>,
        command: &Command,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        let Command::Register {
            register_no,
            registered,
            technology_amount,
            paper,
            export,
        } = command
        else {
            return Ok(Vec::new());
        };
        let contract = self.in_force()?;
        let mut checks = Checks::default();
        checks.words("register_no", register_no, 60);
        not_in_future(&mut checks, "registered", *registered, ctx.today);
        check_registration(&mut checks, contract, *registered, *technology_amount);
        if let Some(terms) = self.terms()
            && !technology_amount.is_negative()
        {
            check_technology(
                &mut checks,
                before,
                terms,
                (*registered, *technology_amount),
            );
        }
        let export = brought(&mut checks, export.as_ref(), ctx.today);
        checks.settle()?;
        let mut events = vec![Event::Registered(Registered {
            register_no: register_no.clone(),
            registered: *registered,
            technology_amount: *technology_amount,
            paper: paper.clone(),
        })];
        if !export.is_empty() {
            events.push(Event::ExportRecorded(export));
        }
        Ok(events)
    }

    fn check_sign(
        &self,
        before: &Before<'_>,
        checks: &mut Checks,
        contract_no: &str,
        signed: Date,
        today: Date,
    ) {
        checks.words("contract_no", contract_no, 60);
        checks.refuse_if(self.signed.is_some(), || {
            Finding::refused(
                "agreement.signed_already",
                text!("合同已签。", "The contract is signed already."),
            )
        });
        checks.refuse_if(before.contract_no_taken, || {
            Finding::refused(
                "agreement.number_taken",
                text!(
                    "另一个项目已用这个合同编号。",
                    "Another deal uses this contract number."
                ),
            )
            .at("contract_no")
        });
        not_in_future(checks, "signed", signed, today);
    }
}
