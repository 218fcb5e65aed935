//! The rules of the office without a case: `dukou calc NAME`, the pages under
//! `/tools` and the API all call these. A calculator reads JSON, calls the
//! function that the cases call, and answers with `steps` and `findings`; it
//! holds no rule itself. Only the valuations stand here alone, because they are
//! floating point and never touch money.
//!
//! ```
//! use dukou_calc::{Env, find};
//!
//! let calculator = find("workdays").unwrap();
//! let question = serde_json::json!({"from": "2025-10-01", "to": "2025-10-12"});
//! let env = Env::carried("2026-11-30".parse().unwrap());
//! let answer = (calculator.run)(question, &env).unwrap();
//! assert_eq!(answer["working_days"], 3);
//! ```

mod strict;
mod input;
mod schema;
mod days;
mod money;
mod valuation;
mod draws;
mod explain;
mod stream;

use std::sync::{Arc, OnceLock};

use dukou_calendar::Calendar;
use dukou_kernel::{Date, Lang, Text, text};
use dukou_rules::Rulebook;
use serde_json::{Value, json};

pub use dukou_rules::RuleError as CalcError;
pub use stream::{Options, run_stream};
pub use strict::read as read_json;

/// What a calculator may look things up in.
#[derive(Clone, Debug)]
pub struct Env {
    /// The rules.
    pub rulebook: Arc<Rulebook>,
    /// The working days.
    pub calendar: Arc<Calendar>,
    /// The legal day in Asia/Shanghai, for questions that name none.
    pub today: Date,
}

impl Env {
    /// Rules and calendar that the program carries, on a day.
    pub fn carried(today: Date) -> Self {
        static CARRIED: OnceLock<(Arc<Rulebook>, Arc<Calendar>)> = OnceLock::new();
        let (rulebook, calendar) =
            CARRIED.get_or_init(|| (Arc::new(Rulebook::builtin()), Arc::new(Calendar::builtin())));
        Self {
            rulebook: Arc::clone(rulebook),
            calendar: Arc::clone(calendar),
            today,
        }
    }
}

/// One calculator.
#[derive(Clone, Copy)]
pub struct Calculator {
    /// Its name on the command line and in addresses.
    pub name: &'static str,
    /// Title, Chinese and English.
    title: (&'static str, &'static str),
    /// One sentence, Chinese and English.
    summary: (&'static str, &'static str),
    /// JSON Schema of its input.
    pub schema: fn() -> Value,
    /// Answers one question. Texts in the answer are in both languages; see
    /// [`localise`].
    pub run: fn(Value, &Env) -> Result<Value, CalcError>,
    /// A question to show and to try.
    pub example: fn() -> Value,
}

impl Calculator {
    /// What it is called.
    pub fn title(&self) -> Text {
        Text::new(self.title.0, self.title.1)
    }

    /// What it does, in a sentence.
    pub fn summary(&self) -> Text {
        Text::new(self.summary.0, self.summary.1)
    }
}

macro_rules! calculators {
    ($($name:literal $module:ident::$run:ident $schema:ident $title:expr, $summary:expr, $example:tt;)*) => {
        &[$(Calculator {
            name: $name,
            title: $title,
            summary: $summary,
            schema: schema::$schema,
            run: $module::$run,
            example: || json!($example),
        }),*]
    };
}

