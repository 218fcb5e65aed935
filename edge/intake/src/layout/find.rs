//! Where the tables of a sheet begin and end.

use std::collections::HashSet;

use dukou_kernel::Date;

use super::guess::{Guess, Mapping, fingerprint, guess, header_parts};
use super::unit::{give, hold_to_sheet, noted_unit, take_title_unit};
use super::words::{meanings, without_brackets};
use crate::cell::{Cell, squeeze};
use crate::grid::Grid;
use crate::value::amount::{self, Unit};
use crate::value::{date, numeral, right};

/// A table: its mapping and the rows below its header.
#[derive(Clone, Debug)]
pub struct Block {
    /// What stands where.
    pub mapping: Mapping,
    /// First row below the header, counted from 0.
    pub first: usize,
    /// The row behind the last one.
    pub end: usize,
    /// Other kinds read out of the same rows.
    pub beside: Vec<Mapping>,
}

/// Rows from the top in which the first header is looked for.
const SEARCHED: usize = 60;
const LINES_MAX: usize = 3;
/// Lines in the middle of a sheet that are weighed as headers, at most.
const WEIGHED_MAX: usize = 1_000;
const SURE: f64 = 6.0;
/// The score of a mapping a person saved.
const SAVED: f64 = 1_000.0;

/// The tables of a sheet from top to bottom; none when nothing is recognised.
/// `saved` mappings win over guesses wherever their header stands.
pub fn blocks(grid: &Grid, saved: &[Mapping], today: Date) -> Vec<Block> {
    let Some(first) = first_header(grid, saved, today) else {
        return Vec::new();
    };
    let mut found: Vec<Block> = vec![open(first, grid)];
    let mut row = found.first().map_or(0, |block| block.first);
    let mut weighed: Option<usize> = None;
    let mut left = WEIGHED_MAX;
    while row < grid.height() {
        // The same words as in the last line weighed are that line again.
        let again = weighed.is_some_and(|last| grid.row(last) == grid.row(row));
        let later = (!again && left > 0 && may_be_header(grid, row))
            .then(|| {
                weighed = Some(row);
                left -= 1;
                best_at(grid, row, saved, today)
            })
            .flatten();
        if let Some(next) = later.filter(|next| is_other(&found, next)) {
            if let Some(block) = found.last_mut() {
                block.end = row;
            }
            let block = open(next, grid);
            row = block.first.max(row + 1);
            found.push(block);
        } else {
            row += 1;
        }
    }
    let given = |block: &Block| {
        let print = &block.mapping.fingerprint;
        saved.iter().any(|mapping| mapping.fingerprint == *print)
    };
    for block in found.iter_mut().filter(|block| given(block)) {
        hold_to_sheet(grid, block);
    }
    let mut guessed: Vec<&mut Block> = found.iter_mut().filter(|block| !given(block)).collect();
    for block in &mut guessed {
        take_unit_from_notes(grid, block);
    }
    take_title_unit(grid, &mut guessed);
    found
}

/// 注：金额单位为万元 below a table holds for its columns of money where nothing
/// above them names a unit.
fn take_unit_from_notes(grid: &Grid, block: &mut Block) {
    let rows = block.first.max(block.end.saturating_sub(NOTE_ROWS))..block.end;
    let noted = rows.rev().find_map(|row| {
        let mut cells = grid.row(row).iter().filter(|cell| !cell.is_empty());
        let (first, second) = (cells.next()?, cells.next());
        let shown = squeeze(&first.shown());
        let opens = |words: &[&str]| words.iter().any(|word| shown.starts_with(word));
        // 单位：万元 between two tables belongs to the lower one.
        let last = block.end == grid.height();
        let opens = opens(&["注", "备注", "说明", "附注"])
            || last && opens(&["单位", "金额", "(", "币种", "货币", "计价"]);
        (second.is_none() && opens)
            .then(|| noted_unit(&shown))
            .flatten()
    });
    if let Some(told) = noted {
        give(block, &told);
    }
}

/// Rows above a table's end in which a note about its unit is looked for.
const NOTE_ROWS: usize = 8;

