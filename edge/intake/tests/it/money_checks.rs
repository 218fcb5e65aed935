//! Receipts beside each other and beside their contract, and rows that are not live.

use dukou_intake::Batch;
use rust_xlsxwriter::{Format, Workbook};

use crate::build::{C, E, N, S, book, fill, import, kinds, refused, rows};

const RIGHTS: &str = "成果名称,专利号,发明人,申请日\n泵,CN112233445A,张三,2019-01-02\n";
const CONTRACTS: &str =
    "合同编号,专利号,受让方,合同金额（元）,签订日期\nH-1,CN112233445A,甲公司,200000,2020.1.2\n";
const HEAD: &str = "到账日期,合同编号,到账金额（元）,付款单位,凭证号\n";

fn read(sheets: &[&str]) -> Batch {
    let texts: Vec<String> = sheets.iter().map(|rows| format!("{HEAD}{rows}")).collect();
    let mut files = vec![
        ("r.csv", RIGHTS.as_bytes()),
        ("c.csv", CONTRACTS.as_bytes()),
    ];
    let names = ["一.csv", "二.csv", "三.csv"];
    files.extend(
        names
            .iter()
            .copied()
            .zip(texts.iter().map(String::as_bytes)),
    );
    import(&files)
}

/// `sheet row code` of every warning.
fn warned(batch: &Batch) -> Vec<String> {
    let json = batch.to_json(false, dukou_kernel::Lang::Zh);
    let findings = json["findings"].as_array().unwrap().iter();
    findings
        .filter(|f| f["severity"] == "warning")
        .map(|f| {
            let (sheet, code) = (f["sheet"].as_str().unwrap(), f["code"].as_str().unwrap());
            format!("{sheet} {} {code}", f["row"])
        })
        .collect()
}

