//! 终结、更正与记事 — a case or deal ends before its time; a wrong entry is
//! named and put right; somebody writes a note.

use dukou_kernel::{Date, Finding, Refusal, text};
use serde::{Deserialize, Serialize};

use crate::checks::Checks;
use crate::terms::{Attachment, Outcome};

/// What can be said of a whole case or deal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum Command {
    /// 终结
    #[serde(rename = "closing.end")]
    End {
        /// How.
        outcome: Outcome,
        /// Why.
        reason: String,
        /// The letter or minutes.
        #[serde(default)]
        paper: Option<Attachment>,
    },
    /// 更正说明
    #[serde(rename = "closing.correct")]
    Correct {
        /// Number of the entry that is wrong.
        entry: i64,
        /// What is right.
        text: String,
    },
    /// 记一笔
    #[serde(rename = "closing.note")]
    Note {
        /// What to remember.
        text: String,
        /// Files that belong to it.
        #[serde(default)]
        files: Vec<Attachment>,
    },
}

/// 已终结
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// The letter or minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
}

/// 已更正
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// The entry that is wrong.
    pub entry: i64,
    /// What is right.
    pub text: String,
}

/// 已记
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// What to remember.
    pub text: String,
    /// Files that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Attachment>,
}

/// An attempt that the law refused; it has no effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The command that was tried.
    pub command: String,
    /// Why it was refused.
    pub findings: Vec<Finding>,
}

/// A correction names an entry that its case or deal does not have.
pub fn no_entry() -> Finding {
    Finding::refused(
        "closing.no_entry",
        text!("没有这一条记录。", "There is no such entry."),
    )
    .at("entry")
}

events! {
    /// The events of a whole case or deal.
    Event {
        /// 已终结
        "closing.ended.v1" => Ended(Ended),
        /// 已更正
        "closing.corrected.v1" => Corrected(Corrected),
        /// 已记
        "closing.noted.v1" => Noted(Noted),
        /// 被拒绝的一步
        "closing.refused.v1" => Refused(Refused),
    }
}

/// How and when a case or deal ended.
#[derive(Clone, Debug, Default)]
pub struct Closing {
    /// The end.
    pub ended: Option<(Date, Ended)>,
}

impl Closing {
    /// Refuses when it has ended.
    ///
    /// # Errors
    /// When it has ended.
    pub fn open(&self) -> Result<(), Refusal> {
        let Some((on, ended)) = &self.ended else {
            return Ok(());
        };
        let how = ended.outcome.label();
        let (zh, en) = (how.zh, how.en);
        Err(Finding::refused(
            "closing.ended",
            text!(
                "已于{on}终结（{zh}），不能再办理。要继续，另立新案。",
                "Ended on {on} ({en}): nothing more can be done here. Open a new one to go on."
            ),
        )
        .into())
    }

    /// Decides on ending, correcting and noting.
    ///
    /// # Errors
    /// When something is missing, or the end must wait.
    pub fn decide(&self, command: &Command, last_entry_known: bool) -> Result<Vec<Event>, Refusal> {
        let mut checks = Checks::default();
        match command {
            Command::End {
                outcome,
                reason,
                paper,
            } => {
                self.open()?;
                checks.words("reason", reason, 1000);
                checks.settle()?;
                Ok(vec![Event::Ended(Ended {
                    outcome: *outcome,
                    reason: reason.clone(),
                    paper: paper.clone(),
                })])
            }
            Command::Correct { entry, text } => {
                checks.words("text", text, 2000);
                checks.refuse_if(*entry < 1 || !last_entry_known, no_entry);
                checks.settle()?;
                Ok(vec![Event::Corrected(Corrected {
                    entry: *entry,
                    text: text.clone(),
                })])
            }
            Command::Note { text, files } => {
                checks.words("text", text, 2000);
                checks.settle()?;
                Ok(vec![Event::Noted(Noted {
                    text: text.clone(),
                    files: files.clone(),
                })])
            }
        }
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: Event, effective: Date) {
        if let Event::Ended(it) = event {
            self.ended = Some((effective, it));
        }
    }
}
