//! The unit of money that headers, titles and notes name.

use std::ops::Range;

use super::field::Field;
use super::find::{Block, could_head, may_be_header};
use super::words::{plain, without_brackets};
use crate::cell::{Cell, is_han, squeeze};
use crate::grid::Grid;
use crate::value::currency;
use crate::value::unit::{Told, Unit, is_unit_char, token};

/// The unit a header names in brackets, behind a mark or at its end.
pub fn header_unit(text: &str) -> Option<Told> {
    let squeezed = squeeze(text).to_lowercase();
    if plain(text).contains("单元") {
        return None;
    }
    if currency::foreign(&squeezed).is_some() && !currency::says_yuan(&squeezed) {
        return Some(Told::Foreign(squeezed));
    }
    let inside = bracketed(&squeezed);
    let mut words: Vec<&str> = inside.iter().rev().map(String::as_str).collect();
    let base = without_brackets(&squeezed);
    words.extend(squeezed.rsplit_once('/').map(|(_, tail)| tail));
    words.extend(base.find("单位:").and_then(|at| base.get(at..)));
    let told = words
        .into_iter()
        .flat_map(|word| word.split([',', '，', '、', ';', '；']))
        .find_map(token);
    told.or_else(|| glued(&base))
        .or_else(|| Unit::named(text).map(Told::Unit))
}

/// The texts in brackets.
fn bracketed(text: &str) -> Vec<String> {
    let tails = text.split(['(', '[', '<']).skip(1);
    tails
        .filter_map(|tail| tail.split_once([')', ']', '>']))
        .map(|(inside, _)| inside.to_owned())
        .collect()
}

/// 合同金额千万元: the unit stands right behind the words.
fn glued(base: &str) -> Option<Told> {
    let head = base.trim_end_matches(is_unit_char);
    let tail = base.get(head.len()..)?;
    tail.contains(['元', '圆', '万', '亿'])
        .then(|| token(tail))?
}

/// Where the rows above a header say a unit: 单位：万元, or 万元 in the title or the
/// sheet's name.
pub fn sheet_unit(grid: &Grid, top: usize) -> Option<Told> {
    for row in (0..top).rev().take(12) {
        if is_record(grid, row) || may_be_header(grid, row) {
            break;
        }
        if let Some(told) = row_unit(grid, row) {
            return Some(told);
        }
    }
    let named = currency::foreign(&grid.sheet).filter(|_| !currency::says_yuan(&grid.sheet));
    noted_unit(&grid.sheet).or_else(|| named.map(|_| Told::Foreign(grid.sheet.clone())))
}

