//! The store as the rest of the program sees it.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};

use dukou_chain::whole::State;
use dukou_journal::{Entry, SealKey, StreamId};
use dukou_kernel::{Date, InstitutionId};
use rand::RngExt;

use crate::archive::{self, Archived, Taking};
use crate::check::Saved;
use crate::clock::Clock;
use crate::db::{Db, Engine};
use crate::files::{self, FileError, FileMeta};
use crate::folder::Folder;
use crate::pages::{self, Pages};
use crate::postgres::Postgres;
use crate::process::{Done, Envelope, known_key};
use crate::record::{Recorded, Recorder};
use crate::sqlite::Sqlite;
use crate::verify::{self, Report};
use crate::writer::{Job, Writer};
use crate::{Fault, Rejected, Trouble, journal, rebuild, schema, wal};

/// Where and how the data lies.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder, made when absent.
    pub data_dir: PathBuf,
    /// `postgres://…`, else SQLite in the data folder.
    pub database_url: Option<String>,
    /// What time it is.
    pub clock: Clock,
    /// Largest evidence file in bytes.
    pub file_limit: usize,
    /// Takes down what the writer asks of the engine, for measuring.
    pub recorder: Option<Recorder>,
}

impl Config {
    /// SQLite in a folder, on the machine's clock.
    pub fn folder(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            database_url: None,
            clock: Clock::System,
            file_limit: 50 << 20,
            recorder: None,
        }
    }

    /// Is there a database to look into? One that is given by its address is asked
    /// when it is opened.
    pub fn holds_data(&self) -> bool {
        let kept = |folder: Folder| folder.database().exists();
        self.database_url.is_some() || Folder::existing(&self.data_dir).is_ok_and(kept)
    }
}

/// Readers kept at hand.
const READERS: usize = 4;
/// Pieces of 16 letters in what is written to try whether there is room.
const PROBE: usize = 4_096;
/// States kept for readers.
const CACHED: usize = 2_000;

type Reader = Box<dyn Db + Send>;
type StateCache = HashMap<(InstitutionId, StreamId), Known>;

/// A state, and how far the writer was when it was last looked whether it still stands.
#[derive(Clone)]
struct Known {
    turn: u64,
    version: i64,
    state: Arc<State>,
}

/// The store.
pub struct Store {
    config: Config,
    folder: Folder,
    writer: Option<Writer>,
    readers: Mutex<Vec<Reader>>,
    states: Mutex<StateCache>,
    /// Goes on with each answer of the writer.
    turn: AtomicU64,
    lock: Option<File>,
}

/// Looks before anything is written or repaired, and gives back the version of what
/// is there: a damaged file stays as it is, and so does a newer one.
fn inspect(config: &Config, folder: &Folder) -> Result<i64, Fault> {
    let path = folder.database();
    match &config.database_url {
        Some(url) => schema::look(&mut Postgres::connect(url)?),
        None if !path.exists() => Ok(0),
        None => {
            wal::check(&path)?;
            schema::look(&mut Sqlite::open_untouched(&path)?)
        }
    }
}

/// A database that was lost would pass for a new installation.
fn never_held(folder: &Folder) -> Result<(), Fault> {
    if folder.saved_heads().is_empty() {
        return Ok(());
    }
    let heads = folder.heads();
    let why = format!(
        "{} names entries, and the database holds none",
        heads.display()
    );
    let trouble = Trouble::Damaged;
    Err(Fault::Storage { trouble, why })
}

fn connect(config: &Config, folder: &Folder) -> Result<Reader, Fault> {
    match &config.database_url {
        Some(url) => Ok(Box::new(Postgres::connect(url)?)),
        None => Ok(Box::new(Sqlite::open(&folder.database())?)),
    }
}

