//! All files of one import together: read, checked against each other, counted.

use dukou_kernel::{Date, Money, Severity, Text};

use crate::check::check;
use crate::file::{Unreadable, open};
use crate::finding::{self, CellFinding, Code, Note};
use crate::grid::{Grid, Shown};
use crate::known::Known;
use crate::layout::{Block, Field, Kind, Mapping, blank_mapping, blocks};
use crate::row::{Achievement, Contract, Distribution, Receipt};
use crate::table::{Beside, Table, read_table};

/// How to read a batch.
pub struct Options<'a> {
    /// The day of the import.
    pub today: Date,
    /// Mappings saved or corrected by a person; each holds for every sheet
    /// with its header.
    pub mappings: &'a [Mapping],
    /// What the system already has.
    pub known: &'a dyn Known,
}

/// One table of a sheet and how it fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetReport {
    /// The file's name.
    pub file: String,
    /// The sheet's name.
    pub sheet: String,
    /// What its rows are; unknown when absent.
    pub kind: Option<Kind>,
    /// First row of the header, counted from 1.
    pub header_row: Option<usize>,
    /// Rows below the header.
    pub rows: usize,
    /// Records that are good.
    pub accepted: usize,
    /// Rows that are no records: blank, subtotals, notes, continuations.
    pub skipped: usize,
    /// Records with at least one refused finding.
    pub rejected: usize,
    /// What stands where, as guessed or as given.
    pub mapping: Option<Mapping>,
}

/// Counts and sums over the accepted rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Achievements.
    pub achievements: usize,
    /// Contracts.
    pub contracts: usize,
    /// Sum of the contracts' amounts.
    pub contracted: Money,
    /// Receipts.
    pub receipts: usize,
    /// Sum of the receipts.
    pub received: Money,
    /// Distributions.
    pub distributions: usize,
}

/// The rows that are good by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Achievements in the order of the files.
    pub achievements: Vec<Achievement>,
    /// Contracts in the order of the files.
    pub contracts: Vec<Contract>,
    /// Receipts in the order of the files.
    pub receipts: Vec<Receipt>,
    /// Distributions in the order of the files.
    pub distributions: Vec<Distribution>,
}

/// What an import found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The tables, in the order of files and sheets.
    pub sheets: Vec<SheetReport>,
    /// Bad and odd cells, in the order of sheets, rows and columns.
    pub findings: Vec<CellFinding>,
    /// The good rows.
    pub accepted: Accepted,
    /// Counts and sums over the good rows.
    pub totals: Totals,
}

impl Batch {
    /// True when no row was rejected.
    pub fn is_clean(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity != Severity::Refused)
    }

    /// True when not one sheet was recognised.
    pub fn is_foreign(&self) -> bool {
        self.sheets.iter().all(|sheet| sheet.kind.is_none())
    }
}

/// A table with the sheet report it belongs to.
pub(crate) struct Read {
    pub sheet: usize,
    pub kind: Kind,
    pub mapping: Mapping,
    pub table: Table,
}

