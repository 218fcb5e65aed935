//! The kinds of sheets and the fields each holds.

use dukou_kernel::Text;
use serde::{Deserialize, Serialize};

/// What the rows of a sheet are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// 成果台账
    Achievements,
    /// 转化合同
    Contracts,
    /// 到账明细
    Receipts,
    /// 收益分配
    Distributions,
}

impl Kind {
    /// All kinds in the order of the chain.
    pub const ALL: [Self; 4] = [
        Self::Achievements,
        Self::Contracts,
        Self::Receipts,
        Self::Distributions,
    ];

    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Achievements => "achievements",
            Self::Contracts => "contracts",
            Self::Receipts => "receipts",
            Self::Distributions => "distributions",
        }
    }

    /// The name for people.
    pub fn title(self) -> Text {
        let (zh, en) = match self {
            Self::Achievements => ("成果台账", "Achievements"),
            Self::Contracts => ("转化合同", "Contracts"),
            Self::Receipts => ("到账明细", "Receipts"),
            Self::Distributions => ("收益分配", "Past distributions"),
        };
        Text::new(zh, en)
    }

    /// The fields a sheet of this kind may have, in the order people expect.
    pub fn fields(self) -> &'static [Field] {
        use Field as F;
        match self {
            Self::Achievements => &[
                F::Title,
                F::Number,
                F::Inventors,
                F::Shares,
                F::College,
                F::Filed,
                F::Granted,
                F::Application,
                F::Lead,
                F::Others,
                F::RightKind,
            ],
            Self::Contracts => &[
                F::ContractNo,
                F::Rights,
                F::Mode,
                F::Firm,
                F::Uscc,
                F::Amount,
                F::Signed,
                F::Pricing,
                F::RightTitle,
                F::AmountUnit,
                F::Currency,
                F::OriginalAmount,
                F::Rate,
                F::RateSource,
            ],
            Self::Receipts => &[
                F::ContractNo,
                F::Date,
                F::Amount,
                F::Payer,
                F::Voucher,
                F::AmountUnit,
                F::Currency,
                F::OriginalAmount,
                F::Rate,
                F::RateSource,
            ],
            Self::Distributions => &[
                F::ContractNo,
                F::Net,
                F::TeamShare,
                F::Team,
                F::CollegePart,
                F::University,
                F::OtherPart,
                F::Persons,
                F::PersonName,
                F::PersonAmount,
                F::AmountUnit,
                F::Currency,
            ],
        }
    }

    /// The fields without which no row of this kind is good.
    pub fn required(self) -> &'static [Field] {
        match self {
            Self::Achievements => &[Field::Title, Field::Number, Field::Inventors, Field::Filed],
            Self::Contracts => &[
                Field::ContractNo,
                Field::Rights,
                Field::Amount,
                Field::Signed,
            ],
            Self::Receipts => &[Field::Date, Field::ContractNo, Field::Amount],
            Self::Distributions => &[Field::ContractNo],
        }
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident $word:literal $zh:literal $en:literal),* $(,)?) => {
        /// What a column holds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Field {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
        }

        impl Field {
            /// The name a finding gives the column.
            pub fn name(self) -> Text {
                match self { $(Self::$name => Text::new($zh, $en),)* }
            }

            /// The word in saved mappings.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The field of that word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }
        }
    };
}

fields! {
    /// Title of an achievement.
    Title "title" "成果名称" "title",
    /// Publication number of an achievement's right.
    Number "number" "专利号" "patent number",
    /// Application number, another name of the right.
    Application "application" "申请号" "application number",
    /// All contributors in order.
    Inventors "inventors" "完成人" "inventors",
    /// The first contributor, where the others stand elsewhere.
    Lead "lead" "第一完成人" "first inventor",
    /// The contributors behind the first.
    Others "others" "其他完成人" "other inventors",
    /// Shares of the contributors.
    Shares "shares" "贡献比例" "shares",
    /// College or department.
    College "college" "所属学院" "college",
    /// Filing day.
    Filed "filed" "申请日" "filing date",
    /// Grant day.
    Granted "granted" "授权日" "grant date",
    /// Kind of right.
    RightKind "right_kind" "成果类型" "kind of right",
    /// Contract number.
    ContractNo "contract_no" "合同编号" "contract number",
    /// Rights a contract is about.
    Rights "rights" "涉及专利号" "rights",
    /// Titles of the rights a contract is about.
    RightTitle "right_title" "成果名称" "title of the right",
    /// Way of transfer.
    Mode "mode" "转化方式" "way of transfer",
    /// The other party.
    Firm "firm" "受让方" "other party",
    /// Unified social credit code.
    Uscc "uscc" "统一社会信用代码" "unified social credit code",
    /// Amount of a contract or a receipt.
    Amount "amount" "金额" "amount",
    /// Unit of the amount, row by row.
    AmountUnit "amount_unit" "金额单位" "unit of the amount",
    /// Currency of the amount, row by row.
    Currency "currency" "币种" "currency",
    /// The amount in another currency, beside the amount in yuan.
    OriginalAmount "original_amount" "原币金额" "original amount",
    /// Rate at which the yuan were counted.
    Rate "rate" "汇率" "exchange rate",
    /// Where the rate comes from.
    RateSource "rate_source" "汇率来源" "source of the rate",
    /// Day of signing.
    Signed "signed" "签订日期" "signing date",
    /// How the price was found.
    Pricing "pricing" "定价方式" "pricing",
    /// Day of receipt.
    Date "date" "到账日期" "date of receipt",
    /// Who paid.
    Payer "payer" "付款单位" "payer",
    /// Voucher number.
    Voucher "voucher" "凭证号" "voucher",
    /// Net income that is distributed.
    Net "net" "可分配净收入" "net income",
    /// The team's share of it.
    TeamShare "team_share" "团队比例" "share of the team",
    /// The team's amount.
    Team "team" "团队金额" "amount of the team",
    /// The college's amount.
    CollegePart "college_part" "学院金额" "amount of the college",
    /// The university's amount.
    University "university" "学校金额" "amount of the university",
    /// Another receiver's amount.
    OtherPart "other_part" "其他分配金额" "amount of others",
    /// Who of the team got how much, in one cell.
    Persons "persons" "个人分配明细" "amounts of persons",
    /// One person of the team.
    PersonName "person_name" "姓名" "person",
    /// That person's amount.
    PersonAmount "person_amount" "个人金额" "amount of the person",
}

impl Field {
    /// The name a finding gives the column in a sheet of this kind.
    pub fn name_in(self, kind: Kind) -> Text {
        match (self, kind) {
            (Self::Amount, Kind::Contracts) => Text::new("合同金额", "contract amount"),
            (Self::Amount, Kind::Receipts) => Text::new("到账金额", "amount received"),
            _ => self.name(),
        }
    }

    /// True for fields that hold money.
    pub fn is_amount(self) -> bool {
        matches!(
            self,
            Self::Amount
                | Self::Net
                | Self::Team
                | Self::CollegePart
                | Self::University
                | Self::OtherPart
                | Self::PersonAmount
        )
    }

    /// True for fields whose number names something; each of its digits counts.
    pub fn is_identifier(self) -> bool {
        matches!(
            self,
            Self::ContractNo
                | Self::Number
                | Self::Application
                | Self::Rights
                | Self::Uscc
                | Self::Voucher
        )
    }

    /// True for fields that hold a day.
    pub fn is_date(self) -> bool {
        matches!(
            self,
            Self::Filed | Self::Granted | Self::Signed | Self::Date
        )
    }
}
