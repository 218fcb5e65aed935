//! 导入的历史 — what an office did before it had Dukou. It is taken as its
//! ledger says, marked 'before Dukou, not evidenced here', and later steps
//! proceed from it. Past distributions are opening balances of what each
//! already got.
//!
//! An imported achievement has one right with an id of its own ([`right_id`]). It is
//! derived from where the row stood and from the number the case drew, by the same
//! function for a new import and for an entry of 0.1.0, which stored none: the id is
//! the same on every machine. A second import of the row makes nothing, because the
//! right's number is taken.

use dukou_kernel::{
    BatchId, CaseId, Date, Finding, Money, PersonId, ReceiptId, Refusal, RightId, UnitId, text,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::terms::{Contributor, LicenceKind, Mode, Party, Pricing, ResultKind};

/// Where an imported fact stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The import.
    pub batch: BatchId,
    /// File name.
    pub file: String,
    /// Sheet.
    pub sheet: String,
    /// Row, from 1.
    pub row: u32,
}

/// An achievement as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastCase {
    /// 名称
    pub title: String,
    /// 类型
    pub kind: ResultKind,
    /// Publication, application or registration number; empty where there is none.
    pub right_number: String,
    /// Contributors; shares are zero where the ledger has none.
    pub contributors: Vec<Contributor>,
    /// College.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// 申请日
    pub filed: Date,
    /// 授权日
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<Date>,
    /// Where it stood.
    pub origin: Origin,
}

/// A contract as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastDeal {
    /// 合同编号
    pub contract_no: String,
    /// The covered cases.
    pub cases: Vec<CaseId>,
    /// 转化方式
    pub mode: Mode,
    /// 许可种类
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<LicenceKind>,
    /// The other side.
    pub party: Party,
    /// 合同金额
    pub amount: Money,
    /// 签订日期
    pub signed: Date,
    /// 定价方式
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing: Option<Pricing>,
    /// Where it stood.
    pub origin: Origin,
}

/// A receipt as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastReceipt {
    /// Id.
    pub receipt: ReceiptId,
    /// 到账日期
    pub received: Date,
    /// How much.
    pub amount: Money,
    /// Payer, where the ledger names one.
    #[serde(default)]
    pub payer: String,
    /// Where it stood.
    pub origin: Origin,
}

/// A past distribution: opening balances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastDistribution {
    /// Net income that was distributed.
    pub net: Money,
    /// What each pool got: team, college, university.
    pub pools: Vec<(String, Money)>,
    /// What each person got of the team's part.
    pub people: Vec<(PersonId, Money)>,
    /// The same for the same row in every import.
    #[serde(default)]
    pub key: String,
    /// Where it stood.
    pub origin: Origin,
}

/// The commands that take over history into a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum CaseCommand {
    /// 导入成果
    #[serde(rename = "history.case")]
    Import {
        /// As the ledger has it.
        past: PastCase,
    },
}

/// The commands that take over history into a deal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum DealCommand {
    /// 导入合同
    #[serde(rename = "history.deal")]
    Contract {
        /// As the ledger has it.
        past: PastDeal,
    },
    /// 导入到账
    #[serde(rename = "history.receipt")]
    Receipt {
        /// As the ledger has it.
        past: PastReceipt,
    },
    /// 导入以往分配
    #[serde(rename = "history.distribution")]
    Distribution {
        /// As the ledger has it.
        past: PastDistribution,
    },
}

/// 成果已导入
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseImported {
    /// The id of its right.
    pub right: RightId,
    /// The id that an entry of 0.1.0 may name for it, shared by the whole import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formerly: Option<RightId>,
    /// The human number.
    pub number: String,
    /// Series it was drawn from.
    pub series: String,
    /// Place in the series.
    pub ordinal: u32,
    /// As the ledger has it.
    pub past: PastCase,
}

/// 合同已导入
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealImported {
    /// The human number.
    pub number: String,
    /// Series it was drawn from.
    pub series: String,
    /// Place in the series.
    pub ordinal: u32,
    /// As the ledger has it.
    pub past: PastDeal,
}

events! {
    /// The events of history.
    Event {
        /// 成果已导入
        "history.case_imported.v2" => Case(CaseImported),
        /// 合同已导入
        "history.deal_imported.v1" => Deal(DealImported),
        /// 到账已导入
        "history.receipt_imported.v1" => Receipt(PastReceipt),
        /// 以往分配已导入
        "history.distribution_imported.v1" => Distribution(PastDistribution),
    }
}

/// The id of an imported right. SHA-256 over `dukou imported right v1`, a line feed, and
/// then batch, file, sheet, row, right number and the case's number and ordinal, each
/// as its length in bytes in decimal, a colon, its text; the first 16 bytes, with the
/// version 8 and the variant of RFC 9562. No two rows give the same text, and it never
/// changes: what was derived once is named by later entries.
pub fn right_id(number: &str, ordinal: u32, right_number: &str, origin: &Origin) -> RightId {
    let (batch, row) = (origin.batch.to_string(), origin.row.to_string());
    let ordinal = ordinal.to_string();
    let parts = [
        batch.as_str(),
        &origin.file,
        &origin.sheet,
        &row,
        right_number,
        number,
        &ordinal,
    ];
    let mut hash = Sha256::new();
    hash.update("dukou imported right v1\n");
    for part in parts {
        hash.update(format!("{}:{part}", part.len()));
    }
    let mut bytes = [0u8; 16];
    for (to, from) in bytes.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    RightId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// From the shape of 0.1.0, which had no id of the right.
///
/// # Errors
/// When the body is none of that shape.
pub(crate) fn case_imported_v1(body: Value) -> Result<Value, serde_json::Error> {
    let old: CaseImportedV1 = serde_json::from_value(body)?;
    serde_json::to_value(CaseImported {
        right: right_id(
            &old.number,
            old.ordinal,
            &old.past.right_number,
            &old.past.origin,
        ),
        formerly: Some(RightId(old.past.origin.batch.0)),
        number: old.number,
        series: old.series,
        ordinal: old.ordinal,
        past: old.past,
    })
}

#[derive(Deserialize)]
struct CaseImportedV1 {
    number: String,
    series: String,
    ordinal: u32,
    past: PastCase,
}

/// Something of this name is in the system already, so a second import of the
/// same row adds nothing.
pub fn known_already(what: &str) -> Refusal {
    Finding::refused(
        "import.known",
        text!("{what} 已在系统里。", "{what} is in the system already."),
    )
    .into()
}
