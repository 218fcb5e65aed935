//! The law stands in `law/`, and the functions that read it in this room. No other
//! source holds a legal number, an article, or a list of the law's own words.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

/// What may stand elsewhere: the start of a path, what it may hold, and why.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "edge/web/src/forms/catalog/",
        "article",
        "the line under a form's title, for whoever fills it in; no decision reads it",
    ),
    (
        "edge/web/src/pages/disclose.rs",
        "article",
        "the same for the form of a disclosure",
    ),
    (
        "chain/src/publicity/page.rs",
        "article",
        "the opening words of a published notice",
    ),
    (
        "chain/src/9-distribution/reward.rs",
        "article",
        "the opening words of a published notice",
    ),
    (
        "edge/cli/src/demo/",
        "article",
        "an invented school's own rules have a document number",
    ),
    (
        "edge/cli/src/demo/",
        "share",
        "shares of an invented school's deals",
    ),
    (
        "edge/cli/src/demo/",
        "period",
        "how long an invented school publishes",
    ),
    (
        "edge/cli/src/bench/",
        "share",
        "shares of people who are measured, not paid",
    ),
    (
        "edge/store/src/clock.rs",
        "end of time",
        "a clock beyond the last day stays on it; no rule is looked up there",
    ),
    (
        "calc/src/lib.rs",
        "period",
        "the example question of a calculator",
    ),
];

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "tests" | "target" | "templates" | "benches") {
                sources(&path, out);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            out.push(path);
        }
    }
}

/// `第45条`, `〔2016〕`: how an article or a document number is written.
fn names_an_article(line: &str) -> bool {
    let numbered = |open: char, close: &str| {
        line.split(open).skip(1).any(|rest| {
            let digits = rest
                .trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '、' | '–' | '-'));
            digits.len() < rest.len() && digits.starts_with(close)
        })
    };
    numbered('第', "条") || numbered('〔', "〕")
}

/// A whole number standing alone in a line.
fn has_number(line: &str, number: &str) -> bool {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == '-'))
        .any(|word| word == number)
}

/// The lengths that the law gives to notices and windows.
fn is_a_period(line: &str) -> bool {
    let lower = line.to_lowercase();
    let about = ["days", "publicity", "months", "window", "公示", "工作日"];
    let of_law = ["15", "36", "60"].iter().any(|it| has_number(line, it));
    of_law && about.iter().any(|word| lower.contains(word))
}

/// Several of the law's own words in one line: a list of modes, prices, posts.
fn is_a_list(line: &str) -> bool {
    const LISTS: &[&[&str]] = &[
        &["transfer", "licence", "equity", "development", "consulting"],
        &["agreement", "listing", "auction"],
        &[
            "head_of_unit",
            "party_secretary",
            "deputy",
            "head_of_internal_body",
        ],
        &["CN-BJ", "CN-SH", "CN-ZJ", "CN-SD"],
        &["maintenance", "appraisal", "agent", "tax"],
    ];
    LISTS.iter().any(|list| {
        let named = list.iter().filter(|it| line.contains(&format!("\"{it}\"")));
        named.count() > 1
    })
}

fn found_in(line: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    if names_an_article(line) {
        found.push("article");
    }
    if line.contains("Share::percent(") {
        found.push("share");
    }
    if line.contains("Date::MAX") {
        found.push("end of time");
    }
    if is_a_period(line) {
        found.push("period");
    }
    if is_a_list(line) {
        found.push("list of words");
    }
    found
}

#[test]
fn the_law_stands_in_one_place() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut files = Vec::new();
    for room in ["base", "calc", "chain", "edge"] {
        sources(&root.join(room), &mut files);
    }
    let (mut wrong, mut used) = (Vec::new(), vec![false; ALLOWED.len()]);
    for path in files {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        // Words are given their codes in one file; their Chinese may cite.
        if name.starts_with("base/rules/") || name == "base/kernel/src/share.rs" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let own = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for (number, line) in own.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for what in found_in(line) {
                let allowed = ALLOWED
                    .iter()
                    .position(|(start, kind, _)| name.starts_with(start) && *kind == what);
                match allowed.and_then(|at| used.get_mut(at)) {
                    Some(used) => *used = true,
                    None => wrong.push(format!("{name}:{}: {what}: {}", number + 1, line.trim())),
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "the law stands in law/ and base/rules:\n{}",
        wrong.join("\n")
    );
    for ((start, what, _), used) in ALLOWED.iter().zip(used) {
        assert!(
            used,
            "{start} holds no {what} any more: strike it off the list"
        );
    }
}

#[test]
fn the_test_sees_what_it_looks_for() {
    for (line, what) in [
        ("let a = \"国发〔2016〕16号\";", "article"),
        ("text!(\"民法典第203条\")", "article"),
        ("team < Share::percent(50)", "share"),
        ("book.at(day.unwrap_or(Date::MAX))", "end of time"),
        ("policy.map_or(15, |it| it.reply_days)", "period"),
        ("const MONTHS: u32 = 36; // months", "period"),
        ("one_of(&[\"transfer\", \"licence\"])", "list of words"),
    ] {
        assert!(found_in(line).contains(&what), "{line}");
    }
    for line in [
        "let day = 15;",
        "第三方",
        "days: i32",
        "Mode::Transfer => \"transfer\"",
    ] {
        assert!(found_in(line).is_empty(), "{line}");
    }
}
