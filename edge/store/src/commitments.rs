//! Names and numbers of persons lie beside the journal; its entries commit to them.
//! Whoever changes one there is found here, until the texts are erased.

use std::collections::{BTreeMap, HashMap};

use dukou_chain::people;
use dukou_chain::whole::Event;
use dukou_journal::{StreamId, commitment, is_commitment};
use dukou_kernel::{InstitutionId, PersonId, Text, text};

use crate::Fault;
use crate::db::Db;

/// What the newest entry about a person's texts says.
enum Told {
    /// They are these.
    Committed(String),
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
pub(crate) struct Texts(BTreeMap<String, [String; 3]>);

impl Texts {
    /// Takes one text in.
    pub(crate) fn take(&mut self, subject: &str, field: &str, text: &str) {
        let [salt, name, staff_no] = self.0.entry(subject.to_owned()).or_default();
        match field {
            "salt" => *salt = text.to_owned(),
            "name" => *name = text.to_owned(),
            "staff_no" => *staff_no = text.to_owned(),
            _ => {}
        }
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
        let seal = match event {
            Event::Person(people::Event::Registered(it)) => &it.seal,
            Event::Person(people::Event::Updated(it)) => match &it.seal {
                Some(seal) => seal,
                None => return,
            },
            Event::Person(people::Event::Erased(_)) => {
                self.0.insert(person, Told::Erased);
                return;
            }
            _ => return,
        };
        let told = match is_commitment(seal) {
            true => Told::Committed(seal.clone()),
            false => Told::Open,
        };
        self.0.insert(person, told);
    }

    /// Persons whose texts are not those that were committed to, each with what is
    /// wrong.
    pub(crate) fn broken(&self, texts: &Texts) -> Vec<Text> {
        let mut found = Vec::new();
        for (subject, [salt, name, staff_no]) in &texts.0 {
            let told = subject.parse().ok().and_then(|it| self.0.get(&it));
            match told {
                Some(Told::Committed(seal)) if commitment(salt, name, staff_no) != *seal => {
                    found.push(text!(
                        "人员 {subject} 的姓名或工号与登记时不符：记录之外被改过。",
                        "Name or staff number of person {subject} are not those the journal commits to: they were changed behind it."
                    ));
                }
                Some(Told::Committed(_) | Told::Open) => {}
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
            .filter(|(_, told)| matches!(told, Told::Committed(_)))
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
