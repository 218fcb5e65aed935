//! Words that the law and the cases share: one list each, with the codes that
//! are stored and sent. The chain re-exports them; nothing else spells them.

use dukou_kernel::words;

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
    /// Extent of a licence (许可种类; 法释〔2020〕19号第25条). A contract that does not
    /// say is an ordinary one (普通许可).
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
    /// What kind of taker (受让方、被许可方性质). Only [`PartyKind::Abroad`] is a
    /// recipient abroad (科技进步法第34条): a foreign-invested company in China is a
    /// domestic one. [`PartyKind::Foreign`] is the older word for either, and says
    /// neither.
    PartyKind {
        WhollyStateOwned = "wholly_state_owned", "国有全资企业", "Wholly state-owned enterprise";
        StateHolding = "state_holding", "国有控股企业", "State-controlled enterprise";
        Private = "private", "民营企业", "Private enterprise";
        ForeignInvested = "foreign_invested", "外商投资企业（境内）", "Foreign-invested enterprise in China";
        Abroad = "abroad", "境外组织或个人", "Organisation or person abroad";
        Foreign = "foreign", "外商投资或境外（未区分）", "Foreign-invested or abroad (not told apart)";
        Institution = "institution", "事业单位", "Public institution";
        Person = "person", "自然人", "Natural person";
        Unknown = "unknown", "未填", "Not given";
    }
}

impl PartyKind {
    /// Is the recipient abroad? `None` where the word does not say.
    pub fn abroad(self) -> Option<bool> {
        match self {
            Self::Abroad => Some(true),
            Self::Foreign | Self::Unknown => None,
            _ => Some(false),
        }
    }
}

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
    /// Posts that decide what a leader may be given (国发〔2016〕16号（八）).
    Post {
        None = "none", "无领导职务", "No leading post";
        HeadOfUnit = "head_of_unit", "学校正职", "Head of the university";
        PartySecretary = "party_secretary", "党委书记", "Party secretary";
        HeadOfSubunit = "head_of_legal_person_subunit", "所属法人单位正职", "Head of a legal-person subunit";
        Deputy = "deputy", "学校副职", "Deputy head";
        HeadOfBody = "head_of_internal_body", "内设机构负责人", "Head of an internal body";
    }
}

#[allow(clippy::derivable_impls, reason = "the list of words derives the rest")]
impl Default for Post {
    fn default() -> Self {
        Self::None
    }
}

words! {
    /// What the catalogue of technologies barred or restricted from export says of
    /// a technology (《中国禁止出口限制出口技术目录》; 技术进出口管理条例第28–38条).
    CatalogueResult {
        Free = "free", "自由出口技术", "Free to export";
        Restricted = "restricted", "限制出口技术", "Restricted";
        Prohibited = "prohibited", "禁止出口技术", "Prohibited";
    }
}

words! {
    /// How the state owns the taker, as far as the appraisal duty asks (财政部令第100号第39条).
    Taker {
        WhollyStateOwned = "wholly_state_owned", "国有全资企业", "Wholly state-owned enterprise";
        Other = "other", "其他", "Other";
    }
}

impl From<PartyKind> for Taker {
    fn from(kind: PartyKind) -> Self {
        match kind {
            PartyKind::WhollyStateOwned => Self::WhollyStateOwned,
            _ => Self::Other,
        }
    }
}
