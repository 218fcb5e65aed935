//! What a law file says: documents, articles, regions, parameters with their
//! dated values, and check-lists.

use std::collections::BTreeMap;

use dukou_kernel::{Citation, Date, Money, Severity, Share, Text, text};
use serde::{Deserialize, Serialize};

/// Where an entry is written, for whoever must mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The file, as it was named to the reader.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A law, a decree or a notice (文件).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// `transfer_law`
    pub id: String,
    /// Title with its number, in both languages.
    pub title: Text,
    /// Where to read it.
    pub url: Option<String>,
    /// Where it is written.
    pub origin: Origin,
}

/// An article of a document (条文): what a value, a row or a finding cites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Article {
    /// How it is cited.
    pub citation: Citation,
    /// The document it stands in, by id.
    pub document: String,
    /// Its place in the document, `第45条第1款第1项`; `全文` for the whole.
    pub place: String,
    /// How well it is confirmed.
    pub mark: Mark,
    /// Where to read it, when not where the document is read.
    pub url: Option<String>,
    /// The words, shortened.
    pub quote: Option<String>,
    /// Why a confirmed article has no quotation.
    pub quote_missing: Option<Text>,
    /// The last day on which someone confirmed it.
    pub checked: Date,
    /// Where it is written.
    pub origin: Origin,
}

/// A country or province whose rules are carried (法域).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Region {
    /// `CN`, or the province's code in ISO 3166-2: `CN-ZJ`.
    pub code: String,
    /// 浙江省, Zhejiang.
    pub name: Text,
    /// The code in GB/T 2260, `330000`.
    pub gbt_2260: Option<String>,
    /// Where it is written.
    pub origin: Origin,
}

/// One row of a check-list: a condition with its article and its days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// `CN` or a province.
    pub jurisdiction: String,
    /// Stable name of the condition inside its list.
    pub key: String,
    /// The condition in words.
    pub words: Text,
    /// First day.
    pub from: Date,
    /// Last day, where it ended.
    pub until: Option<Date>,
    /// The article.
    pub citation: Citation,
    /// How much it weighs when the condition is missing.
    pub severity: Severity,
    /// Ways of transfer to which it applies; empty for all.
    pub modes: Vec<String>,
    /// Kinds (of result, of cost, of recipient) that satisfy it; empty for any.
    pub kinds: Vec<String>,
    /// Named words of the row, for lists that are small tables.
    pub cells: BTreeMap<String, String>,
    /// Where to read it.
    pub url: Option<String>,
    /// The words.
    pub quote: Option<String>,
    /// What is uncertain.
    pub note: Option<Text>,
    /// Why a confirmed row has no quotation.
    pub quote_missing: Option<Text>,
    /// How well it is confirmed.
    pub mark: Mark,
    /// The last day on which someone confirmed it.
    pub checked: Date,
    /// Where it is written.
    pub origin: Origin,
}

impl Row {
    /// Does the row speak of this way of transfer?
    pub fn applies_to(&self, mode: &str) -> bool {
        self.modes.is_empty() || self.modes.iter().any(|it| it == mode)
    }

    /// Does this kind satisfy the row?
    pub fn admits(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|it| it == kind)
    }

    /// A named word of the row.
    pub fn cell(&self, name: &str) -> Option<&str> {
        self.cells.get(name).map(String::as_str)
    }

    /// Do both ask for the same, and weigh the same?
    pub(crate) fn same_condition(&self, other: &Self) -> bool {
        (&self.words, self.severity, &self.modes) == (&other.words, other.severity, &other.modes)
            && (&self.kinds, &self.cells) == (&other.kinds, &other.cells)
    }

    /// The condition with its weight, and what narrows it, in the words of the file.
    pub(crate) fn told(&self) -> Text {
        let weight = match self.severity {
            Severity::Refused => "refused",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let mut parts = vec![weight.to_owned()];
        for (name, words) in [("modes", &self.modes), ("kinds", &self.kinds)] {
            if !words.is_empty() {
                parts.push(format!("{name} = {}", words.join(", ")));
            }
        }
        let cells = self
            .cells
            .iter()
            .map(|(name, word)| format!("{name} = {word}"));
        parts.extend(cells);
        let (zh, en, parts) = (&self.words.zh, &self.words.en, parts.join("; "));
        text!("{zh} [{parts}]", "{en} [{parts}]")
    }

    /// Does the row hold on this day?
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|last| day <= last)
    }
}

/// Conditions that are checked together (条件清单), or a small table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checklist {
    /// `pit.58.conditions`
    pub id: String,
    /// What it decides.
    pub meaning: Text,
    /// Every row that ever held, as read.
    pub rows: Vec<Row>,
}

