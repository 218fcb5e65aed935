//! Income tax on rewards and on transfer income.

use dukou_calendar::Period;
use dukou_kernel::{Date, Finding, Money, Severity, Share, Text, text};
use serde::{Deserialize, Serialize};

use crate::register::Bracket;
use crate::rulebook::{LookupError, Rulebook};
use crate::step::{RuleError, Step};

/// `amount × share`, rounded half up to the fen; `None` when it does not fit.
/// The amount is not negative.
pub(crate) fn part_half_up(amount: i128, share: Share) -> Option<i128> {
    let top = amount.checked_mul(i128::from(share.numerator()))?;
    let bottom = i128::from(share.denominator());
    let doubled = top.checked_mul(2)?.checked_add(bottom)?;
    Some(doubled.div_euclid(bottom.checked_mul(2)?))
}

fn money(fen: i128, pointer: &str) -> Result<Money, RuleError> {
    i64::try_from(fen)
        .map(Money::from_fen)
        .map_err(|_| RuleError::out_of_range(pointer))
}

/// The yearly comprehensive income tax on a taxable amount, rounded half up to
/// the fen; nothing is due at or below zero. `None` when it does not fit.
pub fn income_tax(taxable: Money, table: &[Bracket]) -> Option<Money> {
    if !taxable.is_positive() {
        return Some(Money::ZERO);
    }
    let row = table
        .iter()
        .find(|row| row.up_to.is_none_or(|up_to| taxable <= up_to))?;
    let tax = part_half_up(i128::from(taxable.fen()), row.rate)?;
    i64::try_from(tax - i128::from(row.quick.fen()))
        .ok()
        .map(Money::from_fen)
}

/// Out of which kind of contract the reward is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PitMode {
    /// 转让
    Transfer,
    /// 许可
    Licence,
    /// 作价投资
    Equity,
    /// 开发
    Development,
    /// 咨询
    Consulting,
    /// 服务
    Service,
}

/// Either a taxable amount alone, or a reward with its circumstances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pit {
    /// Yearly taxable amount, alone.
    #[serde(default)]
    pub taxable_fen: Option<Money>,
    /// The cash reward.
    #[serde(default)]
    pub award_fen: Option<Money>,
    /// The person's other yearly taxable amount.
    #[serde(default)]
    pub other_taxable_fen: Option<Money>,
    /// The kind of contract.
    #[serde(default)]
    pub mode: Option<PitMode>,
    /// The day on which the unit received the income.
    #[serde(default)]
    pub received: Option<Date>,
    /// The day on which the reward is paid.
    #[serde(default)]
    pub paid: Option<Date>,
    /// True with a certificate of registration.
    #[serde(default)]
    pub contract_registered: Option<bool>,
}

/// The tax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PitAnswer {
    /// On a taxable amount alone.
    Plain {
        /// The tax.
        tax_fen: Money,
        /// How it was computed.
        steps: Vec<Step>,
        /// Nothing here.
        findings: Vec<Finding>,
    },
    /// With and without a reward.
    Award {
        /// True when half of the reward is left out (财税〔2018〕58号).
        relief: bool,
        /// The part of the reward that counts.
        included_fen: Money,
        /// Tax without the reward.
        tax_without_award_fen: Money,
        /// Tax with it.
        tax_with_award_fen: Money,
        /// The difference.
        extra_tax_fen: Money,
        /// Last day of filing, not rolled; `None` without relief.
        file_by: Option<Date>,
        /// How it was computed.
        steps: Vec<Step>,
        /// Why there is no relief.
        findings: Vec<Finding>,
    },
}

struct AwardTerms {
    award: Money,
    other: Money,
    mode: PitMode,
    received: Date,
    paid: Date,
    registered: bool,
}

fn award_terms(question: &Pit) -> Result<AwardTerms, RuleError> {
    let need = RuleError::missing;
    let terms = AwardTerms {
        award: question.award_fen.ok_or_else(|| need("award_fen"))?,
        other: question
            .other_taxable_fen
            .ok_or_else(|| need("other_taxable_fen"))?,
        mode: question.mode.ok_or_else(|| need("mode"))?,
        received: question.received.ok_or_else(|| need("received"))?,
        paid: question.paid.ok_or_else(|| need("paid"))?,
        registered: question
            .contract_registered
            .ok_or_else(|| need("contract_registered"))?,
    };
    if terms.award.is_negative() {
        let message = Text::new("奖励不得为负", "a reward is not negative");
        return Err(RuleError::new("input.negative", "/award_fen", message));
    }
    Ok(terms)
}

