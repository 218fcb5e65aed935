//! Files that mean harm or make no sense: an error or a batch, never a panic.

use dukou_intake::{Nothing, Options, fix_list_xlsx, read};
use dukou_kernel::{Date, Lang};
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

fn survive(name: &str, bytes: &[u8]) {
    let today = Date::new(2026, 1, 1).unwrap();
    let options = Options {
        today,
        mappings: &[],
        known: &Nothing,
    };
    let files = [(name, bytes)];
    if let Ok(batch) = read(&files, &options, &mut |_, _| {}) {
        let _ = batch.to_json(true, Lang::En);
        let _ = fix_list_xlsx(&files, &batch, Lang::En);
    }
}

#[test]
fn broken_and_foreign_files_are_refused_by_name() {
    let today = Date::new(2026, 1, 1).unwrap();
    let options = Options {
        today,
        mappings: &[],
        known: &Nothing,
    };
    for bytes in [
        &b""[..],
        b"PK\x03\x04broken",
        b"\xd0\xcf\x11\xe0rest",
        b"%PDF-1.7 x",
        b"\x00\x01\x02",
    ] {
        let error = read(&[("坏.xlsx", bytes)], &options, &mut |_, _| {}).unwrap_err();
        assert_eq!(error.file, "坏.xlsx");
        assert!(!error.reason.zh.is_empty());
    }
}

#[test]
fn a_cell_in_the_last_corner_does_not_fill_the_memory() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "合同编号").unwrap();
    sheet.write(1_048_575, 900, "x").unwrap();
    survive("x.xlsx", &book.save_to_buffer().unwrap());
}

const WORDS: [&str; 24] = [
    "合同编号",
    "到账日期",
    "到账金额（万元）",
    "专利号",
    "成果名称",
    "完成人",
    "贡献比例",
    "申请日",
    "同上",
    "小计",
    "CN114000001A",
    "张三60%；李四",
    "2021年",
    "壹佰万元整",
    "(",
    "；；",
    "1.2.3",
    "：",
    "等",
    "九九万亿",
    "0:0",
    "-",
    "🦀",
    "二〇二一年",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), zip in any::<bool>()) {
        if zip {
            bytes.splice(0..0, b"PK\x03\x04".iter().copied());
        }
        survive("x", &bytes);
    }

    #[test]
    fn arbitrary_cells_never_panic(rows in proptest::collection::vec(proptest::collection::vec(prop_oneof![
        (0usize..WORDS.len()).prop_map(|i| WORDS[i].to_owned()),
        "\\PC{0,12}",
        any::<f64>().prop_map(|n| n.to_string()),
        (0u32..99_999_999).prop_map(|n| n.to_string()),
    ], 0..9), 0..14)) {
        let text: String = rows.iter().map(|row| row.join("\t") + "\n").collect();
        let head = "合同编号\t专利号\t合同金额\t签订日期\t信用代码\n";
        survive("x.csv", text.as_bytes());
        survive("x.csv", (head.to_owned() + &text).as_bytes());
        let head = "专利号\t完成人\t比例\t申请日\t授权日\t成果名称\n";
        survive("x.csv", (head.to_owned() + &text).as_bytes());
        let head = "合同编号\t净收入\t团队\t学院\t学校\t个人分配明细\n";
        survive("x.csv", (head.to_owned() + &text).as_bytes());
    }
}
