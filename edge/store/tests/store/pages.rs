//! Pages of notices: on the disk before the entry stands, and gone with the name of
//! somebody they name.

use std::path::PathBuf;
use std::process::{Command as Program, Stdio};

use dukou_chain::publicity::Paper;
use dukou_chain::whole::Event;
use dukou_store::{Done, Rejected, SealedText, Store, Taking};
use serde_json::{Value, json};

use crate::conformance::on_both_engines;
use crate::place::*;

on_both_engines! {
    the_page_is_kept_under_the_hash_that_its_event_holds,
    a_dry_run_shows_the_page_and_keeps_nothing,
    a_batch_that_fails_leaves_no_page,
    an_amendment_leaves_the_page_as_it_was,
    erasing_a_person_takes_every_page_that_names_them,
    what_a_killed_run_left_is_settled_at_the_next_start,
    a_page_that_was_altered_or_lost_is_named,
}

/// The commands of the road up to the one of this name, and that one.
fn road_until(name: &str) -> (String, Value) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../chain/tests/road.jsonl");
    let road = std::fs::read_to_string(path).unwrap();
    let at = road
        .lines()
        .position(|line| line.contains(&format!("\"command\":\"{name}\"")))
        .unwrap();
    let before: Vec<&str> = road.lines().take(at).collect();
    let line: Value = serde_json::from_str(road.lines().nth(at).unwrap()).unwrap();
    (before.join("\n"), line["command"].clone())
}

/// A deal that is decided, with names beside the journal, on 21 September 2026.
fn decided(place: &Place) -> (Office, Value) {
    let office = Office::open(place);
    let (before, post) = road_until("publicity.post");
    office.play_lines(&before);
    office.clock.set(morning("2026-09-21"));
    for (number, name) in [(1, "李青禾"), (2, "王以南")] {
        named(&office, number, name);
    }
    (office, post)
}

/// Gives somebody a name under a commitment, as the roster does.
fn named(office: &Office, number: u128, name: &str) {
    let seals = json!({"name": dukou_journal::commitment_to("ab", name)});
    let mut update = office.envelope(
        4,
        json!({"command": "people.update", "person": id(number), "kind": "staff", "posts": [], "seals": seals}),
    );
    let text = |field: &str, text: &str| SealedText {
        subject: id(number).parse().unwrap(),
        field: field.into(),
        text: text.into(),
    };
    update.sealed = vec![text("name_salt", "ab"), text("name", name)];
    office.store.execute(update).unwrap();
}

fn lies(place: &Place, hash: &str) -> PathBuf {
    let files = place.folder.join("files");
    files.join(&hash[..2]).join(&hash[2..])
}

/// The one page that was put into the open, as its event holds it.
fn page_of(done: &Done) -> Paper {
    let [paper] = done.papers.as_slice() else {
        panic!("{:?}", done.papers);
    };
    let (page, _) = done.events.iter().find_map(Event::page).unwrap();
    assert_eq!(page, &paper.file);
    paper.clone()
}

fn erase(office: &Office, number: u128) {
    office.must(
        4,
        json!({"command": "people.erase", "person": id(number), "reason": "个人信息保护法第47条"}),
    );
}

fn marks(place: &Place) -> Vec<String> {
    let names = std::fs::read_dir(place.folder.join("files")).unwrap();
    let names = names.map(|it| it.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|it| it.starts_with("page-")).collect()
}

fn codes(office: &Office) -> Vec<&'static str> {
    let findings = office.store.verify(&mut |_, _| {}).unwrap().findings;
    findings.iter().map(|it| it.code).collect()
}

fn the_page_is_kept_under_the_hash_that_its_event_holds(place: &Place) {
    let (office, post) = decided(place);
    let paper = page_of(&office.must(3, post));
    let hash = paper.file.file.to_string();
    let kept = office.store.file(&hash).unwrap().unwrap();
    assert_eq!(kept, paper.html.as_bytes());
    assert!(paper.html.contains("李青禾、王以南"), "{}", paper.html);
    let row = office.store.read(|db| {
        db.row(
            "SELECT name, media, uploaded_by FROM file WHERE hash = $1",
            &[hash.as_str().into()],
        )
    });
    let row = row.unwrap().unwrap();
    assert_eq!(row.text(0), "云舟技转公示〔2026〕1号.html");
    assert_eq!((row.text(1), row.text(2)), ("text/html", id(3).as_str()));
    assert!(!office.dump().join("").contains("李青禾"));
    assert!(marks(place).is_empty());
    office.verified();
}

fn a_dry_run_shows_the_page_and_keeps_nothing(place: &Place) {
    let (office, post) = decided(place);
    let before = office.dump();
    let envelope = office.envelope(3, post.clone());
    let shown = office.store.dry_run(vec![envelope]).unwrap();
    let shown = page_of(&shown[0]);
    assert!(!lies(place, shown.file.file.as_str()).exists());
    assert_eq!(office.dump(), before);
    let rows = office
        .store
        .read(|db| db.rows("SELECT 1 FROM file WHERE media = 'text/html'", &[]));
    assert!(rows.unwrap().is_empty());
    // What is posted then is what was shown.
    assert_eq!(page_of(&office.must(3, post)), shown);
}

fn a_batch_that_fails_leaves_no_page(place: &Place) {
    let (office, post) = decided(place);
    let wrong = json!({"command": "closing.note", "case": id(999), "text": "没有"});
    let batch = vec![office.envelope(3, post.clone()), office.envelope(3, wrong)];
    let (at, why) = office.store.execute_all(batch).unwrap_err();
    assert!(at == 1 && matches!(why, Rejected::Refused(_)), "{why:?}");
    let shown = office
        .store
        .dry_run(vec![office.envelope(3, post)])
        .unwrap();
    assert!(!lies(place, page_of(&shown[0]).file.file.as_str()).exists());
    assert!(marks(place).is_empty());
    office.verified();
}

