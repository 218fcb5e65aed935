//! What lies in a folder of law files, read in one way for whoever checks it and for
//! whoever loads it.

use std::path::{Path, PathBuf};

use dukou_chain::institution::{LONGEST, is_name};

use super::worked::{self, Case};

/// The folder of worked cases beside the law files.
const CASES: &str = "cases";

/// Law files by their names below the folder, and the worked cases beside them.
#[derive(Default)]
pub struct Laid {
    /// Name and words.
    pub files: Vec<(String, String)>,
    /// The worked cases.
    pub cases: Vec<Case>,
    /// What lies there and is no law file.
    pub unread: Vec<PathBuf>,
}

impl Laid {
    /// Reads a folder: files of the country at its top, a folder for each province,
    /// `cases/`. A folder that is not there holds nothing.
    ///
    /// # Errors
    /// With its path: a file that cannot be read or is too long, a name that no law
    /// file has, a `.toml` where none is looked for, a case that is not understood.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let mut laid = Self::default();
        for path in entries(folder)? {
            if !path.is_dir() {
                laid.take(folder, &path)?;
            } else if path.file_name().is_some_and(|it| it == CASES) {
                laid.take_cases(&path)?;
            } else {
                for inner in entries(&path)? {
                    laid.take(folder, &inner)?;
                }
            }
        }
        Ok(laid)
    }

    fn take(&mut self, root: &Path, path: &Path) -> Result<(), String> {
        if !self.is_toml(path)? {
            return Ok(());
        }
        let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
        let name = name.replace('\\', "/");
        if !is_name(&name) {
            return Err(format!(
                "{}: a law file is named by letters, digits, - and _, as CN-JS/reward.toml",
                path.display()
            ));
        }
        self.files.push((name, words(path)?));
        Ok(())
    }

    fn take_cases(&mut self, folder: &Path) -> Result<(), String> {
        for path in entries(folder)? {
            if self.is_toml(&path)? {
                self.cases.extend(worked::parse(&path, &words(&path)?)?);
            }
        }
        Ok(())
    }

    /// Is this one to be read? What is none is kept in mind and told; a folder below
    /// a region's, and a name that only looks like one, are mistakes.
    fn is_toml(&mut self, path: &Path) -> Result<bool, String> {
        let shown = path.display();
        if path.is_dir() {
            return Err(format!(
                "{shown}: a folder inside a region's folder is not read; move its files up"
            ));
        }
        let ending = path.extension().map(|it| it.to_string_lossy().into_owned());
        match ending.as_deref() {
            Some("toml") => Ok(true),
            Some(other) if other.eq_ignore_ascii_case("toml") => Err(format!(
                "{shown}: a law file ends in .toml, in small letters"
            )),
            _ => {
                self.unread.push(path.to_owned());
                Ok(false)
            }
        }
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let read = match std::fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", folder.display())),
    };
    let paths = read.map(|it| it.map(|it| it.path()));
    let mut paths: Vec<PathBuf> = paths
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    paths.sort();
    Ok(paths)
}

/// The words of a file, unless it is longer than any law file may be.
fn words(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let size = std::fs::metadata(path).map_err(|error| format!("{shown}: {error}"))?;
    // A character has at most four bytes; the characters are counted with the load.
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_mul(4);
    if size.len() > most {
        return Err(format!(
            "{shown}: a law file has at most {LONGEST} characters; divide it"
        ));
    }
    std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))
}
