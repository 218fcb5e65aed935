//! Evidence: content-addressed, type sniffed, never executed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Fault;

/// Media types that are accepted, with the word for people.
pub const MEDIA_TYPES: &[(&str, &str)] = &[
    ("application/pdf", "PDF"),
    ("image/png", "PNG"),
    ("image/jpeg", "JPEG"),
    ("image/webp", "WebP"),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "Word",
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "Excel",
    ),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "PowerPoint",
    ),
    ("application/msword", "Word"),
    ("application/vnd.ms-excel", "Excel"),
    ("application/vnd.ms-powerpoint", "PowerPoint"),
    ("text/plain", "TXT"),
    ("text/csv", "CSV"),
];

/// A stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMeta {
    /// SHA-256 in hex.
    pub hash: String,
    /// Name it was uploaded under.
    pub name: String,
    /// Sniffed type.
    pub media: &'static str,
    /// Bytes.
    pub size: u64,
}

/// Why a file is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Larger than allowed.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// Not one of [`MEDIA_TYPES`] by its content.
    #[error("the file is not a PDF, picture or Office document")]
    Unknown,
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// The machine failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The type by content; the name only tells CSV from other text, and the old
/// Office formats apart.
pub fn sniff(name: &str, bytes: &[u8]) -> Option<&'static str> {
    let known = |media: &str| {
        MEDIA_TYPES
            .iter()
            .map(|(it, _)| *it)
            .find(|it| *it == media)
    };
    let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
    if let Some(kind) = infer::get(bytes) {
        return match kind.mime_type() {
            "application/x-ole-storage" => known(match ending.as_str() {
                "doc" => "application/msword",
                "ppt" => "application/vnd.ms-powerpoint",
                _ => "application/vnd.ms-excel",
            }),
            // An Office document whose parts are in an unusual order.
            "application/zip" => office(bytes, &ending),
            other => known(other),
        };
    }
    let text = !bytes.contains(&0)
        && !bytes.trim_ascii_start().starts_with(b"<")
        && matches!(ending.as_str(), "txt" | "csv" | "toml");
    text.then(|| {
        known(if ending == "csv" {
            "text/csv"
        } else {
            "text/plain"
        })
    })
    .flatten()
}

fn office(bytes: &[u8], ending: &str) -> Option<&'static str> {
    let has = |needle: &[u8]| {
        bytes
            .windows(needle.len())
            .take(1 << 20)
            .any(|it| it == needle)
    };
    let (part, index) = match ending {
        "docx" => (b"word/".as_slice(), 4),
        "xlsx" => (b"xl/".as_slice(), 5),
        "pptx" => (b"ppt/".as_slice(), 6),
        _ => return None,
    };
    if has(b"[Content_Types].xml") && has(part) {
        MEDIA_TYPES.get(index).map(|(media, _)| *media)
    } else {
        None
    }
}

/// SHA-256 in hex.
pub fn hash_of(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Where a hash is kept; `None` when it is no hash.
pub fn path_of(root: &Path, hash: &str) -> Option<PathBuf> {
    let hex = hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let (head, tail) = hash.split_at_checked(2).filter(|_| hex)?;
    Some(root.join(head).join(tail))
}

/// Puts bytes away: to a temporary name, synced, then renamed.
pub fn put(root: &Path, name: &str, bytes: &[u8], limit: usize) -> Result<FileMeta, FileError> {
    if bytes.is_empty() {
        return Err(FileError::Empty);
    }
    if bytes.len() > limit {
        return Err(FileError::TooLarge { limit });
    }
    let media = sniff(name, bytes).ok_or(FileError::Unknown)?;
    let hash = hash_of(bytes);
    let path = path_of(root, &hash).ok_or(FileError::Unknown)?;
    lay(root, &path, bytes)?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Ok(FileMeta {
        hash,
        name: name.to_owned(),
        media,
        size,
    })
}

/// A page that the program made, under its hash.
pub(crate) fn lay_page(root: &Path, hash: &str, bytes: &[u8]) -> Result<(), Fault> {
    match path_of(root, hash).filter(|_| hash_of(bytes) == hash) {
        Some(path) => lay(root, &path, bytes),
        None => Err(Fault::Other(format!("a page is not what {hash} says"))),
    }
}

/// Bytes at their path, whole and on the disk. What lies there already may be of an
/// upload that was never acknowledged: perhaps torn, perhaps never synced.
fn lay(root: &Path, path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    match fs::read(path) {
        Ok(there) if there == bytes => fs::File::open(path)
            .and_then(|file| file.sync_all())
            .and_then(|()| sync_folders(root, path))
            .map_err(Fault::io(format!("syncing {}", path.display()))),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Fault::io(format!("reading {}", path.display()))(error))
        }
        _ => write(root, path, bytes),
    }
}

