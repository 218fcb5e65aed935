//! 确权与知识产权 — the rights in the result, and what they cost.
//!
//! Who acts: the technology manager or the IP officer. Costs entered here are
//! what a later distribution deducts; what an inventor paid goes back double
//! (教科技〔2020〕1号, 加倍返还).

use std::collections::{BTreeMap, BTreeSet};

use dukou_kernel::{Date, Finding, Money, PersonId, Refusal, RightId, text};
use dukou_rights::{Form, Reading};
use serde::{Deserialize, Serialize};

use crate::assessment::{Assessment, Conclusion};
use crate::checks::Checks;
use crate::contract::{Claim, Context, Stage};
use crate::disclosure::Disclosure;
use crate::terms::{Attachment, RightKind};

words! {
    /// Kind of cost that a right or a deal causes (成本类别).
    CostKind {
        Maintenance = "maintenance", "专利申请与维持费", "Filing and maintenance";
        Appraisal = "appraisal", "评估评价费", "Appraisal and evaluation";
        Agent = "agent", "代理与中介费", "Agents and brokers";
        Tax = "tax", "税费", "Taxes";
        Other = "other", "其他", "Other";
    }
}

words! {
    /// Where a right stands (权利状态).
    RightStatus {
        Filed = "filed", "已申请", "Filed";
        Granted = "granted", "已授权或登记", "Granted";
        Held = "held", "保密持有", "Held as know-how";
        Ended = "ended", "已失效", "Ended";
    }
}

/// Who bore a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "who")]
pub enum PaidBy {
    /// The university.
    University,
    /// A contributor, who gets it back double.
    Inventor {
        /// Who paid.
        person: PersonId,
    },
}

/// The commands of protection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum Command {
    /// 登记权利
    #[serde(rename = "protection.record_right")]
    RecordRight {
        /// Id of the new right.
        right: RightId,
        /// 种类
        kind: RightKind,
        /// Application, publication or registration number; empty for know-how.
        #[serde(default)]
        number: String,
        /// 申请日, or the day know-how was fixed.
        filed: Date,
        /// 授权日
        #[serde(default)]
        granted: Option<Date>,
        /// Owners as they stand in the register.
        owners: String,
        /// The certificate or notice.
        #[serde(default)]
        paper: Option<Attachment>,
    },
    /// 登记授权
    #[serde(rename = "protection.record_grant")]
    RecordGrant {
        /// Which right.
        right: RightId,
        /// 授权日
        granted: Date,
        /// The certificate.
        #[serde(default)]
        paper: Option<Attachment>,
    },
    /// 登记失效、放弃或撤回
    #[serde(rename = "protection.end_right")]
    EndRight {
        /// Which right.
        right: RightId,
        /// Since when.
        ended: Date,
        /// Why.
        reason: String,
    },
    /// 登记费用
    #[serde(rename = "protection.record_cost")]
    RecordCost {
        /// 类别
        kind: CostKind,
        /// How much.
        amount: Money,
        /// When it was paid.
        paid_on: Date,
        /// Who bore it.
        paid_by: PaidBy,
        /// Receipt or voucher number.
        voucher: String,
        /// The receipt.
        #[serde(default)]
        paper: Option<Attachment>,
    },
}

/// 权利已登记
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightRecorded {
    /// The right.
    pub right: RightId,
    /// 种类
    pub kind: RightKind,
    /// Number, upper case without blanks.
    pub number: String,
    /// 申请日
    pub filed: Date,
    /// 授权日
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<Date>,
    /// Owners.
    pub owners: String,
    /// The certificate or notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
}

/// 已授权
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRecorded {
    /// The right.
    pub right: RightId,
    /// 授权日
    pub granted: Date,
    /// The certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
}

/// 已失效
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightEnded {
    /// The right.
    pub right: RightId,
    /// Since when.
    pub ended: Date,
    /// Why.
    pub reason: String,
}

/// 费用已登记
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostRecorded {
    /// 类别
    pub kind: CostKind,
    /// How much.
    pub amount: Money,
    /// When it was paid.
    pub paid_on: Date,
    /// Who bore it.
    pub paid_by: PaidBy,
    /// Voucher number.
    pub voucher: String,
    /// The receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
}

events! {
    /// The events of protection.
    Event {
        /// 权利已登记
        "protection.right_recorded.v1" => RightRecorded(RightRecorded),
        /// 已授权
        "protection.grant_recorded.v1" => GrantRecorded(GrantRecorded),
        /// 已失效
        "protection.right_ended.v1" => RightEnded(RightEnded),
        /// 费用已登记
        "protection.cost_recorded.v1" => CostRecorded(CostRecorded),
    }
}

