//! Amounts and shares as people say them.

use serde_json::{Value, json};

use crate::build::{import, refused, rows};

const RIGHTS: &str = "成果名称,专利号,发明人,申请日\n泵,CN112233445A,张三,2019-01-02\n";

#[test]
fn a_last_digit_without_a_unit_takes_the_next_lower_unit() {
    for (typed, yuan) in [
        ("三万五", 35_000),
        ("两千六", 2_600),
        ("一百二", 120),
        ("贰仟伍", 2_500),
        ("三万零五", 30_005),
        ("叁万零伍元整", 30_005),
        ("三万五千六", 35_600),
        ("一千二百三", 1_230),
        ("十万五", 105_000),
        ("一亿二", 120_000_000),
        ("三百二十万五", 3_205_000),
        ("三十五", 35),
        ("一百零二", 102),
        ("两百五块", 250),
        ("3万5", 35_000),
        ("12万5", 125_000),
        ("三万五千", 35_000),
    ] {
        let text = format!(
            "合同编号,专利号,受让方,合同金额（元）,签订日期\nH-1,CN112233445A,甲公司,{typed},2020.1.2\n"
        );
        let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("c.csv", text.as_bytes())]);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{typed}");
        assert_eq!(batch.totals.contracted.fen(), yuan * 100, "{typed}");
    }
    for typed in ["三万五六", "三五", "万五", "三万多", "一万半", "3万56"] {
        let text = format!(
            "合同编号,专利号,受让方,合同金额（元）,签订日期\nH-1,CN112233445A,甲公司,{typed},2020.1.2\n"
        );
        let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("c.csv", text.as_bytes())]);
        assert_eq!(refused(&batch), ["c 2 amount.unreadable"], "{typed}");
    }
}

/// Shares of three or four people by their words.
fn shares(people: &str, cell: &str) -> Result<Value, Vec<String>> {
    let text = format!(
        "名称,专利号,完成人,贡献比例,申请日\n泵,CN112233445A,{people},\"{cell}\",2019-01-02\n"
    );
    let batch = import(&[("a.csv", text.as_bytes())]);
    let bad = refused(&batch);
    if bad.is_empty() {
        return Ok(rows(&batch, "achievements")[0]["shares_percent"].clone());
    }
    Err(bad)
}

#[test]
fn what_some_leave_is_parted_among_the_others() {
    for cell in [
        "第一完成人70%，其余均分",
        "第一完成人70%,其余完成人平均分配",
        "第一发明人占70%；其他人均分",
        "负责人70%，其余成员各15%",
        "王芳70%，其余均分",
        "王芳 70%，李强、赵云均分",
        "第1完成人70%，余下平分",
        "第一完成人70%，其他2人平均",
        "第一完成人70%，其余两人各15%",
        "首位70%其余均分",
        "王芳70%，其余30%均分",
    ] {
        assert_eq!(
            shares("王芳；李强；赵云", cell),
            Ok(json!([70, 15, 15])),
            "{cell}"
        );
    }
    for cell in [
        "第一完成人60%，第二完成人20%，其余均分",
        "第一60%、第二20%、其余均分",
    ] {
        assert_eq!(
            shares("王芳；李强；赵云；钱七", cell),
            Ok(json!([60, 20, 10, 10])),
            "{cell}"
        );
    }
    assert_eq!(
        shares("王芳；李强；赵云；钱七", "前两位各40%，其余均分"),
        Ok(json!([40, 40, 10, 10]))
    );
    for cell in ["均分", "平均分配", "完成人均分", "三人平分", "按人数平均"] {
        let third = 100.0 / 3.0;
        let found = shares("王芳；李强；赵云", cell).unwrap();
        let first = found[0].as_f64().unwrap();
        assert!((first - third).abs() < 1e-9, "{cell}");
    }
}

#[test]
fn what_is_unread_refuses_the_row_and_is_never_equal_parts() {
    for cell in [
        "第一完成人70%，其余按贡献分配",
        "第一完成人另议，其余均分",
        "第一完成人多数，其余均分",
        "第五完成人70%，其余均分",
        "第一完成人110%，其余均分",
        "第一完成人70%，其余各20%",
        "孙八70%，其余均分",
        "王芳70%，李强均分",
        "扣除成本后均分",
        "两人平分",
        "第一完成人70%，其余40%均分",
        "第一完成人70%，其他3人平均",
    ] {
        assert_eq!(
            shares("王芳；李强；赵云", cell),
            Err(vec!["a 2 shares.sum".to_owned()]),
            "{cell}"
        );
    }
    // Behind the names too.
    for cell in [
        "王芳、李强（第一完成人多拿，其余均分）",
        "王芳、李强（三人均分）",
    ] {
        let text = format!("名称,专利号,完成人,申请日\n泵,CN112233445A,\"{cell}\",2019-01-02\n");
        let batch = import(&[("a.csv", text.as_bytes())]);
        assert_eq!(refused(&batch), ["a 2 shares.sum"], "{cell}");
    }
}
