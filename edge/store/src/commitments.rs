//! Names and numbers of persons lie beside the journal; its entries commit to them.
//! Whoever changes one there is found here, until the texts are erased.

use std::collections::{BTreeMap, HashMap};

use dukou_chain::people;
use dukou_chain::whole::Event;
use dukou_journal::StreamId;
use dukou_kernel::{InstitutionId, PersonId};
use sha2::{Digest, Sha256};

use crate::Fault;
use crate::db::Db;

/// What one institution's entries commit to, newest last.
#[derive(Default)]
pub(crate) struct Commitments(HashMap<PersonId, String>);

/// The commitment to a person's texts: SHA-256 over salt, name and staff number with a
/// line break between, in hex.
fn commitment(salt: &str, name: &str, staff_no: &str) -> String {
    let whole = format!("{salt}\n{name}\n{staff_no}");
    let digest = Sha256::digest(whole.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Commitments {
    /// Takes an entry in.
    pub(crate) fn take(&mut self, stream: StreamId, event: &Event) {
        let StreamId::Person(person) = stream else {
            return;
        };
        let seal = match event {
            Event::Person(people::Event::Registered(it)) => Some(&it.seal),
            Event::Person(people::Event::Updated(it)) => it.seal.as_ref(),
            _ => None,
        };
        if let Some(seal) = seal.filter(|it| it.len() == 64) {
            self.0.insert(person, seal.clone());
        }
    }

    /// Persons whose texts are not those that were committed to. One who has none any
    /// more was erased.
    pub(crate) fn broken(
        &self,
        db: &mut dyn Db,
        institution: InstitutionId,
    ) -> Result<Vec<PersonId>, Fault> {
        let mut texts: BTreeMap<PersonId, [String; 3]> = BTreeMap::new();
        db.each(
            "SELECT subject, field, text FROM sealed WHERE institution = $1",
            &[institution.to_string().into()],
            &mut |row| {
                let Ok(person) = row.text(0).parse() else {
                    return Ok(());
                };
                let [salt, name, staff_no] = texts.entry(person).or_default();
                match row.text(1) {
                    "salt" => *salt = row.text(2).to_owned(),
                    "name" => *name = row.text(2).to_owned(),
                    "staff_no" => *staff_no = row.text(2).to_owned(),
                    _ => {}
                }
                Ok(())
            },
        )?;
        let broken = |(person, [salt, name, staff_no]): (&PersonId, &[String; 3])| {
            let told = self.0.get(person)?;
            (commitment(salt, name, staff_no) != *told).then_some(*person)
        };
        Ok(texts.iter().filter_map(broken).collect())
    }
}
