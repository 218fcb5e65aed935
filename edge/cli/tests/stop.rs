//! A server that is told to stop: it says so, answers what it has begun, and ends
//! well.

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use uuid::Uuid;

fn ask(at: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(at).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn terminate(server: &Child) {
    let id = server.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_request_under_way_is_answered_and_then_the_server_ends_well() {
    let folder = std::env::temp_dir().join(format!("dukou-stop-{}", Uuid::now_v7()));
    let mut server = Command::new(env!("CARGO_BIN_EXE_dukou"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut said = BufReader::new(server.stdout.take().unwrap());
    said.read_line(&mut first).unwrap();
    let at = first.trim().trim_start_matches("http://");
    let at = at.trim_end_matches('/').to_owned();
    assert!(ask(&at, "/readyz").starts_with("HTTP/1.1 200"));

    // Half a form: the request is under way when the server is told to stop.
    let mut slow = TcpStream::connect(&at).unwrap();
    let head = "POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\nlogi";
    slow.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    terminate(&server);
    std::thread::sleep(Duration::from_millis(150));
    let ready = ask(&at, "/readyz");
    assert!(ready.starts_with("HTTP/1.1 503"), "{ready}");
    assert!(ready.contains("server stopping"), "{ready}");

    // Long after new connections are taken no more.
    std::thread::sleep(Duration::from_secs(2));
    assert!(TcpStream::connect(&at).is_err());
    slow.write_all(b"n=shen").unwrap();
    let mut answer = String::new();
    let _ = slow.read_to_string(&mut answer);
    // Without its token the form is refused: an answer all the same.
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let ended = server.wait().unwrap();
    let mut log = String::new();
    let mut errors = server.stderr.take().unwrap();
    errors.read_to_string(&mut log).unwrap();
    let _ = std::fs::remove_dir_all(&folder);
    assert!(ended.success(), "{ended}: {log}");
    // One line for each request, by the pattern of its route.
    for part in [
        "method=POST",
        "route=\"/sign-in\"",
        "status=400",
        "address=\"127.0.0.1\"",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
}
