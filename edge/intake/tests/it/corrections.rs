//! A ledger that comes again with other amounts: nothing is added beside what was
//! imported, and the old and the new are shown.

use dukou_intake::{Batch, KnownSets, Options, read};
use dukou_kernel::{Date, Money};

use crate::build::refused;

const RIGHTS: &str = "成果名称,专利号,发明人,申请日\n泵,CN112233445A,张三,2019-01-02\n";

fn day(day: i8) -> Date {
    Date::new(2021, 3, day).unwrap()
}

/// The system after an import of one contract of 300,000 with a receipt on two days.
fn system() -> KnownSets {
    let mut known = KnownSets::default();
    known.add_right("CN112233445A");
    known.add_contract("H-1");
    known.add_price("H-1", Money::from_fen(30_000_000));
    for (at, fen) in [(20, 10_000_000), (21, 5_000_000)] {
        known.add_received("H-1", day(at), Money::from_fen(fen));
    }
    known
}

fn again(price: &str, receipts: &str) -> Batch {
    let contracts = format!(
        "合同编号,专利号,受让方,合同金额（元）,签订日期\nH-1,CN112233445A,甲公司,{price},2021.1.2\n"
    );
    let receipts = format!("到账日期,合同编号,到账金额（元）,凭证号\n{receipts}");
    let known = system();
    let options = Options {
        today: Date::new(2026, 1, 1).unwrap(),
        mappings: &[],
        known: &known,
    };
    let files = [
        ("r.csv", RIGHTS.as_bytes()),
        ("c.csv", contracts.as_bytes()),
        ("d.csv", receipts.as_bytes()),
    ];
    read(&files, &options, &mut |_, _| {}).unwrap()
}

#[test]
fn another_price_is_shown_beside_the_old_one() {
    let batch = again("350000", "");
    assert_eq!(refused(&batch), ["c 2 contract.changed"]);
    let said = &batch.findings[0].message.zh;
    assert!(
        said.contains("300,000") && said.contains("350,000"),
        "{said}"
    );
    let batch = again("300000", "");
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert!(batch.accepted.contracts[0].already);
}

#[test]
fn another_amount_is_no_second_receipt() {
    let batch = again(
        "300000",
        "2021-3-20,H-1,120000,记-1\n2021-3-21,H-1,50000,记-2\n2021-3-22,H-1,1000,记-3\n",
    );
    assert_eq!(refused(&batch), ["d 2 receipt.changed"]);
    let said = &batch.findings[0].message.zh;
    assert!(
        said.contains("100,000") && said.contains("120,000"),
        "{said}"
    );
    // The same receipt under another voucher is the same receipt.
    let found: Vec<bool> = batch
        .accepted
        .receipts
        .iter()
        .map(|it| it.already)
        .collect();
    assert_eq!(found, [true, false]);
    // Beside the old one a second of the same day is a second.
    let batch = again(
        "300000",
        "2021-3-20,H-1,100000,记-1\n2021-3-20,H-1,7000,记-9\n",
    );
    assert_eq!(refused(&batch), Vec::<String>::new());
    let found: Vec<bool> = batch
        .accepted
        .receipts
        .iter()
        .map(|it| it.already)
        .collect();
    assert_eq!(found, [true, false]);
}

#[test]
fn receipts_of_the_system_count_against_the_price() {
    let batch = again("300000", "2021-3-22,H-1,200000,记-3\n");
    assert_eq!(refused(&batch), Vec::<String>::new());
    let codes: Vec<_> = batch.findings.iter().map(|it| it.code.word()).collect();
    assert_eq!(codes, ["receipts.exceed"]);
    let batch = again("300000", "2021-3-22,H-1,-160000,记-3\n");
    assert_eq!(refused(&batch), ["d 2 refund.exceeds_receipts"]);
    let batch = again("300000", "2021-3-22,H-1,-140000,记-3\n");
    assert_eq!(refused(&batch), Vec::<String>::new());
}
