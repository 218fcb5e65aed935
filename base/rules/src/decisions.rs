//! Appraisal, contract amounts, and the reward of self-implementation.

use dukou_kernel::{Citation, Date, Finding, Money, Severity, Share, Text, text};
use serde::{Deserialize, Serialize};

use crate::rulebook::{InForce, LookupError, Rulebook};
use crate::step::{RuleError, Step};
use crate::tax::part_half_up;
use crate::terms::{Mode, Taker};

/// Whether an appraisal is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppraisalNeed {
    /// None needed.
    Exempt,
    /// The unit decides.
    UnitDecides,
    /// Required.
    Required,
}

/// The question whether an appraisal is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppraisalQuestion {
    /// The day.
    pub on: Date,
    /// 中央级事业单位
    pub central_unit: bool,
    /// Who takes.
    pub taker: Taker,
    /// How.
    pub mode: Mode,
    /// Is an appraisal on file? `None` while nobody said.
    #[serde(default)]
    pub appraised: Option<bool>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppraisalAnswer {
    /// The need.
    pub need: AppraisalNeed,
    /// The article.
    pub citation: Citation,
    /// How it was decided.
    pub steps: Vec<Step>,
    /// `rule.unverified` when the article was not seen on a published copy;
    /// `company_law.appraisal` for an equity investment.
    pub findings: Vec<Finding>,
}

fn need_of(found: &InForce<String>) -> AppraisalNeed {
    match found.value.as_str() {
        "exempt" => AppraisalNeed::Exempt,
        "unit_decides" => AppraisalNeed::UnitDecides,
        _ => AppraisalNeed::Required,
    }
}

/// Whether an appraisal is needed (财政部令第100号第39、40条; 财资〔2019〕57号（四）).
/// Where nothing else holds it is required.
pub fn appraisal_need(question: &AppraisalQuestion, book: &Rulebook) -> AppraisalAnswer {
    let rules = book.at(question.on);
    let by_taker = match question.taker {
        Taker::WhollyStateOwned => "appraisal.to_wholly_state_owned",
        Taker::Other => "appraisal.to_other",
    };
    let central = question
        .central_unit
        .then(|| rules.text("appraisal.central_unit").ok())
        .flatten();
    let (rule, found) = match central {
        Some(found) => ("appraisal.central_unit", Some(found)),
        None => (by_taker, rules.text(by_taker).ok()),
    };
    let duty = book.article("asset_appraisal.3");
    let (need, citation) = found.map_or((AppraisalNeed::Required, duty), |found| {
        (need_of(&found), found.citation)
    });
    let words = match need {
        AppraisalNeed::Exempt => Text::new("不需要评估", "no appraisal is needed"),
        AppraisalNeed::UnitDecides => {
            Text::new("由单位自主决定是否评估", "the unit decides on an appraisal")
        }
        AppraisalNeed::Required => Text::new("应当评估", "an appraisal is required"),
    };
    let step = Step::new(rule, words.clone(), &words.en)
        .with("on", question.on)
        .with("central_unit", question.central_unit)
        .with("taker", question.taker.code())
        .with("mode", question.mode.code())
        .cite(citation.clone());
    let mut findings = Vec::new();
    if !citation.verified {
        let message = Text::new(
            "所依据的条文尚未核对公开文本。",
            "The article was not seen on a published copy.",
        );
        findings
            .push(Finding::new(Severity::Info, "rule.unverified", message).cite(citation.clone()));
    }
    findings.extend(contribution_appraisal(
        question.mode,
        question.appraised,
        book,
    ));
    AppraisalAnswer {
        need,
        citation,
        steps: vec![step],
        findings,
    }
}

/// Intellectual property put into a company must be appraised, neither over nor
/// under its value (公司法第48条第2款). The freedom from the state-asset duty
/// (财政部令第100号) does not lift this. `appraised` is `None` while nobody said: a
/// warning; without an appraisal the contribution is refused.
pub fn contribution_appraisal(
    mode: Mode,
    appraised: Option<bool>,
    book: &Rulebook,
) -> Option<Finding> {
    if mode != Mode::Equity {
        return None;
    }
    let citation = book.article("company_law.48.2");
    let (zh, en) = (citation.zh.clone(), citation.en.clone());
    let (severity, message) = match appraised {
        Some(true) => (
            Severity::Info,
            text!(
                "作价出资的知识产权已评估",
                "The contributed right was appraised"
            ),
        ),
        Some(false) => (
            Severity::Refused,
            text!(
                "以知识产权作价出资应当评估，不得高估或者低估（{zh}）；先登记资产评估结果，再签合同。",
                "A right put into a company must be appraised, neither over nor under its value ({en}); record the appraisal before signing."
            ),
        ),
        None => (
            Severity::Warning,
            text!(
                "以知识产权作价出资应当评估，不得高估或者低估（{zh}）。",
                "A right put into a company must be appraised, neither over nor under its value ({en})."
            ),
        ),
    };
    Some(Finding::new(severity, "company_law.appraisal", message).cite(citation))
}

