//! The calculators on worked cases and on questions that cannot be read.

use super::*;

/// The day on which the tests ask.
fn env() -> Env {
    Env::carried(Date::constant(2026, 11, 30))
}

fn ask(name: &str, question: Value) -> Result<Value, CalcError> {
    (find(name).unwrap().run)(question, &env())
}

fn stream(name: &str, input: &str) -> (Vec<Value>, u8) {
    let mut out = Vec::new();
    let status = run_stream(
        find(name).unwrap(),
        &env(),
        input.as_bytes(),
        &mut out,
        Options::default(),
    )
    .unwrap();
    let lines = String::from_utf8(out).unwrap();
    (
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
        status,
    )
}

fn code(value: &Value) -> &str {
    value["error"]["code"].as_str().unwrap_or("answered")
}

#[test]
fn every_example_is_answered_with_steps_and_findings() {
    assert_eq!(calculators().len(), 13);
    for calculator in calculators() {
        let answer = (calculator.run)((calculator.example)(), &env()).unwrap();
        assert!(
            !answer["steps"].as_array().unwrap().is_empty(),
            "{}",
            calculator.name
        );
        assert!(answer["findings"].is_array(), "{}", calculator.name);
        for lang in [Lang::Zh, Lang::En] {
            let told = explain::explain(&localise(answer.clone(), lang), lang);
            assert!(told.lines().count() >= 2, "{}", calculator.name);
        }
        let schema = (calculator.schema)();
        assert!(schema.get("$schema").is_some());
    }
}

