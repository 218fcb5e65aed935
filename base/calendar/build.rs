//! Walks `law/calendar/` and carries every year of it, so that a new year needs
//! no Rust.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let missing = |name: &str| io::Error::other(format!("{name} is not set"));
    let here = env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| missing("CARGO_MANIFEST_DIR"))?;
    let folder = Path::new(&here).join("../../law/calendar").canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)?
        .map(|it| it.map(|it| it.path()))
        .collect::<io::Result<_>>()?;
    files.retain(|it| it.extension().is_some_and(|it| it == "toml"));
    files.sort();
    let mut out = String::from("&[\n");
    for path in files {
        writeln!(out, "    include_str!({:?}),", path.display().to_string())
            .map_err(io::Error::other)?;
    }
    out.push_str("]\n");
    let target = env::var_os("OUT_DIR").ok_or_else(|| missing("OUT_DIR"))?;
    fs::write(Path::new(&target).join("years.rs"), out)
}
