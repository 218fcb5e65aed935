//! 推介与对接

use dukou_kernel::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Code, Day, Fen, Id, Party, Pen};
use crate::matching as stored;

public_types! {
    /// 已立项 — a deal was opened.
    "dukou.matching.opened/v1" => Opened;
    /// 联系已记录 — a contact was noted.
    "dukou.matching.contact_noted/v1" => ContactNoted;
}

/// 已立项 — a deal was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Opened {
    /// The human number, `YZ-D-2026-0007`.
    pub number: String,
    /// The cases it covers.
    pub cases: Vec<Id>,
    /// 转化方式
    pub mode: Code,
    /// The other side.
    pub party: Party,
    /// What the office asks, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asking: Option<Fen>,
}

/// 联系已记录 — a contact was noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ContactNoted {
    /// The day of the contact.
    #[schemars(with = "Day")]
    pub on: Date,
}

pub(super) fn of(event: &stored::Event, pen: &mut Pen) -> Data {
    use stored::Event;
    match event {
        Event::Opened(it) => Opened {
            number: it.number.clone(),
            cases: it.cases.iter().map(Id::new).collect(),
            mode: Code::new(it.mode.code()),
            party: Party::of(&it.party),
            asking: pen.perhaps("asking", it.asking),
        }
        .into(),
        Event::ContactNoted(it) => ContactNoted { on: it.on }.into(),
    }
}
