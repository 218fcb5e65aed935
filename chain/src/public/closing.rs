//! 终结、更正与记事

use schemars::JsonSchema;
use serde::Serialize;

use super::{Checked, Code, File, Pen};
use crate::whole::closing as stored;

public_types! {
    /// 已终结 — a case or deal ended before its time.
    "dukou.closing.ended/v1" => Ended;
    /// 已更正 — an entry was named wrong.
    "dukou.closing.corrected/v1" => Corrected;
    /// 已记 — a note was written.
    "dukou.closing.noted/v1" => Noted;
    /// 被拒绝的一步 — an attempt that the law refused; it has no effect.
    "dukou.closing.refused/v1" => Refused;
}

/// 已终结 — a case or deal ended before its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ended {
    /// How.
    pub outcome: Code,
    /// The letter or minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
}

/// 已更正 — an entry was named wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Corrected {
    /// Number of the entry that is wrong.
    pub entry: i64,
}

/// 已记 — a note was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Noted {
    /// Files that belong to it.
    pub files: Vec<File>,
}

/// 被拒绝的一步 — an attempt that the law refused; it has no effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Refused {
    /// The command that was tried.
    pub command: Code,
    /// Why it was refused.
    pub findings: Vec<Checked>,
}

pub(super) fn of(event: &stored::Event, _: &mut Pen) -> Data {
    use stored::Event;
    match event {
        Event::Ended(it) => Ended {
            outcome: Code::new(it.outcome.code()),
            paper: File::perhaps(it.paper.as_ref()),
        }
        .into(),
        Event::Corrected(it) => Corrected { entry: it.entry }.into(),
        Event::Noted(it) => Noted {
            files: it.files.iter().map(File::of).collect(),
        }
        .into(),
        Event::Refused(it) => Refused {
            command: Code::new(&it.command),
            findings: Checked::all(&it.findings),
        }
        .into(),
    }
}
