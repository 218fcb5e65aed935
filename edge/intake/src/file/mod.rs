//! From bytes to sheets: what kind of file it is, and the limits it must keep.

mod archive;
mod compound;
mod repeats;
mod sheets;
mod text;

use std::fmt;

use dukou_kernel::{Text, text};

use crate::grid::Grid;

/// More bytes than this in one file are refused before anything reads them.
pub const FILE_BYTES_MAX: usize = 64 << 20;
/// More bytes than this after unpacking are refused.
pub const UNPACKED_BYTES_MAX: u64 = 512 << 20;
/// More bytes of text than this in the cells of one file are refused: a text that
/// the file holds once may stand in every cell.
pub const TEXT_BYTES_MAX: usize = 256 << 20;
/// More cells than this in one file are refused.
pub const CELLS_MAX: usize = 12_000_000;
/// More rows than this in one sheet are refused.
pub const ROWS_MAX: usize = 1_048_576;
/// Columns beyond this one are refused.
pub const COLUMNS_MAX: usize = 1_024;

/// Why a file could not be read at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The file's name.
    pub file: String,
    /// What is wrong with it and what to do.
    pub reason: Text,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.reason.en)
    }
}

impl std::error::Error for Unreadable {}

/// All sheets of one file.
///
/// # Errors
/// When the file is no spreadsheet or CSV, is damaged, locked or too large.
pub fn open(name: &str, bytes: &[u8]) -> Result<Vec<Grid>, Unreadable> {
    let refuse = |reason| Unreadable {
        file: name.to_owned(),
        reason,
    };
    if bytes.len() > FILE_BYTES_MAX {
        return Err(refuse(text!(
            "文件超过 64 MB，请拆分后再导入。",
            "The file is larger than 64 MB; split it and import the parts."
        )));
    }
    if bytes.is_empty() {
        return Err(refuse(text!("文件是空的。", "The file is empty.")));
    }
    let outcome = if bytes.starts_with(b"PK") {
        archive::check(bytes).and_then(|kind| sheets::from_archive(name, bytes, kind))
    } else if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        sheets::from_compound(name, bytes)
    } else {
        text::read(name, bytes).map(|grid| vec![grid])
    };
    outcome.map_err(refuse)
}

fn damaged() -> Text {
    text!(
        "文件已损坏或不是 Excel 表格，无法打开；请在 Excel 或 WPS 中打开后另存为 .xlsx 再导入。",
        "The file is damaged or no spreadsheet; open it in Excel or WPS, save it as .xlsx and import that."
    )
}

fn too_large() -> Text {
    text!(
        "表格过大（行、列或单元格数超出上限），请拆分后再导入。",
        "The sheet is too large (rows, columns or cells beyond the limit); split it and import the parts."
    )
}
