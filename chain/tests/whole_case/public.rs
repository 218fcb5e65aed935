//! What leaves the program of every stored shape: public types that a change of a
//! stored shape cannot change, without names, free text, or amounts beyond the
//! reader's right. Golden files lie under `chain/tests/golden/public/`: `events/` what
//! is told of each stored kind, `types/` the schema of each type. A file is written
//! once; another shape is another version of the type.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use dukou_chain::public::{
    self, Data, MoneyRight, Party, Pen, PublicEvent, Reader, UNREADABLE, stem, type_of,
};
use dukou_chain::terms::{self, PartyKind, PartySize};
use dukou_chain::whole::{Event, OLD_SHAPES, present_kind};
use dukou_journal::Entry;
use dukou_kernel::PersonId;
use serde_json::{Value, json};

fn golden() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"))
}

/// Stored entries, one of each shape that ever was.
fn stored() -> BTreeMap<String, Entry<'static>> {
    let files = std::fs::read_dir(golden().join("events")).unwrap();
    let entries = files.map(|file| {
        let bytes = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let entry = Entry::from_bytes(&bytes).unwrap().into_owned();
        (entry.meta.kind.to_string(), entry)
    });
    entries.collect()
}

const ALL: Reader = Reader {
    says: true,
    money: MoneyRight::All,
    person: None,
};
const NO_MONEY: Reader = Reader {
    says: true,
    money: MoneyRight::None,
    person: None,
};

fn told(entry: &Entry<'_>, reader: &Reader) -> Value {
    serde_json::to_value(PublicEvent::of(entry, reader)).unwrap()
}

fn writes() -> bool {
    std::env::var_os("DUKOU_WRITE_GOLDEN").is_some()
}

