//! Walks `law/cn/` and carries every file of it, so that a new file or a new
//! province needs no Rust. The country stands before its provinces.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let missing = |name: &str| io::Error::other(format!("{name} is not set"));
    let here = env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| missing("CARGO_MANIFEST_DIR"))?;
    let root = Path::new(&here).join("../../law").canonicalize()?;
    let (files, folders) = toml_files(&root.join("cn"))?;
    let mut out = String::from("&[\n");
    for path in files {
        let name = path.strip_prefix(&root).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        writeln!(
            out,
            "    ({:?}, include_str!({:?})),",
            format!("law/{name}"),
            path.display().to_string()
        )
        .map_err(io::Error::other)?;
    }
    out.push_str("]\n");
    for folder in folders {
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    let target = env::var_os("OUT_DIR").ok_or_else(|| missing("OUT_DIR"))?;
    fs::write(Path::new(&target).join("files.rs"), out)
}

/// The files of a folder and of its folders, and the folders themselves.
fn toml_files(folder: &Path) -> io::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|it| it.map(|it| it.path()))
        .collect::<io::Result<_>>()?;
    entries.sort();
    let mut folders = vec![folder.to_owned()];
    let is_law = |path: &PathBuf| path.extension().is_some_and(|it| it == "toml");
    let mut files: Vec<PathBuf> = entries.iter().filter(|it| is_law(it)).cloned().collect();
    for inner in entries.iter().filter(|it| it.is_dir()) {
        let (more, below) = toml_files(inner)?;
        files.extend(more);
        folders.extend(below);
    }
    Ok((files, folders))
}
