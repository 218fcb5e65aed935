//! Ledgers that look like no other: every good row right, every bad cell
//! found, nothing invented.

use rust_xlsxwriter::Workbook;
use serde_json::json;

use crate::build::{C, D, E, N, S, book, fill, import, kinds, merge, refused, rows};

#[test]
fn two_line_headers_merged_groups_and_wan_in_the_title() {
    let mut made = Workbook::new();
    let sheet = made.add_worksheet();
    sheet.set_name("Sheet1").unwrap();
    fill(
        sheet,
        &[
            &[S("江南某大学职务成果一览")],
            &[S("编制部门：科技处"), E, E, E, S("2025年12月31日")],
            &[
                S("序号"),
                S("专利信息"),
                E,
                E,
                S("日期"),
                E,
                S("院系"),
                S("发明人及份额"),
            ],
            &[
                E,
                S("名称"),
                S("类型"),
                S("公开（公告）号"),
                S("申请"),
                S("授权公告"),
                E,
                E,
            ],
            &[
                N(1.0),
                S("一种水泵"),
                S("发明"),
                S("CN 114000001 A"),
                D(2020, 3, 5),
                E,
                S("机械学院"),
                S("王 伟60%；阿不都·买买提40%"),
            ],
            &[
                N(2.0),
                S("一种阀门"),
                S("实用新型"),
                S("cn214000002u"),
                S("二〇二一年三月五日"),
                S("2022.1.6"),
                E,
                S("李四(70%)、John Smith(30%)"),
            ],
            &[
                N(3.0),
                S("一种轴承"),
                S("发明"),
                S("CN114000003A"),
                S("２０２１．０４．０６"),
                E,
                E,
                S("赵六100%"),
            ],
            &[E, S("小计"), E, E, E, E, S("3件"), E],
            &[
                N(4.0),
                S("一种齿轮"),
                S("发明"),
                S("CN114000004A"),
                S("2021-02-29"),
                E,
                S("〃"),
                S("赵六50%、钱七40%"),
            ],
            &[S("注：以上数据截至年底")],
        ],
    );
    merge(sheet, (0, 0, 0, 7), "江南某大学职务成果一览");
    merge(sheet, (2, 0, 3, 0), "序号");
    merge(sheet, (2, 1, 2, 3), "专利信息");
    merge(sheet, (2, 4, 2, 5), "日期");
    merge(sheet, (2, 6, 3, 6), "院系");
    merge(sheet, (2, 7, 3, 7), "发明人及份额");
    merge(sheet, (4, 6, 6, 6), "机械学院");
    let sheet = made.add_worksheet();
    sheet.set_name("Sheet2").unwrap();
    fill(
        sheet,
        &[
            &[S("转化合同汇总表")],
            &[E, E, E, E, E, E, S("金额单位：人民币万元")],
            &[
                S("签约日"),
                S("协议编号"),
                S("甲方"),
                S("乙方"),
                S("乙方信用代码"),
                S("标的专利"),
                S("总价"),
                S("许可方式"),
                S("备注"),
            ],
            &[
                D(2022, 5, 6),
                S("XY-01"),
                S("江南某大学"),
                S("北方泵业有限公司"),
                S("91350100M000100Y43"),
                S("CN114000001A/CN214000002U"),
                N(12.5),
                S("独占"),
                S("分期"),
            ],
            &[
                S("2022年7月8日"),
                S("XY-02"),
                S("江南某大学"),
                S("东海轴承厂"),
                S("91350100M000100Y44"),
                S("CN114000003A"),
                S("叁佰贰拾万元整"),
                S("普通"),
                E,
            ],
            &[
                S("2022/8/9"),
                S("XY-03"),
                S("江南某大学"),
                S("西山机械公司"),
                E,
                S("CN114000003A"),
                S("8,000元"),
                S("普通"),
                E,
            ],
            &[
                S("2022/8/9"),
                S("XY-04"),
                S("江南某大学"),
                S("南湖机械公司"),
                E,
                S("CN114999999A"),
                S("面议"),
                S("普通"),
                E,
            ],
            &[S("合计"), E, E, E, E, E, N(340.8), E, E],
        ],
    );
    let bytes = made.save_to_buffer().unwrap();
    let batch = import(&[("一览.xlsx", &bytes)]);
    assert_eq!(kinds(&batch), ["achievements", "contracts"]);
    assert_eq!(
        refused(&batch),
        [
            "Sheet1 9 date.invalid",
            "Sheet1 9 shares.sum",
            "Sheet2 5 uscc.check_digit",
            "Sheet2 7 reference.unknown",
            "Sheet2 7 amount.unreadable",
        ]
    );
    assert_eq!(
        rows(&batch, "achievements"),
        [
            json!({"row": 5, "title": "一种水泵", "number": "CN114000001A", "inventors": ["王伟", "阿不都·买买提"], "shares_percent": [60, 40], "college": "机械学院", "filed": "2020-03-05"}),
            json!({"row": 6, "title": "一种阀门", "number": "CN214000002U", "inventors": ["李四", "John Smith"], "shares_percent": [70, 30], "college": "机械学院", "filed": "2021-03-05"}),
            json!({"row": 7, "title": "一种轴承", "number": "CN114000003A", "inventors": ["赵六"], "shares_percent": [100], "college": "机械学院", "filed": "2021-04-06"}),
        ]
    );
    assert_eq!(
        rows(&batch, "contracts"),
        [
            json!({"row": 4, "no": "XY-01", "numbers": ["CN114000001A", "CN214000002U"], "mode": "独占", "firm": "北方泵业有限公司", "uscc": "91350100M000100Y43", "fen": 12_500_000, "signed": "2022-05-06", "pricing": null}),
            json!({"row": 6, "no": "XY-03", "numbers": ["CN114000003A"], "mode": "普通", "firm": "西山机械公司", "uscc": null, "fen": 800_000, "signed": "2022-08-09", "pricing": null}),
        ]
    );
    assert_eq!(
        (
            batch.sheets[0].rows,
            batch.sheets[0].accepted,
            batch.sheets[0].skipped,
            batch.sheets[0].rejected
        ),
        (6, 3, 2, 1)
    );
}

