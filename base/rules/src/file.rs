//! Reading of law files, with the line of every mistake.

use std::collections::BTreeSet;

use dukou_kernel::{Citation, Date, Severity, Text, text};
use toml::Spanned;
use toml::value::Datetime;

mod shapes;
mod values;

use shapes::{
    ArticleEntry, ChecklistEntry, DocumentEntry, LawFile, ParameterEntry, RegionEntry, RowEntry,
    ValueEntry, Words,
};

use crate::floor;
use crate::register::{
    Article, Checklist, DatedValue, Document, Mark, Origin, Parameter, Region, Row,
};
use crate::rulebook::{COUNTRY, Rulebook};

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

/// One file, for the words of every mistake.
pub(crate) struct Source<'a> {
    file: &'a str,
    text: &'a str,
    /// The region of its folder.
    jurisdiction: String,
    /// The files that are read with it.
    layer: &'a BTreeSet<&'a str>,
}

impl Source<'_> {
    fn error(&self, offset: usize, zh: String, en: String) -> LawError {
        let origin = self.origin(offset);
        LawError {
            file: origin.file,
            line: origin.line,
            message: Text::new(zh, en),
        }
    }

    fn origin(&self, offset: usize) -> Origin {
        let before = self.text.bytes().take(offset);
        Origin {
            file: self.file.to_owned(),
            line: before.filter(|byte| *byte == b'\n').count() + 1,
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

    fn days(
        &self,
        from: &Spanned<Datetime>,
        until: Option<&Spanned<Datetime>>,
    ) -> Result<(Date, Option<Date>), LawError> {
        let first = self.date(from)?;
        let last = until.map(|day| self.date(day)).transpose()?;
        match (last, until) {
            (Some(day), Some(written)) if day < first => Err(self.error(
                written.span().start,
                format!("末日 {day} 早于首日 {first}"),
                format!("the last day {day} lies before the first day {first}"),
            )),
            _ => Ok((first, last)),
        }
    }

    /// Words in both languages, none of them empty.
    fn words(&self, offset: usize, id: &str, zh: &str, en: &str) -> Result<Text, LawError> {
        if [id, zh, en].iter().any(|part| part.trim().is_empty()) {
            return Err(self.error(
                offset,
                format!("{id} 的中英文文字不完整（id、zh、en）"),
                format!("{id} is incomplete: id, zh and en are needed"),
            ));
        }
        Ok(Text::new(zh, en))
    }

    fn address(&self, offset: usize, url: Option<String>) -> Result<Option<String>, LawError> {
        let sound = |it: &String| it.starts_with("https://") || it.starts_with("http://");
        match url {
            Some(url) if !sound(&url) => Err(self.error(
                offset,
                format!("网址须以 https:// 开头：{url}"),
                format!("an address begins with https://: {url}"),
            )),
            url => Ok(url),
        }
    }
}

/// Reads files into a rulebook: first what others refer to, whatever file it
/// stands in.
pub(crate) fn read(book: &mut Rulebook, files: &[(&str, &str)]) -> Result<(), LawError> {
    let below = book.clone();
    let layer: BTreeSet<&str> = files.iter().map(|(name, _)| *name).collect();
    let mut parsed = Vec::with_capacity(files.len());
    for (file, text) in files {
        let source = source_of(file, text, &layer)?;
        let law = parse(&source)?;
        parsed.push((source, law));
    }
    for (source, law) in &mut parsed {
        if let Some(region) = law.region.take() {
            read_region(book, source, region)?;
        }
    }
    for (source, law) in &mut parsed {
        known_region(book, source)?;
        for entry in std::mem::take(&mut law.document) {
            read_document(book, source, entry)?;
        }
    }
    for (source, law) in &mut parsed {
        for entry in std::mem::take(&mut law.article) {
            read_article(book, source, entry)?;
        }
    }
    // A province may give a value to a parameter of the country: the country first.
    parsed.sort_by_key(|(source, _)| source.jurisdiction != COUNTRY);
    for (source, law) in parsed {
        for entry in law.parameter {
            read_parameter(book, &source, entry)?;
        }
        for entry in law.checklist {
            read_checklist(book, &source, entry)?;
        }
    }
    floor::check(&below, book)
}

fn parse(source: &Source<'_>) -> Result<LawFile, LawError> {
    toml::from_str(source.text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let said = error.message().to_owned();
        source.error(
            offset,
            format!("无法读取：{said}"),
            format!("cannot be read: {said}"),
        )
    })
}

