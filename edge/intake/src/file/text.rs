//! CSV as offices save it: three encodings, four separators, quoted line breaks.

use dukou_kernel::{Text, text};
use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use super::{CELLS_MAX, COLUMNS_MAX, ROWS_MAX, too_large};
use crate::cell::Cell;
use crate::grid::Grid;

/// Reads one CSV file as one sheet. A record is a row, whatever line breaks
/// stand inside its quotes.
pub fn read(name: &str, bytes: &[u8]) -> Result<Grid, Text> {
    let content = decode(bytes)?;
    let separator = separator(&content);
    let rows = split(&content, separator)?;
    Ok(Grid::new(name, &stem(name), rows, Vec::new()))
}

fn stem(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    base.rsplit_once('.')
        .map_or(base, |(stem, _)| stem)
        .to_owned()
}

fn decode(bytes: &[u8]) -> Result<String, Text> {
    let no_text = || {
        text!(
            "文件既不是 Excel 表格，也不是 UTF-8 或 GB18030 编码的 CSV，无法读取。",
            "The file is neither a spreadsheet nor a CSV in UTF-8 or GB18030, so it cannot be read."
        )
    };
    if let Some(rest) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        return Ok(String::from_utf8_lossy(rest).into_owned());
    }
    for (mark, encoding) in [([0xff, 0xfe], UTF_16LE), ([0xfe, 0xff], UTF_16BE)] {
        if let Some(rest) = bytes.strip_prefix(&mark) {
            let (content, broken) = encoding.decode_without_bom_handling(rest);
            return if broken {
                Err(no_text())
            } else {
                Ok(content.into_owned())
            };
        }
    }
    if bytes.contains(&0) {
        return Err(no_text());
    }
    let content = match std::str::from_utf8(bytes) {
        Ok(content) => content.to_owned(),
        Err(_) => {
            let (content, broken) = GB18030.decode_without_bom_handling(bytes);
            if broken {
                return Err(no_text());
            }
            content.into_owned()
        }
    };
    let start = content.trim_start();
    let head: String = start
        .chars()
        .take(200)
        .collect::<String>()
        .to_ascii_lowercase();
    // Systems save a table of a web page under .xls, often without its head.
    let mut tag = head.chars();
    let tagged = tag.next() == Some('<')
        && tag
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || "!?".contains(c));
    if tagged || ["%pdf", "{\\rtf"].iter().any(|tag| head.starts_with(tag)) {
        return Err(text!(
            "文件是网页、PDF 或文档，不是表格；请在 Excel 或 WPS 中另存为 .xlsx 再导入。",
            "The file is a web page, PDF or document, no table; save it as .xlsx and import that."
        ));
    }
    let odd = content
        .chars()
        .filter(|c| c.is_control() && !c.is_whitespace())
        .count();
    if odd > 8 && odd.saturating_mul(50) > content.len() {
        return Err(no_text());
    }
    Ok(content)
}

/// The separator that cuts the first lines into the most, and most equal, parts.
fn separator(content: &str) -> char {
    let mut best = (',', 0u64);
    for candidate in [',', '\t', ';', '|', '，'] {
        let mut counts = Vec::new();
        let (mut quoted, mut here) = (false, 0u64);
        for c in content.chars().take(20_000) {
            match c {
                '"' => quoted = !quoted,
                '\n' if !quoted => counts.push(std::mem::take(&mut here)),
                c if c == candidate && !quoted => here += 1,
                _ => {}
            }
        }
        counts.push(here);
        counts.retain(|count| *count > 0);
        counts.sort_unstable();
        let middle = counts.get(counts.len() / 2).copied().unwrap_or(0);
        let lines = counts.iter().filter(|count| **count == middle).count() as u64;
        let weight = if candidate == '，' { 1 } else { 4 };
        let score = lines.saturating_mul(middle.min(40)).saturating_mul(weight);
        if score > best.1 {
            best = (candidate, score);
        }
    }
    best.0
}

fn split(content: &str, separator: char) -> Result<Vec<Vec<Cell>>, Text> {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut row: Vec<Cell> = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut fresh = true;
    let mut budget = CELLS_MAX;
    let mut chars = content.chars().peekable();
    while let Some(c) = chars.next() {
        if quoted {
            match c {
                '"' if chars.peek() == Some(&'"') => {
                    chars.next();
                    field.push('"');
                }
                '"' => quoted = false,
                other => field.push(other),
            }
            continue;
        }
        match c {
            '"' if fresh => {
                quoted = true;
                fresh = false;
            }
            c if c == separator => {
                budget = budget.checked_sub(1).ok_or_else(too_large)?;
                row.push(cell(&field));
                field.clear();
                fresh = true;
                if row.len() > COLUMNS_MAX {
                    return Err(too_large());
                }
            }
            '\r' | '\n' => {
                if c == '\r' && chars.peek() == Some(&'\n') {
                    chars.next();
                }
                row.push(cell(&field));
                field.clear();
                fresh = true;
                rows.push(std::mem::take(&mut row));
                if rows.len() > ROWS_MAX {
                    return Err(too_large());
                }
            }
            other => {
                if !other.is_whitespace() {
                    fresh = false;
                }
                field.push(other);
            }
        }
    }
    row.push(cell(&field));
    rows.push(row);
    Ok(rows)
}

/// One field; the `="00123"` with which programs keep leading noughts is undone.
fn cell(field: &str) -> Cell {
    let inner = field
        .trim()
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'));
    Cell::text(inner.unwrap_or(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(grid: &Grid) -> Vec<Vec<String>> {
        (0..grid.height())
            .map(|r| grid.row(r).iter().map(Cell::shown).collect())
            .collect()
    }

    #[test]
    fn a_quoted_line_break_starts_no_row_and_a_blank_line_is_one() {
        let grid = read(
            "到账.csv",
            "a,b\r\n\"x\ny\",\"1,\"\"2\"\r\n\r\nz,3".as_bytes(),
        )
        .unwrap();
        assert_eq!(grid.sheet, "到账");
        assert_eq!(
            shown(&grid),
            [
                vec!["a", "b"],
                vec!["x\ny", "1,\"2"],
                vec![],
                vec!["z", "3"]
            ]
            .map(|row| row.into_iter().map(str::to_owned).collect::<Vec<_>>())
        );
    }

    #[test]
    fn the_encodings_and_separators_of_offices_are_told_apart() {
        let wanted = vec![vec!["合同编号".to_owned(), "金额".to_owned()]];
        let (gb, _, _) = GB18030.encode("合同编号,金额\n");
        let utf16: Vec<u8> = "\u{feff}合同编号\t金额\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let bom = "\u{feff}合同编号;金额\n".as_bytes().to_vec();
        for bytes in [gb.into_owned(), utf16, bom] {
            assert_eq!(shown(&read("x.csv", &bytes).unwrap()), wanted);
        }
        assert!(read("x.csv", &[0, 1, 2, 255]).is_err());
        for page in [
            "<html><table></table></html>",
            "<meta charset=\"utf-8\"><table><tr><td>1</td></tr></table>",
            " <table border=1><tr><td>1</td></tr></table>",
            "<?xml version=\"1.0\"?><Workbook></Workbook>",
        ] {
            let told = read("x.xls", page.as_bytes()).unwrap_err();
            assert!(told.zh.contains("另存为"), "{page}");
        }
        assert!(read("x.csv", b"<5,6\n").is_ok());
    }
}
