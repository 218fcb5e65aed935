//! The statutory minima, on exact fractions, after each receipt.

use dukou_kernel::{Date, Finding, Severity, Share, Text};
use dukou_rules::{LookupError, OFFICE, RuleError, Rulebook, TEAM, refused_finding_severity};

use super::computation::{Computation, PoolBefore, PoolPart, Used};
use super::overflow;
use super::parts::{SplitFinding, Terms};
use super::trace::{MAIN_MINIMUM, OFFICE_MINIMUM, TEAM_MINIMUM};
use crate::exact::Exact;

/// The minima in force on a day where the distribution runs. One that is not in
/// force yet is left out; [`check`] says so.
pub(super) fn in_force(
    terms: &Terms,
    book: &Rulebook,
    on: Date,
) -> Result<Vec<Used<Share>>, RuleError> {
    let rules = book.at(on).within(&terms.jurisdiction);
    let mut found = Vec::new();
    for rule in [TEAM_MINIMUM, MAIN_MINIMUM, OFFICE_MINIMUM] {
        match rules.share(rule) {
            Ok(it) => found.push(Used {
                rule: rule.to_owned(),
                value: it.value,
                article: it.citation,
            }),
            Err(LookupError::NotInForce { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

/// Checks team and main contributors over everything received so far under these
/// shares (转化法第45条; 国发〔2016〕16号（六）).
pub(super) fn check(
    computation: &Computation,
    found: &mut Vec<SplitFinding>,
) -> Result<(), RuleError> {
    for entry in &computation.entries {
        let net = computation.before.net.plus(entry.net).map_err(overflow)?;
        if !net.is_positive() {
            continue;
        }
        let entitled = |wanted: &str| {
            let pools = computation.before.pools.iter().zip(&entry.pools);
            let mut pools = pools.filter(|(PoolBefore(name, ..), _)| name == wanted);
            pools
                .next()
                .map_or_else(Exact::zero, |(_, PoolPart(entitled, _))| entitled.clone())
        };
        let team = entitled(TEAM);
        let check = Check {
            computation,
            receipt: &entry.id,
            on: entry.on,
        };
        let who = Text::new("团队", "the team");
        let code = "reward.below_minimum";
        check.minimum((TEAM_MINIMUM, code, who), &team, &net.into(), found)?;
        check.office(&team, &entitled(OFFICE), found)?;
        let people = &computation.before.people;
        if people.is_empty() || !team.is_positive() {
            continue;
        }
        let main = people.iter().filter(|it| it.2).map(|it| it.1);
        let share = Share::sum(main).map_err(|_| RuleError::out_of_range("/people"))?;
        if computation.main_unstated {
            check.nobody_main(found);
            continue;
        }
        let who = Text::new("主要贡献人员", "the main contributors");
        let code = "reward.main_below_minimum";
        check.minimum((MAIN_MINIMUM, code, who), &team.times(share), &team, found)?;
    }
    Ok(())
}

struct Check<'a> {
    computation: &'a Computation,
    receipt: &'a str,
    on: Date,
}

impl Check<'_> {
    fn used(&self, rule: &str) -> Option<&Used<Share>> {
        self.computation.minima.iter().find(|it| it.rule == rule)
    }

    fn minimum(
        &self,
        (rule, code, who): (&str, &str, Text),
        part: &Exact,
        whole: &Exact,
        found: &mut Vec<SplitFinding>,
    ) -> Result<(), RuleError> {
        let receipt = Some(self.receipt.to_owned());
        let Some(Used { value, article, .. }) = self.used(rule) else {
            let error = LookupError::NotInForce {
                parameter: rule.to_owned(),
                date: self.on,
            };
            let finding = Finding::new(Severity::Info, error.code(), error.message());
            found.push(SplitFinding {
                finding,
                receipt,
                shortfall_fen: None,
            });
            return Ok(());
        };
        let floor = whole.times(*value);
        if *part >= floor {
            return Ok(());
        }
        let missing = floor.minus(part);
        let shortfall = missing
            .ceil()
            .ok_or(dukou_kernel::MoneyError::OutOfRange)
            .map_err(overflow)?;
        let (least, short) = (value.to_percent_text(), shortfall.to_string());
        let (zh, en) = (article.zh.clone(), article.en.clone());
        let (who_zh, who_en) = (who.zh, who.en);
        let message = Text::new(
            format!("{who_zh}累计应得低于 {least}（{zh}），差 {short} 元。"),
            format!("What {who_en} may have lies below {least} ({en}), {short} yuan short."),
        );
        let severity = refused_finding_severity(self.computation.terms.state_established);
        let finding = Finding::new(severity, code, message).cite(article.clone());
        found.push(SplitFinding {
            finding,
            receipt,
            shortfall_fen: Some(shortfall),
        });
        Ok(())
    }

    /// Where the region has it, the staff's part of the rewards, theirs and the
    /// team's together (浙江省条例第37条第2款).
    fn office(
        &self,
        team: &Exact,
        office: &Exact,
        found: &mut Vec<SplitFinding>,
    ) -> Result<(), RuleError> {
        if self.used(OFFICE_MINIMUM).is_none() {
            return Ok(());
        }
        let who = Text::new("技术转移和管理人员", "the transfer and management staff");
        let code = "reward.office_below_minimum";
        let all = team.plus(office);
        let from = found.len();
        self.minimum((OFFICE_MINIMUM, code, who), office, &all, found)?;
        // Rules below it are not adopted any more; money that came under older ones is
        // divided by them, and the approver is told.
        for it in found.iter_mut().skip(from) {
            it.finding.severity = it.finding.severity.max(Severity::Warning);
        }
        Ok(())
    }

    /// The program names nobody: while no main contributor is named, their minimum
    /// cannot be held against anything.
    fn nobody_main(&self, found: &mut Vec<SplitFinding>) {
        let Some(Used { value, article, .. }) = self.used(MAIN_MINIMUM) else {
            return;
        };
        let least = value.to_percent_text();
        let message = Text::new(
            format!(
                "没有确定主要贡献人员，无法核对其所得不低于奖励总额的 {least}。请在完成人名单中确定。"
            ),
            format!(
                "No main contributor is named, so their minimum of {least} of the reward cannot be checked. Name them in the list of contributors."
            ),
        );
        let finding = Finding::new(Severity::Warning, "reward.main_unnamed", message);
        found.push(SplitFinding {
            finding: finding.cite(article.clone()),
            receipt: Some(self.receipt.to_owned()),
            shortfall_fen: None,
        });
    }
}
