//! What is said of the institution and its people.

use dukou_chain::public::{Code, Day};
use dukou_chain::{institution, people};
use dukou_kernel::Date;
use schemars::JsonSchema;
use serde::Serialize;

/// What an institution says of itself.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Profile {
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Letters before every number.
    pub prefix: String,
    /// Whose overlay applies.
    pub jurisdiction: Code,
    /// 国家设立的高等院校
    pub state_established: bool,
    /// 中央级事业单位
    pub central_unit: bool,
    /// Office that receives objections, with telephone.
    pub contact: String,
}

impl Profile {
    pub fn of(it: &institution::Profile) -> Self {
        Self {
            name_zh: it.name_zh.clone(),
            name_en: it.name_en.clone(),
            prefix: it.prefix.clone(),
            jurisdiction: Code::new(&it.jurisdiction),
            state_established: it.state_established,
            central_unit: it.central_unit,
            contact: it.contact.clone(),
        }
    }
}

/// A post with its dates.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Tenure {
    /// Which post.
    pub post: Code,
    /// Title as people say it.
    pub title: String,
    /// First day.
    #[schemars(with = "Day")]
    pub from: Date,
    /// Last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub to: Option<Date>,
}

impl Tenure {
    pub fn all(all: &[people::Tenure]) -> Vec<Self> {
        let one = |it: &people::Tenure| Self {
            post: Code::new(it.post.code()),
            title: it.title.clone(),
            from: it.from,
            to: it.to,
        };
        all.iter().map(one).collect()
    }
}
