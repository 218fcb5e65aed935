//! Income tax on rewards and on transfer income.

use dukou_calendar::Calendar;
use dukou_kernel::{Date, Finding, Money, Severity, Share, Text, text, words};
use serde::{Deserialize, Serialize};

use crate::conditions::{self, Known};
use crate::filing::{filing_day, rolled_filing_day};
use crate::register::Bracket;
use crate::relief::{ContractKind, Relief, ReliefFacts, ReliefKind, pit_relief};
use crate::rulebook::{InForce, Rulebook, RulesOn};
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
    pub mode: Option<ContractKind>,
    /// The day on which the unit received the income.
    #[serde(default)]
    pub received: Option<Date>,
    /// The day on which the reward is paid.
    #[serde(default)]
    pub paid: Option<Date>,
    /// True with a certificate of registration.
    #[serde(default)]
    pub contract_registered: Option<bool>,
    /// Were the award and its people published? `None` while nobody said.
    #[serde(default)]
    pub published: Option<bool>,
    /// What kind of result it is. `None` while nobody said.
    #[serde(default)]
    pub result_kind: Option<ReliefKind>,
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
        /// Last day of filing as counted; `None` without relief.
        file_by: Option<Date>,
        /// The same moved off rest days (税收征管法实施细则第109条); `None` without
        /// relief or while the year's arrangement is not known.
        file_by_rolled: Option<Date>,
        /// How it was computed.
        steps: Vec<Step>,
        /// Why there is no relief.
        findings: Vec<Finding>,
    },
}

struct AwardTerms {
    award: Money,
    other: Money,
    facts: ReliefFacts,
}

