//! Numbers of rights as people write them, and what is written where there is none.

use serde_json::{Value, json};

use crate::build::{N, S, book, import, refused, rows};

fn numbers(batch: &dukou_intake::Batch) -> Vec<Value> {
    rows(batch, "achievements")
        .iter()
        .map(|row| row["number"].clone())
        .collect()
}

fn ledger(cells: &[&str]) -> String {
    let rows = cells.iter().enumerate();
    rows.fold(
        "名称,专利号,发明人,申请日\n".to_owned(),
        |text, (at, cell)| format!("{text}物{at},\"{cell}\",张三,2019-01-02\n"),
    )
}

#[test]
fn every_form_of_number_stands_in_the_column_of_patent_numbers() {
    for (cell, wanted) in [
        ("ZL201810123456.5", "2018101234565"),
        ("ZL 2018 1 0123456.5", "2018101234565"),
        ("201810123456.5", "2018101234565"),
        ("CN201810123456.5", "2018101234565"),
        ("ＺＬ２０２０３０３４５６７８．ｘ", "202030345678X"),
        ("03112233.7", "031122337"),
        ("ZL99112233.X", "99112233X"),
        ("CN2759999Y", "CN2759999Y"),
        ("CN300123456D", "CN300123456D"),
        ("PCT/CN2021/123456", "PCT/CN2021/123456"),
        ("WO2021/123456 A1", "WO2021123456A1"),
        ("US 11,123,456 B2", "US11123456B2"),
        ("EP3456789B1", "EP3456789B1"),
        ("US 16/123,456", "US16123456"),
        ("US2021/0123456A1", "US20210123456A1"),
        ("JP6789012B2", "JP6789012B2"),
        ("2021SR0123456", "2021SR0123456"),
        ("CNA20170123.4", "CNA201701234"),
        ("BS.175531234", "BS175531234"),
    ] {
        let batch = import(&[("a.csv", ledger(&[cell]).as_bytes())]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{cell}");
        assert_eq!(numbers(&batch), [json!(wanted)], "{cell}");
    }
    // A column of nothing but application numbers is still the column of the number.
    let text = ledger(&["ZL201810123456.5", "ZL201920234567.3", "ZL202030345678.X"]);
    let batch = import(&[("a.csv", text.as_bytes())]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(
        numbers(&batch),
        ["2018101234565", "2019202345673", "202030345678X"].map(|it| json!(it))
    );
}

#[test]
fn a_wrong_check_digit_names_the_one_that_fits() {
    for cell in ["ZL201810123456.7", "CN201810123456.X", "阀 201810123456.6"] {
        let text = ledger(&["CN112233445A", cell]);
        let batch = import(&[("a.csv", text.as_bytes())]);
        assert_eq!(refused(&batch), ["a 3 number.malformed"], "{cell}");
        let found = &batch.findings[0];
        assert!(found.message.zh.contains("算得 5"), "{found:?}");
        assert!(found.suggestion.en.contains("201810123456.5"), "{found:?}");
    }
    // The column of application numbers beside it is held to it too, as a warning.
    let text = "名称,公开号,申请号,发明人,申请日\n泵,CN112233445A,ZL201810123456.7,张三,2019-01-02\n阀,CN112233446A,ZL201920234567.3,张三,2019-01-02\n";
    let batch = import(&[("a.csv", text.as_bytes())]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    let found = &batch.findings[0];
    assert_eq!((found.row, found.code.word()), (2, "application.malformed"));
    assert!(found.message.zh.contains("算得 5"), "{found:?}");
}

#[test]
fn the_same_application_in_two_spellings_is_one_right() {
    let text = ledger(&["ZL201810123456.5", "201810123456.5", "CN201810123456.5"]);
    let batch = import(&[("a.csv", text.as_bytes())]);
    assert_eq!(refused(&batch), ["a 3 duplicate", "a 4 duplicate"]);
}

#[test]
fn what_says_that_there_is_no_number_is_known() {
    for (cell, kind) in [
        ("无", None),
        ("-", None),
        ("技术秘密", Some("技术秘密")),
        ("无（技术秘密）", Some("技术秘密")),
        ("申请中", None),
        ("已受理", None),
        ("实质审查中", None),
        ("未申请专利", None),
    ] {
        let batch = import(&[("a.csv", ledger(&["CN112233445A", cell]).as_bytes())]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{cell}");
        let row = &batch.accepted.achievements[1];
        assert_eq!((row.number.as_str(), row.title.as_str()), ("", "物1"));
        assert_eq!(row.right_kind.as_deref(), kind, "{cell}");
    }
    // What nobody filled in is still missing.
    for (cell, wanted) in [("", "a 3 required"), ("待补", "a 3 number.malformed")] {
        let batch = import(&[("a.csv", ledger(&["CN112233445A", cell]).as_bytes())]);
        assert_eq!(refused(&batch), [wanted], "{cell}");
    }
    // The application number stands for the number that is still to come.
    let text = "名称,专利号,申请号,发明人,申请日\n泵,CN112233445A,,张三,2019-01-02\n阀,申请中,201810123456.5,张三,2019-01-02\n";
    let batch = import(&[("a.csv", text.as_bytes())]);
    assert_eq!(
        numbers(&batch),
        [json!("CN112233445A"), json!("2018101234565")]
    );
    // Two results without a number are two, the same one twice is a duplicate.
    let text = "名称,专利号,发明人,申请日\n甲工艺,无,张三,2019-01-02\n乙工艺,无,张三,2019-01-02\n甲工艺,技术秘密,张三,2019-01-02\n丙工艺,CN112233445A,张三,2019-01-02\n";
    let batch = import(&[("a.csv", text.as_bytes())]);
    assert_eq!(refused(&batch), ["a 4 duplicate"]);
}

#[test]
fn several_numbers_in_one_cell_are_each_a_right_by_itself() {
    for cell in [
        "ZL201810123456.5；US11123456B2",
        "ZL201810123456.5/US11123456B2",
        "ZL201810123456.5 US 11,123,456 B2",
        "ZL201810123456.5、US11,123,456B2",
        "泵ZL201810123456.5，阀US11123456B2",
    ] {
        let batch = import(&[("a.csv", ledger(&[cell]).as_bytes())]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{cell}");
        assert_eq!(
            numbers(&batch),
            [json!("2018101234565"), json!("US11123456B2")],
            "{cell}"
        );
    }
    // No piece is dropped in silence.
    for cell in [
        "ZL201810123456.5；ZL201810123456.7",
        "ZL201810123456,X",
        "ZL201810123456.5、456",
        "CN112233445A、B",
    ] {
        let batch = import(&[("a.csv", ledger(&[cell]).as_bytes())]);
        assert_eq!(refused(&batch), ["a 2 number.malformed"], "{cell}");
    }
    // One right under two numbers is one right.
    let text = ledger(&["CN112233445B（ZL201810123456.5）"]);
    let batch = import(&[("a.csv", text.as_bytes())]);
    let row = &batch.accepted.achievements[0];
    assert_eq!(row.number, "CN112233445B");
    assert_eq!(row.application.as_deref(), Some("2018101234565"));
}

#[test]
fn contracts_name_rights_of_every_form() {
    let rights = ledger(&[
        "ZL201810123456.5",
        "PCT/CN2021/123456",
        "2021SR0123456",
        "US11123456B2",
        "无",
    ]);
    let read = |cell: &str| {
        let text = format!("合同编号,专利号,合同金额,签订日期\nH-1,\"{cell}\",5,2020.1.2\n");
        import(&[("r.csv", rights.as_bytes()), ("c.csv", text.as_bytes())])
    };
    for (cell, wanted) in [
        ("CN201810123456.5", json!(["2018101234565"])),
        (
            "ZL201810123456.5、PCT/CN2021/123456",
            json!(["2018101234565", "PCT/CN2021/123456"]),
        ),
        (
            "PCT/CN2021/123456/2021SR0123456；US 11,123,456 B2",
            json!(["PCT/CN2021/123456", "2021SR0123456", "US11123456B2"]),
        ),
        ("无", json!([])),
        ("技术秘密", json!([])),
    ] {
        let batch = read(cell);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{cell}");
        assert_eq!(rows(&batch, "contracts")[0]["numbers"], wanted, "{cell}");
    }
    // A result without a number is named by its title.
    let batch = read("物4");
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(batch.accepted.contracts[0].titles, ["物4"]);
    assert_eq!(refused(&read("ZL201810123456.6")), ["c 2 number.malformed"]);
    assert_eq!(
        refused(&read("ZL202030345678.X")),
        ["c 2 reference.unknown"]
    );
}

#[test]
fn contracts_for_technology_without_a_right_are_taken() {
    let head = &[
        S("合同号"),
        S("名称"),
        S("专利号"),
        S("受让方"),
        S("金额（元）"),
        S("签订时间"),
        S("合同类型"),
    ];
    let row = |name, right, mode| {
        vec![
            S(name),
            S("新型泵"),
            right,
            S("甲公司"),
            N(100.0),
            S("2021-01-01"),
            S(mode),
        ]
    };
    let made = [
        row("H1", crate::build::E, "技术开发"),
        row("H2", crate::build::E, "技术咨询"),
        row("H3", S("/"), "技术服务"),
        row("H4", crate::build::E, "专利权转让"),
        row("H5", S("技术秘密"), "技术秘密许可"),
    ];
    let mut all: Vec<&[crate::build::C]> = vec![head];
    all.extend(made.iter().map(Vec::as_slice));
    let batch = import(&[("c.xlsx", &book(&[("合同", &all)]))]);
    assert_eq!(refused(&batch), ["合同 5 required"]);
    assert_eq!(batch.totals.contracts, 4);
    // A sheet of nothing but such contracts has no column of rights.
    let text = "合同编号,合同名称,委托方,合同类别,合同金额,签订日期\nK-1,泵的研制,甲公司,委托开发,5,2020.1.2\nK-2,泵的维护,甲公司,技术服务,5,2020.1.2\nK-3,泵的转让,甲公司,专利转让,5,2020.1.2\n";
    let batch = import(&[("c.csv", text.as_bytes())]);
    assert_eq!(refused(&batch), ["c 4 required"]);
    assert_eq!(batch.totals.contracts, 2);
}

#[test]
fn words_that_contradict_the_number_are_told() {
    let read = |kind: &str, number: &str| {
        let text =
            format!("名称,专利号,成果类型,发明人,申请日\n泵,{number},{kind},张三,2018-01-02\n");
        let batch = import(&[("a.csv", text.as_bytes())]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{kind} {number}");
        let codes = batch.findings.iter().map(|it| it.code.word());
        codes.collect::<Vec<_>>()
    };
    assert_eq!(read("外观设计", "ZL201810123456.5"), ["kind.differs"]);
    assert_eq!(read("发明", "2021SR0123456"), ["kind.differs"]);
    for (kind, number) in [
        ("发明", "ZL201810123456.5"),
        ("发明申请", "CN112233445A"),
        ("国防专利", "ZL201810123456.5"),
        ("实用新型", "US11123456B2"),
    ] {
        assert_eq!(read(kind, number), Vec::<&str>::new(), "{kind} {number}");
    }
}

#[test]
fn a_kind_that_no_word_names_is_asked_for_at_the_number() {
    let batch = import(&[("a.csv", ledger(&["KR10-2021-0123456"]).as_bytes())]);
    assert_eq!(refused(&batch), ["a 2 kind.unknown"]);
    assert_eq!(batch.findings[0].column, Some(1));
}

/// A number is given when the application is filed, or later; never before.
#[test]
fn a_filing_day_after_the_year_of_the_number_is_told() {
    let read = |number: &str, day: &str| {
        let text = format!("名称,专利号,发明人,申请日\n泵,{number},张三,{day}\n");
        let batch = import(&[("a.csv", text.as_bytes())]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{number} {day}");
        let codes = batch.findings.iter().map(|it| it.code.word());
        codes.collect::<Vec<_>>()
    };
    for (number, day) in [
        ("ZL201810123456.5", "2019-01-02"),
        ("03112233.7", "2004-01-02"),
        ("ZL99112233.X", "2000-01-02"),
    ] {
        assert_eq!(read(number, day), ["date.number"], "{number} {day}");
    }
    for (number, day) in [
        ("ZL201810123456.5", "2018-12-31"),
        ("ZL201810123456.5", "2016-03-01"),
        ("ZL99112233.X", "1999-01-02"),
        ("CN112233445A", "2025-01-02"),
    ] {
        assert_eq!(read(number, day), Vec::<&str>::new(), "{number} {day}");
    }
}
