//! 价值评价

use schemars::JsonSchema;
use serde::Serialize;

use super::{Code, Fen, File, Pen};
use crate::valuation as stored;

public_types! {
    /// 评价已记录 — a valuation was noted.
    "dukou.valuation.noted/v1" => Noted;
}

/// 评价已记录 — a valuation was noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Noted {
    /// 方法
    pub method: Code,
    /// Lower end, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<Fen>,
    /// Upper end, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<Fen>,
    /// The workings or the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
}

pub(super) fn of(event: &stored::Event, pen: &mut Pen) -> Data {
    let stored::Event::Noted(it) = event;
    Noted {
        method: Code::new(it.method.code()),
        low: pen.fen("low", it.low),
        high: pen.fen("high", it.high),
        paper: File::perhaps(it.paper.as_ref()),
    }
    .into()
}
