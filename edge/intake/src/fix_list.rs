//! The fix-list as an Excel: first a list of what is wrong, then every sheet
//! as it was, with the bad cells tinted and a note at each.

use std::collections::HashMap;

use dukou_kernel::{Lang, Severity, Text, text};
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Note, Workbook, Worksheet, XlsxError};

use crate::batch::Batch;
use crate::cell::Cell;
use crate::file::{Unreadable, open};
use crate::finding::CellFinding;
use crate::grid::{Grid, column_letters};

/// Notes longer than this are cut; Excel takes no more than 32,767 characters.
const NOTE_MAX: usize = 900;
/// More notes than this make Excel slow; the list on the first sheet has all.
const NOTES_MAX: usize = 20_000;

struct Paint {
    head: Format,
    refused: Format,
    warning: Format,
    refused_day: Format,
    warning_day: Format,
    day: Format,
    wrap: Format,
}

impl Paint {
    fn new() -> Self {
        let day = Format::new().set_num_format("yyyy-mm-dd");
        Self {
            head: Format::new().set_bold().set_background_color(0x00E8_EEF5),
            refused: Format::new().set_background_color(0x00FF_C7CE),
            warning: Format::new().set_background_color(0x00FF_EB9C),
            refused_day: day.clone().set_background_color(0x00FF_C7CE),
            warning_day: day.clone().set_background_color(0x00FF_EB9C),
            day,
            wrap: Format::new().set_text_wrap().set_align(FormatAlign::Top),
        }
    }

    fn of(&self, worst: Option<Severity>, day: bool) -> Option<&Format> {
        match (worst, day) {
            (Some(Severity::Refused), false) => Some(&self.refused),
            (Some(Severity::Refused), true) => Some(&self.refused_day),
            (Some(_), false) => Some(&self.warning),
            (Some(_), true) => Some(&self.warning_day),
            (None, true) => Some(&self.day),
            (None, false) => None,
        }
    }
}

/// The workbook's bytes.
///
/// # Errors
/// When a file cannot be read, or the workbook cannot be written.
pub fn fix_list_xlsx(
    files: &[(&str, &[u8])],
    batch: &Batch,
    lang: Lang,
) -> Result<Vec<u8>, Unreadable> {
    let mut grids = Vec::new();
    for (name, bytes) in files {
        grids.extend(open(name, bytes)?);
    }
    write(&grids, batch, lang).map_err(|error| Unreadable {
        file: String::new(),
        reason: text!(
            "无法生成标注表格：{error}",
            "The marked workbook cannot be written: {error}"
        ),
    })
}

fn write(grids: &[Grid], batch: &Batch, lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let paint = Paint::new();
    let mut book = Workbook::new();
    let mut names: Vec<String> = Vec::new();
    let first = text!("修改清单", "Fix list");
    let list = book.add_worksheet();
    list.set_name(unique(first.get(lang), &mut names))?;
    write_list(list, batch, lang, &paint)?;
    let mut notes_left = NOTES_MAX;
    for grid in grids {
        let sheet = book.add_worksheet();
        sheet.set_name(unique(&grid.sheet, &mut names))?;
        let marks = marks(grid, batch);
        write_grid(sheet, grid, &marks, (&paint, lang, &mut notes_left))?;
    }
    book.save_to_buffer()
}

/// A name Excel accepts: at most 31 characters, none of `[]:*?/\`, once.
fn unique(wanted: &str, names: &mut Vec<String>) -> String {
    let clean: String = wanted
        .chars()
        .map(|c| {
            if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') || c.is_control() {
                '_'
            } else {
                c
            }
        })
        .collect();
    let clean = clean.trim_matches('\'').to_owned();
    let base: String = utf16_cut(if clean.is_empty() { "Sheet" } else { &clean }, 26);
    let mut name = base.clone();
    let mut count = 1;
    while names
        .iter()
        .any(|known| known.to_lowercase() == name.to_lowercase())
    {
        count += 1;
        name = format!("{base}({count})");
    }
    names.push(name.clone());
    name
}

fn utf16_cut(text: &str, most: usize) -> String {
    let mut length = 0;
    text.chars()
        .take_while(|c| {
            length += c.len_utf16();
            length <= most
        })
        .collect()
}

