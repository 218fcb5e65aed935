//! The envelope of a public event: the same for every type.

use dukou_journal::{Entry, StreamId};
use dukou_kernel::{Date, PersonId};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Data, Day, Id, MoneyRight, Pen, type_of};
use crate::whole::Event;

/// The type of an entry that this program cannot read.
pub const UNREADABLE: &str = "dukou.unreadable/v1";

/// What a reader may read of one entry.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reader {
    /// What the entry says: its case, deal, person or institution is the reader's to read.
    pub says: bool,
    /// Amounts.
    pub money: MoneyRight,
    /// Who reads; nobody for a reader that is no person.
    pub person: Option<PersonId>,
}

/// One entry of the journal, as it leaves the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PublicEvent {
    /// What it is and of which version: `dukou.income.received/v1`.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    /// Whose journal.
    pub institution: Id,
    /// Place in the journal: 1, 2, 3 … without a gap.
    pub seq: i64,
    /// The story it belongs to: `institution`, `person:<id>`, `case:<id>` or `deal:<id>`.
    pub stream: String,
    /// Place in that story.
    pub version: i64,
    /// The kind under which the program keeps it; its shape is nobody's business.
    pub kind: String,
    /// The case it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<Id>,
    /// The deal it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deal: Option<Id>,
    /// The person it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Id>,
    /// `person:<id>`, or `system:<name>` when the program itself acted.
    pub actor: String,
    /// The person for whom the actor acted on paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<Id>,
    /// When it was recorded: milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// The legal day in Asia/Shanghai on which it takes effect.
    #[schemars(with = "Day")]
    pub effective: Date,
    /// Why, in the actor's words; for whoever may read what the entry says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Number of the entry that this one corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrects: Option<i64>,
    /// The idempotency key of the command, for whoever sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Name of the clock when it was not the machine's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// What happened, in the shape of the type; `null` when the reader may not read it.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub data: Option<Data>,
    /// What the reader has no right to: fields of `data`, or `data` itself.
    pub withheld: Vec<String>,
}

impl PublicEvent {
    /// What of an entry its reader may read. An entry that this program cannot read
    /// tells nothing beyond its envelope.
    pub fn of(entry: &Entry<'_>, reader: &Reader) -> Self {
        let meta = &entry.meta;
        let event = Event::from_body(&meta.kind, &entry.body).ok();
        let name = type_of(&meta.kind).map(|it| it.name);
        let mut pen = Pen::new(reader.money);
        let data = event.as_ref().filter(|_| reader.says);
        let data = data.map(|event| Data::of(event, &mut pen));
        let mut withheld = match data {
            Some(_) => pen.withheld(),
            None => vec!["data".to_owned()],
        };
        if meta.reason.is_some() && !reader.says {
            withheld.push("reason".to_owned());
        }
        let (case, deal, person) = match meta.stream {
            StreamId::Case(id) => (Some(Id::new(id)), None, None),
            StreamId::Deal(id) => (None, Some(Id::new(id)), None),
            StreamId::Person(id) => (None, None, Some(Id::new(id))),
            StreamId::Institution => (None, None, None),
        };
        let own = reader.person.is_some() && meta.actor.person() == reader.person;
        Self {
            type_name: name.filter(|_| event.is_some()).unwrap_or(UNREADABLE),
            institution: Id::new(meta.institution),
            seq: meta.seq,
            stream: meta.stream.to_string(),
            version: meta.version,
            kind: meta.kind.to_string(),
            case,
            deal,
            person,
            actor: meta.actor.to_string(),
            on_behalf: meta.on_behalf.map(Id::new),
            at_ms: meta.at_ms,
            effective: meta.effective,
            reason: meta
                .reason
                .as_deref()
                .filter(|_| reader.says)
                .map(str::to_owned),
            corrects: meta.corrects,
            key: meta.key.as_deref().filter(|_| own).map(str::to_owned),
            clock: meta.clock.as_deref().map(str::to_owned),
            data,
            withheld,
        }
    }
}