fn an_amendment_leaves_the_page_as_it_was(place: &Place) {
    let office = Office::open(place);
    office.play("story.jsonl");
    let (_, deal) = office.deal(200);
    assert!(!deal.agreement.amendments.is_empty() && deal.agreement.renamed.is_some());
    let notice = &deal.publicity.notices[0];
    let (_, page) = notice.posted.content.frozen().unwrap();
    let html = office.store.file(page.file.as_str()).unwrap().unwrap();
    let html = String::from_utf8(html).unwrap();
    assert!(html.contains("3,000,000.00") && !html.contains("3,200,000.00"));
    assert!(html.contains("青岚新能源有限公司") && !html.contains("青岚固态电池"));
    office.verified();
}

fn erasing_a_person_takes_every_page_that_names_them(place: &Place) {
    let (office, post) = decided(place);
    let done = office.must(3, post);
    let paper = page_of(&done);
    let hash = paper.file.file.to_string();
    // Somebody whom no page names.
    erase(&office, 5);
    assert!(lies(place, &hash).exists());
    office.verified();
    erase(&office, 2);
    assert!(!lies(place, &hash).exists(), "the file");
    assert_eq!(office.store.file(&hash).unwrap(), None);
    assert!(marks(place).is_empty());
    let (_, deal) = office.deal(200);
    let (_, page) = deal.publicity.notices[0].posted.content.frozen().unwrap();
    assert_eq!(page, &paper.file, "the entry and its hash stay");
    office.verified();
    // An archive lists it, and does without it.
    let out = place.folder.join("out.zip");
    let made = office.store.export(&out, None, &mut |_, _| {}).unwrap();
    assert_eq!(made.notes, []);
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&out).unwrap()).unwrap();
    let names: Vec<String> = zip
        .file_names()
        .map(|it| it.unwrap().into_owned())
        .collect();
    assert!(!names.iter().any(|it| it.ends_with(&hash)));
    let mut manifest = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("manifest.json").unwrap(), &mut manifest)
        .unwrap();
    assert!(
        manifest.contains(&format!("\"erased\":[\"{hash}\"]")),
        "{manifest}"
    );
    checked_from_outside(&out, true);
    let there = place.again();
    let config = there.config(&office.clock);
    Store::take_in(&config, &out, Taking::Whole, &mut |_, _| {}).unwrap();
    let taken = Office::try_open(&there).unwrap();
    taken.verified();
    taken.close();
    // Put back by hand, it is named, and no archive takes it in.
    std::fs::create_dir_all(lies(place, &hash).parent().unwrap()).unwrap();
    std::fs::write(lies(place, &hash), &paper.html).unwrap();
    assert_eq!(codes(&office), ["file.not_erased"]);
    if place.url.is_none() {
        checked_from_outside(&place.folder, false);
    }
    std::fs::remove_file(lies(place, &hash)).unwrap();
    office.verified();
}

/// What the verifier that knows the documentation alone says.
fn checked_from_outside(path: &std::path::Path, good: bool) {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verify.py");
    let said = Program::new("python3")
        .arg(program)
        .arg(path)
        .stdin(Stdio::null())
        .output();
    let said = match said {
        Ok(said) => said,
        Err(error) => {
            assert!(
                std::env::var_os("DUKOU_REQUIRE_PYTHON").is_none(),
                "{error}"
            );
            eprintln!("skipped: no python3");
            return;
        }
    };
    let text = String::from_utf8_lossy(&said.stderr);
    assert_eq!(said.status.success(), good, "{text}");
    assert!(good || text.contains("erased"), "{text}");
}

fn what_a_killed_run_left_is_settled_at_the_next_start(place: &Place) {
    let (office, post) = decided(place);
    let shown = office
        .store
        .dry_run(vec![office.envelope(3, post.clone())])
        .unwrap();
    let never = page_of(&shown[0]);
    let named = |hash: &str| place.folder.join("files").join(format!("page-{hash}"));
    office.close();
    // Killed before the commit: the page lies there, and no entry names it.
    let hash = never.file.file.to_string();
    std::fs::create_dir_all(lies(place, &hash).parent().unwrap()).unwrap();
    std::fs::write(lies(place, &hash), &never.html).unwrap();
    std::fs::write(named(&hash), "").unwrap();
    let office = Office::open(place);
    assert!(!lies(place, &hash).exists() && marks(place).is_empty());
    office.clock.set(morning("2026-09-21"));
    let paper = page_of(&office.must(3, post));
    assert_eq!(paper, never);
    // Killed behind the commit: the entry stands, and so does its page.
    std::fs::write(named(&hash), "").unwrap();
    office.close();
    let office = Office::open(place);
    assert!(lies(place, &hash).exists() && marks(place).is_empty());
    office.verified();
    // Killed between an erasure and the file: it goes at the next start.
    erase(&office, 1);
    std::fs::write(lies(place, &hash), &paper.html).unwrap();
    std::fs::write(named(&hash), "").unwrap();
    assert_eq!(codes(&office), ["file.not_erased"]);
    office.close();
    let office = Office::open(place);
    assert!(!lies(place, &hash).exists() && marks(place).is_empty());
    office.verified();
}

fn a_page_that_was_altered_or_lost_is_named(place: &Place) {
    let (office, post) = decided(place);
    let paper = page_of(&office.must(3, post));
    let path = lies(place, paper.file.file.as_str());
    std::fs::write(&path, paper.html.replace("3,000,000", "2,000,000")).unwrap();
    assert_eq!(codes(&office), ["file.altered"]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(codes(&office), ["file.missing"]);
}