/// One right of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// As recorded.
    pub recorded: RightRecorded,
    /// 授权日
    pub granted: Option<Date>,
    /// Day and reason of its end.
    pub ended: Option<(Date, String)>,
}

impl Right {
    /// Where the right stands.
    pub fn status(&self) -> RightStatus {
        if self.ended.is_some() {
            RightStatus::Ended
        } else if self.granted.is_some() {
            RightStatus::Granted
        } else if !self.recorded.kind.registered() && self.recorded.number.is_empty() {
            RightStatus::Held
        } else {
            RightStatus::Filed
        }
    }
}

/// State of protection.
#[derive(Clone, Debug, Default)]
pub struct Protection {
    /// The rights, in order of entry.
    pub rights: BTreeMap<RightId, Right>,
    /// Other ids under which entries of this case name a right: 0.1.0 gave all rights
    /// of one import the same, which is unambiguous only within one case.
    pub formerly: BTreeMap<RightId, RightId>,
    /// Costs, in order of entry.
    pub costs: Vec<CostRecorded>,
    /// Day of the first right.
    pub since: Option<Date>,
}

/// The form under which a number is compared: upper case, no blanks or dots.
pub fn normal_number(number: &str) -> String {
    number
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '.')
        .flat_map(char::to_uppercase)
        .collect()
}

/// The unique name under which a right is held.
pub fn right_claim(number: &str) -> Claim {
    Claim {
        kind: "right",
        value: normal_number(number),
    }
}

/// Every unique name under which a right of this number may be held already: as
/// written, and in the forms that name the same application (ZL, CN, bare). A right
/// without a number has none.
pub fn right_claims(number: &str) -> Vec<Claim> {
    if number.trim().is_empty() {
        return Vec::new();
    }
    let mut claims = vec![right_claim(number)];
    if let Reading::Number(read) = dukou_rights::read(number) {
        claims.push(right_claim(&read.text));
        if read.form == Form::Application {
            let named = |land: &str| right_claim(&format!("{land}{}", read.text));
            claims.extend([named("ZL"), named("CN")]);
        }
    }
    let mut seen = BTreeSet::new();
    claims.retain(|it| seen.insert(it.value.clone()));
    claims
}

impl Protection {
    /// What contributors paid themselves.
    pub fn inventor_paid(&self) -> impl Iterator<Item = (PersonId, Money)> + '_ {
        self.costs.iter().filter_map(|cost| match cost.paid_by {
            PaidBy::Inventor { person } => Some((person, cost.amount)),
            PaidBy::University => None,
        })
    }

    /// What the university paid.
    pub fn university_paid(&self) -> impl Iterator<Item = &CostRecorded> {
        self.costs
            .iter()
            .filter(|cost| cost.paid_by == PaidBy::University)
    }

    /// The id under which this case holds the right that an entry or a caller names.
    pub fn resolve(&self, named: RightId) -> RightId {
        if self.rights.contains_key(&named) {
            return named;
        }
        self.formerly.get(&named).copied().unwrap_or(named)
    }

    fn right(&self, right: RightId) -> Result<&Right, Refusal> {
        self.rights.get(&self.resolve(right)).ok_or_else(|| {
            Finding::refused(
                "protection.unknown_right",
                text!("本案没有这项权利。", "This case has no such right."),
            )
            .at("right")
            .into()
        })
    }
}

/// What protection may see.
pub struct Before<'a> {
    /// The disclosure.
    pub disclosure: &'a Disclosure,
    /// The assessment.
    pub assessment: &'a Assessment,
    /// True when another case holds a right of this number.
    pub number_taken: bool,
}

impl Stage for Protection {
    type Command = Command;
    type Event = Event;
    type Before<'a> = Before<'a>;

