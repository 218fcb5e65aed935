//! What holds from day to day: the dated entries of one name in one region, and on
//! which days two such rows of entries differ.

use std::collections::{BTreeMap, BTreeSet};

use dukou_kernel::{Citation, Date};

use crate::register::{Checklist, DatedValue, Parameter, Row};

/// An entry that holds from a day, with its article.
pub(crate) trait Entry {
    /// First day.
    fn from(&self) -> Date;
    /// Last day, where one is written.
    fn until(&self) -> Option<Date>;
    /// The article.
    fn citation(&self) -> &Citation;
    /// Whether both say the same, wherever and for how long they are written.
    fn says(&self, other: &Self) -> bool;
}

impl Entry for DatedValue {
    fn from(&self) -> Date {
        self.from
    }

    fn until(&self) -> Option<Date> {
        self.until
    }

    fn citation(&self) -> &Citation {
        &self.citation
    }

    fn says(&self, other: &Self) -> bool {
        self.value == other.value && self.citation.id == other.citation.id
    }
}

impl Entry for Row {
    fn from(&self) -> Date {
        self.from
    }

    fn until(&self) -> Option<Date> {
        self.until
    }

    fn citation(&self) -> &Citation {
        &self.citation
    }

    fn says(&self, other: &Self) -> bool {
        self.same_condition(other) && self.citation.id == other.citation.id
    }
}

/// The entries of one name in one region, by their first days.
#[derive(Debug)]
pub(crate) struct Timeline<'a, T>(BTreeMap<Date, &'a T>);

impl<T> Default for Timeline<'_, T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'a, T: Entry> Timeline<'a, T> {
    fn add(&mut self, it: &'a T) {
        self.0.insert(it.from(), it);
    }

    /// What holds on a day: the last that began, unless it ended.
    pub(crate) fn on(&self, day: Date) -> Option<&'a T> {
        let begun = self.0.range(..=day).next_back().map(|(_, it)| *it);
        begun.filter(|it| it.until().is_none_or(|last| day <= last))
    }

    /// What begins on a day.
    pub(crate) fn since(&self, day: Date) -> Option<&'a T> {
        self.0.get(&day).copied()
    }

    /// The days on which something begins, or no longer holds.
    fn turns(&self) -> impl Iterator<Item = Date> {
        let ended = |it: &&T| it.until().and_then(|last| last.tomorrow().ok());
        let ends = self.0.values().filter_map(ended);
        self.0.keys().copied().chain(ends)
    }
}

/// The values of a parameter, by region.
pub(crate) fn of_values(parameter: &Parameter) -> BTreeMap<&str, Timeline<'_, DatedValue>> {
    let mut all: BTreeMap<&str, Timeline<'_, DatedValue>> = BTreeMap::new();
    for it in &parameter.values {
        all.entry(&it.jurisdiction).or_default().add(it);
    }
    all
}

/// The rows of a check-list, by key and region.
pub(crate) fn of_rows(list: &Checklist) -> BTreeMap<(&str, &str), Timeline<'_, Row>> {
    let mut all: BTreeMap<(&str, &str), Timeline<'_, Row>> = BTreeMap::new();
    for it in &list.rows {
        all.entry((&it.key, &it.jurisdiction)).or_default().add(it);
    }
    all
}

/// A region's own entries and the country's, which hold where it has none.
pub(crate) struct Layers<'a, 'b, T> {
    /// The region's own.
    pub(crate) own: Option<&'b Timeline<'a, T>>,
    /// The country's, for a province.
    pub(crate) country: Option<&'b Timeline<'a, T>>,
}

impl<'a, T: Entry> Layers<'a, '_, T> {
    fn on(&self, day: Date) -> Option<&'a T> {
        let of = |it: Option<&Timeline<'a, T>>| it.and_then(|it| it.on(day));
        of(self.own).or_else(|| of(self.country))
    }

    fn turns(&self) -> impl Iterator<Item = Date> {
        let both = self.own.into_iter().chain(self.country);
        both.flat_map(Timeline::turns)
    }
}

/// From a day something else holds than before.
pub(crate) struct Shift<'a, T> {
    /// The day.
    pub(crate) from: Date,
    /// What held.
    pub(crate) before: Option<&'a T>,
    /// What holds.
    pub(crate) after: Option<&'a T>,
    /// What held until then by the new entries, where nothing follows it.
    pub(crate) ended: Option<&'a T>,
}

/// From which days on the new entries say something else than the old.
pub(crate) fn shifts<'a, T: Entry>(
    old: &Layers<'a, '_, T>,
    new: &Layers<'a, '_, T>,
) -> Vec<Shift<'a, T>> {
    let alike = |a: Option<&T>, b: Option<&T>| match (a, b) {
        (Some(a), Some(b)) => a.says(b),
        (a, b) => a.is_none() && b.is_none(),
    };
    let days: BTreeSet<Date> = old.turns().chain(new.turns()).collect();
    let (mut out, mut known): (Vec<Shift<'a, T>>, _) = (Vec::new(), (None, None));
    for from in days {
        let (before, after) = (old.on(from), new.on(from));
        let told = alike(before, known.0) && alike(after, known.1);
        if !told && !alike(before, after) {
            let eve = from.yesterday().ok().filter(|_| after.is_none());
            out.push(Shift {
                from,
                before,
                after,
                ended: eve.and_then(|day| new.on(day)),
            });
        }
        known = (before, after);
    }
    out
}
