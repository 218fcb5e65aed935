//! Proof that nothing was changed: the chain walked from its beginning, and
//! everything that follows from it derived again and compared.

use std::collections::BTreeSet;
use std::path::Path;

use dukou_chain::whole::{self, State};
use dukou_journal::{SealKey, StreamId, hex};
use dukou_kernel::{InstitutionId, Text, text};

use crate::check::{self, Evidence, Saved, Walk};
use crate::commitments::Texts;
use crate::db::{Db, Engine, Record, Value};
use crate::folder::Folder;
use crate::rebuild::{self, Keys, Progress};
use crate::sqlite::Sqlite;
use crate::{Fault, dialect, files, project, schema};

/// One thing that verification found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyFinding {
    /// Stable code: `chain.changed`, `head.cut`, `view.differs` …
    pub code: &'static str,
    /// Whose data.
    pub institution: Option<InstitutionId>,
    /// The first bad entry, where there is one.
    pub seq: Option<i64>,
    /// What is wrong.
    pub message: Text,
}

/// What verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries that were walked.
    pub entries: u64,
    /// Institutions.
    pub institutions: usize,
    /// Rows of derived tables that were compared.
    pub rows: u64,
    /// Evidence files that were compared.
    pub files: usize,
    /// Newest entry per institution: number and hash in hex.
    pub heads: Vec<(InstitutionId, i64, String)>,
    /// What is wrong; empty when all is well.
    pub findings: Vec<VerifyFinding>,
}

impl Report {
    /// True when all is well.
    pub fn ok(&self) -> bool {
        self.findings.is_empty()
    }

    fn add(
        &mut self,
        code: &'static str,
        institution: Option<InstitutionId>,
        seq: Option<i64>,
        message: Text,
    ) {
        self.findings.push(VerifyFinding {
            code,
            institution,
            seq,
            message,
        });
    }
}

/// A scratch database that is removed when it is done with.
struct Scratch {
    db: Sqlite,
    path: std::path::PathBuf,
}