fn row_unit(grid: &Grid, row: usize) -> Option<Told> {
    let cells = grid.row(row).iter().take(60);
    cells.map(Cell::shown).find_map(|shown| noted_unit(&shown))
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

/// The unit that the title of the whole sheet names, above the first table. The title
/// of a section, 一、合同（万元）, speaks for that section alone.
pub fn title_unit(grid: &Grid, first_header: usize) -> Option<Told> {
    let section = |row: &usize| {
        let first = grid.row(*row).iter().find(|cell| !cell.is_empty());
        first.is_some_and(|cell| opens_section(&cell.shown()))
    };
    let rows: Range<usize> = 0..first_header.min(SEARCHED);
    rows.take_while(|row| !section(row))
        .find_map(|row| row_unit(grid, row))
}

/// Rows from the top in which the sheet's title is looked for.
const SEARCHED: usize = 12;

/// 一、 （二） 3. 表一 第一部分 附件2
fn opens_section(text: &str) -> bool {
    let plain = squeeze(text);
    let rest = plain.trim_start_matches(['(', '第', '表', '附', '件']);
    let counted =
        rest.trim_start_matches(|c: char| "一二三四五六七八九十".contains(c) || c.is_ascii_digit());
    let digits = rest.len() - counted.len();
    // 2021年… is a year, no place in an order.
    let year = rest.bytes().take_while(u8::is_ascii_digit).count() == 4;
    digits > 0 && !year && (rest.len() < plain.len() || counted.starts_with(['、', '.', ')', '，']))
}

/// Gives every table below the first the unit that the sheet's title names, where
/// nothing nearer says one.
pub fn take_title_unit(grid: &Grid, found: &mut [&mut Block]) {
    let Some(first) = found.first().map(|block| block.mapping.header_row - 1) else {
        return;
    };
    if let Some(told) = title_unit(grid, first) {
        found
            .iter_mut()
            .skip(1)
            .for_each(|block| give(block, &told));
    }
}

/// A mapping saved for another sheet keeps its units only as far as this one names none.
pub fn hold_to_sheet(grid: &Grid, block: &mut Block) {
    let Some(told) = sheet_unit(grid, block.mapping.header_row - 1) else {
        return;
    };
    for column in &mut block.mapping.columns {
        let money = column.field.is_some_and(Field::is_amount);
        if money && header_unit(&column.header).is_none() {
            (column.unit, column.unread) = told.clone().parted();
        }
    }
}

/// Gives the columns of money without a unit this one. Another currency holds for those
/// with a unit too, unless they say 人民币.
pub fn give(block: &mut Block, told: &Told) {
    let (unit, unread) = told.clone().parted();
    for mapping in std::iter::once(&mut block.mapping).chain(&mut block.beside) {
        for column in &mut mapping.columns {
            let money = column.field.is_some_and(Field::is_amount);
            let open = column.unit.is_none() && column.unread.is_none();
            let foreign = matches!(told, Told::Foreign(_)) && !currency::says_yuan(&column.header);
            if money && (open || foreign) {
                column.unit = unit;
                column.unread.clone_from(&unread);
            }
        }
    }
}

/// The unit that a note names: 单位：万元, 金额单位为千元, （万元）, 币种：美元.
pub fn noted_unit(text: &str) -> Option<Told> {
    let text = squeeze(text).to_lowercase();
    let bare = text.trim_matches(['(', ')']);
    let spelled = bare.trim_start_matches("人民币");
    if matches!(
        spelled,
        "万元" | "元" | "亿元" | "千元" | "百万元" | "千万元"
    ) {
        return token(spelled);
    }
    for mark in ["单位", "币种", "计量", "金额", "货币"] {
        for (at, _) in text.match_indices(mark) {
            let tail = text.get(at + mark.len()..).unwrap_or("");
            if let Some(told) = behind_mark(tail) {
                return Some(told);
            }
        }
    }
    let inside = bracketed(&text);
    inside
        .iter()
        .find_map(|word| token(word).filter(|_| word.contains(['元', '圆'])))
}

/// What stands behind 单位 or 金额: the word for a unit, or nothing of the kind.
fn behind_mark(tail: &str) -> Option<Told> {
    let tail = tail.strip_prefix('均').unwrap_or(tail);
    let tail = tail
        .strip_prefix(['为', ':', '(', '以', '是'])
        .unwrap_or(tail);
    let tail = tail.trim_start_matches([':', '为', '(']);
    let tail = tail.strip_prefix("人民币").unwrap_or(tail);
    let tail = tail.trim_start_matches(['(', '/', ',', '、']);
    let end = tail
        .find([')', ',', '，', '、', ';', '；', '。', '|'])
        .unwrap_or(tail.len());
    let (word, _) = tail.split_at_checked(end)?;
    if currency::foreign(word).is_some() && !currency::says_yuan(word) {
        let short = word.chars().count() <= 8;
        return short.then(|| Told::Foreign(word.to_owned()));
    }
    if let Some(Told::Unit(unit)) = token(word) {
        return Some(Told::Unit(unit));
    }
    // 单位：万元制表人：张三, but not 填报单位：万里学院.
    let rest = word.trim_start_matches(is_unit_char);
    let run = word.get(..word.len() - rest.len())?;
    let ends = rest.is_empty() || !rest.starts_with(is_han);
    let spelled = run.ends_with(['元', '圆']) && run.chars().count() > 1;
    (ends || spelled).then(|| token(run))?
}
