//! One row seen through a mapping: 同上 and merged cells resolved.

use dukou_kernel::{Date, Money, Severity};

use crate::cell::{Cell, is_blank, narrow, one_line, says_nothing};
use crate::finding::{self, Note};
use crate::grid::Grid;
use crate::layout::{Field, Kind, Mapping};
use crate::value::amount::{self, Unit};
use crate::value::date;

/// Brackets such as 〔2023〕 stay as the office writes them.
fn alphanumeric_narrow(words: &str) -> String {
    let plain = |c: char| {
        let narrowed = narrow(c);
        if narrowed.is_ascii_alphanumeric() || narrowed == '-' {
            narrowed
        } else {
            c
        }
    };
    words.chars().filter(|c| !is_blank(*c)).map(plain).collect()
}

/// Reads the rows of one table from top to bottom and remembers for 同上.
pub struct Reader<'a> {
    /// The sheet.
    pub grid: &'a Grid,
    /// The table's mapping.
    pub mapping: &'a Mapping,
    /// What the rows are read as.
    pub kind: Kind,
    /// The day of the import.
    pub today: Date,
    first: usize,
    columns: Vec<(Field, usize, Option<Unit>)>,
    above: Vec<Cell>,
}

impl<'a> Reader<'a> {
    /// A reader for the rows from `first`.
    pub fn new(
        grid: &'a Grid,
        mapping: &'a Mapping,
        kind: Kind,
        first: usize,
        today: Date,
    ) -> Self {
        let mut columns: Vec<_> = mapping
            .columns
            .iter()
            .filter_map(|column| Some((column.field?, column.index, column.unit)))
            .collect();
        let has = |field| columns.iter().any(|(known, ..)| *known == field);
        // A contract sheet that names its rights by title alone is read by title.
        if kind == Kind::Contracts
            && !has(Field::Rights)
            && let Some(column) = columns.iter_mut().find(|(f, ..)| *f == Field::RightTitle)
        {
            column.0 = Field::Rights;
        }
        Self {
            grid,
            mapping,
            kind,
            today,
            first,
            columns,
            above: Vec::new(),
        }
    }

    /// The columns with a field.
    pub fn columns(&self) -> &[(Field, usize, Option<Unit>)] {
        &self.columns
    }

    /// The column of a field.
    pub fn column(&self, field: Field) -> Option<usize> {
        self.columns
            .iter()
            .find(|(known, ..)| *known == field)
            .map(|(_, column, _)| *column)
    }

    /// The view of a row and of the rows that continue it.
    /// `carried`: the row above that says the contract number.
    pub fn view(&mut self, row: usize, tail: &[usize], carried: Option<usize>) -> View {
        let mut cells = Vec::with_capacity(self.columns.len());
        for (field, column, unit) in &self.columns {
            let mut own = self.resolved(row, *column);
            if let (Field::ContractNo, true, Some(from)) = (*field, own.is_empty(), carried) {
                own = self.resolved(from, *column);
            }
            let mut all = vec![own];
            for next in tail {
                let own = self.grid.own(*next, *column);
                if !own.is_empty() && !own.is_ditto() {
                    all.push(own.clone());
                }
            }
            cells.push(Slot {
                field: *field,
                column: *column,
                unit: *unit,
                cells: all,
            });
        }
        self.above = cells
            .iter()
            .map(|slot| slot.cells.first().cloned().unwrap_or_default())
            .collect();
        View {
            cells,
            kind: self.kind,
            today: self.today,
            notes: Vec::new(),
        }
    }

    fn resolved(&self, row: usize, column: usize) -> Cell {
        let own = self.grid.own(row, column);
        if own.is_ditto() {
            let index = self
                .columns
                .iter()
                .position(|(_, known, _)| *known == column);
            return index
                .and_then(|i| self.above.get(i))
                .cloned()
                .unwrap_or_default();
        }
        if own.is_empty()
            && let Some((top, left)) = self.grid.anchor(row, column)
            && left == column
            && top >= self.first
        {
            let merged = self.grid.own(top, left);
            if !merged.is_ditto() {
                return merged.clone();
            }
            let index = self
                .columns
                .iter()
                .position(|(_, known, _)| *known == column);
            return index
                .and_then(|i| self.above.get(i))
                .cloned()
                .unwrap_or_default();
        }
        own.clone()
    }
}

#[derive(Clone)]
struct Slot {
    field: Field,
    column: usize,
    unit: Option<Unit>,
    cells: Vec<Cell>,
}

/// One row, field by field, and the notes taken while reading it.
pub struct View {
    cells: Vec<Slot>,
    /// What the row is read as.
    pub kind: Kind,
    /// The day of the import.
    pub today: Date,
    /// What was found wrong.
    pub notes: Vec<Note>,
}

static EMPTY: Cell = Cell::Empty;

