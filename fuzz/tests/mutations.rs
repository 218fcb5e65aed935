//! Every target on its corpus and on many small changes of it, the same changes
//! in every run.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;
use std::time::Instant;

/// A small generator of numbers (xorshift), so that every run is the same run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(most.max(1)).unwrap()).unwrap()
    }
}

const PIECES: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"-",
    b"9",
    b"99999999999999999999",
    b"1e999",
    b"-0",
    b"0.005",
    "万".as_bytes(),
    "％".as_bytes(),
    "〇".as_bytes(),
    b"\n",
    b"\r\n",
    b"\\u0000",
    b"null",
    b"true",
    b"2026-02-30",
    b"../../etc/passwd",
];

fn changed(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 => bytes.truncate(at),
            2 => {
                let piece = PIECES[dice.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            3 if at < bytes.len() => {
                let end = (at + 1 + dice.below(16)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 if at < bytes.len() => {
                let end = (at + 1 + dice.below(64)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                let to = dice.below(bytes.len());
                bytes.splice(to..to, part);
            }
            _ if at < bytes.len() => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
            _ => {}
        }
    }
    bytes
}

#[test]
fn no_target_stops_on_changed_corpora() {
    for (name, target) in dukou_fuzz::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(name);
        let mut seeds: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|it| std::fs::read(it.unwrap().path()).unwrap())
            .collect();
        seeds.sort();
        assert!(!seeds.is_empty(), "no corpus for {name}");
        seeds.iter().for_each(|seed| target(seed));
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let began = Instant::now();
        let mut runs = 0;
        // As many as fit into a few seconds, and never more than enough.
        while runs < 4_000 && began.elapsed().as_secs() < 6 {
            let seed = &seeds[dice.below(seeds.len())];
            target(&changed(seed, &mut dice));
            runs += 1;
        }
        assert!(runs > 50, "{name}: only {runs} runs");
    }
}
