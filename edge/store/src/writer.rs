//! The one writer: drains its channel, runs each command under a savepoint,
//! commits once for the group, then answers all.

use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use dukou_journal::SealKey;

use crate::clock::Clock;
use crate::db::{Db, Engine, Value};
use crate::pages::Pages;
use crate::process::{Done, Envelope, Head, Memory, Processor};
use crate::secrets::Wrapping;
use crate::{Fault, Rejected, Trouble, dialect};

/// Most jobs in one commit.
const GROUP: usize = 256;

/// The answer to a batch: every result, or the place and reason of the first failure.
pub(crate) type BatchAnswer = Result<Vec<Done>, (usize, Rejected)>;

type Own = Box<dyn FnOnce(&mut dyn Db) -> Result<(), Fault> + Send>;

pub(crate) enum Job {
    /// Commands that stand or fall together; a dry run is always rolled back.
    Commands {
        envelopes: Vec<Envelope>,
        dry: bool,
        reply: SyncSender<BatchAnswer>,
    },
    /// A change of own tables, outside the journal.
    Own {
        work: Own,
        reply: SyncSender<Result<(), Fault>>,
    },
    /// Everything before this is committed; then the writer ends.
    Stop,
}

impl Job {
    /// Who waits for it, with an answer still to be filled in.
    fn waiting(self) -> Option<Answer> {
        match self {
            Self::Commands { reply, .. } => Some(Answer::Batch(reply, Ok(Vec::new()))),
            Self::Own { reply, .. } => Some(Answer::Own(reply, Ok(()))),
            Self::Stop => None,
        }
    }
}

enum Answer {
    Batch(SyncSender<BatchAnswer>, BatchAnswer),
    Own(SyncSender<Result<(), Fault>>, Result<(), Fault>),
}

impl Answer {
    /// Why it failed, when what comes after it will fail too.
    fn lasting(&self, engine: Engine) -> Option<Trouble> {
        let fault = match self {
            Self::Batch(_, Err((_, Rejected::Fault(fault)))) | Self::Own(_, Err(fault)) => fault,
            _ => return None,
        };
        fault.trouble().filter(|it| it.lasts(engine))
    }
}

/// Opens the writer's connection anew after it was lost.
pub(crate) type Connect = Box<dyn Fn() -> Result<Box<dyn Db + Send>, Fault> + Send>;

pub(crate) struct Writer {
    pub sender: SyncSender<Job>,
    pub thread: Option<JoinHandle<()>>,
    pub met: Met,
}

/// What keeps the writer from saving anything: what a failed write met, until a group
/// with entries in it was committed, or somebody tried and it went well.
#[derive(Clone, Default)]
pub(crate) struct Met(Arc<Mutex<Option<Trouble>>>);

