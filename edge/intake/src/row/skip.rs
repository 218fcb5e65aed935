//! Which rows of a table are records, and which are blank, subtotals, notes,
//! repeated headers or the continuation of the row above.

use super::view::Reader;
use crate::cell::{Cell, is_blank, is_han, squeeze};
use crate::layout::{Field, Kind};
use crate::total::says_total;
use crate::value::{payout, right};

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A record of its own.
    Record,
    /// More people or rights of the record above.
    Continuation,
    /// A record that no longer holds.
    Void,
    /// Nothing to read.
    Skipped,
    /// Nothing in it at all.
    Blank,
}

/// Judges a row. `after_record`: a record or its continuation stands right above.
pub fn role(reader: &Reader<'_>, row: usize, after_record: bool) -> Role {
    let grid = reader.grid;
    let own = |column: usize| grid.own(row, column);
    let filled: Vec<(Field, &Cell)> = reader
        .columns()
        .iter()
        .filter(|(field, ..)| *field != Field::AmountUnit)
        .map(|(field, column, _)| (*field, own(*column)))
        .filter(|(_, cell)| !cell.is_empty())
        .collect();
    if filled.is_empty() {
        let blank = grid.row(row).iter().all(Cell::is_empty);
        return if blank { Role::Blank } else { Role::Skipped };
    }
    if counts_columns(reader, row)
        || is_repeated_header(reader, row)
        || is_total(reader, row)
        || is_note(reader, row, &filled, after_record)
    {
        return Role::Skipped;
    }
    if is_void(reader, row) {
        return Role::Void;
    }
    let continues = more(reader.kind);
    let first = continues
        .first()
        .is_some_and(|field| filled.iter().any(|(known, _)| known == field))
        || (reader.kind == Kind::Achievements
            && filled.iter().any(|(known, _)| *known == Field::Others))
        || (reader.kind == Kind::Contracts
            && filled.iter().any(|(known, _)| *known == Field::RightTitle));
    if after_record && first && filled.iter().all(|(field, _)| continues.contains(field)) {
        return Role::Continuation;
    }
    Role::Record
}

/// Struck through as a whole, or void by its words.
fn is_void(reader: &Reader<'_>, row: usize) -> bool {
    void_words(reader, row).is_some() || is_struck(reader, row)
}

/// Every cell of the row that says anything is struck through.
fn is_struck(reader: &Reader<'_>, row: usize) -> bool {
    let mut columns = reader.columns().iter().map(|(_, column, _)| *column);
    let filled = |column: &usize| !reader.grid.own(row, *column).is_empty();
    let mut any = false;
    columns
        .by_ref()
        .filter(filled)
        .inspect(|_| any = true)
        .all(|column| reader.grid.mark(row, column).struck)
        && any
}

/// The words that make a row void: 已作废 in any cell, or 是 below 是否作废.
pub fn void_words(reader: &Reader<'_>, row: usize) -> Option<String> {
    const WHOLE: [&str; 8] = [
        "撤销",
        "已撤销",
        "取消",
        "已取消",
        "废止",
        "已废止",
        "无效合同",
        "合同无效",
    ];
    let cells = reader.grid.row(row).iter().enumerate();
    cells
        .filter_map(|(column, cell)| match cell {
            Cell::Text(text) => Some((column, squeeze(text))),
            _ => None,
        })
        .find_map(|(column, plain)| {
            let bare = plain.trim_matches(['(', ')', '.', '。', '!']);
            let asked = reader.mapping.columns.iter().any(|known| {
                known.index == column && known.header.contains("作废") && known.field.is_none()
            });
            let yes = asked && matches!(bare, "是" | "√" | "Y" | "y" | "1" | "作废");
            let bracketed = plain.ends_with("(作废)") || plain.ends_with("(已作废)");
            (yes || says_void(bare) || bracketed || WHOLE.contains(&bare)).then_some(plain)
        })
}

/// 已作废, 本合同作废（2021年）; 发票作废 is about something else.
fn says_void(bare: &str) -> bool {
    const SUBJECT: &str = "本此该这合同协议行条项记录笔全部整现";
    let rest = bare.trim_start_matches(|c: char| SUBJECT.contains(c));
    let rest = rest.strip_prefix('已').unwrap_or(rest);
    let tail = rest
        .strip_prefix("作废")
        .or_else(|| rest.strip_prefix("做废"));
    tail.is_some_and(|tail| {
        tail.is_empty() || tail.starts_with(|c: char| c.is_ascii_digit() || "(,，;；。".contains(c))
    })
}

/// The fields a continuing row may fill.
fn more(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Achievements => &[Field::Inventors, Field::Others, Field::Shares],
        Kind::Contracts => &[Field::Rights, Field::RightTitle],
        Kind::Receipts => &[],
        Kind::Distributions => &[Field::PersonName, Field::PersonAmount],
    }
}

