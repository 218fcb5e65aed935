//! Spreadsheets of every make, through calamine.

use std::collections::HashMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{
    Data, DataRef, Dimensions, ExcelDateTime, Ods, Reader, Sheet, SheetVisible, Style, Xls, Xlsb,
    Xlsx, XlsxCellReader, XlsxFormulaMetadata,
};
use dukou_kernel::{Text, text};

use super::archive::Kind;
use super::{CELLS_MAX, COLUMNS_MAX, ROWS_MAX, TEXT_BYTES_MAX, compound, damaged, too_large};
use crate::cell::{Cell, Stamp};
use crate::grid::{Grid, Mark, Region, Shown};
use crate::value::currency;

/// Merged regions beyond this number are not looked at.
const REGIONS_MAX: usize = 400_000;

/// Reads an archive that was measured before. calamine may panic on crafted
/// files, so a panic is taken as damage.
pub fn from_archive(name: &str, bytes: &[u8], kind: Kind) -> Result<Vec<Grid>, Text> {
    guarded(|| match kind {
        Kind::Xlsx => xlsx(name, bytes),
        Kind::Xlsb => xlsb(name, bytes),
        Kind::Ods => {
            let book = Ods::new(Cursor::new(bytes)).map_err(|_| damaged())?;
            whole(name, book, |_, _| Vec::new())
        }
    })
}

/// Reads the older binary form.
pub fn from_compound(name: &str, bytes: &[u8]) -> Result<Vec<Grid>, Text> {
    let marker: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    if bytes.windows(marker.len()).any(|window| window == marker) {
        return Err(text!(
            "文件设有打开密码；请去掉密码后再导入。",
            "The file is locked with a password; remove the password and import it again."
        ));
    }
    compound::check(bytes)?;
    guarded(|| {
        let book = Xls::new(Cursor::new(bytes)).map_err(|_| damaged())?;
        whole(name, book, |book, sheet| {
            book.merge_cells_by_sheet_name(sheet).unwrap_or_default()
        })
    })
}

/// The names of a book's sheets, and whether people see them.
fn named(sheets: &[Sheet]) -> Vec<(String, Shown)> {
    let shown = |visible: SheetVisible| match visible {
        SheetVisible::Visible => Shown::Visible,
        SheetVisible::Hidden => Shown::Hidden,
        SheetVisible::VeryHidden => Shown::VeryHidden,
    };
    let sheets = sheets.iter();
    sheets
        .map(|sheet| (sheet.name.clone(), shown(sheet.visible)))
        .collect()
}

fn guarded(read: impl FnOnce() -> Result<Vec<Grid>, Text>) -> Result<Vec<Grid>, Text> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(damaged()))
}

fn xlsx(name: &str, bytes: &[u8]) -> Result<Vec<Grid>, Text> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    let mut grids = Vec::new();
    let mut budget = Budget::default();
    for (sheet, shown) in named(book.sheets_metadata()) {
        let merged = book
            .merge_cells_by_sheet_name(&sheet)
            .map(regions)
            .unwrap_or_default();
        let Ok(mut reader) = book.worksheet_cells_reader(&sheet) else {
            continue;
        };
        let looks: Vec<Mark> = reader.styles().iter().map(look).collect();
        let rows = fill_with_formulas(&mut reader, &mut budget)?;
        drop(reader);
        let mut marks = HashMap::new();
        if looks.iter().any(|look| *look != Mark::default())
            && let Ok(mut reader) = book.worksheet_cells_reader(&sheet)
        {
            marks = marked(&mut reader, &looks, &rows)?;
        }
        let mut grid = Grid::new(name, &sheet, rows, merged).marked(marks);
        grid.shown = shown;
        grids.push(grid);
    }
    Ok(grids)
}

/// What a style says beside the content. The formats that the file only numbers show
/// the currency of whoever opens it.
fn look(style: &Style) -> Mark {
    const NUMBERED: std::ops::RangeInclusive<u32> = 1..=49;
    let format = style.number_format.as_ref();
    let format = format.filter(|it| it.format_id.is_none_or(|id| !NUMBERED.contains(&id)));
    Mark {
        currency: format.and_then(|it| currency::in_format(&it.format_code)),
        struck: style.font.as_ref().is_some_and(|font| font.strikethrough),
    }
}

/// The cells with something in them whose looks say something.
fn marked(
    reader: &mut XlsxCellReader<'_, Cursor<&[u8]>>,
    looks: &[Mark],
    rows: &[Vec<Cell>],
) -> Result<HashMap<(usize, usize), Mark>, Text> {
    let mut marks = HashMap::new();
    while let Some((row, column, style)) = reader.next_style_id().map_err(|_| damaged())? {
        let look = looks.get(style).copied().unwrap_or_default();
        let at = (row as usize, column as usize);
        let filled = rows.get(at.0).and_then(|line| line.get(at.1));
        if look != Mark::default() && filled.is_some_and(|cell| !cell.is_empty()) {
            marks.insert(at, look);
        }
    }
    Ok(marks)
}

/// The rows of a sheet; a formula without a value is no empty cell.
fn fill_with_formulas(
    reader: &mut XlsxCellReader<'_, Cursor<&[u8]>>,
    budget: &mut Budget,
) -> Result<Vec<Vec<Cell>>, Text> {
    let mut rows = Vec::new();
    while let Some(record) = reader
        .next_cell_with_formula_metadata()
        .map_err(|_| damaged())?
    {
        let content = match (&record.value, &record.formula) {
            (DataRef::Empty, Some(formula)) => Cell::Error(formula_text(formula).into()),
            (value, _) => content(value),
        };
        place(&mut rows, record.pos, content, budget)?;
    }
    Ok(rows)
}

