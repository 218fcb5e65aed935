//! A command names what its institution has: an id of another institution is like
//! one that nobody has.

use dukou_chain::contract::States;
use dukou_chain::whole::{Named, State};
use dukou_journal::StreamId;
use dukou_kernel::{Finding, Refusal, Text, text};

use crate::process::{Envelope, Processor};
use crate::{Fault, Rejected};

impl Processor<'_> {
    /// Whom and what the command names, on whose behalf it is given among them, is
    /// there in the institution itself.
    pub(crate) fn names_its_own(
        &mut self,
        envelope: &Envelope,
        states: &States,
    ) -> Result<(), Rejected> {
        let mut all = envelope.command.named();
        all.extend(
            envelope
                .on_behalf
                .map(|it| (Named::Person(it), "on_behalf")),
        );
        let mut missing = Vec::new();
        for (named, field) in all {
            if !self.has(envelope, states, &named)? {
                let (code, message) = unknown(&named);
                missing.push(Finding::refused(code, message).at(field));
            }
        }
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Rejected::Refused(Refusal { findings: missing }))
    }

    fn has(&mut self, envelope: &Envelope, states: &States, named: &Named) -> Result<bool, Fault> {
        let institution = envelope.institution;
        let (sql, id) = match named {
            Named::Unit(id) => {
                return Ok(match states.state(StreamId::Institution) {
                    Some(State::Institution(it)) => it.units.contains_key(id),
                    _ => false,
                });
            }
            Named::Person(id) => (BEGUN, StreamId::Person(*id).to_string()),
            Named::Case(id) => (BEGUN, StreamId::Case(*id).to_string()),
            Named::File(hash) => (
                "SELECT 1 FROM file WHERE institution = $1 AND hash = $2",
                hash.as_str().to_owned(),
            ),
        };
        let key = (institution, named.clone());
        if self.memory.known.contains(&key) {
            return Ok(true);
        }
        let found = self
            .db
            .row(sql, &[institution.to_string().into(), id.into()])?;
        if found.is_some() {
            self.memory.known.insert(key);
        }
        Ok(found.is_some())
    }
}

/// A stream is there when it has a first entry.
const BEGUN: &str = "SELECT 1 FROM journal WHERE institution = $1 AND stream = $2 AND version = 1";

fn unknown(named: &Named) -> (&'static str, Text) {
    match named {
        Named::Person(_) => (
            "people.unknown",
            text!(
                "人员名册里没有所填的人。先登记，或重新选。",
                "The roster holds no such person. Register them first, or choose again."
            ),
        ),
        Named::Unit(_) => (
            "unit.unknown",
            text!(
                "没有所填的院系或部门。先在设置里加上，或重新选。",
                "There is no such college or office. Add it in the settings first, or choose again."
            ),
        ),
        Named::Case(_) => (
            "case.unknown",
            text!("没有这项成果。", "There is no such case."),
        ),
        Named::File(_) => (
            "file.unknown",
            text!(
                "没有收到过所引的附件。先上传，再引用它的哈希。",
                "No such file was uploaded here. Send it first, then refer to it by its hash."
            ),
        ),
    }
}
