//! Small files that unfold into far too much: each is refused, or read within
//! bounded memory and time. An allocation that fails ends the whole program, so
//! none of this can be caught afterwards.

use dukou_intake::{Nothing, Options, read};
use dukou_kernel::Date;

use crate::bomb_files::{BOUNDED, Bomb, PLAIN, REFUSED, within};

/// True when the file was read, false when it was refused; both within bounds.
fn bounded(bomb: &Bomb) -> bool {
    let options = Options {
        today: Date::new(2026, 1, 1).unwrap(),
        mappings: &[],
        known: &Nothing,
    };
    within(bomb, |name, bytes| {
        read(&[(name, bytes)], &options, &mut |_, _| {}).is_ok()
    })
}

#[test]
fn the_plain_files_of_these_tests_are_read() {
    for file in PLAIN {
        assert!(bounded(file), "{} is refused", file.name);
    }
}

#[test]
fn every_bomb_is_refused() {
    for file in REFUSED {
        assert!(!bounded(file), "{}: {} is read", file.name, file.what);
    }
}

#[test]
fn what_looks_like_a_bomb_is_read_within_bounds() {
    let read = BOUNDED.iter().filter(|file| bounded(file)).count();
    assert!(read > 0, "nothing of it is read");
}
