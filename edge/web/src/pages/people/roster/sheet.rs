//! A sheet as texts: Excel or CSV, with the columns found by their headings.

use std::collections::HashMap;

use dukou_intake::{Cell, Grid};
use dukou_kernel::{Date, Text, text};

/// A column of the roster.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Column {
    /// 工号
    StaffNo,
    /// 姓名
    Name,
    /// 单位
    Unit,
    /// 职务
    Title,
    /// 类别
    Kind,
    /// 任职起
    From,
    /// 任职止
    To,
}

const HEADINGS: &[(Column, &[&str])] = &[
    (
        Column::StaffNo,
        &[
            "工号",
            "职工号",
            "编号",
            "人员编号",
            "教工号",
            "学工号",
            "staffno",
            "staffnumber",
        ],
    ),
    (Column::Name, &["姓名", "名字", "name"]),
    (
        Column::Unit,
        &[
            "单位",
            "院系",
            "部门",
            "所在单位",
            "学院",
            "二级单位",
            "unit",
            "department",
        ],
    ),
    (
        Column::Title,
        &[
            "职务",
            "职称",
            "职务/职称",
            "职称/职务",
            "职务职称",
            "岗位",
            "title",
            "post",
        ],
    ),
    (Column::Kind, &["类别", "人员类别", "身份", "kind"]),
    (
        Column::From,
        &[
            "任职起",
            "任职起始",
            "任职开始",
            "起",
            "任职时间",
            "任职日期",
            "from",
        ],
    ),
    (
        Column::To,
        &["任职止", "任职截止", "任职结束", "止", "离任时间", "to"],
    ),
];

/// The longest sheet that is read.
const ROWS: usize = 100_000;

/// The texts of a sheet.
#[derive(Debug)]
pub struct Sheet {
    grid: Grid,
    head: usize,
    columns: HashMap<Column, usize>,
}

impl Sheet {
    /// Reads Excel, OpenDocument or CSV, within the limits of every import.
    ///
    /// # Errors
    /// What it is instead, or which column is missing.
    pub fn read(bytes: &[u8]) -> Result<Self, Text> {
        let sheets = dukou_intake::open("roster", bytes).map_err(|it| it.reason)?;
        let found = sheets.into_iter().find_map(|grid| {
            let (head, columns) = headings(&grid)?;
            Some(Self {
                grid,
                head,
                columns,
            })
        });
        found.ok_or_else(|| {
            text!(
                "没找到表头：前20行里要有一行同时写着“工号”和“姓名”。",
                "No head line: one of the first 20 rows must name both 工号 and 姓名."
            )
        })
    }

    /// The rows below the head that are not blank, by place.
    pub fn rows(&self) -> impl Iterator<Item = usize> {
        (self.head + 1..self.grid.height().min(ROWS)).filter(|row| {
            let row = self.grid.row(*row);
            let blank = row.iter().all(Cell::is_empty);
            let sum = row
                .iter()
                .any(|cell| matches!(shown(cell).as_str(), "合计" | "小计" | "总计"));
            !blank && !sum
        })
    }

    /// A cell, or nothing.
    pub fn cell(&self, row: usize, column: Column) -> String {
        let place = self.columns.get(&column);
        place.map_or_else(String::new, |place| shown(self.grid.own(row, *place)))
    }

    /// The heading of a column, as the file has it.
    pub fn heading(&self, column: Column) -> String {
        let written = self.cell(self.head, column);
        if !written.is_empty() {
            return written;
        }
        let usual = HEADINGS.iter().find(|(it, _)| *it == column);
        let first = usual.and_then(|(_, words)| words.first().copied());
        first.unwrap_or_default().to_owned()
    }
}

fn headings(grid: &Grid) -> Option<(usize, HashMap<Column, usize>)> {
    (0..grid.height().min(20)).find_map(|place| {
        let mut columns = HashMap::new();
        for (number, cell) in grid.row(place).iter().enumerate() {
            let word: String = shown(cell)
                .to_lowercase()
                .chars()
                .filter(|c| !c.is_whitespace() && !"*_.:：".contains(*c))
                .collect();
            let found = HEADINGS
                .iter()
                .find(|(_, words)| words.contains(&word.as_str()));
            if let Some((column, _)) = found {
                columns.entry(*column).or_insert(number);
            }
        }
        let enough = columns.contains_key(&Column::StaffNo) && columns.contains_key(&Column::Name);
        enough.then_some((place, columns))
    })
}

