//! The data folder: database, files, keys, saved heads; one server at a time.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use dukou_journal::SealKey;
use dukou_kernel::InstitutionId;
use rand::RngExt;

use crate::Fault;
use crate::check::Saved;

/// The folder with everything of one installation.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

/// What a file is called that is only needed while the program looks.
const SCRATCH: &str = "scratch-";

/// Where it stands when the last backup was taken.
const BACKUP: &str = "backup.last";

/// A file that is not there yet, for this user alone.
pub(crate) fn new_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Saved heads: institution, number, hash in hex; one per line. A line that was torn
/// when the machine stopped says nothing, and the log tells of it.
pub fn heads_in(text: &str) -> Vec<Saved> {
    let mut heads = Vec::new();
    for line in text.split_inclusive('\n') {
        match saved_head(line) {
            Some(head) => heads.push(head),
            None if line.trim().is_empty() => {}
            None => tracing::warn!(
                line = line.trim_end(),
                "heads.log 中有一行没有写完，略过 · a torn line of heads.log is passed over"
            ),
        }
    }
    heads
}

fn private(path: &Path) -> Result<(), Fault> {
    fs::create_dir_all(path).map_err(Fault::io(format!("making {}", path.display())))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::Permissions::from_mode(0o700);
        fs::set_permissions(path, mode)
            .map_err(Fault::io(format!("protecting {}", path.display())))?;
    }
    Ok(())
}

impl Folder {
    /// The folder, made when absent.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn prepare(root: &Path) -> Result<Self, Fault> {
        private(root)?;
        for inner in ["files", "keys"] {
            private(&root.join(inner))?;
        }
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// An existing folder, for reading.
    ///
    /// # Errors
    /// When it is not there.
    pub fn existing(root: &Path) -> Result<Self, Fault> {
        if root.is_dir() {
            Ok(Self {
                root: root.to_owned(),
            })
        } else {
            let root = root.display();
            Err(Fault::Other(format!(
                "没有数据目录 {root} · there is no data folder {root}"
            )))
        }
    }

    /// The SQLite file.
    pub fn database(&self) -> PathBuf {
        self.root.join("dukou.sqlite")
    }

    /// Evidence.
    pub fn files(&self) -> PathBuf {
        self.root.join("files")
    }

    /// Heads that were saved, to find a cut-off tail.
    pub fn heads(&self) -> PathBuf {
        self.root.join("heads.log")
    }

    /// A new file for what is only needed while the program looks, for nobody else to
    /// read. Where the folder cannot be written it lies with the system's own.
    ///
    /// # Errors
    /// When it can be made in neither place.
    pub fn scratch(&self) -> Result<PathBuf, Fault> {
        let name = format!("{SCRATCH}{}", uuid::Uuid::now_v7());
        let make = |root: &Path| {
            let path = root.join(&name);
            new_file(&path).map(|_| path)
        };
        make(&self.root)
            .or_else(|_| make(&std::env::temp_dir()))
            .map_err(Fault::io(format!("making {name}")))
    }

