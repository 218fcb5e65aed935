//! What one rulebook says that another does not: shown before a law file is
//! adopted, so that whoever adopts it sees what changes.

use std::collections::{BTreeMap, BTreeSet};

use dukou_kernel::{Date, Text};
use serde::Serialize;

use crate::register::{Row, Unit, Value};
use crate::rulebook::Rulebook;

/// Whether something came, went or reads otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// New.
    Added,
    /// Was there already and reads otherwise now.
    Changed,
    /// No longer there.
    Removed,
}

/// What a change is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// A region.
    Region,
    /// An article.
    Article,
    /// A dated value, as it was and as it is.
    Value {
        /// What its number means.
        unit: Unit,
        /// As it was.
        before: Option<Value>,
        /// As it is.
        after: Option<Value>,
    },
    /// A row of a check-list.
    Row,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Came, went or reads otherwise.
    pub kind: ChangeKind,
    /// Id of the parameter, list, article or region.
    pub id: String,
    /// What that is, in words.
    pub meaning: Text,
    /// Where it holds; empty for an article.
    pub jurisdiction: String,
    /// From when, for values and rows.
    pub from: Option<Date>,
    /// What changed.
    pub what: Changed,
}

/// What differs between two lists, by what makes an entry the same.
fn differ<'a, T, K: Ord>(
    old: &'a [T],
    new: &'a [T],
    key: impl Fn(&'a T) -> K,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<(ChangeKind, Option<&'a T>, Option<&'a T>)> {
    let known: BTreeMap<K, &T> = old.iter().map(|it| (key(it), it)).collect();
    let kept: BTreeSet<K> = new.iter().map(&key).collect();
    let mut out = Vec::new();
    for it in new {
        match known.get(&key(it)) {
            None => out.push((ChangeKind::Added, None, Some(it))),
            Some(known) if !same(known, it) => {
                out.push((ChangeKind::Changed, Some(*known), Some(it)));
            }
            Some(_) => {}
        }
    }
    let gone = old.iter().filter(|it| !kept.contains(&key(it)));
    out.extend(gone.map(|it| (ChangeKind::Removed, Some(it), None)));
    out
}

impl Rulebook {
    /// What `after` says that this rulebook does not, and the other way round.
    /// Where an entry is written, and when it was last checked, is no change.
    pub fn changes(&self, after: &Self) -> Vec<Change> {
        let mut out = self.region_changes(after);
        out.extend(self.article_changes(after));
        out.extend(self.value_changes(after));
        out.extend(self.row_changes(after));
        out
    }

    fn region_changes(&self, after: &Self) -> Vec<Change> {
        let (old, new): (Vec<_>, Vec<_>) = (self.regions().collect(), after.regions().collect());
        let found = differ(&old, &new, |it| &it.code, |a, b| a.name == b.name);
        let told = found.into_iter().filter_map(|(kind, old, new)| {
            let it = new.or(old)?;
            Some(Change {
                kind,
                id: it.code.clone(),
                meaning: it.name.clone(),
                jurisdiction: it.code.clone(),
                from: None,
                what: Changed::Region,
            })
        });
        told.collect()
    }

    fn article_changes(&self, after: &Self) -> Vec<Change> {
        let (old, new): (Vec<_>, Vec<_>) = (self.articles().collect(), after.articles().collect());
        let same = |a: &&crate::Article, b: &&crate::Article| {
            (&a.citation, &a.document, &a.place) == (&b.citation, &b.document, &b.place)
        };
        let found = differ(&old, &new, |it| &it.citation.id, same);
        let told = found.into_iter().filter_map(|(kind, old, new)| {
            let it = new.or(old)?;
            Some(Change {
                kind,
                id: it.citation.id.clone(),
                meaning: Text::new(it.citation.zh.clone(), it.citation.en.clone()),
                jurisdiction: String::new(),
                from: None,
                what: Changed::Article,
            })
        });
        told.collect()
    }

    fn value_changes(&self, after: &Self) -> Vec<Change> {
        let mut out = Vec::new();
        let ids = self.parameters.keys().chain(after.parameters.keys());
        let ids: BTreeSet<&String> = ids.collect();
        for id in ids {
            let (old, new) = (self.parameter(id), after.parameter(id));
            let Some(parameter) = new.or(old) else {
                continue;
            };
            let values =
                |it: Option<&'_ crate::Parameter>| it.map_or_else(Vec::new, |it| it.values.clone());
            let (was, is) = (values(old), values(new));
            let found = differ(
                &was,
                &is,
                |it| (it.jurisdiction.clone(), it.from),
                |a, b| (&a.value, a.until, &a.citation.id) == (&b.value, b.until, &b.citation.id),
            );
            for (kind, before, now) in found {
                let Some(it) = now.or(before) else {
                    continue;
                };
                out.push(Change {
                    kind,
                    id: id.clone(),
                    meaning: parameter.meaning.clone(),
                    jurisdiction: it.jurisdiction.clone(),
                    from: Some(it.from),
                    what: Changed::Value {
                        unit: parameter.unit,
                        before: before.map(|it| it.value.clone()),
                        after: now.map(|it| it.value.clone()),
                    },
                });
            }
        }
        out
    }

    fn row_changes(&self, after: &Self) -> Vec<Change> {
        let mut out = Vec::new();
        let ids = self.checklists.keys().chain(after.checklists.keys());
        let ids: BTreeSet<&String> = ids.collect();
        for id in ids {
            let rows = |book: &Self| {
                let list = book.checklists.get(id);
                list.map_or_else(Vec::new, |it| it.rows.clone())
            };
            let same = |a: &Row, b: &Row| {
                (&a.words, a.until, a.severity, &a.modes, &a.kinds, &a.cells)
                    == (&b.words, b.until, b.severity, &b.modes, &b.kinds, &b.cells)
                    && a.citation.id == b.citation.id
            };
            let key = |it: &Row| (it.jurisdiction.clone(), it.key.clone(), it.from);
            for (kind, before, now) in differ(&rows(self), &rows(after), key, same) {
                let Some(it) = now.or(before) else {
                    continue;
                };
                out.push(Change {
                    kind,
                    id: format!("{id}/{}", it.key),
                    meaning: it.words.clone(),
                    jurisdiction: it.jurisdiction.clone(),
                    from: Some(it.from),
                    what: Changed::Row,
                });
            }
        }
        out
    }
}
