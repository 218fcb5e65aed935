//! Every shape in which an event was ever stored, one file each under
//! `chain/tests/golden/events/`, and what today's code makes of it. A file is
//! written once and never changed; `chain/tests/golden/events.sha256` holds the
//! files to their hashes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use dukou_chain::whole::{Event, OLD_SHAPES, OldShape, State, present_kind};
use dukou_chain::{Kept, agreement};
use dukou_journal::{Entry, StreamId};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::complete::story;

fn golden() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"))
}

/// The files by kind, with their exact bytes.
fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir(golden().join("events")) else {
        return files;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let kind = name.strip_suffix(".json").unwrap().to_owned();
        files.insert(kind, std::fs::read_to_string(path).unwrap());
    }
    files
}

/// What `sha256sum tests/golden/events/*` would say.
fn hashes(files: &BTreeMap<String, String>) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write as _;
    files.iter().fold(String::new(), |mut list, (kind, bytes)| {
        for byte in Sha256::digest(bytes) {
            let _ = write!(list, "{byte:02x}");
        }
        let _ = writeln!(list, "  events/{kind}.json");
        list
    })
}

fn kept_hashes() -> String {
    std::fs::read_to_string(golden().join("events.sha256")).unwrap_or_default()
}

/// Writes the files of kinds that have none, and their hashes; what is there stays.
fn add_missing() {
    let (known, kept) = (files(), kept_hashes());
    let mut fullest: BTreeMap<String, Entry> = BTreeMap::new();
    for entry in story().entries {
        let kind = entry.meta.kind.clone().into_owned();
        let fuller = fullest
            .get(&kind)
            .is_none_or(|it| it.body.len() < entry.body.len());
        if fuller && !known.contains_key(&kind) {
            fullest.insert(kind, entry);
        }
    }
    std::fs::create_dir_all(golden().join("events")).unwrap();
    let mut fresh = BTreeMap::new();
    for (kind, entry) in fullest {
        let path = golden().join("events").join(format!("{kind}.json"));
        let bytes = entry.to_bytes().unwrap();
        std::fs::write(path, &bytes).unwrap();
        fresh.insert(kind, bytes);
    }
    let fresh = hashes(&fresh);
    let mut lines: Vec<&str> = kept.lines().chain(fresh.lines()).collect();
    lines.sort_unstable_by_key(|line| line.split("  ").nth(1));
    std::fs::write(golden().join("events.sha256"), lines.join("\n") + "\n").unwrap();
}

#[test]
fn every_stored_shape_is_still_read() {
    if std::env::var_os("DUKOU_WRITE_GOLDEN").is_some() {
        add_missing();
    }
    let (files, kept) = (files(), kept_hashes());
    let now = hashes(&files);
    let changed: Vec<&str> = kept
        .lines()
        .filter(|line| !now.lines().any(|it| it == *line))
        .collect();
    assert!(
        changed.is_empty(),
        "a stored shape never changes; give the event a new kind: {changed:#?}"
    );
    assert!(
        kept == now,
        "a file that the list of hashes does not name: DUKOU_WRITE_GOLDEN=1 cargo test -p dukou-chain"
    );
    let present: BTreeSet<&str> = Event::kinds().collect();
    let old: BTreeSet<&str> = OLD_SHAPES.iter().map(|it| it.kind).collect();
    for kind in present.union(&old) {
        assert!(
            files.contains_key(*kind),
            "{kind} has no golden file: DUKOU_WRITE_GOLDEN=1 cargo test -p dukou-chain writes it"
        );
    }
    for (kind, bytes) in &files {
        let entry = Entry::from_bytes(bytes).unwrap();
        assert_eq!(&entry.meta.kind, kind);
        assert_eq!(
            &entry.to_bytes().unwrap(),
            bytes,
            "{kind}: the entry's bytes"
        );
        let event = Event::from_body(kind, &entry.body)
            .unwrap_or_else(|why| panic!("{kind} is no longer read: {why}"));
        assert_eq!(event.kind(), present_kind(kind), "{kind}");
        if event.kind() == kind {
            assert_eq!(
                made_anew(event.clone()).to_body(),
                entry.body,
                "{kind} would be written in another shape now: give it a new kind"
            );
        } else {
            assert!(old.contains(kind.as_str()), "{kind} is in no list");
        }
        let mut state = State::new(entry.meta.stream);
        assert!(state.accepts(&event), "{kind} in its own stream");
        state.apply(event, entry.meta.effective);
    }
}