impl View {
    fn slot(&self, field: Field) -> Option<&Slot> {
        self.cells.iter().find(|slot| slot.field == field)
    }

    /// True when the sheet has a column for the field.
    pub fn has(&self, field: Field) -> bool {
        self.slot(field).is_some()
    }

    /// The field's cell, or an empty one.
    pub fn cell(&self, field: Field) -> &Cell {
        self.slot(field)
            .and_then(|slot| slot.cells.first())
            .unwrap_or(&EMPTY)
    }

    /// The field's cells in all its columns, in this row and the rows that
    /// continue it.
    pub fn all(&self, field: Field) -> Vec<&Cell> {
        self.cells
            .iter()
            .filter(|slot| slot.field == field)
            .flat_map(|slot| &slot.cells)
            .collect()
    }

    /// How many columns hold the field.
    pub fn count(&self, field: Field) -> usize {
        self.cells.iter().filter(|slot| slot.field == field).count()
    }

    /// The view with only one of several columns of each field.
    #[must_use]
    pub fn only(&self, index: usize) -> Self {
        let mut seen: Vec<Field> = Vec::new();
        let cells = self
            .cells
            .iter()
            .filter(|slot| {
                let before = seen.iter().filter(|field| **field == slot.field).count();
                seen.push(slot.field);
                before == index || self.count(slot.field) == 1
            })
            .cloned()
            .collect();
        Self {
            cells,
            kind: self.kind,
            today: self.today,
            notes: Vec::new(),
        }
    }

    /// The texts of the field's cells, joined by `mark`.
    pub fn joined(&self, field: Field, mark: &str) -> String {
        let shown: Vec<String> = self
            .all(field)
            .into_iter()
            .filter(|cell| !cell.is_empty())
            .map(Cell::shown)
            .collect();
        shown.join(mark)
    }

    /// Takes a note.
    pub fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// True when a note refuses the row.
    pub fn is_refused(&self) -> bool {
        let mut notes = self.notes.iter();
        notes.any(|note| note.code.severity() == Severity::Refused)
    }

    /// Words as they stand, on one line; a dash is nothing.
    pub fn words(&self, field: Field) -> Option<String> {
        let shown = one_line(&self.cell(field).shown());
        (!shown.is_empty() && !says_nothing(&shown)).then_some(shown)
    }

    /// Words that must be there.
    pub fn required_words(&mut self, field: Field) -> Option<String> {
        let words = self.words(field);
        if words.is_none() && self.has(field) {
            self.note(finding::required(field, self.kind));
        }
        words
    }

    /// A contract number without blanks, its figures and letters half-width.
    pub fn contract_no(&mut self) -> Option<String> {
        self.required_words(Field::ContractNo)
            .map(|words| alphanumeric_narrow(&words))
    }

    /// A day; a day in the future is noted but kept.
    pub fn day(&mut self, field: Field, must: bool) -> Option<Date> {
        let cell = self.cell(field).clone();
        if cell.is_empty() {
            if must && self.has(field) {
                self.note(finding::required(field, self.kind));
            }
            return None;
        }
        let shown = cell.shown();
        let Some(day) = date::read(&cell, self.today) else {
            let says_nothing = !shown
                .chars()
                .any(|c| c.is_ascii_digit() || ('０'..='９').contains(&c));
            if must || !says_nothing {
                self.note(finding::date_invalid(field, self.kind, &shown));
            }
            return None;
        };
        if day > self.today {
            self.note(finding::date_future(field, self.kind, &day.to_string()));
        }
        Some(day)
    }

    /// The unit of the field's column in this row.
    pub fn unit(&self, field: Field) -> Option<Unit> {
        let row = self
            .words(Field::AmountUnit)
            .and_then(|words| Unit::named(&words));
        row.or_else(|| self.slot(field).and_then(|slot| slot.unit))
    }

    /// An amount. `must`: an empty cell is noted.
    pub fn money(&mut self, field: Field, must: bool) -> Option<Money> {
        let cell = self.cell(field).clone();
        if cell.is_empty() {
            if must && self.has(field) {
                self.note(finding::required(field, self.kind));
            }
            return None;
        }
        let unit = self.unit(field).unwrap_or_default();
        let money = amount::read(&cell, unit);
        if money.is_none() && (must || !says_nothing(&cell.shown())) {
            self.note(finding::amount_unreadable(field, self.kind, &cell.shown()));
        }
        money
    }

    /// All columns of a field that may stand several times, with their index.
    pub fn several(&self, field: Field) -> Vec<(usize, Cell, Unit)> {
        self.cells
            .iter()
            .filter(|slot| slot.field == field)
            .map(|slot| {
                let cell = slot.cells.first().cloned().unwrap_or_default();
                (slot.column, cell, slot.unit.unwrap_or_default())
            })
            .collect()
    }
}