#[test]
fn one_receipt_in_two_sheets_counts_once() {
    let batch = read(&[
        "2021-06-01,H-1,100000,甲公司,记-12\n2021-09-01,H-1,50000,甲公司,记-33\n",
        "2021-06-01,H-1,100000,甲公司,记-12\n",
    ]);
    assert_eq!(refused(&batch), ["二 2 duplicate"]);
    assert!(batch.findings[0].message.zh.contains("“一”第 2 行"));
    assert_eq!(batch.totals.received.fen(), 15_000_000);
    assert_eq!(batch.totals.receipts, 2);
    // Without a voucher nobody can tell: a warning, in one sheet or two.
    let batch = read(&[
        "2021-06-01,H-1,10000,甲公司,\n2021-06-01,H-1,10000,甲公司,\n",
        "2021-06-01,H-1,10000,甲公司,记-1\n",
    ]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(
        warned(&batch),
        ["一 3 receipt.repeated", "二 2 receipt.repeated"]
    );
    // Another day, amount or voucher is another receipt.
    let batch = read(&[
        "2021-06-01,H-1,10000,甲公司,记-1\n",
        "2021-06-02,H-1,10000,甲公司,记-1\n2021-06-01,H-1,10001,甲公司,记-1\n2021-06-01,H-1,10000,甲公司,记-2\n",
    ]);
    assert_eq!(batch.findings, []);
}

#[test]
fn receipts_above_the_price_are_a_warning() {
    let batch = read(&[
        "2021-06-01,H-1,150000,甲公司,记-1\n2021-07-01,H-1,60000,甲公司,记-2\n2021-08-01,H-1,1000,甲公司,记-3\n",
    ]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(warned(&batch), ["一 3 receipts.exceed"]);
    let batch = read(&["2021-06-01,H-1,200000,甲公司,记-1\n"]);
    assert_eq!(batch.findings, []);
}

#[test]
fn a_refund_beyond_what_was_received_is_refused() {
    let batch = read(&["2021-06-01,H-1,50000,甲公司,a\n2021-09-01,H-1,-80000,甲公司,b\n"]);
    assert_eq!(refused(&batch), ["一 3 refund.exceeds_receipts"]);
    assert_eq!(batch.totals.received.fen(), 5_000_000);
    // In whatever order and sheets they stand.
    let batch = read(&[
        "2021-09-01,H-1,-80000,甲公司,b\n",
        "2021-06-01,H-1,50000,甲公司,a\n2021-09-01,H-1,30000,甲公司,c\n",
    ]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    let batch = read(&["2021-06-01,H-1,(50000),甲公司,a\n2021-09-01,H-1,80000,甲公司,b\n"]);
    assert_eq!(refused(&batch), ["一 2 refund.exceeds_receipts"]);
}

#[test]
fn amounts_a_hundred_or_ten_thousand_times_off_are_a_warning() {
    for amount in ["20", "2000", "20000000", "2000000000"] {
        let batch = read(&[&format!("2021-06-01,H-1,{amount},甲公司,记-1\n")]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{amount}");
        assert_eq!(warned(&batch), ["一 2 amount.implausible"], "{amount}");
    }
    for amount in ["200000", "100000", "19999.5", "4000"] {
        let batch = read(&[&format!("2021-06-01,H-1,{amount},甲公司,记-1\n")]);
        assert_eq!(batch.findings, [], "{amount}");
    }
    // A price that no contract has.
    for (amount, wanted) in [("1500000", 1), ("5000", 0)] {
        let text = format!(
            "合同编号,专利号,受让方,合同金额（万元）,签订日期\nH-1,CN112233445A,甲公司,{amount},2020.1.2\n"
        );
        let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("c.csv", text.as_bytes())]);
        assert_eq!(warned(&batch).len(), wanted, "{amount}");
    }
}

const WIDE: &[C] = &[
    S("合同编号"),
    S("专利号"),
    S("受让方"),
    S("合同金额（元）"),
    S("签订日期"),
    S("状态"),
];

fn contract(no: &'static str, state: &'static str) -> Vec<C> {
    vec![
        S(no),
        S("CN112233445A"),
        S("甲公司"),
        N(50_000.0),
        S("2020.1.2"),
        S(state),
    ]
}

#[test]
fn hidden_sheets_are_named_and_not_counted() {
    let mut made = Workbook::new();
    for (name, no) in [("合同", "H-1"), ("旧表", "H-2"), ("底稿", "H-3")] {
        let sheet = made.add_worksheet();
        sheet.set_name(name).unwrap();
        fill(sheet, &[WIDE, &contract(no, "执行")]);
        match name {
            "旧表" => {
                sheet.set_hidden(true);
            }
            "底稿" => {
                sheet.set_very_hidden(true);
            }
            _ => {}
        }
    }
    let bytes = made.save_to_buffer().unwrap();
    let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(
        kinds(&batch),
        ["achievements", "contracts", "unknown", "unknown"]
    );
    assert_eq!(batch.totals.contracts, 1);
    assert_eq!(
        warned(&batch),
        ["旧表 1 sheet.hidden", "底稿 1 sheet.hidden"]
    );
}

#[test]
fn void_rows_are_not_live_and_are_named() {
    let bytes = book(&[(
        "合同",
        &[
            WIDE,
            &contract("H-1", "执行"),
            &contract("H-2", "已作废"),
            &contract("H-3", "作废"),
            &contract("H-4（作废）", ""),
            &contract("H-5", "已撤销"),
            &contract("H-6", "原合同作废后重签"),
            &contract("H-7", "已终止"),
            &contract("H-8", "发票作废"),
            &contract("H-9", "本合同已作废（2021年）"),
        ],
    )]);
    let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(
        warned(&batch),
        [3, 4, 5, 6, 10].map(|row| format!("合同 {row} row.void"))
    );
    let numbers: Vec<_> = rows(&batch, "contracts");
    let numbers: Vec<_> = numbers
        .iter()
        .map(|it| it["no"].as_str().unwrap())
        .collect();
    assert_eq!(numbers, ["H-1", "H-6", "H-7", "H-8"]);
    // A column that asks.
    let text = "合同编号,专利号,受让方,合同金额（元）,签订日期,是否作废\nH-1,CN112233445A,甲公司,50000,2020.1.2,否\nH-2,CN112233445A,甲公司,50000,2020.1.2,是\n";
    let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("c.csv", text.as_bytes())]);
    assert_eq!(warned(&batch), ["c 3 row.void"]);
    assert_eq!(batch.totals.contracts, 1);
}

