//! Small ledgers made for the tests.

use dukou_intake::{Batch, Nothing, Options, read};
use dukou_kernel::{Date, Lang};
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use serde_json::Value;

/// One cell of a made sheet.
#[derive(Clone, Copy)]
pub enum C {
    /// Nothing.
    E,
    /// Text.
    S(&'static str),
    /// A number.
    N(f64),
    /// A date cell.
    D(u16, u8, u8),
}

pub use C::{D, E, N, S};

/// Writes rows into a sheet.
pub fn fill(sheet: &mut Worksheet, rows: &[&[C]]) {
    let day = Format::new().set_num_format("yyyy/m/d");
    for (row, cells) in (0u32..).zip(rows) {
        for (column, cell) in (0u16..).zip(*cells) {
            match cell {
                E => {}
                S(text) => {
                    sheet.write(row, column, *text).unwrap();
                }
                N(number) => {
                    sheet.write(row, column, *number).unwrap();
                }
                D(year, month, date) => {
                    let date =
                        rust_xlsxwriter::ExcelDateTime::from_ymd(*year, *month, *date).unwrap();
                    sheet.write_with_format(row, column, &date, &day).unwrap();
                }
            }
        }
    }
}

/// Merges a region over the text that stands in its first cell.
pub fn merge(sheet: &mut Worksheet, region: (u32, u16, u32, u16), text: &str) {
    let (top, left, bottom, right) = region;
    sheet
        .merge_range(top, left, bottom, right, text, &Format::new())
        .unwrap();
}

/// A workbook of sheets without merged cells.
pub fn book(sheets: &[(&str, &[&[C]])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).unwrap();
        fill(sheet, rows);
    }
    book.save_to_buffer().unwrap()
}

/// Reads files on the first day of 2026 in an empty system.
pub fn import(files: &[(&str, &[u8])]) -> Batch {
    let today = Date::new(2026, 1, 1).unwrap();
    let options = Options {
        today,
        mappings: &[],
        known: &Nothing,
    };
    read(files, &options, &mut |_, _| {}).unwrap()
}

/// `sheet row code` of every refused finding.
pub fn refused(batch: &Batch) -> Vec<String> {
    let json = batch.to_json(false, Lang::Zh);
    json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["severity"] == "refused")
        .map(|f| {
            format!(
                "{} {} {}",
                f["sheet"].as_str().unwrap(),
                f["row"],
                f["code"].as_str().unwrap()
            )
        })
        .collect()
}

/// One accepted row of a kind, as compact JSON.
pub fn rows(batch: &Batch, kind: &str) -> Vec<Value> {
    batch.to_json(true, Lang::Zh)["accepted"][kind]
        .as_array()
        .unwrap()
        .clone()
}

/// The kinds of the sheets in order.
pub fn kinds(batch: &Batch) -> Vec<&'static str> {
    batch
        .sheets
        .iter()
        .map(|s| s.kind.map_or("unknown", |k| k.word()))
        .collect()
}

/// A workbook with the parts of its sheets rewritten.
pub fn rewritten(bytes: &[u8], change: impl Fn(&str) -> String) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut from = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut part = from.by_index(index).unwrap();
        let name = part.name().unwrap().to_string();
        let mut content = Vec::new();
        part.read_to_end(&mut content).unwrap();
        if name.ends_with(".xml") {
            content = change(std::str::from_utf8(&content).unwrap()).into_bytes();
        }
        to.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        to.write_all(&content).unwrap();
    }
    to.finish().unwrap().into_inner()
}
