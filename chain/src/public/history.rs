//! 导入的历史

use dukou_kernel::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::disclosure::{Contributor, contributors};
use super::{Award, Code, Day, Fen, Id, Party, Pen, Pool};
use crate::history as stored;

public_types! {
    /// 成果已导入 — a case came from the office's own ledger.
    "dukou.history.case_imported/v1" => CaseImported;
    /// 合同已导入 — a deal came from the ledger.
    "dukou.history.deal_imported/v1" => DealImported;
    /// 到账已导入 — a receipt came from the ledger.
    "dukou.history.receipt_imported/v1" => ReceiptImported;
    /// 以往分配已导入 — what was distributed before.
    "dukou.history.distribution_imported/v1" => DistributionImported;
}

/// 成果已导入 — a case came from the office's own ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseImported {
    /// The human number.
    pub number: String,
    /// 名称
    pub title: String,
    /// 类型
    pub kind: Code,
    /// Publication or registration number.
    pub right_number: String,
    /// Contributors; shares are zero where the ledger has none.
    pub contributors: Vec<Contributor>,
    /// College.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Id>,
    /// 申请日
    #[schemars(with = "Day")]
    pub filed: Date,
    /// 授权日
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub granted: Option<Date>,
    /// The import.
    pub batch: Id,
}

/// 合同已导入 — a deal came from the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DealImported {
    /// The human number.
    pub number: String,
    /// 合同编号
    pub contract_no: String,
    /// The covered cases.
    pub cases: Vec<Id>,
    /// 转化方式
    pub mode: Code,
    /// 许可种类
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<Code>,
    /// The other side.
    pub party: Party,
    /// 合同金额, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
    /// 签订日期
    #[schemars(with = "Day")]
    pub signed: Date,
    /// 定价方式
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pricing: Option<Code>,
    /// The import.
    pub batch: Id,
}

/// 到账已导入 — a receipt came from the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReceiptImported {
    /// The receipt.
    pub receipt: Id,
    /// 到账日期
    #[schemars(with = "Day")]
    pub received: Date,
    /// How much, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
    /// The import.
    pub batch: Id,
}

/// 以往分配已导入 — what was distributed before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DistributionImported {
    /// Net income that was distributed, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net: Option<Fen>,
    /// What each pool got.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pools: Option<Vec<Pool>>,
    /// What each person got of the team's part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<Award>>,
    /// The import.
    pub batch: Id,
}

pub(super) fn of(event: &stored::Event, pen: &mut Pen) -> Data {
    use stored::Event;
    match event {
        Event::Case(it) => CaseImported {
            number: it.number.clone(),
            title: it.past.title.clone(),
            kind: Code::new(it.past.kind.code()),
            right_number: it.past.right_number.clone(),
            contributors: contributors(&it.past.contributors),
            unit: it.past.unit.map(Id::new),
            filed: it.past.filed,
            granted: it.past.granted,
            batch: Id::new(it.past.origin.batch),
        }
        .into(),
        Event::Deal(it) => DealImported {
            number: it.number.clone(),
            contract_no: it.past.contract_no.clone(),
            cases: it.past.cases.iter().map(Id::new).collect(),
            mode: Code::new(it.past.mode.code()),
            licence: it.past.licence.map(|it| Code::new(it.code())),
            party: Party::of(&it.past.party),
            amount: pen.fen("amount", it.past.amount),
            signed: it.past.signed,
            pricing: it.past.pricing.map(|it| Code::new(it.code())),
            batch: Id::new(it.past.origin.batch),
        }
        .into(),
        Event::Receipt(it) => ReceiptImported {
            receipt: Id::new(it.receipt),
            received: it.received,
            amount: pen.fen("amount", it.amount),
            batch: Id::new(it.origin.batch),
        }
        .into(),
        Event::Distribution(it) => DistributionImported {
            net: pen.fen("net", it.net),
            pools: pen.pools("pools", &it.pools),
            people: pen.awards("people", &it.people),
            batch: Id::new(it.origin.batch),
        }
        .into(),
    }
}
