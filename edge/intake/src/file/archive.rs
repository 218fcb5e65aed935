//! The zip around .xlsx and .ods, measured before a spreadsheet reader sees it.

use std::io::{self, Cursor, Read};

use dukou_kernel::{Text, text};
use zip::ZipArchive;

use super::{UNPACKED_BYTES_MAX, damaged};

/// What stands inside the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Excel 2007 and later.
    Xlsx,
    /// Excel's binary form.
    Xlsb,
    /// OpenDocument.
    Ods,
}

const ENTRIES_MAX: usize = 4_096;

/// Unpacks every part into nothing and counts, because the sizes an archive
/// declares may lie.
pub fn check(bytes: &[u8]) -> Result<Kind, Text> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    if archive.len() > ENTRIES_MAX {
        return Err(bomb());
    }
    let mut kind = None;
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| damaged())?;
        match part.name().map_err(|_| damaged())?.as_ref() {
            "xl/workbook.xml" => kind = Some(Kind::Xlsx),
            "xl/workbook.bin" => kind = Some(Kind::Xlsb),
            "content.xml" => kind = kind.or(Some(Kind::Ods)),
            _ => {}
        }
        if part.size() > left {
            return Err(bomb());
        }
        let unpacked = io::copy(&mut part.take(left.saturating_add(1)), &mut io::sink())
            .map_err(|_| damaged())?;
        left = left.checked_sub(unpacked).ok_or_else(bomb)?;
    }
    kind.ok_or_else(damaged)
}

fn bomb() -> Text {
    text!(
        "压缩包展开后过大，拒绝打开；请删去多余内容或拆分后再导入。",
        "The file unpacks to far too much; remove what is not needed or split it."
    )
}
