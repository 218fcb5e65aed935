//! A page of the database is damaged under a server that starts on it: what needs the
//! page is told so, everything else goes on, and nothing acknowledged is lost.

use std::time::{Duration, Instant};

use crate::office::*;

/// Where the first page of a table lies in the file.
fn page_of(place: &Place, table: &str) -> std::ops::Range<usize> {
    let head = std::fs::read(place.database()).unwrap();
    let size = usize::from(u16::from_be_bytes([head[16], head[17]]));
    let sql = format!("SELECT rootpage FROM sqlite_schema WHERE name = '{table}'");
    let store = place.open();
    let row = store.read(|db| db.row(&sql, &[])).unwrap();
    let page = usize::try_from(row.unwrap().int(0)).unwrap();
    (page - 1) * size..page * size
}

#[test]
fn a_damaged_page_fails_what_needs_it_and_nothing_else() {
    let place = Place::found();
    let page = page_of(&place, "deal_view");
    let whole = std::fs::read(place.database()).unwrap();
    let mut bytes = whole.clone();
    bytes[page.clone()].fill(0xFF);
    std::fs::write(place.database(), bytes).unwrap();

    let server = Server::start(&place);
    let mut promised = Promised::default();
    let (status, answer) = server.get("/api/v1/deals");
    assert_eq!(status, 503, "{answer}");
    assert!(answer.contains("损坏"), "{answer}");
    for n in 0..10 {
        assert_eq!(server.read("/api/v1/cases"), 200);
        let key = format!("beside-{n}");
        let (status, done) = server.note(&key).unwrap();
        assert_eq!(status, 201, "{done}");
        let seq = done["first_seq"].as_i64().unwrap();
        promised.entries.insert(key, seq);
    }
    // The server looks by itself, and whoever sends requests here learns of it.
    let began = Instant::now();
    while server.read("/readyz") != 503 {
        assert!(began.elapsed().as_secs() < 30, "nobody looked");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(server.get("/readyz").1.contains("pages failed"));
    assert!(server.log().contains("The database file is damaged"));
    assert!(!server.log().contains("panicked"), "{}", server.log());
    server.stop();

    // With the page put right, everything that was promised is there.
    let mut bytes = std::fs::read(place.database()).unwrap();
    bytes[page.clone()].copy_from_slice(&whole[page]);
    std::fs::write(place.database(), bytes).unwrap();
    promised.kept(&place, 0);
}
