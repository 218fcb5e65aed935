//! Whether SQLite's write-ahead log lost something that had been committed.
//!
//! After a crash SQLite takes the log up to the first frame whose checksum is wrong
//! and drops the rest without a word: the tail is what was being written when the
//! power went. But where frames stand that were written after the damaged
//! transaction had been committed and synced, it is no torn tail: something
//! acknowledged would silently be lost. Then the store does not open.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::{Fault, Trouble};

/// The log beside a database file.
pub fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Refuses a log that lost a committed transaction. Nothing is written.
///
/// # Errors
/// When it did, or cannot be read.
pub fn check(database: &Path) -> Result<(), Fault> {
    let path = beside(database);
    let reading = || format!("reading {}", path.display());
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Fault::io(reading())(error)),
    };
    let lost = scan(&mut BufReader::with_capacity(1 << 20, file)).map_err(Fault::io(reading()))?;
    match lost {
        None => Ok(()),
        Some(frame) => Err(Fault::Storage {
            trouble: Trouble::Damaged,
            why: format!(
                "{}: frame {frame} is damaged, and committed ones follow it",
                path.display()
            ),
        }),
    }
}

/// Running checksum of the log.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Sum(u32, u32);

impl Sum {
    fn over(self, big: bool, bytes: &[u8]) -> Self {
        let mut words = bytes.chunks_exact(4).map(|word| {
            let mut four = [0u8; 4];
            four.copy_from_slice(word);
            if big {
                u32::from_be_bytes(four)
            } else {
                u32::from_le_bytes(four)
            }
        });
        let mut sum = self;
        while let (Some(first), Some(second)) = (words.next(), words.next()) {
            sum.0 = sum.0.wrapping_add(first).wrapping_add(sum.1);
            sum.1 = sum.1.wrapping_add(second).wrapping_add(sum.0);
        }
        sum
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let mut four = [0u8; 4];
    if let Some(found) = bytes.get(at..at + 4) {
        four.copy_from_slice(found);
    }
    u32::from_be_bytes(four)
}

fn part(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    bytes.get(from..to).unwrap_or_default()
}

/// Fills the buffer, or says that there is less.
fn whole(from: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Place, from 1, of the first damaged frame that committed ones follow; 0 for
/// the log's own head.
pub fn scan(log: &mut impl Read) -> std::io::Result<Option<u64>> {
    let mut head = [0u8; 32];
    if !whole(log, &mut head)? {
        return Ok(None);
    }
    let (magic, size) = (word(&head, 0), word(&head, 8));
    let big = magic & 1 == 1;
    let own = Sum(0, 0).over(big, part(&head, 0, 24));
    let sound = magic & !1 == 0x377f_0682
        && size.is_power_of_two()
        && (512..=65_536).contains(&size)
        && own == Sum(word(&head, 24), word(&head, 28));
    if !sound {
        // The head is synced before any frame, so frames behind a bad one were lost.
        let mut first = [0u8; 536];
        return Ok(whole(log, &mut first)?.then_some(0));
    }
    let mut frame = vec![0u8; 24 + usize::try_from(size).unwrap_or(65_536)];
    let (mut before, mut place, mut bad, mut committed) = (own, 0u64, None, false);
    while whole(log, &mut frame)? {
        place += 1;
        let ours = part(&frame, 8, 16) == part(&head, 16, 24);
        let written = Sum(word(&frame, 16), word(&frame, 20));
        let found = before
            .over(big, part(&frame, 0, 8))
            .over(big, part(&frame, 24, frame.len()));
        let genuine = ours && found == written;
        match bad {
            // Frames of an earlier round of the log stay behind the newest.
            None if !genuine => bad = Some(place),
            Some(_) if genuine && committed => return Ok(bad),
            _ => {}
        }
        // The page count of the database is written into a transaction's last frame.
        if bad.is_some() && ours && word(&frame, 4) != 0 {
            committed = true;
        }
        before = written;
    }
    Ok(None)
}
