//! The format as written for outsiders: the vectors are read from
//! `docs/journal.md` itself, and were computed by another program.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use dukou_journal::{Chain, ChainFault, Entry, Hash, SealKey, commitment, commitment_to, genesis};
use dukou_kernel::InstitutionId;

const DOC: &str = include_str!("../../../docs/journal.md");

fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "{text}");
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The lines of the block under "Test vectors", as word and rest.
fn vectors() -> Vec<(&'static str, &'static str)> {
    let (_, section) = DOC.split_once("## Test vectors").unwrap();
    let (_, block) = section.split_once("```text\n").unwrap();
    let (block, _) = block.split_once("\n```").unwrap();
    block
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .collect()
}

fn all(word: &str) -> Vec<&'static str> {
    let lines = vectors().into_iter().filter(|(it, _)| *it == word);
    lines.map(|(_, rest)| rest).collect()
}

fn one(word: &str) -> &'static str {
    match all(word).as_slice() {
        [only] => only,
        other => panic!("{} lines of {word}", other.len()),
    }
}

fn institution() -> InstitutionId {
    one("institution").parse().unwrap()
}

#[test]
fn the_documented_chain_is_walked() {
    assert_eq!(genesis(institution()).to_vec(), unhex(one("genesis")));
    let (entries, hashes) = (all("entry"), all("hash"));
    assert_eq!(entries.len(), hashes.len());
    assert!(entries.len() >= 5);
    let mut chain = Chain::new(institution());
    for ((seq, bytes), hash) in (1..).zip(&entries).zip(&hashes) {
        let entry = chain.step(seq, bytes, &unhex(hash)).unwrap();
        assert_eq!(
            entry.to_bytes().unwrap(),
            *bytes,
            "written back byte for byte"
        );
    }
    // One blank more, and the walk stops there.
    let mut chain = Chain::new(institution());
    let changed = format!("{} ", entries.first().unwrap());
    let fault = chain.step(1, &changed, &unhex(hashes.first().unwrap()));
    assert_eq!(fault, Err(ChainFault::Changed { seq: 1 }));
}

#[test]
fn the_documented_seal_opens() {
    let key = SealKey::new(unhex(one("key")));
    let last = i64::try_from(all("entry").len()).unwrap();
    let hash: Hash = unhex(all("hash").last().unwrap()).try_into().unwrap();
    let seal = unhex(one("seal"));
    assert_eq!(key.seal(institution(), last, &hash), seal);
    assert!(key.opens(institution(), last, &hash, &seal));
    assert!(!key.opens(institution(), last - 1, &hash, &seal));
    let other = SealKey::new(vec![0; 32]);
    assert!(!other.opens(institution(), last, &hash, &seal));
}

#[test]
fn the_documented_texts_give_their_seal() {
    let seal = commitment(one("salt"), one("name"), one("staff_no"));
    assert_eq!(seal, one("person_seal"));
    assert_eq!(commitment_to(one("salt"), one("name")), one("name_seal"));
    assert_eq!(
        commitment_to(one("salt"), one("staff_no")),
        one("number_seal")
    );
}

#[test]
fn the_body_is_bounded_as_documented() {
    let (_, text) = DOC.split_once("lies more than ").unwrap();
    let deepest: usize = text.split_once(' ').unwrap().0.parse().unwrap();
    let first = *all("entry").first().unwrap();
    let (head, _) = first.split_once("\"body\":").unwrap();
    let exact = |body: &str| {
        let bytes = format!("{head}\"body\":{body}}}");
        Entry::from_bytes(&bytes).and_then(|it| it.exact(&bytes).map(|()| it.meta.seq))
    };
    let deep = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    assert!(exact("{}").is_ok());
    assert!(exact(&deep(deepest)).is_ok());
    for wrong in [
        deep(deepest + 1),
        " {}".to_owned(),
        "{} ".to_owned(),
        // It would tear the line that an export makes of it.
        "{\n}".to_owned(),
    ] {
        assert!(exact(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn every_documented_key_is_used_in_the_documented_order() {
    let (_, table) = DOC.split_once("| key | value |\n|---|---|\n").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let keys: Vec<&str> = table
        .lines()
        .map(|row| row.split('`').nth(1).unwrap())
        .collect();
    for bytes in all("entry") {
        let mut at = 0;
        for key in &keys {
            match bytes.find(&format!("\"{key}\":")) {
                Some(found) if found >= at => at = found,
                Some(_) => panic!("{key} stands too early in {bytes}"),
                None => assert!(table.contains(&format!("[`{key}`]")), "{key} is required"),
            }
        }
        // A key that the page does not name is refused.
        let strange = bytes.replacen("{\"v\":1", "{\"v\":1,\"more\":1", 1);
        assert!(Entry::from_bytes(&strange).is_err());
    }
    for key in &keys {
        let used = all("entry")
            .iter()
            .any(|it| it.contains(&format!("\"{key}\":")));
        assert!(used, "no vector shows {key}");
    }
}