    /// Removes such files whose program was killed.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn sweep(&self) -> Result<(), Fault> {
        crate::files::sweep(&self.root, SCRATCH)
    }

    /// Holds the folder for this process. A reader that only looks has it for a
    /// moment, and is waited for.
    ///
    /// # Errors
    /// [`Fault::Locked`] when another process holds it.
    pub fn lock(&self) -> Result<File, Fault> {
        for _ in 0..20 {
            if let Some(file) = self.lock_if_free()? {
                return Ok(file);
            }
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
        Err(Fault::Locked(self.root.display().to_string()))
    }

    /// The same at once; nothing when another process holds it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn lock_if_free(&self) -> Result<Option<File>, Fault> {
        let path = self.root.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(Fault::io(format!("opening {}", path.display())))?;
        Ok(file.try_lock().is_ok().then_some(file))
    }

    /// The key that seals heads, made at first use. Where something was sealed
    /// before, it is never made anew: the old seals could not be told from forged ones.
    ///
    /// # Errors
    /// When it cannot be read or made, or is gone.
    pub fn seal_key(&self, sealed_before: bool) -> Result<SealKey, Fault> {
        let path = self.root.join("keys").join("seal.key");
        match fs::read(&path) {
            Ok(bytes) if bytes.len() == 32 => Ok(SealKey::new(bytes)),
            Ok(_) => Err(Fault::Other(format!(
                "{} is not a key of 32 bytes",
                path.display()
            ))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && sealed_before => {
                let path = path.display();
                Err(Fault::Other(format!(
                    "封印密钥 {path} 不见了，没有改动任何内容：从另存处拷回；确已丢失的，dukou backup 后 dukou restore 到新目录，那里另立密钥 · the seal key {path} is gone. Nothing was changed: copy it back from where it is kept; when it is lost for good, dukou backup and dukou restore into a new folder, which makes a key of its own"
                )))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut bytes = vec![0u8; 32];
                rand::rng().fill(bytes.as_mut_slice());
                self.lay("keys/seal.key", &bytes)?;
                Ok(SealKey::new(bytes))
            }
            Err(error) => Err(Fault::io(format!("reading {}", path.display()))(error)),
        }
    }

    /// The key, when it is there and whole.
    pub fn existing_seal_key(&self) -> Option<SealKey> {
        fs::read(self.root.join("keys").join("seal.key"))
            .ok()
            .filter(|bytes| bytes.len() == 32)
            .map(SealKey::new)
    }

    /// Saved heads: institution, number, hash in hex; one per line.
    pub fn saved_heads(&self) -> Vec<Saved> {
        let bytes = fs::read(self.heads()).unwrap_or_default();
        heads_in(&String::from_utf8_lossy(&bytes))
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Puts down a small file, whole or not at all, whenever the machine stops.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn lay(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let path = self.root.join(name);
        if let Some(inner) = path.parent().filter(|inner| *inner != self.root) {
            private(inner)?;
        }
        let beside = self.scratch()?;
        fs::write(&beside, bytes)
            .and_then(|()| File::open(&beside)?.sync_all())
            .and_then(|()| fs::rename(&beside, &path))
            .and_then(|()| File::open(path.parent().unwrap_or(&self.root))?.sync_all())
            .map_err(Fault::io(format!("writing {}", path.display())))
    }

    /// Writes down when a backup of all of it ended well.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn backed_up(&self, now_ms: i64) -> Result<(), Fault> {
        self.lay(BACKUP, format!("{now_ms}\n").as_bytes())
    }

    /// When that was, in milliseconds since 1970; nothing when it never was.
    pub fn last_backup_ms(&self) -> Option<i64> {
        let text = fs::read_to_string(self.root.join(BACKUP)).ok()?;
        text.trim().parse().ok()
    }

    /// Saves a head, so that a later cut is found even by a reader without the key.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save_head(&self, institution: InstitutionId, seq: i64, hash: &str) -> Result<(), Fault> {
        let known = self.saved_heads();
        if known
            .iter()
            .rev()
            .any(|(who, number, _)| *who == institution && *number == seq)
        {
            return Ok(());
        }
        let path = self.heads();
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(Fault::io(format!("opening {}", path.display())))?;
        // One write, so that a line is there or torn at its end; a torn one before it
        // is ended first.
        let torn = fs::read(&path).is_ok_and(|it| it.last().is_some_and(|end| *end != b'\n'));
        let begin = if torn { "\n" } else { "" };
        file.write_all(format!("{begin}{institution} {seq} {hash}\n").as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(Fault::io(format!("writing {}", path.display())))
    }
}

/// A saved head from its line, when the line is whole.
fn saved_head(line: &str) -> Option<Saved> {
    let mut words = line.strip_suffix('\n')?.split_whitespace();
    let institution = words.next()?.parse().ok()?;
    let seq = words.next()?.parse().ok()?;
    let hash = words.next().filter(|hash| hash.len() == 64)?;
    Some((institution, seq, hash.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_torn_line_of_the_saved_heads_is_no_head() {
        let root = std::env::temp_dir().join(format!("dukou-heads-{}", uuid::Uuid::now_v7()));
        let folder = Folder::prepare(&root).unwrap();
        let who = InstitutionId(uuid::Uuid::now_v7());
        let (first, second) = ("a".repeat(64), "b".repeat(64));
        folder.save_head(who, 7, &first).unwrap();
        folder.save_head(who, 8, &second).unwrap();
        let whole = fs::read(folder.heads()).unwrap();
        let line = whole.len() / 2;
        for cut in 2..=line {
            fs::write(folder.heads(), whole.get(..whole.len() - cut).unwrap()).unwrap();
            assert_eq!(folder.saved_heads(), [(who, 7, first.clone())], "{cut}");
            // What is written next stands on a line of its own.
            folder.save_head(who, 9, &second).unwrap();
            let heads = folder.saved_heads();
            assert_eq!(heads, [(who, 7, first.clone()), (who, 9, second.clone())]);
        }
        fs::remove_dir_all(root).unwrap();
    }
}
