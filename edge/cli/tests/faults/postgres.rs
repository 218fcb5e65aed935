//! PostgreSQL goes away under load: connections are cut, the server is restarted
//! without warning. Commands under way succeed or say that they did not, and
//! everything goes on without restarting this program.

use std::io::ErrorKind::{TimedOut, WouldBlock};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cluster::Cluster;
use crate::office::*;

/// Sends a note until it is taken, always under the same key.
pub fn insist(server: &Server, promised: &mut Promised, key: &str) {
    let mut last = String::new();
    for _ in 0..400 {
        match server.note(key).unwrap() {
            (201, done) => {
                let seq = done["first_seq"].as_i64().unwrap();
                promised.entries.insert(key.to_owned(), seq);
                return;
            }
            (503, answer) => last = answer.to_string(),
            (other, answer) => panic!("{other}: {answer}"),
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("it does not go on: {last}\n{}", server.log());
}

#[test]
fn a_lost_postgres_is_told_and_found_again() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let place = Place::found_in(fresh("office"), Some(cluster.url()));
    let server = Server::start(&place);
    let mut promised = Promised::default();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let load = scope.spawn(|| server.load(&place, 0, &stop));
        for round in 0..5 {
            for n in 0..5 {
                insist(&server, &mut promised, &format!("own-{round}-{n}"));
            }
            cluster.cut();
        }
        insist(&server, &mut promised, "own-cut");
        for round in 0..2 {
            cluster.down();
            // Nothing can be read or written, and both say so.
            let (status, answer) = server.note("own-down").unwrap();
            assert_eq!((status, &answer["code"]), (503, &"storage".into()));
            assert!(answer["detail"].as_str().unwrap().contains("数据库"));
            assert_eq!(server.read("/api/v1/cases"), 503);
            assert_eq!(server.read("/healthz"), 503);
            assert_eq!(server.read("/readyz"), 503);
            cluster.up();
            insist(&server, &mut promised, "own-down");
            insist(&server, &mut promised, &format!("own-up-{round}"));
            assert_eq!(server.read("/healthz"), 200);
            assert_eq!(server.read("/readyz"), 200);
        }
        stop.store(true, Ordering::Relaxed);
        promised.add(load.join().unwrap());
    });
    for (status, answer) in &promised.failures {
        assert_eq!(
            (*status, &answer["code"]),
            (503, &"storage".into()),
            "{answer}"
        );
    }
    assert!(server.log().contains("The database cannot be reached"));
    assert!(!server.log().contains("panicked"), "{}", server.log());
    server.stop();
    // A file whose upload was refused may lie there, recorded for nobody.
    let refused = promised.failures.len();
    promised.kept(&place, refused);
    eprintln!(
        "{} commands acknowledged, {refused} refused while it was away",
        promised.entries.len()
    );
}

/// Stands between the program and PostgreSQL. Told to be silent, it keeps what it is
/// given: connections stay open, and no word comes through.
struct Link {
    port: u16,
    silent: Arc<AtomicBool>,
    /// Raised to let go of the connections that there are.
    round: Arc<AtomicU64>,
}

impl Link {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let link = Self {
            port: listener.local_addr().unwrap().port(),
            silent: Arc::default(),
            round: Arc::default(),
        };
        let (silent, round) = (Arc::clone(&link.silent), Arc::clone(&link.round));
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) = (near.unwrap(), TcpStream::connect(("127.0.0.1", port)));
                let far = far.unwrap();
                let began = round.load(Ordering::Relaxed);
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let (silent, round) = (Arc::clone(&silent), Arc::clone(&round));
                    let over = move || round.load(Ordering::Relaxed) != began;
                    std::thread::spawn(move || pass(from, to, &silent, over));
                }
            }
        });
        link
    }

    /// Lets words through again, on new connections.
    fn speak(&self) {
        self.round.fetch_add(1, Ordering::Relaxed);
        self.silent.store(false, Ordering::Relaxed);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, silent: &AtomicBool, over: impl Fn() -> bool) {
    let moment = Duration::from_millis(5);
    from.set_read_timeout(Some(moment)).unwrap();
    let mut bytes = [0u8; 16_384];
    while !over() {
        if silent.load(Ordering::Relaxed) {
            std::thread::sleep(moment);
            continue;
        }
        match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(many) if to.write_all(&bytes[..many]).is_err() => break,
            Ok(_) => {}
            Err(error) if matches!(error.kind(), WouldBlock | TimedOut) => {}
            Err(_) => break,
        }
    }
    let _ = from.shutdown(std::net::Shutdown::Both);
    let _ = to.shutdown(std::net::Shutdown::Both);
}

#[test]
fn a_link_that_falls_silent_holds_nobody_for_ever() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let link = Link::to(cluster.port);
    let silence = "tcp_user_timeout=1&connect_timeout=1";
    let url = format!(
        "postgres://dukou@127.0.0.1:{}/postgres?{silence}",
        link.port
    );
    let place = Place::found_in(fresh("office"), Some(url));
    let server = Server::start(&place);
    let mut promised = Promised::default();
    insist(&server, &mut promised, "before");
    for round in 0..3 {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let load = scope.spawn(|| server.load(&place, round, &stop));
            std::thread::sleep(Duration::from_millis(150 + round * 70));
            link.silent.store(true, Ordering::Relaxed);
            let began = Instant::now();
            let (status, answer) = server.note(&format!("silent-{round}")).unwrap();
            assert_eq!((status, &answer["code"]), (503, &"storage".into()));
            assert!(began.elapsed() < Duration::from_secs(15));
            link.speak();
            insist(&server, &mut promised, &format!("silent-{round}"));
            stop.store(true, Ordering::Relaxed);
            promised.add(load.join().unwrap());
        });
    }
    for (status, answer) in &promised.failures {
        let storage: &Value = &"storage".into();
        assert_eq!((*status, &answer["code"]), (503, storage), "{answer}");
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
    server.stop();
    promised.kept(&place, promised.failures.len());
}

/// Connections that died while nobody used them are noticed before they are used:
/// the first who comes afterwards is answered.
#[test]
fn idle_connections_that_died_fail_nobody() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let place = Place::found_in(fresh("office"), Some(cluster.url()));
    let server = Server::start(&place);
    let mut promised = Promised::default();
    for round in 0..3 {
        assert_eq!(server.read("/api/v1/cases"), 200);
        cluster.down();
        cluster.up();
        let key = format!("idle-{round}");
        let (status, done) = server.note(&key).unwrap();
        assert_eq!(status, 201, "{done}");
        promised
            .entries
            .insert(key, done["first_seq"].as_i64().unwrap());
    }
    server.stop();
    promised.kept(&place, 0);
}
