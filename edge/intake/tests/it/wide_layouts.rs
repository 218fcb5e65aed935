//! More ledgers that look like no other: wide tables, rights by title, odd words.

use serde_json::json;

use crate::build::{C, E, N, S, book, import, kinds, refused, rows};

#[test]
fn one_wide_table_with_achievement_contract_and_receipt_in_a_row() {
    let bytes = book(&[(
        "汇总",
        &[
            &[
                S("成果名称"),
                S("授权公告号"),
                S("完成人"),
                S("申请日"),
                S("学院"),
                S("合同编号"),
                S("受让方"),
                S("合同金额（万元）"),
                S("签订日期"),
                S("到账日期"),
                S("到账金额（万元）"),
            ],
            &[
                S("泵"),
                S("CN114000041B"),
                S("张三、李四"),
                S("2019.1.2"),
                S("机械学院"),
                S("T1"),
                S("甲公司"),
                N(30.0),
                S("2021.1.2"),
                S("2021.2.3"),
                N(30.0),
            ],
            &[
                S("阀"),
                S("CN114000042B"),
                S("张三"),
                S("2019.1.3"),
                S("机械学院"),
                E,
                E,
                E,
                E,
                E,
                E,
            ],
            &[
                S("轴"),
                S("CN114000043B"),
                S("张三"),
                S("2019.1.4"),
                S("机械学院"),
                S("T2"),
                S("乙公司"),
                N(20.0),
                S("2021.3.2"),
                E,
                E,
            ],
        ],
    )]);
    let batch = import(&[("x.xlsx", &bytes)]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(
        (
            batch.totals.achievements,
            batch.totals.contracts,
            batch.totals.receipts
        ),
        (3, 2, 1)
    );
    assert_eq!(batch.totals.contracted.fen(), 50_000_000);
}

#[test]
fn rights_named_by_title_or_application_number_and_repeated_headers() {
    let head: &[C] = &[
        S("序号"),
        S("项目名称"),
        S("申请号"),
        S("授权公告号"),
        S("第一完成人"),
        S("其他完成人"),
        S("部门"),
        S("申请日期"),
        S("公告日"),
    ];
    let bytes = book(&[
        (
            "表1",
            &[
                &[S("填报单位："), S("科技处"), E, S("单位：件")],
                &[],
                head,
                &[
                    N(1.0),
                    S("甲法"),
                    S("ZL202010000001.3"),
                    S("CN114000051B"),
                    S("张三"),
                    S("李四、王五等"),
                    S("一院"),
                    N(43_891.0),
                    N(20_210_305.0),
                ],
                head,
                &[
                    N(2.0),
                    S("乙法"),
                    S("202010000002.8"),
                    S("CN114000052B"),
                    S("赵六"),
                    E,
                    S("一院"),
                    N(43_892.0),
                    S("未授权"),
                ],
                &[
                    N(3.0),
                    S("乙法"),
                    S("202010000002.8"),
                    S("CN114000052B"),
                    S("赵六"),
                    E,
                    S("一院"),
                    N(43_892.0),
                    S("2019.1.1"),
                ],
                &[N(4.0), E, E, E, E, E, E, E, E],
            ],
        ),
        (
            "表2",
            &[
                &[
                    S("合同编号"),
                    S("成果名称"),
                    S("合作方"),
                    S("金额"),
                    S("单位"),
                    S("签订日"),
                ],
                &[
                    S("B1"),
                    S("甲法"),
                    S("甲公司"),
                    N(3.0),
                    S("万元"),
                    S("2022.1.2"),
                ],
                &[
                    S("B2"),
                    S("甲法；乙法"),
                    S("甲公司"),
                    N(5_000.0),
                    S("元"),
                    S("2022.1.3"),
                ],
                &[
                    S("B2"),
                    S("丙法"),
                    S("甲公司"),
                    N(5_000.0),
                    S("元"),
                    S("2022.1.3"),
                ],
            ],
        ),
    ]);
    let batch = import(&[("x.xlsx", &bytes)]);
    assert_eq!(kinds(&batch), ["achievements", "contracts"]);
    assert_eq!(
        refused(&batch),
        [
            "表1 7 duplicate",
            "表1 7 date.order",
            "表2 4 duplicate",
            "表2 4 reference.unknown",
        ]
    );
    assert_eq!(
        rows(&batch, "achievements")[0],
        json!({
            "row": 4, "title": "甲法", "number": "CN114000051B", "inventors": ["张三", "李四", "王五"], "shares_percent": null, "college": "一院", "filed": "2020-03-01"
        })
    );
    assert_eq!(
        rows(&batch, "contracts")[1]["numbers"],
        json!(["CN114000051B", "CN114000052B"])
    );
    assert_eq!(batch.totals.contracted.fen(), 3_500_000);
}

#[test]
fn a_workbook_with_cover_and_notes_knows_what_it_does_not_know() {
    let bytes = book(&[
        ("封面", &[&[S("某大学")], &[S("二〇二五年")]]),
        (
            "说明",
            &[
                &[S("一、填报要求"), E],
                &[S("二、联系人"), S("张三")],
                &[S("三、电话"), N(12_345_678.0)],
            ],
        ),
        (
            "2023",
            &[
                &[
                    S("到账时间"),
                    S("合同号"),
                    S("交款单位"),
                    S("实收金额"),
                    S("发票号码"),
                ],
                &[S("3/5/2021"), S("M-1"), S("甲"), N(1.0), N(2.0)],
            ],
        ),
    ]);
    let batch = import(&[("x.xlsx", &bytes)]);
    assert_eq!(kinds(&batch), ["unknown", "unknown", "receipts"]);
    assert_eq!(
        refused(&batch),
        ["2023 2 date.invalid", "2023 2 reference.unknown"]
    );
}

#[test]
fn shares_in_the_header_of_a_split_and_namesakes_in_one_team() {
    let bytes = book(&[
        (
            "清单",
            &[
                &[
                    S("授权号"),
                    S("发明名称"),
                    S("发明（设计）人"),
                    S("分配比例"),
                    S("二级单位"),
                    S("专利申请日期"),
                    S("授权公告时间"),
                ],
                &[
                    S("CN114000061B"),
                    S("注水装置"),
                    S("张伟、张伟、李四"),
                    S("50/30/20"),
                    S("一院"),
                    S("2020年 1月 2日"),
                    S("2021-01-02T00:00:00"),
                ],
                &[
                    S("CN114000062B"),
                    S("合计装置"),
                    S("王五 赵 六"),
                    S("各半"),
                    S("''"),
                    S("2020/01/03 周五"),
                    S("—"),
                ],
                &[S("第 1 页 共 1 页")],
            ],
        ),
        (
            "已签",
            &[
                &[
                    S("合同（协议）编号"),
                    S("所涉知识产权"),
                    S("被许可方名称"),
                    S("被许可方税号"),
                    S("许可费总额（元）"),
                    S("合同签订时间"),
                    S("到期日期"),
                ],
                &[
                    S("校合〔2021〕5 号"),
                    S("CN114000061B 等1件"),
                    S("甲公司"),
                    S("-"),
                    S("1e5"),
                    S("2021.2.3"),
                    S("2031.2.3"),
                ],
            ],
        ),
        (
            "发放",
            &[
                &[
                    S("所属合同"),
                    S("分配总额"),
                    S("课题组70%（元）"),
                    S("学院10%（元）"),
                    S("学校15%（元）"),
                    S("技术转移中心5%（元）"),
                    S("到人明细"),
                ],
                &[
                    S("校合〔２０２１〕5号"),
                    N(100_000.0),
                    N(70_000.0),
                    N(10_000.0),
                    N(15_000.0),
                    N(5_000.0),
                    S("张伟 3.5万元，李四 3.5万元"),
                ],
                &[
                    S("总计"),
                    N(100_000.0),
                    N(70_000.0),
                    N(10_000.0),
                    N(15_000.0),
                    N(5_000.0),
                    E,
                ],
            ],
        ),
    ]);
    let batch = import(&[("x.xlsx", &bytes)]);
    assert_eq!(
        kinds(&batch),
        ["achievements", "contracts", "distributions"]
    );
    assert_eq!(refused(&batch), Vec::<String>::new());
    let found = rows(&batch, "achievements");
    assert_eq!(found[0]["inventors"], json!(["张伟", "张伟", "李四"]));
    assert_eq!(found[0]["shares_percent"], json!([50, 30, 20]));
    assert_eq!(
        (&found[1]["college"], &found[1]["shares_percent"]),
        (&json!("一院"), &json!([50, 50]))
    );
    assert_eq!(rows(&batch, "contracts")[0]["no"], "校合〔2021〕5号");
    assert_eq!(batch.totals.contracted.fen(), 10_000_000);
    assert_eq!(
        rows(&batch, "distributions")[0]["persons_fen"],
        json!({"张伟": 3_500_000, "李四": 3_500_000})
    );
}

/// Bare figures between 18,264 and 60,000 are days to Excel; under a header of
/// money they are yuan. Two years of one contract are two distributions.
#[test]
fn amounts_that_could_be_days_are_amounts() {
    let rights = "成果名称,专利号,发明人,申请日\n膜,CN112233445A,李一;王二,2019-01-02\n";
    let contracts = "合同编号,专利号,受让方,合同金额（元）,签订日期\nHT-1,CN112233445A,江州公司,500000,2019-05-06\n";
    for head in [
        "合同编号,净收入（元）,团队（元）,学院（元）,学校（元）,个人分配",
        "合同编号,可分配净收入,课题组,学院,学校,个人分配明细",
        "合同号,净收入(元),完成人团队所得,院系所得,学校所得,各完成人所得",
        "合同编号,净收益,奖励完成人,学院留成,学校留成,完成人分配",
    ] {
        let shares = format!(
            "{head}\nHT-1,110000,77000,11000,22000,李一38500；王二38500\nHT-1,120000,84000,12000,24000,李一42000；王二42000\n"
        );
        let batch = import(&[
            ("a.csv", rights.as_bytes()),
            ("b.csv", contracts.as_bytes()),
            ("d.csv", shares.as_bytes()),
        ]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{head}");
        let found = rows(&batch, "distributions");
        assert_eq!(found.len(), 2, "{head}");
        assert_eq!(found[0]["university_fen"], json!(2_200_000), "{head}");
        assert_eq!(found[1]["team_fen"], json!(8_400_000), "{head}");
    }
}
