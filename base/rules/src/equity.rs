//! Shares obtained by investing a result (作价投资): who has how much.

use dukou_kernel::{Date, Finding, Severity, Share, Text, text};
use serde::{Deserialize, Serialize};

use crate::leader::{Award, equity_refused, leader_allowed};
use crate::ordered::Ordered;
use crate::rulebook::{COUNTRY, LookupError, Rulebook, RulesOn};
use crate::step::{RuleError, Step, refused_finding_severity};
use crate::terms::Post;

/// One person of the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EquityPerson {
    /// Key.
    pub id: String,
    /// Part of the team's shares.
    pub share: Share,
    /// Post on the day.
    #[serde(default)]
    pub post: Post,
}

fn yes() -> bool {
    true
}

/// The question: a holding, the team's part of it, and the people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equity {
    /// The part of the company that the unit obtains.
    pub holding: Share,
    /// The team's part of the holding.
    pub team: Share,
    /// The people; their parts sum to exactly one.
    pub people: Vec<EquityPerson>,
    /// The day; today when left out.
    #[serde(default)]
    pub on: Option<Date>,
    /// Whose overlay applies; `CN` when left out.
    #[serde(default)]
    pub jurisdiction: Option<String>,
    /// 国家设立: the minimum binds.
    #[serde(default = "yes")]
    pub state_established: bool,
}

/// The shares of the company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EquityAnswer {
    /// The team's part of the company, refused shares included.
    pub team: Share,
    /// The unit's part of the company.
    pub unit: Share,
    /// Each person's part of the company, refused ones too.
    pub people: Ordered<Share>,
    /// Those who may not have shares.
    pub refused: Vec<String>,
    /// How it was computed.
    pub steps: Vec<Step>,
    /// `leader.equity_refused`, `reward.below_minimum`.
    pub findings: Vec<Finding>,
}

fn too_many_digits(pointer: &str) -> RuleError {
    RuleError::out_of_range(pointer)
}

/// Divides a holding. Shares of people who may not have equity are shown and
/// refused; they do not count toward the statutory minimum of the team.
///
/// # Errors
/// `people.shares_sum`, `people.duplicate_id`, `share.above_one`,
/// `input.out_of_range`.
pub fn equity(question: &Equity, book: &Rulebook, today: Date) -> Result<EquityAnswer, RuleError> {
    check_shares(question)?;
    let team = question
        .holding
        .times(question.team)
        .map_err(|_| too_many_digits("/team"))?;
    let rest = Share::ONE
        .minus(question.team)
        .map_err(|_| too_many_digits("/team"))?;
    let unit = question
        .holding
        .times(rest)
        .map_err(|_| too_many_digits("/team"))?;
    let mut answer = EquityAnswer {
        team,
        unit,
        people: Ordered::new(),
        refused: Vec::new(),
        steps: vec![
            Step::new(
                "equity.team",
                Text::new("团队所得 = 持股 × 团队比例", "team = holding × team's part"),
                team,
            )
            .with("holding", question.holding)
            .with("team", question.team),
            Step::new(
                "equity.unit",
                Text::new("单位所得 = 持股 − 团队所得", "unit = holding − team"),
                unit,
            ),
        ],
        findings: Vec::new(),
    };
    let mut parts = Vec::new();
    for (index, person) in question.people.iter().enumerate() {
        let pointer = format!("/people/{index}");
        if answer.people.get(&person.id).is_some() {
            let id = &person.id;
            let message = text!("人员 {id} 出现了两次", "{id} is named twice");
            return Err(RuleError::new("people.duplicate_id", pointer, message));
        }
        let part = team
            .times(person.share)
            .map_err(|_| too_many_digits(&pointer))?;
        answer.people.set(&person.id, part);
        parts.push((person.post, part));
        let id = &person.id;
        let words = text!("{id} 所得 = 团队所得 × 个人份额", "{id} = team × own part");
        answer
            .steps
            .push(Step::new("equity.person", words, part).with("share", person.share));
    }
    let rules = book
        .at(question.on.unwrap_or(today))
        .within(question.jurisdiction.as_deref().unwrap_or(COUNTRY));
    let checked = check_equity(question.holding, &parts, question.state_established, &rules)?;
    answer.refused = checked
        .refused
        .iter()
        .filter_map(|at| question.people.get(*at))
        .map(|person| person.id.clone())
        .collect();
    answer.findings = checked.findings;
    Ok(answer)
}