/// The start of a formula, as people see it.
fn formula_text(formula: &XlsxFormulaMetadata) -> String {
    const SHOWN: usize = 40;
    let text = match formula {
        XlsxFormulaMetadata::Normal { formula } | XlsxFormulaMetadata::Shared { formula, .. } => {
            formula.as_str()
        }
        _ => "…",
    };
    std::iter::once('=')
        .chain(text.chars().take(SHOWN))
        .collect()
}

fn xlsb(name: &str, bytes: &[u8]) -> Result<Vec<Grid>, Text> {
    let mut book = Xlsb::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    let mut grids = Vec::new();
    let mut budget = Budget::default();
    for (sheet, shown) in named(book.sheets_metadata()) {
        let Ok(mut reader) = book.worksheet_cells_reader(&sheet) else {
            continue;
        };
        let rows = fill(|| reader.next_cell(), &mut budget)?;
        let mut grid = Grid::new(name, &sheet, rows, Vec::new());
        grid.shown = shown;
        grids.push(grid);
    }
    Ok(grids)
}

/// The rows of a sheet from its cells, one by one: no rectangle is laid out
/// between cells that stand far apart.
fn fill<'a, E>(
    mut next: impl FnMut() -> Result<Option<calamine::Cell<DataRef<'a>>>, E>,
    budget: &mut Budget,
) -> Result<Vec<Vec<Cell>>, Text> {
    let mut rows = Vec::new();
    while let Some(cell) = next().map_err(|_| damaged())? {
        let content = content(cell.get_value());
        place(&mut rows, cell.get_position(), content, budget)?;
    }
    Ok(rows)
}

fn content(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::String(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Bool(value) => Cell::text(if *value { "TRUE" } else { "FALSE" }),
        DataRef::DateTime(moment) => day(moment),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::text(text),
        DataRef::Error(error) => Cell::Error(error.to_string().into()),
        DataRef::Empty => Cell::Empty,
    }
}

/// What one file may still take.
struct Budget {
    cells: usize,
    text: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            cells: CELLS_MAX,
            text: TEXT_BYTES_MAX,
        }
    }
}

fn place(
    rows: &mut Vec<Vec<Cell>>,
    (row, column): (u32, u32),
    content: Cell,
    budget: &mut Budget,
) -> Result<(), Text> {
    if content.is_empty() {
        return Ok(());
    }
    if let Cell::Text(text) | Cell::Error(text) = &content {
        budget.text = budget.text.checked_sub(text.len()).ok_or_else(too_large)?;
    }
    let (row, column) = (row as usize, column as usize);
    if row >= ROWS_MAX || column >= COLUMNS_MAX {
        return Err(too_large());
    }
    // An empty row takes room too, in every sheet anew.
    if let Some(more) = (row + 1).checked_sub(rows.len()) {
        budget.cells = budget.cells.checked_sub(more).ok_or_else(too_large)?;
        rows.resize_with(row + 1, Vec::new);
    }
    let Some(line) = rows.get_mut(row) else {
        return Err(too_large());
    };
    if line.len() <= column {
        budget.cells = budget
            .cells
            .checked_sub(column + 1 - line.len())
            .ok_or_else(too_large)?;
        line.resize_with(column + 1, Cell::default);
    }
    if let Some(slot) = line.get_mut(column) {
        *slot = content;
    }
    Ok(())
}

fn whole<'a, R>(
    name: &str,
    mut book: R,
    merges: impl Fn(&R, &str) -> Vec<Dimensions>,
) -> Result<Vec<Grid>, Text>
where
    R: Reader<Cursor<&'a [u8]>>,
{
    let mut grids = Vec::new();
    let mut budget = Budget::default();
    for (sheet, shown) in named(book.sheets_metadata()) {
        let Ok(range) = book.worksheet_range(&sheet) else {
            continue;
        };
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        let (first_row, first_column) = range.start().unwrap_or((0, 0));
        for (row, column, data) in range.used_cells() {
            let at = (
                first_row.saturating_add(u32::try_from(row).unwrap_or(u32::MAX)),
                first_column.saturating_add(u32::try_from(column).unwrap_or(u32::MAX)),
            );
            place(&mut rows, at, from_data(data), &mut budget)?;
        }
        let merged = regions(merges(&book, &sheet));
        let mut grid = Grid::new(name, &sheet, rows, merged);
        grid.shown = shown;
        grids.push(grid);
    }
    Ok(grids)
}

fn from_data(data: &Data) -> Cell {
    match data {
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Float(number) => Cell::Number(*number),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::text(text),
        Data::Bool(value) => Cell::text(if *value { "TRUE" } else { "FALSE" }),
        Data::DateTime(moment) => day(moment),
        Data::Error(error) => Cell::Error(error.to_string().into()),
        Data::Empty => Cell::Empty,
    }
}

fn day(moment: &ExcelDateTime) -> Cell {
    let number = moment.as_f64();
    if !number.is_finite() || !(0.0..3_000_000.0).contains(&number) {
        return Cell::Number(number);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let small = |value: u8| i8::try_from(value).unwrap_or(0);
    let year = if number < 1.0 {
        1899
    } else {
        i16::try_from(year).unwrap_or(0)
    };
    Cell::Day(
        Stamp {
            year,
            month: small(month),
            day: small(day),
            hour,
            minute,
            second,
        },
        number,
    )
}

fn regions(merged: Vec<Dimensions>) -> Vec<Region> {
    merged
        .into_iter()
        .take(REGIONS_MAX)
        .map(|d| Region {
            top: d.start.0 as usize,
            left: d.start.1 as usize,
            bottom: d.end.0 as usize,
            right: d.end.1 as usize,
        })
        .collect()
}
