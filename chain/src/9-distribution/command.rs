//! What this stage can be asked to do.

use dukou_kernel::{Date, Money, NoticeId, PersonId, ReceiptId, Share};
use serde::{Deserialize, Serialize};

use crate::terms::Attachment;

/// Part of the company's capital for one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EquityShare {
    /// Who.
    pub person: PersonId,
    /// Part of the whole capital.
    pub holding: Share,
}

/// The commands of distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum Command {
    /// 拟定分配
    #[serde(rename = "distribution.propose")]
    Propose {
        /// Which receipt.
        receipt: ReceiptId,
    },
    /// 批准分配
    #[serde(rename = "distribution.approve")]
    Approve {
        /// Which receipt.
        receipt: ReceiptId,
        /// Remark.
        #[serde(default)]
        note: String,
    },
    /// 退回分配
    #[serde(rename = "distribution.reject")]
    Reject {
        /// Which receipt.
        receipt: ReceiptId,
        /// Why.
        reason: String,
    },
    /// 发布奖励公示
    #[serde(rename = "distribution.post_reward")]
    PostReward {
        /// Which receipt.
        receipt: ReceiptId,
        /// Id of the notice.
        notice: NoticeId,
        /// Working days, never fewer than asked.
        days: u32,
        /// Whom to write to with an objection.
        contact: String,
        /// 登记机构, the office that registered the contract.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        registrar: String,
    },
    /// 奖励公示结束
    #[serde(rename = "distribution.close_reward")]
    CloseReward {
        /// Which receipt.
        receipt: ReceiptId,
        /// Result, as it goes to the file.
        result: String,
    },
    /// 兑现
    #[serde(rename = "distribution.pay")]
    Pay {
        /// Which receipt's award.
        receipt: ReceiptId,
        /// To whom.
        person: PersonId,
        /// How much.
        amount: Money,
        /// The day it left the bank.
        paid: Date,
        /// Voucher number.
        voucher: String,
        /// The bank slip.
        #[serde(default)]
        paper: Option<Attachment>,
    },
    /// 登记个税备案
    #[serde(rename = "distribution.file_relief")]
    FileRelief {
        /// Which receipt's award.
        receipt: ReceiptId,
        /// Any day of the month in which it was paid.
        month: Date,
        /// The day it was filed.
        filed: Date,
        /// The form as the tax office took it.
        paper: Attachment,
    },
    /// 分配股权
    #[serde(rename = "distribution.allot_equity")]
    AllotEquity {
        /// Parts for persons; the rest stays with the university.
        people: Vec<EquityShare>,
        /// Registration of the shares.
        paper: Attachment,
    },
}
