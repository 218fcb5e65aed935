//! One thing spread over several columns or rows: payments, people, rights.

use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use crate::build::{C, E, N, S, book, fill, import, merge, refused, rows};

const RIGHTS: &str = "成果名称,专利号,发明人,申请日\n泵,CN112233445A,张三,2019-01-02\n阀,CN112233446A,张三、李四,2019-01-02\n";

fn with_rights(name: &str, text: &str) -> dukou_intake::Batch {
    import(&[("r.csv", RIGHTS.as_bytes()), (name, text.as_bytes())])
}

/// `[no, date, fen]` of every receipt.
fn received(batch: &dukou_intake::Batch) -> Vec<Value> {
    rows(batch, "receipts")
        .iter()
        .map(|row| json!([row["row"], row["no"], row["date"], row["fen"]]))
        .collect()
}

#[test]
fn several_payments_in_one_row_are_several_receipts() {
    for head in [
        "第一次到账日期,第一次到账金额,第二次到账日期,第二次到账金额",
        "首付款到账时间,首付款金额,尾款到账时间,尾款金额",
        "到账日期1,到账金额1,到账日期2,到账金额2",
        "到账日期,到账金额,到账日期,到账金额",
    ] {
        let text = format!(
            "合同编号,专利号,受让方,合同金额,签订日期,{head}\nH-1,CN112233445A,甲公司,100,2020.1.2,2020.2.3,60,2020年3月4日,40\nH-2,CN112233446A,乙公司,100,2020.1.2,,,-,-\n"
        );
        let batch = with_rights("c.csv", &text);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{head}");
        assert_eq!(batch.totals.contracts, 2, "{head}");
        assert_eq!(
            received(&batch),
            [
                json!([2, "H-1", "2020-02-03", 6_000]),
                json!([2, "H-1", "2020-03-04", 4_000])
            ],
            "{head}"
        );
    }
    // A half-filled pair is a bad cell.
    let text = "合同编号,专利号,受让方,合同金额,签订日期,一期到账日期,一期到账金额,二期到账日期,二期到账金额\nH-1,CN112233445A,甲公司,100,2020.1.2,2020.2.3,60,,40\n";
    let batch = with_rights("c.csv", text);
    assert_eq!(refused(&batch), ["c 2 required"]);
    assert_eq!(batch.totals.received.fen(), 6_000);
}