impl Store {
    /// Opens the data, makes it when absent, and brings it up to date.
    ///
    /// # Errors
    /// When the folder is in use, was written by a newer program, or cannot be
    /// read or written.
    pub fn open(config: Config) -> Result<Self, Fault> {
        let folder = Folder::prepare(&config.data_dir)?;
        let lock = folder.lock()?;
        if inspect(&config, &folder)? == 0 {
            never_held(&folder)?;
        }
        let mut db = connect(&config, &folder)?;
        let key = folder.seal_key(schema::sealed(db.as_mut())?)?;
        schema::migrate(db.as_mut(), config.clock.now_ms())?;
        let derived = schema::meta(db.as_mut(), "derived")?;
        if derived.as_deref() != Some(schema::fingerprint().as_str()) {
            rebuild::rebuild(db.as_mut(), &mut |_, _| {})?;
        }
        files::sweep_uploads(&folder.files())?;
        let taken = schema::meta(db.as_mut(), archive::TAKEN)?;
        files::finish_incoming(&folder.files(), taken.as_deref())?;
        pages::finish(db.as_mut(), &folder.files())?;
        folder.sweep()?;
        let again = (config.clone(), folder.clone());
        let reconnect = Box::new(move || connect(&again.0, &again.1));
        let db: Reader = match config.recorder.clone() {
            Some(recorder) => Box::new(Recorded { db, recorder }),
            None => db,
        };
        let pages = Pages::new(folder.files());
        let writer = Writer::start(db, reconnect, config.clock.clone(), (key, pages));
        let store = Self {
            config,
            folder,
            writer: Some(writer),
            readers: Mutex::new(Vec::new()),
            states: Mutex::new(HashMap::new()),
            turn: AtomicU64::new(0),
            lock: Some(lock),
        };
        store.save_heads()?;
        let behind = store.clock_behind_ms()?;
        if behind > 60_000 {
            tracing::warn!(
                seconds = behind / 1000,
                "本机时钟早于最新一条记录 · the machine's clock stands before the newest entry"
            );
        }
        Ok(store)
    }

    /// Opens existing data for reading only, beside a running server.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn open_reader(config: Config) -> Result<Self, Fault> {
        let folder = Folder::existing(&config.data_dir)?;
        // While a server holds the folder its log moves; it looked itself.
        if let Ok(Some(_alone)) = folder.lock_if_free() {
            inspect(&config, &folder)?;
        }
        let store = Self {
            config,
            folder,
            writer: None,
            readers: Mutex::new(Vec::new()),
            states: Mutex::new(HashMap::new()),
            turn: AtomicU64::new(0),
            lock: None,
        };
        match schema::known(store.read(schema::version)?)? {
            0 => never_held(&store.folder).and(Err(Fault::Other(
                "数据目录里没有本程序的数据库 · the data folder holds no database of this program"
                    .into(),
            ))),
            _ => Ok(store),
        }
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.config.clock
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn now_ms(&self) -> i64 {
        self.config.clock.now_ms()
    }

    /// The legal day in Asia/Shanghai.
    pub fn today(&self) -> Date {
        self.config.clock.today()
    }

    /// Which engine.
    pub fn engine(&self) -> Engine {
        if self.config.database_url.is_some() {
            Engine::Postgres
        } else {
            Engine::Sqlite
        }
    }

    fn send(&self, job: Job) -> Result<(), Fault> {
        let writer = self.writer.as_ref().ok_or(Fault::Closed)?;
        writer.sender.send(job).map_err(|_| Fault::Closed)
    }

    /// Carries one command out.
    ///
    /// # Errors
    /// Why nothing was done.
    pub fn execute(&self, envelope: Envelope) -> Result<Done, Rejected> {
        let mut done = self
            .batch(vec![envelope], false)
            .map_err(|(_, rejected)| rejected)?;
        done.pop().ok_or(Rejected::Fault(Fault::Closed))
    }

    /// What was done under a key for the same request before, without asking for it
    /// again: nothing of what is allowed now counts.
    ///
    /// # Errors
    /// [`Rejected::KeyReused`], or the database cannot be read.
    pub fn known(
        &self,
        institution: InstitutionId,
        key: &str,
        request: &str,
    ) -> Result<Option<Done>, Rejected> {
        let known = |db: &mut dyn Db| match known_key(db, institution, key, request) {
            Err(Rejected::Fault(fault)) => Err(fault),
            other => Ok(other),
        };
        self.read(known)?
    }

