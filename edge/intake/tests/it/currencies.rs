//! Money that is not the yuan is never taken as yuan.

use rust_xlsxwriter::{Format, Workbook};

use crate::build::{C, N, S, fill, import, refused};

const RIGHTS: &str = "成果名称,专利号,发明人,申请日\n泵,CN112233445A,张三,2019-01-02\n";

fn read(text: &str) -> dukou_intake::Batch {
    import(&[("r.csv", RIGHTS.as_bytes()), ("c.csv", text.as_bytes())])
}

#[test]
fn a_header_or_a_cell_that_names_another_currency_refuses_the_amount() {
    for (header, cell) in [
        ("合同金额（万美元）", "50"),
        ("合同金额（美元）", "50"),
        ("合同金额(USD)", "50"),
        ("合同金额/欧元", "50"),
        ("合同金额（元）", "50万美元"),
        ("合同金额（元）", "USD 50000"),
        ("合同金额（元）", "$500"),
        ("合同金额（元）", "€500"),
        ("合同金额（万元）", "港币5万"),
    ] {
        let text = format!(
            "合同编号,专利号,受让方,{header},签订日期\nH-1,CN112233445A,甲公司,{cell},2020.1.2\n"
        );
        let batch = read(&text);
        assert_eq!(refused(&batch), ["c 2 currency.foreign"], "{header} {cell}");
        assert_eq!(batch.findings[0].column, Some(3), "{header} {cell}");
        assert!(batch.findings[0].suggestion.zh.contains("汇率来源"));
    }
}

#[test]
fn a_note_a_sheet_or_a_column_that_names_another_currency_refuses_the_amount() {
    let table =
        "合同编号,专利号,受让方,合同金额（元）,签订日期\nH-1,CN112233445A,甲公司,50,2020.1.2\n";
    for note in [
        "币种：美元",
        "金额单位：万美元",
        "（以下金额均为美元）",
        "2021年合同（欧元）",
        "计价货币：USD",
    ] {
        let batch = read(&format!("{note}\n{table}"));
        assert_eq!(refused(&batch), ["c 3 currency.foreign"], "{note}");
    }
    let batch = read(&format!("{table}注：以上金额单位均为美元\n"));
    assert_eq!(refused(&batch), ["c 2 currency.foreign"]);
    for column in ["币种", "币别", "货币"] {
        let text = format!(
            "合同编号,专利号,受让方,合同金额,{column},签订日期\nH-1,CN112233445A,甲公司,50,人民币,2020.1.2\nH-2,CN112233445A,甲公司,50,美元,2020.1.2\nH-3,CN112233445A,甲公司,50,比索,2020.1.2\nH-4,CN112233445A,甲公司,50,,2020.1.2\n"
        );
        let batch = read(&text);
        assert_eq!(
            refused(&batch),
            ["c 3 currency.foreign", "c 4 unit.unread"],
            "{column}"
        );
        assert_eq!(batch.totals.contracted.fen(), 10_000, "{column}");
    }
}

#[test]
fn the_number_format_of_a_cell_names_a_currency() {
    let mut made = Workbook::new();
    let sheet = made.add_worksheet();
    sheet.set_name("合同").unwrap();
    let head: &[C] = &[
        S("合同编号"),
        S("专利号"),
        S("受让方"),
        S("合同金额（元）"),
        S("签订日期"),
    ];
    let row = |no| vec![S(no), S("CN112233445A"), S("甲公司"), N(5.0), S("2020.1.2")];
    let rows = ["H-1", "H-2", "H-3", "H-4"].map(row);
    let mut all: Vec<&[C]> = vec![head];
    all.extend(rows.iter().map(Vec::as_slice));
    fill(sheet, &all);
    for (row, code) in [
        (1, "[$$-409]#,##0.00"),
        (2, "[$€-2] #,##0.00"),
        (3, "[$¥-804]#,##0.00"),
        (4, "\"¥\"#,##0.00"),
    ] {
        let format = Format::new().set_num_format(code);
        sheet.write_with_format(row, 3, 5.0, &format).unwrap();
    }
    let bytes = made.save_to_buffer().unwrap();
    let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
    assert_eq!(
        refused(&batch),
        ["合同 2 currency.foreign", "合同 3 currency.foreign"]
    );
    assert_eq!(batch.totals.contracted.fen(), 1_000);
}

/// Yuan are taken where rate and source stand beside them.
#[test]
fn rate_source_and_yuan_in_a_row_make_it_good() {
    let table = |header: &str, rows: &[&str]| {
        let rows: Vec<String> = rows
            .iter()
            .enumerate()
            .map(|(at, row)| format!("H-{at},CN112233445A,甲公司,{row},2020.1.2\n"))
            .collect();
        read(&format!(
            "合同编号,专利号,受让方,{header},签订日期\n{}",
            rows.concat()
        ))
    };
    let batch = table(
        "合同金额（美元）,汇率,汇率来源,折合人民币（元）",
        &[
            "50000,6.37,外汇交易中心2020-01-02中间价,318500",
            "50000,,外汇交易中心,318500",
            "50000,6.37,,318500",
            "50000,6.37,外汇交易中心,",
            ",,,318500",
            "50000,6.37,外汇交易中心,31850",
            "50000,637,外汇交易中心（每100美元）,318500",
        ],
    );
    assert_eq!(
        refused(&batch),
        [
            "c 3 currency.foreign",
            "c 4 currency.foreign",
            "c 5 required",
            "c 7 rate.mismatch"
        ]
    );
    assert_eq!(batch.totals.contracted.fen(), 3 * 31_850_000);
    let batch = table(
        "币种,原币金额,汇率,汇率依据,人民币金额（万元）",
        &[
            "美元,50000,6.37,中国银行折算价,31.85",
            "人民币,,,,10",
            "美元,50000,6.37,,31.85",
        ],
    );
    assert_eq!(refused(&batch), ["c 4 currency.foreign"]);
    assert_eq!(batch.totals.contracted.fen(), 41_850_000);
}