/// The same event, with everything that is kept as it was written read and made anew.
fn made_anew(mut event: Event) -> Event {
    fn anew<T: Clone + DeserializeOwned>(kept: &mut Kept<T>) {
        *kept = kept.read().unwrap().into_owned().into();
    }
    if let Event::Agreement(agreement::Event::Signed(it)) = &mut event {
        anew(&mut it.findings);
    }
    event
}

/// Every list within a value.
fn lists<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match value {
        Value::Array(_) => found.push(value),
        Value::Object(map) => map.values_mut().for_each(|it| lists(it, found)),
        _ => {}
    }
}

#[test]
fn no_list_of_an_event_goes_unread_by_whoever_verifies() {
    let mut tried = 0;
    for (kind, bytes) in files() {
        let body = Entry::from_bytes(&bytes).unwrap().body.into_owned();
        let whole: Value = serde_json::from_str(&body).unwrap();
        let mut probe = whole.clone();
        let mut found = Vec::new();
        lists(&mut probe, &mut found);
        for at in 0..found.len() {
            let mut other = whole.clone();
            let mut found = Vec::new();
            lists(&mut other, &mut found);
            *found[at] = serde_json::json!([{"of no event": 1}]);
            let read = Event::from_body(&kind, &other.to_string());
            let read = read.and_then(|event| event.look());
            assert!(read.is_err(), "{kind}: {other}");
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}

/// Shapes that never were, two generations of them: a note once was called
/// `words` and had no files, later `text` with one file.
fn first(mut body: Value) -> Result<Value, serde_json::Error> {
    let words = body["words"].take();
    Ok(serde_json::json!({"text": words, "file": null}))
}
fn second(mut body: Value) -> Result<Value, serde_json::Error> {
    let files: Vec<Value> = match body["file"].take() {
        Value::Null => Vec::new(),
        file => vec![file],
    };
    Ok(serde_json::json!({"text": body["text"].take(), "files": files}))
}
const NEVER: &[OldShape] = &[
    OldShape {
        kind: "closing.noted.v-1",
        next: "closing.noted.v0",
        body: first,
    },
    OldShape {
        kind: "closing.noted.v0",
        next: "closing.noted.v1",
        body: second,
    },
    OldShape {
        kind: "closing.loop.v0",
        next: "closing.loop.v0",
        body: Ok,
    },
];

#[test]
fn an_old_shape_is_read_as_the_present_event() {
    let now = |kind: &str, body: &str| Event::from_stored(NEVER, kind, body);
    let noted = now("closing.noted.v1", r#"{"text":"电话"}"#).unwrap();
    let (first, second) = (
        now("closing.noted.v-1", r#"{"words":"电话"}"#).unwrap(),
        now("closing.noted.v0", r#"{"text":"电话","file":null}"#).unwrap(),
    );
    assert_eq!(first, noted);
    assert_eq!(second, noted);
    let file = format!(r#"{{"file":"{}","name":"a.pdf"}}"#, "0".repeat(64));
    let with_file = now(
        "closing.noted.v0",
        &format!(r#"{{"text":"电话","file":{file}}}"#),
    );
    assert!(with_file.unwrap().to_body().contains("a.pdf"));

    // It is an event like any other: it moves a state.
    let stream = StreamId::Case(dukou_kernel::CaseId(uuid::Uuid::from_u128(1)));
    assert!(State::new(stream).accepts(&first));

    // What fits no shape is named by the kind that was stored, and nothing runs for ever.
    let why = now("closing.noted.v-1", r#"{"words":7}"#).unwrap_err();
    assert!(why.to_string().contains("closing.noted.v-1"), "{why}");
    let why = now("closing.loop.v0", "{}").unwrap_err();
    assert!(why.to_string().contains("closing.loop.v0"), "{why}");
    assert!(Event::from_body("closing.noted.v0", "{}").is_err());
}