fn open(guess: Guess, grid: &Grid) -> Block {
    let first = guess.mapping.header_row - 1 + guess.mapping.header_lines;
    Block {
        mapping: guess.mapping,
        first,
        end: grid.height(),
        beside: guess.beside,
    }
}

/// A header with other words than the one above is another table; the same
/// words again are a repeated header, which the rows skip.
fn is_other(found: &[Block], next: &Guess) -> bool {
    next.score >= SURE
        && next.mapping.kind.is_some()
        && found
            .last()
            .is_some_and(|block| !is_same_header(&block.mapping, &next.mapping))
}

/// The same words above the same columns; the line of groups may be left out.
fn is_same_header(one: &Mapping, other: &Mapping) -> bool {
    let leaf = |header: &str| {
        let plain = squeeze(header);
        plain.rsplit('/').next().unwrap_or("").to_owned()
    };
    one.fingerprint == other.fingerprint
        || other
            .columns
            .iter()
            .filter(|column| !column.header.is_empty())
            .all(|column| {
                one.columns.iter().any(|known| {
                    known.index == column.index && leaf(&known.header) == leaf(&column.header)
                })
            })
}

/// The first clear header from the top; a better one is taken for it only when
/// both would use the same rows. What stands below is another table.
fn first_header(grid: &Grid, saved: &[Mapping], today: Date) -> Option<Guess> {
    let mut best: Option<Guess> = None;
    for row in 0..grid.height().min(SEARCHED) {
        if best
            .as_ref()
            .is_some_and(|best| row + 1 >= best.mapping.header_row + best.mapping.header_lines)
        {
            break;
        }
        let Some(found) = best_at(grid, row, saved, today) else {
            continue;
        };
        if found.score >= SAVED {
            return Some(found);
        }
        let clear = found.score >= SURE && found.mapping.kind.is_some();
        if clear
            && best
                .as_ref()
                .is_none_or(|best| found.score > best.score + 0.5)
        {
            best = Some(found);
        }
    }
    best
}

/// The best reading of a header that begins at this row.
fn best_at(grid: &Grid, row: usize, saved: &[Mapping], today: Date) -> Option<Guess> {
    if let Some(known) = saved_at(grid, row, saved) {
        return Some(known);
    }
    if !is_header_like(grid, row) || distinct(grid, row) < 2 || is_lower_line(grid, row) {
        return None;
    }
    let mut best: Option<Guess> = None;
    for lines in 1..=LINES_MAX {
        let last = row + lines - 1;
        if lines > 1 && (!is_header_like(grid, last) || !continues(grid, row, last)) {
            break;
        }
        let found = guess(grid, row, lines, today);
        if best
            .as_ref()
            .is_none_or(|best| found.score > best.score - 0.5)
        {
            best = Some(found);
        }
    }
    best
}

/// The lower line of a header whose upper line is merged down into it.
fn is_lower_line(grid: &Grid, row: usize) -> bool {
    let Some(above) = row.checked_sub(1) else {
        return false;
    };
    let covered = (0..grid.width())
        .filter(|column| grid.anchor(row, *column).is_some_and(|(top, _)| top < row))
        .count();
    covered > 0 && is_header_like(grid, above) && distinct(grid, above) >= 2
}

/// A mapping a person saved, where its header stands again.
fn saved_at(grid: &Grid, row: usize, saved: &[Mapping]) -> Option<Guess> {
    let lines: HashSet<usize> = saved.iter().map(|mapping| mapping.header_lines).collect();
    for lines in lines
        .into_iter()
        .filter(|lines| (1..=LINES_MAX).contains(lines))
    {
        let print = fingerprint(&header_parts(grid, row, lines));
        if let Some(known) = saved
            .iter()
            .find(|m| m.fingerprint == print && m.header_lines == lines)
        {
            let mapping = Mapping {
                header_row: row + 1,
                ..known.clone()
            };
            return Some(Guess {
                mapping,
                score: SAVED,
                beside: Vec::new(),
            });
        }
    }
    None
}