    fn decide(
        &self,
        before: &Before<'_>,
        command: &Command,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        before.disclosure.accepted()?;
        let mut checks = Checks::default();
        match command {
            Command::RecordRight {
                right,
                kind,
                number,
                filed,
                granted,
                owners,
                paper,
            } => {
                self.check_right(before, &mut checks, (*kind, number, *filed, *granted), ctx)?;
                checks.words("owners", owners, 300);
                checks.settle()?;
                Ok(vec![Event::RightRecorded(RightRecorded {
                    right: *right,
                    kind: *kind,
                    number: normal_number(number),
                    filed: *filed,
                    granted: *granted,
                    owners: owners.clone(),
                    paper: paper.clone(),
                })])
            }
            Command::RecordGrant {
                right,
                granted,
                paper,
            } => {
                let known = self.right(*right)?;
                let filed = known.recorded.filed;
                check_days(&mut checks, filed, Some(*granted), ctx.today);
                checks.settle()?;
                Ok(vec![Event::GrantRecorded(GrantRecorded {
                    right: known.recorded.right,
                    granted: *granted,
                    paper: paper.clone(),
                })])
            }
            Command::EndRight {
                right,
                ended,
                reason,
            } => {
                let known = self.right(*right)?;
                checks.words("reason", reason, 500);
                not_in_future(&mut checks, "ended", *ended, ctx.today);
                checks.settle()?;
                Ok(vec![Event::RightEnded(RightEnded {
                    right: known.recorded.right,
                    ended: *ended,
                    reason: reason.clone(),
                })])
            }
            Command::RecordCost {
                kind,
                amount,
                paid_on,
                paid_by,
                voucher,
                paper,
            } => {
                checks.positive("amount", *amount);
                checks.words("voucher", voucher, 100);
                not_in_future(&mut checks, "paid_on", *paid_on, ctx.today);
                if let PaidBy::Inventor { person } = paid_by {
                    checks.refuse_if(!before.disclosure.has(*person), || {
                        Finding::refused(
                            "protection.payer",
                            text!(
                                "垫付人须是本案的完成人。",
                                "Only a contributor of this case can have paid."
                            ),
                        )
                        .at("paid_by")
                    });
                }
                checks.settle()?;
                Ok(vec![Event::CostRecorded(CostRecorded {
                    kind: *kind,
                    amount: *amount,
                    paid_on: *paid_on,
                    paid_by: *paid_by,
                    voucher: voucher.clone(),
                    paper: paper.clone(),
                })])
            }
        }
    }

    fn apply(&mut self, event: Event, effective: Date) {
        match event {
            Event::RightRecorded(it) => {
                self.since.get_or_insert(effective);
                let id = it.right;
                let right = Right {
                    granted: it.granted,
                    recorded: it,
                    ended: None,
                };
                self.rights.insert(id, right);
            }
            Event::GrantRecorded(it) => {
                if let Some(right) = self.rights.get_mut(&self.resolve(it.right)) {
                    right.granted = Some(it.granted);
                }
            }
            Event::RightEnded(it) => {
                if let Some(right) = self.rights.get_mut(&self.resolve(it.right)) {
                    right.ended = Some((it.ended, it.reason));
                }
            }
            Event::CostRecorded(it) => self.costs.push(it),
        }
    }
}

pub(crate) fn not_in_future(checks: &mut Checks, field: &str, day: Date, today: Date) {
    checks.refuse_if(day > today, || {
        Finding::refused(
            "date.future",
            text!(
                "日期不能晚于今天（{today}）。",
                "The date cannot be after today ({today})."
            ),
        )
        .at(field)
    });
}

fn check_days(checks: &mut Checks, filed: Date, granted: Option<Date>, today: Date) {
    not_in_future(checks, "filed", filed, today);
    if let Some(granted) = granted {
        not_in_future(checks, "granted", granted, today);
        checks.refuse_if(granted < filed, || {
            Finding::refused(
                "date.order",
                text!(
                    "授权日（{granted}）早于申请日（{filed}）。",
                    "The grant ({granted}) is earlier than the filing ({filed})."
                ),
            )
            .at("granted")
        });
    }
}

impl Protection {
    fn check_right(
        &self,
        before: &Before<'_>,
        checks: &mut Checks,
        (kind, number, filed, granted): (RightKind, &str, Date, Option<Date>),
        ctx: &Context,
    ) -> Result<(), Refusal> {
        let concluded = before.assessment.done()?;
        if kind != RightKind::KnowHow {
            checks.words("number", number, 60);
            // A number that shows another kind is refused; one that shows none is kept.
            if let Reading::Number(read) = dukou_rights::read(number)
                && read.kind.is_some()
                && let Err(fault) = dukou_rights::read_as(kind, number)
            {
                checks.refuse_if(true, || fault.finding().at("number"));
            }
            let files = concluded.is_none_or(|it| it.conclusion == Conclusion::File);
            checks.refuse_if(!files, || {
                Finding::refused(
                    "protection.not_assessed_to_file",
                    text!(
                        "评估结论不是申请保护。先改结论，再登记申请。",
                        "The assessment does not say to file. Revise it first."
                    ),
                )
                .cite(crate::law::citation("moe_2020_1.assessment"))
                .at("kind")
            });
        }
        checks.refuse_if(before.number_taken, || {
            Finding::refused(
                "protection.number_taken",
                text!(
                    "这个号码已登记在另一项成果下。",
                    "Another case holds this number already."
                ),
            )
            .at("number")
        });
        check_days(checks, filed, granted, ctx.today);
        Ok(())
    }
}
