//! Everything that the law files say, and what of it is in force on a day.

use std::collections::BTreeMap;

use dukou_kernel::{Citation, Date, Money, Share, Text, text};
use serde::Serialize;

use crate::file::{self, LawError};
use crate::register::{
    Article, Bracket, Checklist, DatedValue, Document, Parameter, Region, Row, Value,
};

/// The code of the whole country.
pub const COUNTRY: &str = "CN";

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
    /// No such parameter or check-list.
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

/// All documents, articles, regions, parameters and check-lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rulebook {
    pub(crate) documents: BTreeMap<String, Document>,
    pub(crate) articles: BTreeMap<String, Article>,
    pub(crate) regions: BTreeMap<String, Region>,
    pub(crate) parameters: BTreeMap<String, Parameter>,
    pub(crate) checklists: BTreeMap<String, Checklist>,
}

/// Every file of `law/cn/`, the country before its provinces; the build script
/// walks the folder.
pub(crate) const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

impl Rulebook {
    /// The rules that the program carries. Should a file be unreadable, the
    /// rulebook is empty and every question is refused; a test keeps that from
    /// happening.
    pub fn builtin() -> Self {
        Self::parse(FILES).unwrap_or_default()
    }

    /// The files that the program carries: path and text.
    pub fn carried_files() -> &'static [(&'static str, &'static str)] {
        FILES
    }

    /// Reads files of the form of `law/cn/`: path and text. The order of the
    /// files does not matter.
    ///
    /// # Errors
    /// With file and line: not TOML, an unknown key, a bad date, a value that
    /// does not fit its unit, a value without article, an article that nobody
    /// wrote down, an id with two texts, two values from one day, a folder that
    /// is no known region, a value below the statutory minimum.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, LawError> {
        Self::default().with_layer(files)
    }

    /// The same rules with more files over them (`DIR/law/`, an upload). A layer
    /// adds: a value from another day, an article, a row, a province. What is
    /// written below stays as it is, so nothing that was decided changes; a
    /// revised rule is a new value with its own day.
    ///
    /// # Errors
    /// As [`Rulebook::parse`]; also where a layer says again what stands below,
    /// or less than a statutory minimum that stands below.
    pub fn with_layer(&self, files: &[(&str, &str)]) -> Result<Self, LawError> {
        let mut book = self.clone();
        file::read(&mut book, files)?;
        Ok(book)
    }

    /// What is in force on a day, in the country; see [`RulesOn::within`].
    pub fn at(&self, date: Date) -> RulesOn<'_> {
        RulesOn {
            book: self,
            date,
            jurisdiction: COUNTRY.to_owned(),
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

    /// Every check-list, by id.
    pub fn checklists(&self) -> impl Iterator<Item = &Checklist> {
        self.checklists.values()
    }

    /// Every document, by id.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.documents.values()
    }

    /// The document of an article.
    pub fn document(&self, id: &str) -> Option<&Document> {
        self.documents.get(id)
    }

    /// The country and the provinces whose rules are carried (法域), the country first.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.regions.values()
    }

    /// One region by its code.
    pub fn region(&self, code: &str) -> Option<&Region> {
        self.regions.get(code)
    }

    /// Every article, by id.
    pub fn articles(&self) -> impl Iterator<Item = &Article> {
        self.articles.values()
    }

    /// An article with document, address and quotation.
    pub fn entry(&self, id: &str) -> Option<&Article> {
        self.articles.get(id)
    }

    /// An article by its id, as it is cited. An unknown id is its own,
    /// unverified name, so that a page still says what was meant.
    pub fn article(&self, id: &str) -> Citation {
        let known = self.articles.get(id).map(|it| it.citation.clone());
        known.unwrap_or_else(|| Citation {
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
        parameter
            .on(&self.jurisdiction, self.date)
            .or_else(|| parameter.on(COUNTRY, self.date))
            .ok_or_else(|| LookupError::NotInForce {
                parameter: id.to_owned(),
                date: self.date,
            })
    }

    /// The rows of a check-list in force: the country's, each replaced by the
    /// province's row of the same key, and the province's own, in that order.
    ///
    /// # Errors
    /// When the list is unknown or has no row in force on the day.
    pub fn checklist(&self, id: &str) -> Result<Vec<&'a Row>, LookupError> {
        let list = self
            .book
            .checklists
            .get(id)
            .ok_or_else(|| LookupError::Unknown {
                parameter: id.to_owned(),
            })?;
        let of = |code: &str| -> Vec<&'a Row> {
            let rows = list.rows.iter();
            rows.filter(|it| it.jurisdiction == code && it.holds_on(self.date))
                .collect()
        };
        let mut rows = of(COUNTRY);
        if self.jurisdiction != COUNTRY {
            for own in of(&self.jurisdiction) {
                match rows.iter_mut().find(|it| it.key == own.key) {
                    Some(row) => *row = own,
                    None => rows.push(own),
                }
            }
        }
        if rows.is_empty() {
            return Err(LookupError::NotInForce {
                parameter: id.to_owned(),
                date: self.date,
            });
        }
        Ok(rows)
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
        assert!(book.checklists().count() >= 10);
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../law/cn");
        let mut files = 0;
        for entry in std::fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            let of = |path: &std::path::Path| path.extension().is_some_and(|ext| ext == "toml");
            if path.is_dir() {
                let inner = std::fs::read_dir(&path).unwrap();
                files += inner.filter(|it| of(&it.as_ref().unwrap().path())).count();
                let code = path.file_name().unwrap().to_string_lossy().into_owned();
                assert!(book.region(&code).is_some(), "{code}");
            } else {
                files += usize::from(of(&path));
            }
        }
        assert_eq!(files, FILES.len());
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
                .map(|it| (it.citation.id, it.citation.verified)),
            Ok(("mof_sta_2026_10".to_owned(), true))
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
}
