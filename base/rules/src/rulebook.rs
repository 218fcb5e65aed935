//! Parameters, their dated values, and what is in force on a day.

use std::collections::BTreeMap;

use dukou_kernel::{Citation, Date, Money, Share, Text, text};
use serde::{Deserialize, Serialize};

use crate::file::{self, LawError};

/// The regions whose rules are carried.
pub const JURISDICTIONS: &[&str] = &["CN", "CN-BJ", "CN-SH", "CN-ZJ", "CN-SD"];

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
    pub note: Option<String>,
    /// How well it is confirmed.
    pub mark: Mark,
    /// The last day on which someone confirmed that it is still in force.
    pub checked: Date,
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
    /// By jurisdiction as read, in date order within each.
    pub values: Vec<DatedValue>,
}

/// A value in force together with its article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce<T> {
    /// The value.
    pub value: T,
    /// The article it stands in.
    pub citation: Citation,
}

/// Why a parameter cannot be used on a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// No such parameter.
    #[error("no parameter is called {parameter}")]
    Unknown {
        /// As asked.
        parameter: String,
    },
    /// Nothing is in force on the day.
    #[error("no value of {parameter} is in force on {date}")]
    NotInForce {
        /// The parameter.
        parameter: String,
        /// The day.
        date: Date,
    },
    /// The parameter is of another kind.
    #[error("{parameter} is no {expected}")]
    WrongKind {
        /// The parameter.
        parameter: String,
        /// What was asked for.
        expected: &'static str,
    },
}

impl LookupError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "rule.unknown",
            Self::NotInForce { .. } => "rule.not_in_force",
            Self::WrongKind { .. } => "rule.wrong_kind",
        }
    }

    /// In words.
    pub fn message(&self) -> Text {
        match self {
            Self::Unknown { parameter } => {
                text!(
                    "规则库中没有参数 {parameter}",
                    "no parameter is called {parameter}"
                )
            }
            Self::NotInForce { parameter, date } => text!(
                "{date} 当日没有生效的 {parameter}",
                "no value of {parameter} is in force on {date}"
            ),
            Self::WrongKind {
                parameter,
                expected,
            } => {
                text!(
                    "参数 {parameter} 的类型不是 {expected}",
                    "{parameter} is no {expected}"
                )
            }
        }
    }
}

/// All parameters and all articles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rulebook {
    pub(crate) parameters: BTreeMap<String, Parameter>,
    pub(crate) articles: BTreeMap<String, Citation>,
}

macro_rules! law_files {
    ($($path:literal),* $(,)?) => {
        &[$((concat!("law/cn/", $path), include_str!(concat!("../../../law/cn/", $path)))),*]
    };
}

/// Every file of `law/cn/`, the country before its provinces; a test compares
/// the list with the folder.
pub(crate) const FILES: &[(&str, &str)] = law_files![
    "articles.toml",
    "asset.toml",
    "contract.toml",
    "office.toml",
    "patent.toml",
    "publicity.toml",
    "report.toml",
    "reward.toml",
    "tax.toml",
    "CN-BJ/reward.toml",
    "CN-SD/reward.toml",
    "CN-SH/reward.toml",
    "CN-ZJ/publicity.toml",
    "CN-ZJ/reward.toml",
];

impl Rulebook {
    /// The rules that the program carries. Should a file be unreadable, the
    /// rulebook is empty and every question is refused; a test keeps that from
    /// happening.
    pub fn builtin() -> Self {
        Self::parse(FILES).unwrap_or_default()
    }

    /// Reads files of the form of `law/cn/`: path and text, the country before
    /// its provinces.
    ///
    /// # Errors
    /// With file and line: not TOML, an unknown key, a bad date, a value that
    /// does not fit its unit, a value without article, two values from one day.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, LawError> {
        let mut book = Self::default();
        for (file, text) in files {
            file::read(&mut book, file, text)?;
        }
        Ok(book)
    }

    /// What is in force on a day, in the country; see [`RulesOn::within`].
    pub fn at(&self, date: Date) -> RulesOn<'_> {
        RulesOn {
            book: self,
            date,
            jurisdiction: "CN".to_owned(),
        }
    }

    /// Every parameter, by id.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.values()
    }

    /// One parameter.
    pub fn parameter(&self, id: &str) -> Option<&Parameter> {
        self.parameters.get(id)
    }

    /// Every article that is cited, by id.
    pub fn articles(&self) -> impl Iterator<Item = &Citation> {
        self.articles.values()
    }

    /// An article by its id. An unknown id is its own, unverified name, so that
    /// a page still says what was meant.
    pub fn article(&self, id: &str) -> Citation {
        self.articles.get(id).cloned().unwrap_or_else(|| Citation {
            id: id.to_owned(),
            zh: id.to_owned(),
            en: id.to_owned(),
            verified: false,
        })
    }
}

