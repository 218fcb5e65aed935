//! One row seen through a mapping: 同上 and merged cells resolved.

use dukou_kernel::{Date, Money, Severity};

use crate::cell::{Cell, EXACT_BELOW, is_blank, narrow, one_line, says_nothing};
use crate::finding::{self, Code, Note};
use crate::grid::Grid;
use crate::layout::{Field, Kind, Mapping};
use crate::value::amount::{self, Unit};
use crate::value::currency::{self, Currency};
use crate::value::date;
use crate::value::unit::{self, Told};

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
            let known = self.mapping.columns.iter().find(|it| it.index == *column);
            let (top, left) = self.grid.anchor(row, *column).unwrap_or((row, *column));
            cells.push(Slot {
                field: *field,
                column: *column,
                unit: *unit,
                header: known.map(|it| it.header.clone()).unwrap_or_default(),
                unread: known.and_then(|it| it.unread.clone()),
                currency: self.grid.mark(top, left).currency,
                struck: self.grid.mark(row, *column).struck,
                cells: all,
            });
        }
        self.above = cells
            .iter()
            .map(|slot| slot.cells.first().cloned().unwrap_or_default())
            .collect();
        let mut view = View {
            cells,
            kind: self.kind,
            today: self.today,
            notes: Vec::new(),
            broken: Vec::new(),
        };
        view.take_errors();
        view
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
    header: String,
    /// Words for the unit that are not understood.
    unread: Option<String>,
    /// The currency that the cell's number format shows, if it is not the yuan.
    currency: Option<&'static Currency>,
    /// The cell is struck through.
    struck: bool,
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
    /// Fields whose cell holds an error; it says more than that it is empty.
    broken: Vec<Field>,
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
            broken: self.broken.clone(),
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
        let said = self.broken.contains(&note.field) || self.broken.contains(&note.cell);
        if !(said && note.code == Code::Required) {
            self.notes.push(note);
        }
    }

    /// Notes the cells that hold an error or half a number, and takes them as empty.
    fn take_errors(&mut self) {
        let mut notes = Vec::new();
        for slot in &mut self.cells {
            if slot.struck {
                let shown = slot.cells.first().map(Cell::shown).unwrap_or_default();
                notes.push(finding::cell_struck(slot.field, self.kind, &shown));
            }
            for cell in &mut slot.cells {
                if let Cell::Error(shown) = cell {
                    notes.push(finding::cell_error(slot.field, self.kind, shown));
                    self.broken.push(slot.field);
                    *cell = Cell::Empty;
                } else if slot.field.is_identifier() && lost_digits(cell) {
                    let shown = cell.shown();
                    notes.push(finding::identifier_inexact(slot.field, self.kind, &shown));
                    self.broken.push(slot.field);
                    *cell = Cell::Empty;
                }
            }
        }
        self.notes.extend(notes);
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

    /// The unit of a column in this row, or the words that are none.
    fn unit_of(&self, slot: Option<&Slot>) -> Result<Unit, String> {
        if let Some(words) = self.words(Field::AmountUnit) {
            return match unit::token(&words) {
                Some(Told::Unit(unit)) => Ok(unit),
                _ => Err(words),
            };
        }
        if let Some(words) = self.words(Field::Currency)
            && currency::foreign(&words).is_none()
            && !currency::says_yuan(&words)
            && !matches!(words.as_str(), "元" | "¥" | "￥")
        {
            return Err(words);
        }
        let Some(slot) = slot else {
            return Ok(Unit::default());
        };
        match (slot.unit, &slot.unread) {
            (Some(unit), _) => Ok(unit),
            (None, Some(words)) => Err(words.clone()),
            (None, None) => Ok(Unit::default()),
        }
    }

    /// The unit of the field's column in this row, where one is understood.
    pub fn unit(&self, field: Field) -> Option<Unit> {
        let slot = self.slot(field)?;
        let named = slot.unit.is_some() || self.words(Field::AmountUnit).is_some();
        self.unit_of(Some(slot)).ok().filter(|_| named)
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
        if !must && says_nothing(&cell.shown()) {
            return None;
        }
        match self.amount(self.slot(field), &cell) {
            Ok(money) => Some(money),
            Err(bad) => {
                self.note(bad.note(field, self.kind, &cell));
                None
            }
        }
    }

    /// The amount in a cell of a column.
    fn amount(&self, slot: Option<&Slot>, cell: &Cell) -> Result<Money, Bad> {
        if let Some(currency) = self.currency(slot, cell) {
            return Err(Bad::Foreign(currency));
        }
        match self.unit_of(slot) {
            Ok(unit) => amount::read(cell, unit).ok_or(Bad::Unreadable),
            // 20万元 says its unit itself, whatever stands above it.
            Err(words) => amount::read(cell, Unit::Yuan)
                .filter(|money| amount::read(cell, Unit::TenThousand) == Some(*money))
                .ok_or(Bad::Unit(words)),
        }
    }

    /// The currency other than the yuan in which an amount stands.
    fn currency(&self, slot: Option<&Slot>, cell: &Cell) -> Option<&'static Currency> {
        let of_cell = match cell {
            Cell::Text(text) => currency::foreign(text),
            _ => None,
        };
        let words = self.words(Field::AmountUnit);
        let of_row = words.as_deref().and_then(currency::foreign);
        let of_row = of_row.or_else(|| self.original().filter(|_| !self.is_converted(slot)));
        let column = slot.filter(|slot| slot.unit.is_none());
        let of_column = column.and_then(|slot| slot.unread.as_deref());
        of_cell
            .or_else(|| slot.and_then(|slot| slot.currency))
            .or(of_row)
            .or_else(|| of_column.and_then(currency::foreign))
    }

    /// The currency that the row says it was paid in, if it is not the yuan.
    fn original(&self) -> Option<&'static Currency> {
        let said = self.words(Field::Currency);
        let said = said.as_deref().and_then(currency::foreign);
        let beside = self.slot(Field::OriginalAmount);
        let beside = beside.filter(|_| self.words(Field::OriginalAmount).is_some());
        said.or_else(|| {
            let header = beside?.header.as_str();
            currency::foreign(header).or_else(|| currency::foreign("外币"))
        })
    }

    /// Whether a column holds yuan that were counted at a rate from a source.
    fn is_converted(&self, slot: Option<&Slot>) -> bool {
        let yuan = slot.is_some_and(|slot| {
            let beside = slot.unit.is_some() && self.words(Field::OriginalAmount).is_some();
            currency::says_yuan(&slot.header) || beside
        });
        yuan && self.words(Field::Rate).is_some() && self.words(Field::RateSource).is_some()
    }

    /// Notes a rate at which the original amount does not make the yuan.
    pub fn check_rate(&mut self, yuan: Option<Money>) {
        let Some(slot) = self.slot(Field::OriginalAmount) else {
            return;
        };
        let unit = scale(&slot.header);
        let original = amount::read(self.cell(Field::OriginalAmount), unit);
        // The rate in parts of a million, exactly.
        let rate = amount::read(self.cell(Field::Rate), Unit::TenThousand);
        let (Some(yuan), Some(original), Some(rate)) = (yuan, original, rate) else {
            return;
        };
        if !amount::is_worth(original, rate, yuan) {
            self.note(finding::rate_mismatch(
                &self.cell(Field::Rate).shown(),
                &yuan.to_string(),
            ));
        }
    }

    /// What keeps the words of a cell from being amounts in yuan, whatever they are.
    pub fn no_yuan(&self, field: Field, cell: &Cell) -> Option<Note> {
        let slot = self.slot(field);
        let bad = match (self.currency(slot, cell), self.unit_of(slot)) {
            (Some(currency), _) => Bad::Foreign(currency),
            (None, Err(words)) => Bad::Unit(words),
            (None, Ok(_)) => return None,
        };
        Some(bad.note(field, self.kind, cell))
    }

    /// The amounts in all columns of a field that may stand several times, with their
    /// column; what is no amount is noted.
    pub fn several(&mut self, field: Field) -> Vec<(usize, Money)> {
        let mut found = Vec::new();
        let mut notes = Vec::new();
        for slot in self.cells.iter().filter(|slot| slot.field == field) {
            let cell = slot.cells.first().unwrap_or(&EMPTY);
            if cell.is_empty() || says_nothing(&cell.shown()) {
                continue;
            }
            match self.amount(Some(slot), cell) {
                Ok(money) => found.push((slot.column, money)),
                Err(bad) => notes.push(bad.note(field, self.kind, cell)),
            }
        }
        notes.into_iter().for_each(|note| self.note(note));
        found
    }
}

