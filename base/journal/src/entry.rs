//! One entry of the journal and its canonical bytes.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use dukou_kernel::{Date, InstitutionId, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{StreamId, quick};

/// Who made an entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person of the roster.
    Person(PersonId),
    /// The program itself: `setup`, `import`, `clock`.
    System(String),
}

impl Actor {
    /// The person, unless the program itself acted.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Person(id) => Some(*id),
            Self::System(_) => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::System(name) => write!(f, "system:{name}"),
        }
    }
}

impl FromStr for Actor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("person", id)) => id
                .parse()
                .map(Self::Person)
                .map_err(|_| format!("not an actor: {text}")),
            Some(("system", name)) => Ok(Self::System(name.to_owned())),
            _ => Err(format!("not an actor: {text}")),
        }
    }
}

dukou_kernel::as_text!(Actor);

/// Everything about an entry but its body. The texts of one that was read lie in
/// the stored bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta<'a> {
    /// Whose journal.
    pub institution: InstitutionId,
    /// Place in the institution's journal, from 1, without gaps.
    pub seq: i64,
    /// The story it belongs to.
    pub stream: StreamId,
    /// Place in that story, from 1, without gaps.
    pub version: i64,
    /// What kind of fact, with its version: `disclosure.submitted.v1`.
    pub kind: Cow<'a, str>,
    /// Who.
    pub actor: Actor,
    /// For whom, when a manager acts on attached paper (代办).
    pub on_behalf: Option<PersonId>,
    /// When it was recorded, in milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// The legal day on which it takes effect, in Asia/Shanghai.
    pub effective: Date,
    /// Why, in the words of the actor.
    pub reason: Option<Cow<'a, str>>,
    /// The entry that this one corrects.
    pub corrects: Option<i64>,
    /// Idempotency key of the command, the same on each of its entries.
    pub key: Option<Cow<'a, str>>,
    /// Digest of the command, so that a key is never used for two commands.
    pub request: Option<Cow<'a, str>>,
    /// Name of the clock when it was not the machine's own (`demo`, `bench`, `test`).
    pub clock: Option<Cow<'a, str>>,
}

/// One entry: its meta data and the JSON text of its body, exactly as stored. What
/// was read lies in the stored bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Everything but the body.
    pub meta: Meta<'a>,
    /// The body as JSON text.
    pub body: Cow<'a, str>,
}

/// Why stored bytes are no entry.
#[derive(Debug, thiserror::Error)]
#[error("journal entry is not readable: {0}")]
pub struct DecodeError(#[from] serde_json::Error);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record<'a> {
    v: u8,
    institution: InstitutionId,
    seq: i64,
    stream: StreamId,
    version: i64,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    actor: Actor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_behalf: Option<PersonId>,
    at_ms: i64,
    effective: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    corrects: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clock: Option<Cow<'a, str>>,
    #[serde(borrow)]
    body: &'a RawValue,
}

fn borrowed<'a>(text: &'a Option<Cow<'_, str>>) -> Option<Cow<'a, str>> {
    text.as_deref().map(Cow::Borrowed)
}

impl<'a> Entry<'a> {
    /// The canonical bytes: one JSON object, keys in the order of the format,
    /// absent values left out, UTF-8 without escapes that JSON does not ask for.
    ///
    /// # Errors
    /// When the body is not JSON.
    pub fn to_bytes(&self) -> Result<String, DecodeError> {
        self.written(serde_json::from_str(&self.body)?)
    }

    /// The same around another body.
    pub(crate) fn written(&self, body: &RawValue) -> Result<String, DecodeError> {
        let meta = &self.meta;
        let record = Record {
            v: 1,
            institution: meta.institution,
            seq: meta.seq,
            stream: meta.stream,
            version: meta.version,
            kind: Cow::Borrowed(&meta.kind),
            actor: meta.actor.clone(),
            on_behalf: meta.on_behalf,
            at_ms: meta.at_ms,
            effective: meta.effective,
            reason: borrowed(&meta.reason),
            corrects: meta.corrects,
            key: borrowed(&meta.key),
            request: borrowed(&meta.request),
            clock: borrowed(&meta.clock),
            body,
        };
        Ok(serde_json::to_string(&record)?)
    }

    /// Reads stored bytes. What stands in the body is for the event to read.
    ///
    /// # Errors
    /// When they are not an entry of this format.
    pub fn from_bytes(bytes: &'a str) -> Result<Self, DecodeError> {
        match quick::read(bytes) {
            Some(entry) => Ok(entry),
            None => Self::from_any_bytes(bytes),
        }
    }

    /// The same entry, no longer bound to the bytes it was read from.
    pub fn into_owned(self) -> Entry<'static> {
        let owned = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        let meta = self.meta;
        Entry {
            meta: Meta {
                institution: meta.institution,
                seq: meta.seq,
                stream: meta.stream,
                version: meta.version,
                kind: owned(meta.kind),
                actor: meta.actor,
                on_behalf: meta.on_behalf,
                at_ms: meta.at_ms,
                effective: meta.effective,
                reason: meta.reason.map(owned),
                corrects: meta.corrects,
                key: meta.key.map(owned),
                request: meta.request.map(owned),
                clock: meta.clock.map(owned),
            },
            body: owned(self.body),
        }
    }

    /// The same for JSON that says it in another way: with escapes, say.
    pub(crate) fn from_any_bytes(bytes: &'a str) -> Result<Self, DecodeError> {
        let record: Record<'a> = serde_json::from_str(bytes)?;
        if record.v != 1 {
            return Err(DecodeError(serde::de::Error::custom(
                "unknown format version",
            )));
        }
        Ok(Self {
            meta: Meta {
                institution: record.institution,
                seq: record.seq,
                stream: record.stream,
                version: record.version,
                kind: record.kind,
                actor: record.actor,
                on_behalf: record.on_behalf,
                at_ms: record.at_ms,
                effective: record.effective,
                reason: record.reason,
                corrects: record.corrects,
                key: record.key,
                request: record.request,
                clock: record.clock,
            },
            body: Cow::Borrowed(record.body.get()),
        })
    }
}
