//! Reading of law files, with the line of every mistake.

use std::collections::BTreeMap;

use dukou_kernel::{Citation, Date, Text};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use crate::rulebook::{Bracket, DatedValue, Mark, Parameter, Rulebook, Unit, Value};

/// A mistake in a law file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {}", .message.en)]
pub struct LawError {
    /// The file, as it was named to the reader.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what is expected.
    pub message: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LawFile {
    #[serde(default)]
    parameter: Vec<Spanned<ParameterEntry>>,
    #[serde(default)]
    article: Vec<Spanned<ArticleEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParameterEntry {
    id: Spanned<String>,
    #[serde(default)]
    meaning: Option<Words>,
    #[serde(default)]
    unit: Option<Unit>,
    #[serde(default)]
    value: Vec<Spanned<ValueEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CitationEntry {
    id: String,
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArticleEntry {
    id: String,
    zh: String,
    en: String,
    mark: Mark,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueEntry {
    from: Spanned<Datetime>,
    #[serde(default)]
    until: Option<Spanned<Datetime>>,
    value: Spanned<toml::Value>,
    citation: Option<Spanned<CitationEntry>>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    quote: Option<String>,
    #[serde(default)]
    note: Option<String>,
    mark: Mark,
    checked: Spanned<Datetime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BracketEntry {
    #[serde(default)]
    up_to_yuan: Option<i64>,
    rate: String,
    quick_yuan: i64,
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
    jurisdiction: String,
}

impl Source<'_> {
    fn error(&self, offset: usize, zh: String, en: String) -> LawError {
        let before = self.text.bytes().take(offset);
        let line = before.filter(|byte| *byte == b'\n').count() + 1;
        LawError {
            file: self.file.to_owned(),
            line,
            message: Text::new(zh, en),
        }
    }

    fn date(&self, value: &Spanned<Datetime>) -> Result<Date, LawError> {
        let written = value.get_ref();
        let date = match (written.date, written.time) {
            (Some(day), None) => Date::new(
                i16::try_from(day.year).unwrap_or(i16::MAX),
                i8::try_from(day.month).unwrap_or_default(),
                i8::try_from(day.day).unwrap_or_default(),
            )
            .ok(),
            _ => None,
        };
        date.ok_or_else(|| {
            self.error(
                value.span().start,
                format!("应为日期，如 2015-10-01；读到 {written}"),
                format!("expected a date such as 2015-10-01, found {written}"),
            )
        })
    }

    fn cite(&self, entry: CitationEntry, mark: Mark, offset: usize) -> Result<Citation, LawError> {
        if [&entry.id, &entry.zh, &entry.en]
            .iter()
            .any(|part| part.trim().is_empty())
        {
            return Err(self.error(
                offset,
                "条文不完整".into(),
                "the article is incomplete".into(),
            ));
        }
        let verified = mark.is_verified();
        Ok(Citation {
            id: entry.id,
            zh: entry.zh,
            en: entry.en,
            verified,
        })
    }
}

/// Reads one file into a rulebook.
pub(crate) fn read(book: &mut Rulebook, file: &str, text: &str) -> Result<(), LawError> {
    let source = Source {
        file,
        text,
        jurisdiction: jurisdiction_of(file),
    };
    let parsed: LawFile = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let said = error.message().to_owned();
        source.error(
            offset,
            format!("无法读取：{said}"),
            format!("cannot be read: {said}"),
        )
    })?;
    for entry in parsed.article {
        let offset = entry.span().start;
        let ArticleEntry { id, zh, en, mark } = entry.into_inner();
        let citation = source.cite(CitationEntry { id, zh, en }, mark, offset)?;
        note_article(&source, &mut book.articles, &citation, offset)?;
    }
    for entry in parsed.parameter {
        read_parameter(book, &source, entry)?;
    }
    Ok(())
}

/// `law/cn/CN-ZJ/reward.toml` belongs to `CN-ZJ`, `law/cn/reward.toml` to `CN`.
fn jurisdiction_of(file: &str) -> String {
    let folder = file.rsplit('/').nth(1).unwrap_or_default();
    if folder.starts_with("CN-") {
        folder.to_owned()
    } else {
        "CN".to_owned()
    }
}

fn note_article(
    source: &Source<'_>,
    articles: &mut BTreeMap<String, Citation>,
    citation: &Citation,
    offset: usize,
) -> Result<(), LawError> {
    match articles.get_mut(&citation.id) {
        Some(known) if (&known.zh, &known.en) != (&citation.zh, &citation.en) => Err(source.error(
            offset,
            format!("条文 {} 已另有写法：{}", citation.id, known.zh),
            format!(
                "the article {} is already spelt otherwise: {}",
                citation.id, known.en
            ),
        )),
        Some(known) => {
            known.verified |= citation.verified;
            Ok(())
        }
        None => {
            articles.insert(citation.id.clone(), citation.clone());
            Ok(())
        }
    }
}

fn read_parameter(
    book: &mut Rulebook,
    source: &Source<'_>,
    entry: Spanned<ParameterEntry>,
) -> Result<(), LawError> {
    let offset = entry.span().start;
    let entry = entry.into_inner();
    let id = entry.id.get_ref().clone();
    let refuse = |zh: String, en: String| source.error(offset, zh, en);
    if !book.parameters.contains_key(&id) {
        let (Some(meaning), Some(unit)) = (entry.meaning, entry.unit) else {
            return Err(refuse(
                format!("参数 {id} 首次出现，须有 meaning 和 unit"),
                format!("{id} appears for the first time and needs meaning and unit"),
            ));
        };
        let meaning = Text::new(meaning.zh, meaning.en);
        book.parameters.insert(
            id.clone(),
            Parameter {
                id: id.clone(),
                meaning,
                unit,
                values: Vec::new(),
            },
        );
    } else if entry
        .unit
        .is_some_and(|unit| book.parameters.get(&id).is_some_and(|it| it.unit != unit))
    {
        return Err(refuse(
            format!("参数 {id} 的单位与前不同"),
            format!("{id} has another unit elsewhere"),
        ));
    }
    if entry.value.is_empty() {
        return Err(refuse(
            format!("参数 {id} 没有值"),
            format!("{id} has no value"),
        ));
    }
    for value in entry.value {
        read_value(book, source, &id, value)?;
    }
    Ok(())
}

fn read_value(
    book: &mut Rulebook,
    source: &Source<'_>,
    id: &str,
    entry: Spanned<ValueEntry>,
) -> Result<(), LawError> {
    let offset = entry.span().start;
    let entry = entry.into_inner();
    let Some(parameter) = book.parameters.get_mut(id) else {
        return Ok(());
    };
    let Some(citation) = entry.citation else {
        return Err(source.error(
            offset,
            format!("参数 {id} 的值没有条文（citation）"),
            format!("a value of {id} has no article (citation)"),
        ));
    };
    let cited_at = citation.span().start;
    let citation = source.cite(citation.into_inner(), entry.mark, cited_at)?;
    let value = value_of(source, parameter.unit, &entry.value)?;
    let (from, checked) = (source.date(&entry.from)?, source.date(&entry.checked)?);
    let until = entry
        .until
        .as_ref()
        .map(|day| source.date(day))
        .transpose()?;
    let dated = DatedValue {
        jurisdiction: source.jurisdiction.clone(),
        from,
        until,
        value,
        citation: citation.clone(),
        url: entry.url,
        quote: entry.quote,
        note: entry.note,
        mark: entry.mark,
        checked,
    };
    let before = parameter
        .values
        .iter()
        .rfind(|it| it.jurisdiction == dated.jurisdiction);
    if let Some(before) = before
        && before.from >= from
    {
        let (zh, en) = if before.from == from {
            (
                format!("参数 {id} 自 {from} 起有两个值"),
                format!("{id} has two values from {from}"),
            )
        } else {
            (
                format!("参数 {id} 的值未按日期排列"),
                format!("the values of {id} are not in date order"),
            )
        };
        return Err(source.error(entry.from.span().start, zh, en));
    }
    parameter.values.push(dated);
    note_article(source, &mut book.articles, &citation, cited_at)
}

fn value_of(
    source: &Source<'_>,
    unit: Unit,
    written: &Spanned<toml::Value>,
) -> Result<Value, LawError> {
    let value = match (unit, written.get_ref()) {
        (Unit::Share, toml::Value::String(text)) => text.parse().ok().map(Value::Share),
        (Unit::Flag, toml::Value::Boolean(flag)) => Some(Value::Flag(*flag)),
        (Unit::Text, toml::Value::String(text)) => Some(Value::Text(text.clone())),
        (Unit::MonthDay, toml::Value::String(text)) => month_day(text),
        (Unit::Yuan, toml::Value::Integer(yuan)) => yuan
            .checked_mul(100)
            .map(|fen| Value::Money(dukou_kernel::Money::from_fen(fen))),
        (Unit::Brackets, toml::Value::Array(rows)) => brackets(rows),
        (
            Unit::NaturalDays
            | Unit::WorkingDays
            | Unit::Months
            | Unit::Years
            | Unit::DayOfMonth
            | Unit::Count,
            toml::Value::Integer(count),
        ) => u32::try_from(*count).ok().map(Value::Count),
        _ => None,
    };
    value.ok_or_else(|| {
        source.error(
            written.span().start,
            format!("值 {} 不合单位 {unit:?}", written.get_ref()),
            format!(
                "the value {} does not fit the unit {unit:?}",
                written.get_ref()
            ),
        )
    })
}

fn month_day(text: &str) -> Option<Value> {
    let (month, day) = text.split_once('-')?;
    let date = Date::new(2024, month.parse().ok()?, day.parse().ok()?).ok()?;
    Some(Value::MonthDay {
        month: date.month(),
        day: date.day(),
    })
}

fn brackets(rows: &[toml::Value]) -> Option<Value> {
    let fen = |yuan: i64| yuan.checked_mul(100).map(dukou_kernel::Money::from_fen);
    let mut table = Vec::with_capacity(rows.len());
    for row in rows {
        let entry: BracketEntry = row.clone().try_into().ok()?;
        let up_to = match entry.up_to_yuan {
            Some(yuan) => Some(fen(yuan)?),
            None => None,
        };
        table.push(Bracket {
            up_to,
            rate: entry.rate.parse().ok()?,
            quick: fen(entry.quick_yuan)?,
        });
    }
    table
        .last()
        .is_some_and(|last| last.up_to.is_none())
        .then_some(Value::Brackets(table))
}