/// Individual income tax on a cash reward (财税〔2018〕58号, 税务总局公告2018年第30号),
/// or the yearly tax on a taxable amount.
///
/// # Errors
/// `input.missing_key`, `input.negative`, `input.ambiguous`,
/// `input.out_of_range`, `rule.not_in_force` before the tax table of 2019.
pub fn pit(question: &Pit, book: &Rulebook) -> Result<PitAnswer, RuleError> {
    let Some(taxable) = question.taxable_fen else {
        return pit_award(&award_terms(question)?, book);
    };
    let alone = Pit {
        taxable_fen: question.taxable_fen,
        ..Pit::default()
    };
    if *question != alone {
        let message = Text::new("taxable_fen 须单独给出", "taxable_fen stands alone");
        return Err(RuleError::new("input.ambiguous", "/taxable_fen", message));
    }
    let table = book.at(Date::MAX).brackets("pit.brackets")?;
    let tax =
        income_tax(taxable, &table.value).ok_or_else(|| RuleError::out_of_range("/taxable_fen"))?;
    let step = Step::new("pit.brackets", tax_words(), tax.fen())
        .with("taxable_fen", taxable.fen())
        .cite(table.citation);
    Ok(PitAnswer::Plain {
        tax_fen: tax,
        steps: vec![step],
        findings: Vec::new(),
    })
}

fn tax_words() -> Text {
    Text::new(
        "应纳税额 = 应纳税所得额 × 税率 − 速算扣除数",
        "tax = taxable × rate − quick deduction",
    )
}

fn pit_award(terms: &AwardTerms, book: &Rulebook) -> Result<PitAnswer, RuleError> {
    let rules = book.at(terms.paid);
    let findings = pit_obstacles(terms, book)?;
    let relief = findings.is_empty();
    let mut steps = Vec::new();
    let mut included = terms.award;
    let mut file_by = None;
    if relief {
        let part = rules.share("pit.cash_reward.included")?;
        let counted = part_half_up(i128::from(terms.award.fen()), part.value);
        included = money(
            counted.ok_or_else(|| RuleError::out_of_range("/award_fen"))?,
            "/award_fen",
        )?;
        let words = Text::new(
            "减按 50% 计入工资、薪金所得",
            "half of the reward counts as wages",
        );
        let step = Step::new("pit.cash_reward.included", words, included.fen())
            .with("award_fen", terms.award.fen())
            .with("share", part.value);
        steps.push(step.cite(part.citation));
        let day = rules.count("pit.filing")?;
        let next = Period::Months(1).end(terms.paid.first_of_month()).ok();
        file_by = next.and_then(|next| {
            Date::new(
                next.year(),
                next.month(),
                i8::try_from(day.value).unwrap_or(15),
            )
            .ok()
        });
        let by = file_by.map_or_else(String::new, |by| by.to_string());
        let words = Text::new(
            "发放次月十五日内备案，不顺延",
            "filed by day 15 of the next month, not rolled",
        );
        steps.push(
            Step::new("pit.filing", words, by)
                .with("paid", terms.paid)
                .cite(day.citation),
        );
    }
    let table = rules.brackets("pit.brackets")?;
    let range = || RuleError::out_of_range("/other_taxable_fen");
    let total = terms.other.plus(included).map_err(|_| range())?;
    let without = income_tax(terms.other, &table.value).ok_or_else(range)?;
    let with = income_tax(total, &table.value).ok_or_else(range)?;
    for (taxable, tax) in [(terms.other, without), (total, with)] {
        let step =
            Step::new("pit.brackets", tax_words(), tax.fen()).with("taxable_fen", taxable.fen());
        steps.push(step.cite(table.citation.clone()));
    }
    Ok(PitAnswer::Award {
        relief,
        included_fen: included,
        tax_without_award_fen: without,
        tax_with_award_fen: with,
        extra_tax_fen: with.minus(without).map_err(|_| range())?,
        file_by,
        steps,
        findings,
    })
}