const STACKED: &[&[C]] = &[
    &[S("科技成果转化台账")],
    &[],
    &[S("一、成果")],
    &[
        S("知识产权编号"),
        S("知识产权名称"),
        S("课题组成员"),
        S("贡献度"),
        S("所在单位"),
        S("申请时间"),
    ],
    &[
        S("CN114000011A"),
        S("方法甲"),
        S("张三 李四"),
        S("6:4"),
        S("化学院"),
        S("20210305"),
    ],
    &[
        S("CN114000012A"),
        S("方法乙"),
        S("张三"),
        E,
        S("同上"),
        S("44261"),
    ],
    &[S("合计：2项")],
    &[],
    &[S("二、合同（单位：元）")],
    &[
        S("合同号"),
        S("受让单位"),
        S("涉及专利"),
        S("成交金额"),
        S("签署日期"),
        S("定价方式"),
    ],
    &[
        S("Z1"),
        S("甲公司"),
        S("CN114000011A"),
        N(1_000_000.0),
        S("2023.5.18"),
        S("挂牌"),
    ],
    &[],
    &[S("三、到款")],
    &[S("到款时间"), S("来款单位"), S("合同号"), S("到款（万元）")],
    &[S("2023.6.1"), S("甲公司"), S("Z1"), N(60.5)],
    &[S("2023.7.1"), S("甲公司"), S("Z1"), S("(10.5)")],
    &[S("2023.8.1"), S("甲公司"), S("Z9"), N(1.0)],
    &[],
    &[S("四、分配")],
    &[
        S("合同号"),
        S("净收益"),
        S("课题组"),
        S("学院"),
        S("学校"),
        S("人员分配明细"),
    ],
    &[
        S("Z1"),
        N(500_000.0),
        N(350_000.0),
        N(50_000.0),
        N(100_000.0),
        S("张三：210,000.00；李四：140,000.00"),
    ],
];

#[test]
fn one_sheet_with_four_tables_below_each_other() {
    let bytes = book(&[("Sheet1", STACKED)]);
    let batch = import(&[("x.xlsx", &bytes)]);
    assert_eq!(
        kinds(&batch),
        ["achievements", "contracts", "receipts", "distributions"]
    );
    assert_eq!(refused(&batch), ["Sheet1 17 reference.unknown"]);
    assert_eq!(batch.totals.achievements, 2);
    assert_eq!(rows(&batch, "achievements")[1]["college"], "化学院");
    assert_eq!(rows(&batch, "achievements")[1]["filed"], "2021-03-06");
    assert_eq!(batch.totals.contracted.fen(), 100_000_000);
    assert_eq!(batch.totals.received.fen(), 50_000_000);
    assert_eq!(
        rows(&batch, "distributions")[0]["persons_fen"],
        json!({"张三": 21_000_000, "李四": 14_000_000})
    );
}

