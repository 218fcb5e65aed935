//! The server is killed at random moments under concurrent load. Afterwards every
//! acknowledged command is there once, every acknowledged file is there whole,
//! nothing is there by half, and everything verifies. `DUKOU_CRASH_ROUNDS=200` for
//! the long run.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::office::*;

#[test]
fn what_was_acknowledged_survives_every_kill() {
    let rounds: u64 = std::env::var("DUKOU_CRASH_ROUNDS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(20);
    let place = Place::found();
    let mut promised = Promised::default();
    for round in 0..rounds {
        let server = Server::start(&place);
        // From a few commands to a few hundred; a moment of its own every round.
        let millis = 30 + (round * 7_919 + u64::from(std::process::id())) % 270;
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let load = scope.spawn(|| server.load(round, &stop));
            std::thread::sleep(Duration::from_millis(millis));
            let killed = Command::new("kill").args(["-KILL", &server.id()]).status();
            assert!(killed.unwrap().success());
            stop.store(true, Ordering::Relaxed);
            promised.add(load.join().unwrap());
        });
        drop(server);
        promised.kept(&place, usize::try_from(round).unwrap() + 1);
    }
    assert!(promised.failures.is_empty(), "{:?}", promised.failures);
    let (entries, files) = (promised.entries.len(), promised.files.len());
    assert!(entries as u64 > rounds, "only {entries} commands");
    assert!(files > 0, "no evidence was uploaded");
    eprintln!("{entries} commands and {files} files acknowledged in {rounds} rounds");
}

#[test]
fn a_second_server_on_the_folder_says_so_and_goes() {
    let place = Place::found();
    let server = Server::start(&place);
    let second = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    refused(&second, "正被另一个程序使用", "another program uses");
    assert!(said(&second).contains(&place.folder.display().to_string()));
    server.stop();
}