static CALCULATORS: &[Calculator] = calculators![
    "workdays" days::workdays workdays ("工作日", "Working days"),
        ("推算工作日，依国务院放假安排", "Counts working days by the State Council's arrangement"),
        {"start": "2025-09-22", "working_days": 15};
    "period" days::period period ("期间", "Periods"),
        ("日、月、年期间的末日，遇休息日顺延", "The last day of a period, rolled over rest days"),
        {"start": "2025-06-03", "months": 4, "roll": "patent"};
    "publicity" days::publicity publicity ("公示期", "Publicity"),
        ("公示的末日和可以进行下一步的日子", "The last day of publicity and the first day of the next step"),
        {"kind": "agreed_price", "posted": "2025-09-19"};
    "split" money::split split ("收益分配", "Distribution"),
        ("到账、成本、分档、个人份额、退款，分到每一分", "Receipts, costs, tiers, people and refunds, to the fen"),
        {"policy": {"jurisdiction": "CN", "state_established": true, "deduct": ["maintenance"], "window": "lifetime",
            "tiers": [{"up_to_fen": 2_500_000, "pools": {"team": "100%"}},
                {"up_to_fen": null, "pools": {"team": "70%", "college": "10%", "university": "20%"}}], "pay_from_fen": 0},
         "costs": [{"kind": "maintenance", "fen": 2_000_000}], "inventor_paid_fen": 0,
         "receipts": [{"id": "r1", "date": "2025-03-01", "fen": 60_000_000}],
         "people": [{"id": "A", "share": "1/2", "main": true}, {"id": "B", "share": "1/2"}]};
    "self-implementation" money::self_implementation self_implementation ("自行实施的奖励", "Self-implementation"),
        ("每年营业利润中提取的奖励", "The reward out of each year's operating profit"),
        {"profits_fen": [200_000_000, -30_000_000, 500_000_000], "rate": "5%"};
    "equity" money::equity equity ("作价投资的股权", "Equity"),
        ("团队、单位、个人各得多少股权", "Who has how much of the company"),
        {"holding": "20%", "team": "70%", "people": [{"id": "A", "share": "40%", "post": "deputy"}, {"id": "B", "share": "60%", "post": "none"}]};
    "leader" money::leader leader ("领导人员的奖励", "Leaders"),
        ("某一职务可否获得现金或股权", "Whether a post may have cash or equity"),
        {"post": "party_secretary", "award": "equity"};
    "pit" money::pit pit ("个人所得税", "Individual income tax"),
        ("现金奖励的个人所得税及减按50%", "Tax on a cash reward, with and without relief"),
        {"award_fen": 40_000_000, "other_taxable_fen": 10_000_000, "mode": "licence", "received": "2023-07-10",
         "paid": "2026-07-10", "contract_registered": true, "published": true, "result_kind": "patent"};
    "cit" money::cit cit ("企业所得税", "Enterprise income tax"),
        ("技术转让所得的免征和减半", "Exemption and halving of transfer income"),
        {"mode": "transfer", "income_fen": 800_000_000};
    "contract-amounts" money::contract_amounts contract_amounts ("合同金额", "Contract amounts"),
        ("成交额与技术交易额", "The whole price and its technology part"),
        {"total_fen": 100_000_000, "equipment_fen": 30_000_000, "other_nontechnical_fen": 0};
    "appraisal-need" money::appraisal_need appraisal_need ("须否评估", "Appraisal"),
        ("转让、许可、作价投资须否资产评估", "Whether an appraisal is needed"),
        {"on": "2025-03-01", "central_unit": false, "taker": "wholly_state_owned", "mode": "transfer"};
    "exemption" money::exemption exemption ("尽职免责", "Exemption"),
        ("免责条件是否齐备", "Whether the conditions of exemption are met"),
        {"pricing": "agreement", "published_in_unit": true, "published_on_market": false, "publicity_complete": true,
         "collective_decision": true, "conflicts_declared": true, "illegal_benefit": false};
    "valuation" valuation::valuation valuation ("价值测算", "Valuation"),
        ("收益法、期权法、折现率和蒙特卡罗模拟", "Income methods, options, discount rates and simulation"),
        {"method": "present_value", "cash_flows": [100.0, 100.0, 100.0], "discount_rate": 0.1};
];

/// Every calculator, in the order of the contract.
pub fn calculators() -> &'static [Calculator] {
    CALCULATORS
}

/// A calculator by name.
pub fn find(name: &str) -> Option<&'static Calculator> {
    CALCULATORS
        .iter()
        .find(|calculator| calculator.name == name)
}

/// Answers one line of JSON: the answer, or `{"error": …}` in its place, texts
/// in the reader's language. The flag is true for an answer.
pub fn run_line(calculator: &Calculator, line: &str, lang: Lang, env: &Env) -> (Value, bool) {
    let answer = strict::read(line).and_then(|question| {
        known_region(&question, env)?;
        (calculator.run)(question, env)
    });
    match answer {
        Ok(answer) => (localise(answer, lang), true),
        Err(error) => (error_value(&error, lang), false),
    }
}

/// A region that no law file knows is not taken for the whole country.
fn known_region(question: &Value, env: &Env) -> Result<(), CalcError> {
    let Some(Value::String(code)) = question.get("jurisdiction") else {
        return Ok(());
    };
    if env.rulebook.region(code).is_some() {
        return Ok(());
    }
    let known: Vec<&str> = env.rulebook.regions().map(|it| it.code.as_str()).collect();
    let known = known.join(", ");
    let message = text!(
        "没有载入 {code} 的规定（{known}）",
        "no rules are known for {code} ({known})"
    );
    Err(CalcError::new(
        "policy.unknown_jurisdiction",
        "/jurisdiction",
        message,
    ))
}

/// An error as the contract has it: `{"error":{"code","message","pointer"}}`.
pub fn error_value(error: &CalcError, lang: Lang) -> Value {
    json!({"error": {"code": error.code, "message": error.message.get(lang), "pointer": error.pointer}})
}

/// Replaces every text in two languages by the reader's one. Citations keep
/// both.
pub fn localise(mut value: Value, lang: Lang) -> Value {
    localise_in_place(&mut value, lang);
    value
}

fn localise_in_place(value: &mut Value, lang: Lang) {
    match value {
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| localise_in_place(item, lang)),
        Value::Object(map) => {
            if map.len() == 2
                && matches!(
                    (map.get("zh"), map.get("en")),
                    (Some(Value::String(_)), Some(Value::String(_)))
                )
            {
                let own = map
                    .get_mut(lang.code())
                    .map(Value::take)
                    .unwrap_or_default();
                *value = own;
            } else {
                map.values_mut()
                    .for_each(|item| localise_in_place(item, lang));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