#[test]
fn struck_rows_are_not_live_and_struck_cells_are_asked_about() {
    let mut made = Workbook::new();
    let sheet = made.add_worksheet();
    sheet.set_name("合同").unwrap();
    let (one, two, three) = (
        contract("H-1", "执行"),
        contract("H-2", "执行"),
        contract("H-3", "执行"),
    );
    // 同上 below a struck row means the struck row.
    let mut four = contract("H-4", "执行");
    four[2] = S("同上");
    fill(sheet, &[WIDE, &one, &two, &three, &four]);
    let struck = Format::new().set_font_strikethrough();
    for (column, cell) in (0u16..).zip(&three) {
        match cell {
            S("甲公司") => sheet.write_with_format(3, column, "乙公司", &struck),
            S(text) => sheet.write_with_format(3, column, *text, &struck),
            N(number) => sheet.write_with_format(3, column, *number, &struck),
            _ => continue,
        }
        .unwrap();
    }
    sheet.write_with_format(2, 3, 50_000.0, &struck).unwrap();
    let bytes = made.save_to_buffer().unwrap();
    let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
    assert_eq!(refused(&batch), ["合同 3 cell.struck"]);
    assert_eq!(warned(&batch), ["合同 4 row.void"]);
    let found = rows(&batch, "contracts");
    assert_eq!(found.len(), 2);
    assert_eq!(found[1]["firm"], "乙公司");
}

/// One row holds achievement, contract, two receipts and the past distribution; 〃 goes on.
#[test]
fn one_row_holds_everything() {
    let head: &[C] = &[
        S("成果名称"),
        S("专利号"),
        S("第一发明人"),
        S("其他发明人"),
        S("申请日"),
        S("合同编号"),
        S("受让方"),
        S("合同额"),
        S("签订时间"),
        S("首次到账日期"),
        S("首次到账金额"),
        S("二次到账日期"),
        S("二次到账金额"),
        S("净收入"),
        S("团队(70%)"),
        S("学院(10%)"),
        S("学校(20%)"),
    ];
    let units: &[C] = &[
        E,
        E,
        E,
        E,
        E,
        E,
        E,
        S("（万元）"),
        E,
        E,
        S("（万元）"),
        E,
        S("（万元）"),
        S("（元）"),
        S("（元）"),
        S("（元）"),
        S("（元）"),
    ];
    let one: &[C] = &[
        S("泵"),
        S("CN113000001B"),
        S("沈航"),
        S("江帆、余波"),
        S("2021-1-4"),
        S("Z-1"),
        S("甲公司"),
        N(60.0),
        S("2022-3-1"),
        S("2022-3-10"),
        N(30.0),
        S("2022-9-10"),
        N(30.0),
        N(588_000.0),
        N(411_600.0),
        N(58_800.0),
        N(117_600.0),
    ];
    let two: &[C] = &[
        S("阀"),
        S("CN113000002B"),
        S("石磊"),
        E,
        S("2021.2.5"),
        S("Z-2"),
        S("乙公司"),
        S("300万（其中首付100万，里程碑200万）"),
        S("2022-4-2"),
        S("2022-4-20"),
        N(100.0),
        E,
        E,
        N(1_000_000.0),
        N(700_000.0),
        N(100_000.0),
        N(200_000.0),
    ];
    let three: &[C] = &[
        S("轴"),
        S("CN113000003B"),
        S("石磊"),
        S("尘土"),
        S("2021.2.6"),
        S("〃"),
        S("〃"),
        S("〃"),
        S("〃"),
    ];
    let bytes = book(&[(
        "转化总台账",
        &[&[S("成果转化总台账")], head, units, one, two, three],
    )]);
    let batch = import(&[("x.xlsx", &bytes)]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(
        kinds(&batch),
        ["achievements", "contracts", "receipts", "distributions"]
    );
    let totals = batch.totals;
    assert_eq!(
        (
            totals.achievements,
            totals.contracts,
            totals.receipts,
            totals.distributions
        ),
        (3, 2, 3, 2)
    );
    assert_eq!(totals.contracted.fen(), 360_000_000);
    assert_eq!(totals.received.fen(), 160_000_000);
    let contracts = rows(&batch, "contracts");
    assert_eq!(
        contracts[1]["numbers"],
        serde_json::json!(["CN113000002B", "CN113000003B"])
    );
    let found = rows(&batch, "achievements");
    assert_eq!(
        found[0]["inventors"],
        serde_json::json!(["沈航", "江帆", "余波"])
    );
    // A breakdown that does not add up is no amount.
    let text = "合同编号,专利号,受让方,合同金额,签订日期\nH-1,CN112233445A,甲公司,\"300万（首付100万，尾款150万）\",2020.1.2\n";
    let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("c.csv", text.as_bytes())]);
    assert_eq!(refused(&batch), ["c 2 amount.unreadable"]);
}