/// Reads all files as one batch. `progress` hears how many of how many rows
/// are done.
///
/// # Errors
/// When a file cannot be read at all; then nothing of the batch is read.
pub fn read(
    files: &[(&str, &[u8])],
    options: &Options<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Batch, Unreadable> {
    let mut grids = Vec::new();
    for (name, bytes) in files {
        grids.extend(open(name, bytes)?);
    }
    Ok(read_grids(&grids, options, progress))
}

/// Finds the tables of all files without reading their rows: what a person
/// corrects before an import.
///
/// # Errors
/// When a file cannot be read at all.
pub fn guess(
    files: &[(&str, &[u8])],
    options: &Options<'_>,
) -> Result<Vec<SheetReport>, Unreadable> {
    let mut reports = Vec::new();
    for (name, bytes) in files {
        for grid in open(name, bytes)? {
            if grid.shown != Shown::Visible {
                reports.push(report(&grid, None, grid.height()));
                continue;
            }
            let found = blocks(&grid, options.mappings, options.today);
            if found.is_empty() {
                let mapping = blank_mapping(&grid, options.today);
                reports.push(report(&grid, mapping, grid.height()));
            }
            for block in found {
                let rows = block.end.saturating_sub(block.first);
                reports.push(report(&grid, Some(block.mapping), rows));
            }
        }
    }
    Ok(reports)
}

fn read_grids(
    grids: &[Grid],
    options: &Options<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Batch {
    let total: usize = grids.iter().map(Grid::height).sum();
    let mut done = 0;
    progress(0, total);
    let found: Vec<(&Grid, Vec<Block>)> = grids
        .iter()
        .map(|grid| match grid.shown {
            Shown::Visible => (grid, blocks(grid, options.mappings, options.today)),
            // What nobody sees is no part of the ledger.
            _ => (grid, Vec::new()),
        })
        .collect();
    let main: Vec<Kind> = found
        .iter()
        .flat_map(|(_, blocks)| blocks)
        .filter(|block| block.beside.is_empty())
        .filter_map(|block| block.mapping.kind)
        .collect();
    let mut batch = Batch::default();
    let mut reads = Vec::new();
    for (grid, blocks) in found {
        let before = done;
        if blocks.is_empty() {
            batch.sheets.push(report(grid, None, 0));
            batch.findings.extend(hidden(grid, batch.sheets.len() - 1));
        }
        for block in blocks {
            let rows = (block.first, block.end);
            let all = readings(block, &main);
            let uses = |mapping: &Mapping, index: usize| {
                let used = mapping.columns.iter().find(|column| column.index == index);
                used.is_some_and(|column| column.field.is_some())
            };
            let foreign: Vec<Vec<usize>> = all
                .iter()
                .map(|mapping| {
                    let others = all.iter().filter(|other| other.kind != mapping.kind);
                    let columns = others.flat_map(|other| {
                        other
                            .columns
                            .iter()
                            .map(move |column| (other, column.index))
                    });
                    columns
                        .filter(|(other, index)| uses(other, *index) && !uses(mapping, *index))
                        .map(|(_, index)| index)
                        .collect()
                })
                .collect();
            let receipts = all
                .iter()
                .any(|mapping| mapping.kind == Some(Kind::Receipts));
            for (index, (mapping, columns)) in all.into_iter().zip(foreign).enumerate() {
                let mut tick = |rows: usize| {
                    done = total.min(done + rows);
                    progress(done, total);
                };
                let beside = Beside {
                    second: index > 0,
                    columns: &columns,
                    receipts,
                };
                let table = read_table(grid, &mapping, rows, beside, options.today, &mut tick);
                let mut sheet = report(
                    grid,
                    Some(mapping.clone()),
                    table.records.len() + table.skipped,
                );
                sheet.skipped = table.skipped;
                batch.sheets.push(sheet);
                let Some(kind) = mapping.kind else { continue };
                reads.push(Read {
                    sheet: batch.sheets.len() - 1,
                    kind,
                    mapping,
                    table,
                });
            }
        }
        done = total.min(before + grid.height());
        progress(done, total);
    }
    check(&mut reads, &mut batch, options);
    settle(&mut batch);
    progress(total, total);
    batch
}

/// A hidden sheet is named, for nobody sees that it is there.
fn hidden(grid: &Grid, sheet: usize) -> Option<CellFinding> {
    let very = match grid.shown {
        Shown::Visible => return None,
        Shown::Hidden => false,
        Shown::VeryHidden => true,
    };
    let (message, suggestion) = finding::sheet_hidden(very);
    Some(CellFinding {
        sheet,
        row: 1,
        column: None,
        field: Field::Title,
        name: Text::new("工作表", "sheet"),
        code: Code::SheetHidden,
        severity: Code::SheetHidden.severity(),
        message,
        suggestion,
    })
}

/// The kinds a table is read as, the earliest in the chain first. What has a
/// sheet of its own is not read out of a wider one a second time.
fn readings(block: Block, main: &[Kind]) -> Vec<Mapping> {
    if block.beside.is_empty() {
        return vec![block.mapping];
    }
    let best = block.mapping.clone();
    let mut all: Vec<Mapping> = std::iter::once(block.mapping)
        .chain(block.beside)
        .filter(|mapping| mapping.kind.is_some_and(|kind| !main.contains(&kind)))
        .collect();
    all.sort_by_key(|mapping| mapping.kind);
    if all.is_empty() { vec![best] } else { all }
}

fn report(grid: &Grid, mapping: Option<Mapping>, rows: usize) -> SheetReport {
    SheetReport {
        file: grid.file.clone(),
        sheet: grid.sheet.clone(),
        kind: mapping.as_ref().and_then(|mapping| mapping.kind),
        header_row: mapping.as_ref().map(|mapping| mapping.header_row),
        rows,
        accepted: 0,
        skipped: 0,
        rejected: 0,
        mapping,
    }
}

/// A note at its place.
pub(crate) fn placed(
    note: Note,
    sheet: usize,
    row: usize,
    mapping: &Mapping,
    kind: Kind,
) -> CellFinding {
    let column = mapping.column(note.cell).or_else(|| match note.cell {
        Field::Rights => mapping.column(Field::RightTitle),
        Field::Inventors => mapping.column(Field::Lead),
        Field::RightKind => mapping.column(Field::Number),
        _ => None,
    });
    CellFinding {
        sheet,
        row,
        column: column.map(|column| column.index),
        field: note.field,
        name: note.field.name_in(kind),
        code: note.code,
        severity: note.code.severity(),
        message: note.message,
        suggestion: note.suggestion,
    }
}

fn settle(batch: &mut Batch) {
    batch
        .findings
        .sort_by_key(|finding| (finding.sheet, finding.row, finding.column, finding.code));
    let good = &batch.accepted;
    let places = good
        .achievements
        .iter()
        .map(|row| row.place)
        .chain(good.contracts.iter().map(|row| row.place))
        .chain(good.receipts.iter().map(|row| row.place))
        .chain(good.distributions.iter().map(|row| row.place));
    for place in places {
        if let Some(sheet) = batch.sheets.get_mut(place.sheet) {
            sheet.accepted += 1;
        }
    }
    for sheet in &mut batch.sheets {
        if sheet.kind.is_some() {
            sheet.rejected = sheet
                .rows
                .saturating_sub(sheet.skipped)
                .saturating_sub(sheet.accepted);
        }
    }
    let largest = Money::from_fen(i64::MAX);
    batch.totals = Totals {
        achievements: good.achievements.len(),
        contracts: good.contracts.len(),
        contracted: Money::sum(good.contracts.iter().map(|row| row.amount)).unwrap_or(largest),
        receipts: good.receipts.len(),
        received: Money::sum(good.receipts.iter().map(|row| row.amount)).unwrap_or(largest),
        distributions: good.distributions.len(),
    };
}