/// The rules in force on one day in one jurisdiction.
#[derive(Clone, Debug)]
pub struct RulesOn<'a> {
    book: &'a Rulebook,
    date: Date,
    jurisdiction: String,
}

impl<'a> RulesOn<'a> {
    /// The same day with a province's overlay over the country's rules
    /// (`CN-ZJ`). A region without an overlay has the country's rules.
    #[must_use]
    pub fn within(mut self, jurisdiction: &str) -> Self {
        jurisdiction.clone_into(&mut self.jurisdiction);
        self
    }

    /// The day.
    pub fn date(&self) -> Date {
        self.date
    }

    /// The rulebook behind.
    pub fn book(&self) -> &'a Rulebook {
        self.book
    }

    /// The value in force, of whatever kind.
    ///
    /// # Errors
    /// When the parameter is unknown or nothing is in force on the day.
    pub fn value(&self, id: &str) -> Result<&'a DatedValue, LookupError> {
        let parameter = self
            .book
            .parameters
            .get(id)
            .ok_or_else(|| LookupError::Unknown {
                parameter: id.to_owned(),
            })?;
        let of = |jurisdiction: &str| {
            let mut values = parameter.values.iter().rev();
            values
                .find(|it| it.jurisdiction == jurisdiction && it.from <= self.date)
                .filter(|it| it.until.is_none_or(|last| self.date <= last))
        };
        of(&self.jurisdiction)
            .or_else(|| of("CN"))
            .ok_or_else(|| LookupError::NotInForce {
                parameter: id.to_owned(),
                date: self.date,
            })
    }

    fn take<T>(
        &self,
        id: &str,
        expected: &'static str,
        pick: impl Fn(&Value) -> Option<T>,
    ) -> Result<InForce<T>, LookupError> {
        let found = self.value(id)?;
        pick(&found.value)
            .map(|value| InForce {
                value,
                citation: found.citation.clone(),
            })
            .ok_or_else(|| LookupError::WrongKind {
                parameter: id.to_owned(),
                expected,
            })
    }

    /// A share.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub fn share(&self, id: &str) -> Result<InForce<Share>, LookupError> {
        self.take(id, "share", |value| match value {
            Value::Share(share) => Some(*share),
            _ => None,
        })
    }

    /// A number of days (natural or working: see the parameter's unit), months,
    /// years or things.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub fn count(&self, id: &str) -> Result<InForce<u32>, LookupError> {
        self.take(id, "number", |value| match value {
            Value::Count(count) => Some(*count),
            _ => None,
        })
    }

    /// A number of days, natural or working: see the parameter's unit.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub fn days(&self, id: &str) -> Result<InForce<u32>, LookupError> {
        self.count(id)
    }

    /// An amount.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub fn money(&self, id: &str) -> Result<InForce<Money>, LookupError> {
        self.take(id, "amount", |value| match value {
            Value::Money(money) => Some(*money),
            _ => None,
        })
    }

    /// Yes or no.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub fn flag(&self, id: &str) -> Result<InForce<bool>, LookupError> {
        self.take(id, "flag", |value| match value {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        })
    }

    /// A word or a title.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub fn text(&self, id: &str) -> Result<InForce<String>, LookupError> {
        self.take(id, "text", |value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// A day of the year, as that day in `year`.
    ///
    /// # Errors
    /// See [`LookupError`]; also when the year has no such day.
    pub fn day_of_year(&self, id: &str, year: i16) -> Result<InForce<Date>, LookupError> {
        self.take(id, "day of the year", |value| match value {
            Value::MonthDay { month, day } => Date::new(year, *month, *day).ok(),
            _ => None,
        })
    }

    /// A tax table.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub fn brackets(&self, id: &str) -> Result<InForce<Vec<Bracket>>, LookupError> {
        self.take(id, "tax table", |value| match value {
            Value::Brackets(rows) => Some(rows.clone()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_carried_file_is_read_and_none_is_forgotten() {
        let book = Rulebook::parse(FILES).unwrap();
        assert!(book.parameters().count() >= 40);
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../law/cn");
        let mut found = Vec::new();
        for entry in std::fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(
                    std::fs::read_dir(path)
                        .unwrap()
                        .map(|it| it.unwrap().path()),
                );
            } else {
                found.push(path);
            }
        }
        let files = found
            .iter()
            .filter(|it| it.extension().is_some_and(|ext| ext == "toml"));
        assert_eq!(files.count(), FILES.len());
    }

    #[test]
    fn the_register_holds_the_values_of_the_law() {
        let book = Rulebook::builtin();
        let on = |y, m, d| book.at(date(y, m, d));
        let share = |at: RulesOn<'_>, id: &str| at.share(id).map(|it| it.value.to_string());
        assert_eq!(
            share(on(2015, 10, 1), "reward.min.transfer_license"),
            Ok("1/2".into())
        );
        assert_eq!(
            share(
                on(2025, 1, 1).within("CN-BJ"),
                "reward.min.transfer_license"
            ),
            Ok("1/2".into())
        );
        assert_eq!(
            share(
                on(2025, 1, 1).within("CN-ZJ"),
                "reward.min.transfer_license"
            ),
            Ok("7/10".into())
        );
        assert_eq!(
            share(on(2017, 9, 30).within("CN-ZJ"), "reward.min.equity"),
            Ok("1/2".into())
        );
        assert_eq!(
            share(on(2025, 1, 1).within("CN-SD"), "reward.min.self_or_joint"),
            Ok("1/10".into())
        );
        assert_eq!(
            share(on(2025, 1, 1).within("CN-XX"), "reward.min.equity"),
            Ok("1/2".into())
        );
        assert_eq!(
            share(on(2015, 9, 30), "reward.min.equity"),
            Err(LookupError::NotInForce {
                parameter: "reward.min.equity".into(),
                date: date(2015, 9, 30)
            })
        );
        assert_eq!(
            on(2020, 1, 1)
                .days("price.publicity.min")
                .map(|it| it.value),
            Ok(15)
        );
        let cash = on(2020, 1, 1).days("pit.publicity.min").unwrap();
        assert!(!cash.citation.verified);
        assert_eq!(
            on(2024, 1, 1).money("cit.exempt").map(|it| it.value.fen()),
            Ok(500_000_000)
        );
        let report = on(2025, 6, 1).day_of_year("report.unit", 2026).unwrap();
        assert_eq!(report.value, date(2026, 3, 30));
        assert_eq!(
            on(2026, 1, 1)
                .flag("vat.tech.exempt")
                .map(|it| it.citation.verified),
            Ok(false)
        );
        assert_eq!(
            on(2026, 1, 1).share("cit.exempt").unwrap_err().code(),
            "rule.wrong_kind"
        );
        assert_eq!(
            on(2026, 1, 1).share("nonsense").unwrap_err().code(),
            "rule.unknown"
        );
    }

    fn refused(body: &str) -> (usize, String) {
        let error = Rulebook::parse(&[("law/cn/x.toml", body)]).unwrap_err();
        assert_eq!(error.file, "law/cn/x.toml");
        (error.line, error.message.en)
    }

    #[test]
    fn a_wrong_law_file_is_refused_with_its_line() {
        let head =
            "[[parameter]]\nid = \"a\"\nmeaning = { zh = \"甲\", en = \"a\" }\nunit = \"share\"\n";
        let value = |from: &str, extra: &str| {
            format!(
                "[[parameter.value]]\nfrom = {from}\nvalue = \"1/2\"\nmark = \"V\"\nchecked = 2026-01-01\n{extra}"
            )
        };
        let cite = "citation = { id = \"x\", zh = \"第1条\", en = \"art. 1\" }\n";
        let twice = format!(
            "{head}{}{}",
            value("2020-01-01", cite),
            value("2020-01-01", cite)
        );
        assert_eq!(
            refused(&twice),
            (12, "a has two values from 2020-01-01".into())
        );
        let backwards = format!(
            "{head}{}{}",
            value("2020-01-01", cite),
            value("2019-01-01", cite)
        );
        assert!(refused(&backwards).1.contains("not in date order"));
        let bare = format!("{head}{}", value("2020-01-01", ""));
        assert_eq!(
            refused(&bare),
            (5, "a value of a has no article (citation)".into())
        );
        let unknown = format!("{head}{}", value("2020-01-01", "colour = 1\n"));
        assert!(refused(&unknown).1.contains("colour"));
        assert_eq!(
            refused(&format!("{head}{}", value("2020-02-30", cite))).0,
            6
        );
        assert_eq!(
            refused(&format!("{head}{}", value("2020-01-01T00:00:00", cite))).0,
            6
        );
        let worth = format!("{head}{}", value("2020-01-01", cite)).replace("\"1/2\"", "7");
        assert!(refused(&worth).1.contains("does not fit"));
        assert!(refused("[[parameter]]\nid = \"a\"\n").1.contains("meaning"));
    }
}
