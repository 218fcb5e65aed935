//! Units of money wherever offices write them, instants, and cells that hold an error.

use dukou_intake::Batch;
use rust_xlsxwriter::{Formula, Workbook};

use crate::build::{C, E, N, S, book, fill, import, refused, rewritten, rows};

const RIGHTS: &str = "成果名称,专利号,发明人,申请日\n泵,CN112233445A,张三,2019-01-02\n";

/// Imports contracts under this header of the amount, with one figure.
fn contract(header: &str, figure: &str) -> Batch {
    let text = format!(
        "合同编号,专利号,受让方,\"{header}\",签订日期\nH-1,CN112233445A,甲公司,{figure},2020.1.2\n"
    );
    import(&[("r.csv", RIGHTS.as_bytes()), ("c.csv", text.as_bytes())])
}

#[test]
fn units_in_headers_are_understood_or_found() {
    for (header, fen) in [
        ("合同金额", 2_000),
        ("合同金额（元）", 2_000),
        ("合同金额（单位：万）", 20_000_000),
        ("合同金额(万)", 20_000_000),
        ("合同金额（W）", 20_000_000),
        ("合同金额/万", 20_000_000),
        ("合同金额（万元）", 20_000_000),
        ("合同金额（人民币万元）", 20_000_000),
        ("合同金额（万元人民币）", 20_000_000),
        ("合同金额（不含税，单位：万元）", 20_000_000),
        ("合同金额（千元）", 2_000_000),
        ("合同金额（百万元）", 2_000_000_000),
        ("合同金额（千万元）", 20_000_000_000),
        ("合同金额千万元", 20_000_000_000),
        ("合同金额（亿元）", 200_000_000_000),
        ("合同金额（含税）", 2_000),
        ("合同金额（小写）", 2_000),
    ] {
        let batch = contract(header, "20");
        assert_eq!(refused(&batch), Vec::<String>::new(), "{header}");
        assert_eq!(batch.totals.contracted.fen(), fen, "{header}");
    }
    for header in [
        "合同金额（十万元）",
        "合同金额（单位：百元）",
        "合同金额（单位：箱）",
        "合同金额（百千元）",
    ] {
        let batch = contract(header, "20");
        assert_eq!(refused(&batch), ["c 2 unit.unread"], "{header}");
        // A cell that names its own unit needs none above it.
        assert_eq!(
            contract(header, "20万元").totals.contracted.fen(),
            20_000_000
        );
    }
}

#[test]
fn a_unit_of_the_rows_that_is_not_understood_is_found() {
    let read = |unit: &str| {
        let text = format!(
            "合同编号,专利号,受让方,合同金额,金额单位,签订日期\nH-1,CN112233445A,甲公司,20,万元,2020.1.2\nH-2,CN112233445A,乙公司,20,{unit},2020.1.2\n"
        );
        import(&[("r.csv", RIGHTS.as_bytes()), ("c.csv", text.as_bytes())])
    };
    assert_eq!(read("千万元").totals.contracted.fen(), 20_020_000_000);
    assert_eq!(read("").totals.contracted.fen(), 20_002_000);
}

/// One unit of the sheet's title for all sections; a section's own for its section.
#[test]
fn titles_give_units_to_the_sections_below_them() {
    let sections = |top: &'static str, second: &'static str| {
        let rows: Vec<Vec<C>> = vec![
            vec![S(top)],
            vec![S("一、合同")],
            vec![
                S("编号"),
                S("专利号"),
                S("受让方"),
                S("合同金额"),
                S("签订日期"),
            ],
            vec![
                S("H-1"),
                S("CN112233445A"),
                S("甲公司"),
                N(3.0),
                S("2020.1.2"),
            ],
            vec![],
            vec![S(second)],
            vec![S("到账时间"), S("合同编号"), S("到账金额")],
            vec![S("2020.2.3"), S("H-1"), N(2.0)],
        ];
        let rows: Vec<&[C]> = rows.iter().map(Vec::as_slice).collect();
        let bytes = book(&[("Sheet1", &rows)]);
        let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{top} {second}");
        (batch.totals.contracted.fen(), batch.totals.received.fen())
    };
    for (top, second, wanted) in [
        ("转化台账（单位：万元）", "二、到账", (3_000_000, 2_000_000)),
        ("转化台账（单位：万）", "二、到账", (3_000_000, 2_000_000)),
        (
            "转化台账（单位：万元）",
            "二、到账（单位：元）",
            (3_000_000, 200),
        ),
        ("转化台账", "二、到账（金额：万元）", (300, 2_000_000)),
        ("转化台账", "二、到账", (300, 200)),
        ("填报单位：万里学院", "二、到账", (300, 200)),
    ] {
        assert_eq!(sections(top, second), wanted, "{top} {second}");
    }
}

