//! Exemption of the leaders from liability for a price (尽职免责): whether every
//! condition is known to be met.

use dukou_kernel::{Citation, Date, Finding, Severity, Text, text};
use serde::{Deserialize, Serialize};

use crate::conditions::Known;
use crate::register::Row;
use crate::rulebook::{COUNTRY, Rulebook, RulesOn};
use crate::step::{RuleError, Step};
use crate::terms::Pricing;

/// What a due-diligence dossier (尽职免责档案) proves. A fact that is `None` was
/// stated by nobody: it is taken for neither yes nor no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// How the price was found.
    pub pricing: Pricing,
    /// 单位内公示; needed for an agreed price.
    #[serde(default)]
    pub published_in_unit: Option<bool>,
    /// 技术交易市场公示; needed for an agreed price.
    #[serde(default)]
    pub published_on_market: Option<bool>,
    /// 公示期满无异议或异议已处理; needed for an agreed price.
    #[serde(default)]
    pub publicity_complete: Option<bool>,
    /// 领导班子集体决策
    #[serde(default)]
    pub collective_decision: Option<bool>,
    /// 利益关系已申报
    #[serde(default)]
    pub conflicts_declared: Option<bool>,
    /// 牟取非法利益
    #[serde(default)]
    pub illegal_benefit: Option<bool>,
    /// The day; today when left out.
    #[serde(default)]
    pub on: Option<Date>,
    /// Whose overlay applies; `CN` when left out.
    #[serde(default)]
    pub jurisdiction: Option<String>,
}

/// Whether the dossier is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExemptionAnswer {
    /// True when every condition is known to be met.
    pub complete: bool,
    /// Names of the unmet inputs in order.
    pub missing: Vec<String>,
    /// How it was decided.
    pub steps: Vec<Step>,
    /// One for each that is not met, and one for each of which nobody said anything.
    pub findings: Vec<Finding>,
}

/// The check-list of the exemption.
const EXEMPTION: &str = "exemption.conditions";

/// One condition: the input that answers it, and what is known.
struct Condition {
    name: String,
    words: Text,
    known: Known,
    citation: Citation,
}

impl Condition {
    fn new(name: &str, known: Known, citation: &Citation) -> Self {
        Self {
            name: name.to_owned(),
            words: exemption_words(name),
            known,
            citation: citation.clone(),
        }
    }
}

/// Which of the publicity conditions the region's row asks for an agreed price.
fn publicity_asked(row: &Row, pricing: Pricing) -> (bool, bool) {
    let admits = |kind: &str| row.kinds.iter().any(|it| it == kind);
    if pricing != Pricing::Agreement || admits("agreed") {
        return (false, false);
    }
    (true, !admits("agreed_published_unit"))
}

/// Whether the conditions of exemption from decision liability are all proven
/// (国发〔2016〕16号（十）, and what the region says instead).
///
/// # Errors
/// `input.missing_key` when an agreed price comes without its publicity;
/// `rule.not_in_force` before the first rule.
pub fn exemption(
    question: &Exemption,
    book: &Rulebook,
    today: Date,
) -> Result<ExemptionAnswer, RuleError> {
    let rules = book
        .at(question.on.unwrap_or(today))
        .within(question.jurisdiction.as_deref().unwrap_or(COUNTRY));
    Ok(judge(conditions(question, &rules)?))
}

fn conditions(question: &Exemption, rules: &RulesOn<'_>) -> Result<Vec<Condition>, RuleError> {
    let (mut all, mut later) = (Vec::new(), Vec::new());
    for row in rules.checklist(EXEMPTION)? {
        let cite = &row.citation;
        match row.key.as_str() {
            "pricing" => all.extend(publicity(question, row)?),
            "diligent" => {
                let together = rules.book().article("sc_2016_16.2");
                let decided = Known::from(question.collective_decision);
                let declared = Known::from(question.conflicts_declared);
                all.extend([
                    Condition::new("collective_decision", decided, &together),
                    Condition::new("conflicts_declared", declared, cite),
                ]);
            }
            "no_gain" => {
                let none = Known::from(question.illegal_benefit.map(|taken| !taken));
                later.push(Condition::new("illegal_benefit", none, cite));
            }
            // What only informs is no condition; any other is one that no input answers.
            _ if row.severity == Severity::Info => {}
            key => later.push(Condition {
                name: key.to_owned(),
                words: row.words.clone(),
                known: Known::Unsaid,
                citation: cite.clone(),
            }),
        }
    }
    all.extend(later);
    Ok(all)
}

/// The publicity that the region asks for, which an agreed price does not come without.
fn publicity(question: &Exemption, row: &Row) -> Result<[Condition; 3], RuleError> {
    let (unit, market) = publicity_asked(row, question.pricing);
    let of = |name: &str, value: Option<bool>, asked: bool| {
        let known = match value {
            _ if !asked => Known::Beside,
            None => return Err(RuleError::missing(name)),
            said => Known::from(said),
        };
        Ok(Condition::new(name, known, &row.citation))
    };
    Ok([
        of("published_in_unit", question.published_in_unit, unit)?,
        of("published_on_market", question.published_on_market, market)?,
        of("publicity_complete", question.publicity_complete, unit)?,
    ])
}