fn check_shares(question: &Equity) -> Result<(), RuleError> {
    for (pointer, share) in [("/holding", question.holding), ("/team", question.team)] {
        if share > Share::ONE {
            let message = Text::new("份额不能超过 100%", "a share does not exceed 100 %");
            return Err(RuleError::new("share.above_one", pointer, message));
        }
    }
    let sum = Share::sum(question.people.iter().map(|person| person.share));
    if sum != Ok(Share::ONE) {
        let message = Text::new(
            "人员份额之和须恰为 100%",
            "the people's shares sum to exactly 100 %",
        );
        return Err(RuleError::new("people.shares_sum", "/people", message));
    }
    Ok(())
}

/// What the law says of shares given to people.
pub struct EquityChecked {
    /// Places of those who may not have shares.
    pub refused: Vec<usize>,
    /// `leader.equity_refused` for each of them, `reward.below_minimum`.
    pub findings: Vec<Finding>,
}

/// Checks who may have shares of a company, and that those who may reach the
/// statutory minimum of the holding (转化法第45条第1款第2项; 国发〔2016〕16号（八）).
/// `people` are posts at the award and parts of the company.
///
/// # Errors
/// `input.out_of_range` when the parts have too many digits; what the rulebook
/// cannot answer.
pub fn check_equity(
    holding: Share,
    people: &[(Post, Share)],
    state_established: bool,
    rules: &RulesOn<'_>,
) -> Result<EquityChecked, RuleError> {
    let (mut refused, mut findings) = (Vec::new(), Vec::new());
    let mut allowed = Share::ZERO;
    for (index, (post, part)) in people.iter().enumerate() {
        let pointer = format!("/people/{index}");
        if leader_allowed(*post, Award::Equity, rules)? {
            allowed = allowed.plus(*part).map_err(|_| too_many_digits(&pointer))?;
        } else {
            refused.push(index);
            findings.push(equity_refused(&pointer, *post, rules)?);
        }
    }
    findings.extend(minimum_finding(holding, allowed, state_established, rules)?);
    Ok(EquityChecked { refused, findings })
}

fn minimum_finding(
    holding: Share,
    allowed: Share,
    state_established: bool,
    rules: &RulesOn<'_>,
) -> Result<Option<Finding>, RuleError> {
    let least = match rules.share("reward.min.equity") {
        Ok(least) => least,
        Err(error @ LookupError::NotInForce { .. }) => {
            return Ok(Some(Finding::new(
                Severity::Info,
                error.code(),
                error.message(),
            )));
        }
        Err(error) => return Err(error.into()),
    };
    let floor = holding
        .times(least.value)
        .map_err(|_| too_many_digits("/holding"))?;
    if allowed >= floor {
        return Ok(None);
    }
    let (have, need) = (allowed.to_percent_text(), floor.to_percent_text());
    let (zh, en) = (least.citation.zh.clone(), least.citation.en.clone());
    let message = text!(
        "可以授予团队的股份为 {have}，低于最低标准 {need}（{zh}）。",
        "The shares that the team may have are {have}, below the minimum of {need} ({en})."
    );
    let severity = refused_finding_severity(state_established);
    Ok(Some(
        Finding::new(severity, "reward.below_minimum", message)
            .cite(least.citation)
            .at("team"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(text: &str) -> Share {
        text.parse().unwrap()
    }

    fn ask(team: &str, post: Post) -> EquityAnswer {
        let person = |id: &str, part: &str, post| EquityPerson {
            id: id.into(),
            share: share(part),
            post,
        };
        let question = Equity {
            holding: share("20%"),
            team: share(team),
            people: vec![person("V", "40%", post), person("P", "60%", Post::None)],
            on: None,
            jurisdiction: None,
            state_established: true,
        };
        equity(
            &question,
            &Rulebook::builtin(),
            Date::constant(2026, 11, 30),
        )
        .unwrap()
    }

    /// Worked example 3 (law/cases/equity.toml).
    #[test]
    fn a_vice_president_may_have_shares_and_a_president_may_not() {
        let answer = ask("70%", Post::Deputy);
        assert_eq!((answer.team, answer.unit), (share("14%"), share("6%")));
        assert_eq!(answer.people.get("V"), Some(&share("7/125")));
        assert_eq!(answer.people.get("P"), Some(&share("8.4%")));
        assert!(answer.refused.is_empty() && answer.findings.is_empty());
        let answer = ask("70%", Post::HeadOfUnit);
        assert_eq!(answer.refused, vec!["V"]);
        let codes: Vec<&str> = answer.findings.iter().map(|it| it.code.as_str()).collect();
        assert_eq!(codes, vec!["leader.equity_refused", "reward.below_minimum"]);
        assert_eq!(ask("100%", Post::PartySecretary).findings.len(), 1);
    }
}
