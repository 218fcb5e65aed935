//! Reading of law files, with the line of every mistake.

use std::collections::BTreeSet;

use dukou_kernel::{Citation, Date, Text, text};
use toml::Spanned;
use toml::value::Datetime;

mod dated;
mod shapes;
mod values;

use dated::Dated;
use shapes::{ArticleEntry, DocumentEntry, LawFile, RegionEntry};

use crate::floor;
use crate::register::{Article, Document, Origin, Region};
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
    /// Where each line begins.
    lines: Vec<usize>,
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
        Origin {
            file: self.file.to_owned(),
            line: self.lines.partition_point(|begins| *begins <= offset),
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
    let mut dated = Dated::over(book);
    for (source, law) in parsed {
        for entry in law.parameter {
            dated.read_parameter(&source, entry)?;
        }
        for entry in law.checklist {
            dated.read_checklist(&source, entry)?;
        }
    }
    dated.settle();
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
        lines: lines(text),
        jurisdiction: jurisdiction.to_owned(),
        layer,
    })
}

fn lines(text: &str) -> Vec<usize> {
    let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0)
        .chain(after.map(|(at, _)| at + 1))
        .collect()
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
        quote_missing: entry.quote_missing.map(Into::into),
        checked: source.date(&entry.checked)?,
        origin: source.origin(offset),
    };
    book.articles.insert(entry.id, article);
    Ok(())
}
