//! One table into drafts: every row judged, read, and its notes kept.

use dukou_kernel::Date;

use crate::cell::Cell;
use crate::finding::{self, Note};
use crate::grid::Grid;
use crate::layout::{Field, Kind, Mapping};
use crate::row::{
    AchievementDraft, ContractDraft, DistributionDraft, Reader, ReceiptDraft, Role, contract_key,
    persons_unit, read_achievement, read_contract, read_distribution, read_receipt, role,
};
use crate::value::amount::{self, Unit};

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
    /// Required columns the sheet lacks; every record is rejected then.
    pub missing: Vec<Note>,
}

/// The rows of a table that stand together: a record and what continues it.
struct Group {
    row: usize,
    tail: Vec<usize>,
}

/// Reads the rows from `first` to `end`. `beside`: the rows belong to another
/// kind first, and those without a key of this kind are passed over.
pub fn read_table(
    grid: &Grid,
    mapping: &Mapping,
    rows: (usize, usize),
    beside: bool,
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
    let (groups, skipped) = groups(&reader, first, end, beside);
    table.skipped = skipped;
    let unit = unit_of_persons(&reader, &groups);
    for (index, group) in groups.iter().enumerate() {
        let mut view = reader.view(group.row, &group.tail);
        let draft = match kind {
            Kind::Achievements => Draft::Achievement(read_achievement(&mut view)),
            Kind::Contracts => Draft::Contract(read_contract(&mut view)),
            Kind::Receipts => Draft::Receipt(read_receipt(&mut view)),
            Kind::Distributions => Draft::Distribution(read_distribution(&mut view, unit)),
        };
        table.records.push(Record {
            row: group.row + 1,
            draft,
            notes: view.notes,
        });
        if index % 512 == 511 {
            tick(512);
        }
    }
    table
}

fn missing(reader: &Reader<'_>) -> Vec<Note> {
    let has = |field| reader.column(field).is_some();
    reader
        .kind
        .required()
        .iter()
        .filter(|field| match field {
            Field::Inventors => !has(Field::Inventors) && !has(Field::Lead) && !has(Field::Others),
            field => !has(**field),
        })
        .map(|field| finding::column_missing(*field, reader.kind))
        .collect()
}

fn groups(reader: &Reader<'_>, first: usize, end: usize, beside: bool) -> (Vec<Group>, usize) {
    let mut groups: Vec<Group> = Vec::new();
    let mut skipped = 0;
    let mut last_key: Option<String> = None;
    let by_person = reader.kind == Kind::Distributions
        && reader.column(Field::PersonName).is_some()
        && reader.column(Field::PersonAmount).is_some()
        && reader.column(Field::Persons).is_none();
    let mut adjacent = false;
    for row in first..end {
        let role = role(reader, row, adjacent);
        adjacent = matches!(role, Role::Record | Role::Continuation);
        if beside && role == Role::Record && !has_key(reader, row) {
            continue;
        }
        match role {
            Role::Record => {
                let key = by_person.then(|| own_key(reader, row)).flatten();
                if key.is_some()
                    && key == last_key
                    && let Some(group) = groups.last_mut()
                {
                    group.tail.push(row);
                    skipped += 1;
                    continue;
                }
                last_key = key;
                groups.push(Group {
                    row,
                    tail: Vec::new(),
                });
            }
            Role::Continuation => {
                if let Some(group) = groups.last_mut() {
                    group.tail.push(row);
                }
                skipped += 1;
            }
            Role::Skipped | Role::Blank => skipped += 1,
        }
    }
    (groups, skipped)
}

fn own_key(reader: &Reader<'_>, row: usize) -> Option<String> {
    let column = reader.column(Field::ContractNo)?;
    let shown = reader.grid.own(row, column).shown();
    (!shown.is_empty()).then(|| contract_key(&shown))
}

/// In a sheet that belongs to another kind, a row counts only with a contract
/// number and one more required cell.
fn has_key(reader: &Reader<'_>, row: usize) -> bool {
    let filled = |field: &Field| {
        reader.column(*field).is_some_and(|column| {
            let cell = reader.grid.own(row, column);
            !cell.is_empty() && !crate::cell::is_placeholder(&cell.shown())
        })
    };
    let others = reader
        .kind
        .required()
        .iter()
        .filter(|f| **f != Field::ContractNo && **f != Field::Rights);
    filled(&Field::ContractNo)
        && (reader.kind == Kind::Distributions || others.into_iter().any(filled))
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