/// Holds values to their files; a file that is missing may be written, one that is
/// there never again.
fn held(folder: &str, values: &BTreeMap<String, Value>) {
    let folder = golden().join("public").join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut wrong = Vec::new();
    for (name, value) in values {
        let path = folder.join(format!("{name}.json"));
        let text = serde_json::to_string_pretty(value).unwrap() + "\n";
        if !path.exists() && writes() {
            std::fs::write(&path, &text).unwrap();
        }
        if std::fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            wrong.push(format!("{}: {text}", path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "what other systems read would change. A new kind: DUKOU_WRITE_GOLDEN=1 cargo test -p dukou-chain. \
         A known one: keep its public type as it is, and make a new version beside it. {}",
        wrong.join("\n")
    );
    let there = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(there, values.len(), "a file that nothing makes any more");
}

#[test]
fn every_stored_shape_is_told_as_its_public_type() {
    let stored = stored();
    let kinds: BTreeSet<&str> = Event::kinds()
        .chain(OLD_SHAPES.iter().map(|it| it.kind))
        .collect();
    let mut files = BTreeMap::new();
    for kind in kinds {
        let entry = stored.get(kind).unwrap_or_else(|| panic!("{kind}"));
        let public = type_of(kind).unwrap_or_else(|| panic!("{kind} has no public type"));
        let event = PublicEvent::of(entry, &ALL);
        assert_eq!(event.type_name, public.name, "{kind}");
        let data = event.data.as_ref().unwrap();
        assert_eq!(
            data.name(),
            public.name,
            "{kind}: by its name and by its shape"
        );
        assert!(event.withheld.is_empty(), "{kind}: {:?}", event.withheld);
        files.insert(
            kind.to_owned(),
            json!({"all": event, "without_money": told(entry, &NO_MONEY)}),
        );
    }
    held("events", &files);
}

#[test]
fn the_schema_of_a_public_type_never_changes() {
    let all: BTreeMap<String, Value> = public::types()
        .map(|it| (it.name.replace('/', "."), it.schema()))
        .collect();
    assert_eq!(all.len(), public::types().count(), "no name twice");
    held("types", &all);
    let envelope = BTreeMap::from([("event".to_owned(), public::schema_of::<PublicEvent>())]);
    held("envelope", &envelope);
}

#[test]
fn a_type_stands_for_one_thing_that_happens() {
    let stems: BTreeSet<&str> = Event::kinds().map(stem).collect();
    let types: BTreeSet<&str> = public::types().map(|it| it.stem()).collect();
    assert_eq!(stems, types);
    for kind in Event::kinds() {
        assert_eq!(stem(present_kind(kind)), stem(kind));
    }
    assert_eq!(stem("dukou.income.received/v1"), "income.received");
    assert_eq!(stem("income.received.v12"), "income.received");
    assert_eq!(stem("income.received"), "income.received");
    assert!(type_of("income.vanished.v1").is_none());
}

/// Fields of a schema that hang on the right to money, as `withheld` names them.
fn guarded(schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    if schema.get("x-right").is_some() {
        found.insert(at.to_owned());
    }
    for key in ["anyOf", "oneOf"] {
        for one in schema[key].as_array().into_iter().flatten() {
            guarded(one, at, found);
        }
    }
    if schema.get("items").is_some() {
        // A line of a list is withheld as a whole when its amount is.
        let mut inner = BTreeSet::new();
        guarded(&schema["items"], "", &mut inner);
        match at {
            "terms.schedule" => guarded(&schema["items"], at, found),
            _ if !inner.is_empty() => drop(found.insert(at.to_owned())),
            _ => {}
        }
    }
    for (name, one) in schema["properties"].as_object().into_iter().flatten() {
        let at = [at, name].join(if at.is_empty() { "" } else { "." });
        guarded(one, &at, found);
    }
}

fn numbers(value: &Value, found: &mut Vec<i64>) {
    match value {
        Value::Number(it) => found.extend(it.as_i64()),
        Value::Array(list) => list.iter().for_each(|it| numbers(it, found)),
        Value::Object(map) => map.values().for_each(|it| numbers(it, found)),
        _ => {}
    }
}

fn there(value: &Value, path: &str) -> bool {
    let mut at = value;
    for name in path.split('.') {
        if let Value::Array(list) = at {
            return list.iter().any(|it| there(it, name));
        }
        match at.get(name) {
            Some(inner) => at = inner,
            None => return false,
        }
    }
    true
}

#[test]
fn without_the_right_no_amount_is_told_of_any_event() {
    let (mut amounts, mut fields) = (0, 0);
    for (kind, entry) in stored() {
        let (whole, narrow) = (told(&entry, &ALL), told(&entry, &NO_MONEY));
        let mut guard = BTreeSet::new();
        guarded(&type_of(&kind).unwrap().schema(), "", &mut guard);
        let withheld: BTreeSet<String> = narrow["withheld"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap().to_owned())
            .collect();
        for field in &guard {
            let said = there(&whole["data"], field);
            assert!(!there(&narrow["data"], field), "{kind}: {field}");
            assert_eq!(
                withheld.contains(field),
                said,
                "{kind}: {field} {withheld:?}"
            );
            fields += usize::from(said);
        }
        assert!(withheld.is_subset(&guard), "{kind}: {withheld:?} {guard:?}");
        // And by the numbers themselves, whatever the schema says of them.
        let body: Value = serde_json::from_str(&entry.body).unwrap();
        let (mut kept, mut out) = (Vec::new(), Vec::new());
        numbers(&body, &mut kept);
        numbers(&narrow["data"], &mut out);
        for amount in kept.iter().filter(|it| it.abs() > 9_999) {
            assert!(!out.contains(amount), "{kind}: {amount}");
            let text = narrow["data"].to_string();
            assert!(!text.contains(&amount.to_string()), "{kind}: {amount}");
            amounts += 1;
        }
    }
    assert!(amounts > 40 && fields > 40, "{amounts} {fields}");
}

/// A code, an id, a day, a share, a hash: what names nobody.
fn plain(text: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    !text.is_empty() && text.len() <= 64 && text.chars().all(known)
}

/// Fields whose words are part of a type: titles, numbers, names of institutions.
const WORDS: &[&str] = &[
    "number",
    "title",
    "right_number",
    "contract_no",
    "register_no",
    "bank_ref",
    "voucher",
    "name_zh",
    "name_en",
    "name",
    "uscc",
    "prefix",
];

fn words(value: &Value, key: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if !WORDS.contains(&key) && !plain(text) => {
            found.push(format!("{key}: {text}"));
        }
        Value::Array(list) => list.iter().for_each(|it| words(it, key, found)),
        Value::Object(map) => map.iter().for_each(|(key, it)| words(it, key, found)),
        _ => {}
    }
}

/// What is free text or made for the program's own memory, by its stored name.
const INSIDE: &[&str] = &[
    "engine",
    "basis",
    "steps",
    "seal",
    "staff_no_key",
    "reason",
    "text",
    "summary",
    "market",
    "evaluator",
    "novelty",
    "funding_note",
    "meeting",
    "payer",
    "owners",
    "contact",
    "result",
    "label",
    "place",
    "territory",
    "royalty_base",
    "series",
    "origin",
    "note",
    "titles",
    "message",
];

fn inside(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|it| inside(it, found)),
        Value::Object(map) => {
            for (key, it) in map {
                if INSIDE.contains(&key.as_str()) {
                    found.push(key.clone());
                }
                inside(it, found);
            }
        }
        _ => {}
    }
}