/// Why the relief does not apply; empty when it does.
fn pit_obstacles(terms: &AwardTerms, book: &Rulebook) -> Result<Vec<Finding>, RuleError> {
    let mut findings = Vec::new();
    let conditions = book.article("mof_2018_58.5");
    let mut obstacle = |code: &str, field: &str, message: Text, citation| {
        findings.push(
            Finding::new(Severity::Warning, code, message)
                .cite(citation)
                .at(field),
        );
    };
    if !matches!(terms.mode, PitMode::Transfer | PitMode::Licence) {
        let message = Text::new(
            "减按 50% 计税只适用于转让、许可所得的现金奖励。",
            "Half of the reward is left out only for transfers and licences.",
        );
        obstacle(
            "pit.mode_without_relief",
            "mode",
            message,
            conditions.clone(),
        );
    }
    if !terms.registered {
        let message = Text::new(
            "技术合同未经认定登记，不能享受减按 50% 计税；请先办理认定登记。",
            "The contract is not registered, so the whole reward is taxed; register it first.",
        );
        obstacle(
            "pit.contract_not_registered",
            "contract_registered",
            message,
            conditions,
        );
    }
    findings.extend(pit_window(terms, book)?);
    Ok(findings)
}

/// Whether the reward is paid within the months from the receipt.
fn pit_window(terms: &AwardTerms, book: &Rulebook) -> Result<Option<Finding>, RuleError> {
    let obstacle = |code: &str, message: Text, citation| {
        Some(
            Finding::new(Severity::Warning, code, message)
                .cite(citation)
                .at("paid"),
        )
    };
    let window = match book.at(terms.paid).count("pit.window") {
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
    let base = effective.map_or(terms.received, |day| day.max(terms.received));
    let last = Period::Months(window.value).end(base).unwrap_or(Date::MAX);
    let (months, received) = (window.value, terms.received);
    if terms.paid > last {
        let message = text!(
            "{received} 取得的收入，须在 {months} 个月内（至 {last}）发放才减按 50% 计税。",
            "Income received on {received} must be paid out within {months} months, by {last}, for the relief."
        );
        return Ok(obstacle("pit.window_passed", message, window.citation));
    }
    if terms.paid < received {
        let message = text!(
            "发放日早于单位取得收入之日 {received}，不适用减按 50% 计税。",
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

/// How technology is transferred, for enterprise income tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CitMode {
    /// 所有权转让
    Transfer,
    /// 全球独占许可
    ExclusiveLicence,
    /// 非独占许可
    NonexclusiveLicence,
}

/// The question of enterprise income tax on transfer income. Missing amounts
/// are zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cit {
    /// How the technology is transferred.
    pub mode: CitMode,
    /// Term of the licence in whole years.
    #[serde(default)]
    pub term_years: Option<u32>,
    /// Income.
    #[serde(default)]
    pub income_fen: Money,
    /// Net tax basis of what was transferred.
    #[serde(default)]
    pub cost_fen: Money,
    /// Amortisation in the year, for a non-exclusive licence.
    #[serde(default)]
    pub amortisation_fen: Money,
    /// Taxes and fees of the transaction.
    #[serde(default)]
    pub taxes_fen: Money,
    /// Period costs that fall on a non-exclusive licence.
    #[serde(default)]
    pub period_costs_fen: Money,
    /// The seller's direct and indirect holding in the buyer.
    #[serde(default)]
    pub buyer_holding: Option<Share>,
    /// What was already exempted this year.
    #[serde(default)]
    pub already_exempted_fen: Money,
    /// The day; the newest rules when left out.
    #[serde(default)]
    pub on: Option<Date>,
}

/// The tax on transfer income.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CitAnswer {
    /// True when the relief applies.
    pub qualifies: bool,
    /// Net income, not below zero.
    pub net_fen: Money,
    /// Part without tax.
    pub exempt_fen: Money,
    /// Part taxed by half.
    pub halved_fen: Money,
    /// The tax, rounded half up.
    pub tax_fen: Money,
    /// How it was computed.
    pub steps: Vec<Step>,
    /// Why the relief does not apply.
    pub findings: Vec<Finding>,
}

/// Enterprise income tax on transfer income (企业所得税法实施条例第90条;
/// 国税函〔2009〕212号; 财税〔2010〕111号; 税务总局公告2015年第82号).
///
/// # Errors
/// `input.negative`, `input.out_of_range`, `rule.not_in_force`.
pub fn cit(question: &Cit, book: &Rulebook) -> Result<CitAnswer, RuleError> {
    let rules = book.at(question.on.unwrap_or(Date::MAX));
    cit_amounts(question)?;
    let findings = cit_obstacles(question, book)?;
    let qualifies = !findings.iter().any(|it| it.severity == Severity::Warning);
    let licence = question.mode == CitMode::NonexclusiveLicence;
    let deducted = if licence {
        vec![
            question.amortisation_fen,
            question.taxes_fen,
            question.period_costs_fen,
        ]
    } else {
        vec![question.cost_fen, question.taxes_fen]
    };
    let costs: i128 = deducted.iter().map(|cost| i128::from(cost.fen())).sum();
    let net = (i128::from(question.income_fen.fen()) - costs).max(0);
    let ceiling = rules.money("cit.exempt")?;
    let free =
        (i128::from(ceiling.value.fen()) - i128::from(question.already_exempted_fen.fen())).max(0);
    let exempt = if qualifies { net.min(free) } else { 0 };
    let halved = if qualifies { net - exempt } else { 0 };
    let rate = rules.share("cit.rate")?;
    let half = Share::percent(50);
    let used = if qualifies {
        rate.value.times(half)
    } else {
        Ok(rate.value)
    };
    let range = || RuleError::out_of_range("/income_fen");
    let taxed = if qualifies { halved } else { net };
    let tax = part_half_up(taxed, used.map_err(|_| range())?).ok_or_else(range)?;
    let basis = if licence {
        "sta_2015_82.1"
    } else {
        "sta_2009_212"
    };
    let steps = vec![
        cit_step("cit.net", net)
            .with("income_fen", question.income_fen.fen())
            .with("deducted_fen", costs)
            .cite(book.article(basis)),
        cit_step("cit.exempt", exempt)
            .with("ceiling_fen", ceiling.value.fen())
            .with("already_exempted_fen", question.already_exempted_fen.fen())
            .cite(ceiling.citation),
        cit_step("cit.rate", tax)
            .with("taxed_fen", taxed)
            .with("rate", rate.value)
            .cite(rate.citation),
    ];
    Ok(CitAnswer {
        qualifies,
        net_fen: money(net, "/income_fen")?,
        exempt_fen: money(exempt, "/income_fen")?,
        halved_fen: money(halved, "/income_fen")?,
        tax_fen: money(tax, "/income_fen")?,
        steps,
        findings,
    })
}

fn cit_step(rule: &str, result: i128) -> Step {
    let (zh, en) = match rule {
        "cit.net" => (
            "技术转让所得 = 收入 − 可扣除的成本费用",
            "net = income − deductible costs",
        ),
        "cit.exempt" => ("年度免征额以内免征", "exempt up to the yearly ceiling"),
        _ => (
            "应纳税额，超过免征额部分减半",
            "tax, halved above the ceiling",
        ),
    };
    Step::new(rule, Text::new(zh, en), result)
}

fn cit_amounts(question: &Cit) -> Result<(), RuleError> {
    for (pointer, amount) in [
        ("/income_fen", question.income_fen),
        ("/cost_fen", question.cost_fen),
        ("/amortisation_fen", question.amortisation_fen),
        ("/taxes_fen", question.taxes_fen),
        ("/period_costs_fen", question.period_costs_fen),
        ("/already_exempted_fen", question.already_exempted_fen),
    ] {
        if amount.is_negative() {
            let message = Text::new("金额不得为负", "the amount is not negative");
            return Err(RuleError::new("input.negative", pointer, message));
        }
    }
    Ok(())
}

fn cit_obstacles(question: &Cit, book: &Rulebook) -> Result<Vec<Finding>, RuleError> {
    let rules = book.at(question.on.unwrap_or(Date::MAX));
    let mut findings = Vec::new();
    let term = match question.mode {
        CitMode::Transfer => None,
        CitMode::ExclusiveLicence => Some(rules.count("cit.exclusive.min_term")?),
        CitMode::NonexclusiveLicence => Some(rules.count("cit.license.min_term")?),
    };
    if let Some(least) = term
        && question.term_years.is_none_or(|years| years < least.value)
    {
        let years = least.value;
        let message = text!(
            "许可年限不足 {years} 年，不享受技术转让所得优惠。",
            "The licence runs for less than {years} years, so the relief does not apply."
        );
        findings.push(
            Finding::new(Severity::Warning, "cit.term_too_short", message)
                .cite(least.citation)
                .at("term_years"),
        );
    }
    if question
        .buyer_holding
        .is_some_and(|held| held >= Share::ONE)
    {
        let message = Text::new(
            "受让方为直接或间接持股合计 100% 的关联方，不享受优惠。",
            "The buyer is wholly held, directly or indirectly, so the relief does not apply.",
        );
        let citation = book.article("mof_2010_111");
        findings.push(
            Finding::new(Severity::Warning, "cit.wholly_held_buyer", message)
                .cite(citation)
                .at("buyer_holding"),
        );
    }
    Ok(findings)
}