/// 1 2 3 or ① ② ③ below a header counts its columns.
fn counts_columns(reader: &Reader<'_>, row: usize) -> bool {
    let count = |cell: &Cell| -> Option<u32> {
        let plain = squeeze(&cell.shown());
        let bare = plain.trim_matches(['(', ')', '.', '栏', '列']);
        match bare.chars().next().map(u32::from) {
            Some(c @ 0x2460..=0x2473) if bare.chars().count() == 1 => Some(c - 0x245f),
            Some(c) if (u32::from('A')..=u32::from('Z')).contains(&c) && bare.len() == 1 => {
                Some(c - u32::from('A') + 1)
            }
            _ => bare.parse().ok(),
        }
    };
    let cells = reader.grid.row(row).iter().filter(|cell| !cell.is_empty());
    let mut counts: Vec<u32> = Vec::new();
    for cell in cells {
        match count(cell) {
            Some(number) => counts.push(number),
            None => return false,
        }
    }
    counts.len() >= 3
        && counts.first().is_some_and(|first| *first <= 2)
        && counts.is_sorted_by(|a, b| a + 1 == *b)
}

fn is_repeated_header(reader: &Reader<'_>, row: usize) -> bool {
    let (mut same, mut filled) = (0usize, 0usize);
    for column in &reader.mapping.columns {
        let cell = reader.grid.own(row, column.index);
        if cell.is_empty() {
            continue;
        }
        filled += 1;
        let shown = squeeze(&cell.shown());
        let header = squeeze(&column.header);
        if shown == header || header.split('/').any(|part| part == shown) {
            same += 1;
        }
    }
    same >= 2 && same * 2 > filled
}

fn is_total(reader: &Reader<'_>, row: usize) -> bool {
    let cells = reader.grid.row(row);
    let said = cells
        .iter()
        .filter(|cell| !cell.is_empty())
        .take(4)
        .any(|cell| matches!(cell, Cell::Text(text) if says_total(text)));
    if !said {
        return false;
    }
    // A row with a key of its own is a record, whatever its title says.
    let key = match reader.kind {
        Kind::Achievements => Field::Number,
        _ => Field::ContractNo,
    };
    let Some(column) = reader.column(key) else {
        return true;
    };
    // Totals have no day, and a count or a sum may stand under the key.
    let dated = reader.columns().iter().any(|(field, column, _)| {
        let cell = reader.grid.own(row, *column);
        field.is_date() && matches!(cell, Cell::Day(..) | Cell::Number(_))
            || field.is_date() && cell.shown().chars().any(|c| c.is_ascii_digit())
    });
    let shown = reader.grid.own(row, column).shown();
    match reader.kind {
        Kind::Achievements => right::number(&shown).is_none(),
        Kind::Contracts | Kind::Receipts if !dated => true,
        _ => {
            shown.chars().all(is_blank)
                || says_total(&shown)
                || !shown.chars().any(|c| c.is_ascii_digit())
        }
    }
}

const NOTES: [&str; 26] = [
    "注:",
    "注",
    "备注:",
    "说明",
    "填表说明",
    "填报说明",
    "制表",
    "审核",
    "填表人",
    "填报人",
    "经办",
    "单位负责人",
    "打印",
    "负责人签",
    "联系人",
    "复核",
    "以下空白",
    "本表",
    "※",
    "*",
    "填表日期",
    "填报日期",
    "第",
    "共",
    "续表",
    "接上页",
];

/// A sentence below the table, or a line across it that opens a section.
fn is_note(reader: &Reader<'_>, row: usize, filled: &[(Field, &Cell)], after_record: bool) -> bool {
    let cells: Vec<(usize, &Cell)> = reader
        .grid
        .row(row)
        .iter()
        .enumerate()
        .filter(|(_, cell)| !cell.is_empty())
        .collect();
    let Some((column, first)) = cells.first().copied() else {
        return false;
    };
    let texts_only = cells.iter().all(|(_, cell)| matches!(cell, Cell::Text(_)));
    if !texts_only || filled.len() > 3 {
        return false;
    }
    let shown = squeeze(&first.shown());
    // 填报单位：科技处 beside 填表日期：… are labels with what they ask for.
    let label = |cell: &Cell| {
        let plain = squeeze(&cell.shown());
        let (head, tail) = plain.split_once(':').unwrap_or((&plain, ""));
        plain.contains(':')
            && head.chars().count() <= 10
            && head
                .chars()
                .all(|c| is_han(c) || matches!(c, '(' | ')' | '/'))
            && payout::read(tail).is_none()
    };
    if cells.len() <= 4 && cells.iter().all(|(_, cell)| label(cell)) {
        return true;
    }
    let spoken = NOTES.iter().any(|word| shown.starts_with(word)) && cells.len() <= 4;
    let keyed = filled.iter().any(|(field, cell)| match field {
        Field::Number | Field::Rights => right::pieces(&cell.shown())
            .iter()
            .any(|p| right::number(p).is_some()),
        Field::Persons => payout::read(&cell.shown()).is_some(),
        _ => false,
    });
    if spoken && !keyed {
        let dated = filled
            .iter()
            .filter(|(field, _)| field.is_date() || field.is_amount())
            .count();
        return dated == 0 || cells.len() == 1;
    }
    // One text alone in the row is a section's title, unless it continues the
    // people or rights of the row above.
    let continues = after_record
        && filled
            .iter()
            .all(|(field, _)| more(reader.kind).contains(field));
    let merged = reader
        .grid
        .region_at(row, column)
        .is_some_and(|region| region.right > region.left);
    if cells.len() == 1 && merged {
        return true;
    }
    cells.len() == 1 && !keyed && !continues && reader.columns().len() >= 3
}