fn write_list(
    sheet: &mut Worksheet,
    batch: &Batch,
    lang: Lang,
    paint: &Paint,
) -> Result<(), XlsxError> {
    let heads = [
        text!("文件", "File"),
        text!("工作表", "Sheet"),
        text!("行", "Row"),
        text!("单元格", "Cell"),
        text!("栏目", "Field"),
        text!("性质", "Weight"),
        text!("代码", "Code"),
        text!("问题", "What is wrong"),
        text!("改成", "What to write instead"),
    ];
    let widths = [22, 16, 7, 9, 16, 8, 18, 52, 52];
    for (column, (head, width)) in (0u16..).zip(heads.iter().zip(widths)) {
        sheet.write_string_with_format(0, column, head.get(lang), &paint.head)?;
        sheet.set_column_width(column, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (row, finding) in (1u32..).zip(&batch.findings) {
        let report = batch.sheets.get(finding.sheet);
        sheet.write_string(row, 0, report.map_or("", |r| r.file.as_str()))?;
        sheet.write_string(row, 1, report.map_or("", |r| r.sheet.as_str()))?;
        sheet.write_number(row, 2, u32::try_from(finding.row).unwrap_or(u32::MAX))?;
        let cell = finding
            .column
            .map(|c| format!("{}{}", column_letters(c), finding.row));
        sheet.write_string(row, 3, cell.unwrap_or_default())?;
        sheet.write_string(row, 4, finding.name.get(lang))?;
        sheet.write_string(row, 5, weight(finding).get(lang))?;
        sheet.write_string(row, 6, finding.code.word())?;
        sheet.write_string_with_format(row, 7, finding.message.get(lang), &paint.wrap)?;
        sheet.write_string_with_format(row, 8, finding.suggestion.get(lang), &paint.wrap)?;
    }
    Ok(())
}

fn weight(finding: &CellFinding) -> Text {
    if finding.severity == Severity::Refused {
        text!("须改", "must fix")
    } else {
        text!("提醒", "check")
    }
}

type Marks<'a> = HashMap<(usize, usize), Vec<&'a CellFinding>>;

/// The findings of a sheet by cell; one without a column stands in the first.
fn marks<'a>(grid: &Grid, batch: &'a Batch) -> Marks<'a> {
    let mut marks: Marks<'a> = HashMap::new();
    for finding in &batch.findings {
        let here = batch
            .sheets
            .get(finding.sheet)
            .is_some_and(|report| report.file == grid.file && report.sheet == grid.sheet);
        if here {
            let at = (finding.row.saturating_sub(1), finding.column.unwrap_or(0));
            marks.entry(at).or_default().push(finding);
        }
    }
    marks
}

fn write_grid(
    sheet: &mut Worksheet,
    grid: &Grid,
    marks: &Marks<'_>,
    (paint, lang, notes_left): (&Paint, Lang, &mut usize),
) -> Result<(), XlsxError> {
    for row in 0..grid.height() {
        let last = grid.row(row).len();
        for column in 0..last {
            let found = worst(marks.get(&(row, column)));
            put(sheet, (row, column), grid.own(row, column), found, paint)?;
        }
    }
    let mut places: Vec<_> = marks.iter().collect();
    places.sort_by_key(|(place, _)| **place);
    for (place, found) in places {
        let (row, column) = *place;
        if grid.own(row, column).is_empty() {
            put(
                sheet,
                (row, column),
                &Cell::Empty,
                worst(Some(found)),
                paint,
            )?;
        }
        if *notes_left == 0 {
            continue;
        }
        *notes_left -= 1;
        let words: Vec<String> = found
            .iter()
            .map(|f| format!("{}\n{}", f.message.get(lang), f.suggestion.get(lang)))
            .collect();
        let note = Note::new(utf16_cut(&words.join("\n"), NOTE_MAX))
            .add_author_prefix(false)
            .set_width(280)
            .set_height(110);
        if let (Ok(row), Ok(column)) = (u32::try_from(row), u16::try_from(column)) {
            sheet.insert_note(row, column, &note)?;
        }
    }
    Ok(())
}

fn worst(found: Option<&Vec<&CellFinding>>) -> Option<Severity> {
    let found = found?;
    let refused = found.iter().any(|f| f.severity == Severity::Refused);
    Some(if refused {
        Severity::Refused
    } else {
        Severity::Warning
    })
}

fn put(
    sheet: &mut Worksheet,
    (row, column): (usize, usize),
    cell: &Cell,
    worst: Option<Severity>,
    paint: &Paint,
) -> Result<(), XlsxError> {
    let (Ok(row), Ok(column)) = (u32::try_from(row), u16::try_from(column)) else {
        return Ok(());
    };
    let day = matches!(cell, Cell::Day(stamp, _) if stamp.year >= 1900);
    let format = paint.of(worst, day);
    match (cell, format) {
        (Cell::Empty, Some(format)) => sheet.write_blank(row, column, format)?,
        (Cell::Empty, None) => sheet,
        (Cell::Number(number), Some(format)) => {
            sheet.write_number_with_format(row, column, *number, format)?
        }
        (Cell::Number(number), None) => sheet.write_number(row, column, *number)?,
        (Cell::Day(stamp, number), Some(format)) if stamp.year >= 1900 => {
            let month = u8::try_from(stamp.month).unwrap_or(1);
            let day = u8::try_from(stamp.day).unwrap_or(1);
            match ExcelDateTime::from_ymd(stamp.year.unsigned_abs(), month, day) {
                Ok(date) => sheet.write_datetime_with_format(row, column, &date, format)?,
                Err(_) => sheet.write_number_with_format(row, column, *number, format)?,
            }
        }
        (other, Some(format)) => sheet.write_string_with_format(
            row,
            column,
            utf16_cut(&other.shown(), 32_000),
            format,
        )?,
        (other, None) => sheet.write_string(row, column, utf16_cut(&other.shown(), 32_000))?,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheet_names_are_made_fit_for_excel() {
        let mut names = Vec::new();
        assert_eq!(unique("合同[2023]/新", &mut names), "合同_2023__新");
        assert_eq!(unique("合同[2023]/新", &mut names), "合同_2023__新(2)");
        assert_eq!(unique("", &mut names), "Sheet");
        assert!(unique(&"长".repeat(80), &mut names).chars().count() <= 31);
    }
}
