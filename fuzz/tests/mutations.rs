//! Every target on its corpus and on many small changes of it, the same changes
//! in every run.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

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

/// The files of a folder and of folders in it.
fn files(folder: &Path, all: &mut Vec<Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, all);
        } else {
            all.push(std::fs::read(path).unwrap());
        }
    }
}

/// No input may take longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends the whole run, and keeps the input, when one takes too long: what never
/// ends cannot be stopped otherwise.
struct Watch(Sender<Option<Vec<u8>>>);

impl Watch {
    fn new(name: &'static str) -> Self {
        let (begun, wait) = mpsc::channel::<Option<Vec<u8>>>();
        std::thread::spawn(move || {
            let mut current: Option<Vec<u8>> = None;
            loop {
                let patience = match current {
                    Some(_) => PATIENCE,
                    None => Duration::MAX,
                };
                match wait.recv_timeout(patience) {
                    Ok(next) => current = next,
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        let kept = std::env::temp_dir().join(format!("dukou-slow-{name}"));
                        let _ = std::fs::write(&kept, current.unwrap_or_default());
                        let _ = writeln!(
                            std::io::stderr(),
                            "{name}: one input took more than {PATIENCE:?}; it is kept in {}",
                            kept.display(),
                        );
                        std::process::abort();
                    }
                }
            }
        });
        Self(begun)
    }

    fn run(&self, target: fn(&[u8]), input: Vec<u8>) {
        self.0.send(Some(input.clone())).unwrap();
        target(&input);
        self.0.send(None).unwrap();
    }
}

/// One target on its corpus, and on as many changes of it as fit into a few seconds.
fn no_stop(name: &'static str) {
    let (_, target) = dukou_fuzz::TARGETS
        .iter()
        .find(|(it, _)| *it == name)
        .unwrap();
    let mut seeds = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    files(&folder.join(name), &mut seeds);
    seeds.sort();
    assert!(!seeds.is_empty(), "no corpus for {name}");
    let watch = Watch::new(name);
    for seed in &seeds {
        watch.run(*target, seed.clone());
    }
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let began = Instant::now();
    let mut runs = 0;
    while runs < 50 || (runs < 4_000 && began.elapsed().as_secs() < 5) {
        let seed = &seeds[dice.below(seeds.len())];
        watch.run(*target, changed(seed, &mut dice));
        runs += 1;
    }
    dukou_fuzz::done();
}

macro_rules! targets {
    ($($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                no_stop(stringify!($name));
            }
        )+

        /// One list, held three times: here, in the crate, and for libFuzzer.
        #[test]
        fn every_target_runs_everywhere() {
            let here = [$(stringify!($name)),+];
            let all: Vec<&str> = dukou_fuzz::TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(all, here);
            let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
            let bins = std::fs::read_to_string(folder.join("libfuzzer/Cargo.toml")).unwrap();
            for name in here {
                assert!(bins.contains(&format!("name = \"{name}\"")), "{name}");
                let door = folder.join(format!("libfuzzer/targets/{name}.rs"));
                let door = std::fs::read_to_string(door).unwrap();
                assert!(door.contains(&format!("dukou_fuzz::{name}(data)")), "{name}");
            }
        }
    };
}

targets!(
    ledger_csv,
    ledger_book,
    parts,
    cells,
    roster,
    entry,
    calculator,
    command,
    upload,
    request,
    toml,
    words,
    hook_url,
    archive,
    wal,
    heads,
);

/// `DUKOU_WRITE_CORPUS=1` writes what is missing.
#[test]
fn every_calculator_has_a_seed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/calculator");
    for one in dukou_calc::calculators() {
        let file = folder.join(format!("{}.json", one.name));
        if std::env::var_os("DUKOU_WRITE_CORPUS").is_some() {
            std::fs::write(&file, (one.example)().to_string()).unwrap();
        }
        let question = std::fs::read_to_string(&file).unwrap();
        let env = &dukou_calc::Env::carried(dukou_kernel::Date::constant(2026, 11, 30));
        let (answer, answered) = dukou_calc::run_line(one, &question, dukou_kernel::Lang::En, env);
        assert!(answered, "{}: {answer}", one.name);
    }
}