impl Met {
    pub fn now(&self) -> Option<Trouble> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set(&self, trouble: Option<Trouble>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

impl Writer {
    /// Starts the writer on its own thread.
    pub fn start(
        db: Box<dyn Db + Send>,
        connect: Connect,
        clock: Clock,
        (key, pages): (SealKey, Pages),
    ) -> Self {
        let (sender, receiver) = sync_channel(1024);
        let met = Met::default();
        let desk = Desk {
            connect,
            receiver,
            clock,
            wrapping: Wrapping::of(&key),
            key,
            met: met.clone(),
        };
        let thread = std::thread::spawn(move || desk.run(db, pages));
        Self {
            sender,
            thread: Some(thread),
            met,
        }
    }
}

/// What the writer works with.
struct Desk {
    connect: Connect,
    receiver: Receiver<Job>,
    clock: Clock,
    key: SealKey,
    wrapping: Wrapping,
    met: Met,
}

impl Desk {
    fn run(&self, mut db: Box<dyn Db + Send>, pages: Pages) {
        let mut memory = Memory {
            pages,
            ..Memory::default()
        };
        while let Ok(first) = self.receiver.recv() {
            let mut answers = Vec::new();
            let mut stop = false;
            if !db.alive() {
                self.reconnect(&mut db);
            }
            let outcome = self.group(db.as_mut(), first, &mut memory, &mut answers, &mut stop);
            match outcome {
                // Heads were written, and so there was room.
                Ok(()) if !memory.heads.is_empty() => self.met.set(None),
                Ok(()) => {}
                Err(broken) => {
                    let pages = std::mem::take(&mut memory.pages);
                    memory = Memory {
                        pages,
                        ..Memory::default()
                    };
                    if !self.failed(&mut db, broken, &mut answers) {
                        memory.pages.leave();
                    }
                }
            }
            memory.pages.settle(db.as_mut());
            let engine = db.engine();
            if let Some(trouble) = answers.iter().find_map(|it| it.lasting(engine)) {
                self.met.set(Some(trouble));
            }
            for answer in answers {
                match answer {
                    Answer::Batch(reply, result) => drop(reply.send(result)),
                    Answer::Own(reply, result) => drop(reply.send(result)),
                }
            }
            if stop {
                return;
            }
        }
    }

    /// Takes a group back, and says so to everybody in it; whether nothing of it can
    /// have been kept.
    fn failed(&self, db: &mut Box<dyn Db + Send>, broken: Broken, answers: &mut [Answer]) -> bool {
        // Rolled back, or told so by the engine: then nothing of the group was kept.
        let undone = db.script("ROLLBACK").is_ok() || db.alive();
        let (fault, sound) = match broken {
            Broken::Committing(fault) if fault.trouble() == Some(Trouble::Uncertain) => {
                (fault, false)
            }
            Broken::Committing(fault) if !undone => {
                let trouble = Trouble::Uncertain;
                let why = fault.to_string();
                (Fault::Storage { trouble, why }, false)
            }
            Broken::Working(fault) | Broken::Committing(fault) => (fault, true),
            Broken::Stopped(fault) => (fault, false),
        };
        tracing::error!(error = %fault, "a group of commands was not committed");
        fail(answers, &fault);
        let broken = !sound || db.row("SELECT 1", &[]).is_err();
        if broken {
            self.reconnect(db);
        }
        undone && !broken
    }

    fn reconnect(&self, db: &mut Box<dyn Db + Send>) {
        match (self.connect)() {
            Ok(fresh) => *db = fresh,
            Err(error) => tracing::error!(%error, "the database cannot be reached"),
        }
    }

    fn group(
        &self,
        db: &mut dyn Db,
        first: Job,
        memory: &mut Memory,
        answers: &mut Vec<Answer>,
        stop: &mut bool,
    ) -> Result<(), Broken> {
        let engine = db.engine();
        // On PostgreSQL other servers write too, so nothing is remembered between groups.
        memory.heads.clear();
        if engine == Engine::Postgres {
            memory.states.clear();
        }
        memory.trim();
        let mut job = Some(first);
        let mut fresh = true;
        let mut jobs = 0;
        let mut broken = None;
        let began = db.script(dialect::begin(engine));
        while let Some(next) = job.take() {
            jobs += 1;
            match (&began, next) {
                (_, Job::Stop) => {
                    *stop = true;
                    break;
                }
                (Ok(()), next) if broken.is_none() => {
                    if let Err(error) = one(
                        db,
                        next,
                        (&self.clock, &self.wrapping),
                        memory,
                        &mut fresh,
                        answers,
                    ) {
                        broken = Some(error);
                    }
                }
                // The transaction is lost: everybody is told that nothing was done.
                (_, next) => answers.extend(next.waiting()),
            }
            if jobs < GROUP {
                job = self.receiver.try_recv().ok();
            }
        }
        began.map_err(Broken::Working)?;
        if let Some(broken) = broken {
            return Err(broken);
        }
        guarded(|| seal_heads(db, memory, &self.key))?;
        db.script("COMMIT").map_err(Broken::Committing)
    }
}

/// Why a group was not committed.
enum Broken {
    /// On the way.
    Working(Fault),
    /// When the engine was told to commit.
    Committing(Fault),
    /// The program itself stopped in the middle of a job.
    Stopped(Fault),
}

/// Runs work that must not end the writer, whatever mistake is in it.
fn guarded<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Broken> {
    match std::panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(outcome) => outcome.map_err(Broken::Working),
        Err(said) => {
            let text = said.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let said = text.or_else(|| said.downcast_ref::<String>().cloned());
            let said = said.unwrap_or_default();
            Err(Broken::Stopped(Fault::Other(format!(
                "the program stopped in the middle of a command: {said}"
            ))))
        }
    }
}

/// Nothing of a group that was not committed was done.
fn fail(answers: &mut [Answer], why: &Fault) {
    for answer in answers {
        match answer {
            Answer::Batch(_, result) => {
                if result.is_ok() || matches!(result, Err((_, Rejected::Refused(_)))) {
                    *result = Err((0, Rejected::Fault(why.again())));
                }
            }
            Answer::Own(_, result) => *result = Err(why.again()),
        }
    }
}

fn one(
    db: &mut dyn Db,
    job: Job,
    clock: (&Clock, &Wrapping),
    memory: &mut Memory,
    fresh: &mut bool,
    answers: &mut Vec<Answer>,
) -> Result<(), Broken> {
    let mark = match Mark::set(db, *fresh) {
        Ok(mark) => mark,
        Err(error) => {
            answers.extend(job.waiting());
            return Err(Broken::Working(error));
        }
    };
    match job {
        Job::Commands {
            envelopes,
            dry,
            reply,
        } => {
            // A failure of the savepoint itself loses the transaction.
            match guarded(|| batch(db, &mark, &envelopes, dry, clock, memory)) {
                Ok((result, wrote)) => {
                    *fresh &= !wrote;
                    answers.push(Answer::Batch(reply, result));
                }
                Err(broken) => {
                    answers.push(Answer::Batch(reply, Ok(Vec::new())));
                    return Err(broken);
                }
            }
        }
        Job::Own { work, reply } => {
            let result = match guarded(|| work(db).and_then(|()| mark.keep(db))) {
                Err(Broken::Stopped(fault)) => {
                    answers.push(Answer::Own(reply, Ok(())));
                    return Err(Broken::Stopped(fault));
                }
                Err(Broken::Working(fault) | Broken::Committing(fault)) => Err(fault),
                Ok(()) => Ok(()),
            };
            let back = if result.is_err() {
                mark.back(db)
            } else {
                *fresh = false;
                Ok(())
            };
            answers.push(Answer::Own(reply, result));
            back.map_err(Broken::Working)?;
        }
        Job::Stop => {}
    }
    Ok(())
}

/// Where a job goes back to when it fails: the beginning of the transaction while
/// nothing has been written in it, else a savepoint. Most groups are one job, and
/// then no savepoint is needed.
enum Mark {
    Beginning,
    Savepoint,
}

impl Mark {
    fn set(db: &mut dyn Db, fresh: bool) -> Result<Self, Fault> {
        if fresh {
            return Ok(Self::Beginning);
        }
        db.script("SAVEPOINT one")?;
        Ok(Self::Savepoint)
    }