/// `law/cn/CN-ZJ/reward.toml` belongs to `CN-ZJ`; `law/cn/reward.toml`,
/// `law/reward.toml` and `reward.toml` belong to the country.
fn source_of<'a>(
    file: &'a str,
    text: &'a str,
    layer: &'a BTreeSet<&'a str>,
) -> Result<Source<'a>, LawError> {
    let folder = file.rsplit('/').nth(1).unwrap_or_default();
    let jurisdiction = match folder {
        "" | "cn" | "law" | "." => COUNTRY,
        code if is_province(code) => code,
        other => {
            return Err(LawError {
                file: file.to_owned(),
                line: 1,
                message: Text::new(
                    format!(
                        "文件夹 {other} 不是地区代码；省级文件夹以 ISO 3166-2 代码命名，如 CN-ZJ"
                    ),
                    format!(
                        "the folder {other} is no region: a province's folder is named by its ISO 3166-2 code, such as CN-ZJ"
                    ),
                ),
            });
        }
    };
    Ok(Source {
        file,
        text,
        jurisdiction: jurisdiction.to_owned(),
        layer,
    })
}

fn is_province(code: &str) -> bool {
    code.strip_prefix("CN-")
        .is_some_and(|it| it.len() == 2 && it.chars().all(|c| c.is_ascii_uppercase()))
}

fn known_region(book: &Rulebook, source: &Source<'_>) -> Result<(), LawError> {
    if source.jurisdiction == COUNTRY || book.regions.contains_key(&source.jurisdiction) {
        return Ok(());
    }
    let code = &source.jurisdiction;
    Err(source.error(
        0,
        format!("地区 {code} 还没有名称：在该文件夹中放一个 region.toml（code、zh、en）"),
        format!("the region {code} has no name yet: put a region.toml with code, zh, en beside this file"),
    ))
}

fn read_region(
    book: &mut Rulebook,
    source: &Source<'_>,
    entry: Spanned<RegionEntry>,
) -> Result<(), LawError> {
    let offset = entry.span().start;
    let entry = entry.into_inner();
    let name = source.words(offset, &entry.code, &entry.zh, &entry.en)?;
    let folder = &source.jurisdiction;
    if entry.code != *folder {
        let code = &entry.code;
        return Err(source.error(
            offset,
            format!("region.toml 写的是 {code}，文件夹是 {folder}"),
            format!("region.toml says {code} and stands in the folder of {folder}"),
        ));
    }
    let number = entry.gbt_2260.as_deref();
    if number.is_some_and(|it| it.len() != 6 || !it.chars().all(|c| c.is_ascii_digit())) {
        return Err(source.error(
            offset,
            "gbt_2260 是 GB/T 2260 的六位数字，如 \"330000\"".into(),
            "gbt_2260 is the six digits of GB/T 2260, such as \"330000\"".into(),
        ));
    }
    let region = Region {
        code: entry.code.clone(),
        name,
        gbt_2260: entry.gbt_2260,
        origin: source.origin(offset),
    };
    if let Some(known) = book.regions.get(&entry.code) {
        let same = known.name == region.name;
        return again(source, offset, (&known.origin, same), one_text(&entry.code));
    }
    book.regions.insert(entry.code, region);
    Ok(())
}

/// What is written down already: twice in one layer, or in other words, it is a
/// mistake; the same over what stands below says nothing new (a later program may
/// carry what was loaded before).
fn again(
    source: &Source<'_>,
    offset: usize,
    (known, same): (&Origin, bool),
    said: impl FnOnce(&Origin) -> Text,
) -> Result<(), LawError> {
    if same && !source.layer.contains(known.file.as_str()) {
        return Ok(());
    }
    let Text { zh, en } = said(known);
    Err(source.error(offset, zh, en))
}

fn one_text(id: &str) -> impl FnOnce(&Origin) -> Text {
    move |known| {
        text!(
            "{id} 已写在 {known}，一个标识只有一处文字",
            "{id} already stands in {known}: one id has one text"
        )
    }
}

fn read_document(
    book: &mut Rulebook,
    source: &Source<'_>,
    entry: Spanned<DocumentEntry>,
) -> Result<(), LawError> {
    let offset = entry.span().start;
    let entry = entry.into_inner();
    let title = source.words(offset, &entry.id, &entry.zh, &entry.en)?;
    let document = Document {
        id: entry.id.clone(),
        title,
        url: source.address(offset, entry.url)?,
        origin: source.origin(offset),
    };
    if let Some(known) = book.documents.get(&entry.id) {
        let same = known.title == document.title;
        return again(source, offset, (&known.origin, same), one_text(&entry.id));
    }
    book.documents.insert(entry.id, document);
    Ok(())
}

