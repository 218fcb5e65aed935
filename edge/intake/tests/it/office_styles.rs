//! Habits of many offices, each in the smallest ledger that shows it.

use serde_json::json;

use crate::build::{E, N, S, book, import, kinds, merge, refused, rows};

/// One achievements sheet as CSV.
fn people(header: &str, cell: &str) -> serde_json::Value {
    let text = format!("名称,专利号,{header},申请日\n泵,CN112233445A,\"{cell}\",2019-01-02\n");
    let batch = import(&[("a.csv", text.as_bytes())]);
    assert_eq!(refused(&batch), Vec::<String>::new(), "{cell}");
    let row = rows(&batch, "achievements").remove(0);
    json!([row["inventors"], row["shares_percent"]])
}

#[test]
fn shares_may_follow_all_names_in_one_cell() {
    for cell in [
        "张三、李四（6:4）",
        "张三、李四 60%/40%",
        "张三、李四按60:40分配",
        "张三、李四（60%、40%）",
        "张三，60%；李四，40%",
        "张三占60%；李四占40%",
        "张三、李四分别占60%、40%",
    ] {
        assert_eq!(
            people("完成人及比例", cell),
            json!([["张三", "李四"], [60, 40]]),
            "{cell}"
        );
    }
    for cell in ["张三、李四各50%", "张三、李四（均分）"] {
        assert_eq!(
            people("完成人及比例", cell),
            json!([["张三", "李四"], [50, 50]]),
            "{cell}"
        );
    }
}

/// The first table counts although the one below it has the clearer header.
#[test]
fn a_table_below_with_clearer_words_does_not_hide_the_first() {
    let bytes = book(&[(
        "Sheet1",
        &[
            &[S("专利标题"), S("文献号"), S("全体发明人"), S("申报日期")],
            &[S("泵"), S("CN112233445A"), S("张三"), S("2019.1.2")],
            &[],
            &[S("二、合同")],
            &[S("填报单位：科技处"), E, S("填表日期：2026年1月8日")],
            &[
                S("合同编号"),
                S("涉及专利号"),
                S("受让方"),
                S("合同金额（元）"),
                S("签订日期"),
                S("统一社会信用代码"),
            ],
            &[
                S("H-1"),
                S("CN112233445A"),
                S("甲公司"),
                N(5.0),
                S("2020.1.2"),
                E,
            ],
            &[S("合  计"), E, E, N(5.0), E, E],
            &[S("12份"), S("合计"), E, N(5.0), E, E],
        ],
    )]);
    let batch = import(&[("x.xlsx", &bytes)]);
    assert_eq!(kinds(&batch), ["achievements", "contracts"]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!((batch.totals.achievements, batch.totals.contracts), (1, 1));
}

/// On a new page only the lower line of the header is printed again; the unit
/// and 同上 hold on.
#[test]
fn a_page_header_that_repeats_the_lower_line_opens_no_table() {
    let mut made = rust_xlsxwriter::Workbook::new();
    let sheet = made.add_worksheet();
    crate::build::fill(
        sheet,
        &[
            &[S("单位：万元")],
            &[S("序号"), S("到账情况"), E, S("合同编号")],
            &[E, S("到账日期"), S("实到金额"), E],
            &[N(1.0), S("2023年8月17日"), N(0.4115), S("H-1")],
            &[S("序号"), S("到账日期"), S("实到金额"), S("合同编号")],
            &[N(2.0), S("2023年8月18日"), N(1.0), S("同上")],
        ],
    );
    merge(sheet, (1, 0, 2, 0), "序号");
    merge(sheet, (1, 1, 1, 2), "到账情况");
    merge(sheet, (1, 3, 2, 3), "合同编号");
    let bytes = made.save_to_buffer().unwrap();
    let batch = import(&[("x.xlsx", &bytes)]);
    assert_eq!(kinds(&batch), ["receipts"]);
    assert_eq!(
        refused(&batch),
        ["Sheet1 4 reference.unknown", "Sheet1 6 reference.unknown"]
    );
    assert_eq!(batch.sheets[0].rejected, 2);
}

/// 负责人 is the first inventor where the members are the others.
#[test]
fn a_lead_beside_members_who_are_others_comes_first() {
    for header in ["参与人员", "课题组成员", "研发人员"] {
        let text = format!(
            "负责人,{header},名称,专利号,申请日\n张三,李四、王五,泵,CN112233445A,2019-01-02\n赵六,,阀,CN112233446A,2019-01-02\n"
        );
        let batch = import(&[("a.csv", text.as_bytes())]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{header}");
        let found = rows(&batch, "achievements");
        assert_eq!(found[0]["inventors"], json!(["张三", "李四", "王五"]));
        assert_eq!(found[1]["inventors"], json!(["赵六"]));
    }
}

/// A sheet of two rows with one bad date still has a date column.
#[test]
fn one_bad_cell_of_few_does_not_lose_its_column() {
    let text = "合同登记编号,进账时间,到账额/万元,付款方式,备注,认领人\nH-1,2021年13月5日,2,转账,,张三\n合计,,,,,\n四、其他,,,,,\n";
    let batch = import(&[("r.csv", text.as_bytes())]);
    assert_eq!(
        refused(&batch),
        ["r 2 reference.unknown", "r 2 date.invalid"]
    );
}

#[test]
fn surnames_that_are_units_stay_with_their_names() {
    let text = "合同编号,净收入,团队,学院,学校,个人明细\nH-1,1000,700,100,200,周敏:300.00 元强:200.00 万里:200.00\n";
    let batch = import(&[("d.csv", text.as_bytes())]);
    assert_eq!(refused(&batch), ["d 2 reference.unknown"]);
    assert_eq!(batch.sheets[0].rejected, 1);
}