#[test]
fn no_free_text_and_nothing_of_the_engine_is_told() {
    for (kind, entry) in stored() {
        let data = &told(&entry, &ALL)["data"];
        let (mut free, mut own) = (Vec::new(), Vec::new());
        words(data, "", &mut free);
        inside(data, &mut own);
        assert!(
            free.is_empty() && own.is_empty(),
            "{kind}: {free:?} {own:?}"
        );
    }
}

#[test]
fn whoever_reads_their_own_money_is_told_no_other_persons() {
    let entry = &stored()["distribution.approved.v2"];
    let whole = told(entry, &ALL);
    let people = whole["data"]["split"]["people"].as_array().unwrap();
    assert!(people.len() > 1);
    let me: PersonId = people[0]["person"].as_str().unwrap().parse().unwrap();
    let own = Reader {
        says: true,
        money: MoneyRight::Own(me),
        person: Some(me),
    };
    let mine = told(entry, &own);
    assert_eq!(mine["data"]["split"]["people"], json!([people[0]]));
    assert_eq!(
        mine["data"]["split"]["gross"],
        whole["data"]["split"]["gross"]
    );
    assert!(
        mine["withheld"]
            .as_array()
            .unwrap()
            .contains(&json!("split.people"))
    );
    let text = mine["data"].to_string();
    for other in &people[1..] {
        assert!(!text.contains(other["person"].as_str().unwrap()), "{text}");
    }
}

#[test]
fn who_may_not_read_an_entry_learns_that_it_is_there() {
    let entry = &stored()["income.received.v1"];
    let event = PublicEvent::of(entry, &Reader::default());
    assert_eq!(event.type_name, "dukou.income.received/v1");
    assert!(event.data.is_none() && event.reason.is_none() && event.key.is_none());
    assert_eq!(event.withheld[0], "data");
    // What cannot be read is told to nobody.
    let mut odd = entry.clone();
    odd.body = "{\"amount\":\"many\"}".into();
    let event = PublicEvent::of(&odd, &ALL);
    assert_eq!((event.type_name, event.data), (UNREADABLE, None));
    let mut unknown = entry.clone();
    unknown.meta.kind = "income.vanished.v9".into();
    let event = PublicEvent::of(&unknown, &ALL);
    assert_eq!((event.type_name, event.data), (UNREADABLE, None));
}

#[test]
fn a_command_key_is_told_to_whoever_sent_it() {
    let mut entry = stored()["income.received.v1"].clone();
    entry.meta.key = Some("k-1".into());
    let sender = entry.meta.actor.person();
    assert!(sender.is_some());
    let by = |person| PublicEvent::of(&entry, &Reader { person, ..ALL }).key;
    assert_eq!(by(sender).as_deref(), Some("k-1"));
    assert_eq!(by(None), None);
    assert_eq!(by(Some(PersonId(uuid::Uuid::from_u128(7)))), None);
}