fn read_article(
    book: &mut Rulebook,
    source: &Source<'_>,
    entry: Spanned<ArticleEntry>,
) -> Result<(), LawError> {
    let offset = entry.span().start;
    let entry = entry.into_inner();
    source.words(offset, &entry.id, &entry.zh, &entry.en)?;
    if let Some(known) = book.articles.get(&entry.id) {
        let same = (&known.citation.zh, &known.citation.en) == (&entry.zh, &entry.en)
            && known.document == *entry.document.get_ref();
        return again(source, offset, (&known.origin, same), one_text(&entry.id));
    }
    let document = entry.document.get_ref();
    if !book.documents.contains_key(document) {
        return Err(source.error(
            entry.document.span().start,
            format!("没有 [[document]] {document}；先写文件的名称"),
            format!("no [[document]] is called {document}: write down its title first"),
        ));
    }
    let article = Article {
        citation: Citation {
            id: entry.id.clone(),
            zh: entry.zh,
            en: entry.en,
            verified: entry.mark.is_verified(),
        },
        document: document.clone(),
        place: entry.article,
        mark: entry.mark,
        url: source.address(offset, entry.url)?,
        quote: entry.quote,
        quote_missing: entry.quote_missing,
        checked: source.date(&entry.checked)?,
        origin: source.origin(offset),
    };
    book.articles.insert(entry.id, article);
    Ok(())
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
    match book.parameters.get(&id) {
        None => {
            let (Some(Words { zh, en }), Some(unit)) = (entry.meaning, entry.unit) else {
                return Err(refuse(
                    format!("参数 {id} 首次出现，须有 meaning 和 unit"),
                    format!("{id} appears for the first time and needs meaning and unit"),
                ));
            };
            let parameter = Parameter {
                id: id.clone(),
                meaning: source.words(offset, &id, &zh, &en)?,
                unit,
                least: entry.least.unwrap_or_default(),
                values: Vec::new(),
            };
            book.parameters.insert(id.clone(), parameter);
        }
        Some(known) => {
            let unit = entry.unit.is_some_and(|it| it != known.unit);
            let least = entry.least.is_some_and(|it| it != known.least);
            let meaning = entry
                .meaning
                .is_some_and(|it| (&it.zh, &it.en) != (&known.meaning.zh, &known.meaning.en));
            if unit || least || meaning {
                return Err(refuse(
                    format!("参数 {id} 已另有 meaning、unit 或 least"),
                    format!("{id} has another meaning, unit or least elsewhere"),
                ));
            }
        }
    }
    if entry.value.is_empty() {
        return Err(refuse(
            format!("参数 {id} 没有值"),
            format!("{id} has no value"),
        ));
    }
    let mut before = None;
    for value in entry.value {
        before = Some(read_value(book, source, (&id, before), value)?);
    }
    Ok(())
}

/// The proof of a value or a row: its own, else its article's.
struct Proof {
    citation: Citation,
    url: Option<String>,
    quote: Option<String>,
    quote_missing: Option<String>,
}

fn proof(
    book: &Rulebook,
    source: &Source<'_>,
    (offset, of): (usize, &str),
    article: Option<&Spanned<String>>,
    mark: Mark,
) -> Result<Proof, LawError> {
    let Some(article) = article else {
        return Err(source.error(
            offset,
            format!("{of} 的值没有条文（article）"),
            format!("a value of {of} has no article"),
        ));
    };
    let id = article.get_ref();
    let Some(known) = book.articles.get(id) else {
        return Err(source.error(
            article.span().start,
            format!("没有 [[article]] {id}；先写条文"),
            format!("no [[article]] is called {id}: write it down first"),
        ));
    };
    let document = book.documents.get(&known.document);
    Ok(Proof {
        citation: Citation {
            verified: mark.is_verified(),
            ..known.citation.clone()
        },
        url: known
            .url
            .clone()
            .or_else(|| document.and_then(|it| it.url.clone())),
        quote: known.quote.clone(),
        quote_missing: known.quote_missing.clone(),
    })
}

/// Reads a value and answers the day from which it holds.
fn read_value(
    book: &mut Rulebook,
    source: &Source<'_>,
    (id, before): (&str, Option<Date>),
    entry: Spanned<ValueEntry>,
) -> Result<Date, LawError> {
    let offset = entry.span().start;
    let entry = entry.into_inner();
    let at = (offset, id);
    let proof = proof(book, source, at, entry.article.as_ref(), entry.mark)?;
    let url = source.address(offset, entry.url)?;
    let Some(parameter) = book.parameters.get_mut(id) else {
        return Err(source.error(
            offset,
            format!("没有参数 {id}"),
            format!("no parameter {id}"),
        ));
    };
    let (from, until) = source.days(&entry.from, entry.until.as_ref())?;
    if before.is_some_and(|day| day > from) {
        return Err(source.error(
            entry.from.span().start,
            format!("参数 {id} 的值未按日期排列"),
            format!("the values of {id} are not in date order"),
        ));
    }
    let dated = DatedValue {
        jurisdiction: source.jurisdiction.clone(),
        from,
        until,
        value: values::value_of(source, parameter.unit, &entry.value)?,
        citation: proof.citation,
        url: url.or(proof.url),
        quote: entry.quote.or(proof.quote),
        quote_missing: entry.quote_missing.or(proof.quote_missing),
        note: entry.note,
        mark: entry.mark,
        checked: source.date(&entry.checked)?,
        origin: source.origin(offset),
    };
    let mut own = parameter.values.iter();
    if let Some(known) = own.find(|it| it.jurisdiction == dated.jurisdiction && it.from == from) {
        let same = (&known.value, known.until) == (&dated.value, dated.until);
        let at = entry.from.span().start;
        return again(source, at, (&known.origin, same), |known| {
            text!(
                "参数 {id} 自 {from} 起有两个值（另一个在 {known}）；修订的规则写新的施行日",
                "{id} has two values from {from} (the other in {known}); a revised rule has a day of its own"
            )
        })
        .map(|()| from);
    }
    parameter.values.push(dated);
    parameter
        .values
        .sort_by(|a, b| (&a.jurisdiction, a.from).cmp(&(&b.jurisdiction, b.from)));
    Ok(from)
}