impl Scratch {
    /// In the data folder: it may grow as large as the read tables, and holds what
    /// only the data folder may hold.
    fn new(folder: &Folder) -> Result<Self, Fault> {
        let path = folder.scratch()?;
        let mut db = Sqlite::scratch(&path)?;
        let create = schema::create_derived(&db);
        db.script(&create)?;
        db.script("BEGIN")?;
        Ok(Self { db, path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Verifies everything; writes nothing into the data. It reads one snapshot, so
/// that a server may go on writing meanwhile.
pub(crate) fn verify(
    db: &mut dyn Db,
    key: Option<&SealKey>,
    saved: &[Saved],
    folder: &Folder,
    progress: &mut Progress<'_>,
) -> Result<Report, Fault> {
    db.script(dialect::snapshot(db.engine()))?;
    let outcome = verify_inside(db, key, saved, folder, progress);
    db.script("ROLLBACK")?;
    outcome
}

fn verify_inside(
    db: &mut dyn Db,
    key: Option<&SealKey>,
    saved: &[Saved],
    folder: &Folder,
    progress: &mut Progress<'_>,
) -> Result<Report, Fault> {
    let mut report = Report::default();
    pages(db, &mut report)?;
    guards(db, &mut report)?;
    let unguarded = report.findings.len();
    let total = rebuild::entry_count(db)?;
    let mut scratch = Scratch::new(folder)?;
    let mut evidence = Evidence::default();
    for institution in known_institutions(db, saved, &mut report)? {
        report.institutions += 1;
        let before = report.findings.len();
        let walked = walk(
            db,
            (institution, saved),
            &mut scratch.db,
            &mut report,
            (total, progress),
        )?;
        let mut named = walked.walk.evidence();
        evidence.wanted.append(&mut named.wanted);
        evidence.gone.append(&mut named.gone);
        head(db, &walked, key, &mut report)?;
        persons(db, &walked, &mut report)?;
        if report.findings.len() == before {
            views(db, institution, &mut scratch.db)?;
        }
    }
    // A missing guard does not hide what was changed behind it.
    if report.findings.len() == unguarded {
        compare(db, &mut scratch.db, &mut report)?;
        balances(db, &mut report)?;
    }
    check_files(db, &evidence, &folder.files(), &mut report)?;
    progress(total, total);
    Ok(report)
}

/// What the engine itself finds wrong with its file: `quick_check` looks at every
/// page, `integrity_check` also at whether the indexes fit. A PostgreSQL server
/// looks after its own.
pub(crate) fn damage(db: &mut dyn Db, check: &str) -> Result<Vec<String>, Fault> {
    if db.engine() != Engine::Sqlite {
        return Ok(Vec::new());
    }
    let rows = db.rows(&format!("PRAGMA {check}(3)"), &[])?;
    let said = rows.iter().map(|row| row.text(0).replace('\n', " "));
    Ok(said.filter(|it| it != "ok").collect())
}

fn pages(db: &mut dyn Db, report: &mut Report) -> Result<(), Fault> {
    for why in damage(db, "integrity_check")? {
        report.add(
            "engine.damaged",
            None,
            None,
            text!(
                "数据库文件损坏：{why}。原样留存，从备份恢复。",
                "The database file is damaged: {why}. Keep it as it is and restore a backup."
            ),
        );
    }
    Ok(())
}

fn guards(db: &mut dyn Db, report: &mut Report) -> Result<(), Fault> {
    let standing: BTreeSet<String> = db
        .rows(dialect::list_guards(db.engine()), &[])?
        .iter()
        .map(|row| row.text(0).to_owned())
        .collect();
    for guard in dialect::GUARDS
        .iter()
        .filter(|guard| !standing.contains(**guard))
    {
        report.add(
            "guard.missing",
            None,
            None,
            text!(
                "数据库里防止改动的触发器 {guard} 不见了。",
                "The database's guard {guard} against changes is missing."
            ),
        );
    }
    Ok(())
}

/// Every institution with entries, a head, or a head saved earlier.
fn known_institutions(
    db: &mut dyn Db,
    saved: &[Saved],
    report: &mut Report,
) -> Result<BTreeSet<InstitutionId>, Fault> {
    let mut known: BTreeSet<InstitutionId> = saved.iter().map(|(who, _, _)| *who).collect();
    let rows = db.rows(
        "SELECT institution FROM journal UNION SELECT institution FROM head",
        &[],
    )?;
    for row in rows {
        let name = row.text(0);
        match name.parse::<InstitutionId>() {
            Ok(id) if id.to_string() == name => {
                known.insert(id);
            }
            _ => report.add(
                "chain.stranger",
                None,
                None,
                text!(
                    "有不属于任何学校的记录：{name}",
                    "There are entries that belong to no institution: {name}"
                ),
            ),
        }
    }
    Ok(known)
}

struct Walked {
    institution: InstitutionId,
    walk: Walk,
    whole: bool,
}

fn walk(
    db: &mut dyn Db,
    (institution, saved): (InstitutionId, &[Saved]),
    scratch: &mut Sqlite,
    report: &mut Report,
    (total, progress): (u64, &mut Progress<'_>),
) -> Result<Walked, Fault> {
    let mut walk = Walk::new(institution, saved);
    let mut keys = Keys::default();
    let mut after = i64::MIN;
    let mut whole = true;
    let sql = format!(
        "SELECT {} FROM journal WHERE institution = $1 AND seq > $2 ORDER BY seq LIMIT 2000",
        check::COLUMNS
    );
    'walk: loop {
        let rows = db.rows(&sql, &[institution.to_string().into(), after.into()])?;
        let Some(last) = rows.last() else { break };
        after = last.int(0);
        for row in &rows {
            match walk.row(row) {
                Ok((entry, event)) => {
                    project::books(scratch, &entry.meta, &event)?;
                    keys.take(scratch, &entry)?;
                    report.entries += 1;
                }
                Err((code, seq, message)) => {
                    report.add(code, Some(institution), Some(seq), message);
                    whole = false;
                    break 'walk;
                }
            }
        }
        progress(report.entries, total);
    }
    keys.flush(scratch)?;
    let (seq, hash) = (walk.chain.seq(), hex(walk.chain.hash()));
    report.heads.push((institution, seq, hash));
    Ok(Walked {
        institution,
        walk,
        whole,
    })
}

fn head(
    db: &mut dyn Db,
    walked: &Walked,
    key: Option<&SealKey>,
    report: &mut Report,
) -> Result<(), Fault> {
    if !walked.whole {
        return Ok(());
    }
    let institution = walked.institution;
    let row = db.row(
        "SELECT seq, hash, seal FROM head WHERE institution = $1",
        &[institution.to_string().into()],
    )?;
    match row {
        None => report.add(
            "head.missing",
            Some(institution),
            Some(walked.walk.chain.seq()),
            text!(
                "没有链头记录。",
                "The record of the chain's head is missing."
            ),
        ),
        Some(row) => check_head(walked, &row, key, report),
    }
    for (code, seq, message) in walked.walk.against_saved() {
        report.add(code, Some(institution), Some(seq), message);
    }
    Ok(())
}

fn persons(db: &mut dyn Db, walked: &Walked, report: &mut Report) -> Result<(), Fault> {
    let institution = walked.institution;
    if !walked.whole {
        return Ok(());
    }
    let texts = Texts::of(db, institution)?;
    for message in walked.walk.commitments.broken(&texts) {
        report.add("person.differs", Some(institution), None, message);
    }
    Ok(())
}

fn check_head(walked: &Walked, row: &Record, key: Option<&SealKey>, report: &mut Report) {
    let institution = walked.institution;
    let (seq, last, hash) = (
        row.int(0),
        walked.walk.chain.seq(),
        walked.walk.chain.hash(),
    );
    if seq > last {
        let from = last + 1;
        report.add(
            "head.cut",
            Some(institution),
            Some(from),
            text!(
                "第{from}条起的尾部被截去：链头在第{seq}条。",
                "The tail from entry {from} on was cut off: the head stands at entry {seq}."
            ),
        );
    } else if seq < last {
        let from = seq + 1;
        report.add(
            "head.inserted",
            Some(institution),
            Some(from),
            text!(
                "第{from}条起不是本系统写入的：链头在第{seq}条。",
                "Entries from {from} on were not written by this system: the head stands at entry {seq}."
            ),
        );
    } else if row.bytes(1) != hash {
        report.add(
            "head.differs",
            Some(institution),
            Some(last),
            text!(
                "链头的校验值与第{last}条不符。",
                "The head's hash is not that of entry {last}."
            ),
        );
    } else if let Some(key) = key {
        if !key.opens(institution, seq, hash, row.bytes(2)) {
            report.add(
                "head.seal",
                Some(institution),
                Some(last),
                text!(
                    "链头的封印不对：尾部可能被截去，或链被整体改写。",
                    "The seal on the head is wrong: the tail may have been cut, or the chain rewritten."
                ),
            );
        }
    } else {
        report.add(
            "head.no_key",
            Some(institution),
            None,
            text!(
                "数据目录里没有封印密钥 keys/seal.key，无法核对链头。",
                "keys/seal.key is missing, so the head's seal cannot be checked."
            ),
        );
    }
}

/// Read rows of an institution into the scratch database.
fn views(db: &mut dyn Db, institution: InstitutionId, scratch: &mut Sqlite) -> Result<(), Fault> {
    let (_, rules) = crate::journal::load(db, institution, StreamId::Institution)?;
    let State::Institution(rules) = rules.as_ref() else {
        return Ok(());
    };
    let streams = db.rows(
        "SELECT stream FROM journal WHERE institution = $1 AND version = 1 ORDER BY stream",
        &[institution.to_string().into()],
    )?;
    for row in streams {
        let Ok(stream) = row.text(0).parse::<StreamId>() else {
            continue;
        };
        let (_, state) = crate::journal::load(db, institution, stream)?;
        project::replace(
            scratch,
            institution,
            stream,
            &[],
            &whole::rows(stream, &state, rules),
        )?;
    }
    Ok(())
}

/// Tables to compare: name, columns, the columns that order and identify rows.
fn compared() -> Vec<(&'static str, String, &'static str)> {
    let mut tables = vec![
        (
            "posting",
            "institution, seq, line, stream, account, amount_minor".to_owned(),
            "institution, seq, line",
        ),
        (
            "balance",
            "institution, account, amount_minor".to_owned(),
            "institution, account",
        ),
        (
            "claim",
            "institution, kind, value, stream".to_owned(),
            "institution, kind, value",
        ),
        (
            "counter",
            "institution, series, last".to_owned(),
            "institution, series",
        ),
        (
            "command_key",
            "institution, key, request, stream, first_seq, last_seq, version".to_owned(),
            "institution, key",
        ),
    ];
    for table in whole::tables() {
        let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        tables.push((
            table.name,
            format!("institution, stream, line, {}", columns.join(", ")),
            "institution, stream, line",
        ));
    }
    tables
}

fn compare(db: &mut dyn Db, scratch: &mut Sqlite, report: &mut Report) -> Result<(), Fault> {
    for (table, columns, order) in compared() {
        let is = sorted(db, table, &columns, order)?;
        let should = sorted(scratch, table, &columns, order)?;
        report.rows += u64::try_from(should.len()).unwrap_or(0);
        if is == should {
            continue;
        }
        let at = is.iter().zip(&should).position(|(a, b)| a != b);
        let row = at
            .and_then(|at| should.get(at))
            .or_else(|| should.get(is.len()))
            .or_else(|| is.get(should.len()));
        let shown = row.map(|row| show(row, order)).unwrap_or_default();
        let seq = (table == "posting")
            .then(|| row.map(|row| row.int(1)))
            .flatten();
        report.add(
            if table == "posting" { "posting.differs" } else { "view.differs" },
            None,
            seq,
            text!(
                "表 {table} 与记录推算的不符，第一处在 {shown}。用 dukou rebuild 重建。",
                "The table {table} is not what the journal gives; the first difference is at {shown}. Run dukou rebuild."
            ),
        );
    }
    Ok(())
}

/// Rows in an order that both engines agree on, whatever their collation.
fn sorted(db: &mut dyn Db, table: &str, columns: &str, order: &str) -> Result<Vec<Record>, Fault> {
    let mut rows = db.rows(&format!("SELECT {columns} FROM {table}"), &[])?;
    let width = order.split(',').count();
    // The identifying columns come first in every list.
    let key = |row: &Record| row.0.iter().take(width).cloned().collect::<Vec<Value>>();
    rows.sort_by_cached_key(key);
    Ok(rows)
}

fn show(row: &Record, order: &str) -> String {
    let width = order.split(',').count();
    row.0
        .iter()
        .take(width)
        .map(|value| match value {
            Value::Int(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            Value::Bytes(_) | Value::Null => "-".to_owned(),
        })
        .collect::<Vec<_>>()
        .join(" / ")
}

fn balances(db: &mut dyn Db, report: &mut Report) -> Result<(), Fault> {
    let rows = db.rows(
        "SELECT institution, seq FROM posting GROUP BY institution, seq HAVING SUM(amount_minor) <> 0 ORDER BY institution, seq LIMIT 1",
        &[],
    )?;
    if let Some(row) = rows.first() {
        let seq = row.int(1);
        report.add(
            "posting.unbalanced",
            row.text(0).parse().ok(),
            Some(seq),
            text!(
                "第{seq}条的分录借贷不平。",
                "The postings of entry {seq} do not balance."
            ),
        );
    }
    Ok(())
}

fn check_files(
    db: &mut dyn Db,
    evidence: &Evidence,
    folder: &Path,
    report: &mut Report,
) -> Result<(), Fault> {
    for hash in &evidence.gone {
        if files::path_of(folder, hash).is_some_and(|path| path.exists()) {
            let short: String = hash.chars().take(12).collect();
            report.add(
                "file.not_erased",
                None,
                None,
                text!(
                    "公示页 {short}… 写有已删除个人信息的人，应当已经删去。重新启动一次渡口；仍在的，是有人放回去的。",
                    "The notice page {short}… names somebody whose personal data were erased, and should be gone. Start Dukou once more; if it stays, somebody put it back."
                ),
            );
        }
    }
    let mut wanted = evidence.wanted.clone();
    for row in db.rows("SELECT hash FROM file", &[])? {
        wanted.insert(row.text(0).to_owned());
    }
    for hash in &wanted {
        let Some(path) = files::path_of(folder, hash) else {
            continue;
        };
        report.files += 1;
        let short: String = hash.chars().take(12).collect();
        match std::fs::read(&path) {
            Ok(bytes) if files::hash_of(&bytes) == *hash => {}
            Ok(_) => report.add(
                "file.altered",
                None,
                None,
                text!("附件 {short}… 被改动过。", "The file {short}… was altered."),
            ),
            Err(_) => report.add(
                "file.missing",
                None,
                None,
                text!("附件 {short}… 不见了。", "The file {short}… is missing."),
            ),
        }
    }
    Ok(())
}