/// A mapping without fields over the likeliest header of a sheet nothing is
/// known about, for a person to fill in.
pub fn blank_mapping(grid: &Grid, today: Date) -> Option<Mapping> {
    let rows = || 0..grid.height().min(SEARCHED);
    let row = rows()
        .find(|row| is_header_like(grid, *row) && distinct(grid, *row) >= 2)
        .or_else(|| rows().find(|row| !grid.row(*row).is_empty()))?;
    let mut mapping = guess(grid, row, 1, today).mapping;
    mapping.kind = None;
    mapping
        .columns
        .iter_mut()
        .for_each(|column| column.field = None);
    Some(mapping)
}

/// A second header line stands under groups or merged cells, or holds units.
fn continues(grid: &Grid, top: usize, row: usize) -> bool {
    let width = grid.width();
    let filled = |r: usize| (0..width).filter(|c| !grid.own(r, *c).is_empty()).count();
    let gaps = (0..width).any(|c| grid.own(row - 1, c).is_empty() && !grid.own(row, c).is_empty());
    let merged = (0..width).any(|c| {
        grid.region_at(top, c)
            .is_some_and(|r| r.bottom >= row || (r.right > r.left && r.top == top))
    });
    let units = grid
        .row(row)
        .iter()
        .filter(|cell| !cell.is_empty())
        .all(|cell| {
            let plain = squeeze(&cell.shown());
            matches!(
                plain.trim_matches(['(', ')']),
                "元" | "万元" | "亿元" | "%" | "千元" | "人民币"
            )
        });
    filled(row) > 0 && (gaps || merged || units)
}

/// True when every cell of the row could be a word above a column.
fn is_header_like(grid: &Grid, row: usize) -> bool {
    let cells = grid.row(row);
    !cells.is_empty() && cells.iter().all(could_head)
}

pub fn could_head(cell: &Cell) -> bool {
    let text = match cell {
        Cell::Empty | Cell::Error(_) => return true,
        Cell::Number(_) | Cell::Day(..) => return false,
        Cell::Text(text) => text,
    };
    let plain = squeeze(text);
    if plain.chars().count() > 60 || right::publication(&plain).is_some() {
        return false;
    }
    let base = without_brackets(&plain);
    let valued = base
        .split_once(':')
        .is_some_and(|(_, value)| !value.is_empty());
    if valued
        || base.chars().next().is_some_and(|c| c.is_ascii_digit())
            && !base.chars().any(crate::cell::is_han)
    {
        return false;
    }
    let figures = base.chars().filter(char::is_ascii_digit).count();
    let code = figures >= 3 && !base.chars().any(crate::cell::is_han);
    let named = base
        .chars()
        .next()
        .is_some_and(|c| crate::cell::is_han(c) && !numeral::is_numeral(c));
    if code || !named && amount::from_text(&base, Unit::Yuan).is_some() {
        return false;
    }
    let today = Date::constant(2100, 1, 1);
    date::read(cell, today).is_none()
}

fn distinct(grid: &Grid, row: usize) -> usize {
    let words: HashSet<String> = grid
        .row(row)
        .iter()
        .map(Cell::shown)
        .filter(|text| !text.is_empty())
        .collect();
    words.len()
}

/// A cheap look before a header in the middle of a sheet is weighed. A line of
/// groups counts when the line below it names the columns.
pub fn may_be_header(grid: &Grid, row: usize) -> bool {
    if !is_words(grid, row) {
        return false;
    }
    let below = row + 1;
    names_columns(grid, row, 1)
        || (is_header_like(grid, below)
            && continues(grid, row, below)
            && names_columns(grid, row, 2))
}

fn is_words(grid: &Grid, row: usize) -> bool {
    let cells = grid.row(row);
    let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
    filled >= 2
        && cells
            .iter()
            .all(|cell| matches!(cell, Cell::Text(_) | Cell::Empty))
        && is_header_like(grid, row)
}

/// At least three columns, and a third of all, have a header that means something.
fn names_columns(grid: &Grid, row: usize, lines: usize) -> bool {
    let parts = header_parts(grid, row, lines);
    let named: Vec<_> = parts.iter().filter(|part| !part.is_empty()).collect();
    let known = named
        .iter()
        .filter(|part| meanings(part).iter().any(|(_, score)| *score >= 60))
        .count();
    known >= 3 && known * 3 >= named.len()
}
