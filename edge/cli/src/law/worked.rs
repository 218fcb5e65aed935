//! Worked cases: questions to the calculators, and what must stand in the answers.

use std::path::Path;

use dukou_calc::Env;
use dukou_kernel::Lang;
use serde_json::Value;

/// A worked case: a question to a calculator, and what must stand in its answer.
pub struct Case {
    /// The file that it lies in.
    file: String,
    written: Written,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    calc: String,
    question: String,
    answer: String,
    #[allow(dead_code, reason = "it must be there; people read it")]
    source: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Written>,
}

/// Reads a file of worked cases.
///
/// # Errors
/// With path and line, when it cannot be read.
pub fn parse(path: &Path, text: &str) -> Result<Vec<Case>, String> {
    let file = path.display().to_string();
    let cases: Cases = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(offset).filter(|it| *it == b'\n').count() + 1;
        format!("{file}:{line}: {}", error.message())
    })?;
    let own = |written| Case {
        file: file.clone(),
        written,
    };
    Ok(cases.case.into_iter().map(own).collect())
}

/// What is wrong with the cases that do not come out by these rules.
pub fn wrong(cases: &[Case], env: &Env) -> Vec<String> {
    let told = |case: &Case| {
        let why = comes_out(&case.written, env).err()?;
        Some(format!("{}: {}: {why}", case.file, case.written.name))
    };
    cases.iter().filter_map(told).collect()
}

fn comes_out(case: &Written, env: &Env) -> Result<(), String> {
    let found = dukou_calc::find(&case.calc)
        .ok_or_else(|| format!("there is no calculator {}", case.calc))?;
    let expected: Value =
        serde_json::from_str(&case.answer).map_err(|error| format!("answer: {error}"))?;
    let (answer, _) = dukou_calc::run_line(found, &case.question, Lang::En, env);
    differs(&answer, &expected, "").map_or(Ok(()), Err)
}

/// Where the answer does not hold what is expected. Objects may hold more.
fn differs(answer: &Value, expected: &Value, place: &str) -> Option<String> {
    match (expected, answer) {
        (Value::Object(map), _) => map.iter().find_map(|(key, value)| match answer.get(key) {
            Some(inner) => differs(inner, value, &format!("{place}/{key}")),
            None => Some(format!("{place}/{key} is missing in {answer}")),
        }),
        (Value::Array(items), Value::Array(found)) if items.iter().any(Value::is_object) => {
            if items.len() != found.len() {
                return Some(format!("{place} has {} entries", found.len()));
            }
            let pairs = items.iter().zip(found).enumerate();
            pairs
                .filter_map(|(n, (item, inner))| differs(inner, item, &format!("{place}/{n}")))
                .next()
        }
        _ if answer == expected => None,
        _ => Some(format!("{place} is {answer}, expected {expected}")),
    }
}
