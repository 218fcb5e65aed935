//! Names and numbers of persons: nothing in the journal leads back to them, and a number
//! is nobody else's, whatever secret it was entered under.

use dukou_chain::people;
use dukou_chain::whole::Command;
use dukou_journal::commitment_to;
use dukou_kernel::PersonId;
use dukou_store::{Envelope, Rejected, SealedText, Store, Taking};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::conformance::on_both_engines;
use crate::place::*;
use crate::stored::{stored, unpack};

on_both_engines! {
    no_number_comes_back_out_of_the_journal,
    a_number_is_nobody_elses_in_another_installation_either,
    a_command_without_a_key_gets_one_that_nobody_knows,
}

/// A registration as the pages and the API send it: the number beside the command.
fn registration(office: &Office, number: u128, staff_no: &str) -> Envelope {
    let salt = format!("{number:032x}");
    let register = office.envelope(
        4,
        json!({
            "command": "people.register", "person": id(number), "kind": "staff", "posts": [],
            "seals": {
                "name": commitment_to(&salt, "李一"), "number": commitment_to(&salt, staff_no),
            },
        }),
    );
    let text = |field: &str, text: &str| SealedText {
        subject: PersonId(uuid::Uuid::from_u128(number)),
        field: field.to_owned(),
        text: text.to_owned(),
    };
    Envelope {
        sealed: vec![
            text("name_salt", &salt),
            text("number_salt", &salt),
            text("name", "李一"),
            text("staff_no", staff_no),
        ],
        ..register
    }
}

fn code(result: Result<dukou_store::Done, Rejected>) -> String {
    match result {
        Err(Rejected::Refused(refusal)) => refusal.code().to_owned(),
        other => panic!("not refused: {other:?}"),
    }
}