#[test]
fn a_note_with_a_unit_that_is_not_understood_is_found() {
    for note in ["金额单位：十万元", "单位：百元"] {
        let text = format!(
            "{note}\n合同编号,专利号,受让方,合同金额,签订日期\nH-1,CN112233445A,甲公司,20,2020.1.2\n"
        );
        let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("c.csv", text.as_bytes())]);
        assert_eq!(refused(&batch), ["c 3 unit.unread"], "{note}");
    }
}

/// The legal day of an instant is the day in China.
#[test]
fn instants_fall_on_the_day_they_have_in_china() {
    for (typed, day) in [
        ("2018-03-04T16:00:00.000Z", "2018-03-05"),
        ("2018-03-04T15:59:59Z", "2018-03-04"),
        ("2021-06-30T16:00:00+00:00", "2021-07-01"),
        ("2021-06-30 23:30:00 UTC", "2021-07-01"),
        ("2021-07-01T00:30:00+08:00", "2021-07-01"),
        ("2021-07-01T00:30:00+0900", "2021-06-30"),
        ("2021-06-30T12:00:00-05:00", "2021-07-01"),
        // Summer time: at 15:30 UTC it was 00:30 of the next day.
        ("1988-07-01T15:30:00Z", "1988-07-02"),
        ("1988-10-01T15:30:00Z", "1988-10-01"),
        ("1986-05-03T17:59:59Z", "1986-05-04"),
        ("1991-09-14T15:30:00Z", "1991-09-15"),
        ("1991-09-15T15:30:00Z", "1991-09-15"),
        ("2021-07-01T00:30:00", "2021-07-01"),
    ] {
        let text = format!("名称,专利号,发明人,申请日\n泵,CN112233445A,张三,{typed}\n");
        let batch = import(&[("a.csv", text.as_bytes())]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{typed}");
        assert_eq!(rows(&batch, "achievements")[0]["filed"], day, "{typed}");
    }
    for typed in [
        "2021-06-30T16:00:00 EST",
        "2021-06-30T25:00:00Z",
        "2021-06-30T16:00:00+15:00",
    ] {
        let text = format!("名称,专利号,发明人,申请日\n泵,CN112233445A,张三,{typed}\n");
        let batch = import(&[("a.csv", text.as_bytes())]);
        assert_eq!(refused(&batch), ["a 2 date.invalid"], "{typed}");
    }
}

#[test]
fn errors_in_cells_are_findings_and_never_words() {
    let text = "名称,专利号,学院,发明人,申请日\n#REF!,CN112233445A,一院,张三,2019-01-02\n泵,CN112233446A,一院,#N/A,2019-01-02\n阀,CN112233447A,#VALUE!,李四,2019-01-02\n轴,#DIV/0!,一院,李四,2019-01-02\n盘,CN112233448A,一院,李四,########\n";
    let batch = import(&[("a.csv", text.as_bytes())]);
    assert_eq!(
        refused(&batch),
        [2, 3, 4, 5, 6].map(|row| format!("a {row} cell.error"))
    );
    assert_eq!(batch.findings[1].column, Some(3));
    // In a workbook, in a merged cell and under 同上 as well.
    let mut made = Workbook::new();
    let sheet = made.add_worksheet();
    sheet.set_name("合同").unwrap();
    let head: &[C] = &[
        S("合同编号"),
        S("专利号"),
        S("受让方"),
        S("合同金额"),
        S("签订日期"),
    ];
    let row = |no, firm| vec![S(no), S("CN112233445A"), firm, N(5.0), S("2020.1.2")];
    let (one, two) = (row("H-1", E), row("H-2", S("同上")));
    fill(sheet, &[head, &one, &two]);
    sheet
        .write_formula(
            1,
            2,
            Formula::new("=VLOOKUP(1,A1:B1,2,0)").set_result("#N/A"),
        )
        .unwrap();
    let bytes = made.save_to_buffer().unwrap();
    let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
    assert_eq!(refused(&batch), ["合同 2 cell.error", "合同 3 cell.error"]);
}

/// A formula whose value no program has kept is no empty cell.
#[test]
fn a_formula_without_its_value_is_found() {
    let mut made = Workbook::new();
    let sheet = made.add_worksheet();
    sheet.set_name("合同").unwrap();
    let head: &[C] = &[
        S("合同编号"),
        S("专利号"),
        S("受让方"),
        S("合同金额"),
        S("签订日期"),
    ];
    let row = |no, money| vec![S(no), S("CN112233445A"), S("甲公司"), money, S("2020.1.2")];
    let (one, two) = (row("H-1", E), row("H-2", N(5.0)));
    fill(sheet, &[head, &one, &two]);
    for (row, column, result) in [(1, 3, "777"), (2, 6, "10")] {
        let formula = Formula::new("=D3*2").set_result(result);
        sheet.write_formula(row, column, formula).unwrap();
    }
    let bytes = made.save_to_buffer().unwrap();
    for left in ["", "<v></v>", "<v/>"] {
        let bytes = rewritten(&bytes, |part| part.replace("<v>777</v>", left));
        let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
        assert_eq!(refused(&batch), ["合同 2 cell.error"], "{left}");
        assert!(batch.findings[0].message.zh.contains("=D3*2"));
        assert_eq!(batch.totals.contracts, 1);
    }
    // A formula whose value is an empty text is an empty cell.
    let bytes = rewritten(&bytes, |part| {
        part.replace("<c r=\"D2\"><f>", "<c r=\"D2\" t=\"str\"><f>")
            .replace("<v>777</v>", "<v></v>")
    });
    let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
    assert_eq!(refused(&batch), ["合同 2 required"]);
}

/// What a sheet says of its unit holds against a mapping saved for another sheet.
#[test]
fn a_saved_mapping_takes_the_unit_that_the_sheet_names() {
    let table = |note: &str| {
        format!(
            "{note}合同编号,专利号,受让方,合同金额,签订日期\nH-1,CN112233445A,甲公司,20,2020.1.2\n"
        )
    };
    let read = |text: &str, mappings: &[dukou_intake::Mapping]| {
        let options = dukou_intake::Options {
            today: dukou_kernel::Date::new(2026, 1, 1).unwrap(),
            mappings,
            known: &dukou_intake::Nothing,
        };
        let files = [("r.csv", RIGHTS.as_bytes()), ("c.csv", text.as_bytes())];
        dukou_intake::read(&files, &options, &mut |_, _| {}).unwrap()
    };
    let first = read(&table("单位：万元\n"), &[]);
    assert_eq!(first.totals.contracted.fen(), 20_000_000);
    let saved = [first.sheets[1].mapping.clone().unwrap()];
    for (note, fen) in [("单位：元\n", 2_000), ("单位：千元\n", 2_000_000)] {
        let batch = read(&table(note), &saved);
        assert_eq!(batch.totals.contracted.fen(), fen, "{note}");
    }
    assert_eq!(
        refused(&read(&table("单位：百元\n"), &saved)),
        ["c 3 unit.unread"]
    );
    // Where the sheet says nothing, what the person saved holds.
    assert_eq!(read(&table(""), &saved).totals.contracted.fen(), 20_000_000);
}
