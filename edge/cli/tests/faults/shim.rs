//! A piece of C between the program and the system, so that the machine fails when a
//! test wants it to.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::office::{Place, Server, fresh, said};

/// The piece, compiled, and what it is told by.
pub struct Shim {
    library: PathBuf,
    variables: Vec<String>,
}

impl Shim {
    pub fn new(source: &str, variables: &[(&str, &Path)]) -> Self {
        let (text, library) = (fresh("shim.c"), fresh("shim.so"));
        std::fs::write(&text, source).unwrap();
        let made = Command::new("cc")
            .args(["-x", "c", "-shared", "-fPIC", "-o"])
            .args([&library, &text])
            .output();
        let made = made.unwrap_or_else(|_| panic!("a C compiler, which the build needs too"));
        assert!(made.status.success(), "{}", said(&made));
        std::fs::remove_file(text).unwrap();
        let told = |(name, path): &(&str, &Path)| format!("{name}={}", path.display());
        let preload = ("LD_PRELOAD", library.as_path());
        let all = [preload].iter().chain(variables).map(told).collect();
        Self {
            library,
            variables: all,
        }
    }

    /// A server over it.
    pub fn server(&self, place: &Place) -> Server {
        Server::behind(place, &self.words())
    }

    /// The words that put it under a program.
    pub fn words(&self) -> Vec<&str> {
        let variables = self.variables.iter().map(String::as_str);
        ["env"].into_iter().chain(variables).collect()
    }
}

impl Drop for Shim {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.library);
    }
}
