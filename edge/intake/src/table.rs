//! One table into drafts: every row judged, read, and its notes kept.

use std::collections::{HashMap, HashSet};

use dukou_kernel::Date;

use crate::cell::{Cell, says_nothing, squeeze};
use crate::finding::{self, Note};
use crate::grid::Grid;
use crate::layout::{Field, Kind, Mapping};
use crate::row::{
    AchievementDraft, ContractDraft, DistributionDraft, Reader, ReceiptDraft, Role, View,
    contract_key, persons_unit, read_achievement, read_contract, read_distribution, read_receipt,
    role, void_words,
};
use crate::value::amount::{self, Unit};
use crate::value::{date, names, right};

/// A row of any kind, as far as it could be read.
#[derive(Clone, Debug)]
pub enum Draft {
    /// From an achievements sheet.
    Achievement(AchievementDraft),
    /// From a contracts sheet.
    Contract(ContractDraft),
    /// From a receipts sheet.
    Receipt(ReceiptDraft),
    /// From a distributions sheet.
    Distribution(DistributionDraft),
}

/// A draft with its row and notes.
#[derive(Clone, Debug)]
pub struct Record {
    /// Row in the sheet, counted from 1.
    pub row: usize,
    /// What was read.
    pub draft: Draft,
    /// What was found wrong.
    pub notes: Vec<Note>,
}

/// The rows of one table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Records in order.
    pub records: Vec<Record>,
    /// Rows below the header that are no records.
    pub skipped: usize,
    /// Rows that no longer hold, counted from 1, for the first reading of the sheet.
    pub void: Vec<(usize, Note)>,
    /// Required columns the sheet lacks; every record is rejected then.
    pub missing: Vec<Note>,
}

/// The rows of a table that stand together: a record and what continues it.
struct Group {
    row: usize,
    tail: Vec<usize>,
    /// The row above that says the contract number, where this one does not.
    carried: Option<usize>,
    /// It no longer holds; 同上 below may mean it.
    void: bool,
}

/// Reads the rows from `first` to `end`. `beside`: the rows belong to another
/// kind first, and those without a key of this kind are passed over.
pub fn read_table(
    grid: &Grid,
    mapping: &Mapping,
    rows: (usize, usize),
    beside: Beside<'_>,
    today: Date,
    tick: &mut dyn FnMut(usize),
) -> Table {
    let Some(kind) = mapping.kind else {
        return Table::default();
    };
    let (first, end) = rows;
    let mut reader = Reader::new(grid, mapping, kind, first, today);
    let mut table = Table {
        missing: missing(&reader),
        ..Table::default()
    };
    let (groups, skipped) = Grouping::new(&reader, first, beside).run(end);
    table.skipped = skipped;
    let unit = unit_of_persons(&reader, &groups);
    for (index, group) in groups.iter().enumerate() {
        let mut view = reader.view(group.row, &group.tail, group.carried);
        if group.void {
            if !beside.second {
                let words = void_words(&reader, group.row);
                let note = finding::row_void(kind, words.as_deref());
                table.void.push((group.row + 1, note));
            }
            continue;
        }
        let mut push = |draft, notes| {
            table.records.push(Record {
                row: group.row + 1,
                draft,
                notes,
            });
        };
        match kind {
            Kind::Achievements => {
                for draft in read_achievement(&mut view) {
                    push(Draft::Achievement(draft), std::mem::take(&mut view.notes));
                }
            }
            Kind::Contracts => {
                let draft = Draft::Contract(read_contract(&mut view));
                push(draft, view.notes);
            }
            Kind::Receipts => {
                for mut payment in payments(view) {
                    let draft = Draft::Receipt(read_receipt(&mut payment));
                    push(draft, payment.notes);
                }
            }
            Kind::Distributions => {
                let draft = Draft::Distribution(read_distribution(&mut view, unit));
                push(draft, view.notes);
            }
        }
        if index % 512 == 511 {
            tick(512);
        }
    }
    table
}

/// The payments of one row: one, or one for each pair of columns with
/// anything in it.
fn payments(view: View) -> Vec<View> {
    let pairs = view.count(Field::Amount).max(view.count(Field::Date));
    if pairs <= 1 {
        return vec![view];
    }
    let nothing = |cell: &Cell| cell.is_empty() || says_nothing(&cell.shown());
    let filled: Vec<View> = (0..pairs)
        .map(|index| view.only(index))
        .filter(|one| !nothing(one.cell(Field::Date)) || !nothing(one.cell(Field::Amount)))
        .collect();
    filled
}