#[test]
fn unknown_keys_and_wrong_values_are_named_by_pointer() {
    for (name, line, code, pointer) in [
        (
            "leader",
            r#"{"post":"none","award":"cash","x":1}"#,
            "input.unknown_key",
            "/x",
        ),
        ("leader", r#"{"post":"none"}"#, "input.missing_key", ""),
        (
            "leader",
            r#"{"post":"king","award":"cash"}"#,
            "input.unknown_value",
            "/post",
        ),
        (
            "leader",
            r#"{"post":"none","post":"none","award":"cash"}"#,
            "input.duplicate_key",
            "/post",
        ),
        ("leader", "[]", "input.not_object", ""),
        ("leader", "{", "input.not_json", ""),
        ("workdays", r#"{"date":"2025-1-1"}"#, "input.date", "/date"),
        (
            "workdays",
            r#"{"date":"2025-02-30"}"#,
            "input.date",
            "/date",
        ),
        ("workdays", r#"{"date":"20250102"}"#, "input.date", "/date"),
        (
            "workdays",
            r#"{"date":"2025-01-02T00:00:00"}"#,
            "input.date",
            "/date",
        ),
        (
            "workdays",
            r#"{"date":20250102}"#,
            "input.wrong_value",
            "/date",
        ),
        (
            "workdays",
            r#"{"date":"2027-01-04"}"#,
            "calendar.year_unknown",
            "/date",
        ),
        (
            "workdays",
            r#"{"start":"2025-01-02"}"#,
            "input.which_question",
            "",
        ),
        (
            "workdays",
            r#"{"start":"2025-01-02","working_days":-1}"#,
            "input.wrong_value",
            "/working_days",
        ),
        (
            "workdays",
            r#"{"from":"2025-01-03","to":"2025-01-02"}"#,
            "input.reversed",
            "/to",
        ),
        (
            "period",
            r#"{"start":"9999-12-31","days":1}"#,
            "input.out_of_range",
            "/days",
        ),
        (
            "period",
            r#"{"start":"2025-01-01","days":1,"months":1}"#,
            "input.which_question",
            "",
        ),
        (
            "cit",
            r#"{"mode":"transfer","income_fen":1.5}"#,
            "input.wrong_value",
            "/income_fen",
        ),
        (
            "cit",
            r#"{"mode":"transfer","income_fen":99999999999999999999}"#,
            "input.wrong_value",
            "/income_fen",
        ),
        (
            "equity",
            r#"{"holding":"20%","team":"70%","people":[{"id":"a","share":"1","pots":"none"}]}"#,
            "input.unknown_key",
            "/people/0/pots",
        ),
        (
            "equity",
            r#"{"holding":"2","team":"70%","people":[]}"#,
            "share.above_one",
            "/holding",
        ),
        (
            "valuation",
            r#"{"method":"magic"}"#,
            "valuation.unknown_method",
            "/method",
        ),
        (
            "valuation",
            r#"{"method":"present_value","cash_flows":[1],"discount_rate":-1}"#,
            "valuation.input",
            "/discount_rate",
        ),
    ] {
        let (answer, answered) = run_line(find(name).unwrap(), line, Lang::Zh, &env());
        assert!(!answered, "{line}");
        assert_eq!(answer["error"]["code"], code, "{line} {answer}");
        assert_eq!(answer["error"]["pointer"], pointer, "{line} {answer}");
        assert!(answer["error"]["message"].is_string());
    }
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    assert!(!run_line(find("leader").unwrap(), &deep, Lang::En, &env()).1);
}

#[test]
fn a_broken_line_fails_alone() {
    let good = r#"{"date":"2025-10-11"}"#;
    let (answers, status) = stream(
        "workdays",
        &format!("{good}\n{{\"date\":\n{good}\nnonsense\n\n{good}"),
    );
    let codes: Vec<&str> = answers.iter().map(code).collect();
    assert_eq!(
        codes,
        [
            "answered",
            "input.not_json",
            "answered",
            "input.not_json",
            "answered"
        ]
    );
    assert_eq!(status, 2);
    let (answers, status) = stream(
        "workdays",
        &format!("{{\"date\":\"2025-10\n{good}\n{good}\n"),
    );
    assert_eq!(
        answers.iter().map(code).collect::<Vec<_>>(),
        ["input.not_json", "answered", "answered"]
    );
    assert_eq!(status, 2);
}

#[test]
fn pretty_printed_objects_follow_one_another() {
    let pretty = "{\n  \"start\": \"2025-09-22\",\n  \"working_days\": 15\n}\n";
    let (answers, status) = stream("workdays", &pretty.repeat(3));
    assert_eq!((answers.len(), status), (3, 0));
    assert!(answers.iter().all(|it| it["end"] == "2025-10-17"));
    let broken = "{\n  \"start\": \"2025-09-22\",,\n  \"x\": {\n \"y\": 1}\n}\n";
    let (answers, status) = stream(
        "workdays",
        &format!("{pretty}{broken}{pretty}{{\"date\":\"2025-10-11\"}}\n{pretty}"),
    );
    let codes: Vec<&str> = answers.iter().map(code).collect();
    assert_eq!(
        codes,
        [
            "answered",
            "input.not_json",
            "answered",
            "answered",
            "answered"
        ]
    );
    assert_eq!(status, 2);
    let split = serde_json::to_string_pretty(&(find("split").unwrap().example)()).unwrap();
    let (answers, status) = stream("split", &format!("\u{feff}{split}{split}\n{split}"));
    assert_eq!((answers.len(), status), (3, 0), "{answers:?}");
    assert_eq!(answers[0]["receipts"][0]["pools"]["team"], 41_350_000);
    let first: Vec<&String> = answers[0]["receipts"][0]["pools"]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(first, ["team", "college", "university"]);
}

#[test]
fn a_split_follows_the_contract() {
    let question = json!({
        "policy": {"jurisdiction": "CN", "state_established": true, "deduct": ["maintenance", "appraisal", "agent", "tax"],
            "window": "lifetime",
            "tiers": [{"up_to_fen": 2_500_000, "pools": {"team": "100%"}},
                {"up_to_fen": null, "pools": {"team": "70%", "college": "10%", "university": "20%"}}],
            "pay_from_fen": 0},
        "costs": [{"kind": "maintenance", "fen": 2_000_000}, {"kind": "lunch", "fen": 1}],
        "inventor_paid_fen": 0,
        "receipts": [{"id": "r1", "date": "2025-03-01", "fen": 60_000_000}, {"id": "r2", "date": "2026-01-10", "fen": 40_000_000},
            {"id": "r3", "date": "2026-02-01", "fen": -5_000_000, "of": "r2"}],
        "people": [{"id": "A", "share": "1/2", "main": true}, {"id": "B", "share": "1/2"}]
    });
    let answer = ask("split", question.clone()).unwrap();
    assert_eq!(answer["totals"]["net_fen"], 93_000_000);
    assert_eq!(
        answer["receipts"][2]["pools"],
        json!({"team": -3_500_000, "college": -500_000, "university": -1_000_000})
    );
    assert_eq!(answer["findings"][0]["code"], "cost.not_deductible");
    assert!(answer["receipts"][0].get("steps").is_none());
    let mut wrong = question.clone();
    wrong["receipts"][2]["of"] = json!("r9");
    let error = ask("split", wrong).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.pointer.as_str()),
        ("refund.unknown_receipt", "/receipts/2/of")
    );
    let mut wrong = question.clone();
    wrong["policy"]["tiers"][1]["pools"]["team"] = json!("71%");
    let error = ask("split", wrong).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.pointer.as_str()),
        ("policy.shares_sum", "/policy/tiers/1/pools")
    );
    let mut wrong = question.clone();
    wrong["people"][0]["share"] = json!("1/3");
    assert_eq!(ask("split", wrong).unwrap_err().code, "people.shares_sum");
    let mut wrong = question;
    wrong["policy"]["jurisdiction"] = json!("CN-XX");
    assert_eq!(
        ask("split", wrong).unwrap_err().code,
        "policy.unknown_jurisdiction"
    );
}