fn read_checklist(
    book: &mut Rulebook,
    source: &Source<'_>,
    entry: Spanned<ChecklistEntry>,
) -> Result<(), LawError> {
    let offset = entry.span().start;
    let entry = entry.into_inner();
    let id = entry.id;
    let known = book.checklists.get(&id).map(|it| it.meaning.clone());
    match (known, entry.meaning) {
        (None, Some(Words { zh, en })) => {
            let list = Checklist {
                id: id.clone(),
                meaning: source.words(offset, &id, &zh, &en)?,
                rows: Vec::new(),
            };
            book.checklists.insert(id.clone(), list);
        }
        (None, None) => {
            return Err(source.error(
                offset,
                format!("清单 {id} 首次出现，须有 meaning"),
                format!("{id} appears for the first time and needs meaning"),
            ));
        }
        (Some(known), Some(Words { zh, en })) if (&known.zh, &known.en) != (&zh, &en) => {
            return Err(source.error(
                offset,
                format!("清单 {id} 已另有 meaning"),
                format!("{id} has another meaning elsewhere"),
            ));
        }
        (Some(_), _) => {}
    }
    if entry.row.is_empty() {
        return Err(source.error(
            offset,
            format!("清单 {id} 没有条件"),
            format!("{id} has no row"),
        ));
    }
    for row in entry.row {
        read_row(book, source, &id, row)?;
    }
    Ok(())
}

fn read_row(
    book: &mut Rulebook,
    source: &Source<'_>,
    id: &str,
    entry: Spanned<RowEntry>,
) -> Result<(), LawError> {
    let offset = entry.span().start;
    let entry = entry.into_inner();
    let proof = proof(
        book,
        source,
        (offset, id),
        entry.article.as_ref(),
        entry.mark,
    )?;
    let key = entry.key.get_ref().clone();
    let (from, until) = source.days(&entry.from, entry.until.as_ref())?;
    let row = Row {
        jurisdiction: source.jurisdiction.clone(),
        words: source.words(offset, &key, &entry.zh, &entry.en)?,
        key,
        from,
        until,
        citation: proof.citation,
        severity: entry.severity.unwrap_or(Severity::Refused),
        modes: entry.modes,
        kinds: entry.kinds,
        cells: entry.cells,
        url: source.address(offset, entry.url)?.or(proof.url),
        quote: entry.quote.or(proof.quote),
        quote_missing: entry.quote_missing.or(proof.quote_missing),
        note: entry.note,
        mark: entry.mark,
        checked: source.date(&entry.checked)?,
        origin: source.origin(offset),
    };
    let Some(list) = book.checklists.get_mut(id) else {
        return Err(source.error(
            offset,
            format!("没有清单 {id}"),
            format!("no check-list {id}"),
        ));
    };
    let says = |it: &Row| (it.from, it.until, it.words.clone(), it.cells.clone());
    let mut own = list.rows.iter_mut();
    // A row without an end gives way to the next row of its key.
    let met = own.find(|it| {
        (&it.jurisdiction, &it.key) == (&row.jurisdiction, &row.key)
            && it.from <= row.until.unwrap_or(Date::MAX)
            && row.from <= it.until.unwrap_or(Date::MAX)
    });
    if let Some(known) = met {
        if known.until.is_some() || known.from >= row.from {
            let (key, same) = (&row.key, says(known) == says(&row));
            let at = entry.key.span().start;
            return again(source, at, (&known.origin, same), |known| {
                text!(
                    "清单 {id} 的 {key} 在同一天有两行（另一行在 {known}）",
                    "{id} has two rows {key} on one day (the other in {known})"
                )
            });
        }
        known.until = row.from.yesterday().ok();
    }
    list.rows.push(row);
    Ok(())
}
