//! What a reader relies on and no compiler checks: every path that the documents
//! name is there, every room is on the map, every stage has its page, no file
//! grows past one idea.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

/// The longest a file may be, in lines.
const LONGEST: usize = 700;

/// Files that are longer, with the lines they have. This list only shrinks: a
/// file that lost lines is written down with what it has left.
const LONGER: &[(&str, usize)] = &[];

/// Folders of the chain beside the numbered stages that have a page too.
const BESIDE: &[&str] = &["publicity", "people", "institution", "history", "whole"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file of the tree with this ending, by its path from the root.
fn files(ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | "data" | ".git") {
                    folders.push(path);
                }
            } else if name.ends_with(ending) {
                let short = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((short, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(found.len() > 3, "{ending}");
    found
}

#[test]
fn every_path_that_a_document_names_is_there() {
    let mut missing = Vec::new();
    for (name, text) in files(".md") {
        let folder = root().join(&name);
        let folder = folder.parent().unwrap();
        // Links, relative to the document.
        for rest in text.split("](").skip(1) {
            let to = rest.split([')', '#', ' ']).next().unwrap_or_default();
            if !to.is_empty() && !to.contains("://") && !folder.join(to).exists() {
                missing.push(format!("{name}: {to}"));
            }
        }
        // Paths in code, from the root; a pattern or a placeholder names none.
        for code in text.split('`').skip(1).step_by(2) {
            let rooms = [
                "base/", "chain/", "edge/", "law/", "docs/", "scripts/", "fuzz/", "deploy/",
            ];
            let path = code.split([' ', ':']).next().unwrap_or_default();
            let concrete = !path.contains(['…', '*', '<', '{', '(']) && !path.contains("N-stage");
            if concrete
                && !path.contains("YYYY")
                && rooms.iter().any(|room| path.starts_with(room))
                && !root().join(path).exists()
            {
                missing.push(format!("{name}: {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_crate_is_on_the_map() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, members) = manifest.split_once("members = [").unwrap();
    let members = members.split(']').next().unwrap();
    for member in members.split('"').skip(1).step_by(2) {
        assert!(
            map.contains(&format!("{member}/")),
            "{member} is not on the map"
        );
    }
}

#[test]
fn a_file_holds_one_idea_and_says_which() {
    let mut wrong = Vec::new();
    for (name, text) in files(".rs") {
        let lines = text.lines().count();
        let most = LONGER
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(LONGEST, |(_, most)| *most);
        if lines > most {
            wrong.push(format!("{name}: {lines} lines, at most {most}"));
        }
        if !text.trim_start().starts_with("//!") {
            wrong.push(format!("{name}: says nothing about itself"));
        }
        for word in ["todo!(", "unimplemented!(", "dbg!("] {
            let own = name.ends_with("tests/tidy.rs");
            if !own && text.contains(word) {
                wrong.push(format!("{name}: {word}"));
            }
        }
    }
    for (name, most) in LONGER {
        let lines = std::fs::read_to_string(root().join(name))
            .unwrap()
            .lines()
            .count();
        if lines <= LONGEST {
            wrong.push(format!("{name} has {lines} lines: strike it off the list"));
        } else if lines < *most {
            wrong.push(format!("{name} has {lines} lines: write that, not {most}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// True for a kind as it is stored, of whatever version.
fn stored(kind: &str) -> bool {
    let version = kind.rsplit_once(".v").map(|(_, version)| version);
    version.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The dotted names in a source behind these words, up to the next quote.
fn quoted<'a>(source: &'a str, before: &str) -> Vec<&'a str> {
    source
        .split(before)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|name| name.contains('.'))
        .collect()
}

#[test]
fn every_stage_has_a_page_that_names_its_commands_and_events() {
    let sources = files(".rs");
    let mut wrong = Vec::new();
    let mut pages = 0;
    for entry in std::fs::read_dir(root().join("chain/src")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let stage = name.starts_with(|c: char| c.is_ascii_digit());
        if !path.is_dir() || !(stage || BESIDE.contains(&name.as_str())) {
            continue;
        }
        pages += 1;
        let page = std::fs::read_to_string(path.join("README.md")).unwrap_or_default();
        let lines = page.lines().count();
        if !(1..=25).contains(&lines) {
            wrong.push(format!("{name}/README.md has {lines} lines, not 1 to 25"));
        }
        let folder = format!("chain/src/{name}/");
        for (_, source) in sources.iter().filter(|(it, _)| it.starts_with(&folder)) {
            let mut words = quoted(source, "serde(rename = \"");
            let kinds = quoted(source, "\n        \"");
            words.extend(kinds.into_iter().filter(|kind| stored(kind)));
            for word in words {
                if !page.contains(&format!("`{word}`")) {
                    wrong.push(format!("{name}/README.md does not name {word}"));
                }
            }
        }
    }
    assert_eq!(pages, 9 + BESIDE.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