    fn keep(&self, db: &mut dyn Db) -> Result<(), Fault> {
        match self {
            Self::Beginning => Ok(()),
            Self::Savepoint => db.script("RELEASE SAVEPOINT one"),
        }
    }

    fn back(&self, db: &mut dyn Db) -> Result<(), Fault> {
        match self {
            Self::Beginning => {
                db.script("ROLLBACK")?;
                let begin = dialect::begin(db.engine());
                db.script(begin)
            }
            Self::Savepoint => db.script("ROLLBACK TO SAVEPOINT one"),
        }
    }
}

/// Runs a batch; its answer, and whether it left anything in the transaction.
fn batch(
    db: &mut dyn Db,
    mark: &Mark,
    envelopes: &[Envelope],
    dry: bool,
    (clock, wrapping): (&Clock, &Wrapping),
    memory: &mut Memory,
) -> Result<(BatchAnswer, bool), Fault> {
    let heads = memory.heads.clone();
    let mut lifted = Vec::new();
    let mut done: Vec<Done> = Vec::with_capacity(envelopes.len());
    for (index, envelope) in envelopes.iter().enumerate() {
        let mut processor = Processor {
            db,
            memory,
            now_ms: clock.now_ms(),
            clock: clock.label(),
            wrapping,
            lifted: Vec::new(),
        };
        match processor.run(envelope) {
            Ok(it) => {
                lifted.append(&mut processor.lifted);
                done.push(it);
            }
            Err(rejected) => {
                undo(db, mark, memory, heads)?;
                let mut wrote = false;
                if let Rejected::Refused(refusal) = &rejected
                    && !dry
                    && envelopes.len() == 1
                {
                    wrote =
                        remember_refusal(db, mark, memory, (clock, wrapping), envelope, refusal)?;
                }
                return Ok((Err((index, rejected)), wrote));
            }
        }
    }
    if dry {
        undo(db, mark, memory, heads)?;
    } else {
        // On the disk before anybody is told that the entry stands.
        for paper in done.iter().flat_map(|it| &it.papers) {
            memory.pages.lay(paper)?;
        }
        for hash in &lifted {
            memory.pages.lift(hash)?;
        }
        mark.keep(db)?;
    }
    Ok((Ok(done), !dry))
}

/// Back to before the batch: what was loaded meanwhile may hold uncommitted
/// states, so it is forgotten. On PostgreSQL the beginning also lets go of the
/// head's lock, so the head is read again.
fn undo(
    db: &mut dyn Db,
    mark: &Mark,
    memory: &mut Memory,
    heads: std::collections::HashMap<dukou_kernel::InstitutionId, Head>,
) -> Result<(), Fault> {
    mark.back(db)?;
    memory.heads = match mark {
        Mark::Beginning => std::collections::HashMap::new(),
        Mark::Savepoint => heads,
    };
    memory.states.clear();
    memory.secrets.clear();
    Ok(())
}

/// Writes a refusal by law down; whether it was written.
fn remember_refusal(
    db: &mut dyn Db,
    mark: &Mark,
    memory: &mut Memory,
    (clock, wrapping): (&Clock, &Wrapping),
    envelope: &Envelope,
    refusal: &dukou_kernel::Refusal,
) -> Result<bool, Fault> {
    let heads = memory.heads.clone();
    let mut processor = Processor {
        db,
        memory,
        now_ms: clock.now_ms(),
        clock: clock.label(),
        wrapping,
        lifted: Vec::new(),
    };
    match processor.record_refusal(envelope, refusal) {
        Ok(()) => mark.keep(db).map(|()| true),
        Err(Rejected::Fault(fault)) => Err(fault),
        Err(_) => undo(db, mark, memory, heads).map(|()| false),
    }
}

/// Number, hash and seal of every institution that this group wrote to.
fn seal_heads(db: &mut dyn Db, memory: &Memory, key: &SealKey) -> Result<(), Fault> {
    for (institution, head) in &memory.heads {
        if head.seq == 0 {
            continue;
        }
        let seal = key.seal(*institution, head.seq, &head.hash);
        db.exec(
            "INSERT INTO head (institution, seq, hash, seal) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (institution) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, seal = excluded.seal",
            &[
                institution.to_string().into(),
                head.seq.into(),
                Value::Bytes(head.hash.to_vec()),
                Value::Bytes(seal),
            ],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::db::Each;

    /// A connection that may fail when told to commit, and may be lost with it.
    struct Fake {
        commits: bool,
        lost: bool,
        committing: bool,
    }

    impl Fake {
        fn boxed(commits: bool, lost: bool) -> Box<dyn Db + Send> {
            Box::new(Self {
                commits,
                lost,
                committing: false,
            })
        }
    }

    impl Db for Fake {
        fn exec(&mut self, _: &str, _: &[Value]) -> Result<u64, Fault> {
            Ok(1)
        }

        fn each(&mut self, _: &str, _: &[Value], _: &mut Each<'_>) -> Result<(), Fault> {
            self.script("SELECT")
        }

        fn script(&mut self, sql: &str) -> Result<(), Fault> {
            self.committing |= sql == "COMMIT";
            if self.committing && (self.lost || sql == "COMMIT" && !self.commits) {
                return Err(Fault::Storage {
                    trouble: Trouble::Full,
                    why: sql.to_owned(),
                });
            }
            Ok(())
        }

        fn engine(&self) -> Engine {
            Engine::Postgres
        }

        fn alive(&mut self) -> bool {
            !(self.committing && self.lost)
        }
    }

    /// What two are told one after the other, the first over this connection.
    fn told(first: Box<dyn Db + Send>) -> [Result<(), Option<Trouble>>; 2] {
        let connect: Connect = Box::new(|| Ok(Fake::boxed(true, false)));
        let key = SealKey::new(vec![7; 32]);
        let writer = Writer::start(first, connect, Clock::System, (key, Pages::default()));
        [(); 2].map(|()| {
            let (reply, answer) = sync_channel(1);
            let work: Own = Box::new(|db| db.script("WORK"));
            writer.sender.send(Job::Own { work, reply }).unwrap();
            answer.recv().unwrap().map_err(|fault| fault.trouble())
        })
    }

    #[test]
    fn nobody_is_told_that_nothing_was_kept_when_nobody_knows() {
        assert_eq!(told(Fake::boxed(true, false)), [Ok(()), Ok(())]);
        // The engine says no and takes the transaction back: nothing was kept.
        let full = Err(Some(Trouble::Full));
        assert_eq!(told(Fake::boxed(false, false)), [full, full]);
        // The connection breaks at the commit: it may have been kept. The next one
        // goes over a new connection.
        let uncertain = Err(Some(Trouble::Uncertain));
        assert_eq!(told(Fake::boxed(false, true)), [uncertain, Ok(())]);
    }

    #[test]
    fn what_a_failed_write_met_stands_until_one_goes_well() {
        let connect: Connect = Box::new(|| Ok(Fake::boxed(true, false)));
        let key = SealKey::new(vec![7; 32]);
        let writer = Writer::start(
            Fake::boxed(false, false),
            connect,
            Clock::System,
            (key, Pages::default()),
        );
        assert_eq!(writer.met.now(), None);
        let ask = || {
            let (reply, answer) = sync_channel(1);
            let work: Own = Box::new(|db| db.script("WORK"));
            writer.sender.send(Job::Own { work, reply }).unwrap();
            answer.recv().unwrap()
        };
        assert!(ask().is_err());
        assert_eq!(writer.met.now(), Some(Trouble::Full));
        writer.met.set(None);
        assert!(ask().is_err());
        assert_eq!(writer.met.now(), Some(Trouble::Full));
    }
}
