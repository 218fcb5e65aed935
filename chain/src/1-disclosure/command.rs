//! What this stage can be asked to do.

use dukou_kernel::{Date, PersonId, UnitId};
use serde::{Deserialize, Serialize};

use crate::terms::{Attachment, Contributor, Disclosed, Funding, PriorKind, ResultKind};

/// Answer to the first question of the form: is it, or may it be, a state secret?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secrecy {
    /// 不涉密
    No,
    /// 涉密或可能涉密: nothing may be entered here.
    YesOrMaybe,
}

/// A known work that comes nearest to the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriorWork {
    /// Paper, patent, product or own earlier work.
    pub kind: PriorKind,
    /// Title, DOI or patent number.
    pub text: String,
}

/// What is disclosed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// What was made, not the name of the project.
    pub title: String,
    /// 成果类型
    pub kind: ResultKind,
    /// Answer to the secrecy question.
    pub secrecy: Secrecy,
    /// One to three nearest known works.
    pub nearest: Vec<PriorWork>,
    /// What is new against them.
    pub novelty: String,
    /// Who contributed what, with shares that make exactly one.
    pub contributors: Vec<Contributor>,
    /// 经费来源
    pub funding: Vec<Funding>,
    /// Project number or contract, as typed.
    #[serde(default)]
    pub funding_note: String,
    /// 公开情况
    pub disclosed: Disclosed,
    /// When it was or will be made public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed_on: Option<Date>,
    /// College or department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Measurements, drawings, drafts.
    #[serde(default)]
    pub evidence: Vec<Attachment>,
}

/// The commands of disclosure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum Command {
    /// 提交披露
    #[serde(rename = "disclosure.submit")]
    Submit {
        /// What is disclosed.
        details: Details,
    },
    /// 受理, and take the case in hand
    #[serde(rename = "disclosure.accept")]
    Accept {
        /// The technology manager who holds the case from now on.
        manager: PersonId,
    },
    /// 退回补充
    #[serde(rename = "disclosure.return")]
    Return {
        /// What is missing.
        reason: String,
    },
    /// 补充后再提交
    #[serde(rename = "disclosure.resubmit")]
    Resubmit {
        /// What is disclosed.
        details: Details,
    },
    /// 不予受理
    #[serde(rename = "disclosure.decline")]
    Decline {
        /// Why.
        reason: String,
    },
    /// 转交经办人
    #[serde(rename = "disclosure.assign")]
    Assign {
        /// The manager who takes over.
        manager: PersonId,
    },
    /// 确认份额
    #[serde(rename = "disclosure.confirm_share")]
    ConfirmShare {
        /// Signed paper, when somebody else enters it for the person.
        #[serde(default)]
        paper: Option<Attachment>,
    },
    /// 对份额提出异议
    #[serde(rename = "disclosure.object_share")]
    ObjectShare {
        /// Why, and what would be right.
        reason: String,
    },
    /// 改份额; everybody confirms anew
    #[serde(rename = "disclosure.revise_shares")]
    ReviseShares {
        /// The new whole list.
        contributors: Vec<Contributor>,
        /// Why it changes.
        reason: String,
    },
}
