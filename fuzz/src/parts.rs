//! Files made of parts, written one after the other: a line `=== name` stands before
//! each. Whole archives are poor seeds, because one changed byte breaks a checksum.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const HEAD: &[u8] = b"=== ";

/// The parts as a ZIP, stored; nothing when a name cannot stand in one.
pub(crate) fn zipped(data: &[u8]) -> Option<Vec<u8>> {
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut open = false;
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        if let Some(name) = line.strip_prefix(HEAD) {
            let name = std::str::from_utf8(name).ok()?.trim_end();
            archive.start_file(name, stored).ok()?;
            open = true;
        } else if open {
            archive.write_all(line).ok()?;
        }
    }
    Some(archive.finish().ok()?.into_inner())
}
