//! The targets: one function per parser that meets what strangers send. Each
//! takes any bytes and returns; a panic, an endless loop or boundless memory is a
//! bug. `tests/mutations.rs` runs them everywhere on the corpus and on changes of
//! it; `libfuzzer/` runs them under libFuzzer (`scripts/fuzz.sh`).

use dukou_chain::whole::{Command, Event};
use dukou_intake::{Nothing, Options};
use dukou_journal::Entry;
use dukou_kernel::{Date, Lang, Money, Share};

// The roster's reader is private to the pages; it reads bytes and nothing else.
#[path = "../../edge/web/src/pages/people/roster/sheet.rs"]
mod sheet;

/// A target: the name of its corpus, and what it does with any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("ledger_csv", ledger_csv),
    ("ledger_xlsx", ledger_xlsx),
    ("cells", cells),
    ("roster", roster),
    ("entry", entry),
    ("calculator", calculator),
    ("command", command),
    ("upload", upload),
];

fn ledger(name: &str, data: &[u8]) {
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

/// An office's ledger as a workbook.
pub fn ledger_xlsx(data: &[u8]) {
    ledger("a.xlsx", data);
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
        let event = Event::from_body(&read.meta.kind, &read.body);
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
        let _ = dukou_calc::run_line(one, text, Lang::En, dukou_calc::Env::builtin());
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
