//! The zip around .xlsx and .ods, measured before a spreadsheet reader sees it.

use std::io::{self, BufReader, Cursor, Read, Write};

use dukou_kernel::{Text, text};
use zip::ZipArchive;

use super::{CELLS_MAX, UNPACKED_BYTES_MAX, damaged, repeats};

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
        let mut promise = Promise::default();
        let unpacked = io::copy(&mut part.take(left.saturating_add(1)), &mut promise)
            .map_err(|_| damaged())?;
        left = left.checked_sub(unpacked).ok_or_else(bomb)?;
        if promise.most > CELLS_MAX as u64 {
            return Err(bomb());
        }
    }
    let kind = kind.ok_or_else(damaged)?;
    if kind == Kind::Ods {
        let content = archive.by_name("content.xml").map_err(|_| damaged())?;
        repeats::check(BufReader::new(content))?;
    }
    Ok(kind)
}

const PROMISE: &[u8] = b"uniqueCount";

/// Looks through a part for the number of strings it promises: a reader reserves
/// room for so many before it reads the first. Any part may be the one that is
/// taken for the table of strings, and it may be in UTF-16.
#[derive(Default)]
struct Promise {
    /// The largest number promised.
    most: u64,
    /// The last bytes, while the word is looked for.
    last: Vec<u8>,
    /// The number so far, behind the word.
    number: Option<u64>,
}

impl Promise {
    fn see(&mut self, byte: u8) {
        if byte == 0 {
            return;
        }
        if let Some(number) = self.number {
            if byte.is_ascii_digit() {
                let digit = u64::from(byte.saturating_sub(b'0'));
                let longer = number.saturating_mul(10).saturating_add(digit);
                self.number = Some(longer);
                self.most = self.most.max(longer);
                return;
            }
            let between = byte.is_ascii_whitespace() || matches!(byte, b'=' | b'"' | b'\'');
            if number == 0 && between {
                return;
            }
            self.number = None;
        }
        if self.last.is_empty() && byte != b'u' {
            return;
        }
        self.last.push(byte);
        while !PROMISE.starts_with(&self.last) {
            self.last.remove(0);
        }
        if self.last == PROMISE {
            self.last.clear();
            self.number = Some(0);
        }
    }
}

impl Write for Promise {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        bytes.iter().for_each(|byte| self.see(*byte));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn bomb() -> Text {
    text!(
        "压缩包展开后过大，拒绝打开；请删去多余内容或拆分后再导入。",
        "The file unpacks to far too much; remove what is not needed or split it."
    )
}