#[test]
fn a_natural_person_as_the_other_side_is_not_named() {
    let party = |kind, uscc: Option<&str>| {
        let party = terms::Party {
            name: "张三".to_owned(),
            uscc: uscc.map(str::to_owned),
            kind,
            size: PartySize::Unknown,
        };
        Party::of(&party)
    };
    for (kind, uscc, named) in [
        (PartyKind::Person, None, false),
        (PartyKind::Person, Some("110101199003070000"), false),
        (PartyKind::Unknown, None, false),
        (PartyKind::Unknown, Some("91110000000000000A"), true),
        (PartyKind::Private, None, true),
    ] {
        let told = party(kind, uscc);
        assert_eq!(told.name.is_some(), named, "{kind:?}");
        assert!(named || told.uscc.is_none(), "{kind:?}");
    }
}

/// One field for the table: `amount`¥, `split`(…), `people`[…].
fn shown(name: &str, schema: &Value) -> String {
    let inner = |of: &Value| -> String {
        let fields = of["properties"].as_object();
        let all = fields.into_iter().flatten();
        all.map(|(name, it)| shown(name, it))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let one = schema["anyOf"].as_array().and_then(|it| it.first());
    let schema = one.unwrap_or(schema);
    let right = if schema.get("x-right").is_some() {
        " ¥"
    } else {
        ""
    };
    let (items, fields) = (inner(&schema["items"]), inner(schema));
    match (items.is_empty(), fields.is_empty()) {
        (false, _) => format!("`{name}` [{items}]"),
        (_, false) => format!("`{name}` ({fields})"),
        _ => format!("`{name}`{right}"),
    }
}

fn table() -> String {
    let mut out = String::from("| type | what happened | `data` |\n| --- | --- | --- |\n");
    for it in public::types() {
        let schema = it.schema();
        let what = schema["description"].as_str().unwrap();
        let fields = schema["properties"].as_object();
        let all: Vec<String> = fields
            .into_iter()
            .flatten()
            .map(|(name, it)| shown(name, it))
            .collect();
        let all = if all.is_empty() {
            "–".to_owned()
        } else {
            all.join(", ")
        };
        out += &format!("| `{}` | {what} | {all} |\n", it.name);
    }
    out
}

#[test]
fn the_page_on_webhooks_lists_every_public_type() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/webhooks.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (begin, end) = ("<!-- types -->\n", "<!-- /types -->");
    let (head, rest) = page.split_once(begin).unwrap();
    let (now, tail) = rest.split_once(end).unwrap();
    if now != table() && writes() {
        std::fs::write(path, format!("{head}{begin}{}{end}{tail}", table())).unwrap();
        return;
    }
    assert_eq!(
        now,
        table(),
        "DUKOU_WRITE_GOLDEN=1 cargo test -p dukou-chain"
    );
}

#[test]
fn a_pen_names_each_field_once() {
    let mut pen = Pen::new(MoneyRight::None);
    let amount = dukou_kernel::Money::from_fen(1);
    assert!(pen.fen("a", amount).is_none() && pen.fen("a", amount).is_none());
    assert!(pen.perhaps("b", None).is_none());
    assert_eq!(pen.withheld(), ["a"]);
}

/// The mapping takes the event in memory, so an old stored shape is told as what it is
/// read as today.
#[test]
fn an_old_shape_is_told_like_the_new_one() {
    let stored = stored();
    for shape in OLD_SHAPES {
        let entry = &stored[shape.kind];
        let event = Event::from_body(shape.kind, &entry.body).unwrap();
        let data = Data::of(&event, &mut Pen::new(MoneyRight::All));
        assert_eq!(
            Some(data),
            PublicEvent::of(entry, &ALL).data,
            "{}",
            shape.kind
        );
    }
}
