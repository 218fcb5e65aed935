//! Numbers that name something keep every digit; codes of companies and names of people
//! in their spellings.

use serde_json::json;

use crate::build::{C, N, S, book, import, refused, rows};

const RIGHTS: &str = "成果名称,专利号,发明人,申请日\n泵,CN112233445A,张三,2019-01-02\n";

fn contracts(numbers: &[C]) -> Vec<u8> {
    let head: &[C] = &[
        S("合同编号"),
        S("专利号"),
        S("受让方"),
        S("合同金额（元）"),
        S("签订日期"),
    ];
    let rows: Vec<Vec<C>> = numbers
        .iter()
        .map(|no| vec![*no, S("CN112233445A"), S("甲公司"), N(5.0), S("2020.1.2")])
        .collect();
    let mut all: Vec<&[C]> = vec![head];
    all.extend(rows.iter().map(Vec::as_slice));
    let receipts: &[&[C]] = &[
        &[S("到账日期"), S("合同编号"), S("到账金额（元）")],
        &[S("2021.2.3"), *numbers.last().unwrap(), N(2.0)],
    ];
    book(&[("合同", &all), ("到账", receipts)])
}

#[test]
fn identifiers_in_number_cells_keep_every_digit() {
    let bytes = contracts(&[N(2_021_310_000_012_345.0), N(2_021_310_000_012_342.0)]);
    let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(rows(&batch, "contracts")[0]["no"], "2021310000012345");
    assert_eq!(rows(&batch, "receipts")[0]["no"], "2021310000012342");
    let bytes = contracts(&[N(9_007_199_254_740_991.0)]);
    let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
    assert_eq!(rows(&batch, "receipts")[0]["no"], "9007199254740991");
}

#[test]
fn identifiers_that_lost_digits_are_refused() {
    // Excel keeps fifteen figures of a number, a file of other make up to sixteen.
    for number in [9_007_199_254_740_993.0, 202_131_000_001_234_567.0] {
        let bytes = contracts(&[N(number)]);
        let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
        assert_eq!(
            refused(&batch),
            ["合同 2 identifier.inexact", "到账 2 identifier.inexact"],
            "{number}"
        );
        assert!(batch.findings[0].suggestion.zh.contains("文本"));
    }
    for typed in ["2.02131E+15", "2.02131e+15"] {
        let bytes = contracts(&[S(typed)]);
        let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
        assert_eq!(
            refused(&batch),
            ["合同 2 identifier.inexact", "到账 2 identifier.inexact"],
            "{typed}"
        );
    }
    // A number of letters keeps its E.
    let bytes = contracts(&[S("HT-1E+5")]);
    let batch = import(&[("r.csv", RIGHTS.as_bytes()), ("x.xlsx", &bytes)]);
    assert_eq!(refused(&batch), Vec::<String>::new());
}

fn code(code: &str) -> dukou_intake::Batch {
    let text = format!(
        "合同编号,专利号,受让方,统一社会信用代码,合同金额,签订日期\nH-1,CN112233445A,甲公司,{code},5,2020.1.2\nH-2,CN112233445A,乙公司,91350100M000100Y43,5,2020.1.2\n"
    );
    import(&[("r.csv", RIGHTS.as_bytes()), ("c.csv", text.as_bytes())])
}

#[test]
fn a_credit_code_that_fails_the_formula_is_refused_without_a_guess() {
    for typed in [
        "91350203M0001QKT19",
        "91350100M000100Y44",
        "91350100I000100Y43",
        "91350100M000100Y4",
        "12345678901",
    ] {
        let batch = code(typed);
        assert_eq!(refused(&batch), ["c 2 uscc.check_digit"], "{typed}");
        let said = &batch.findings[0];
        for text in [&said.suggestion, &said.message] {
            assert!(!text.zh.contains("应为") && !text.en.contains("must be"));
        }
    }
}

#[test]
fn a_code_that_the_institution_keeps_is_taken_with_a_warning() {
    struct Keeps;
    impl dukou_intake::Known for Keeps {
        fn right(&self, _number: &str) -> bool {
            true
        }
        fn contract(&self, _key: &str) -> bool {
            false
        }
        fn keeps_code(&self, code: &str) -> bool {
            code == "91350203M0001QKT19"
        }
    }
    let text = "合同编号,专利号,受让方,统一社会信用代码,合同金额,签订日期\nH-1,CN112233445A,甲公司,91350203m0001qkt19,5,2020.1.2\nH-2,CN112233445A,乙公司,91350100M000100Y44,5,2020.1.2\n";
    let options = dukou_intake::Options {
        today: dukou_kernel::Date::new(2026, 1, 1).unwrap(),
        mappings: &[],
        known: &Keeps,
    };
    let files = [("c.csv", text.as_bytes())];
    let batch = dukou_intake::read(&files, &options, &mut |_, _| {}).unwrap();
    assert_eq!(refused(&batch), ["c 3 uscc.check_digit"]);
    assert_eq!(batch.findings[0].code.word(), "uscc.kept");
    assert_eq!(
        batch.accepted.contracts[0].uscc.as_deref(),
        Some("91350203M0001QKT19")
    );
}

#[test]
fn codes_of_before_2015_are_forms_of_their_own() {
    for (typed, kept) in [
        ("350100100012345", "350100100012345"),
        ("74567890-4", "745678904"),
        ("MA0001QK-X", "MA0001QKX"),
        ("35010074567890X", "35010074567890X"),
    ] {
        let batch = code(typed);
        assert_eq!(refused(&batch), Vec::<String>::new(), "{typed}");
        assert_eq!(batch.findings[0].code.word(), "uscc.old", "{typed}");
        assert_eq!(batch.accepted.contracts[0].uscc.as_deref(), Some(kept));
    }
}

