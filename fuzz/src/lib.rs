//! The targets: one function per parser that meets what strangers send. Each
//! takes any bytes and returns; a panic, an endless loop or boundless memory is a
//! bug. `tests/mutations.rs` runs them everywhere on the corpus and on changes of
//! it; `libfuzzer/` runs them under libFuzzer (`scripts/fuzz.sh`).

mod parts;
mod request;
// The tests' university, and a case of it told to the end.
#[path = "../../edge/web/tests/web/fixture.rs"]
#[allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod fixture;
#[path = "../../edge/web/tests/web/story.rs"]
#[allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod story;
// Readers that are private to their crates, and read bytes and nothing else.
#[path = "../../edge/web/src/pages/people/roster/sheet.rs"]
mod sheet;
#[path = "../../edge/store/src/wal.rs"]
#[allow(dead_code)]
mod wal;

use std::str::FromStr;
use std::sync::{LazyLock, Once};

use dukou_calendar::Year;
use dukou_chain::people::permission;
use dukou_chain::whole::{Command, Event, present_kind};
use dukou_intake::{Nothing, Options};
use dukou_journal::{Actor, Entry, StreamId};
use dukou_kernel::{CaseId, Date, FileHash, Lang, Money, Share};
use dukou_ledger::{Account, Exact};
use dukou_rules::{Rulebook, SchoolPolicy};
use dukou_store::{Config, Fault, Store, Taking, Trouble};
use dukou_web::hooks::{Inside, Sender};

pub use request::{done, request};

/// A target: the name of its corpus, and what it does with any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("ledger_csv", ledger_csv),
    ("ledger_book", ledger_book),
    ("parts", parts),
    ("cells", cells),
    ("roster", roster),
    ("entry", entry),
    ("calculator", calculator),
    ("command", command),
    ("upload", upload),
    ("request", request),
    ("toml", toml),
    ("words", words),
    ("hook_url", hook_url),
    ("archive", archive),
    ("wal", wal),
    ("heads", heads),
];

/// The reader of workbooks stops on some crafted ones; intake catches that and
/// refuses the file. libFuzzer would end at once, so its hook is taken away; what
/// nobody catches ends the run all the same.
fn stops_are_caught() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(std::panic::take_hook()));
}

fn ledger(name: &str, data: &[u8]) {
    stops_are_caught();
    let options = Options {
        today: jiff::civil::date(2026, 11, 23),
        mappings: &[],
        known: &Nothing,
    };
    if let Ok(batch) = dukou_intake::read(&[(name, data)], &options, &mut |_, _| {}) {
        let _ = batch.to_json(true, Lang::Zh);
    }
}

/// An office's ledger as CSV.
pub fn ledger_csv(data: &[u8]) {
    ledger("a.csv", data);
}

/// An office's ledger as a workbook: xlsx, xlsb, ods, xls.
pub fn ledger_book(data: &[u8]) {
    ledger("a.xlsx", data);
}

/// The parts of a workbook, zipped here: what was changed in one is no damaged
/// archive, and reaches the readers of XML and of binary records.
pub fn parts(data: &[u8]) {
    if let Some(book) = parts::zipped(data) {
        ledger("a.xlsx", &book);
        roster(&book);
    }
}

/// Every line as a cell of each kind: days, money, shares, credit codes, names,
/// numbers of rights; and the plain readers of money, shares, days and codes.
pub fn cells(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut ledgers = [
        "合同编号\t签订日期\t合同金额（万元）\t受让方\t统一社会信用代码\t专利号\n".to_owned(),
        "专利号\t申请日\t授权日\t完成人\t贡献比例\t成果名称\n".to_owned(),
        "合同编号\t净收入\t团队\t学院\t学校\t个人分配明细\n".to_owned(),
    ];
    for (row, cell) in text.lines().take(64).enumerate() {
        let quoted = format!("\t\"{}\"", cell.replace('"', "\"\"")).repeat(5);
        for ledger in &mut ledgers {
            ledger.push_str(&format!("N{row}{quoted}\n"));
        }
        if let Ok(money) = Money::parse_yuan(cell) {
            assert_eq!(Money::parse_yuan(&money.plain_yuan()), Ok(money));
        }
        if let Ok(share) = cell.parse::<Share>() {
            let _ = share.to_percent_text();
        }
        if let Ok(day) = cell.parse::<Date>() {
            assert_eq!(day.to_string().parse().ok(), Some(day));
        }
        let _ = dukou_chain::matching::uscc_is_valid(cell);
    }
    for text in ledgers {
        ledger("a.csv", text.as_bytes());
    }
}

