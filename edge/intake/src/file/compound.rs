//! Excel's older binary form, measured before a spreadsheet reader sees it: the
//! reader makes room for the rectangle between the outermost cells of a sheet,
//! and for whatever size the sheet promises.

use std::io::{Cursor, Read};

use dukou_kernel::Text;

use super::{CELLS_MAX, FILE_BYTES_MAX, damaged, too_large};

const BOF: u16 = 0x0809;
const EOF: u16 = 0x000a;
const BOUND_SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
/// Records that begin with the row and the column of a cell.
const CELLS: [u16; 6] = [0x0006, 0x0203, 0x0204, 0x00d6, 0x0205, 0x027e];
/// The same for a cell whose text stands in the table of strings.
const SHARED: u16 = 0x00fd;
/// A row and its first column; the last column stands at the record's end.
const MANY: u16 = 0x00bd;

/// Sheets of one file beyond this number are refused.
const SHEETS_MAX: usize = 1_024;

/// Refuses what would take more cells than any file may.
pub fn check(bytes: &[u8]) -> Result<(), Text> {
    let stream = workbook(bytes)?;
    let places = places(&stream);
    if places.len() > SHEETS_MAX {
        return Err(too_large());
    }
    let mut left = CELLS_MAX as u64;
    // Sheets may share a place, and each is read again.
    let mut work = FILE_BYTES_MAX.saturating_mul(4);
    for at in places {
        let sheet = stream.get(at..).ok_or_else(damaged)?;
        let (cells, walked) = measure(sheet);
        left = left.checked_sub(cells).ok_or_else(too_large)?;
        work = work.checked_sub(walked).ok_or_else(too_large)?;
    }
    Ok(())
}

fn workbook(bytes: &[u8]) -> Result<Vec<u8>, Text> {
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|_| damaged())?;
    for name in ["/Workbook", "/Book"] {
        if let Ok(stream) = file.open_stream(name) {
            let mut content = Vec::new();
            let read = stream.take(FILE_BYTES_MAX as u64).read_to_end(&mut content);
            return read.map(|_| content).map_err(|_| damaged());
        }
    }
    Err(damaged())
}

fn short(data: &[u8], at: usize) -> Option<u64> {
    let pair = data.get(at..at.checked_add(2)?)?;
    Some(u64::from(u16::from_le_bytes(pair.try_into().ok()?)))
}

fn long(data: &[u8], at: usize) -> Option<u64> {
    let four = data.get(at..at.checked_add(4)?)?;
    Some(u64::from(u32::from_le_bytes(four.try_into().ok()?)))
}

/// The records from here on: kind and content.
fn records(mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let kind = u16::try_from(short(rest, 0)?).ok()?;
        let end = usize::try_from(short(rest, 2)?).ok()?.checked_add(4)?;
        let data = rest.get(4..end)?;
        rest = rest.get(end..)?;
        Some((kind, data))
    })
}

fn places(stream: &[u8]) -> Vec<usize> {
    records(stream)
        .take_while(|(kind, _)| *kind != EOF)
        .filter(|(kind, _)| *kind == BOUND_SHEET)
        .filter_map(|(_, data)| usize::try_from(long(data, 0)?).ok())
        .take(SHEETS_MAX + 1)
        .collect()
}

/// Rows and columns between the outermost cells.
#[derive(Default)]
struct Area(Option<[u64; 4]>);

impl Area {
    fn widen(&mut self, row: Option<u64>, column: Option<u64>) {
        let (Some(row), Some(column)) = (row, column) else {
            return;
        };
        let [top, left, bottom, right] = self.0.unwrap_or([row, column, row, column]);
        self.0 = Some([
            top.min(row),
            left.min(column),
            bottom.max(row),
            right.max(column),
        ]);
    }

    fn cells(&self) -> u64 {
        self.0.map_or(0, |[top, left, bottom, right]| {
            let rows = bottom.saturating_sub(top).saturating_add(1);
            rows.saturating_mul(right.saturating_sub(left).saturating_add(1))
        })
    }
}

/// The cells that a reader makes room for, and the bytes walked to know it.
fn measure(sheet: &[u8]) -> (u64, usize) {
    let (mut promised, mut area) = (0u64, Area::default());
    let (mut walked, mut depth) = (0usize, 0usize);
    for (kind, data) in records(sheet) {
        walked = walked.saturating_add(data.len()).saturating_add(4);
        match kind {
            BOF => depth = depth.saturating_add(1),
            EOF if depth <= 1 => break,
            EOF => depth = depth.saturating_sub(1),
            DIMENSIONS => promised = promised.saturating_add(promise(data).unwrap_or(u64::MAX)),
            MANY => {
                let last = data.len().checked_sub(2).and_then(|at| short(data, at));
                area.widen(short(data, 0), short(data, 2));
                area.widen(short(data, 0), last);
            }
            kind if kind == SHARED || CELLS.contains(&kind) => {
                area.widen(short(data, 0), short(data, 2));
            }
            _ => {}
        }
    }
    (area.cells().max(promised), walked)
}

/// The size a sheet says it has, in either form of the record.
fn promise(data: &[u8]) -> Option<u64> {
    let (first, end, left, right) = if data.len() == 10 {
        (
            short(data, 0)?,
            short(data, 2)?,
            short(data, 4)?,
            short(data, 6)?,
        )
    } else {
        (
            long(data, 0)?,
            long(data, 4)?,
            short(data, 8)?,
            short(data, 10)?,
        )
    };
    if end == 0 || right == 0 {
        return Some(1);
    }
    let left = if left > 0xff || right < left { 0 } else { left };
    let rows = end.checked_sub(first)?;
    Some(rows.saturating_mul(right.saturating_sub(left)))
}
