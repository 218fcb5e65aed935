//! An answer as lines for people.

use std::fmt::Write as _;

use dukou_kernel::Lang;
use serde_json::Value;

/// The answer in words: results, steps, findings. Texts are already in the
/// reader's language.
pub(crate) fn explain(answer: &Value, lang: Lang) -> String {
    let mut out = String::new();
    let Some(map) = answer.as_object() else {
        return out;
    };
    if let Some(error) = map.get("error") {
        let _ = writeln!(
            out,
            "✗ {} [{}] {}",
            text(error, "message"),
            text(error, "code"),
            text(error, "pointer")
        );
        return out;
    }
    for (key, value) in map
        .iter()
        .filter(|(key, _)| !matches!(key.as_str(), "steps" | "findings"))
    {
        result(&mut out, key, value, 0, lang);
    }
    let steps = map.get("steps").and_then(Value::as_array);
    for (index, step) in steps.into_iter().flatten().enumerate() {
        let _ = write!(out, "{}. {}", index + 1, text(step, "text"));
        let _ = write!(out, " → {}", text(step, "result"));
        if let Some(citation) = step.get("citation").filter(|it| it.is_object()) {
            let _ = write!(out, "〔{}〕", cited(citation, lang));
        }
        out.push('\n');
    }
    for finding in map
        .get("findings")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let _ = write!(
            out,
            "! [{}] {}",
            text(finding, "severity"),
            text(finding, "message")
        );
        if let Some(citation) = finding.get("citation") {
            let _ = write!(out, "〔{}〕", cited(citation, lang));
        }
        out.push('\n');
    }
    out
}

fn result(out: &mut String, key: &str, value: &Value, depth: usize, lang: Lang) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) if map.contains_key("verified") => {
            let _ = writeln!(out, "{indent}{key}: {}", cited(value, lang));
        }
        Value::Object(map) => {
            let _ = writeln!(out, "{indent}{key}:");
            for (key, value) in map {
                result(out, key, value, depth + 1, lang);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, item) in items.iter().enumerate() {
                result(out, &format!("{key} {}", index + 1), item, depth, lang);
            }
        }
        Value::String(text) => {
            let _ = writeln!(out, "{indent}{key}: {text}");
        }
        other => {
            let _ = writeln!(out, "{indent}{key}: {other}");
        }
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn cited(citation: &Value, lang: Lang) -> String {
    let article = text(citation, lang.code());
    let verified = citation
        .get("verified")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    let mark = if verified {
        ""
    } else {
        lang.pick("（未核对）", " (unverified)")
    };
    format!("{article}{mark}")
}
