//! Mappings as people correct, save and use them again; the marked workbook.

use calamine::{Reader, Xlsx};
use dukou_intake::{Field, Kind, KnownSets, Mapping, Nothing, Options, fix_list_xlsx, guess, read};
use dukou_kernel::{Date, Lang};

use crate::build::{E, N, S, book, import, refused};

fn odd() -> Vec<u8> {
    book(&[(
        "杂",
        &[
            &[S("甲栏"), S("乙栏"), S("丙栏"), S("丁栏")],
            &[S("Q-1"), S("2023.1.2"), N(5.0), S("x")],
            &[S("Q-1"), S("2023.1.3"), N(6.0), S("x")],
        ],
    )])
}

#[test]
fn a_corrected_mapping_is_saved_and_used_again() {
    let bytes = odd();
    let files = [("x.xlsx", bytes.as_slice())];
    let today = Date::new(2026, 1, 1).unwrap();
    let mut known = KnownSets::default();
    known.add_contract("q-1");
    let blank = Options {
        today,
        mappings: &[],
        known: &known,
    };
    assert!(read(&files, &blank, &mut |_, _| {}).unwrap().is_foreign());

    // A sheet that says nothing is shown with its first row as header.
    let mut mapping = guess(&files, &blank).unwrap().remove(0).mapping.unwrap();
    assert_eq!(mapping.kind, None);
    mapping.kind = Some(Kind::Receipts);
    let fields = [Field::ContractNo, Field::Date, Field::Amount];
    for (column, field) in mapping.columns.iter_mut().zip(fields) {
        column.field = Some(field);
    }
    mapping.columns[2].unit = Some(dukou_intake::Unit::TenThousand);
    let saved = serde_json::to_string(&mapping).unwrap();
    let mapping: Mapping = serde_json::from_str(&saved).unwrap();
    let mappings = [mapping];
    let options = Options {
        today,
        mappings: &mappings,
        known: &known,
    };
    let batch = read(&files, &options, &mut |_, _| {}).unwrap();
    assert_eq!(batch.totals.received.fen(), 11_000_000);
    assert!(batch.is_clean());

    // What an earlier run imported is known again by its key.
    for row in &batch.accepted.receipts {
        known.add_receipt(&row.key);
    }
    let options = Options {
        today,
        mappings: &mappings,
        known: &known,
    };
    let again = read(&files, &options, &mut |_, _| {}).unwrap();
    assert!(again.accepted.receipts.iter().all(|row| row.already));
}

#[test]
fn the_marked_workbook_keeps_the_cells_and_lists_every_finding() {
    let bytes = book(&[(
        "到账明细",
        &[
            &[S("到账日期"), S("合同编号"), S("到账金额（元）")],
            &[S("2023.1.32"), S("W-1"), S("面议")],
            &[E, S("W-1"), N(5.0)],
        ],
    )]);
    let files = [("x.xlsx", bytes.as_slice())];
    let batch = import(&files);
    assert_eq!(refused(&batch).len(), 5);
    let marked = fix_list_xlsx(&files, &batch, Lang::Zh).unwrap();
    let mut book = Xlsx::new(std::io::Cursor::new(marked)).unwrap();
    assert_eq!(book.sheet_names(), ["修改清单", "到账明细"]);
    let list = book.worksheet_range("修改清单").unwrap();
    assert_eq!(list.height(), 6);
    let sheet = book.worksheet_range("到账明细").unwrap();
    assert_eq!(sheet.get_value((1, 2)).unwrap().to_string(), "面议");
}

#[test]
fn a_good_row_that_needs_a_rejected_one_says_what_it_waits_for() {
    let bytes = book(&[
        (
            "合同",
            &[
                &[S("合同编号"), S("专利号"), S("合同金额"), S("签订日期")],
                &[S("V-1"), S("CN114000001A"), S("面议"), S("2023.1.2")],
            ],
        ),
        (
            "到账",
            &[
                &[S("到账日期"), S("合同编号"), S("到账金额")],
                &[S("2023.2.1"), S("V-1"), N(5.0)],
            ],
        ),
    ]);
    let mut known = KnownSets::default();
    known.add_right("CN114000001A");
    let today = Date::new(2026, 1, 1).unwrap();
    let options = Options {
        today,
        mappings: &[],
        known: &known,
    };
    let mut heard = Vec::new();
    let batch = read(
        &[("x.xlsx", bytes.as_slice())],
        &options,
        &mut |done, total| heard.push((done, total)),
    )
    .unwrap();
    assert_eq!(refused(&batch), ["合同 2 amount.unreadable"]);
    assert_eq!(batch.accepted.receipts[0].waits_for.as_deref(), Some("V-1"));
    assert_eq!(heard.last(), Some(&(4, 4)));
    let options = Options {
        today,
        mappings: &[],
        known: &Nothing,
    };
    assert!(read(&[("x.xlsx", &[1, 0, 2])], &options, &mut |_, _| {}).is_err());
}

/// What a person left out of a mapping is not put in again by a guess.
#[test]
fn a_saved_mapping_is_taken_as_it_is() {
    let text = "负责人,课题组成员,名称,专利号,申请日\n张三,李四,泵,CN112233445A,2019-01-02\n";
    let files = [("a.csv", text.as_bytes())];
    let today = Date::new(2026, 1, 1).unwrap();
    let mut options = Options {
        today,
        mappings: &[],
        known: &Nothing,
    };
    let mut mapping = guess(&files, &options).unwrap().remove(0).mapping.unwrap();
    assert_eq!(mapping.columns[1].field, Some(Field::Others));
    mapping.columns[1].field = Some(Field::Inventors);
    let mappings = [mapping];
    options.mappings = &mappings;
    let batch = read(&files, &options, &mut |_, _| {}).unwrap();
    assert_eq!(batch.accepted.achievements[0].inventors, ["李四"]);

    let text = "到账日期,合同编号,到账金额\n2020.1.2,W-1,2\n注：金额单位为万元\n";
    let files = [("r.csv", text.as_bytes())];
    options.mappings = &[];
    let mut mapping = guess(&files, &options).unwrap().remove(0).mapping.unwrap();
    assert_eq!(
        mapping.columns[2].unit,
        Some(dukou_intake::Unit::TenThousand)
    );
    mapping.columns[2].unit = None;
    let mappings = [mapping];
    let mut known = KnownSets::default();
    known.add_contract("W-1");
    let options = Options {
        today,
        mappings: &mappings,
        known: &known,
    };
    let batch = read(&files, &options, &mut |_, _| {}).unwrap();
    assert_eq!(batch.totals.received.fen(), 200);
}
