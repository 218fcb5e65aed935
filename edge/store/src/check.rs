//! One entry after the other, held to everything that can be asked of it: the chain,
//! its own bytes, the columns beside them, and an event this program knows. Export,
//! import and verification look through the same eyes.

use std::collections::{BTreeSet, HashMap};

use dukou_chain::people;
use dukou_chain::whole::{Event, State};
use dukou_journal::{Chain, ChainFault, Entry, StreamId, hex};
use dukou_kernel::{InstitutionId, PersonId, Text, text};

use crate::commitments::Commitments;
use crate::db::Record;

/// Evidence by its hashes.
#[derive(Default)]
pub(crate) struct Evidence {
    /// It must be there.
    pub wanted: BTreeSet<String>,
    /// It must not: pages that name somebody who was erased since.
    pub gone: BTreeSet<String>,
}

/// A head that was saved earlier: whose, number, hash in hex.
pub(crate) type Saved = (InstitutionId, i64, String);

/// What is wrong with an entry: stable code, its number, in words.
pub(crate) type Wrong = (&'static str, i64, Text);

/// One institution's journal, as far as it was walked.
pub(crate) struct Walk {
    /// The chain up to the last good entry.
    pub chain: Chain,
    /// What the entries commit to.
    pub commitments: Commitments,
    evidence: BTreeSet<String>,
    /// Pages in the open: by which entry, and whom they name.
    pages: Vec<(i64, String, Vec<PersonId>)>,
    /// The newest erasure of each person.
    erased: HashMap<PersonId, i64>,
    saved: HashMap<i64, String>,
    contradicted: Vec<i64>,
}

/// Columns of the journal that [`Walk::row`] wants, in this order.
pub(crate) const COLUMNS: &str = "seq, bytes, hash, stream, version, kind, at_ms";

impl Walk {
    pub(crate) fn new(institution: InstitutionId, saved: &[Saved]) -> Self {
        let mine = saved.iter().filter(|(who, _, _)| *who == institution);
        Self {
            chain: Chain::new(institution),
            commitments: Commitments::default(),
            evidence: BTreeSet::new(),
            pages: Vec::new(),
            erased: HashMap::new(),
            saved: mine.map(|(_, seq, hash)| (*seq, hash.clone())).collect(),
            contradicted: Vec::new(),
        }
    }

    /// Takes the next row of the journal.
    pub(crate) fn row<'a>(&mut self, row: &'a Record) -> Result<(Entry<'a>, Event), Wrong> {
        let seq = row.int(0);
        let entry = self
            .chain
            .step(seq, row.text(1), row.bytes(2))
            .map_err(|fault| wrong(seq, fault))?;
        let meta = &entry.meta;
        let columns = [
            ("stream", meta.stream.to_string() == row.text(3)),
            ("version", meta.version == row.int(4)),
            ("kind", meta.kind == row.text(5)),
            ("at_ms", meta.at_ms == row.int(6)),
        ];
        if let Some((column, _)) = columns.iter().find(|(_, same)| !same) {
            return Err((
                "chain.column",
                seq,
                text!(
                    "第{seq}条的列 {column} 与其内容不符。",
                    "Entry {seq}: the column {column} does not agree with the entry's bytes."
                ),
            ));
        }
        self.event(entry, row.text(1))
    }

    /// Takes the next line of an archive's journal.
    pub(crate) fn line<'a>(&mut self, bytes: &'a str) -> Result<(Entry<'a>, Event), Wrong> {
        let seq = self.chain.seq() + 1;
        let entry = self.chain.next(bytes).map_err(|fault| wrong(seq, fault))?;
        self.event(entry, bytes)
    }

    fn event<'a>(&mut self, entry: Entry<'a>, bytes: &str) -> Result<(Entry<'a>, Event), Wrong> {
        let seq = entry.meta.seq;
        entry.exact(bytes).map_err(|why| unreadable(seq, &why))?;
        let kind = &entry.meta.kind;
        let event =
            Event::from_body(kind, &entry.body).map_err(|why| match Event::knows(kind) {
                true => unreadable(seq, &why),
                false => newer(seq, kind),
            })?;
        event.look().map_err(|why| unreadable(seq, &why))?;
        if !State::new(entry.meta.stream).accepts(&event) {
            return Err((
                "chain.misplaced",
                seq,
                text!(
                    "第{seq}条的事件不属于它所在的案卷。",
                    "Entry {seq}: this kind of event does not belong to its stream."
                ),
            ));
        }
        if let Some(saved) = self.saved.remove(&seq)
            && saved != hex(self.chain.hash())
        {
            self.contradicted.push(seq);
        }
        self.commitments.take(entry.meta.stream, &event);
        collect_files(&entry.body, &mut self.evidence);
        if let Some((page, people)) = event.page() {
            self.pages.push((seq, page.file.to_string(), people));
        }
        if let (StreamId::Person(id), Event::Person(people::Event::Erased(_))) =
            (entry.meta.stream, &event)
        {
            self.erased.insert(id, seq);
        }
        Ok((entry, event))
    }

    /// The evidence that entries name, now that all of them were walked.
    pub(crate) fn evidence(&self) -> Evidence {
        let gone = |(posted, _, people): &&(i64, String, Vec<PersonId>)| {
            let later = |who| self.erased.get(who).is_some_and(|at| at > posted);
            people.iter().any(later)
        };
        let gone = self.pages.iter().filter(gone).map(|(_, hash, _)| hash);
        let gone: BTreeSet<String> = gone.cloned().collect();
        let wanted = self.evidence.difference(&gone).cloned().collect();
        Evidence { wanted, gone }
    }

    /// What the heads that were saved earlier say against this journal, now that it
    /// was walked to its end.
    pub(crate) fn against_saved(&self) -> Vec<Wrong> {
        let rewritten = self.contradicted.iter().map(|seq| {
            (
                "head.rewritten",
                *seq,
                text!(
                    "第{seq}条与以前保存的链头不符：链被整体改写过。",
                    "Entry {seq} contradicts a head saved earlier: the chain was rewritten."
                ),
            )
        });
        let mut beyond: Vec<&i64> = self.saved.keys().collect();
        beyond.sort();
        let from = self.chain.seq() + 1;
        let cut = beyond.into_iter().map(|seq| {
            (
                "head.cut",
                from,
                text!(
                    "第{from}条起的尾部被截去：以前保存的链头在第{seq}条。",
                    "The tail from entry {from} on was cut off: a head saved earlier stands at entry {seq}."
                ),
            )
        });
        rewritten.chain(cut).collect()
    }
}