fn judge(conditions: Vec<Condition>) -> ExemptionAnswer {
    let mut answer = ExemptionAnswer {
        complete: true,
        missing: Vec::new(),
        steps: Vec::new(),
        findings: Vec::new(),
    };
    for it in conditions {
        let shown = match it.known {
            Known::Met | Known::Beside => "true",
            Known::Unmet => "false",
            Known::Unsaid => "unknown",
        };
        let step = Step::new(&it.name, it.words.clone(), shown);
        answer.steps.push(step.cite(it.citation.clone()));
        if matches!(it.known, Known::Unmet | Known::Unsaid) {
            answer.complete = false;
            answer.findings.push(finding(&it));
        }
        if it.known == Known::Unmet {
            answer.missing.push(it.name);
        }
    }
    answer
}

/// What is not met, or nobody said. Nobody's word is a warning, as for the reliefs.
fn finding(condition: &Condition) -> Finding {
    let (name, words) = (&condition.name, &condition.words);
    let (zh, en) = (&words.zh, &words.en);
    let made = if condition.known == Known::Unmet {
        let severity = if name == "illegal_benefit" {
            Severity::Refused
        } else {
            Severity::Warning
        };
        let message = text!("未满足：{zh}", "Not met: {en}");
        Finding::new(severity, &format!("exemption.{name}"), message)
    } else {
        let message = text!(
            "尚未说明是否满足：{zh}；没有说明的条件，免责不能认定。",
            "Nobody said whether this holds: {en}; while nobody does, the exemption is not proven."
        );
        Finding::new(
            Severity::Warning,
            &format!("exemption.{name}_unknown"),
            message,
        )
    };
    made.cite(condition.citation.clone()).at(name)
}

fn exemption_words(name: &str) -> Text {
    match name {
        "published_in_unit" => Text::new("在本单位公示", "published inside the unit"),
        "published_on_market" => {
            Text::new("在技术交易市场公示", "published on a technology market")
        }
        "publicity_complete" => Text::new(
            "公示期满且异议已处理",
            "publicity complete, objections settled",
        ),
        "collective_decision" => {
            Text::new("领导班子集体决策", "decided by the leadership together")
        }
        "conflicts_declared" => Text::new("利益关系已申报", "conflicts of interest declared"),
        _ => Text::new("未牟取非法利益", "no illegal benefit"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(question: serde_json::Value, book: &Rulebook) -> ExemptionAnswer {
        let question: Exemption = serde_json::from_value(question).unwrap();
        exemption(&question, book, Date::constant(2026, 11, 30)).unwrap()
    }

    fn told(answer: &ExemptionAnswer) -> Vec<(&str, Severity)> {
        let all = answer.findings.iter();
        all.map(|it| (it.code.as_str(), it.severity)).collect()
    }

    #[test]
    fn what_nobody_stated_is_a_warning_and_no_yes() {
        let book = Rulebook::builtin();
        let answer = ask(serde_json::json!({"pricing": "auction"}), &book);
        assert!(!answer.complete && answer.missing.is_empty());
        assert_eq!(
            told(&answer),
            [
                ("exemption.collective_decision_unknown", Severity::Warning),
                ("exemption.conflicts_declared_unknown", Severity::Warning),
                ("exemption.illegal_benefit_unknown", Severity::Warning),
            ]
        );
        let all = serde_json::json!({"pricing": "auction", "collective_decision": true,
            "conflicts_declared": true, "illegal_benefit": false});
        let answer = ask(all, &book);
        assert!(answer.complete && answer.findings.is_empty());
        let taken = serde_json::json!({"pricing": "auction", "collective_decision": true,
            "conflicts_declared": false, "illegal_benefit": true});
        let answer = ask(taken, &book);
        assert_eq!(answer.missing, ["conflicts_declared", "illegal_benefit"]);
        assert_eq!(
            told(&answer),
            [
                ("exemption.conflicts_declared", Severity::Warning),
                ("exemption.illegal_benefit", Severity::Refused),
            ]
        );
    }

    /// A condition that a law file adds is answered by no input: it is not passed over.
    #[test]
    fn a_condition_that_no_input_answers_is_a_warning() {
        let row = "[[checklist]]\nid = \"exemption.conditions\"\n[[checklist.row]]\nkey = \"minutes\"\nfrom = 2026-01-01\nzh = \"会议纪要已归档\"\nen = \"The minutes are filed\"\narticle = \"sc_2016_16.10\"\nmark = \"V\"\nchecked = 2026-06-01\n";
        let all = serde_json::json!({"pricing": "auction", "collective_decision": true,
            "conflicts_declared": true, "illegal_benefit": false});
        let with = |extra: &str| {
            let text = format!("{row}{extra}");
            let book = Rulebook::builtin();
            book.with_layer(&[("law/x.toml", &text)]).unwrap()
        };
        let answer = ask(all.clone(), &with(""));
        assert!(!answer.complete);
        assert_eq!(
            told(&answer),
            [("exemption.minutes_unknown", Severity::Warning)]
        );
        let cited = answer.findings[0].citation.as_ref().unwrap();
        assert_eq!(cited.id, "sc_2016_16.10");
        assert!(ask(all, &with("severity = \"info\"\n")).complete);
    }
}
