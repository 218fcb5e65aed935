//! 申请前评估 — before filing, the office decides with reasons whether to file,
//! keep the result as know-how, or leave it (教科技〔2020〕1号).
//!
//! Who acts: the technology manager, never a contributor.

use dukou_kernel::{Date, Finding, PersonId, Refusal, text};
use serde::{Deserialize, Serialize};

use crate::checks::Checks;
use crate::contract::{Context, Stage};
use crate::disclosure::{Disclosure, own_case};
use crate::law;
use crate::terms::Attachment;

words! {
    /// Outcome of the assessment (评估结论).
    Conclusion {
        File = "file", "申请专利或登记", "File for protection";
        KnowHow = "know_how", "作为技术秘密", "Keep as know-how";
        NotFile = "not_file", "不申请，权利可归完成人", "Do not file; the right may pass to the inventors";
    }
}

/// The commands of assessment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum Command {
    /// 出具评估结论
    #[serde(rename = "assessment.conclude")]
    Conclude {
        /// 结论
        conclusion: Conclusion,
        /// Who assessed: the office, or an outside body by name.
        evaluator: String,
        /// Technology readiness level 1–13 (GB/T 22900-2022).
        readiness: u8,
        /// Market and takers, in a few sentences.
        market: String,
        /// Reasons for the conclusion.
        summary: String,
        /// The report.
        #[serde(default)]
        report: Option<Attachment>,
    },
}

/// 评估已作出
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concluded {
    /// 结论
    pub conclusion: Conclusion,
    /// Who assessed.
    pub evaluator: String,
    /// Technology readiness level.
    pub readiness: u8,
    /// Market and takers.
    pub market: String,
    /// Reasons.
    pub summary: String,
    /// The report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Attachment>,
    /// Who entered it.
    pub by: Option<PersonId>,
}

events! {
    /// The events of assessment.
    Event {
        /// 评估已作出
        "assessment.concluded.v1" => Concluded(Concluded),
    }
}

/// State of assessment: the newest conclusion and its day.
#[derive(Clone, Debug, Default)]
pub struct Assessment {
    /// The newest conclusion.
    pub concluded: Option<(Date, Concluded)>,
    /// True when the case was imported: assessed or not, it is not evidenced here.
    pub history: bool,
}

impl Assessment {
    /// Refuses while nothing was concluded.
    ///
    /// # Errors
    /// With the document that asks for the assessment.
    pub fn done(&self) -> Result<Option<&Concluded>, Refusal> {
        if self.history && self.concluded.is_none() {
            return Ok(None);
        }
        self.concluded
            .as_ref()
            .map(|(_, it)| Some(it))
            .ok_or_else(|| {
                Finding::refused(
                    "assessment.missing",
                    text!(
                        "还没有申请前评估。先出具评估结论。",
                        "There is no pre-filing assessment yet. Conclude it first."
                    ),
                )
                .cite(law::citation("moe_2020_1.assessment"))
                .into()
            })
    }
}

impl Stage for Assessment {
    type Command = Command;
    type Event = Event;
    type Before<'a> = &'a Disclosure;

    fn decide(
        &self,
        disclosure: &&Disclosure,
        command: &Command,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        disclosure.accepted()?;
        let Command::Conclude {
            conclusion,
            evaluator,
            readiness,
            market,
            summary,
            report,
        } = command;
        let by = ctx.actor.person();
        if by.is_some_and(|person| disclosure.has(person)) {
            return Err(own_case("evaluator"));
        }
        let mut checks = Checks::default();
        checks.words("evaluator", evaluator, 100);
        checks.words("summary", summary, 2000);
        checks.at_most("market", market, 2000);
        checks.refuse_if(!(1..=13).contains(readiness), || {
            Finding::refused(
                "assessment.readiness",
                text!(
                    "技术就绪度是1到13级。",
                    "Readiness is a level from 1 to 13."
                ),
            )
            .cite(law::citation("gbt_22900"))
            .at("readiness")
        });
        checks.settle()?;
        Ok(vec![Event::Concluded(Concluded {
            conclusion: *conclusion,
            evaluator: evaluator.clone(),
            readiness: *readiness,
            market: market.clone(),
            summary: summary.clone(),
            report: report.clone(),
            by,
        })])
    }

    fn apply(&mut self, event: Event, effective: Date) {
        let Event::Concluded(it) = event;
        self.concluded = Some((effective, it));
    }
}