fn award_terms(question: &Pit) -> Result<AwardTerms, RuleError> {
    let need = RuleError::missing;
    let terms = AwardTerms {
        award: question.award_fen.ok_or_else(|| need("award_fen"))?,
        other: question
            .other_taxable_fen
            .ok_or_else(|| need("other_taxable_fen"))?,
        facts: ReliefFacts {
            contract: question.mode.ok_or_else(|| need("mode"))?,
            received: question.received.ok_or_else(|| need("received"))?,
            paid: question.paid.ok_or_else(|| need("paid"))?,
            registered: question
                .contract_registered
                .ok_or_else(|| need("contract_registered"))?,
            published: question.published,
            result_kind: question.result_kind,
        },
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
pub fn pit(
    question: &Pit,
    book: &Rulebook,
    calendar: &Calendar,
    today: Date,
) -> Result<PitAnswer, RuleError> {
    let Some(taxable) = question.taxable_fen else {
        return pit_award(&award_terms(question)?, book, calendar);
    };
    let alone = Pit {
        taxable_fen: question.taxable_fen,
        ..Pit::default()
    };
    if *question != alone {
        let message = Text::new("taxable_fen 须单独给出", "taxable_fen stands alone");
        return Err(RuleError::new("input.ambiguous", "/taxable_fen", message));
    }
    let table = book.at(today).brackets("pit.brackets")?;
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

fn pit_award(
    terms: &AwardTerms,
    book: &Rulebook,
    calendar: &Calendar,
) -> Result<PitAnswer, RuleError> {
    let paid = terms.facts.paid;
    let rules = book.at(paid);
    let Relief {
        applies: relief,
        findings,
        mut steps,
    } = pit_relief(&terms.facts, &rules)?;
    let mut included = terms.award;
    let (mut file_by, mut file_by_rolled) = (None, None);
    if relief {
        let part = rules.share("pit.cash_reward.included")?;
        let counted = part_half_up(i128::from(terms.award.fen()), part.value);
        included = money(
            counted.ok_or_else(|| RuleError::out_of_range("/award_fen"))?,
            "/award_fen",
        )?;
        let percent = part.value.to_percent_text();
        let words = text!(
            "减按 {percent} 计入工资、薪金所得",
            "{percent} of the reward counts as wages"
        );
        let step = Step::new("pit.cash_reward.included", words, included.fen())
            .with("award_fen", terms.award.fen())
            .with("share", part.value);
        steps.push(step.cite(part.citation));
        let day = filing_day(paid, &rules)?;
        let rolled = rolled_filing_day(day.value, &rules, calendar);
        steps.extend(filing_steps(paid, &day, rolled, book));
        (file_by, file_by_rolled) = (Some(day.value), rolled);
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
        file_by_rolled,
        steps,
        findings,
    })
}

/// The filing day as counted, and as it moves off rest days.
fn filing_steps(
    paid: Date,
    day: &InForce<Date>,
    rolled: Option<Date>,
    book: &Rulebook,
) -> [Step; 2] {
    let words = Text::new(
        "发放次月的备案末日",
        "last day of filing, in the month after payment",
    );
    let counted = Step::new("pit.filing", words, day.value)
        .with("paid", paid)
        .cite(day.citation.clone());
    let (words, shown) = match rolled {
        Some(day) => (
            Text::new(
                "末日为休息日的顺延；期限内连续休假达到规定日数的，按休假日天数顺延",
                "moved off rest days, and by long runs of rest days inside the period",
            ),
            day.to_string(),
        ),
        None => (
            Text::new(
                "所在年份的放假安排待国务院公布，顺延后的末日还不能确定；按未顺延的末日办理最稳妥",
                "that year's holidays are not published yet, so the moved day is not certain; the day as counted is safe",
            ),
            String::new(),
        ),
    };
    let moved = Step::new("pit.filing.rolls", words, shown)
        .with("file_by", day.value)
        .cite(book.article("tax_admin_rules.109"));
    [counted, moved]
}

words! {
    /// How technology is transferred, for enterprise income tax (转让方式).
    CitMode {
        Transfer = "transfer", "所有权转让", "Transfer of ownership";
        ExclusiveLicence = "exclusive_licence", "全球独占许可", "Global exclusive licence";
        NonexclusiveLicence = "nonexclusive_licence", "非独占许可", "Non-exclusive licence";
    }
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
    /// True with a certificate of registration. `None` while nobody said.
    #[serde(default)]
    pub contract_registered: Option<bool>,
    /// What kind of technology it is. `None` while nobody said.
    #[serde(default)]
    pub result_kind: Option<ReliefKind>,
    /// Is the technology barred or restricted from export? `None` while nobody said.
    #[serde(default)]
    pub export_restricted: Option<bool>,
    /// Does the licensor own the technology? `None` while nobody said.
    #[serde(default)]
    pub owner: Option<bool>,
    /// The day; today when left out.
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
pub fn cit(question: &Cit, book: &Rulebook, today: Date) -> Result<CitAnswer, RuleError> {
    let rules = book.at(question.on.unwrap_or(today));
    cit_amounts(question)?;
    let relief = cit_relief(question, &rules)?;
    let qualifies = relief.applies;
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
    let half = rules.share("cit.halved")?;
    let used = if qualifies {
        rate.value.times(half.value)
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
    let mut steps = relief.steps;
    steps.extend([
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
            .with("share_taxed", half.value)
            .cite(rate.citation),
    ]);
    Ok(CitAnswer {
        qualifies,
        net_fen: money(net, "/income_fen")?,
        exempt_fen: money(exempt, "/income_fen")?,
        halved_fen: money(halved, "/income_fen")?,
        tax_fen: money(tax, "/income_fen")?,
        steps,
        findings: relief.findings,
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

/// The check-list of the relief for transfer income.
const CIT_CONDITIONS: &str = "cit.transfer.conditions";

fn cit_relief(question: &Cit, rules: &RulesOn<'_>) -> Result<Relief, RuleError> {
    let mut relief = Relief {
        applies: true,
        findings: Vec::new(),
        steps: Vec::new(),
    };
    for row in rules.checklist(CIT_CONDITIONS)? {
        let (known, code) = match row.key.as_str() {
            "ownership_or_term" => continue,
            "not_related" => continue,
            "kind" => (
                Known::from(question.result_kind.map(|kind| row.admits(kind.code()))),
                "cit.result_kind",
            ),
            "owner" if question.mode == CitMode::Transfer => (Known::Beside, "cit.owner"),
            "owner" => (Known::from(question.owner), "cit.owner"),
            "registered" => (
                Known::from(question.contract_registered),
                "cit.contract_not_registered",
            ),
            "not_restricted" => (
                Known::from(question.export_restricted.map(|it| !it)),
                "cit.export_restricted",
            ),
            // Only the taxpayer's own file shows it.
            _ => (Known::Beside, "cit.condition"),
        };
        relief.applies &= known != Known::Unmet;
        let field = match row.key.as_str() {
            "kind" => "result_kind",
            "registered" => "contract_registered",
            "not_restricted" => "export_restricted",
            same => same,
        };
        let finding = conditions::finding(row, known, code, Severity::Warning);
        relief.findings.extend(finding.map(|it| it.at(field)));
        relief
            .steps
            .push(conditions::step(CIT_CONDITIONS, row, known));
    }
    for obstacle in [cit_term(question, rules)?, cit_related(question, rules)?]
        .into_iter()
        .flatten()
    {
        relief.applies = false;
        relief.findings.push(obstacle);
    }
    relief.findings.sort_by_key(|it| it.severity);
    Ok(relief)
}

/// A licence that runs for too short a time.
fn cit_term(question: &Cit, rules: &RulesOn<'_>) -> Result<Option<Finding>, RuleError> {
    let least = match question.mode {
        CitMode::Transfer => return Ok(None),
        CitMode::ExclusiveLicence => rules.count("cit.exclusive.min_term")?,
        CitMode::NonexclusiveLicence => rules.count("cit.license.min_term")?,
    };
    if question
        .term_years
        .is_some_and(|years| years >= least.value)
    {
        return Ok(None);
    }
    let years = least.value;
    let message = text!(
        "许可年限不足 {years} 年，不享受技术转让所得优惠。",
        "The licence runs for less than {years} years, so the relief does not apply."
    );
    Ok(Some(
        Finding::new(Severity::Warning, "cit.term_too_short", message)
            .cite(least.citation)
            .at("term_years"),
    ))
}

/// A buyer whom the seller holds wholly.
fn cit_related(question: &Cit, rules: &RulesOn<'_>) -> Result<Option<Finding>, RuleError> {
    let most = rules.share("cit.related_holding.max")?;
    if question.buyer_holding.is_none_or(|held| held < most.value) {
        return Ok(None);
    }
    let percent = most.value.to_percent_text();
    let message = text!(
        "受让方为直接或间接持股合计达到 {percent} 的关联方，不享受优惠。",
        "The buyer is held at {percent}, directly or indirectly, so the relief does not apply."
    );
    Ok(Some(
        Finding::new(Severity::Warning, "cit.wholly_held_buyer", message)
            .cite(most.citation)
            .at("buyer_holding"),
    ))
}
