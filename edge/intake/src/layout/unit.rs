//! The unit of money that headers, titles and notes name.

use super::find::{could_head, may_be_header};
use super::words::plain;
use crate::cell::Cell;
use crate::grid::Grid;
use crate::value::amount::Unit;

/// The unit a header names in brackets, behind a slash or at its end.
pub fn header_unit(text: &str) -> Option<Unit> {
    Unit::named(text).filter(|_| !plain(text).contains("单元"))
}

/// A note such as 单位：万元 in the rows above a header, or 万元 in the title
/// or the sheet's name.
pub fn sheet_unit(grid: &Grid, top: usize) -> Option<Unit> {
    for row in (0..top).rev().take(12) {
        if is_record(grid, row) || may_be_header(grid, row) {
            break;
        }
        for cell in grid.row(row).iter().take(60) {
            if let Some(unit) = noted_unit(&cell.shown()) {
                return Some(unit);
            }
        }
    }
    noted_unit(&grid.sheet)
}

/// Rows of another table above say nothing about this one.
fn is_record(grid: &Grid, row: usize) -> bool {
    let cells = grid.row(row);
    let figures = cells
        .iter()
        .filter(|cell| !could_head(cell) && !cell.shown().contains([':', '：']))
        .count();
    figures >= 2 || cells.iter().any(|cell| matches!(cell, Cell::Number(_)))
}

pub fn noted_unit(text: &str) -> Option<Unit> {
    let text = crate::cell::squeeze(text);
    let bare = text.trim_matches(['(', ')']);
    if matches!(
        bare,
        "万元" | "元" | "亿元" | "千元" | "人民币元" | "人民币万元"
    ) {
        return Unit::named(bare);
    }
    for mark in ["单位", "币种", "计量", "金额"] {
        for (at, _) in text.match_indices(mark) {
            let tail = text.get(at + mark.len()..).unwrap_or("");
            let tail = tail.strip_prefix("均").unwrap_or(tail);
            let tail = tail
                .strip_prefix(['为', ':', '(', '以', '是'])
                .unwrap_or(tail);
            let tail = tail.trim_start_matches([':', '为', '(']);
            let tail = tail.strip_prefix("人民币").unwrap_or(tail);
            let tail = tail.trim_start_matches(['(', '/', ',', '、']);
            if ["万元", "元", "亿元", "千元", "百万元"]
                .iter()
                .any(|unit| tail.starts_with(unit))
            {
                let head: String = tail.chars().take(3).collect();
                return Unit::named(&head);
            }
        }
    }
    ["(万元)", "(元)", "(亿元)", "(千元)"]
        .iter()
        .find(|unit| text.contains(**unit))
        .and_then(|unit| Unit::named(unit))
}
