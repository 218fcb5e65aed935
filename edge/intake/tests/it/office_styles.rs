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

#[test]
fn a_unit_below_the_table_holds_where_none_stands_above() {
    let receipts = "到账日期,合同编号,到账金额\n2020.1.2,H-1,2\n";
    for (note, fen) in [
        ("注：金额单位为万元\n", 2_000_000),
        ("（单位：万元）\n", 2_000_000),
        ("\n单位：万元\n合同编号,专利号,合同金额,签订日期\n", 200),
    ] {
        let text = format!("{receipts}{note}");
        let mut known = dukou_intake::KnownSets::default();
        known.add_contract("H-1");
        let options = dukou_intake::Options {
            today: dukou_kernel::Date::new(2026, 1, 1).unwrap(),
            mappings: &[],
            known: &known,
        };
        let files = [("r.csv", text.as_bytes())];
        let batch = dukou_intake::read(&files, &options, &mut |_, _| {}).unwrap();
        assert_eq!(batch.totals.received.fen(), fen, "{note}");
    }
}

#[test]
fn names_with_roles_titles_and_marks_are_the_same_two_people() {
    for cell in [
        "①张三②李四",
        "张三和李四",
        "张三 与 李四",
        "张三 教授；李四 讲师",
        "第一完成人：张三；第二完成人：李四",
    ] {
        assert_eq!(
            people("完成人", cell),
            json!([["张三", "李四"], null]),
            "{cell}"
        );
    }
    for cell in [
        "张三：李四=6:4",
        "60%张三，40%李四",
        "第一完成人：张三（60%），第二完成人：李四（40%）",
    ] {
        assert_eq!(
            people("完成人及比例", cell),
            json!([["张三", "李四"], [60, 40]]),
            "{cell}"
        );
    }
    assert_eq!(people("完成人", "和平刚"), json!([["和平刚"], null]));
    assert_eq!(people("完成人", "李和平"), json!([["李和平"], null]));
}

/// The rights of a contract among other words; none is left out in silence.
#[test]
fn rights_are_found_among_titles_and_counts() {
    let rights = "名称,专利号,申请号,发明人,申请日\n泵,CN112233445A,ZL202010000001.1,张三,2019-01-02\n阀,CN212233446U,ZL202010000002.6,张三,2019-01-02\n";
    let read = |cell: &str| {
        let text = format!("合同编号,专利号,合同金额,签订日期\nH-1,\"{cell}\",5,2020.1.2\n");
        import(&[("r.csv", rights.as_bytes()), ("c.csv", text.as_bytes())])
    };
    for cell in [
        "泵CN112233445A；阀CN212233446U",
        "泵（CN112233445A）、阀（CN 212233446 U）",
        "1.CN112233445A 2.CN212233446U",
        "①CN112233445A②CN212233446U",
        "《泵》CN112233445A、《阀》CN212233446U",
        "CN112233445A\\CN212233446U",
        "202010000001.1 202010000002.6",
        "ZL 2020 1 0000001.1 ZL 2020 1 0000002.6",
        "《泵》《阀》",
    ] {
        let batch = read(cell);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{cell}");
        assert_eq!(
            rows(&batch, "contracts")[0]["numbers"],
            json!(["CN112233445A", "CN212233446U"]),
            "{cell}"
        );
    }
    for cell in [
        "泵CN112233445A；阀CN2122334",
        "泵CN112233445A；ZL202010000002.7",
    ] {
        assert_eq!(refused(&read(cell)), ["c 2 number.malformed"], "{cell}");
    }
}

