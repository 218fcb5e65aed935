//! JSON Schemas of the questions.

use dukou_rules::{
    Award, CitMode, ContractKind, Mode, Post, Pricing, PublicityKind, ReliefKind, Taker,
};
use serde_json::{Map, Value, json};

fn money() -> Value {
    json!({"type": "integer", "description": "分 · fen"})
}

fn share() -> Value {
    json!({"type": "string", "description": "1/2, 70%, 33.5%, 0.7"})
}

fn day() -> Value {
    json!({"type": "string", "format": "date", "description": "YYYY-MM-DD"})
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": u32::MAX})
}

fn flag() -> Value {
    json!({"type": "boolean"})
}

fn words() -> Value {
    json!({"type": "string"})
}

fn number() -> Value {
    json!({"type": "number"})
}

fn one_of(values: &[&str]) -> Value {
    json!({"enum": values})
}

/// The words of one list, as they are sent.
macro_rules! words_of {
    ($list:ty) => {
        one_of(&<$list>::ALL.iter().map(|it| it.code()).collect::<Vec<_>>())
    };
}

/// The code of a region; which ones are known is the rulebook's to say.
fn region() -> Value {
    json!({"type": "string", "pattern": "^CN(-[A-Z]{2})?$"})
}

fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

/// An object that knows exactly these keys; `?` marks one that may be left out.
fn object(keys: Vec<(&str, Value)>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (key, schema) in keys {
        match key.strip_suffix('?') {
            Some(optional) => properties.insert(optional.to_owned(), schema),
            None => {
                required.push(key);
                properties.insert(key.to_owned(), schema)
            }
        };
    }
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn document(mut schema: Value) -> Value {
    if let Value::Object(map) = &mut schema {
        map.insert(
            "$schema".to_owned(),
            "https://json-schema.org/draft/2020-12/schema".into(),
        );
    }
    schema
}

fn either(forms: Vec<Value>) -> Value {
    document(json!({"oneOf": forms}))
}

pub(crate) fn workdays() -> Value {
    either(vec![
        object(vec![("start", day()), ("working_days", count())]),
        object(vec![("from", day()), ("to", day())]),
        object(vec![("date", day())]),
    ])
}

pub(crate) fn period() -> Value {
    let form = |unit: &'static str| {
        object(vec![
            ("start", day()),
            (unit, count()),
            ("roll?", one_of(&["civil", "patent", "none"])),
        ])
    };
    either(["days", "months", "years"].map(form).to_vec())
}

pub(crate) fn publicity() -> Value {
    document(object(vec![
        ("kind", words_of!(PublicityKind)),
        ("posted", day()),
        ("days?", count()),
        ("jurisdiction?", region()),
        ("on_market?", flag()),
    ]))
}

pub(crate) fn split() -> Value {
    let tier = object(vec![
        ("up_to_fen?", json!({"type": ["integer", "null"]})),
        (
            "pools",
            json!({"type": "object", "additionalProperties": share()}),
        ),
    ]);
    let policy = object(vec![
        ("jurisdiction?", region()),
        ("state_established?", flag()),
        ("deduct?", list(words())),
        (
            "window?",
            one_of(&["lifetime", "year", "agreement", "receipt"]),
        ),
        ("tiers", list(tier)),
        ("pay_from_fen?", money()),
        ("flush?", one_of(&["year_end"])),
    ]);
    let receipt = object(vec![
        ("id", words()),
        ("date", day()),
        ("fen", money()),
        ("of?", words()),
        ("agreement?", words()),
    ]);
    document(object(vec![
        ("policy", policy),
        (
            "costs?",
            list(object(vec![("kind", words()), ("fen", money())])),
        ),
        ("inventor_paid_fen?", money()),
        ("receipts", list(receipt)),
        (
            "people?",
            list(object(vec![
                ("id", words()),
                ("share", share()),
                ("main?", flag()),
            ])),
        ),
    ]))
}

pub(crate) fn self_implementation() -> Value {
    document(object(vec![
        ("profits_fen", list(money())),
        ("rate", share()),
        ("on?", day()),
        ("jurisdiction?", region()),
    ]))
}

fn post() -> Value {
    words_of!(Post)
}

pub(crate) fn equity() -> Value {
    document(object(vec![
        ("holding", share()),
        ("team", share()),
        (
            "people",
            list(object(vec![
                ("id", words()),
                ("share", share()),
                ("post?", post()),
            ])),
        ),
        ("on?", day()),
        ("jurisdiction?", region()),
        ("state_established?", flag()),
    ]))
}

pub(crate) fn leader() -> Value {
    document(object(vec![
        ("post", post()),
        ("award", words_of!(Award)),
        ("published?", flag()),
        ("on?", day()),
        ("jurisdiction?", region()),
    ]))
}