fn people(cell: &str) -> serde_json::Value {
    let text = format!("名称,专利号,完成人,申请日\n泵,CN112233445A,\"{cell}\",2019-01-02\n");
    let batch = import(&[("a.csv", text.as_bytes())]);
    if refused(&batch).is_empty() {
        return rows(&batch, "achievements")[0]["inventors"].clone();
    }
    json!(refused(&batch))
}

#[test]
fn one_person_in_two_scripts_is_one_person() {
    for cell in [
        "王芳/Wang Fang；李强/Li Qiang",
        "王芳（Wang Fang）；李强（Li Qiang）",
        "Wang Fang（王芳）、Li Qiang（李强）",
        "王芳 Wang Fang；李强 LI QIANG",
        "王芳/WANG Fang、李强/Qiang Li",
        "王芳|Wang Fang；李强|Li Qiang",
        "王芳,Wang Fang；李强,Li Qiang",
        "王芳Wang Fang、李强Li Qiang",
        "王 芳/Wang Fang；李 强/Li Qiang",
        "王芳、李强",
    ] {
        assert_eq!(people(cell), json!(["王芳", "李强"]), "{cell}");
    }
    assert_eq!(people("诸葛亮明/Zhuge Liangming"), json!(["诸葛亮明"]));
    // Two people whose names are in two scripts stay two.
    assert_eq!(people("张三/John Smith"), json!(["张三", "John Smith"]));
    assert_eq!(people("张三；Wang Fang"), json!(["张三", "Wang Fang"]));
    assert_eq!(people("张三/李四"), json!(["张三", "李四"]));
    assert_eq!(people("王伟A、王伟B"), json!(["王伟A", "王伟B"]));
    assert_eq!(
        people("Smith, John; Doe, Jane"),
        json!(["Smith, John", "Doe, Jane"])
    );
}

/// A bare figure behind a name is a place or a note unless the figures make ten.
#[test]
fn places_behind_names_are_no_shares() {
    let read = |cell: &str| {
        let text = format!("名称,专利号,完成人,申请日\n泵,CN112233445A,\"{cell}\",2019-01-02\n");
        let batch = import(&[("a.csv", text.as_bytes())]);
        let found = rows(&batch, "achievements");
        found.first().map(|row| row["shares_percent"].clone())
    };
    assert_eq!(read("王芳1，李强2"), Some(json!(null)));
    assert_eq!(read("王芳1、李强2、赵云3、钱七4"), Some(json!(null)));
    assert_eq!(read("王芳6，李强4"), Some(json!([60, 40])));
    assert_eq!(read("王芳1，李强1"), None);
    assert_eq!(read("王芳2，李强1"), None);
}

#[test]
fn marks_between_names_are_no_part_of_them() {
    for cell in [
        "张三.李四.王五",
        "张三．李四．王五",
        "张三。李四。王五",
        "张三|李四|王五",
    ] {
        assert_eq!(people(cell), json!(["张三", "李四", "王五"]), "{cell}");
    }
    // One person's name in parts has one mark between them, U+00B7.
    for cell in [
        "阿不都·买买提",
        "阿不都•买买提",
        "阿不都・买买提",
        "阿不都.买买提",
        "阿不都‧买买提",
        "阿不都．买买提",
    ] {
        assert_eq!(people(cell), json!(["阿不都\u{b7}买买提"]), "{cell}");
    }
    // What may be either is asked for.
    assert_eq!(people("张三.李四.买买提"), json!(["a 2 names.unread"]));
    for nothing in ["N/A", "无", "/", "、；"] {
        assert_eq!(people(nothing), json!(["a 2 required"]), "{nothing}");
    }
    for words in ["详见附件", "见附表"] {
        assert_eq!(people(words), json!(["a 2 names.unread"]), "{words}");
    }
}

#[test]
fn letters_nobody_sees_are_no_names() {
    for cell in [
        "王\u{200b}芳",
        "\u{202e}王芳\u{202c}",
        "王\u{2066}芳\u{2069}",
        "王芳\u{fe0f}",
        "王\u{180e}芳",
        "王芳\u{3164}",
        "王芳\u{e0061}",
    ] {
        assert_eq!(people(cell), json!(["王芳"]), "{cell:?}");
    }
    for cell in [
        "\u{200b}\u{200b}",
        "\u{3164}",
        "\u{202e}",
        "\u{2800}\u{115f}",
    ] {
        assert_eq!(people(cell), json!(["a 2 required"]), "{cell:?}");
    }
    // The people of a distribution and of a contract are the same people.
    let text = "合同编号,净收入,团队,学院,学校,个人明细\nH-1,100,70,10,20,王\u{202c}芳/Wang Fang：40；阿不都•买买提：30\n";
    let contracts =
        "合同编号,专利号,受让方,合同金额,签订日期\nH-1,CN112233445A,甲\u{200b}公司,100,2020.1.2\n";
    let batch = import(&[
        ("r.csv", RIGHTS.as_bytes()),
        ("c.csv", contracts.as_bytes()),
        ("d.csv", text.as_bytes()),
    ]);
    assert_eq!(refused(&batch), Vec::<String>::new());
    assert_eq!(
        rows(&batch, "distributions")[0]["persons_fen"],
        json!({"王芳": 4_000, "阿不都\u{b7}买买提": 3_000})
    );
    assert_eq!(rows(&batch, "contracts")[0]["firm"], "甲公司");
}
