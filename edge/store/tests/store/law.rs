//! Law files of an installation: in the journal, so that whoever reads the same
//! database has the same rules.

use dukou_store::{Rejected, Store};

use crate::conformance::on_both_engines;
use crate::place::{Office, Place, actor};

on_both_engines! {
    a_loaded_region_is_seen_by_a_second_server_and_after_a_rebuild,
    a_wrong_law_file_leaves_nothing_behind,
}

const REGION: &str = "[region]\ncode = \"CN-XA\"\nzh = \"甲省\"\nen = \"Province A\"\n";

fn files(list: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    list.iter().map(own).collect()
}

fn a_loaded_region_is_seen_by_a_second_server_and_after_a_rebuild(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    let config = place.config(&office.clock);
    let second = Store::open_reader(config.clone()).unwrap();
    let knows = |store: &Store| {
        let law = store.law(office.institution).unwrap();
        law.book().region("CN-XA").is_some()
    };
    assert!(!knows(&office.store) && !knows(&second));
    let laid = files(&[("CN-XA/region.toml", REGION)]);
    assert!(office.store.adopt_law(office.institution, &laid).unwrap());
    assert!(knows(&office.store) && knows(&second));
    // Once is enough.
    assert!(!office.store.adopt_law(office.institution, &laid).unwrap());
    // The words are evidence under the hash that the entry names.
    let hash = dukou_chain::institution::hash(REGION);
    assert_eq!(
        office.store.file(&hash).unwrap().unwrap(),
        REGION.as_bytes()
    );
    office.verified();
    let institution = office.institution;
    drop((office, second));
    Store::rebuild(&config, &mut |_, _| {}).unwrap();
    let again = Store::open(config).unwrap();
    let law = again.law(institution).unwrap();
    assert!(law.book().region("CN-XA").is_some());
}

fn a_wrong_law_file_leaves_nothing_behind(place: &Place) {
    let office = Office::open(place);
    office.staffed();
    let before = office.dump();
    let wrong = "[region]\ncode = \"CN-XB\"\nzh = \"甲省\"\nen = \"Province A\"\n";
    let refused = office.store.load_law(
        office.institution,
        actor(4),
        &files(&[("CN-XA/region.toml", wrong)]),
        "条例施行",
    );
    let Err(Rejected::Refused(refusal)) = refused else {
        panic!("not refused");
    };
    assert_eq!(refusal.code(), "law.file");
    let said = &refusal.findings[0].message.en;
    assert!(said.contains("law/CN-XA/region.toml, line 1"), "{said}");
    assert_eq!(office.dump(), before);
    let hash = dukou_chain::institution::hash(wrong);
    assert!(office.store.file(&hash).unwrap().is_none());
}