pub(crate) fn pit() -> Value {
    either(vec![
        object(vec![("taxable_fen", money())]),
        object(vec![
            ("award_fen", money()),
            ("other_taxable_fen", money()),
            ("mode", words_of!(ContractKind)),
            ("received", day()),
            ("paid", day()),
            ("contract_registered", flag()),
            ("published?", flag()),
            ("result_kind?", words_of!(ReliefKind)),
        ]),
    ])
}

pub(crate) fn cit() -> Value {
    document(object(vec![
        ("mode", words_of!(CitMode)),
        ("term_years?", count()),
        ("income_fen?", money()),
        ("cost_fen?", money()),
        ("amortisation_fen?", money()),
        ("taxes_fen?", money()),
        ("period_costs_fen?", money()),
        ("buyer_holding?", share()),
        ("already_exempted_fen?", money()),
        ("contract_registered?", flag()),
        ("result_kind?", words_of!(ReliefKind)),
        ("export_restricted?", flag()),
        ("owner?", flag()),
        ("on?", day()),
    ]))
}

pub(crate) fn contract_amounts() -> Value {
    document(object(vec![
        ("total_fen", money()),
        ("equipment_fen?", money()),
        ("other_nontechnical_fen?", money()),
        ("technology_fen?", money()),
        ("on?", day()),
    ]))
}

pub(crate) fn appraisal_need() -> Value {
    document(object(vec![
        ("on", day()),
        ("central_unit", flag()),
        ("taker", words_of!(Taker)),
        ("mode", words_of!(Mode)),
        ("appraised?", flag()),
    ]))
}

pub(crate) fn exemption() -> Value {
    document(object(vec![
        ("pricing", words_of!(Pricing)),
        ("published_in_unit?", flag()),
        ("published_on_market?", flag()),
        ("publicity_complete?", flag()),
        ("collective_decision?", flag()),
        ("conflicts_declared?", flag()),
        ("illegal_benefit?", flag()),
        ("on?", day()),
        ("jurisdiction?", region()),
    ]))
}

fn method(name: &str, keys: &[&str], number: &Value) -> Value {
    let mut all = vec![("method", json!({"const": name}))];
    for key in keys {
        let many = key.starts_with("cash_flow") || key.ends_with("projections");
        all.push((
            key,
            if many {
                list(number.clone())
            } else {
                number.clone()
            },
        ));
    }
    object(all)
}

/// The methods over rows of flows.
fn flows(number: &Value) -> Vec<Value> {
    vec![
        method("present_value", &["cash_flows", "discount_rate"], number),
        method(
            "relief_from_royalty",
            &[
                "revenue_projections",
                "royalty_rate",
                "discount_rate",
                "tax_rate",
            ],
            number,
        ),
        method(
            "incremental_cash_flow",
            &["cash_flows_with", "cash_flows_without", "discount_rate"],
            number,
        ),
        method(
            "risk_adjusted",
            &[
                "cash_flow_projections",
                "probability_of_success",
                "discount_rate",
            ],
            number,
        ),
    ]
}

pub(crate) fn valuation() -> Value {
    let kind = |name: &str, keys: &[&'static str]| {
        let mut all = vec![("kind", json!({"const": name}))];
        all.extend(keys.iter().map(|key| (*key, number())));
        object(all)
    };
    let uncertain = json!({"oneOf": [
        number(),
        kind("uniform", &["low", "high"]),
        kind("triangular", &["low", "mode", "high"]),
        kind("normal", &["mean", "sd"]),
        kind("lognormal", &["mu", "sigma"]),
    ]});
    let mut forms = flows(&number());
    forms.push(method(
        "real_option",
        &[
            "expected_value",
            "exercise_cost",
            "volatility",
            "time_to_expiry",
            "risk_free_rate",
        ],
        &number(),
    ));
    forms.push(method(
        "build_up",
        &[
            "risk_free_rate",
            "equity_risk_premium",
            "size_premium",
            "industry_risk_premium",
            "specific_risk_premium",
        ],
        &number(),
    ));
    forms.push(method(
        "wacc",
        &[
            "equity_value",
            "debt_value",
            "cost_of_equity",
            "cost_of_debt",
            "tax_rate",
        ],
        &number(),
    ));
    forms.push(object(vec![
        ("method", json!({"const": "monte_carlo"})),
        ("of", json!({"oneOf": flows(&uncertain)})),
        (
            "draws",
            json!({"type": "integer", "minimum": 1, "maximum": 1_000_000}),
        ),
        ("seed", json!({"type": "integer", "minimum": 0})),
    ]));
    either(forms)
}
