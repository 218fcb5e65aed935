//! The codes of the two tables as types.

use dukou_kernel::Text;
use serde::{Deserialize, Serialize};

use crate::table::{KindRow, ResultRow, kinds, results};

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident from $rows:ident: $row:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $code)] $variant),+ }

        impl $name {
            /// Every value, in the order lists show them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As stored and sent.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// Reads the stored form.
            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// Its row of the table; a test holds the two together.
            pub fn row(self) -> Option<&'static $row> {
                $rows().iter().find(|row| row.code == self.code())
            }

            /// As people read it.
            pub fn label(self) -> Text {
                self.row().map_or_else(
                    || Text::new(self.code(), self.code()),
                    |row| Text::new(row.zh, row.en),
                )
            }

            /// Kind of 财税〔2018〕58号, as the calculators spell it.
            pub fn pit(self) -> &'static str {
                self.row().map_or("other", |row| row.pit)
            }
        }
    };
}

coded! {
    /// What protects a result (权利种类).
    RightKind from kinds: KindRow {
        /// 发明专利
        Invention = "invention";
        /// 实用新型专利
        UtilityModel = "utility_model";
        /// 外观设计专利
        Design = "design";
        /// 国防专利
        DefencePatent = "defence_patent";
        /// 计算机软件著作权
        Software = "software";
        /// 集成电路布图设计专有权
        IcLayout = "ic_layout";
        /// 植物新品种权
        PlantVariety = "plant_variety";
        /// 生物医药新品种: no register of its own; stored by 0.1.0.
        Biomedical = "biomedical";
        /// 技术秘密: held, not registered.
        KnowHow = "know_how";
    }
}

coded! {
    /// What a result is (成果类型).
    ResultKind from results: ResultRow {
        /// 发明
        Invention = "invention";
        /// 实用新型
        UtilityModel = "utility_model";
        /// 外观设计
        Design = "design";
        /// 计算机软件
        Software = "software";
        /// 集成电路布图设计
        IcLayout = "ic_layout";
        /// 植物新品种
        PlantVariety = "plant_variety";
        /// 生物医药新品种
        Biomedical = "biomedical";
        /// 技术秘密
        KnowHow = "know_how";
        /// 国防专利
        DefencePatent = "defence_patent";
        /// 不涉及知识产权
        None = "none";
    }
}

impl RightKind {
    /// True when an office keeps a register of it; know-how is only held.
    pub fn registered(self) -> bool {
        self.row().is_some_and(|row| row.registered)
    }
}

impl ResultKind {
    /// The right that protects a result of this kind as a rule, which an imported
    /// achievement is taken to have; `None` where there is no right.
    pub fn right(self) -> Option<RightKind> {
        RightKind::parse(self.code())
    }
}

impl From<RightKind> for ResultKind {
    /// The result that such a right protects as a rule.
    fn from(kind: RightKind) -> Self {
        Self::parse(kind.code()).unwrap_or(Self::None)
    }
}
