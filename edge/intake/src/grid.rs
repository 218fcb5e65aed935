//! A sheet as rows of cells, with its merged regions.

use std::collections::HashMap;

use crate::cell::Cell;
use crate::value::currency::Currency;

/// A rectangle of merged cells; rows and columns counted from 0, both ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Last row.
    pub bottom: usize,
    /// Last column.
    pub right: usize,
}

/// Whether people see a sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// Everybody does.
    #[default]
    Visible,
    /// Who asks for it does.
    Hidden,
    /// Nobody does but by a program.
    VeryHidden,
}

/// What the looks of a cell say beside its content.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mark {
    /// The currency its number format shows, if it is not the yuan.
    pub currency: Option<&'static Currency>,
    /// It is struck through.
    pub struck: bool,
}

/// The cells of one sheet. Row 0 here is row 1 for people.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// The file's name.
    pub file: String,
    /// The sheet's name; a CSV file's name without its ending.
    pub sheet: String,
    /// Whether people see it.
    pub shown: Shown,
    rows: Vec<Vec<Cell>>,
    marks: HashMap<(usize, usize), Mark>,
    width: usize,
    corners: HashMap<(usize, usize), Region>,
    anchors: HashMap<(usize, usize), (usize, usize)>,
}

static EMPTY: Cell = Cell::Empty;

/// More covered cells than this in merged regions are not remembered.
const COVERED_MAX: usize = 4_000_000;

impl Grid {
    /// A sheet from its rows and merged regions.
    pub fn new(file: &str, sheet: &str, mut rows: Vec<Vec<Cell>>, regions: Vec<Region>) -> Self {
        for row in &mut rows {
            while row.last().is_some_and(Cell::is_empty) {
                row.pop();
            }
        }
        while rows.last().is_some_and(Vec::is_empty) {
            rows.pop();
        }
        let mut grid = Self {
            file: file.to_owned(),
            sheet: sheet.to_owned(),
            shown: Shown::Visible,
            width: rows.iter().map(Vec::len).max().unwrap_or(0),
            rows,
            marks: HashMap::new(),
            corners: HashMap::new(),
            anchors: HashMap::new(),
        };
        grid.remember(regions);
        grid
    }

    /// The sheet with what the looks of its cells say.
    #[must_use]
    pub fn marked(mut self, marks: HashMap<(usize, usize), Mark>) -> Self {
        self.marks = marks;
        self
    }

    /// What the looks of a cell say.
    pub fn mark(&self, row: usize, column: usize) -> Mark {
        self.marks.get(&(row, column)).copied().unwrap_or_default()
    }

    fn remember(&mut self, regions: Vec<Region>) {
        let (height, width) = (self.height(), self.width());
        for region in regions {
            if region.top >= height || region.left >= width {
                continue;
            }
            let kept = Region {
                bottom: region.bottom.min(height.saturating_sub(1)),
                right: region.right.min(width.saturating_sub(1)),
                ..region
            };
            for row in kept.top..=kept.bottom {
                for column in kept.left..=kept.right {
                    if self.anchors.len() >= COVERED_MAX {
                        return;
                    }
                    self.anchors.insert((row, column), (kept.top, kept.left));
                }
            }
            self.corners.insert((kept.top, kept.left), kept);
        }
    }

    /// Number of rows up to the last one with anything in it.
    pub fn height(&self) -> usize {
        self.rows.len()
    }

    /// Number of columns of the widest row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The cells of a row as they stand in the file.
    pub fn row(&self, row: usize) -> &[Cell] {
        self.rows.get(row).map_or(&[], Vec::as_slice)
    }

    /// The cell as it stands in the file.
    pub fn own(&self, row: usize, column: usize) -> &Cell {
        self.row(row).get(column).unwrap_or(&EMPTY)
    }

    /// The first cell of the merged region this cell belongs to, if it is covered.
    pub fn anchor(&self, row: usize, column: usize) -> Option<(usize, usize)> {
        self.anchors
            .get(&(row, column))
            .copied()
            .filter(|anchor| *anchor != (row, column))
    }

    /// The cell as people see it: inside a merged region, the region's content.
    pub fn seen(&self, row: usize, column: usize) -> &Cell {
        let own = self.own(row, column);
        match self.anchor(row, column) {
            Some((top, left)) if own.is_empty() => self.own(top, left),
            _ => own,
        }
    }

    /// The merged region whose first cell this is.
    pub fn region_at(&self, row: usize, column: usize) -> Option<Region> {
        self.corners.get(&(row, column)).copied()
    }
}

/// `0` → `A`, `27` → `AB`.
pub fn column_letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column.saturating_add(1);
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A'.saturating_add(digit)));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_a_sheet() {
        let letters: Vec<_> = [0, 25, 26, 701, 702]
            .into_iter()
            .map(column_letters)
            .collect();
        assert_eq!(letters, ["A", "Z", "AA", "ZZ", "AAA"]);
    }

    #[test]
    fn a_covered_cell_shows_what_its_region_shows() {
        let rows = vec![
            vec![Cell::text("x"), Cell::text("a")],
            vec![Cell::Empty, Cell::text("b")],
        ];
        let region = Region {
            top: 0,
            left: 0,
            bottom: 1,
            right: 0,
        };
        let grid = Grid::new("f", "s", rows, vec![region]);
        assert_eq!(grid.seen(1, 0), &Cell::text("x"));
        assert!(grid.own(1, 0).is_empty());
        assert_eq!(grid.anchor(0, 0), None);
    }
}