#[test]
fn valuations_agree_with_their_formulas() {
    for (question, expected) in [
        (
            json!({"method": "present_value", "cash_flows": [110, 121], "discount_rate": 0.1}),
            200.0,
        ),
        (
            json!({"method": "relief_from_royalty", "revenue_projections": [1100], "royalty_rate": 0.05, "discount_rate": 0.1, "tax_rate": 0.25}),
            37.5,
        ),
        (
            json!({"method": "incremental_cash_flow", "cash_flows_with": [210], "cash_flows_without": [100], "discount_rate": 0.1}),
            100.0,
        ),
        (
            json!({"method": "risk_adjusted", "cash_flow_projections": [110], "probability_of_success": 0.3, "discount_rate": 0.1}),
            30.0,
        ),
        (
            json!({"method": "real_option", "expected_value": 100, "exercise_cost": 100, "volatility": 0.2, "time_to_expiry": 1, "risk_free_rate": 0.05}),
            10.450_583_572_185_565,
        ),
        (
            json!({"method": "build_up", "risk_free_rate": 0.03, "equity_risk_premium": 0.06, "size_premium": 0.02, "industry_risk_premium": 0.01, "specific_risk_premium": 0.03}),
            0.15,
        ),
        (
            json!({"method": "wacc", "equity_value": 60, "debt_value": 40, "cost_of_equity": 0.12, "cost_of_debt": 0.05, "tax_rate": 0.25}),
            0.087,
        ),
    ] {
        let value = ask("valuation", question.clone()).unwrap()["value"]
            .as_f64()
            .unwrap();
        assert!((value - expected).abs() < 1e-9, "{question} {value}");
    }
}

#[test]
fn a_simulation_is_the_same_for_the_same_seed() {
    let question = |seed: u64| {
        json!({"method": "monte_carlo", "draws": 2000, "seed": seed, "of": {"method": "present_value",
            "cash_flows": [{"kind": "triangular", "low": 90, "mode": 110, "high": 130}, {"kind": "lognormal", "mu": 4.6, "sigma": 0.1}, 100],
            "discount_rate": {"kind": "normal", "mean": 0.1, "sd": 0.01}}})
    };
    let first = ask("valuation", question(7)).unwrap();
    assert_eq!(first, ask("valuation", question(7)).unwrap());
    assert_ne!(
        first["mean"],
        ask("valuation", question(8)).unwrap()["mean"]
    );
    let at = |key: &str| first[key].as_f64().unwrap();
    assert!(at("p5") < at("p50") && at("p50") < at("p95"));
    assert!((at("mean") - 258.0).abs() < 5.0, "{}", at("mean"));
    let total: i64 = first["histogram"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bar| bar["count"].as_i64().unwrap())
        .sum();
    assert_eq!(total, 2000);
    let error = ask(
        "valuation",
        json!({"method": "present_value", "cash_flows": [{"kind": "uniform", "low": 0, "high": 1}], "discount_rate": 0.1}),
    );
    assert_eq!(error.unwrap_err().code, "valuation.distribution");
}

