//! The vectors of docs/journal.md are what the program computes, and its
//! entries survive reading and writing to the same bytes.

use dukou_journal::{Chain, Entry, genesis, next_hash};
use dukou_kernel::InstitutionId;

const PAPER: &str = include_str!("../../../docs/journal.md");

fn value(name: &str) -> &'static str {
    let start = format!("{name} = ");
    let (_, vectors) = PAPER.split_once("## Test vectors").unwrap();
    vectors
        .lines()
        .find_map(|line| line.strip_prefix(start.as_str()))
        .unwrap_or_else(|| panic!("docs/journal.md has no {name}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_vectors_of_the_paper_are_right() {
    let institution: InstitutionId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let mut hash = genesis(institution);
    assert_eq!(hex(&hash), value("hash(0)"));
    let mut chain = Chain::new(institution);
    for number in [1, 2] {
        let bytes = value(&format!("bytes({number})"));
        hash = next_hash(&hash, bytes);
        assert_eq!(hex(&hash), value(&format!("hash({number})")));
        let entry = chain.step(number, bytes, &hash).unwrap();
        assert_eq!(entry.to_bytes().unwrap(), bytes);
        assert_eq!(Entry::from_bytes(bytes).unwrap(), entry);
    }
}
