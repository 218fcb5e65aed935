//! Small files that unfold into far too much, each made here. Whatever reads an
//! uploaded sheet is held against all of them.

use std::io::{Cursor, Read, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rust_xlsxwriter::Workbook;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// A file that looks small.
pub struct Bomb {
    /// Its name, with the ending that belongs to it.
    pub name: &'static str,
    /// What is wrong with it.
    pub what: &'static str,
    /// Makes it.
    pub make: fn() -> Vec<u8>,
}

const fn bomb(name: &'static str, what: &'static str, make: fn() -> Vec<u8>) -> Bomb {
    Bomb { name, what, make }
}

/// Each is refused.
pub const REFUSED: &[Bomb] = &[
    bomb("a.xlsx", "a part that unpacks to far more", blanks),
    bomb("a.xlsx", "thousands of parts", parts),
    bomb("a.xlsx", "a promise of many strings", || {
        promised("99999999999")
    }),
    bomb("a.xlsx", "a promise of some strings", || {
        promised("4000000000")
    }),
    bomb("a.xlsx", "a promise of all strings", || {
        promised("18446744073709551615")
    }),
    bomb("a.xlsx", "a promise in another spelling", || {
        xlsx("<x:sst uniqueCount = '99999999999'></x:sst>", CELL)
    }),
    bomb("a.xlsx", "one long string in every cell", long_string),
    bomb("a.xlsx", "many sheets with one cell far below", far_below),
    bomb("a.ods", "cells that repeat", || {
        let rows = "table:number-rows-repeated=\"90000\"";
        ods(rows, "table:number-columns-repeated=\"1000\"")
    }),
    bomb("a.ods", "cells that repeat, spelt otherwise", || {
        let rows = "table:number-rows-repeated = '1048576'";
        ods(rows, "table:number-columns-repeated='16384'")
    }),
    bomb("a.ods", "cells that repeat, a digit as an entity", || {
        let rows = "table:number-rows-repeated=\"&#57;0000\"";
        ods(rows, "table:number-columns-repeated=\"1000\"")
    }),
    bomb("a.ods", "blanks that repeat", || {
        let blanks = "table:style-name=\"a\"/><table:table-cell office:value-type=\"string\">\
                      <text:p><text:s text:c=\"9999999999\"/></text:p></table:table-cell><table:table-cell";
        ods("", blanks)
    }),
    // A reader that waits for the end of a table waits for ever.
    bomb("a.ods", "a table that never ends", || {
        content("<table:table table:name=\"a\"><table:table-row/>")
    }),
    bomb("a.ods", "a table whose end has another name", || {
        content("<table:table table:name=\"a\"><table:table-row/></table:tabel>")
    }),
    bomb("a.ods", "a note that never ends", || {
        content(
            "<table:table table:name=\"a\"><table:table-row>\
             <table:table-cell office:value-type=\"string\"><office:annotation>\
             </table:table-cell></table:table-row></table:table>",
        )
    }),
    bomb("a.xlsb", "two far corners", || {
        xlsb(&[(0, 0), (1_048_575, 16_383)])
    }),
    bomb("a.xlsb", "a column beyond all", || {
        xlsb(&[(0, 0), (0, u32::MAX)])
    }),
    bomb("a.xls", "two far corners", || {
        xls(1, &[(0, 0), (65_535, 65_535)], (1, 1))
    }),
    // Sheets that share one place of the file multiply it.
    bomb("a.xls", "sheets on one place", || {
        xls(200, &[(0, 0), (65_535, 255)], (1, 1))
    }),
    // Nor is a promised size believed.
    bomb("a.xls", "a promise of rows", || {
        xls(1, &[(0, 0)], (u32::MAX, 200))
    }),
    bomb("a.xls", "a smaller promise of rows", || {
        xls(1, &[(0, 0)], (40_000_000, 256))
    }),
];

/// Each may be read, within bounds.
pub const BOUNDED: &[Bomb] = &[
    bomb("a.xlsx", "entities that name each other", entities),
    bomb("a.xlsx", "strings a million deep", || {
        let deep = format!("<sst><si>{}</si></sst>", "<t>".repeat(1_000_000));
        xlsx(&deep, CELL)
    }),
    bomb("a.xlsx", "rows a million deep", || {
        xlsx("<sst/>", &"<row>".repeat(1_000_000))
    }),
    bomb("a.xlsb", "one far corner", || {
        xlsb(&[(0, 0), (1_048_575, 1_000)])
    }),
];

/// Plain files made in the same way; each is read.
pub const PLAIN: &[Bomb] = &[
    bomb("a.xlsx", "plain", || {
        let strings = "<sst count=\"1\" uniqueCount=\"1\"><si><t>合同编号</t></si></sst>";
        xlsx(strings, CELL)
    }),
    bomb("a.ods", "plain", || ods("", "")),
    bomb("a.xlsb", "plain", || xlsb(&[(0, 0), (1, 1)])),
    bomb("a.xls", "plain", || xls(1, &[(0, 0), (1, 1)], (2, 2))),
];

fn blanks() -> Vec<u8> {
    let blanks = vec![b' '; 520 << 20];
    zipped(&[("xl/workbook.xml", &b""[..]), ("xl/a.xml", &blanks)])
}

fn parts() -> Vec<u8> {
    let many: Vec<String> = (0..5_000).map(|part| format!("xl/{part}.xml")).collect();
    let parts: Vec<(&str, &[u8])> = many.iter().map(|it| (it.as_str(), &b""[..])).collect();
    zipped(&parts)
}

fn promised(number: &str) -> Vec<u8> {
    let strings = format!("<sst uniqueCount=\"{number}\"><si><t>a</t></si></sst>");
    xlsx(&strings, CELL)
}

fn long_string() -> Vec<u8> {
    let strings = format!("<sst><si><t>{}</t></si></sst>", "长".repeat(100_000));
    let rows: String = (1..=20_000)
        .map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"s\"><v>0</v></c></row>"))
        .collect();
    xlsx(&strings, &rows)
}

