//! One command inside the writer's transaction: load, decide, append, project.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dukou_chain::contract::{Context, Need, NewEvent, States};
use dukou_chain::institution::Institution;
use dukou_chain::people;
use dukou_chain::publicity::Paper;
use dukou_chain::whole::{self, Command, Event, Named, State, closing};
use dukou_journal::{Actor, Entry, Hash, Meta, StreamId, genesis, next_hash};
use dukou_kernel::{Finding, InstitutionId, PersonId, holds_nul, text};
use sha2::{Digest, Sha256};

use crate::clock::legal_day;
use crate::db::{Db, Value};
use crate::pages::{self, Pages};
use crate::secrets::{self, Wrapping};
use crate::{Fault, Rejected, dialect, journal, project};

/// A personal text that goes into the erasable table in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedText {
    /// Whose.
    pub subject: PersonId,
    /// `name`, `staff_no`, their salts `name_salt` and `number_salt`, `email`, `phone`.
    pub field: String,
    /// The text.
    pub text: String,
}

/// A command with everything around it.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Whose journal.
    pub institution: InstitutionId,
    /// Who.
    pub actor: Actor,
    /// For whom, on attached paper.
    pub on_behalf: Option<PersonId>,
    /// What.
    pub command: Command,
    /// Version the command was based on.
    pub expected: Option<i64>,
    /// Idempotency key.
    pub key: Option<String>,
    /// Digest of what was sent under the key, 32 hex digits, where more counts than
    /// the command; that of command and sender otherwise.
    pub request: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Personal texts to keep beside the journal.
    pub sealed: Vec<SealedText>,
}

impl Envelope {
    /// A command by somebody, without key, expectation or reason.
    pub fn new(institution: InstitutionId, actor: Actor, command: Command) -> Self {
        Self {
            institution,
            actor,
            on_behalf: None,
            command,
            expected: None,
            key: None,
            request: None,
            reason: None,
            sealed: Vec::new(),
        }
    }
}

/// What a command did.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// First entry.
    pub first_seq: i64,
    /// Last entry.
    pub last_seq: i64,
    /// Version of the command's stream now.
    pub version: i64,
    /// The events; empty for a repeated key.
    pub events: Vec<Event>,
    /// The pages that they put into the open.
    pub papers: Vec<Paper>,
    /// True when the key had been used for the same command before.
    pub replayed: bool,
}

/// The newest entry of an institution, as the writer knows it.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub seq: i64,
    pub hash: Hash,
}

pub(crate) type CacheKey = (InstitutionId, StreamId);

/// What the writer remembers between commands.
#[derive(Default)]
pub(crate) struct Memory {
    /// Newest entries, as of this transaction.
    pub heads: HashMap<InstitutionId, Head>,
    /// States, as of this transaction.
    pub states: HashMap<CacheKey, (i64, Arc<State>)>,
    /// What an institution has and a command named before. None of it goes away again,
    /// whoever else writes.
    pub known: HashSet<(InstitutionId, Named)>,
    /// The secrets under which staff numbers become keys, as of this transaction.
    pub secrets: HashMap<InstitutionId, [u8; 32]>,
    /// What this transaction does to pages in the open.
    pub pages: Pages,
}

/// Most states kept; past it the cache starts over.
const CACHED: usize = 20_000;

impl Memory {
    pub(crate) fn trim(&mut self) {
        if self.states.len() > CACHED {
            self.states.clear();
        }
        if self.known.len() > CACHED {
            self.known.clear();
        }
    }
}

/// Processes commands in one transaction.
pub(crate) struct Processor<'a> {
    pub db: &'a mut dyn Db,
    pub memory: &'a mut Memory,
    pub now_ms: i64,
    pub clock: Option<&'static str>,
    pub wrapping: &'a Wrapping,
    /// Pages that go when this stands, because they name somebody erased.
    pub lifted: Vec<String>,
}

fn digest(envelope: &Envelope, command: &str) -> String {
    if let Some(request) = &envelope.request {
        return request.clone();
    }
    let mut hasher = Sha256::new();
    hasher.update(command.as_bytes());
    hasher.update(envelope.actor.to_string().as_bytes());
    if let Some(person) = envelope.on_behalf {
        hasher.update(person.to_string().as_bytes());
    }
    half_hex(hasher)
}

