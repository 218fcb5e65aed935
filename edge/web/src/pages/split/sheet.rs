//! 导出算式表 — the explanation of a division as a sheet: amounts as numbers.

use dukou_chain::distribution::Divided;
use dukou_ledger::trace::{Line, Quantity};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::trace::{Reader, amount};
use crate::failure::Failure;
use crate::page::Answer;

const HEADS: [(&str, &str, f64); 6] = [
    ("步骤", "Step", 8.0),
    ("对象", "Whose", 22.0),
    ("说明", "What", 44.0),
    ("算式", "From what", 60.0),
    ("结果（元）", "Result (yuan)", 18.0),
    ("依据", "Article", 44.0),
];

/// One sheet per division: the receipt's, and each refund's that took some of it back.
///
/// # Errors
/// When the sheet cannot be written.
pub fn workbook(reader: &Reader<'_>, number: &str, parts: &[Divided]) -> Result<Answer, Failure> {
    let fault = |error: XlsxError| Failure::Fault(error.to_string());
    let mut book = Workbook::new();
    let lang = reader.lang;
    for (place, divided) in parts.iter().enumerate() {
        let name = match place {
            0 => lang.pick("分配算式", "Division").to_owned(),
            _ => format!("{} {place}", lang.pick("退款追回", "Claw-back")),
        };
        let page = book.add_worksheet();
        page.set_name(&name).map_err(fault)?;
        fill(page, reader, &divided.lines).map_err(fault)?;
    }
    let bytes = book.save_to_buffer().map_err(fault)?;
    let media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let name = lang.pick("算式表", "trace");
    Ok(Answer::download(
        media,
        &format!("{number}-{name}.xlsx"),
        bytes,
    ))
}

fn fill(page: &mut Worksheet, reader: &Reader<'_>, lines: &[Line]) -> Result<(), XlsxError> {
    let lang = reader.lang;
    let bold = Format::new().set_bold();
    let money = Format::new().set_num_format("#,##0.00####");
    for (column, (zh, en, width)) in (0u16..).zip(HEADS) {
        page.write_with_format(0, column, lang.pick(zh, en), &bold)?;
        page.set_column_width(column, width)?;
    }
    let mut last = 0;
    for (row, line) in (1u32..).zip(reader.readable(lines)) {
        let told = reader.told(line);
        page.write_number(row, 0, row)?;
        page.write_string(row, 1, reader.subject(&line.subject))?;
        page.write_string(row, 2, told.item)?;
        page.write_string(row, 3, told.formula)?;
        match whole_fen(line) {
            Some(fen) => page.write_with_format(row, 4, fen, &money)?,
            None => page.write_string(row, 4, told.result)?,
        };
        page.write_string(row, 5, told.article)?;
        last = row;
    }
    page.autofilter(0, 0, last, 5)?;
    page.set_freeze_panes(1, 0)?;
    Ok(())
}

/// Whole fen as a number of yuan, where a spreadsheet keeps it exactly; a fraction of
/// a fen is written out.
fn whole_fen(line: &Line) -> Option<f64> {
    if !matches!(line.result, Quantity::Amount(_)) {
        return None;
    }
    let fen: i64 = amount(line)?.to_string().parse().ok()?;
    let exact = i32::try_from(fen / 100).is_ok();
    #[allow(clippy::cast_precision_loss, reason = "below 2^53 by the line above")]
    exact.then_some(fen as f64 / 100.0)
}
