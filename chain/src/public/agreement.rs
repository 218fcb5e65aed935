//! 合同与认定登记

use dukou_kernel::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::deal::{Terms, terms};
use super::{Checked, Code, Day, Fen, File, Party, Pen};
use crate::agreement as stored;

public_types! {
    /// 合同已签 — the contract was signed.
    "dukou.agreement.signed/v1" => Signed;
    /// 已认定登记 — the contract was registered.
    "dukou.agreement.registered/v1" => Registered;
    /// 合同已变更 — the contract was amended.
    "dukou.agreement.amended/v1" => Amended;
    /// 出口手续已登记 — what the border asked was put on record.
    "dukou.agreement.export_recorded/v1" => ExportRecorded;
    /// 对方已更名 — the other side has another name.
    "dukou.agreement.party_renamed/v1" => PartyRenamed;
}

/// 合同已签 — the contract was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Signed {
    /// 合同编号
    pub contract_no: String,
    /// 签订日期
    #[schemars(with = "Day")]
    pub signed: Date,
    /// The other side, as it stands in the contract.
    pub party: Party,
    /// The terms signed.
    pub terms: Terms,
    /// The contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
    /// Approval for a transfer abroad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_approval: Option<File>,
    /// What was checked.
    pub findings: Vec<Checked>,
}

/// 已认定登记 — the contract was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Registered {
    /// 登记编号
    pub register_no: String,
    /// 登记日期
    #[schemars(with = "Day")]
    pub registered: Date,
    /// 技术交易额, in whole fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub technology_amount: Option<Fen>,
    /// The certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<File>,
}

/// 合同已变更 — the contract was amended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Amended {
    /// The terms from now on.
    pub terms: Terms,
    /// The amendment.
    pub paper: File,
}

/// 对方已更名 — the other side has another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartyRenamed {
    /// The other side now.
    pub party: Party,
    /// The register's notice.
    pub paper: File,
}

/// 出口手续已登记 — what the border asked was put on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExportRecorded {
    /// Whether technology leaves China under the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abroad: Option<bool>,
    /// What the catalogue of restricted technology says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<Code>,
    /// Day of the registration or licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub permit_on: Option<Date>,
}

pub(super) fn of(event: &stored::Event, pen: &mut Pen) -> Data {
    use stored::Event;
    match event {
        Event::Signed(it) => Signed {
            contract_no: it.contract_no.clone(),
            signed: it.signed,
            party: Party::of(&it.party),
            terms: terms(&it.terms, pen),
            paper: File::perhaps(it.paper.as_ref()),
            export_approval: File::perhaps(it.export_approval.as_ref()),
            findings: Checked::all(&it.findings.read().unwrap_or_default()),
        }
        .into(),
        Event::Registered(it) => Registered {
            register_no: it.register_no.clone(),
            registered: it.registered,
            technology_amount: pen.fen("technology_amount", it.technology_amount),
            paper: File::perhaps(it.paper.as_ref()),
        }
        .into(),
        Event::Amended(it) => Amended {
            terms: terms(&it.terms, pen),
            paper: File::of(&it.paper),
        }
        .into(),
        Event::ExportRecorded(it) => ExportRecorded {
            abroad: it.abroad,
            catalogue: it.catalogue.map(|it| Code::new(it.code())),
            permit_on: it.permit_on,
        }
        .into(),
        Event::PartyRenamed(it) => PartyRenamed {
            party: Party::of(&it.party),
            paper: File::of(&it.paper),
        }
        .into(),
    }
}
