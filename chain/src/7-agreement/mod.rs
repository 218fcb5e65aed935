//! 合同与认定登记 — the contract is signed, registered, amended, ended.

use dukou_kernel::{Date, Finding, Money, Refusal, Severity, text};
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
use crate::terms::{Attachment, Funding, Mode, Party, PartyKind};

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

/// Everything that must hold before a contract is signed, and what would be good to have.
/// The compliance panel shows exactly this list.
pub fn gates(before: &Before<'_>, export_approval: bool, today: Date) -> Vec<Finding> {
    let mut found = Vec::new();
    for case in before.cases {
        found.extend(case_gates(case));
    }
    if before.negotiation.newest().is_some() {
        found.push(before.negotiation.decision_finding());
        found.extend(
            before
                .publicity
                .finding(before.negotiation, before.institution, today),
        );
        found.extend(before.negotiation.market_finding());
        found.push(appraisal_finding(before, today));
    }
    found.extend(interest_findings(before));
    found.extend(export_finding(before, export_approval));
    found.sort_by_key(|finding| finding.severity);
    found
}

fn case_gates(case: &CaseView<'_>) -> Vec<Finding> {
    let number = &case.disclosure.number;
    let mut found = Vec::new();
    found.push(if case.assessment.history && case.assessment.concluded.is_none() {
        Finding::new(
            Severity::Warning,
            "assessment.history",
            text!(
                "{number} 为导入的历史，申请前评估在本系统之前，此处无凭证。",
                "{number} is imported history: its assessment lies before Dukou and is not evidenced here."
            ),
        )
        .cite(law::citation("moe_2020_1.assessment"))
    } else if case.assessment.concluded.is_some() {
        Finding::new(
            Severity::Info,
            "assessment.on_file",
            text!("披露与申请前评估齐全（{number}）", "Disclosure and pre-filing assessment on file ({number})"),
        )
        .cite(law::citation("moe_2020_1.assessment"))
    } else {
        Finding::refused(
            "assessment.missing",
            text!("{number} 没有申请前评估。", "{number} has no pre-filing assessment."),
        )
        .cite(law::citation("moe_2020_1.assessment"))
    });
    let open = case.disclosure.unconfirmed().count();
    found.push(if open == 0 {
        Finding::new(
            Severity::Info,
            "shares.confirmed",
            text!("完成人份额全部确认（{number}）", "All contributors confirmed their shares ({number})"),
        )
    } else {
        Finding::new(
            Severity::Warning,
            "shares.unconfirmed",
            text!(
                "{number} 有{open}人未确认份额。不影响签约；分配前须全部确认。",
                "{open} contributor(s) of {number} have not confirmed. Signing may go on; distribution may not."
            ),
        )
    }
    .cite(law::citation("school.shares")));
    found
}

fn appraisal_finding(before: &Before<'_>, today: Date) -> Finding {
    let wholly = before
        .matching
        .opened
        .as_ref()
        .is_some_and(|(_, it)| it.party.kind == PartyKind::WhollyStateOwned);
    let need = law::appraisal_need(today, before.institution.central_unit(), wholly);
    let message = if need.exempt {
        text!(
            "受让方为国有全资企业，无须评估",
            "Taker wholly state-owned: no appraisal required"
        )
    } else {
        text!(
            "受让方非国有全资，是否评估由学校决定",
            "Taker not wholly state-owned: appraisal is the university's choice"
        )
    };
    Finding::new(Severity::Info, "appraisal.need", message).cite(need.citation)
}

fn interest_findings(before: &Before<'_>) -> Vec<Finding> {
    let mut people: Vec<_> = before
        .cases
        .iter()
        .flat_map(|case| case.disclosure.contributors().iter().map(|c| c.person))
        .collect();
    people.sort_unstable();
    people.dedup();
    let all = people.len();
    let declared = people
        .iter()
        .filter(|p| before.negotiation.interests.contains_key(p))
        .count();
    let related = before
        .negotiation
        .interests
        .values()
        .filter(|it| it.related)
        .count();
    let mut found = vec![
        if declared == all {
            Finding::new(
                Severity::Info,
                "interest.declared",
                text!(
                    "{all}名完成人均已申报关联关系",
                    "All {all} contributors declared their interests"
                ),
            )
        } else {
            let open = all - declared;
            Finding::new(
                Severity::Warning,
                "interest.missing",
                text!(
                    "{open}名完成人还没有申报与对方的关联关系。",
                    "{open} contributor(s) have not declared their ties to the other side."
                ),
            )
        }
        .cite(law::citation("conflict_of_interest")),
    ];
    if related > 0 {
        found.push(
            Finding::new(
                Severity::Warning,
                "interest.related",
                text!(
                    "{related}人与对方有关联，公示和决策材料须写明。",
                    "{related} person(s) are tied to the other side: notice and decision papers must say so."
                ),
            )
            .cite(law::citation("conflict_of_interest")),
        );
    }
    found
}

fn export_finding(before: &Before<'_>, approved: bool) -> Option<Finding> {
    let (_, opened) = before.matching.opened.as_ref()?;
    let fiscal = before.cases.iter().any(|case| {
        case.disclosure.details.as_ref().is_some_and(|details| {
            details
                .funding
                .iter()
                .any(|f| matches!(f, Funding::National | Funding::Ministry | Funding::Province))
        })
    });
    if opened.party.kind != PartyKind::Foreign || !fiscal {
        return None;
    }
    let citation = law::citation("st_progress_law.34");
    Some(
        if approved {
            Finding::new(
                Severity::Info,
                "export.approved",
                text!("向境外转让已经项目管理机构批准", "Transfer abroad approved by the project manager"),
            )
        } else {
            Finding::refused(
                "export.approval",
                text!(
                    "财政资金形成的知识产权向境外转让或独占许可，须经项目管理机构批准。签约时附上批件。",
                    "A right from fiscal funds goes abroad only with the project manager's approval. Attach it when signing."
                ),
            )
            .at("export_approval")
        }
        .cite(citation),
    )
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
        let opened = before.matching.exists()?;
        let mut checks = Checks::default();
        match command {
            Command::Sign {
                contract_no,
                signed,
                paper,
                export_approval,
            } => {
                let agreed = before.negotiation.agreed()?;
                self.check_sign(before, &mut checks, contract_no, *signed, ctx.today);
                for finding in gates(before, export_approval.is_some(), *signed) {
                    checks.add(finding);
                }
                let findings = checks.settle()?;
                Ok(vec![Event::Signed(Signed {
                    contract_no: contract_no.trim().to_owned(),
                    signed: *signed,
                    party: opened.party.clone(),
                    terms: agreed.terms.clone(),
                    paper: Some(paper.clone()),
                    export_approval: export_approval.clone(),
                    findings: findings.into(),
                })])
            }
            Command::Register {
                register_no,
                registered,
                technology_amount,
                paper,
            } => {
                let contract = self.in_force()?;
                checks.words("register_no", register_no, 60);
                not_in_future(&mut checks, "registered", *registered, ctx.today);
                check_registration(&mut checks, contract, *registered, *technology_amount);
                checks.settle()?;
                Ok(vec![Event::Registered(Registered {
                    register_no: register_no.clone(),
                    registered: *registered,
                    technology_amount: *technology_amount,
                    paper: paper.clone(),
                })])
            }
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
            Event::Registered(it) => self.registered = Some(it),
            Event::Amended(it) => self.amendments.push((effective, it)),
            Event::PartyRenamed(it) => self.renamed = Some(it.party),
        }
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