fn missing(reader: &Reader<'_>) -> Vec<Note> {
    let has = |field| reader.column(field).is_some();
    reader
        .kind
        .required()
        .iter()
        .filter(|field| match field {
            Field::Inventors => !has(Field::Inventors) && !has(Field::Lead) && !has(Field::Others),
            Field::Number => !has(Field::Number) && !has(Field::Application),
            // Rows that say their mode are asked for rights one by one.
            Field::Rights => !has(Field::Rights) && !has(Field::Mode),
            field => !has(**field),
        })
        .map(|field| finding::column_missing(*field, reader.kind))
        .collect()
}

/// Another reading of the same rows: columns that belong to the other kinds
/// alone, and whether this kind comes second.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The rows belong to another kind first.
    pub second: bool,
    /// Columns of the other kinds that this kind does not use.
    pub columns: &'a [usize],
    /// The same rows are read as receipts too.
    pub receipts: bool,
}

/// Gathers the rows of a table into records.
struct Grouping<'a> {
    reader: &'a Reader<'a>,
    first: usize,
    beside: Beside<'a>,
    by_person: bool,
    groups: Vec<Group>,
    skipped: usize,
    /// The contracts so far, for rows that say one again.
    contracts: HashMap<String, KnownContract>,
    last_key: Option<String>,
    /// The last row that says a contract number.
    numbered: Option<usize>,
}

impl<'a> Grouping<'a> {
    fn new(reader: &'a Reader<'a>, first: usize, beside: Beside<'a>) -> Self {
        let has = |field| reader.column(field).is_some();
        Self {
            reader,
            first,
            beside,
            by_person: reader.kind == Kind::Distributions
                && has(Field::PersonName)
                && has(Field::PersonAmount)
                && !has(Field::Persons),
            groups: Vec::new(),
            skipped: 0,
            contracts: HashMap::new(),
            last_key: None,
            numbered: None,
        }
    }

    fn run(mut self, end: usize) -> (Vec<Group>, usize) {
        let mut adjacent = false;
        for row in self.first..end {
            let role = role(self.reader, row, adjacent);
            adjacent = matches!(role, Role::Record | Role::Continuation | Role::Void);
            match role {
                Role::Record => adjacent = self.record(row),
                Role::Continuation if !self.beside.second || self.is_merged_into(row) => {
                    self.append(row);
                }
                Role::Continuation => {}
                Role::Void => {
                    self.groups.push(Group {
                        row,
                        tail: Vec::new(),
                        carried: None,
                        void: true,
                    });
                    self.skipped += 1;
                }
                Role::Skipped | Role::Blank => self.skipped += 1,
            }
        }
        (self.groups, self.skipped)
    }

    fn append(&mut self, row: usize) {
        if let Some(group) = self.groups.last_mut() {
            group.tail.push(row);
        }
        self.skipped += 1;
    }

    /// Opens a record at the row or lets it continue another; false when the
    /// row says nothing of this kind.
    fn record(&mut self, row: usize) -> bool {
        let carried = self.carried(row);
        if self.beside.second && carried.is_none() && !has_key(self.reader, row) {
            return false;
        }
        if self.continues(row) {
            self.append(row);
            return true;
        }
        if let Some(at) = self.known_contract(row) {
            if let Some(group) = self.groups.get_mut(at) {
                group.tail.push(row);
            }
            self.skipped += 1;
            return true;
        }
        self.groups.push(Group {
            row,
            tail: Vec::new(),
            carried,
            void: false,
        });
        true
    }

    /// The contract number's cell is one with that of the last record.
    fn is_merged_into(&self, row: usize) -> bool {
        let key = self.reader.column(Field::ContractNo);
        let above = key.and_then(|column| self.reader.grid.anchor(row, column));
        above.is_some_and(|(top, _)| self.groups.last().is_some_and(|group| group.row >= top))
    }

    /// Further receipts of a contract stand below the first, where nothing
    /// else is written in their rows.
    fn carried(&mut self, row: usize) -> Option<usize> {
        if !self.beside.second || self.reader.kind != Kind::Receipts {
            return None;
        }
        let column = self.reader.column(Field::ContractNo)?;
        let cell = self.reader.grid.own(row, column);
        if !cell.is_empty() {
            if !cell.is_ditto() {
                self.numbered = Some(row);
            }
            return None;
        }
        if let Some((top, _)) = self.reader.grid.anchor(row, column) {
            self.numbered = (top >= self.first).then_some(top);
            return self.numbered;
        }
        let foreign = |column: &usize| !self.reader.grid.own(row, *column).is_empty();
        if self.beside.columns.iter().any(foreign) {
            self.numbered = None;
        }
        self.numbered
    }

