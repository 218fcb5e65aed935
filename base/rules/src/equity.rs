//! Shares obtained by investing a result (作价投资): who has how much.

use dukou_kernel::{Date, Finding, Severity, Share, Text, text};
use serde::{Deserialize, Serialize};

use crate::leader::{Award, Post, equity_refused, leader_allowed};
use crate::ordered::Ordered;
use crate::rulebook::{LookupError, Rulebook};
use crate::step::{RuleError, Step, refused_finding_severity};

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
    /// The day; the newest rules when left out.
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
pub fn equity(question: &Equity, book: &Rulebook) -> Result<EquityAnswer, RuleError> {
    check_shares(question)?;
    let team = question
        .holding
        .times(question.team)
        .map_err(|_| too_many_digits("/team"))?;
    let rest = complement(question.team).map_err(|_| too_many_digits("/team"))?;
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
    let mut allowed = Share::ZERO;
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
        let id = &person.id;
        let words = text!("{id} 所得 = 团队所得 × 个人份额", "{id} = team × own part");
        answer
            .steps
            .push(Step::new("equity.person", words, part).with("share", person.share));
        if leader_allowed(person.post, Award::Equity) {
            allowed = allowed.plus(part).map_err(|_| too_many_digits(&pointer))?;
        } else {
            answer.refused.push(person.id.clone());
            answer
                .findings
                .push(equity_refused(&pointer, &book.article("sc_2016_16.8")));
        }
    }
    let minimum = minimum_finding(question, book, allowed)?;
    answer.findings.extend(minimum);
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

fn complement(share: Share) -> Result<Share, dukou_kernel::ShareError> {
    Share::new(
        share.denominator().saturating_sub(share.numerator()),
        share.denominator(),
    )
}

fn minimum_finding(
    question: &Equity,
    book: &Rulebook,
    allowed: Share,
) -> Result<Option<Finding>, RuleError> {
    let day = question.on.unwrap_or(Date::MAX);
    let rules = book
        .at(day)
        .within(question.jurisdiction.as_deref().unwrap_or("CN"));
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
    let floor = question
        .holding
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
    let severity = refused_finding_severity(question.state_established);
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
        equity(&question, &Rulebook::builtin()).unwrap()
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
