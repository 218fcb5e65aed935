//! Names and numbers of persons lie beside the journal; its entries commit to them.
//! Whoever changes one there is found here, until the texts are erased.

use std::collections::{BTreeMap, HashMap};

use dukou_chain::people;
use dukou_chain::whole::Event;
use dukou_journal::{StreamId, commitment, commitment_to, is_commitment};
use dukou_kernel::{InstitutionId, PersonId, Text, text};

use crate::Fault;
use crate::db::Db;

/// What the newest entry about a person's texts says.
enum Told {
    /// They are these: name and number, each under its own salt.
    Sealed(people::Seals),
    /// They are these: both under one salt, as the first shapes had it.
    Together(String),
    /// Nothing that they could be held against; no page and no API writes that.
    Open,
    /// They were erased.
    Erased,
}

/// What one institution's entries commit to, newest last.
#[derive(Default)]
pub(crate) struct Commitments(HashMap<PersonId, Told>);

/// The texts as they lie beside the journal, by the person as it is written there.
#[derive(Default)]
pub(crate) struct Texts(BTreeMap<String, Known>);

/// The texts of one person.
#[derive(Default)]
struct Known {
    salt: String,
    name_salt: String,
    number_salt: String,
    name: String,
    staff_no: String,
}

impl Known {
    fn are(&self, seals: &people::Seals) -> bool {
        let number = match &seals.number {
            Some(seal) => commitment_to(&self.number_salt, &self.staff_no) == *seal,
            None => self.staff_no.is_empty(),
        };
        number && commitment_to(&self.name_salt, &self.name) == seals.name
    }
}

impl Texts {
    /// Takes one text in.
    pub(crate) fn take(&mut self, subject: &str, field: &str, text: &str) {
        let known = self.0.entry(subject.to_owned()).or_default();
        let slot = match field {
            "salt" => &mut known.salt,
            "name_salt" => &mut known.name_salt,
            "number_salt" => &mut known.number_salt,
            "name" => &mut known.name,
            "staff_no" => &mut known.staff_no,
            _ => return,
        };
        text.clone_into(slot);
    }

    /// All of an institution.
    pub(crate) fn of(db: &mut dyn Db, institution: InstitutionId) -> Result<Self, Fault> {
        let mut texts = Self::default();
        db.each(
            "SELECT subject, field, text FROM sealed WHERE institution = $1",
            &[institution.to_string().into()],
            &mut |row| {
                texts.take(row.text(0), row.text(1), row.text(2));
                Ok(())
            },
        )?;
        Ok(texts)
    }
}

impl Commitments {
    /// Takes an entry in.
    pub(crate) fn take(&mut self, stream: StreamId, event: &Event) {
        let StreamId::Person(person) = stream else {
            return;
        };
        let (seals, together) = match event {
            Event::Person(people::Event::Registered(it)) => (&it.seals, &it.v1_seal),
            Event::Person(people::Event::Updated(it)) => (&it.seals, &it.v1_seal),
            Event::Person(people::Event::Erased(_)) => {
                self.0.insert(person, Told::Erased);
                return;
            }
            _ => return,
        };
        let told = match (seals, together) {
            (Some(seals), _) if is_commitment(&seals.name) => Told::Sealed(seals.clone()),
            (None, Some(seal)) if is_commitment(seal) => Told::Together(seal.clone()),
            (None, None) => return,
            _ => Told::Open,
        };
        self.0.insert(person, told);
    }

    /// Persons whose texts are not those that were committed to, each with what is
    /// wrong.
    pub(crate) fn broken(&self, texts: &Texts) -> Vec<Text> {
        let mut found = Vec::new();
        for (subject, known) in &texts.0 {
            let told = subject.parse().ok().and_then(|it| self.0.get(&it));
            let broken = match told {
                Some(Told::Sealed(seals)) => !known.are(seals),
                Some(Told::Together(seal)) => {
                    commitment(&known.salt, &known.name, &known.staff_no) != *seal
                }
                _ => false,
            };
            match told {
                Some(_) if broken => {
                    found.push(text!(
                        "人员 {subject} 的姓名或工号与登记时不符：记录之外被改过。",
                        "Name or staff number of person {subject} are not those the journal commits to: they were changed behind it."
                    ));
                }
                Some(Told::Sealed(_) | Told::Together(_) | Told::Open) => {}
                Some(Told::Erased) => found.push(text!(
                    "人员 {subject} 的个人信息已依法删除，姓名或工号却还在。",
                    "The texts of person {subject} were erased, and yet some are there."
                )),
                None => found.push(text!(
                    "姓名或工号属于记录里没有的人员 {subject}。",
                    "There are a name or staff number of {subject}, whom the journal does not know."
                )),
            }
        }
        let mut gone: Vec<String> = self
            .0
            .iter()
            .filter(|(_, told)| matches!(told, Told::Sealed(_) | Told::Together(_)))
            .map(|(person, _)| person.to_string())
            .filter(|person| !texts.0.contains_key(person))
            .collect();
        gone.sort();
        found.extend(gone.into_iter().map(|person| {
            text!(
                "人员 {person} 的姓名不见了，记录里没有删除。",
                "The name of person {person} is gone, and the journal has no erasure."
            )
        }));
        found
    }
}
