//! The statutory minima, on exact fractions, after each receipt.

use dukou_kernel::{Finding, Severity, Share, Text};
use dukou_rules::{
    InForce, LookupError, RuleError, Rulebook, RulesOn, Step, TEAM, refused_finding_severity,
};

use super::parts::{Receipt, ReceiptSplit, SplitFinding};
use super::{DistributionState, overflow};
use crate::exact::Exact;

/// Checks team and main contributors against the rules in force on the day of
/// the receipt, over everything received so far (转化法第45条; 国发〔2016〕16号（六）).
pub(super) fn check(
    state: &DistributionState,
    receipt: &Receipt,
    out: &mut ReceiptSplit,
    book: &Rulebook,
) -> Result<(), RuleError> {
    let net = Exact::from(state.net);
    if !net.is_positive() {
        return Ok(());
    }
    let rules = book.at(receipt.date).within(&state.terms.jurisdiction);
    let team_pool = state.pools.iter().find(|pool| pool.name == TEAM);
    let team = team_pool.map_or_else(Exact::zero, |pool| pool.entitled.clone());
    let words = Text::new(
        "团队累计应得不低于净收入的最低比例",
        "the team's part of net income reaches the minimum",
    );
    let minimum = Minimum {
        parameter: "reward.min.transfer_license",
        code: "reward.below_minimum",
        words,
        who: Text::new("团队", "the team"),
    };
    minimum.check(state, &rules, &team, &net, out)?;
    if state.people.is_empty() || !team.is_positive() {
        return Ok(());
    }
    let main = state
        .people
        .iter()
        .filter(|person| person.who.main)
        .map(|person| person.who.share);
    let main = Share::sum(main).map_err(|_| RuleError::out_of_range("/people"))?;
    let words = Text::new(
        "主要贡献人员所得不低于奖励总额的最低比例",
        "the main contributors' part of the reward reaches the minimum",
    );
    let minimum = Minimum {
        parameter: "reward.main_contributor.min",
        code: "reward.main_below_minimum",
        words,
        who: Text::new("主要贡献人员", "the main contributors"),
    };
    minimum.check(state, &rules, &team.times(main), &team, out)
}

struct Minimum {
    parameter: &'static str,
    code: &'static str,
    words: Text,
    who: Text,
}

impl Minimum {
    fn check(
        self,
        state: &DistributionState,
        rules: &RulesOn<'_>,
        part: &Exact,
        whole: &Exact,
        out: &mut ReceiptSplit,
    ) -> Result<(), RuleError> {
        let receipt = out.id.clone();
        let InForce { value, citation } = match rules.share(self.parameter) {
            Ok(found) => found,
            Err(error @ LookupError::NotInForce { .. }) => {
                let finding = Finding::new(Severity::Info, error.code(), error.message());
                out.findings.push(SplitFinding {
                    finding,
                    receipt: Some(receipt),
                    shortfall_fen: None,
                });
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let floor = whole.times(value);
        let met = *part >= floor;
        let step = Step::new(self.parameter, self.words, met)
            .with("part_fen", part)
            .with("whole_fen", whole)
            .with("minimum", value);
        out.steps.push(step.cite(citation.clone()));
        if met {
            return Ok(());
        }
        let missing = floor.minus(part);
        let shortfall = missing
            .ceil()
            .ok_or(dukou_kernel::MoneyError::OutOfRange)
            .map_err(overflow)?;
        let (least, short) = (value.to_percent_text(), shortfall.to_string());
        let (zh, en) = (citation.zh.clone(), citation.en.clone());
        let (who_zh, who_en) = (self.who.zh, self.who.en);
        let message = Text::new(
            format!("{who_zh}累计应得低于 {least}（{zh}），差 {short} 元。"),
            format!("What {who_en} may have lies below {least} ({en}), {short} yuan short."),
        );
        let severity = refused_finding_severity(state.terms.state_established);
        let finding = Finding::new(severity, self.code, message).cite(citation);
        out.findings.push(SplitFinding {
            finding,
            receipt: Some(receipt),
            shortfall_fen: Some(shortfall),
        });
        Ok(())
    }
}
