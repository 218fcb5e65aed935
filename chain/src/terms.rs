//! Words that several stages share, with the term of art of the field.

use dukou_kernel::{FileHash, PersonId, Share};
pub use dukou_rules::{CatalogueResult, Funding, LicenceKind, Mode, PartyKind, Pricing};
use serde::{Deserialize, Serialize};

pub use dukou_rights::{ResultKind, RightKind};

words! {
    /// Has the result been made public (公开情况)? Novelty hangs on it (专利法第24条).
    Disclosed {
        No = "no", "尚未公开", "Not public yet";
        Planned = "planned", "即将公开", "Publication planned";
        Yes = "yes", "已经公开", "Already public";
    }
}

words! {
    /// Kind of a known work that comes nearest (最接近的已有工作).
    PriorKind {
        Paper = "paper", "论文", "Paper";
        Patent = "patent", "专利", "Patent";
        Product = "product", "产品", "Product";
        Own = "own", "本组旧作", "Own earlier work";
    }
}

words! {
    /// Size of the taker (企业规模).
    PartySize {
        Large = "large", "大型", "Large";
        Medium = "medium", "中型", "Medium";
        Small = "small", "小微", "Small or micro";
        Unknown = "unknown", "未填", "Not given";
    }
}

words! {
    /// How something ended before its time (终结方式).
    Outcome {
        Withdrawn = "withdrawn", "撤回", "Withdrawn";
        Declined = "declined", "不予受理", "Declined";
        Lost = "lost", "未成交", "Lost";
        Terminated = "terminated", "终止", "Terminated";
    }
}

/// A stored file that proves something (附件).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Content address.
    pub file: FileHash,
    /// Name it was uploaded under.
    pub name: String,
}

/// A person who contributed, with the share that starts every later split (完成人).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contributor {
    /// The person.
    pub person: PersonId,
    /// What the person did, in one phrase.
    #[serde(default)]
    pub role: String,
    /// Part of the team's whole.
    pub share: Share,
    /// A main contributor (主要贡献人员; 国发〔2016〕16号（六）).
    #[serde(default)]
    pub main: bool,
}

/// The other side of a deal (受让方、被许可方、被投企业).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Registered name.
    pub name: String,
    /// Unified social credit code (统一社会信用代码), where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uscc: Option<String>,
    /// Nature.
    pub kind: PartyKind,
    /// Size.
    pub size: PartySize,
}
