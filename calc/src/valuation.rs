//! Valuations in floating point, with pure-Rust mathematics (`libm`) so that the
//! same input gives the same number everywhere. They never touch money: a price
//! is decided by people.

use dukou_kernel::{Text, text};
use dukou_rules::Step;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::draws::{Dice, Number, Source};
use crate::input::{answer, parse};
use crate::strict::escape;
use crate::{CalcError, Env};

/// Most draws of one simulation.
const MOST_DRAWS: u32 = 1_000_000;
/// Most draws times the flows of each: what one simulation may cost.
const MOST_DRAWN: usize = 10_000_000;
/// Bars of the histogram.
const BARS: usize = 20;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PresentValue {
    cash_flows: Vec<Number>,
    discount_rate: Number,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Royalty {
    revenue_projections: Vec<Number>,
    royalty_rate: Number,
    discount_rate: Number,
    tax_rate: Number,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Incremental {
    cash_flows_with: Vec<Number>,
    cash_flows_without: Vec<Number>,
    discount_rate: Number,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RiskAdjusted {
    cash_flow_projections: Vec<Number>,
    probability_of_success: Number,
    discount_rate: Number,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RealOption {
    expected_value: f64,
    exercise_cost: f64,
    volatility: f64,
    time_to_expiry: f64,
    risk_free_rate: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BuildUp {
    risk_free_rate: f64,
    equity_risk_premium: f64,
    size_premium: f64,
    industry_risk_premium: f64,
    specific_risk_premium: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wacc {
    equity_value: f64,
    debt_value: f64,
    cost_of_equity: f64,
    cost_of_debt: f64,
    tax_rate: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MonteCarlo {
    of: Value,
    draws: u32,
    seed: u64,
}

/// The methods over a row of flows; these can be simulated.
enum Flows {
    PresentValue(PresentValue),
    Royalty(Royalty),
    Incremental(Incremental),
    RiskAdjusted(RiskAdjusted),
}

fn wrong(pointer: &str, zh: &str, en: &str) -> CalcError {
    CalcError::new("valuation.input", pointer, Text::new(zh, en))
}

fn finite(value: f64) -> Result<f64, CalcError> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(CalcError::new(
        "valuation.not_finite",
        "",
        Text::new(
            "结果超出可表示的范围",
            "the result is beyond what can be represented",
        ),
    ))
}

/// Flows at year ends, the first after one year.
fn discounted(flows: &[f64], rate: f64) -> Result<f64, CalcError> {
    if rate <= -1.0 || !rate.is_finite() {
        return Err(wrong(
            "/discount_rate",
            "折现率须大于 -100%",
            "the discount rate lies above -100 %",
        ));
    }
    let mut total = 0.0;
    for (index, flow) in flows.iter().enumerate() {
        total += flow / libm::pow(1.0 + rate, (index + 1) as f64);
    }
    finite(total)
}

fn take_all(source: &mut Source<'_>, numbers: &[Number]) -> Result<Vec<f64>, CalcError> {
    numbers.iter().map(|number| source.take(*number)).collect()
}

impl Flows {
    fn read(method: &str, question: Value) -> Option<Result<Self, CalcError>> {
        Some(match method {
            "present_value" => parse(question).map(Self::PresentValue),
            "relief_from_royalty" => parse(question).map(Self::Royalty),
            "incremental_cash_flow" => parse(question).map(Self::Incremental),
            "risk_adjusted" => parse(question).map(Self::RiskAdjusted),
            _ => return None,
        })
    }

    /// How many flows one draw takes.
    fn len(&self) -> usize {
        match self {
            Self::PresentValue(it) => it.cash_flows.len(),
            Self::Royalty(it) => it.revenue_projections.len(),
            Self::Incremental(it) => it.cash_flows_with.len() + it.cash_flows_without.len(),
            Self::RiskAdjusted(it) => it.cash_flow_projections.len(),
        }
    }

    fn value(&self, source: &mut Source<'_>) -> Result<f64, CalcError> {
        match self {
            Self::PresentValue(it) => {
                let flows = take_all(source, &it.cash_flows)?;
                discounted(&flows, source.take(it.discount_rate)?)
            }
            Self::Royalty(it) => {
                let revenue = take_all(source, &it.revenue_projections)?;
                let royalty = source.take(it.royalty_rate)?;
                let rate = source.take(it.discount_rate)?;
                let kept = 1.0 - source.take(it.tax_rate)?;
                let flows: Vec<f64> = revenue
                    .iter()
                    .map(|revenue| revenue * royalty * kept)
                    .collect();
                discounted(&flows, rate)
            }
            Self::Incremental(it) => {
                if it.cash_flows_with.len() != it.cash_flows_without.len() {
                    return Err(wrong(
                        "/cash_flows_without",
                        "两列现金流须一样长",
                        "both rows of cash flows have the same length",
                    ));
                }
                let with = take_all(source, &it.cash_flows_with)?;
                let without = take_all(source, &it.cash_flows_without)?;
                let flows: Vec<f64> = with
                    .iter()
                    .zip(without)
                    .map(|(with, without)| with - without)
                    .collect();
                discounted(&flows, source.take(it.discount_rate)?)
            }
            Self::RiskAdjusted(it) => {
                let flows = take_all(source, &it.cash_flow_projections)?;
                let chance = source.take(it.probability_of_success)?;
                if matches!(it.probability_of_success, Number::Fixed(_))
                    && !(0.0..=1.0).contains(&chance)
                {
                    return Err(wrong(
                        "/probability_of_success",
                        "成功概率在 0 与 1 之间",
                        "a probability lies between 0 and 1",
                    ));
                }
                finite(discounted(&flows, source.take(it.discount_rate)?)? * chance.clamp(0.0, 1.0))
            }
        }
    }
}

/// The standard normal distribution function.
fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / core::f64::consts::SQRT_2)
}

/// Black–Scholes value of the option to invest.
fn real_option(it: &RealOption) -> Result<f64, CalcError> {
    let amounts = [
        ("/expected_value", it.expected_value),
        ("/exercise_cost", it.exercise_cost),
        ("/volatility", it.volatility),
        ("/time_to_expiry", it.time_to_expiry),
    ];
    for (pointer, amount) in amounts {
        if amount < 0.0 {
            return Err(wrong(pointer, "不得为负", "this is not negative"));
        }
    }
    let cost = it.exercise_cost * libm::exp(-it.risk_free_rate * it.time_to_expiry);
    let spread = it.volatility * libm::sqrt(it.time_to_expiry);
    if spread <= 0.0 || it.expected_value <= 0.0 || it.exercise_cost <= 0.0 {
        return finite((it.expected_value - cost).max(0.0));
    }
    let drift = (it.risk_free_rate + it.volatility * it.volatility / 2.0) * it.time_to_expiry;
    let first = (libm::log(it.expected_value / it.exercise_cost) + drift) / spread;
    finite(it.expected_value * normal_cdf(first) - cost * normal_cdf(first - spread))
}

fn build_up(it: &BuildUp) -> Result<f64, CalcError> {
    finite(
        it.risk_free_rate
            + it.equity_risk_premium
            + it.size_premium
            + it.industry_risk_premium
            + it.specific_risk_premium,
    )
}

fn wacc(it: &Wacc) -> Result<f64, CalcError> {
    let whole = it.equity_value + it.debt_value;
    if it.equity_value < 0.0 || it.debt_value < 0.0 || whole <= 0.0 {
        return Err(wrong(
            "/equity_value",
            "权益与债务之和须大于零",
            "equity and debt sum to more than zero",
        ));
    }
    let equity = it.equity_value / whole * it.cost_of_equity;
    finite(equity + it.debt_value / whole * it.cost_of_debt * (1.0 - it.tax_rate))
}

/// Takes `method` out of an object.
fn method_of(question: &mut Value, pointer: &str) -> Result<String, CalcError> {
    let method = question
        .as_object_mut()
        .and_then(|map| map.shift_remove("method"));
    match method {
        Some(Value::String(method)) => Ok(method),
        Some(_) => Err(wrong(
            &format!("{pointer}/method"),
            "method 应为文字",
            "method is a text",
        )),
        None => Err(CalcError {
            pointer: pointer.to_owned(),
            ..CalcError::missing("method")
        }),
    }
}

fn unknown_method(method: &str, pointer: &str) -> CalcError {
    let shown: String = escape(method).chars().take(40).collect();
    let message = text!("没有测算方法 {shown}", "no method is called {shown}");
    CalcError::new("valuation.unknown_method", pointer, message)
}

/// `valuation`: one value, or a simulation of one.
pub(crate) fn valuation(mut question: Value, env: &Env) -> Result<Value, CalcError> {
    let method = method_of(&mut question, "")?;
    if method == "monte_carlo" {
        return monte_carlo(question, env);
    }
    let inputs = question.to_string();
    let value = match Flows::read(&method, question.clone()) {
        Some(flows) => flows?.value(&mut Source::Fixed)?,
        None => match method.as_str() {
            "real_option" => real_option(&parse(question)?)?,
            "build_up" => build_up(&parse(question)?)?,
            "wacc" => wacc(&parse(question)?)?,
            _ => return Err(unknown_method(&method, "/method")),
        },
    };
    let step = Step::new(&format!("valuation.{method}"), words_of(&method), value)
        .with("inputs", inputs)
        .cite(env.rulebook.article("gbt_42748"));
    Ok(json!({"value": value, "steps": [answer(&step)?], "findings": []}))
}

fn words_of(method: &str) -> Text {
    match method {
        "present_value" => Text::new(
            "各年现金流按折现率折现后求和",
            "yearly cash flows, discounted and summed",
        ),
        "relief_from_royalty" => Text::new(
            "收入 × 许可费率 ×（1 − 税率），折现后求和",
            "revenue × royalty × (1 − tax), discounted and summed",
        ),
        "incremental_cash_flow" => Text::new(
            "有无该技术的现金流之差，折现后求和",
            "cash flows with less without, discounted and summed",
        ),
        "risk_adjusted" => Text::new(
            "现金流折现后乘以成功概率",
            "discounted cash flows times the probability of success",
        ),
        "real_option" => Text::new("布莱克–斯科尔斯公式", "the Black-Scholes formula"),
        "build_up" => Text::new(
            "无风险利率与各项风险溢价之和",
            "the risk-free rate and all premiums, summed",
        ),
        _ => Text::new(
            "权益与债务成本按市值加权，债务税后",
            "costs of equity and of debt after tax, weighted",
        ),
    }
}

fn monte_carlo(question: Value, env: &Env) -> Result<Value, CalcError> {
    let MonteCarlo {
        mut of,
        draws,
        seed,
    } = parse(question)?;
    if draws == 0 || draws > MOST_DRAWS {
        return Err(wrong(
            "/draws",
            "次数在 1 与 1000000 之间",
            "draws lie between 1 and 1,000,000",
        ));
    }
    let method = method_of(&mut of, "/of")?;
    let flows = Flows::read(&method, of).ok_or_else(|| unknown_method(&method, "/of/method"))?;
    let within = |mut error: CalcError| {
        if !error.pointer.starts_with("/of") {
            error.pointer = format!("/of{}", error.pointer);
        }
        error
    };
    let flows = flows.map_err(within)?;
    let (drawn, many) = (draws as usize, flows.len());
    if drawn.saturating_mul(many) > MOST_DRAWN {
        let message = text!(
            "次数乘以现金流个数（{draws}×{many}）超过上限 {MOST_DRAWN}，请减少次数",
            "draws times flows ({draws} × {many}) are above the limit of {MOST_DRAWN}; take fewer draws"
        );
        return Err(CalcError::new("input.too_much", "/draws", message));
    }
    let mut dice = Dice::new(seed);
    let mut values = Vec::new();
    for _ in 0..draws {
        values.push(flows.value(&mut Source::Dice(&mut dice)).map_err(within)?);
    }
    values.sort_by(f64::total_cmp);
    let mean = finite(values.iter().sum::<f64>() / f64::from(draws))?;
    let words = text!(
        "以种子 {seed} 抽取 {draws} 次",
        "{draws} draws from the seed {seed}"
    );
    let step = Step::new("valuation.monte_carlo", words, mean)
        .with("method", method)
        .with("draws", draws)
        .with("seed", seed)
        .cite(env.rulebook.article("gbt_42748"));
    Ok(json!({
        "mean": mean,
        "p5": quantile(&values, 0.05),
        "p50": quantile(&values, 0.5),
        "p95": quantile(&values, 0.95),
        "histogram": histogram(&values),
        "steps": [answer(&step)?],
        "findings": []
    }))
}

/// The quantile of sorted values, interpolated between neighbours.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = part * (sorted.len().saturating_sub(1)) as f64;
    let low = libm::floor(place);
    let at = |index: usize| {
        sorted
            .get(index)
            .or(sorted.last())
            .copied()
            .unwrap_or_default()
    };
    let (below, above) = (at(low as usize), at(low as usize + 1));
    below + (above - below) * (place - low)
}

/// Counts in bars of equal width from the least to the greatest value.
fn histogram(sorted: &[f64]) -> Value {
    let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else {
        return json!([]);
    };
    let width = (high - low) / BARS as f64;
    if width <= 0.0 || !width.is_finite() {
        return json!([{"from": low, "to": high, "count": sorted.len()}]);
    }
    let mut counts = [0u32; BARS];
    for value in sorted {
        let bar = (libm::floor((value - low) / width) as usize).min(BARS - 1);
        if let Some(count) = counts.get_mut(bar) {
            *count += 1;
        }
    }
    let bar = |(index, count): (usize, u32)| {
        let from = low + width * index as f64;
        json!({"from": from, "to": from + width, "count": count})
    };
    counts.into_iter().enumerate().map(bar).collect()
}