/// A whole number too large for a number cell, or one that a program wrote as 2.02E+15.
fn lost_digits(cell: &Cell) -> bool {
    match cell {
        Cell::Number(number) => number.abs() >= EXACT_BELOW,
        Cell::Text(text) => {
            let plain = crate::cell::squeeze(text).to_uppercase();
            let parts = plain.split_once("E+");
            parts.is_some_and(|(head, power)| {
                let digits = |c: char| c.is_ascii_digit() || c == '.';
                head.starts_with(|c: char| c.is_ascii_digit())
                    && head.chars().all(digits)
                    && !power.is_empty()
                    && power.bytes().all(|b| b.is_ascii_digit())
            })
        }
        _ => false,
    }
}

/// How many of a foreign currency one counted unit is: 万美元, 百万欧元.
fn scale(header: &str) -> Unit {
    let named = [
        ("亿", Unit::HundredMillion),
        ("千万", Unit::TenMillion),
        ("百万", Unit::Million),
        ("万", Unit::TenThousand),
        ("千", Unit::Thousand),
    ];
    let found = named.into_iter().find(|(word, _)| header.contains(word));
    found.map_or(Unit::Yuan, |(_, unit)| unit)
}

/// Why a cell gives no amount in yuan.
enum Bad {
    Unreadable,
    Unit(String),
    Foreign(&'static Currency),
}

impl Bad {
    fn note(self, field: Field, kind: Kind, cell: &Cell) -> Note {
        match self {
            Self::Unreadable => finding::amount_unreadable(field, kind, &cell.shown()),
            Self::Unit(words) => finding::unit_unread(field, kind, &words),
            Self::Foreign(currency) => finding::currency_foreign(field, kind, currency),
        }
    }
}