fn entities() -> Vec<u8> {
    let mut strings = String::from("<!DOCTYPE a [<!ENTITY a0 \"laugh\">");
    for level in 1..12 {
        let inner = format!("&a{};", level - 1).repeat(10);
        strings.push_str(&format!("<!ENTITY a{level} \"{inner}\">"));
    }
    strings.push_str("]><sst><si><t>&a11;</t></si></sst>");
    xlsx(&strings, CELL)
}

fn far_below() -> Vec<u8> {
    let mut book = Workbook::new();
    for _ in 0..60 {
        book.add_worksheet().write(1_048_575, 0, "x").unwrap();
    }
    book.save_to_buffer().unwrap()
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A workbook as Excel writes it, with other shared strings and other rows.
fn xlsx(strings: &str, rows: &str) -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().write(0, 0, "a").unwrap();
    let whole = book.save_to_buffer().unwrap();
    let mut archive = ZipArchive::new(Cursor::new(whole)).unwrap();
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        if name.ends_with("sharedStrings.xml") {
            strings.clone_into(&mut text);
        } else if name.ends_with("sheet1.xml") {
            let (before, rest) = text.split_once("<sheetData>").unwrap();
            let (_, after) = rest.split_once("</sheetData>").unwrap();
            text = format!("{before}<sheetData>{rows}</sheetData>{after}");
        }
        parts.push((name, text));
    }
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    zipped(&parts)
}

const CELL: &str = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>";

fn ods(row: &str, cell: &str) -> Vec<u8> {
    content(&format!(
        "<table:table table:name=\"a\"><table:table-row {row}>\
         <table:table-cell office:value-type=\"string\" {cell}><text:p>甲</text:p></table:table-cell>\
         </table:table-row></table:table>"
    ))
}

/// An OpenDocument sheet with these tables.
fn content(tables: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet>{tables}\
         </office:spreadsheet></office:body></office:document-content>"
    );
    zipped(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("content.xml", content.as_bytes()),
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
    ])
}

/// One record of Excel's newer binary form.
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let low = u8::try_from(kind & 0x7f).unwrap();
    if kind < 0x80 {
        bytes.push(low);
    } else {
        bytes.extend([low | 0x80, u8::try_from(kind >> 7).unwrap()]);
    }
    bytes.push(u8::try_from(data.len()).unwrap());
    bytes.extend(data);
    bytes
}

