//! Values of parameters and rows of check-lists: what is dated, and holds from a day.

use std::collections::BTreeMap;

use dukou_kernel::{Citation, Date, Severity, Text, text};
use toml::Spanned;

use super::shapes::{ChecklistEntry, ParameterEntry, RowEntry, ValueEntry, Words};
use super::{LawError, Source, again, values};
use crate::register::{Checklist, DatedValue, Mark, Parameter, Row};
use crate::rulebook::Rulebook;

/// A rulebook that dated entries are read into, and where each of them stands in
/// it: a file may hold thousands, and every one is looked for before it is added.
pub(super) struct Dated<'a> {
    book: &'a mut Rulebook,
    /// By parameter, region and first day.
    values: BTreeMap<(String, String, Date), usize>,
    /// By list, region and key: the rows by their first days.
    rows: BTreeMap<(String, String, String), BTreeMap<Date, usize>>,
}

impl<'a> Dated<'a> {
    /// Over what is read already.
    pub(super) fn over(book: &'a mut Rulebook) -> Self {
        let mut values = BTreeMap::new();
        for parameter in book.parameters.values() {
            for (at, it) in parameter.values.iter().enumerate() {
                let key = (parameter.id.clone(), it.jurisdiction.clone(), it.from);
                values.insert(key, at);
            }
        }
        let mut rows: BTreeMap<_, BTreeMap<Date, usize>> = BTreeMap::new();
        for list in book.checklists.values() {
            for (at, it) in list.rows.iter().enumerate() {
                let key = (list.id.clone(), it.jurisdiction.clone(), it.key.clone());
                rows.entry(key).or_default().insert(it.from, at);
            }
        }
        Self { book, values, rows }
    }

    /// Puts the values into their order, once, after all of them were read.
    pub(super) fn settle(self) {
        for parameter in self.book.parameters.values_mut() {
            let order = |it: &DatedValue| (it.jurisdiction.clone(), it.from);
            if !parameter.values.is_sorted_by_key(order) {
                parameter.values.sort_by_cached_key(order);
            }
        }
    }

    /// Reads a parameter, its values over what stands already.
    pub(super) fn read_parameter(
        &mut self,
        source: &Source<'_>,
        entry: Spanned<ParameterEntry>,
    ) -> Result<(), LawError> {
        let offset = entry.span().start;
        let entry = entry.into_inner();
        let id = entry.id.get_ref().clone();
        let refuse = |zh: String, en: String| source.error(offset, zh, en);
        match self.book.parameters.get(&id) {
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
                self.book.parameters.insert(id.clone(), parameter);
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
            before = Some(self.read_value(source, (&id, before), value)?);
        }
        Ok(())
    }

    /// Reads a value and answers the day from which it holds.
    fn read_value(
        &mut self,
        source: &Source<'_>,
        (id, before): (&str, Option<Date>),
        entry: Spanned<ValueEntry>,
    ) -> Result<Date, LawError> {
        let offset = entry.span().start;
        let entry = entry.into_inner();
        let at = (offset, id);
        let proof = proof(self.book, source, at, entry.article.as_ref(), entry.mark)?;
        let url = source.address(offset, entry.url)?;
        let Some(parameter) = self.book.parameters.get_mut(id) else {
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
            quote_missing: entry.quote_missing.map(Into::into).or(proof.quote_missing),
            note: entry.note.map(Into::into),
            mark: entry.mark,
            checked: source.date(&entry.checked)?,
            origin: source.origin(offset),
        };
        let place = (id.to_owned(), dated.jurisdiction.clone(), from);
        if let Some(known) = self
            .values
            .get(&place)
            .and_then(|at| parameter.values.get(*at))
        {
            let same = (&known.value, known.until) == (&dated.value, dated.until);
            let at = entry.from.span().start;
            let twice = again(source, at, (&known.origin, same), |known| {
                text!(
                    "参数 {id} 自 {from} 起有两个值（另一个在 {known}）；修订的规则写新的施行日",
                    "{id} has two values from {from} (the other in {known}); a revised rule has a day of its own"
                )
            });
            return twice.map(|()| from);
        }
        self.values.insert(place, parameter.values.len());
        parameter.values.push(dated);
        Ok(from)
    }

    /// Reads a check-list, its rows over what stands already.
    pub(super) fn read_checklist(
        &mut self,
        source: &Source<'_>,
        entry: Spanned<ChecklistEntry>,
    ) -> Result<(), LawError> {
        let offset = entry.span().start;
        let entry = entry.into_inner();
        let id = entry.id;
        let known = self.book.checklists.get(&id).map(|it| it.meaning.clone());
        match (known, entry.meaning) {
            (None, Some(Words { zh, en })) => {
                let list = Checklist {
                    id: id.clone(),
                    meaning: source.words(offset, &id, &zh, &en)?,
                    rows: Vec::new(),
                };
                self.book.checklists.insert(id.clone(), list);
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
            self.read_row(source, &id, row)?;
        }
        Ok(())
    }

    fn read_row(
        &mut self,
        source: &Source<'_>,
        id: &str,
        entry: Spanned<RowEntry>,
    ) -> Result<(), LawError> {
        let offset = entry.span().start;
        let entry = entry.into_inner();
        let proof = proof(
            self.book,
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
            quote_missing: entry.quote_missing.map(Into::into).or(proof.quote_missing),
            note: entry.note.map(Into::into),
            mark: entry.mark,
            checked: source.date(&entry.checked)?,
            origin: source.origin(offset),
        };
        let Some(list) = self.book.checklists.get_mut(id) else {
            return Err(source.error(
                offset,
                format!("没有清单 {id}"),
                format!("no check-list {id}"),
            ));
        };
        let place = (id.to_owned(), row.jurisdiction.clone(), row.key.clone());
        let own = self.rows.entry(place).or_default();
        if let Some(met) = met(own, &list.rows, &row) {
            let known = list.rows.get_mut(met);
            if let Some(known) = known {
                if known.until.is_some() || known.from >= row.from {
                    let days = (known.from, known.until) == (row.from, row.until);
                    let (key, same) = (&row.key, days && known.same_condition(&row));
                    let at = entry.key.span().start;
                    return again(source, at, (&known.origin, same), |known| {
                        text!(
                            "清单 {id} 的 {key} 在同一天有两行（另一行在 {known}）",
                            "{id} has two rows {key} on one day (the other in {known})"
                        )
                    });
                }
                // A row without an end gives way to the next row of its key.
                known.until = row.from.yesterday().ok();
            }
        }
        own.insert(row.from, list.rows.len());
        list.rows.push(row);
        Ok(())
    }
}

/// Of the rows of one key, which never hold on one day, the one that holds on a
/// day of this row.
fn met(own: &BTreeMap<Date, usize>, rows: &[Row], row: &Row) -> Option<usize> {
    let before = own.range(..=row.from).next_back().map(|(_, at)| *at);
    let holds = |at: &usize| {
        let known = rows.get(*at);
        known.is_some_and(|it| it.until.is_none_or(|last| row.from <= last))
    };
    let last = row.until.unwrap_or(Date::MAX);
    let after = || own.range(row.from..=last).next().map(|(_, at)| *at);
    before.filter(holds).or_else(after)
}

/// The proof of a value or a row: its own, else its article's.
struct Proof {
    citation: Citation,
    url: Option<String>,
    quote: Option<String>,
    quote_missing: Option<Text>,
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