#[test]
fn amounts_of_persons_with_shares_or_sums_beside_them() {
    let contracts = "合同编号,专利号,合同金额,签订日期\nH-1,CN112233445A,100,2020.1.2\n";
    let rights = "名称,专利号,发明人,申请日\n泵,CN112233445A,张三,2019-01-02\n";
    for cell in [
        "张三40元（57.14%）；李四30元（42.86%）",
        "张三(57.14%)40元；李四(42.86%)30元",
        "张三40、李四30，合计70",
        "①张三40②李四30",
        "张三奖励40元；李四奖励30元",
    ] {
        let text = format!("合同编号,净收入,团队,学院,学校,个人明细\nH-1,100,70,10,20,{cell}\n");
        let batch = import(&[
            ("r.csv", rights.as_bytes()),
            ("c.csv", contracts.as_bytes()),
            ("d.csv", text.as_bytes()),
        ]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{cell}");
        assert_eq!(
            rows(&batch, "distributions")[0]["persons_fen"],
            json!({"张三": 4_000, "李四": 3_000}),
            "{cell}"
        );
    }
}

/// Words nobody foresaw: the cells and the sums say what the columns are.
#[test]
fn columns_under_unknown_words_are_known_by_their_cells() {
    let rights = "转化标的全称,专利公告号,权利人内部贡献者,提出日,学部（院）,经办人\n一种水泵装置,CN112233445A,张三、李四,2019-01-02,机械学院,王五\n一种阀门装置,CN112233446A,张三,2019-01-03,化学院,王五\n";
    let contracts = "合同ID,专利公开号,客户,总金额,签约\nHT-01,CN112233445A,甲公司,1000,2020.1.2\nHT-02,CN112233446A,乙公司,2000,2020.1.3\n";
    let shares = "合同号,应分金额,科研人员奖励,学院发展基金,学校发展基金,奖励明细\nHT-01,1000,700,100,200,张三400；李四300\nHT-02,2000,1400,200,400,张三1400\n";
    let batch = import(&[
        ("a.csv", rights.as_bytes()),
        ("b.csv", contracts.as_bytes()),
        ("c.csv", shares.as_bytes()),
    ]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(
        kinds(&batch),
        ["achievements", "contracts", "distributions"]
    );
    assert_eq!(
        rows(&batch, "achievements")[0]["inventors"],
        json!(["张三", "李四"])
    );
    assert_eq!(batch.totals.contracted.fen(), 300_000);
    let found = rows(&batch, "distributions").remove(1);
    assert_eq!(
        json!([
            found["net_fen"],
            found["team_fen"],
            found["college_fen"],
            found["university_fen"]
        ]),
        json!([200_000, 140_000, 20_000, 40_000])
    );
}

/// A list of people or of yearly figures is no ledger.
#[test]
fn overviews_and_address_lists_stay_unknown() {
    for text in [
        "年度,合同数,合同金额（万元）,到账金额（万元）,专利数\n2018,3,100,50,9\n2019,4,200,60,8\n",
        "姓名,学院,联系电话,邮箱,职称\n张三,机械学院,13812345678,a@b.cn,教授\n李四,机械学院,13812345679,a@b.cn,讲师\n",
        "学院,专利申请数,专利授权数,转化合同数,合同总金额（万元）\n机械学院,1,2,3,40\n化学院,1,2,3,40\n",
    ] {
        assert_eq!(kinds(&import(&[("s.csv", text.as_bytes())])), ["unknown"]);
    }
}

/// 实施方式 holds 实施方, but is no party.
#[test]
fn a_way_of_doing_is_no_party() {
    for (mode, firm) in [
        ("实施方式", "需求方"),
        ("合作方式", "购入方"),
        ("许可方式", "合作方"),
    ] {
        let text = format!(
            "合同编号,专利号,{mode},{firm},合同金额,签订日期\nH-1,CN112233445A,普通许可,甲有限公司,5,2020.1.2\nH-2,CN112233445A,转让,乙有限公司,6,2020.1.3\n"
        );
        let rights = "名称,专利号,发明人,申请日\n泵,CN112233445A,张三,2019-01-02\n";
        let batch = import(&[("r.csv", rights.as_bytes()), ("c.csv", text.as_bytes())]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{firm}");
        let found = rows(&batch, "contracts");
        assert_eq!(found[0]["firm"], "甲有限公司", "{firm}");
        assert_eq!(found[0]["mode"], "普通许可", "{mode}");
    }
}
