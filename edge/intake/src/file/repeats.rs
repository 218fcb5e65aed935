//! OpenDocument says how often a row, a cell or a blank stands there: a few bytes
//! may mean a thousand million cells, so they are counted before anything is read.
//! What is opened must be closed too: the reader waits for the end of a table, and
//! behind the end of the file it waits for ever.

use std::io::BufRead;

use dukou_kernel::Text;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{CELLS_MAX, TEXT_BYTES_MAX, damaged, too_large};

/// More columns than this no reader keeps.
const COLUMNS_READ: u64 = 16_384;

/// Refuses content that would take more cells or more text than a file may, or
/// leaves something open.
pub fn check(content: impl BufRead) -> Result<(), Text> {
    let mut reader = Reader::from_reader(content);
    let mut count = Count::default();
    let mut open = 0_u64;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| damaged())? {
            Event::Start(tag) => {
                open = open.saturating_add(1);
                count.begin(&tag)?;
            }
            Event::Empty(tag) => {
                count.begin(&tag)?;
                count.end(tag.name().as_ref())?;
            }
            Event::End(tag) => {
                open = open.saturating_sub(1);
                count.end(tag.name().as_ref())?;
            }
            Event::Text(text) => count.text(text.len() as u64),
            Event::CData(text) => count.text(text.len() as u64),
            Event::GeneralRef(_) => count.text(4),
            Event::Eof if open == 0 => return Ok(()),
            Event::Eof => return Err(damaged()),
            _ => {}
        }
    }
}

/// How often something stands there; what is no number is too often.
fn times(tag: &BytesStart<'_>, name: &str) -> Result<u64, Text> {
    let found = tag.try_get_attribute(name).map_err(|_| damaged())?;
    let Some(found) = found else { return Ok(1) };
    let plain = quick_xml::escape::unescape(&found.value).map_err(|_| damaged())?;
    plain.parse().map_err(|_| damaged())
}

#[derive(Default)]
struct Count {
    /// Cells of all tables before this one, and cells kept row by row.
    cells: u64,
    /// Bytes of text, each as often as it stands there.
    text: u64,
    /// Rows of this table from its first that says anything to its last.
    rows: u64,
    /// Rows since, that say nothing.
    blank_rows: u64,
    /// Columns of this table's widest row.
    width: u64,
    row: Row,
    cell: Cell,
}

#[derive(Default)]
struct Row {
    times: u64,
    width: u64,
    blank: u64,
    text: u64,
}

#[derive(Default)]
struct Cell {
    times: u64,
    says: bool,
    text: u64,
}

impl Count {
    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<(), Text> {
        match tag.name().as_ref() {
            "table:table" => (self.rows, self.blank_rows, self.width) = (0, 0, 0),
            "table:table-row" => {
                self.row = Row {
                    times: times(tag, "table:number-rows-repeated")?,
                    ..Row::default()
                };
            }
            "table:table-cell" | "table:covered-table-cell" => {
                self.cell = Cell {
                    times: times(tag, "table:number-columns-repeated")?,
                    says: false,
                    text: 0,
                };
                for attribute in tag.attributes().with_checks(false) {
                    let attribute = attribute.map_err(|_| damaged())?;
                    let name = attribute.key.as_ref();
                    if name.starts_with("office:") || name == "table:formula" {
                        self.text(attribute.value.len() as u64);
                        self.cell.says = true;
                    }
                }
            }
            "text:s" => self.text(times(tag, "text:c")?),
            "text:p" | "text:tab" | "text:line-break" => self.text(1),
            _ => {}
        }
        self.bounded()
    }

    fn text(&mut self, bytes: u64) {
        self.cell.text = self.cell.text.saturating_add(bytes);
    }

    fn end(&mut self, name: &str) -> Result<(), Text> {
        match name {
            "table:table-cell" | "table:covered-table-cell" => {
                let (row, cell) = (&mut self.row, &self.cell);
                if cell.says {
                    let wide = row.width.saturating_add(row.blank);
                    row.width = wide.saturating_add(cell.times).min(COLUMNS_READ);
                    row.blank = 0;
                    let often = cell.times.min(COLUMNS_READ);
                    row.text = row.text.saturating_add(cell.text.saturating_mul(often));
                } else {
                    row.blank = row.blank.saturating_add(cell.times);
                }
            }
            "table:table-row" => {
                let row = &self.row;
                if row.width > 0 {
                    let blank = if self.rows == 0 { 0 } else { self.blank_rows };
                    self.rows = self.rows.saturating_add(blank).saturating_add(row.times);
                    self.blank_rows = 0;
                    self.width = self.width.max(row.width);
                    self.cells = self.cells.saturating_add(row.width);
                    let text = row.text.saturating_mul(row.times);
                    self.text = self.text.saturating_add(text);
                } else {
                    self.blank_rows = self.blank_rows.saturating_add(row.times);
                }
            }
            "table:table" => {
                self.cells = self
                    .cells
                    .saturating_add(self.rows.saturating_mul(self.width));
                self.rows = 0;
            }
            _ => {}
        }
        self.bounded()
    }

    fn bounded(&self) -> Result<(), Text> {
        let table = self.rows.saturating_mul(self.width);
        let text = self.text.saturating_add(self.cell.text);
        if self.cells.saturating_add(table) > CELLS_MAX as u64 || text > TEXT_BYTES_MAX as u64 {
            return Err(too_large());
        }
        Ok(())
    }
}