#[test]
fn payments_under_groups_of_any_name() {
    let mut made = Workbook::new();
    let sheet = made.add_worksheet();
    fill(
        sheet,
        &[
            &[S("合同编号"), S("首付到账"), E, S("验收后到账"), E],
            &[E, S("日期"), S("金额（元）"), S("日期"), S("金额（元）")],
            &[S("H-1"), S("2020.2.3"), N(60.0), S("2020.3.4"), N(40.0)],
        ],
    );
    merge(sheet, (0, 0, 1, 0), "合同编号");
    merge(sheet, (0, 1, 0, 2), "首付到账");
    merge(sheet, (0, 3, 0, 4), "验收后到账");
    let bytes = made.save_to_buffer().unwrap();
    let contracts = "合同编号,专利号,合同金额,签订日期\nH-1,CN112233445A,100,2020.1.2\n";
    let batch = import(&[
        ("r.csv", RIGHTS.as_bytes()),
        ("c.csv", contracts.as_bytes()),
        ("x.xlsx", &bytes),
    ]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(received(&batch).len(), 2);
}

const LONG: &[C] = &[
    S("合同编号"),
    S("专利号"),
    S("受让方"),
    S("合同金额"),
    S("签订日期"),
    S("到账日期"),
    S("到账金额"),
];

/// The contract stands in merged cells, once over blanks, or in every row.
#[test]
fn one_contract_over_several_receipt_rows_is_one_contract() {
    let full = |date, money| {
        vec![
            S("H-1"),
            S("CN112233445A"),
            S("甲公司"),
            N(100.0),
            S("2020.1.2"),
            S(date),
            N(money),
        ]
    };
    let short = |date, money| vec![E, E, E, E, E, S(date), N(money)];
    let wanted = [
        json!([2, "H-1", "2020-02-03", 6_000]),
        json!([3, "H-1", "2020-03-04", 4_000]),
    ];
    for (merged, second) in [
        (true, short("2020.3.4", 40.0)),
        (false, short("2020.3.4", 40.0)),
        (false, full("2020.3.4", 40.0)),
    ] {
        let first = full("2020.2.3", 60.0);
        let mut made = Workbook::new();
        let sheet = made.add_worksheet();
        fill(sheet, &[LONG, &first, &second]);
        if merged {
            for (column, text) in [(0, "H-1"), (1, "CN112233445A"), (2, "甲公司")] {
                merge(sheet, (1, column, 2, column), text);
            }
        }
        let bytes = made.save_to_buffer().unwrap();
        let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
        assert_eq!(refused(&batch), Vec::<String>::new());
        assert_eq!(batch.totals.contracted.fen(), 10_000);
        assert_eq!(received(&batch), wanted);
    }
}

#[test]
fn one_contract_in_one_row_per_right_has_all_rights() {
    let text = "合同编号,专利号,受让方,合同金额,签订日期\nH-1,CN112233445A,甲公司,100,2020.1.2\nH-1,CN112233446A,甲公司,100.00,2020-01-02\nH-1,CN112233446A,甲公司,100.00,2020-01-02\nH-1,CN112233446A,甲公司,90,2020-01-02\n";
    let batch = with_rights("c.csv", text);
    assert_eq!(refused(&batch), ["c 4 duplicate", "c 5 duplicate"]);
    let found = rows(&batch, "contracts");
    assert_eq!(found[0]["numbers"], json!(["CN112233445A", "CN112233446A"]));
    assert_eq!(batch.totals.contracted.fen(), 10_000);
}

/// In a wide table a right without a contract does not join the one above it.
#[test]
fn a_wide_table_gives_a_contract_only_the_rights_merged_into_it() {
    let head: &[C] = &[
        S("成果名称"),
        S("专利号"),
        S("完成人"),
        S("申请日"),
        S("合同编号"),
        S("合同金额"),
        S("签订日期"),
    ];
    let right = |title, number| vec![S(title), S(number), S("张三"), S("2019.1.2")];
    let mut first = right("泵", "CN112233445A");
    first.extend([S("H-1"), N(5.0), S("2020.1.2")]);
    let mut made = Workbook::new();
    let sheet = made.add_worksheet();
    let (second, third) = (right("阀", "CN112233446A"), right("轴", "CN112233447A"));
    fill(sheet, &[head, &first, &second, &third]);
    merge(sheet, (1, 4, 2, 4), "H-1");
    let bytes = made.save_to_buffer().unwrap();
    let batch = import(&[("x.xlsx", &bytes)]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(
        rows(&batch, "contracts")[0]["numbers"],
        json!(["CN112233445A", "CN112233446A"])
    );
    assert_eq!(batch.totals.achievements, 3);
}

#[test]
fn people_in_columns_of_their_own_and_in_repeated_rows() {
    for head in [
        "完成人1,完成人1比例,完成人2,完成人2比例",
        "第一完成人,第一完成人比例,第二完成人,第二完成人比例",
    ] {
        let text = format!(
            "名称,专利号,申请日,{head}\n泵,CN112233445A,2019.1.2,张三,60%,李四,40%\n阀,CN112233446A,2019.1.2,张三,100%,,\n"
        );
        let batch = import(&[("a.csv", text.as_bytes())]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{head}");
        let found = rows(&batch, "achievements");
        assert_eq!(found[0]["inventors"], json!(["张三", "李四"]), "{head}");
        assert_eq!(found[0]["shares_percent"], json!([60, 40]), "{head}");
        assert_eq!(found[1]["inventors"], json!(["张三"]), "{head}");
    }
    let text = "名称,专利号,申请日,姓名,比例\n泵,CN112233445A,2019.1.2,张三,60%\n泵,CN112233445A,2019.1.2,李四,0.4\n泵,CN112233445A,2019.1.2,李四,0.4\n";
    let batch = import(&[(
        "a.xlsx",
        &book(&[(
            "s",
            &[
                &[S("名称"), S("专利号"), S("申请日"), S("姓名"), S("比例")],
                &[
                    S("泵"),
                    S("CN112233445A"),
                    S("2019.1.2"),
                    S("张三"),
                    S("60%"),
                ],
                &[S("泵"), S("CN112233445A"), S("2019.1.2"), S("李四"), N(0.4)],
            ],
        )]),
    )]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(
        rows(&batch, "achievements")[0]["shares_percent"],
        json!([60, 40])
    );
    // The same person again is the row copied by mistake.
    assert!(refused(&import(&[("a.csv", text.as_bytes())])).contains(&"a 4 duplicate".to_owned()));
}

#[test]
fn persons_amounts_in_columns_or_rows_under_同上() {
    let contracts = "合同编号,专利号,合同金额,签订日期\nH-1,CN112233445A,100,2020.1.2\n";
    for text in [
        "合同编号,净收入,团队,学院,学校,姓名1,金额1,姓名2,金额2\nH-1,100,70,10,20,张三,40,李四,30\n",
        "合同编号,净收入,团队,学院,学校,完成人1,完成人1金额,完成人2,完成人2金额\nH-1,100,70,10,20,张三,40,李四,30\n",
        "合同编号,净收入,团队,学院,学校,姓名,个人金额\nH-1,100,70,10,20,张三,40\n同上,同上,同上,同上,同上,李四,30\n",
    ] {
        let batch = import(&[
            ("r.csv", RIGHTS.as_bytes()),
            ("c.csv", contracts.as_bytes()),
            ("d.csv", text.as_bytes()),
        ]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{text}");
        let found = rows(&batch, "distributions");
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(
            found[0]["persons_fen"],
            json!({"张三": 4_000, "李四": 3_000})
        );
    }
}

#[test]
fn the_publication_number_counts_and_the_application_number_leads_to_it() {
    let rights = "专利号,公开（公告）号,发明人,名称,申请日\nZL 2020 1 0000001.1,CN114000051B,张三,泵,2020.1.2\nZL202010000002.6,CN114000052B,张三,阀,2020.1.2\n";
    let contracts =
        "合同编号,专利号,合同金额,签订日期\nH-1,ZL202010000001.1、202010000002.6,100,2020.1.2\n";
    let batch = import(&[
        ("r.csv", rights.as_bytes()),
        ("c.csv", contracts.as_bytes()),
    ]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(
        rows(&batch, "contracts")[0]["numbers"],
        json!(["CN114000051B", "CN114000052B"])
    );
}

#[test]
fn a_line_that_counts_the_columns_and_a_line_of_signatures_are_no_rows() {
    let text = "成果名称,专利号,发明人,申请日\n①,②,③,④\n泵,CN112233445A,张三,2019-01-02\n填表人：李四,,审核人：,单位负责人（签字）：\n";
    let batch = import(&[("a.csv", text.as_bytes())]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!((batch.sheets[0].rows, batch.sheets[0].skipped), (3, 2));
}
