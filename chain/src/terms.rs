//! Words that several stages share, with the term of art of the field.

use dukou_kernel::{FileHash, PersonId, Share};
use serde::{Deserialize, Serialize};

pub use dukou_rights::{ResultKind, RightKind};

words! {
    /// Where the money for the work came from (经费来源).
    Funding {
        National = "national", "国家计划", "National programme";
        Ministry = "ministry", "部门计划", "Ministry programme";
        Province = "province", "省市计划", "Provincial or city programme";
        Industry = "industry", "横向经费", "Industry contract";
        University = "university", "学校自筹", "University funds";
        Other = "other", "其他", "Other";
    }
}

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
    /// Ways of transformation (转化方式; 促进科技成果转化法第16条).
    Mode {
        Transfer = "transfer", "转让", "Assignment";
        Licence = "licence", "许可", "Licence";
        Equity = "equity", "作价投资", "Equity investment";
        Other = "other", "其他方式", "Other mode";
    }
}

words! {
    /// Extent of a licence (许可种类).
    LicenceKind {
        Exclusive = "exclusive", "独占许可", "Exclusive licence";
        Sole = "sole", "排他许可", "Sole licence";
        NonExclusive = "non_exclusive", "普通许可", "Non-exclusive licence";
    }
}

words! {
    /// How the price is found (定价方式; 促进科技成果转化法第18条).
    Pricing {
        Agreement = "agreement", "协议定价", "By agreement";
        Listing = "listing", "技术交易市场挂牌", "Listing on a technology market";
        Auction = "auction", "拍卖", "Auction";
    }
}

words! {
    /// What kind of taker (受让方、被许可方性质).
    PartyKind {
        WhollyStateOwned = "wholly_state_owned", "国有全资企业", "Wholly state-owned enterprise";
        StateHolding = "state_holding", "国有控股企业", "State-controlled enterprise";
        Private = "private", "民营企业", "Private enterprise";
        Foreign = "foreign", "外商投资或境外", "Foreign-invested or foreign";
        Institution = "institution", "事业单位", "Public institution";
        Person = "person", "自然人", "Natural person";
        Unknown = "unknown", "未填", "Not given";
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
