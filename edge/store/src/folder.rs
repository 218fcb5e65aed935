//! The data folder: database, files, keys, saved heads; one server at a time.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use dukou_journal::SealKey;
use dukou_kernel::InstitutionId;
use rand::RngExt;

use crate::Fault;

/// The folder with everything of one installation.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
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

    /// The key that seals heads, made at first use.
    ///
    /// # Errors
    /// When it cannot be read or made.
    pub fn seal_key(&self) -> Result<SealKey, Fault> {
        let path = self.root.join("keys").join("seal.key");
        match fs::read(&path) {
            Ok(bytes) if bytes.len() == 32 => Ok(SealKey::new(bytes)),
            Ok(_) => Err(Fault::Other(format!(
                "{} is not a key of 32 bytes",
                path.display()
            ))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut bytes = vec![0u8; 32];
                rand::rng().fill(bytes.as_mut_slice());
                let mut options = OpenOptions::new();
                options.create_new(true).write(true);
                #[cfg(unix)]
                {
                    use std::os::unix::fs::OpenOptionsExt;
                    options.mode(0o600);
                }
                let mut file = options
                    .open(&path)
                    .map_err(Fault::io(format!("making {}", path.display())))?;
                file.write_all(&bytes)
                    .and_then(|()| file.sync_all())
                    .map_err(Fault::io(format!("writing {}", path.display())))?;
                Ok(SealKey::new(bytes))
            }
            Err(error) => Err(Fault::io(format!("reading {}", path.display()))(error)),
        }
    }

    /// The key, when it is there.
    pub fn existing_seal_key(&self) -> Option<SealKey> {
        fs::read(self.root.join("keys").join("seal.key"))
            .ok()
            .map(SealKey::new)
    }

    /// Saved heads: institution, number, hash in hex; one per line. A line that was
    /// torn when the machine stopped says nothing, and the log tells of it.
    pub fn saved_heads(&self) -> Vec<(InstitutionId, i64, String)> {
        let bytes = fs::read(self.heads()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
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
fn saved_head(line: &str) -> Option<(InstitutionId, i64, String)> {
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