    /// Carries several commands out, all or none.
    ///
    /// # Errors
    /// The place of the first that fails, and why.
    pub fn execute_all(&self, envelopes: Vec<Envelope>) -> Result<Vec<Done>, (usize, Rejected)> {
        self.batch(envelopes, false)
    }

    /// What commands would do; nothing is kept.
    ///
    /// # Errors
    /// The place of the first that fails, and why.
    pub fn dry_run(&self, envelopes: Vec<Envelope>) -> Result<Vec<Done>, (usize, Rejected)> {
        self.batch(envelopes, true)
    }

    fn batch(&self, envelopes: Vec<Envelope>, dry: bool) -> Result<Vec<Done>, (usize, Rejected)> {
        let (reply, answer) = sync_channel(1);
        self.send(Job::Commands {
            envelopes,
            dry,
            reply,
        })
        .map_err(|fault| (0, fault.into()))?;
        let outcome = answer.recv();
        // Refusals are written down too.
        self.turn.fetch_add(1, Ordering::Release);
        outcome.map_err(|_| (0, Rejected::Fault(Fault::Closed)))?
    }

    /// Changes own tables, which the journal does not hold.
    ///
    /// # Errors
    /// What the work or the engine says; then nothing was done.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Db) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (reply, answer) = sync_channel(1);
        let (out, taken) = sync_channel(1);
        let work = Box::new(move |db: &mut dyn Db| {
            let value = work(db)?;
            out.send(value).map_err(|_| Fault::Closed)
        });
        self.send(Job::Own { work, reply })?;
        answer.recv().map_err(|_| Fault::Closed)??;
        taken.recv().map_err(|_| Fault::Closed)
    }

    /// What the last write that failed met, unless one has gone well since: then
    /// nothing can be saved.
    pub fn trouble(&self) -> Option<Trouble> {
        self.writer.as_ref().and_then(|writer| writer.met.now())
    }

    /// Tries whether something can be saved again: as much as a command takes, on the
    /// same way, and away with it.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn try_to_save(&self) -> Result<(), Fault> {
        // At random, so that no engine makes it small.
        let text: String = (0..PROBE)
            .map(|_| format!("{:016x}", rand::rng().random::<u64>()))
            .collect();
        self.write(move |db| {
            let sql = "INSERT INTO store_meta (key, value) VALUES ('probe', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
            db.exec(sql, &[text.into()])
        })?;
        self.write(|db| db.exec("DELETE FROM store_meta WHERE key = 'probe'", &[]))?;
        if let Some(writer) = &self.writer {
            writer.met.set(None);
        }
        Ok(())
    }

    /// Reads on a connection of the readers.
    ///
    /// # Errors
    /// What the work or the engine says.
    pub fn read<T>(&self, work: impl FnOnce(&mut dyn Db) -> Result<T, Fault>) -> Result<T, Fault> {
        let idle = || {
            let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            readers.pop()
        };
        // Those whose server has gone meanwhile are let go.
        let known = std::iter::from_fn(idle).find_map(|mut db| db.alive().then_some(db));
        let mut db = match known {
            Some(db) => db,
            None => match &self.config.database_url {
                Some(url) => Box::new(Postgres::connect(url)?) as Reader,
                None => Box::new(Sqlite::open_reader(&self.folder.database())?),
            },
        };
        let outcome = work(db.as_mut());
        let sound = outcome.is_ok() || db.row("SELECT 1", &[]).is_ok();
        if sound {
            let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            if readers.len() < READERS {
                readers.push(db);
            }
        }
        outcome
    }

    /// The state of a stream with its version; version 0 when it does not exist.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn state(
        &self,
        institution: InstitutionId,
        stream: StreamId,
    ) -> Result<(i64, Arc<State>), Fault> {
        let turn = self.turn.load(Ordering::Acquire);
        let lock = || self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(&(institution, stream)).cloned();
        if let Some(known) = &known
            && self.stands(known, turn, institution, stream)?
        {
            return Ok((known.version, Arc::clone(&known.state)));
        }
        let (version, state) = self.read(|db| journal::load(db, institution, stream))?;
        let mut states = lock();
        if states.len() >= CACHED {
            states.clear();
        }
        let known = Known {
            turn,
            version,
            state: Arc::clone(&state),
        };
        states.insert((institution, stream), known);
        Ok((version, state))
    }

    /// Is a state that was read before still the present one? On SQLite nobody writes
    /// but this program, so that it need not ask when its writer has answered nobody.
    fn stands(
        &self,
        known: &Known,
        turn: u64,
        institution: InstitutionId,
        stream: StreamId,
    ) -> Result<bool, Fault> {
        let alone = self.lock.is_some() && self.engine() == Engine::Sqlite;
        if alone && known.turn == turn {
            return Ok(true);
        }
        let version = self.read(|db| journal::version(db, institution, stream))?;
        if known.version != version {
            return Ok(false);
        }
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = states.get_mut(&(institution, stream))
            && known.version == version
        {
            known.turn = known.turn.max(turn);
        }
        Ok(true)
    }

    /// Entries of a stream with their hashes, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn entries(
        &self,
        institution: InstitutionId,
        stream: StreamId,
    ) -> Result<Vec<(Entry<'static>, Vec<u8>)>, Fault> {
        self.read(|db| journal::entries(db, institution, stream))
    }

    /// Every institution of the installation, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn institutions(&self) -> Result<Vec<InstitutionId>, Fault> {
        self.read(|db| {
            let rows = db.rows("SELECT institution FROM head ORDER BY institution", &[])?;
            Ok(rows
                .iter()
                .filter_map(|row| row.text(0).parse().ok())
                .collect())
        })
    }

    /// Walks every chain and compares everything that follows from it.
    ///
    /// # Errors
    /// When the data cannot be read at all; what is wrong with it is in the report.
    pub fn verify(&self, progress: &mut rebuild::Progress<'_>) -> Result<Report, Fault> {
        let key = self.existing_seal_key();
        let heads = self.folder.saved_heads();
        self.read(|db| verify::verify(db, key.as_ref(), &heads, &self.folder, progress))
    }

    /// The key that seals heads, where this folder has one.
    pub(crate) fn existing_seal_key(&self) -> Option<SealKey> {
        self.folder.existing_seal_key()
    }

    /// Looks at every page of the database file, without reading what it means.
    ///
    /// # Errors
    /// [`Trouble::Damaged`], or when it cannot be read.
    pub fn sound(&self) -> Result<(), Fault> {
        match self
            .read(|db| verify::damage(db, "quick_check"))?
            .as_slice()
        {
            [] => Ok(()),
            found => Err(Fault::Storage {
                trouble: Trouble::Damaged,
                why: found.join("; "),
            }),
        }
    }

    /// By how many milliseconds the newest entry is ahead of the clock: above zero,
    /// the clock was set back, or stood wrong before. Entries keep their order by
    /// number, and say what the clock said.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn clock_behind_ms(&self) -> Result<i64, Fault> {
        let newest = self.read(|db| {
            db.row(
                "SELECT COALESCE(MAX(j.at_ms), 0) FROM head h JOIN journal j ON j.institution = h.institution AND j.seq = h.seq",
                &[],
            )
        })?;
        Ok(newest.map_or(0, |row| row.int(0) - self.now_ms()).max(0))
    }

    /// Makes every derived table anew from the journal; how many entries were read.
    ///
    /// # Errors
    /// When the data is in use or cannot be read or written.
    pub fn rebuild(config: &Config, progress: &mut rebuild::Progress<'_>) -> Result<u64, Fault> {
        let folder = Folder::prepare(&config.data_dir)?;
        let _lock = folder.lock()?;
        if inspect(config, &folder)? == 0 {
            never_held(&folder)?;
        }
        let mut db = connect(config, &folder)?;
        schema::migrate(db.as_mut(), config.clock.now_ms())?;
        rebuild::rebuild(db.as_mut(), progress)
    }

    /// Reads every entry in order, checks its hash, decodes it and applies it to
    /// its stream; how many there were. Nothing is written.
    ///
    /// # Errors
    /// At the first entry that does not fit.
    pub fn replay(&self) -> Result<u64, Fault> {
        self.read(rebuild::replay)
    }

    /// Opens the database for one piece of work, beside nobody else: connection,
    /// seal key, the folder and its lock.
    pub(crate) fn alone(config: &Config) -> Result<(Reader, SealKey, Folder, File), Fault> {
        let folder = Folder::prepare(&config.data_dir)?;
        let lock = folder.lock()?;
        inspect(config, &folder)?;
        let mut db = connect(config, &folder)?;
        let key = folder.seal_key(schema::sealed(db.as_mut())?)?;
        Ok((db, key, folder, lock))
    }

    /// Writes down in the data folder that a backup of all of it ended well now.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn backed_up(&self) -> Result<(), Fault> {
        self.folder.backed_up(self.now_ms())
    }

    /// Seconds since a backup of all of it ended well; nothing when none ever did.
    pub fn backup_age_seconds(&self) -> Option<i64> {
        let at = self.folder.last_backup_ms()?;
        Some(self.now_ms().saturating_sub(at).max(0) / 1000)
    }

    /// Writes one institution, or with `None` the whole installation, into one
    /// file in open formats, as of one moment; the server may go on.
    ///
    /// # Errors
    /// When the file exists, cannot be written, or something cannot be read.
    pub fn export(
        &self,
        path: &Path,
        only: Option<InstitutionId>,
        progress: &mut rebuild::Progress<'_>,
    ) -> Result<Archived, Fault> {
        archive::write(self, path, only, progress)
    }

    /// Takes such a file into data that has none of its institutions yet.
    ///
    /// # Errors
    /// When the file is damaged, altered or newer, something is there already, or
    /// the data is in use; then nothing was taken.
    pub fn take_in(
        config: &Config,
        path: &Path,
        taking: Taking,
        progress: &mut rebuild::Progress<'_>,
    ) -> Result<Archived, Fault> {
        archive::read(config, path, taking, progress)
    }

    /// The data folder.
    pub(crate) fn root(&self) -> &Path {
        self.folder.root()
    }

    /// Heads that were saved, to find a cut-off tail.
    pub(crate) fn saved_heads(&self) -> Vec<Saved> {
        self.folder.saved_heads()
    }

    /// Evidence by its hash, to be read bit by bit; nothing when it is missing.
    pub(crate) fn open_file(&self, hash: &str) -> Result<Option<(PathBuf, File)>, Fault> {
        let Some(path) = files::path_of(&self.folder.files(), hash) else {
            return Ok(None);
        };
        match File::open(&path) {
            Ok(file) => Ok(Some((path, file))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Fault::io(format!("reading {}", path.display()))(error)),
        }
    }

    /// Puts evidence away; the caller records it with [`Store::write`].
    ///
    /// # Errors
    /// When it is too large, of no accepted type, or cannot be written.
    pub fn put_file(&self, name: &str, bytes: &[u8]) -> Result<FileMeta, FileError> {
        files::put(&self.folder.files(), name, bytes, self.config.file_limit)
    }

    /// Evidence by its hash; nothing when it is missing.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn file(&self, hash: &str) -> Result<Option<Vec<u8>>, Fault> {
        let Some(path) = files::path_of(&self.folder.files(), hash) else {
            return Ok(None);
        };
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Fault::io(format!("reading {}", path.display()))(error)),
        }
    }

    fn save_heads(&self) -> Result<(), Fault> {
        let heads = self.read(|db| db.rows("SELECT institution, seq, hash FROM head", &[]))?;
        for row in heads {
            if let Ok(institution) = row.text(0).parse() {
                let hash = row
                    .bytes(2)
                    .iter()
                    .map(|b| format!("{b:02x}"))
                    .collect::<String>();
                self.folder.save_head(institution, row.int(1), &hash)?;
            }
        }
        Ok(())
    }

    /// Commits what is under way, saves the heads, and ends the writer.
    pub fn close(&mut self) {
        let Some(mut writer) = self.writer.take() else {
            return;
        };
        let _ = writer.sender.send(Job::Stop);
        if let Some(thread) = writer.thread.take() {
            let _ = thread.join();
        }
        if let Err(error) = self.save_heads() {
            tracing::warn!(%error, "the heads were not saved");
        }
        self.readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        // The last connection to close may write, so that all lies in one file.
        if self.config.database_url.is_none() {
            drop(Sqlite::open(&self.folder.database()));
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}
