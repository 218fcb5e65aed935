//! When half of a cash award is left out of the income tax (财税〔2018〕58号第5条).

use dukou_calendar::Period;
use dukou_kernel::{Date, Finding, Severity, Text, text, words};

use crate::conditions::{self, Known};
use crate::rulebook::{LookupError, RulesOn};
use crate::step::{RuleError, Step};
use crate::terms::Mode;

words! {
    /// Out of which kind of contract an award is paid (合同种类).
    ContractKind {
        Transfer = "transfer", "技术转让", "Transfer";
        Licence = "licence", "技术许可", "Licence";
        Equity = "equity", "作价投资", "Equity investment";
        Development = "development", "技术开发", "Development";
        Consulting = "consulting", "技术咨询", "Consulting";
        Service = "service", "技术服务", "Service";
    }
}

impl ContractKind {
    /// The contract behind a way of transformation; `None` for other ways, which
    /// carry no relief.
    pub fn of(mode: Mode) -> Option<Self> {
        match mode {
            Mode::Transfer => Some(Self::Transfer),
            Mode::Licence => Some(Self::Licence),
            Mode::Equity => Some(Self::Equity),
            Mode::Other => None,
        }
    }
}

words! {
    /// Kinds of result that 58号 tells apart (科技成果种类).
    ReliefKind {
        Patent = "patent", "专利", "Patent";
        DefencePatent = "defence_patent", "国防专利", "Defence patent";
        Software = "software", "计算机软件著作权", "Software copyright";
        Layout = "layout", "集成电路布图设计专有权", "IC layout design";
        PlantVariety = "plant_variety", "植物新品种权", "Plant variety";
        BiomedicalVariety = "biomedical_variety", "生物医药新品种", "Biomedical variety";
        Other = "other", "其他", "Other";
    }
}

impl ReliefKind {
    /// The kind of a result as cases name it.
    pub fn of_result(code: &str) -> Self {
        match code {
            "invention" | "utility_model" | "design" => Self::Patent,
            "ic_layout" => Self::Layout,
            "biomedical" => Self::BiomedicalVariety,
            same => Self::parse(same).unwrap_or(Self::Other),
        }
    }
}

/// What decides about the relief of one award.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReliefFacts {
    /// The contract.
    pub contract: ContractKind,
    /// The day on which the unit received the income.
    pub received: Date,
    /// The day on which the award is paid.
    pub paid: Date,
    /// True with a certificate of registration of the contract as it stands.
    pub registered: bool,
    /// Were the award and its people published for the full period?
    pub published: Option<bool>,
    /// The kind of result.
    pub result_kind: Option<ReliefKind>,
}

/// Whether a relief applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relief {
    /// True while no condition is known to be unmet.
    pub applies: bool,
    /// Each condition that is not met, and each of which nobody said anything.
    pub findings: Vec<Finding>,
    /// Every condition of the list, also those that only the file can show.
    pub steps: Vec<Step>,
}

/// Whether half of the award is left out on the day of payment. A condition that
/// is not met costs the relief; it never forbids the payment.
///
/// # Errors
/// When the rulebook cannot answer.
pub fn pit_relief(facts: &ReliefFacts, rules: &RulesOn<'_>) -> Result<Relief, RuleError> {
    let mut relief = Relief {
        applies: true,
        findings: Vec::new(),
        steps: Vec::new(),
    };
    let rows = match rules.checklist(CONDITIONS) {
        Ok(rows) => rows,
        Err(LookupError::NotInForce { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    for row in rows {
        let (known, code, field) = match row.key.as_str() {
            "mode" => (
                Known::from(Some(row.admits(facts.contract.code()))),
                "pit.mode_without_relief",
                "mode",
            ),
            "registered" => (
                Known::from(Some(facts.registered)),
                "pit.contract_not_registered",
                "contract_registered",
            ),
            "published" => (published(facts), "pit.not_published", "published"),
            "kind" => (
                Known::from(facts.result_kind.map(|kind| row.admits(kind.code()))),
                "pit.result_kind",
                "result_kind",
            ),
            // Its own dates: below.
            "window" => continue,
            // Only the unit's own file shows it.
            _ => (Known::Beside, "pit.condition", ""),
        };
        relief.applies &= known != Known::Unmet;
        let finding = conditions::finding(row, known, code, Severity::Warning);
        relief.findings.extend(finding.map(|it| it.at(field)));
        relief.steps.push(conditions::step(CONDITIONS, row, known));
    }
    if let Some(finding) = window(facts, rules)? {
        relief.applies = false;
        relief.findings.push(finding);
    }
    Ok(relief)
}

/// The check-list of 58号.
const CONDITIONS: &str = "pit.58.conditions";

/// A defence patent is not published (58号第5条).
fn published(facts: &ReliefFacts) -> Known {
    if facts.result_kind == Some(ReliefKind::DefencePatent) {
        return Known::Beside;
    }
    Known::from(facts.published)
}

/// Whether the award is paid within the months from the receipt.
fn window(facts: &ReliefFacts, rules: &RulesOn<'_>) -> Result<Option<Finding>, RuleError> {
    let book = rules.book();
    let obstacle = |code: &str, message: Text, citation| {
        Some(
            Finding::new(Severity::Warning, code, message)
                .cite(citation)
                .at("paid"),
        )
    };
    let window = match rules.count("pit.window") {
        Ok(window) => window,
        Err(error @ LookupError::NotInForce { .. }) => {
            return Ok(obstacle(
                "pit.before_relief",
                error.message(),
                book.article("mof_2018_58.1"),
            ));
        }
        Err(error) => return Err(error.into()),
    };
    // 财税〔2018〕58号第7条: for income received before the notice the months
    // run from the day on which it took effect.
    let effective = book
        .parameter("pit.window")
        .and_then(|it| it.values.first())
        .map(|it| it.from);
    let base = effective.map_or(facts.received, |day| day.max(facts.received));
    let last = Period::Months(window.value)
        .end(base)
        .map_err(|_| RuleError::out_of_range("/received"))?;
    let (months, received) = (window.value, facts.received);
    if facts.paid > last {
        let message = text!(
            "{received} 取得的收入，须在 {months} 个月内（至 {last}）发放才减按比例计税。",
            "Income received on {received} must be paid out within {months} months, by {last}, for the relief."
        );
        return Ok(obstacle("pit.window_passed", message, window.citation));
    }
    if facts.paid < received {
        let message = text!(
            "发放日早于单位取得收入之日 {received}，不适用减按比例计税。",
            "The reward is paid before the income was received on {received}; no relief applies."
        );
        return Ok(obstacle(
            "pit.paid_before_receipt",
            message,
            window.citation,
        ));
    }
    Ok(None)
}