/// Worked cases of the law: `law/cases/*.toml`, each with a question, what must
/// stand in the answer, and where that comes from.
#[test]
fn the_worked_cases_of_the_law_hold() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../law/cases");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file: toml::Value = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for case in file["case"].as_array().unwrap() {
            let name = format!("{} {}", path.display(), case["name"].as_str().unwrap());
            assert!(
                case.get("source").is_some(),
                "{name} says where it comes from"
            );
            let question: Value = serde_json::from_str(case["question"].as_str().unwrap()).unwrap();
            let expected: Value = serde_json::from_str(case["answer"].as_str().unwrap()).unwrap();
            let answer = match ask(case["calc"].as_str().unwrap(), question) {
                Ok(answer) => answer,
                Err(error) => error_value(&error, Lang::En),
            };
            contains(&answer, &expected, &name);
            count += 1;
        }
    }
    assert!(count >= 30, "{count}");
}

fn contains(answer: &Value, expected: &Value, place: &str) {
    match expected {
        Value::Object(map) => {
            for (key, value) in map {
                let inner = answer
                    .get(key)
                    .unwrap_or_else(|| panic!("{place}: no {key} in {answer}"));
                contains(inner, value, &format!("{place}/{key}"));
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            assert_eq!(
                answer.as_array().map(Vec::len),
                Some(items.len()),
                "{place} {answer}"
            );
            for (index, item) in items.iter().enumerate() {
                contains(&answer[index], item, &format!("{place}/{index}"));
            }
        }
        other => assert_eq!(answer, other, "{place}"),
    }
}

proptest::proptest! {
    #[test]
    fn hostile_text_never_panics(text in ".{0,80}", pick in 0usize..13) {
        let calculator = &calculators()[pick];
        let _ = run_line(calculator, &text, Lang::Zh, &env());
        let mut out = Vec::new();
        let _ = run_stream(calculator, &env(), text.as_bytes(), &mut out, Options::default());
    }

    #[test]
    fn hostile_numbers_never_panic(a in proptest::num::i64::ANY, b in proptest::num::i64::ANY, pick in 0usize..13, slot in 0usize..40) {
        let calculator = &calculators()[pick];
        let mut question = (calculator.example)();
        let mut left = slot;
        replace_number(&mut question, &mut left, a, b);
        let _ = (calculator.run)(question, &env());
    }
}

fn replace_number(value: &mut Value, left: &mut usize, a: i64, b: i64) {
    match value {
        Value::Number(_) => {
            *value = if *left == 0 {
                a.into()
            } else if *left == 1 {
                b.into()
            } else {
                return *left -= 1;
            };
            *left = left.wrapping_sub(1);
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| replace_number(item, left, a, b)),
        Value::Object(map) => map
            .values_mut()
            .for_each(|item| replace_number(item, left, a, b)),
        _ => {}
    }
}

#[test]
fn one_question_costs_so_much_and_no_more() {
    let drawn = |draws: u32, flows: usize| {
        json!({"method": "monte_carlo", "draws": draws, "seed": 1, "of": {"method": "present_value",
            "cash_flows": vec![1; flows], "discount_rate": 0.1}})
    };
    let too_much = |calculator: &str, question| {
        let error = ask(calculator, question).unwrap_err();
        assert_eq!(error.code, "input.too_much");
        (error.pointer.clone(), error.message.en.clone())
    };
    assert!(ask("valuation", drawn(1000, 100)).is_ok());
    let (pointer, words) = too_much("valuation", drawn(1_000_000, 11));
    assert_eq!(pointer, "/draws");
    assert!(words.contains("10000000"), "{words}");

    let divided = |receipts: usize, people: usize| {
        let receipt = |n| json!({"id": format!("r{n}"), "date": "2025-03-01", "fen": 100});
        let person = |n| json!({"id": format!("p{n}"), "share": format!("1/{people}")});
        json!({"policy": {"tiers": [{"up_to_fen": null, "pools": {"team": "100%"}}]},
            "receipts": (0..receipts).map(receipt).collect::<Vec<_>>(),
            "people": (0..people).map(person).collect::<Vec<_>>()})
    };
    assert!(ask("split", divided(50, 50)).is_ok());
    let (pointer, words) = too_much("split", divided(5_000, 50));
    assert_eq!(pointer, "/receipts");
    assert!(words.contains("200000"), "{words}");
}
