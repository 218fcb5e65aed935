//! 公示

use dukou_kernel::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Code, Day, File, Id, Pen};
use crate::publicity as stored;

public_types! {
    /// 公示已发布 — a notice stands in the open.
    "dukou.publicity.posted/v1" => Posted;
    /// 异议已登记 — somebody objected.
    "dukou.publicity.objected/v1" => Objected;
    /// 异议已答复 — an objection was answered.
    "dukou.publicity.answered/v1" => Answered;
    /// 公示已结束 — a notice was closed.
    "dukou.publicity.closed/v1" => Closed;
}

/// 公示已发布 — a notice stands in the open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Posted {
    /// The notice; its public page is `/notice/<id>`.
    pub notice: Id,
    /// Year of its number.
    pub year: i16,
    /// Place in the year's series.
    pub ordinal: u32,
    /// Version of the terms made public.
    pub version: u32,
    /// Natural days.
    pub days: u32,
    /// Days the law asks for.
    pub days_min: u32,
    /// Id of the article.
    pub article: Code,
}

/// 异议已登记 — somebody objected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Objected {
    /// Number of the objection, from 1.
    pub objection: u32,
    /// The letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
}

/// 异议已答复 — an objection was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Answered {
    /// Which objection.
    pub objection: u32,
    /// True when it was right: the notice is void.
    pub upheld: bool,
    /// The answer on paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
}

/// 公示已结束 — a notice was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Closed {
    /// The last day.
    #[schemars(with = "Day")]
    pub last_day: Date,
}

pub(super) fn of(event: &stored::Event, _: &mut Pen) -> Data {
    use stored::Event;
    match event {
        Event::Posted(it) => Posted {
            notice: Id::new(it.notice),
            year: it.year,
            ordinal: it.ordinal,
            version: it.version,
            days: it.days,
            days_min: it.days_min,
            article: Code::new(&it.citation.id),
        }
        .into(),
        Event::Objected(it) => Objected {
            objection: it.objection,
            paper: File::perhaps(it.paper.as_ref()),
        }
        .into(),
        Event::Answered(it) => Answered {
            objection: it.objection,
            upheld: it.upheld,
            paper: File::perhaps(it.paper.as_ref()),
        }
        .into(),
        Event::Closed(it) => Closed {
            last_day: it.last_day,
        }
        .into(),
    }
}