/// The parts of a contract's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractAmounts {
    /// The whole price.
    pub total_fen: Money,
    /// Equipment, instruments, parts, raw materials.
    #[serde(default)]
    pub equipment_fen: Money,
    /// Other costs without technology.
    #[serde(default)]
    pub other_nontechnical_fen: Money,
    /// What the certificate says, to be held against the computed amount.
    #[serde(default)]
    pub technology_fen: Option<Money>,
    /// The day of registration; today when left out.
    #[serde(default)]
    pub on: Option<Date>,
}

/// The two amounts of a registration certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContractAmountsAnswer {
    /// 成交额
    pub contract_fen: Money,
    /// 技术交易额
    pub technology_fen: Money,
    /// How it was computed.
    pub steps: Vec<Step>,
    /// `contract.expert_review` for large contracts;
    /// `contract.technology_exceeds_price` when the certificate says more.
    pub findings: Vec<Finding>,
}

/// 成交额 and 技术交易额 of a technology contract.
///
/// # Errors
/// `input.negative`, `contract.parts_exceed_total`.
pub fn contract_amounts(
    question: &ContractAmounts,
    book: &Rulebook,
    today: Date,
) -> Result<ContractAmountsAnswer, RuleError> {
    let parts = [
        ("/total_fen", question.total_fen),
        ("/equipment_fen", question.equipment_fen),
        ("/other_nontechnical_fen", question.other_nontechnical_fen),
        (
            "/technology_fen",
            question.technology_fen.unwrap_or_default(),
        ),
    ];
    for (pointer, amount) in parts {
        if amount.is_negative() {
            let message = Text::new("金额不得为负", "the amount is not negative");
            return Err(RuleError::new("input.negative", pointer, message));
        }
    }
    let other = Money::sum([question.equipment_fen, question.other_nontechnical_fen]);
    let technology = other
        .and_then(|other| question.total_fen.minus(other))
        .ok()
        .filter(|amount| !amount.is_negative())
        .ok_or_else(|| {
            let message = Text::new(
                "非技术部分超过合同总额",
                "the parts without technology exceed the total",
            );
            RuleError::new("contract.parts_exceed_total", "/equipment_fen", message)
        })?;
    let words = Text::new(
        "技术交易额 = 总额 − 设备材料 − 其他非技术费用",
        "technology = total − equipment − other",
    );
    let step = Step::new("contract.amounts", words, technology.fen())
        .with("total_fen", question.total_fen.fen())
        .with("equipment_fen", question.equipment_fen.fen())
        .with(
            "other_nontechnical_fen",
            question.other_nontechnical_fen.fen(),
        )
        .cite(book.article("most_2001_253"));
    let mut findings = Vec::new();
    let registered = question.technology_fen.unwrap_or(technology);
    findings.extend(technology_exceeds(registered, technology, book));
    findings.extend(expert_review(
        registered,
        book,
        question.on.unwrap_or(today),
    ));
    Ok(ContractAmountsAnswer {
        contract_fen: question.total_fen,
        technology_fen: technology,
        steps: vec![step],
        findings,
    })
}

/// 技术交易额 is a part of 成交额: it never exceeds what the contract leaves for
/// technology.
pub fn technology_exceeds(registered: Money, most: Money, book: &Rulebook) -> Option<Finding> {
    (registered > most).then(|| {
        let message = text!(
            "技术交易额 ¥{registered} 超过合同中属于技术的金额 ¥{most}；按登记证明改正。",
            "The technology amount of ¥{registered} exceeds the ¥{most} of the contract that is for technology; correct it as the certificate has it."
        );
        Finding::refused("contract.technology_exceeds_price", message)
            .cite(book.article("most_2001_253"))
            .at("technology_amount")
    })
}