fn journal(office: &Office) -> String {
    let rows = office
        .store
        .read(|db| db.rows("SELECT bytes FROM journal ORDER BY seq", &[]));
    let rows = rows.unwrap();
    rows.iter()
        .map(|it| it.text(0).to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes
        .as_ref()
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect()
}

/// Whoever has the journal and tries every number of four digits finds none: not by the
/// hash of before, not by the commitments without their salts.
fn no_number_comes_back_out_of_the_journal(place: &Place) {
    let office = Office::open(place);
    office.found();
    for number in 0..155u128 {
        let staff_no = format!("{}", 1000 + number * 7);
        office
            .store
            .execute(registration(&office, 100 + number, &staff_no))
            .unwrap();
    }
    let journal = journal(&office);
    assert_eq!(journal.matches("\"staff_no_key\":\"").count(), 155);
    let found = (0..10_000u32).filter(|number| {
        let tries = [
            format!("{}:{number}", office.institution),
            format!("\n{number}"),
            format!("{number}"),
            format!("dukou staff number v1\n{number}"),
        ];
        tries
            .iter()
            .any(|it| journal.contains(&hex(Sha256::digest(it.as_bytes()))))
            || journal.contains(&format!("\"{number}\""))
    });
    assert_eq!(found.count(), 0);
    assert!(!journal.contains("李一"));

    // The same number is one person's, and the same person is not registered twice.
    let taken = office.store.execute(registration(&office, 900, "1007"));
    assert_eq!(code(taken), "people.staff_no_taken");
    let twice = office.store.execute(registration(&office, 101, "1007"));
    assert_eq!(code(twice), "people.exists");
    office.verified();

    // A text changed behind the journal is found, name or number.
    for (field, said) in [
        ("name", "姓名"),
        ("staff_no", "工号"),
        ("number_salt", "工号"),
    ] {
        let changed = office.store.write(move |db| {
            db.exec(
                "UPDATE sealed SET text = 'x' || text WHERE subject = $1 AND field = $2",
                &[id(103).into(), field.into()],
            )
        });
        changed.unwrap();
        let report = office.store.verify(&mut |_, _| {}).unwrap();
        assert!(!report.ok(), "{field} was changed");
        let words: Vec<String> = report
            .findings
            .iter()
            .map(|it| it.message.zh.clone())
            .collect();
        assert!(words.iter().any(|it| it.contains(said)), "{words:?}");
        let back = office.store.write(move |db| {
            db.exec(
                "UPDATE sealed SET text = SUBSTR(text, 2) WHERE subject = $1 AND field = $2",
                &[id(103).into(), field.into()],
            )
        });
        back.unwrap();
    }
    office.verified();
    office.close();
}

/// The archive carries the secret as it lies there; where it does not open, numbers are
/// found by the personal data, and new ones get a key under a secret of the new place.
fn a_number_is_nobody_elses_in_another_installation_either(place: &Place) {
    let office = Office::open(place);
    office.found();
    office
        .store
        .execute(registration(&office, 100, "1001"))
        .unwrap();
    let archive = std::env::temp_dir().join(format!("dukou-persons-{}.zip", uuid::Uuid::now_v7()));
    office.store.export(&archive, None, &mut |_, _| {}).unwrap();
    let secrets = |office: &Office| {
        let rows = office
            .store
            .read(|db| db.rows("SELECT wrapped FROM institution_secret", &[]));
        rows.unwrap()
            .iter()
            .map(|it| it.text(0).to_owned())
            .collect::<Vec<_>>()
    };
    let mine = secrets(&office);
    assert_eq!(mine.len(), 1);
    office.close();

    let elsewhere = place.again();
    let config = elsewhere.config(&dukou_store::Clock::fixed("test", morning("2026-09-21")));
    Store::take_in(&config, &archive, Taking::Whole, &mut |_, _| {}).unwrap();
    let office = Office::open(&elsewhere);
    assert_eq!(secrets(&office), mine);
    let taken = office.store.execute(registration(&office, 101, "1001"));
    assert_eq!(code(taken), "people.staff_no_taken");
    office
        .store
        .execute(registration(&office, 102, "1002"))
        .unwrap();
    assert_eq!(secrets(&office).len(), 2, "a secret that opens here");
    let taken = office.store.execute(registration(&office, 103, "1002"));
    assert_eq!(code(taken), "people.staff_no_taken");
    office.verified();
    office.close();
    let _ = std::fs::remove_file(archive);
}

/// Entries of a command that came without a key hold 32 digits that nobody knows, the
/// same for all entries of one command, and no call is ever taken for such a one again.
fn a_command_without_a_key_gets_one_that_nobody_knows(place: &Place) {
    let office = Office::open(place);
    office.found();
    office
        .store
        .execute(registration(&office, 100, "1001"))
        .unwrap();
    let before = office.dump();
    let lines = journal(&office);
    let keys: Vec<&str> = lines
        .split("\"key\":\"")
        .skip(1)
        .filter_map(|it| it.split('"').next())
        .collect();
    assert_eq!(keys.len(), lines.lines().count(), "{lines}");
    assert!(keys.iter().all(|it| it.len() == 32));
    assert_eq!(
        keys.iter().collect::<std::collections::BTreeSet<_>>().len(),
        keys.len()
    );
    let known = office
        .store
        .read(|db| db.rows("SELECT key FROM command_key", &[]));
    assert_eq!(known.unwrap().len(), 0);
    let clock = office.clock.clone();
    office.close();
    Store::rebuild(&place.config(&clock), &mut |_, _| {}).unwrap();
    let again = Office::open(place);
    assert_eq!(again.dump(), before);
    again.close();
}

/// Persons of 0.1.0 keep their numbers: nobody is registered under one of them again.
#[test]
fn a_number_of_the_first_version_is_still_taken() {
    let place = unpack(&stored().join("0.1.0"));
    let office = Office::open(&place);
    let number = office.store.read(|db| {
        db.row(
            "SELECT text, institution FROM sealed WHERE field = 'staff_no' LIMIT 1",
            &[],
        )
    });
    let number = number.unwrap().unwrap();
    let office = Office {
        institution: number.text(1).parse().unwrap(),
        ..office
    };
    let taken = office
        .store
        .execute(registration(&office, 901, number.text(0)));
    assert_eq!(code(taken), "people.staff_no_taken");
    let command = Command::Person(
        PersonId(uuid::Uuid::from_u128(50)),
        people::Command::Erase {
            reason: "依法申请".to_owned(),
        },
    );
    let erase = Envelope::new(office.institution, actor(4), command);
    office.store.execute(erase).unwrap();
    office
        .store
        .execute(registration(&office, 902, number.text(0)))
        .unwrap();
    office.verified();
    office.close();
}
