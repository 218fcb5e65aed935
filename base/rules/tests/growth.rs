//! Reading law files takes time by their length, not by its square: eight times
//! as many entries of any kind are read, checked and compared in about eight times
//! the time. What grows with the square would take sixty-four.

#![allow(missing_docs, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use dukou_rules::Rulebook;

const FEW: usize = 250;
const MANY: usize = 2_000;
/// Between eight and sixty-four, nearer to what noise does to the first.
const MOST: u32 = 24;

const HEAD: &str = r#"
[[document]]
id = "law"
zh = "某法"
en = "A law"
[[article]]
id = "x"
zh = "某法第1条"
en = "A law art. 1"
document = "law"
article = "第1条"
mark = "V"
checked = 2026-01-01
"#;

const PROOF: &str = "article = \"x\"\nmark = \"V\"\nchecked = 2026-01-01\n";

/// The n-th of as many days as are asked for.
fn day(n: usize) -> String {
    format!(
        "{}-{:02}-{:02}",
        1000 + n / 336,
        n / 28 % 12 + 1,
        n % 28 + 1
    )
}

/// The values of a statutory minimum, from a day each.
fn values(n: usize, head: &str) -> String {
    let mut text = format!("[[parameter]]\nid = \"a\"\n{head}");
    for it in 0..n {
        let from = day(it);
        let _ = write!(
            text,
            "[[parameter.value]]\nfrom = {from}\nvalue = {}\n{PROOF}",
            it + 1
        );
    }
    text
}

const UNIT: &str = "meaning = { zh = \"甲\", en = \"a\" }\nunit = \"count\"\nleast = true\n";

fn country(n: usize) -> Vec<(&'static str, String)> {
    vec![("law/x.toml", format!("{HEAD}{}", values(n, UNIT)))]
}

/// The same in a province, over the country's.
fn province(n: usize) -> Vec<(&'static str, String)> {
    let region = "[region]\ncode = \"CN-JS\"\nzh = \"江苏省\"\nen = \"Jiangsu\"\n";
    let mut files = country(n);
    files.push(("law/CN-JS/region.toml", region.to_owned()));
    files.push(("law/CN-JS/x.toml", values(n, "")));
    files
}

/// A parameter for every value, so that each is looked for again.
fn blocks(n: usize) -> Vec<(&'static str, String)> {
    let mut text = HEAD.to_owned();
    for it in (0..n).rev() {
        let from = day(it);
        let _ = write!(
            text,
            "[[parameter]]\nid = \"a\"\n{UNIT}[[parameter.value]]\nfrom = {from}\nvalue = {}\n{PROOF}",
            it + 1
        );
    }
    vec![("law/x.toml", text)]
}

fn rows(n: usize, key: impl Fn(usize) -> String) -> Vec<(&'static str, String)> {
    let mut text =
        format!("{HEAD}[[checklist]]\nid = \"l\"\nmeaning = {{ zh = \"单\", en = \"list\" }}\n");
    for it in 0..n {
        let (key, from) = (key(it), day(it));
        let _ = write!(
            text,
            "[[checklist.row]]\nkey = \"{key}\"\nzh = \"条件\"\nen = \"c\"\nfrom = {from}\n{PROOF}"
        );
    }
    vec![("law/x.toml", text)]
}

fn one_condition(n: usize) -> Vec<(&'static str, String)> {
    rows(n, |_| "one".to_owned())
}

fn conditions(n: usize) -> Vec<(&'static str, String)> {
    rows(n, |it| format!("k{it}"))
}

fn articles(n: usize) -> Vec<(&'static str, String)> {
    let mut text = HEAD.to_owned();
    for it in 0..n {
        let _ = write!(
            text,
            "[[article]]\nid = \"a{it}\"\nzh = \"条{it}\"\nen = \"art. {it}\"\ndocument = \"law\"\narticle = \"{it}\"\nmark = \"V\"\nchecked = 2026-01-01\n"
        );
    }
    vec![("law/x.toml", text)]
}

/// The shortest of several times for reading files and saying what they change.
fn time(files: &[(&str, String)]) -> Duration {
    let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (*n, t.as_str())).collect();
    let once = || {
        let begun = Instant::now();
        let book = Rulebook::default().with_layer(&files).unwrap();
        assert!(!Rulebook::default().changes(&book).is_empty());
        assert!(book.changes(&book).is_empty());
        begun.elapsed()
    };
    (0..3).map(|_| once()).min().unwrap()
}

#[test]
fn many_entries_are_read_in_time_by_their_number() {
    type Made = fn(usize) -> Vec<(&'static str, String)>;
    let kinds: [(&str, Made); 6] = [
        ("values", country),
        ("a province's values", province),
        ("parameters of one id", blocks),
        ("rows of one key", one_condition),
        ("rows", conditions),
        ("articles", articles),
    ];
    for (name, made) in kinds {
        let (few, many) = (time(&made(FEW)), time(&made(MANY)));
        assert!(
            many < few * MOST,
            "{name}: {FEW} in {few:?}, {MANY} in {many:?}"
        );
    }
}
