//! A file that is whole or not there: written beside its place under another name,
//! synced, and only then given its own.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use crate::Fault;

/// A file on its way. One that is given up is removed; what a killed run left under
/// the name for unfinished ones is written over by the next.
pub(super) struct Part {
    place: PathBuf,
    path: PathBuf,
    finished: bool,
}

fn there(place: &Path) -> Fault {
    let place = place.display();
    Fault::Other(format!(
        "{place} 已经有了，换一个名字 · {place} is there already; choose another name"
    ))
}

impl Part {
    /// Begins one for a place where nothing is yet.
    pub(super) fn begin(place: &Path) -> Result<(Self, File), Fault> {
        let mut name = place.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        if place.exists() {
            return Err(there(place));
        }
        let making = || format!("making {}", path.display());
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(&path).map_err(Fault::io(making()))?;
        if file.try_lock().is_err() {
            return Err(Fault::Locked(path.display().to_string()));
        }
        // Another run may have finished between the look and the lock.
        if place.exists() {
            return Err(there(place));
        }
        file.set_len(0).map_err(Fault::io(making()))?;
        let part = Self {
            place: place.to_owned(),
            path,
            finished: false,
        };
        Ok((part, file))
    }

    /// Gives the file its own name, now that all of it is on the disk.
    pub(super) fn finish(mut self, file: &File) -> Result<(), Fault> {
        let naming = || format!("naming {}", self.place.display());
        file.sync_all().map_err(Fault::io(naming()))?;
        if self.place.exists() {
            return Err(there(&self.place));
        }
        fs::rename(&self.path, &self.place).map_err(Fault::io(naming()))?;
        let folder = match self.place.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(Fault::io(naming()))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_file(&self.path);
        }
    }
}
