//! How a law file is written: the TOML shapes, before anything is checked.

use std::collections::BTreeMap;

use dukou_kernel::{Severity, Text};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use crate::register::{Mark, Unit};

/// What somebody remarked: in both languages, or in one for readers of either.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Remark {
    Both(Text),
    One(String),
}

impl From<Remark> for Text {
    fn from(it: Remark) -> Self {
        match it {
            Remark::Both(text) => text,
            Remark::One(text) => Self::new(text.clone(), text),
        }
    }
}

/// One file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LawFile {
    #[serde(default)]
    pub(super) region: Option<Spanned<RegionEntry>>,
    #[serde(default)]
    pub(super) document: Vec<Spanned<DocumentEntry>>,
    #[serde(default)]
    pub(super) article: Vec<Spanned<ArticleEntry>>,
    #[serde(default)]
    pub(super) parameter: Vec<Spanned<ParameterEntry>>,
    #[serde(default)]
    pub(super) checklist: Vec<Spanned<ChecklistEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegionEntry {
    pub(super) code: String,
    pub(super) zh: String,
    pub(super) en: String,
    #[serde(default)]
    pub(super) gbt_2260: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentEntry {
    pub(super) id: String,
    pub(super) zh: String,
    pub(super) en: String,
    #[serde(default)]
    pub(super) url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ArticleEntry {
    pub(super) id: String,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) document: Spanned<String>,
    pub(super) article: String,
    pub(super) mark: Mark,
    pub(super) checked: Spanned<Datetime>,
    #[serde(default)]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) quote: Option<String>,
    #[serde(default)]
    pub(super) quote_missing: Option<Remark>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParameterEntry {
    pub(super) id: Spanned<String>,
    #[serde(default)]
    pub(super) meaning: Option<Words>,
    #[serde(default)]
    pub(super) unit: Option<Unit>,
    #[serde(default)]
    pub(super) least: Option<bool>,
    #[serde(default)]
    pub(super) value: Vec<Spanned<ValueEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ValueEntry {
    pub(super) from: Spanned<Datetime>,
    #[serde(default)]
    pub(super) until: Option<Spanned<Datetime>>,
    pub(super) value: Spanned<toml::Value>,
    pub(super) article: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) quote: Option<String>,
    #[serde(default)]
    pub(super) quote_missing: Option<Remark>,
    #[serde(default)]
    pub(super) note: Option<Remark>,
    pub(super) mark: Mark,
    pub(super) checked: Spanned<Datetime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChecklistEntry {
    pub(super) id: String,
    #[serde(default)]
    pub(super) meaning: Option<Words>,
    #[serde(default)]
    pub(super) row: Vec<Spanned<RowEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowEntry {
    pub(super) key: Spanned<String>,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) from: Spanned<Datetime>,
    #[serde(default)]
    pub(super) until: Option<Spanned<Datetime>>,
    #[serde(default)]
    pub(super) severity: Option<Severity>,
    #[serde(default)]
    pub(super) modes: Vec<String>,
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    #[serde(default)]
    pub(super) cells: BTreeMap<String, String>,
    pub(super) article: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) quote: Option<String>,
    #[serde(default)]
    pub(super) quote_missing: Option<Remark>,
    #[serde(default)]
    pub(super) note: Option<Remark>,
    pub(super) mark: Mark,
    pub(super) checked: Spanned<Datetime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BracketEntry {
    #[serde(default)]
    pub(super) up_to_yuan: Option<i64>,
    pub(super) rate: String,
    pub(super) quick_yuan: i64,
}