fn newer(seq: i64, kind: &str) -> Wrong {
    let message = text!(
        "第{seq}条是本程序不认识的事项 {kind}：由更新的版本写成，请用新版程序。",
        "Entry {seq} is the event {kind}, which this program does not know: use the newer program."
    );
    ("chain.newer", seq, message)
}

fn unreadable(seq: i64, why: &impl ToString) -> Wrong {
    let why = why.to_string();
    let message = text!(
        "第{seq}条读不出：{why}",
        "Entry {seq} is not readable: {why}"
    );
    ("chain.unreadable", seq, message)
}

fn wrong(seq: i64, fault: ChainFault) -> Wrong {
    match fault {
        ChainFault::Gap { expected, found } => (
            "chain.gap",
            expected,
            text!(
                "第{expected}条缺失：接下来存的是第{found}条。",
                "Entry {expected} is missing: the next stored entry is {found}."
            ),
        ),
        ChainFault::Changed { seq } => (
            "chain.changed",
            seq,
            text!(
                "第{seq}条被改动过：内容与所存校验值不符。",
                "Entry {seq} was changed: its bytes do not give the stored hash."
            ),
        ),
        other => {
            let why = other.to_string();
            let message = text!("第{seq}条有误：{why}", "Entry {seq}: {why}");
            ("chain.unreadable", seq, message)
        }
    }
}

/// Hashes of files that an event refers to.
fn collect_files(body: &str, evidence: &mut BTreeSet<String>) {
    let mut rest = body;
    while let Some(at) = rest.find("\"file\":\"") {
        rest = rest.get(at + 8..).unwrap_or_default();
        if let Some(hash) = rest.get(..64)
            && hash
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        {
            evidence.insert(hash.to_owned());
        }
    }
}