/// Large contracts are reviewed by experts before they are registered.
fn expert_review(technology: Money, book: &Rulebook, on: Date) -> Option<Finding> {
    let large = book.at(on).money("contract.register.large_from").ok()?;
    if technology < large.value {
        return None;
    }
    let message = if large.citation.verified {
        text!(
            "技术交易额较大，认定登记须经专家评审。",
            "The amount is large: experts review the registration."
        )
    } else {
        text!(
            "技术交易额较大，认定登记可能须经专家评审（所依据的是征求意见稿，未核对正式文本）。",
            "The amount is large: experts may review the registration (by a draft; the final text was not seen)."
        )
    };
    Some(Finding::new(Severity::Info, "contract.expert_review", message).cite(large.citation))
}

/// Yearly operating profits and the part that goes to the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfImplementation {
    /// One for each year from successful production.
    pub profits_fen: Vec<Money>,
    /// The part.
    pub rate: Share,
    /// The day; today when left out.
    #[serde(default)]
    pub on: Option<Date>,
    /// Whose overlay applies; `CN` when left out.
    #[serde(default)]
    pub jurisdiction: Option<String>,
}

/// The reward of each year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SelfImplementationAnswer {
    /// One for each year.
    pub amounts_fen: Vec<Money>,
    /// Their sum.
    pub total_fen: Money,
    /// How it was computed.
    pub steps: Vec<Step>,
    /// `reward.below_minimum`, `reward.too_few_years`.
    pub findings: Vec<Finding>,
}

/// The reward of self- or joint implementation (转化法第45条第1款第3项): each
/// year's profit for itself, a loss gives nothing and is not carried over.
///
/// # Errors
/// `share.above_one`, `input.out_of_range`.
pub fn self_implementation(
    question: &SelfImplementation,
    book: &Rulebook,
    today: Date,
) -> Result<SelfImplementationAnswer, RuleError> {
    if question.rate > Share::ONE {
        let message = Text::new("比例不能超过 100%", "the rate does not exceed 100 %");
        return Err(RuleError::new("share.above_one", "/rate", message));
    }
    let rules = book
        .at(question.on.unwrap_or(today))
        .within(question.jurisdiction.as_deref().unwrap_or("CN"));
    let mut findings = Vec::new();
    let least = match rules.share("reward.min.self_or_joint") {
        Ok(least) => Some(least),
        Err(LookupError::NotInForce { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let citation = least.as_ref().map(|least| least.citation.clone());
    if let Some(least) = least
        && question.rate < least.value
    {
        let (set, floor) = (
            question.rate.to_percent_text(),
            least.value.to_percent_text(),
        );
        let message = text!(
            "提取比例 {set} 低于最低标准 {floor}。",
            "The rate of {set} is below the minimum of {floor}."
        );
        findings.push(
            Finding::refused("reward.below_minimum", message)
                .cite(least.citation)
                .at("rate"),
        );
    }
    if let Ok(years) = rules.count("reward.self_or_joint.years_min")
        && question.profits_fen.len() < usize::try_from(years.value).unwrap_or_default()
    {
        let count = years.value;
        let message = text!(
            "应连续提取至少 {count} 年。",
            "The reward runs for at least {count} years."
        );
        findings.push(
            Finding::new(Severity::Info, "reward.too_few_years", message).cite(years.citation),
        );
    }
    let (amounts, steps) = yearly_rewards(question, citation.as_ref())?;
    let total =
        Money::sum(amounts.iter().copied()).map_err(|_| RuleError::out_of_range("/profits_fen"))?;
    Ok(SelfImplementationAnswer {
        amounts_fen: amounts,
        total_fen: total,
        steps,
        findings,
    })
}

/// One amount and one step for each year.
fn yearly_rewards(
    question: &SelfImplementation,
    citation: Option<&Citation>,
) -> Result<(Vec<Money>, Vec<Step>), RuleError> {
    let (mut amounts, mut steps) = (Vec::new(), Vec::new());
    for (index, profit) in question.profits_fen.iter().enumerate() {
        let pointer = || RuleError::out_of_range(format!("/profits_fen/{index}"));
        let part =
            part_half_up(i128::from(profit.fen()).max(0), question.rate).ok_or_else(pointer)?;
        let amount = Money::from_fen(i64::try_from(part).map_err(|_| pointer())?);
        let year = index + 1;
        let words = text!(
            "第 {year} 年：营业利润 × 比例，亏损为零",
            "year {year}: operating profit × rate, nothing on a loss"
        );
        let step = Step::new("reward.min.self_or_joint", words, amount.fen())
            .with("profit_fen", profit.fen())
            .with("rate", question.rate);
        steps.push(match citation {
            Some(citation) => step.cite(citation.clone()),
            None => step,
        });
        amounts.push(amount);
    }
    Ok((amounts, steps))
}