fn wide(text: &str) -> Vec<u8> {
    let mut bytes = u32::try_from(text.len()).unwrap().to_le_bytes().to_vec();
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}

fn xlsb(cells: &[(u32, u32)]) -> Vec<u8> {
    let mut bundle = vec![0, 0, 0, 0, 1, 0, 0, 0];
    bundle.extend(wide("rId1"));
    bundle.extend(wide("a"));
    let workbook = [
        record(0x9c, &bundle),
        record(0x90, &[]),
        record(0x9d, &[]),
        record(0x84, &[]),
    ]
    .concat();
    let mut sheet = [record(0x81, &[]), record(0x94, &[0; 16]), record(0x91, &[])].concat();
    for (row, column) in cells {
        sheet.extend(record(0, &row.to_le_bytes()));
        let mut cell = column.to_le_bytes().to_vec();
        cell.extend([0; 4]);
        cell.extend(1f64.to_le_bytes());
        sheet.extend(record(5, &cell));
    }
    sheet.extend(record(0x92, &[]));
    let relations = b"<Relationships><Relationship Id=\"rId1\" Type=\"x\" \
        Target=\"worksheets/sheet1.bin\"/></Relationships>";
    zipped(&[
        ("xl/workbook.bin", &workbook),
        ("xl/_rels/workbook.bin.rels", relations),
        ("xl/worksheets/sheet1.bin", &sheet),
    ])
}

/// One record of the older binary form.
fn old(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
    bytes.extend(data);
    bytes
}

/// An older workbook: so many sheets, all at the same place of the stream.
fn xls(sheets: u16, cells: &[(u16, u16)], (rows, columns): (u32, u16)) -> Vec<u8> {
    let begin = old(0x809, &[0, 6, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let named = |at: u32| {
        let mut all = Vec::new();
        for sheet in 0..sheets {
            let name = format!("{sheet:04}");
            let mut data = at.to_le_bytes().to_vec();
            data.extend([0, 0, u8::try_from(name.len()).unwrap(), 0]);
            data.extend(name.as_bytes());
            all.extend(old(0x85, &data));
        }
        all
    };
    let end = old(0x0a, &[]);
    let at = u32::try_from(begin.len() + named(0).len() + end.len()).unwrap();
    let mut stream = [begin.clone(), named(at), end.clone(), begin].concat();
    let mut dimensions = [[0; 4], rows.to_le_bytes()].concat();
    dimensions.extend([0, 0]);
    dimensions.extend(columns.to_le_bytes());
    dimensions.extend([0, 0]);
    stream.extend(old(0x200, &dimensions));
    for (row, column) in cells {
        let mut cell = row.to_le_bytes().to_vec();
        cell.extend(column.to_le_bytes());
        cell.extend([0, 0]);
        cell.extend(1f64.to_le_bytes());
        stream.extend(old(0x203, &cell));
    }
    stream.extend(end);
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    let mut inside = file.create_stream("/Workbook").unwrap();
    inside.write_all(&stream).unwrap();
    drop(inside);
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// The most memory this process held since it was last asked, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

/// Reads the file within bounds of time and memory; what the reader says.
pub fn within<T>(bomb: &Bomb, read: impl FnOnce(&str, &[u8]) -> T) -> T {
    let (what, bytes) = (bomb.what, (bomb.make)());
    assert!(bytes.len() < 8 << 20, "{what} is no bomb: {}", bytes.len());
    // What making it took does not count.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = peak();
    let (done, wait) = mpsc::channel::<()>();
    // What never ends cannot be stopped from outside its thread: end them all.
    std::thread::spawn(move || {
        if wait.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
            let _ = writeln!(std::io::stderr(), "{what} took more than a minute");
            std::process::abort();
        }
    });
    let outcome = read(bomb.name, &bytes);
    drop(done);
    let grown = peak().saturating_sub(before);
    assert!(grown < 1 << 20, "{what} took {grown} KiB");
    outcome
}