    /// Rows that repeat what the record above says, with one more person.
    fn continues(&mut self, row: usize) -> bool {
        let own = |row: usize, field| {
            self.reader
                .column(field)
                .map_or(&Cell::Empty, |column| self.reader.grid.own(row, column))
        };
        match self.reader.kind {
            Kind::Distributions if self.by_person => {
                let cell = own(row, Field::ContractNo);
                if cell.is_ditto() && self.last_key.is_some() {
                    return true;
                }
                let key = (!cell.is_empty()).then(|| {
                    let net = own(row, Field::Net);
                    format!("{}|{}", contract_key(&cell.shown()), net.shown())
                });
                let same = key.is_some() && key == self.last_key;
                self.last_key = key;
                same
            }
            Kind::Achievements => {
                let Some(group) = self.groups.last() else {
                    return false;
                };
                let above = group.tail.last().copied().unwrap_or(group.row);
                let same = |field| {
                    let (here, there) = (own(row, field), own(group.row, field));
                    here.is_ditto()
                        || !here.is_empty() && squeeze(&here.shown()) == squeeze(&there.shown())
                };
                let people = |row| names::read(&own(row, Field::Inventors).shown()).names;
                above + 1 == row
                    && [Field::Number, Field::Title, Field::Filed]
                        .into_iter()
                        .all(same)
                    && matches!((people(row).as_slice(), people(above).as_slice()),
                        ([here], [there]) if here != there)
            }
            _ => false,
        }
    }

    /// A row that says an earlier contract again, word for word, to name one
    /// more right of it or one more receipt.
    fn known_contract(&mut self, row: usize) -> Option<usize> {
        if self.reader.kind != Kind::Contracts {
            return None;
        }
        let own = |field| {
            self.reader
                .columns()
                .iter()
                .find(|(known, ..)| *known == field)
                .map(|(_, column, unit)| (self.reader.grid.own(row, *column), *unit))
        };
        let (no, _) = own(Field::ContractNo)?;
        if no.is_ditto() {
            return self.groups.len().checked_sub(1);
        }
        let (money, unit) = own(Field::Amount)?;
        let money = amount::read(money, unit.unwrap_or_default())?;
        let signed = date::read(own(Field::Signed)?.0, self.reader.today)?;
        let firm = own(Field::Firm).map_or_else(String::new, |(cell, _)| squeeze(&cell.shown()));
        let rights = own(Field::Rights).map(|(cell, _)| right::pieces(&cell.shown()))?;
        let spelled =
            !rights.is_empty() && rights.iter().all(|piece| right::number(piece).is_some());
        let key = format!(
            "{}|{}|{signed}|{firm}",
            contract_key(&no.shown()),
            money.fen()
        );
        let Some(known) = self.contracts.get_mut(&key) else {
            let group = self.groups.len();
            let rights = rights.into_iter().collect();
            self.contracts.insert(
                key,
                KnownContract {
                    group,
                    rights,
                    spelled,
                },
            );
            return None;
        };
        let again = rights.iter().any(|piece| known.rights.contains(piece));
        let more = !again && spelled && known.spelled;
        if more {
            known.rights.extend(rights);
        }
        (more || self.beside.receipts).then_some(known.group)
    }
}

/// A contract of the table, for rows that say it again.
struct KnownContract {
    group: usize,
    rights: HashSet<String>,
    /// Its rights are named by numbers.
    spelled: bool,
}

/// In a sheet that belongs to another kind, a row counts only with a contract
/// number and one more required cell.
fn has_key(reader: &Reader<'_>, row: usize) -> bool {
    let filled = |field: &Field| {
        reader.columns().iter().any(|(known, column, _)| {
            let cell = reader.grid.own(row, *column);
            known == field && !cell.is_empty() && !says_nothing(&cell.shown())
        })
    };
    let others = reader
        .kind
        .required()
        .iter()
        .filter(|f| **f != Field::ContractNo && **f != Field::Rights);
    let parts = [Field::Net, Field::Team, Field::Persons];
    filled(&Field::ContractNo)
        && if reader.kind == Kind::Distributions {
            parts.iter().any(filled)
        } else {
            others.into_iter().any(filled)
        }
}

fn unit_of_persons(reader: &Reader<'_>, groups: &[Group]) -> Unit {
    let of = |field| {
        reader
            .columns()
            .iter()
            .find(|(known, ..)| *known == field)
            .copied()
    };
    let Some((_, column, named)) = of(Field::Persons) else {
        return Unit::Yuan;
    };
    if let Some(unit) = named {
        return unit;
    }
    let Some((_, team, unit)) = of(Field::Team) else {
        return Unit::Yuan;
    };
    let near = unit.unwrap_or_default();
    let rows = groups.iter().take(500).map(|group| {
        let cell: &Cell = reader.grid.own(group.row, column);
        (cell, amount::read(reader.grid.own(group.row, team), near))
    });
    persons_unit(rows, near)
}