/// 32 hex digits of a hash.
fn half_hex(hasher: Sha256) -> String {
    let hash = hasher.finalize();
    hash.iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What was done under a key before: the same again, or a refusal of another.
///
/// # Errors
/// [`Rejected::KeyReused`], or the database cannot be read.
pub(crate) fn known_key(
    db: &mut dyn Db,
    institution: InstitutionId,
    key: &str,
    request: &str,
) -> Result<Option<Done>, Rejected> {
    let row = db.row(
        "SELECT request, first_seq, last_seq, version FROM command_key WHERE institution = $1 AND key = $2",
        &[institution.to_string().into(), key.into()],
    )?;
    match row {
        None => Ok(None),
        Some(row) if row.text(0) == request => Ok(Some(Done {
            first_seq: row.int(1),
            last_seq: row.int(2),
            version: row.int(3),
            events: Vec::new(),
            papers: Vec::new(),
            replayed: true,
        })),
        Some(_) => Err(Rejected::KeyReused),
    }
}

/// Digest of a command together with its key: which attempt it was.
fn attempt(envelope: &Envelope) -> Option<String> {
    let key = envelope.key.as_ref()?;
    let mut hasher = Sha256::new();
    hasher.update(key.as_bytes());
    hasher.update([0]);
    hasher.update(digest(envelope, &envelope.command.to_json().to_string()).as_bytes());
    Some(half_hex(hasher))
}

/// A text that one engine keeps and the other cannot is kept by neither.
fn nul() -> Finding {
    Finding::refused(
        "text.nul",
        text!(
            "文字里有一个看不见的空字符（NUL），多半是从别的程序粘贴来的。删去后再提交。",
            "A text holds an invisible NUL letter, pasted from another program most likely. Take it out and submit again."
        ),
    )
}

impl Processor<'_> {
    /// Carries a command out. On an error the caller rolls back to its savepoint.
    pub fn run(&mut self, envelope: &Envelope) -> Result<Done, Rejected> {
        let command = envelope.command.to_json().to_string();
        let sealed_nul = envelope.sealed.iter().any(|it| it.text.contains('\0'));
        if sealed_nul || holds_nul(&command) {
            return Err(Rejected::Refused(nul().into()));
        }
        let request = digest(envelope, &command);
        // The head first: on PostgreSQL it locks out other servers, which may be
        // writing under the same key.
        let head = self.head(envelope.institution)?;
        if let Some(key) = &envelope.key
            && let Some(done) = known_key(self.db, envelope.institution, key, &request)?
        {
            return Ok(done);
        }
        if head.seq == 0 && !founds(&envelope.command) {
            return Err(Rejected::UnknownInstitution);
        }
        let stream = envelope.command.stream();
        let (version, _) = self.state(envelope.institution, stream)?;
        if let Some(expected) = envelope.expected.filter(|expected| *expected != version) {
            return Err(Rejected::Conflict {
                stream,
                expected,
                actual: version,
            });
        }
        let ctx = Context {
            actor: envelope.actor.clone(),
            on_behalf: envelope.on_behalf,
            today: legal_day(self.now_ms),
            now_ms: self.now_ms,
        };
        let keyed = self.keyed(envelope)?;
        let envelope = keyed.as_ref().unwrap_or(envelope);
        let states = self.gather(envelope, &ctx)?;
        let events = whole::decide(&envelope.command, &states, &ctx)?;
        self.corrects_something(envelope, &events)?;
        self.names_its_own(envelope, &states)?;
        let request = envelope.key.as_ref().map(|_| request.as_str());
        self.write(envelope, request, &states, events)
    }

    /// A registration with the key of its staff number, made under the institution's
    /// secret; the number comes beside the command, among the texts to be sealed.
    ///
    /// # Errors
    /// A refusal when the number is somebody else's.
    fn keyed(&mut self, envelope: &Envelope) -> Result<Option<Envelope>, Rejected> {
        let Command::Person(person, people::Command::Register { .. }) = &envelope.command else {
            return Ok(None);
        };
        let mut texts = envelope.sealed.iter();
        let number = texts.find(|it| it.field == "staff_no" && it.subject == *person);
        let Some(number) = number.filter(|it| !it.text.is_empty()) else {
            // Nobody else makes such a key.
            let mut envelope = envelope.clone();
            if let Command::Person(_, people::Command::Register { staff_no_key, .. }) =
                &mut envelope.command
            {
                *staff_no_key = None;
            }
            return Ok(Some(envelope));
        };
        let institution = envelope.institution;
        if secrets::number_taken(self.db, institution, *person, &number.text)? {
            let taken = people::staff_no_taken();
            return Err(Rejected::Refused(taken.into()));
        }
        let secret = match self.memory.secrets.get(&institution) {
            Some(secret) => *secret,
            None => {
                let now = self.now_ms;
                let made = secrets::staff_secret(self.db, self.wrapping, institution, now)?;
                self.memory.secrets.insert(institution, made);
                made
            }
        };
        let mut envelope = envelope.clone();
        if let Command::Person(_, people::Command::Register { staff_no_key, .. }) =
            &mut envelope.command
        {
            *staff_no_key = secrets::staff_no_key(&secret, &number.text);
        }
        Ok(Some(envelope))
    }

    /// A correction names an entry of its own stream.
    fn corrects_something(
        &mut self,
        envelope: &Envelope,
        events: &[NewEvent],
    ) -> Result<(), Rejected> {
        for (stream, entry) in events
            .iter()
            .filter_map(|it| Some((it.stream, it.corrects?)))
        {
            let row = self.db.row(
                "SELECT 1 FROM journal WHERE institution = $1 AND seq = $2 AND stream = $3",
                &[
                    envelope.institution.to_string().into(),
                    entry.into(),
                    stream.to_string().into(),
                ],
            )?;
            if row.is_none() {
                return Err(Rejected::Refused(closing::no_entry().into()));
            }
        }
        Ok(())
    }

    /// Records an attempt that the law refused, when its stream exists; the same
    /// attempt under the same key once.
    pub fn record_refusal(
        &mut self,
        envelope: &Envelope,
        refusal: &dukou_kernel::Refusal,
    ) -> Result<(), Rejected> {
        let stream = envelope.command.stream();
        let (version, _) = self.state(envelope.institution, stream)?;
        let Some(event) = whole::refused(&envelope.command, refusal).filter(|_| version > 0) else {
            return Ok(());
        };
        let attempt = attempt(envelope);
        if let Some(attempt) = &attempt
            && self.refused_before(envelope.institution, stream, attempt)?
        {
            return Ok(());
        }
        let plain = Envelope {
            key: None,
            sealed: Vec::new(),
            ..envelope.clone()
        };
        let ctx = Context {
            actor: envelope.actor.clone(),
            on_behalf: envelope.on_behalf,
            today: legal_day(self.now_ms),
            now_ms: self.now_ms,
        };
        let states = self.gather(&plain, &ctx)?;
        self.write(&plain, attempt.as_deref(), &states, vec![event])
            .map(|_| ())
    }

    fn refused_before(
        &mut self,
        institution: InstitutionId,
        stream: StreamId,
        attempt: &str,
    ) -> Result<bool, Fault> {
        let row = self.db.row(
            "SELECT 1 FROM journal WHERE institution = $1 AND stream = $2 AND kind = 'closing.refused.v1' AND bytes LIKE $3 LIMIT 1",
            &[
                institution.to_string().into(),
                stream.to_string().into(),
                format!("%\"request\":\"{attempt}\"%").into(),
            ],
        )?;
        Ok(row.is_some())
    }

    fn head(&mut self, institution: InstitutionId) -> Result<Head, Fault> {
        if let Some(head) = self.memory.heads.get(&institution) {
            return Ok(*head);
        }
        let sql = match self.db.engine() {
            crate::Engine::Sqlite => "SELECT seq, hash FROM head WHERE institution = $1".to_owned(),
            engine => format!(
                "SELECT seq, hash FROM head WHERE institution = $1{}",
                dialect::for_update(engine)
            ),
        };
        let row = self.db.row(&sql, &[institution.to_string().into()])?;
        let head = match row {
            Some(row) => Head {
                seq: row.int(0),
                hash: row
                    .bytes(1)
                    .try_into()
                    .map_err(|_| Fault::Other("the head's hash has a wrong length".into()))?,
            },
            None => Head {
                seq: 0,
                hash: genesis(institution),
            },
        };
        self.memory.heads.insert(institution, head);
        Ok(head)
    }

    /// The state of a stream, from memory when its version still stands.
    fn state(
        &mut self,
        institution: InstitutionId,
        stream: StreamId,
    ) -> Result<(i64, Arc<State>), Fault> {
        if let Some((version, state)) = self.memory.states.get(&(institution, stream)) {
            return Ok((*version, Arc::clone(state)));
        }
        let loaded = journal::load(self.db, institution, stream)?;
        self.memory
            .states
            .insert((institution, stream), loaded.clone());
        Ok(loaded)
    }

    fn gather(&mut self, envelope: &Envelope, ctx: &Context) -> Result<States, Fault> {
        let institution = envelope.institution;
        let mut states = States::default();
        loop {
            let needs = whole::needs(&envelope.command, &states, ctx);
            if needs.is_empty() {
                return Ok(states);
            }
            for need in needs {
                match need {
                    Need::Stream(stream) => {
                        let loaded = self.state(institution, stream)?;
                        states.streams.insert(stream, loaded);
                    }
                    Need::Number(series) => {
                        let row = self.db.row(
                            "SELECT last FROM counter WHERE institution = $1 AND series = $2",
                            &[institution.to_string().into(), series.as_str().into()],
                        )?;
                        let last = row.map_or(0, |row| row.int(0));
                        let next = u32::try_from(last.saturating_add(1)).unwrap_or(u32::MAX);
                        states.numbers.insert(series, next);
                    }
                    Need::Claim(claim) => {
                        let row = self.db.row(
                            "SELECT stream FROM claim WHERE institution = $1 AND kind = $2 AND value = $3",
                            &[
                                institution.to_string().into(),
                                claim.kind.into(),
                                claim.value.as_str().into(),
                            ],
                        )?;
                        let holder = row.and_then(|row| row.text(0).parse().ok());
                        states.claims.insert(claim, holder);
                    }
                    Need::Name(person) => {
                        let row = self.db.row(
                            "SELECT text FROM sealed WHERE institution = $1 AND subject = $2 AND field = 'name'",
                            &[institution.to_string().into(), person.to_string().into()],
                        )?;
                        let name = row.map_or_else(String::new, |row| row.text(0).to_owned());
                        states.names.insert(person, name);
                    }
                }
            }
        }
    }

    fn write(
        &mut self,
        envelope: &Envelope,
        request: Option<&str>,
        states: &States,
        events: Vec<NewEvent>,
    ) -> Result<Done, Rejected> {
        let institution = envelope.institution;
        let random = match envelope.key {
            Some(_) => None,
            None => Some(secrets::random_key()),
        };
        let key = envelope.key.as_deref().or(random.as_deref());
        let rules = institution_of(states);
        let mut head = self.head(institution)?;
        let first_seq = head.seq + 1;
        let mut touched: Vec<(StreamId, Arc<State>)> = Vec::new();
        let mut reproject = false;
        let mut written = Vec::with_capacity(events.len());
        let mut papers = Vec::new();
        for mut new in events {
            if let Some(paper) = new.paper.take() {
                let by = envelope.actor.person();
                pages::remember(self.db, institution, &paper, (self.now_ms, by))?;
                papers.push(paper);
            }
            let (version, state) = self.state(institution, new.stream)?;
            if !touched.iter().any(|(stream, _)| *stream == new.stream) {
                touched.push((new.stream, Arc::clone(&state)));
            }
            head.seq += 1;
            let meta = self.meta(envelope, (key, request), &new, head.seq, version + 1);
            let entry = Entry {
                body: new.event.to_body().into(),
                meta,
            };
            let bytes = entry
                .to_bytes()
                .map_err(|error| Fault::Other(error.to_string()))?;
            head.hash = next_hash(&head.hash, &bytes);
            journal::append(self.db, &entry, &bytes, &head.hash)?;
            project::books(self.db, &entry.meta, &new.event)?;
            let mut state = state.as_ref().clone();
            state.apply(new.event.clone(), entry.meta.effective);
            reproject |= whole::reprojects(&new.event);
            let now = (version + 1, Arc::new(state));
            self.memory.states.insert((institution, new.stream), now);
            written.push(new.event);
        }
        self.memory.heads.insert(institution, head);
        self.views(institution, &rules, &touched, reproject)?;
        self.seal_texts(envelope)?;
        let stream = envelope.command.stream();
        let (version, _) = self.state(institution, stream)?;
        if let Some(key) = envelope.key.as_ref().filter(|_| head.seq >= first_seq) {
            let at = (stream.to_string(), first_seq, head.seq, version);
            project::remember_key(
                self.db,
                &institution.to_string(),
                key,
                request.unwrap_or_default(),
                (&at.0, at.1, at.2, at.3),
            )?;
        }
        Ok(Done {
            first_seq,
            last_seq: head.seq,
            version,
            events: written,
            papers,
            replayed: false,
        })
    }

    fn meta<'b>(
        &self,
        envelope: &'b Envelope,
        (key, request): (Option<&'b str>, Option<&'b str>),
        new: &NewEvent,
        seq: i64,
        version: i64,
    ) -> Meta<'b> {
        Meta {
            institution: envelope.institution,
            seq,
            stream: new.stream,
            version,
            kind: new.event.kind().into(),
            actor: envelope.actor.clone(),
            on_behalf: envelope.on_behalf,
            at_ms: self.now_ms,
            effective: new.effective.unwrap_or(legal_day(self.now_ms)),
            reason: envelope.reason.as_deref().map(Cow::Borrowed),
            corrects: new.corrects,
            key: key.map(Cow::Borrowed),
            request: request.map(Cow::Borrowed),
            clock: self.clock.map(Cow::Borrowed),
        }
    }

    fn views(
        &mut self,
        institution: InstitutionId,
        before: &Institution,
        touched: &[(StreamId, Arc<State>)],
        reproject: bool,
    ) -> Result<(), Fault> {
        let (_, state) = self.state(institution, StreamId::Institution)?;
        let State::Institution(after) = state.as_ref() else {
            return Ok(());
        };
        if reproject {
            return crate::rebuild::views_of(self.db, institution);
        }
        for (stream, was) in touched {
            let (_, is) = self.state(institution, *stream)?;
            let (old, new) = whole::changed_rows(*stream, (was, before), (&is, after));
            project::replace(self.db, institution, *stream, &old, &new)?;
        }
        Ok(())
    }

    fn seal_texts(&mut self, envelope: &Envelope) -> Result<(), Fault> {
        for sealed in &envelope.sealed {
            let key = [
                Value::from(envelope.institution.to_string()),
                sealed.subject.to_string().into(),
                sealed.field.as_str().into(),
            ];
            self.db.exec(
                "DELETE FROM sealed WHERE institution = $1 AND subject = $2 AND field = $3",
                &key,
            )?;
            let [a, b, c] = key;
            if sealed.text.is_empty() {
                continue;
            }
            self.db.exec(
                "INSERT INTO sealed (institution, subject, field, text) VALUES ($1, $2, $3, $4)",
                &[a, b, c, sealed.text.as_str().into()],
            )?;
        }
        if let Command::Person(person, people::Command::Erase { .. }) = &envelope.command {
            self.db.exec(
                "DELETE FROM sealed WHERE institution = $1 AND subject = $2",
                &[
                    envelope.institution.to_string().into(),
                    person.to_string().into(),
                ],
            )?;
            self.lifted
                .extend(pages::forget(self.db, envelope.institution, *person)?);
        }
        Ok(())
    }
}

fn institution_of(states: &States) -> Institution {
    match states.state(StreamId::Institution) {
        Some(State::Institution(it)) => it.clone(),
        _ => Institution::default(),
    }
}

fn founds(command: &Command) -> bool {
    matches!(
        command,
        Command::Institution(dukou_chain::institution::Command::Found { .. })
    )
}