/// What a person sees: trimmed, with full-width digits and letters made narrow.
fn shown(cell: &Cell) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => u32::from(c)
            .checked_sub(0xfee0)
            .and_then(char::from_u32)
            .unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        _ => c,
    };
    let text = cell.shown();
    let narrowed: String = text.chars().map(narrow).collect();
    narrowed.trim().to_owned()
}

/// A day as offices write it: 2024-09-01, 2024/9/1, 2024.9, 2024年9月1日,
/// 20240901; the first day where only a month or year is named.
pub fn date(said: &str) -> Option<Date> {
    let digits = said.chars().all(|c| c.is_ascii_digit());
    let split =
        |from: usize, to: usize| said.get(from..to).and_then(|part| part.parse::<i16>().ok());
    let parts: Vec<i16> = if digits && said.len() == 8 {
        vec![split(0, 4)?, split(4, 6)?, split(6, 8)?]
    } else if digits && said.len() == 6 {
        vec![split(0, 4)?, split(4, 6)?]
    } else {
        let said = said.split(' ').next().unwrap_or_default();
        said.split(['-', '/', '.', '年', '月', '日'])
            .filter(|part| !part.is_empty())
            .map(|part| part.parse::<i16>().ok())
            .collect::<Option<_>>()?
    };
    let mut parts = parts.into_iter();
    let year = parts.next().filter(|year| (1900..=2200).contains(year))?;
    let month = i8::try_from(parts.next().unwrap_or(1)).ok()?;
    let day = i8::try_from(parts.next().unwrap_or(1)).ok()?;
    Date::new(year, month, day)
        .ok()
        .filter(|_| parts.next().is_none())
}

#[cfg(test)]
#[path = "../../../../../intake/tests/it/bomb_files.rs"]
mod bomb_files;

#[cfg(test)]
mod tests {
    use super::bomb_files::{BOUNDED, PLAIN, REFUSED, within};
    use super::*;

    #[test]
    fn no_bomb_of_the_import_goes_off_in_the_roster() {
        // None names 工号 and 姓名, so none is a roster; how it is refused tells
        // whether it was read.
        let why = |bomb| within(bomb, |_, bytes| Sheet::read(bytes)).unwrap_err().en;
        for plain in PLAIN {
            assert!(why(plain).starts_with("No head line"), "{}", plain.name);
        }
        for bomb in REFUSED {
            let why = why(bomb);
            assert!(!why.starts_with("No head line"), "{}: {why}", bomb.what);
        }
        for bomb in BOUNDED {
            why(bomb);
        }
    }

    #[test]
    fn a_roster_is_read_below_its_title_rows_and_in_gb18030() {
        let said = "某大学教职工名册,,\n工号,姓名,所在单位,职务,任职起\n２０１０01,江予安,材料学院,教授,2010年9月\n,,,,\n";
        let (bytes, _, _) = encoding_rs::GB18030.encode(said);
        let sheet = Sheet::read(&bytes).unwrap();
        let rows: Vec<usize> = sheet.rows().collect();
        assert_eq!(rows, [2]);
        assert_eq!(sheet.cell(2, Column::StaffNo), "201001");
        assert_eq!(sheet.cell(2, Column::Unit), "材料学院");
        assert_eq!(
            date(&sheet.cell(2, Column::From)),
            Some(Date::constant(2010, 9, 1))
        );
    }

    #[test]
    fn a_sheet_without_numbers_and_names_is_refused() {
        assert!(Sheet::read("名称,金额\n甲,1\n".as_bytes()).is_err());
    }

    #[test]
    fn days_are_read_as_offices_write_them() {
        let day = Some(Date::constant(2024, 9, 1));
        for said in [
            "2024-09-01",
            "2024/9/1",
            "2024.9",
            "2024年9月1日",
            "20240901",
            "202409",
        ] {
            assert_eq!(date(said), day, "{said}");
        }
        for said in ["九月", "2024-13-01", "24-9-1", ""] {
            assert_eq!(date(said), None, "{said}");
        }
    }
}
