//! What the rules page says of each parameter is true: the ids that the program
//! reads are those in `READ`, no more and no fewer.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dukou_rules::{READ, Rulebook};

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "tests" | "target" | "templates" | "benches") {
                sources(&path, out);
            }
        } else if name.ends_with(".rs") && name != "read.rs" && !name.contains("tests") {
            out.push(path);
        }
    }
}

/// The text before the tests of a file, without comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = own.lines().filter(|it| !it.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_ids_that_the_program_reads_are_listed() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut files = Vec::new();
    for room in ["base", "calc", "chain", "edge"] {
        sources(&root.join(room), &mut files);
    }
    assert!(files.len() > 100);
    let all: Vec<String> = files.iter().map(|it| code(it)).collect();
    let book = Rulebook::builtin();
    let ids: BTreeSet<&str> = book
        .parameters()
        .map(|it| it.id.as_str())
        .chain(book.checklists().map(|it| it.id.as_str()))
        .collect();
    let read: BTreeSet<&str> = ids
        .iter()
        .copied()
        .filter(|id| all.iter().any(|text| text.contains(&format!("\"{id}\""))))
        .collect();
    let listed: BTreeSet<&str> = READ.iter().copied().collect();
    let wrong: Vec<_> = listed.symmetric_difference(&read).collect();
    assert!(
        wrong.is_empty(),
        "read but not listed, or listed but not read: {wrong:?}"
    );
    assert_eq!(listed.len(), READ.len(), "an id stands twice in READ");
}

/// Every value, row and article says where it stands and what was read: a
/// confirmed one has the words, or says why not.
#[test]
fn every_confirmed_entry_has_a_quotation_or_a_reason() {
    let book = Rulebook::builtin();
    let mut bare: Vec<String> = Vec::new();
    for article in book.articles() {
        let silent = article.quote.is_none() && article.quote_missing.is_none();
        if article.mark == dukou_rules::Mark::V && silent {
            bare.push(article.origin.to_string());
        }
        let long = article.quote.as_ref().map_or(0, |it| it.chars().count());
        assert!(
            long <= 80,
            "{}: a quotation has at most 80 characters",
            article.origin
        );
        assert!(!article.place.is_empty() && book.document(&article.document).is_some());
    }
    for parameter in book.parameters() {
        for it in &parameter.values {
            let silent = it.quote.is_none() && it.quote_missing.is_none();
            if it.mark == dukou_rules::Mark::V && silent {
                bare.push(it.origin.to_string());
            }
        }
    }
    for list in book.checklists() {
        for it in &list.rows {
            let silent = it.quote.is_none() && it.quote_missing.is_none();
            if it.mark == dukou_rules::Mark::V && silent {
                bare.push(it.origin.to_string());
            }
        }
    }
    assert!(bare.is_empty(), "no quotation and no reason: {bare:#?}");
}

/// Every article that code names by id is written down in `law/`.
#[test]
fn every_article_that_code_cites_is_written_down() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut files = Vec::new();
    for room in ["base", "calc", "chain", "edge"] {
        sources(&root.join(room), &mut files);
    }
    let book = Rulebook::builtin();
    let mut cited = 0;
    for path in files {
        let text = code(&path);
        for door in ["citation(\"", "article(\""] {
            for rest in text.split(door).skip(1) {
                let id = rest.split('"').next().unwrap();
                assert!(book.entry(id).is_some(), "{}: {id}", path.display());
                cited += 1;
            }
        }
    }
    assert!(cited > 30, "{cited}");
}
