//! What one rulebook says that another does not: shown before a law file is
//! adopted, so that whoever adopts it sees what changes.

use std::collections::{BTreeMap, BTreeSet};

use dukou_kernel::{Citation, Date, Text};
use serde::Serialize;

use crate::register::{Unit, Value};
use crate::rulebook::{COUNTRY, Rulebook};
use crate::timeline::{Entry, Layers, Shift, Timeline, of_rows, of_values, shifts};

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
    /// Ends on a day on which it would hold otherwise, and nothing follows.
    Ended,
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
    /// A row of a check-list: the condition as it was and as it is, with its weight
    /// and what satisfies it.
    Row {
        /// As it was.
        before: Option<Text>,
        /// As it is.
        after: Option<Text>,
    },
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
    /// The article of what holds from then, or of what ended or went.
    pub article: Option<Citation>,
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
                article: None,
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
                article: Some(it.citation.clone()),
                what: Changed::Article,
            })
        });
        told.collect()
    }

    fn value_changes(&self, after: &Self) -> Vec<Change> {
        let mut out = Vec::new();
        for (id, old, new) in pairs(&self.parameters, &after.parameters) {
            let Some(parameter) = new.or(old) else {
                continue;
            };
            let (was, is) = (
                old.map(of_values).unwrap_or_default(),
                new.map(of_values).unwrap_or_default(),
            );
            for (region, was, is) in regional(&was, &is, |_| COUNTRY) {
                out.extend(shifts(&was, &is).iter().map(|shift| Change {
                    kind: kind(shift),
                    id: id.to_owned(),
                    meaning: parameter.meaning.clone(),
                    jurisdiction: (*region).to_owned(),
                    from: Some(shift.from),
                    article: article(shift),
                    what: Changed::Value {
                        unit: parameter.unit,
                        before: shift.before.map(|it| it.value.clone()),
                        after: shift.after.map(|it| it.value.clone()),
                    },
                }));
            }
        }
        out
    }

    fn row_changes(&self, after: &Self) -> Vec<Change> {
        let mut out = Vec::new();
        for (id, old, new) in pairs(&self.checklists, &after.checklists) {
            let (was, is) = (
                old.map(of_rows).unwrap_or_default(),
                new.map(of_rows).unwrap_or_default(),
            );
            for ((key, region), was, is) in regional(&was, &is, |(key, _)| (*key, COUNTRY)) {
                let found = shifts(&was, &is);
                out.extend(found.iter().filter_map(|shift| {
                    let meaning = shift.after.or(shift.before)?.words.clone();
                    Some(Change {
                        kind: kind(shift),
                        id: format!("{id}/{key}"),
                        meaning,
                        jurisdiction: (*region).to_owned(),
                        from: Some(shift.from),
                        article: article(shift),
                        what: Changed::Row {
                            before: shift.before.map(crate::Row::told),
                            after: shift.after.map(crate::Row::told),
                        },
                    })
                }));
            }
        }
        out
    }
}

/// The entries of two lists side by side, by id.
fn pairs<'a, T>(
    old: &'a BTreeMap<String, T>,
    new: &'a BTreeMap<String, T>,
) -> Vec<(&'a str, Option<&'a T>, Option<&'a T>)> {
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let side = |id: &'a String| (id.as_str(), old.get(id), new.get(id));
    ids.into_iter().map(side).collect()
}

/// Every place in which one of two lists has entries of its own, with what holds
/// there by each: a province's own, and the country's beneath.
fn regional<'a, 'b, T, K: Ord>(
    old: &'b BTreeMap<K, Timeline<'a, T>>,
    new: &'b BTreeMap<K, Timeline<'a, T>>,
    of_country: impl Fn(&K) -> K,
) -> Vec<(&'b K, Layers<'a, 'b, T>, Layers<'a, 'b, T>)> {
    let places: BTreeSet<&K> = old.keys().chain(new.keys()).collect();
    let layers = |all: &'b BTreeMap<K, Timeline<'a, T>>, place: &K| {
        let above = of_country(place);
        Layers {
            own: all.get(place),
            country: all.get(&above).filter(|_| above != *place),
        }
    };
    let side = |place: &'b K| (place, layers(old, place), layers(new, place));
    places.into_iter().map(side).collect()
}

fn kind<T>(shift: &Shift<'_, T>) -> ChangeKind {
    match (shift.before, shift.after, shift.ended) {
        (None, _, _) => ChangeKind::Added,
        (_, Some(_), _) => ChangeKind::Changed,
        (_, None, Some(_)) => ChangeKind::Ended,
        (_, None, None) => ChangeKind::Removed,
    }
}

fn article<T: Entry>(shift: &Shift<'_, T>) -> Option<Citation> {
    let from = shift.after.or(shift.ended).or(shift.before);
    from.map(|it| it.citation().clone())
}