/// How well a value is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mark {
    /// Seen on a published copy.
    V,
    /// Substance confirmed indirectly: a local rule, a press summary.
    #[serde(rename = "V~")]
    VNear,
    /// From knowledge only; pages say so.
    K,
}

impl Mark {
    /// False for values that nobody confirmed.
    pub const fn is_verified(self) -> bool {
        !matches!(self, Self::K)
    }
}

/// What a parameter's number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// An exact part of a whole.
    Share,
    /// Natural days.
    NaturalDays,
    /// Working days.
    WorkingDays,
    /// Calendar months.
    Months,
    /// Calendar years.
    Years,
    /// A day of the month.
    DayOfMonth,
    /// A plain number.
    Count,
    /// A day of the year, `03-30`.
    MonthDay,
    /// An amount, written in yuan.
    Yuan,
    /// Yes or no.
    Flag,
    /// A word or a title.
    Text,
    /// A tax table.
    Brackets,
}

/// One row of a tax table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bracket {
    /// Upper end, inclusive; `None` for the last row.
    pub up_to: Option<Money>,
    /// Rate of the row.
    pub rate: Share,
    /// Quick deduction (速算扣除数).
    pub quick: Money,
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// An exact part of a whole.
    Share(Share),
    /// Days, months, years, a number: see the unit.
    Count(u32),
    /// An amount.
    Money(Money),
    /// A day of the year.
    MonthDay {
        /// 1–12.
        month: i8,
        /// 1–31.
        day: i8,
    },
    /// Yes or no.
    Flag(bool),
    /// A word or a title.
    Text(String),
    /// A tax table.
    Brackets(Vec<Bracket>),
}

/// As it is written in a law file, for whoever compares two of them.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Share(share) => f.write_str(&share.to_percent_text()),
            Self::Count(count) => write!(f, "{count}"),
            Self::Money(amount) => write!(f, "¥{amount}"),
            Self::MonthDay { month, day } => write!(f, "{month:02}-{day:02}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Text(text) => f.write_str(text),
            Self::Brackets(rows) => {
                for (at, row) in rows.iter().enumerate() {
                    let gap = if at == 0 { "" } else { ", " };
                    let rate = row.rate.to_percent_text();
                    match &row.up_to {
                        Some(up_to) => write!(f, "{gap}to ¥{up_to} {rate} − ¥{}", row.quick)?,
                        None => write!(f, "{gap}above {rate} − ¥{}", row.quick)?,
                    }
                }
                Ok(())
            }
        }
    }
}

/// A value and the days on which it holds, with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DatedValue {
    /// `CN` or a province.
    pub jurisdiction: String,
    /// First day.
    pub from: Date,
    /// Last day, where it ended without a successor.
    pub until: Option<Date>,
    /// The value.
    pub value: Value,
    /// The article.
    pub citation: Citation,
    /// Where to read it.
    pub url: Option<String>,
    /// The words.
    pub quote: Option<String>,
    /// What is uncertain.
    pub note: Option<Text>,
    /// Why a confirmed value has no quotation.
    pub quote_missing: Option<Text>,
    /// How well it is confirmed.
    pub mark: Mark,
    /// The last day on which someone confirmed that it is still in force.
    pub checked: Date,
    /// Where it is written.
    pub origin: Origin,
}

/// A parameter with everything that ever held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// `reward.min.transfer_license`
    pub id: String,
    /// What it says, in words.
    pub meaning: Text,
    /// What its number means.
    pub unit: Unit,
    /// True for a statutory minimum: no region and no later file may go below
    /// what is in force above it.
    pub least: bool,
    /// By jurisdiction as read, in date order within each.
    pub values: Vec<DatedValue>,
}

/// The order of the values of a parameter.
pub(crate) fn place(value: &DatedValue) -> (&str, Date) {
    (&value.jurisdiction, value.from)
}

impl Parameter {
    /// The value of a region that holds on a day.
    pub(crate) fn on(&self, region: &str, day: Date) -> Option<&DatedValue> {
        let after = self.values.partition_point(|it| place(it) <= (region, day));
        self.values
            .get(after.checked_sub(1)?)
            .filter(|it| it.jurisdiction == region)
            .filter(|it| it.until.is_none_or(|last| day <= last))
    }

    /// The value of a region that holds from a day.
    pub(crate) fn since(&self, region: &str, day: Date) -> Option<&DatedValue> {
        let at = self
            .values
            .binary_search_by(|it| place(it).cmp(&(region, day)));
        at.ok().and_then(|at| self.values.get(at))
    }
}