/// The roster of people.
pub fn roster(data: &[u8]) {
    use sheet::Column;
    stops_are_caught();
    let Ok(read) = sheet::Sheet::read(data) else {
        return;
    };
    for row in read.rows() {
        let _ = read.cell(row, Column::StaffNo);
        let _ = sheet::date(&read.cell(row, Column::From));
        let _ = sheet::date(&read.cell(row, Column::To));
    }
    let _ = read.heading(Column::Name);
}

/// An entry's canonical bytes, and the event in them.
pub fn entry(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(read) = Entry::from_bytes(text) {
        let _ = present_kind(&read.meta.kind);
        let event = Event::from_body(&read.meta.kind, &read.body);
        // What it keeps for people to read is looked at as by whoever verifies.
        let event = event.and_then(|it| it.look());
        match read.to_bytes() {
            Ok(bytes) => {
                let again = Entry::from_bytes(&bytes);
                assert!(matches!(&again, Ok(same) if same.meta == read.meta));
            }
            // A body is the event's to read; one that is no JSON is no event.
            Err(_) => assert!(event.is_err()),
        }
    }
}

/// A question to each calculator.
pub fn calculator(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for one in dukou_calc::calculators() {
        let _ = dukou_calc::run_line(
            one,
            text,
            Lang::En,
            &dukou_calc::Env::carried(dukou_kernel::Date::constant(2026, 11, 30)),
        );
    }
}

/// A command as JSON.
pub fn command(data: &[u8]) {
    let Ok(value) = serde_json::from_slice(data) else {
        return;
    };
    if let Ok(read) = Command::from_json(value) {
        assert_eq!(Command::from_json(read.to_json()).ok(), Some(read));
    }
}

/// An upload of any name.
pub fn upload(data: &[u8]) {
    for name in ["a", "a.csv", "a.docx", "a.xlsx", "a.doc", ".."] {
        let _ = dukou_store::sniff(name, data);
    }
}

/// What is uploaded as TOML: a year's holidays and the school's own rules; and the
/// tables the program carries, read by the same readers.
pub fn toml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(year) = Year::parse(text) {
        assert!(Year::parse(&year.to_toml()).is_ok());
    }
    let _ = SchoolPolicy::parse(text);
    let _ = Rulebook::parse(&[("a.toml", text)]);
    let _ = permission::parse(text);
}

fn word<T: FromStr + PartialEq + ToString>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        assert!(read.to_string().parse().ok() == Some(read));
    }
}

/// Every line as each word of the record: ids, streams, actors, accounts, hashes,
/// exact amounts, networks inside the school.
pub fn words(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for line in text.lines().take(64) {
        word::<CaseId>(line);
        word::<StreamId>(line);
        word::<Actor>(line);
        word::<Account>(line);
        let _ = line.parse::<Exact>();
        let _ = line.parse::<FileHash>();
        let _ = Lang::parse(line);
        let _ = Inside::parse(line);
        let _ = dukou_rights::read(line);
        let _ = dukou_rights::RightKind::parse(line);
    }
}

/// The address of a webhook.
pub fn hook_url(data: &[u8]) {
    static SENDER: LazyLock<Sender> =
        LazyLock::new(|| Sender::new(Inside::parse("oa.example.edu.cn, 10.8.0.0/16")));
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = SENDER.check(text);
    }
}

/// An archive, zipped here from its members, taken into an empty folder.
pub fn archive(data: &[u8]) {
    let Some(bytes) = parts::zipped(data) else {
        return;
    };
    in_folder(|folder| {
        let file = folder.join("a.zip");
        std::fs::write(&file, bytes)?;
        let _ = Store::take_in(
            &Config::folder(folder.join("data")),
            &file,
            Taking::Whole,
            &mut |_, _| {},
        );
        Ok(())
    });
}

/// A write-ahead log beside a database.
pub fn wal(data: &[u8]) {
    let _ = wal::scan(&mut &*data);
}

/// The saved heads of an installation.
pub fn heads(data: &[u8]) {
    let _ = dukou_store::heads_in(&String::from_utf8_lossy(data));
}

/// Lends a folder of this run's own.
fn in_folder(work: impl FnOnce(&std::path::Path) -> std::io::Result<()>) {
    let folder = std::env::temp_dir().join(format!("dukou-fuzz-{}", uuid::Uuid::now_v7()));
    let worked = std::fs::create_dir_all(&folder).and_then(|()| work(&folder));
    let _ = std::fs::remove_dir_all(&folder);
    assert!(worked.is_ok(), "no folder to work in: {worked:?}");
}