#[test]
fn one_person_per_row_under_merged_cells() {
    let mut made = Workbook::new();
    let sheet = made.add_worksheet();
    sheet.set_name("专利").unwrap();
    fill(
        sheet,
        &[
            &[
                S("专利号"),
                S("专利名称"),
                S("申请日期"),
                S("姓名"),
                S("比例"),
            ],
            &[
                S("CN114000021A"),
                S("方法丙"),
                D(2021, 1, 2),
                S("张三"),
                N(0.6),
            ],
            &[E, E, E, S("李四"), N(0.4)],
            &[
                S("CN114000022A"),
                S("方法丁"),
                D(2021, 1, 3),
                S("王五"),
                S("100%"),
            ],
        ],
    );
    merge(sheet, (1, 0, 2, 0), "CN114000021A");
    merge(sheet, (1, 1, 2, 1), "方法丙");
    let sheet = made.add_worksheet();
    sheet.set_name("合同").unwrap();
    fill(
        sheet,
        &[
            &[
                S("合同编号"),
                S("专利号"),
                S("签订时间"),
                S("合同额"),
                S("合作企业名称"),
            ],
            &[
                S("A-1"),
                S("CN114000021A"),
                S("21.3.5"),
                S("¥500,000.00"),
                S("甲公司"),
            ],
            &[E, S("CN114000022A"), E, E, E],
        ],
    );
    merge(sheet, (1, 0, 2, 0), "A-1");
    let sheet = made.add_worksheet();
    sheet.set_name("奖励发放").unwrap();
    fill(
        sheet,
        &[
            &[
                S("合同编号"),
                S("可分配收益（万元）"),
                S("分配去向（万元）"),
                E,
                E,
                S("领取人"),
                S("个人金额（元）"),
            ],
            &[E, E, S("团队"), S("学院"), S("学校"), E, E],
            &[
                S("A-1"),
                N(50.0),
                N(35.0),
                N(5.0),
                N(10.0),
                S("张三"),
                N(210_000.0),
            ],
            &[E, E, E, E, E, S("李四"), N(140_000.0)],
        ],
    );
    merge(sheet, (0, 2, 0, 4), "分配去向（万元）");
    merge(sheet, (2, 0, 3, 0), "A-1");
    let bytes = made.save_to_buffer().unwrap();
    let batch = import(&[("x.xlsx", &bytes)]);
    assert_eq!(
        kinds(&batch),
        ["achievements", "contracts", "distributions"]
    );
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(
        rows(&batch, "achievements")[0]["inventors"],
        json!(["张三", "李四"])
    );
    assert_eq!(
        rows(&batch, "achievements")[0]["shares_percent"],
        json!([60, 40])
    );
    assert_eq!(
        rows(&batch, "contracts")[0]["numbers"],
        json!(["CN114000021A", "CN114000022A"])
    );
    assert_eq!(rows(&batch, "contracts")[0]["signed"], "2021-03-05");
    assert_eq!(
        rows(&batch, "distributions"),
        [json!({
            "row": 3, "no": "A-1", "net_fen": 50_000_000, "team_fen": 35_000_000, "college_fen": 5_000_000,
            "university_fen": 10_000_000, "persons_fen": {"张三": 21_000_000, "李四": 14_000_000}
        })]
    );
}

#[test]
fn csv_with_a_deep_two_line_header_semicolons_and_capitals() {
    let csv = "某大学收款登记\n统计口径：实际到账;;;\n;;;\n到账;;关联合同;汇款单位\n时间;金额(元);;\n\
               二〇二三年六月一日;人民币壹仟零伍拾元伍角;K-1;甲公司\n2023-06-02 00:00:00;１，２００．５０;K-1;甲公 司\n\
               2023-6-31;100;K-1;甲公司\n;100;K-1;甲公司\n2023-7-1;;K-1;甲公司\n本页小计;2351;;\n以上合计：;2351;;\n制表人：张三;;;\n";
    let contracts =
        "\u{feff}合同号\t标的\t签约时间\t转让费（万元）\r\nK-1\tCN114000031A\t2023.1.5\t０.１\r\n";
    let rights = "Title,Patent No.,Inventors,Filing Date\n\"Pump, small\",CN114000031A,\"Smith; 王伟\",2020-01-02\n";
    let batch = import(&[
        ("到账.csv", csv.as_bytes()),
        ("ht.csv", contracts.as_bytes()),
        ("p.csv", rights.as_bytes()),
    ]);
    assert_eq!(kinds(&batch), ["receipts", "contracts", "achievements"]);
    assert_eq!(
        refused(&batch),
        ["到账 8 date.invalid", "到账 9 required", "到账 10 required"]
    );
    assert_eq!(
        rows(&batch, "receipts"),
        [
            json!({"row": 6, "no": "K-1", "date": "2023-06-01", "fen": 105_050}),
            json!({"row": 7, "no": "K-1", "date": "2023-06-02", "fen": 120_050}),
        ]
    );
    assert_eq!(batch.totals.contracted.fen(), 100_000);
    assert_eq!(rows(&batch, "achievements")[0]["title"], "Pump, small");
}
