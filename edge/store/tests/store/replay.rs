//! Replaying reads every entry once, whatever order the stories were told in.

use dukou_store::{Clock, Store};

use crate::conformance::on_both_engines;
use crate::place::*;

on_both_engines! {
    stories_told_side_by_side_are_replayed,
    a_changed_entry_stops_the_replay,
    a_head_that_boasts_is_not_believed,
}

/// More stories than a replay keeps in hand, each told on after all the others.
fn stories_told_side_by_side_are_replayed(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    for number in 10..710 {
        office.must(1, office.submit(number));
    }
    for text in ["甲", "乙"] {
        for number in (10..710).rev() {
            office.must(1, office.note(number, text));
        }
    }
    let count = office.count();
    office.close();
    let reader = Store::open_reader(place.config(&Clock::System)).unwrap();
    assert_eq!(reader.replay().unwrap(), u64::try_from(count).unwrap());
    // Once more on the same connection.
    assert_eq!(reader.replay().unwrap(), u64::try_from(count).unwrap());
}

fn a_changed_entry_stops_the_replay(place: &Place) {
    let office = Office::open(place);
    office.drive();
    office
        .store
        .write(|db| {
            for sql in match db.engine() {
                dukou_store::Engine::Sqlite => ["DROP TRIGGER journal_no_update"].as_slice(),
                dukou_store::Engine::Postgres => {
                    ["ALTER TABLE journal DISABLE TRIGGER ALL"].as_slice()
                }
            } {
                db.script(sql)?;
            }
            db.exec("UPDATE journal SET bytes = replace(bytes, '\"at_ms\":1', '\"at_ms\":2') WHERE seq = 7", &[])
        })
        .unwrap();
    office.close();
    let reader = Store::open_reader(place.config(&Clock::System)).unwrap();
    let why = reader.replay().unwrap_err().to_string();
    assert!(why.contains('7'), "{why}");
}

/// The head says how much room a replay may need, and nobody vouches for a head.
fn a_head_that_boasts_is_not_believed(place: &Place) {
    let office = Office::open(place);
    office.drive();
    let count = office.count();
    office
        .store
        .write(|db| db.exec("UPDATE head SET seq = 9223372036854775807", &[]))
        .unwrap();
    office.close();
    let reader = Store::open_reader(place.config(&Clock::System)).unwrap();
    assert_eq!(reader.replay().unwrap(), u64::try_from(count).unwrap());
}