fn sync_folders(root: &Path, path: &Path) -> std::io::Result<()> {
    fs::File::open(path.parent().unwrap_or(root))?.sync_all()?;
    fs::File::open(root)?.sync_all()
}

/// What an upload is called until it is whole.
const UNFINISHED: &str = "upload-";

/// Removes what uploads left that never became whole, because the program or the
/// machine stopped.
///
/// # Errors
/// When the folder cannot be read or written.
pub fn sweep_uploads(root: &Path) -> Result<(), Fault> {
    sweep(root, UNFINISHED)
}

/// Removes every file of a folder whose name begins so.
///
/// # Errors
/// When the folder cannot be read or written.
pub fn sweep(root: &Path, beginning: &str) -> Result<(), Fault> {
    let looking = || format!("looking into {}", root.display());
    for entry in fs::read_dir(root).map_err(Fault::io(looking()))? {
        let entry = entry.map_err(Fault::io(looking()))?;
        if entry.file_name().to_string_lossy().starts_with(beginning) {
            let path = entry.path();
            fs::remove_file(&path).map_err(Fault::io(format!("removing {}", path.display())))?;
        }
    }
    Ok(())
}

/// Where evidence of an archive waits until its institution is there.
const INCOMING: &str = "incoming-";

/// Evidence that is taken in: staged under its hash, moved to its place when the
/// transaction that names it stands, and gone when it does not.
pub(crate) struct Incoming {
    root: PathBuf,
    folder: PathBuf,
}

impl Incoming {
    /// A new place to stage in.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn begin(root: &Path, batch: &str) -> Result<Self, Fault> {
        let folder = root.join(format!("{INCOMING}{batch}"));
        fs::create_dir_all(&folder).map_err(Fault::io(format!("making {}", folder.display())))?;
        Ok(Self {
            root: root.to_owned(),
            folder,
        })
    }

    /// A new file for what has this hash.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn file(&self, hash: &str) -> Result<fs::File, Fault> {
        let path = self.folder.join(hash);
        crate::folder::new_file(&path).map_err(Fault::io(format!("making {}", path.display())))
    }

    /// Moves all of it to its place.
    ///
    /// # Errors
    /// When the folder cannot be read or written; a later start goes on with it.
    pub(crate) fn settle(&self) -> Result<(), Fault> {
        let moving = || format!("moving evidence out of {}", self.folder.display());
        let work = || -> std::io::Result<()> {
            for entry in fs::read_dir(&self.folder)? {
                let entry = entry?;
                let hash = entry.file_name().to_string_lossy().into_owned();
                if let Some(path) = path_of(&self.root, &hash) {
                    let inner = path.parent().unwrap_or(&self.root);
                    fs::create_dir_all(inner)?;
                    fs::rename(entry.path(), &path)?;
                    fs::File::open(inner)?.sync_all()?;
                }
            }
            fs::File::open(&self.root)?.sync_all()
        };
        work().map_err(Fault::io(moving()))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Finishes what a killed run left: evidence of the batch that was taken in goes to
/// its place, that of any other is removed.
///
/// # Errors
/// When the folder cannot be read or written.
pub(crate) fn finish_incoming(root: &Path, taken: Option<&str>) -> Result<(), Fault> {
    let looking = || format!("looking into {}", root.display());
    for entry in fs::read_dir(root).map_err(Fault::io(looking()))? {
        let folder = entry.map_err(Fault::io(looking()))?;
        let name = folder.file_name().to_string_lossy().into_owned();
        if let Some(batch) = name.strip_prefix(INCOMING) {
            let incoming = Incoming {
                root: root.to_owned(),
                folder: folder.path(),
            };
            if taken == Some(batch) {
                // What could not be moved waits for the next start.
                let moved = incoming.settle();
                if moved.is_err() {
                    std::mem::forget(incoming);
                    return moved;
                }
            }
        }
    }
    Ok(())
}

fn write(root: &Path, path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let folder = path.parent().unwrap_or(root);
    let temporary = root.join(format!("{UNFINISHED}{}", uuid::Uuid::now_v7()));
    let outcome = fs::create_dir_all(folder)
        .and_then(|()| fs::File::create(&temporary))
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, path))
        .and_then(|()| sync_folders(root, path));
    if outcome.is_err() {
        // Half a file would hold the room that is missing.
        let _ = fs::remove_file(&temporary);
    }
    outcome.map_err(Fault::io(format!("writing {}", path.display())))
}
