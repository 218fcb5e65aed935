//! The school's own rules (本校办法), and whether they stay above the statute.

use std::sync::OnceLock;

use dukou_kernel::{Citation, Date, Finding, Money, Severity, Share, Text, text};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ordered::Ordered;
use crate::register::Value;
use crate::rulebook::{LookupError, Rulebook, RulesOn};
use crate::step::refused_finding_severity;

/// The name of the pool that goes to the people of the team.
pub const TEAM: &str = "team";

/// The name of the pool that goes to the transfer office and the management staff
/// (技术转移机构工作人员和管理人员).
pub const OFFICE: &str = "office";

/// 本校办法 — the article of everything that the school's own rules lay down.
pub fn school_policy() -> Citation {
    Citation {
        id: "school.policy".to_owned(),
        zh: "本校分配办法".to_owned(),
        en: "The school's own rules".to_owned(),
        verified: true,
    }
}

/// The stretch over which net income adds up before the tiers start again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// All receipts together.
    #[default]
    Lifetime,
    /// The calendar year of the receipt.
    Year,
    /// The agreement of the receipt.
    Agreement,
    /// Each receipt alone.
    Receipt,
}

/// When money below the paying threshold is paid all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flush {
    /// On 31 December.
    YearEnd,
}

/// One tier: how the net income up to a bound goes into pools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Upper end of the cumulative net income, inclusive; `None` without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_fen: Option<Money>,
    /// Pools and their exact shares, which sum to one.
    pub pools: Ordered<Share>,
}

/// How net income is divided and paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistributionPolicy {
    /// Kinds of cost that are recovered before the division.
    #[serde(default)]
    pub deduct: Vec<String>,
    /// Over which stretch the tiers count.
    #[serde(default)]
    pub window: Window,
    /// Tiers in rising order; the last has no end.
    pub tiers: Vec<Tier>,
    /// A person's money is held until their unpaid sum reaches this amount.
    #[serde(default)]
    pub pay_from_fen: Money,
    /// When the rest is paid all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flush: Option<Flush>,
}

/// Why a policy cannot be used: code, words, and the place inside of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .message.en)]
pub struct PolicyError {
    /// `policy.shares_sum`, `policy.tiers`, `policy.unreadable`.
    pub code: &'static str,
    /// What is wrong and what is expected.
    pub message: Text,
    /// Place as a JSON pointer inside of the policy, `/tiers/1/pools`.
    pub pointer: String,
    /// Line of the file, where it came from one; else 0.
    pub line: usize,
}

impl PolicyError {
    fn tiers(pointer: String, zh: &str, en: &str) -> Self {
        Self {
            code: "policy.tiers",
            message: Text::new(zh, en),
            pointer,
            line: 0,
        }
    }
}

impl DistributionPolicy {
    /// Checks what must hold of any policy, whatever the law: at least one
    /// tier, rising bounds, an open last tier, pools that sum to exactly one.
    ///
    /// # Errors
    /// `policy.tiers` or `policy.shares_sum`, with the place.
    pub fn validate(&self) -> Result<(), PolicyError> {
        let mut floor = Money::ZERO;
        let last = self.tiers.len().checked_sub(1).ok_or_else(|| {
            PolicyError::tiers(
                "/tiers".into(),
                "至少需要一档",
                "at least one tier is needed",
            )
        })?;
        for (index, tier) in self.tiers.iter().enumerate() {
            let bound = format!("/tiers/{index}/up_to_fen");
            match tier.up_to_fen {
                None if index != last => {
                    return Err(PolicyError::tiers(
                        bound,
                        "只有最后一档可以没有上限",
                        "only the last tier may be without end",
                    ));
                }
                Some(_) if index == last => {
                    return Err(PolicyError::tiers(
                        bound,
                        "最后一档不得有上限",
                        "the last tier must be without end",
                    ));
                }
                Some(up_to) if up_to <= floor => {
                    return Err(PolicyError::tiers(
                        bound,
                        "各档上限须逐档递增",
                        "the ends of the tiers must rise",
                    ));
                }
                Some(up_to) => floor = up_to,
                None => {}
            }
            let sum = Share::sum(tier.pools.values().copied());
            if sum != Ok(Share::ONE) {
                let total = sum.map_or_else(|_| "?".to_owned(), |sum| sum.to_percent_text());
                return Err(PolicyError {
                    code: "policy.shares_sum",
                    message: text!(
                        "这一档各份额之和须恰为 100%，现为 {total}",
                        "the pools of a tier sum to exactly 100 %, here {total}"
                    ),
                    pointer: format!("/tiers/{index}/pools"),
                    line: 0,
                });
            }
        }
        if self.pay_from_fen.is_negative() {
            return Err(PolicyError::tiers(
                "/pay_from_fen".into(),
                "起付额不得为负",
                "the paying threshold is not negative",
            ));
        }
        Ok(())
    }

    /// Every pool in order of first mention.
    pub fn pools(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.tiers.iter().flat_map(|tier| tier.pools.keys()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The least part of cumulative net income that the team can have at any
    /// height.
    fn least_team_share(&self) -> Share {
        let levels = self.levels(TEAM).into_iter();
        levels.fold(Share::ONE, Share::min)
    }

    /// Where a pool's part of the cumulative net income can turn: the averages at
    /// the ends of the tiers, and the last tier's own share, where the average is
    /// heading.
    fn levels(&self, pool: &str) -> Vec<Share> {
        let mut levels = Vec::with_capacity(self.tiers.len());
        let (mut floor, mut given) = (0u128, 0u128);
        const SCALE: u128 = 1_000_000_000_000;
        for tier in &self.tiers {
            let share = tier.pools.get(pool).copied().unwrap_or(Share::ZERO);
            let Some(up_to) = tier.up_to_fen else {
                levels.push(share);
                break;
            };
            let end = u128::try_from(up_to.fen()).unwrap_or_default();
            let width = end.saturating_sub(floor);
            // Scaled so that the average stays exact to a trillionth of a fen.
            let part = width
                .saturating_mul(SCALE)
                .saturating_mul(u128::from(share.numerator()))
                / u128::from(share.denominator());
            given = given.saturating_add(part);
            floor = end;
            if let Some(average) = given.checked_div(end) {
                let billionths =
                    u64::try_from(average / (SCALE / 1_000_000_000)).unwrap_or(u64::MAX);
                levels.push(Share::new(billionths, 1_000_000_000).unwrap_or(Share::ZERO));
            }
        }
        levels
    }

    /// The least part of the rewards, the team's and the staff's together, that
    /// the transfer and management staff can have at any height.
    fn least_office_share(&self) -> Share {
        let levels = self.levels(TEAM).into_iter().zip(self.levels(OFFICE));
        levels.fold(Share::ONE, |least, (team, office)| {
            let Ok(total) = team.plus(office) else {
                return Share::ZERO;
            };
            if total.is_zero() {
                return least;
            }
            // office / total
            let turned = Share::new(total.denominator(), total.numerator());
            let part = turned.and_then(|it| office.times(it));
            least.min(part.unwrap_or(Share::ZERO))
        })
    }
}

/// The rules that the program carries, for what an entry of the journal leaves out;
/// what a school hands in now is settled by its own ([`crate::ProposedPolicy`]).
fn carried() -> &'static Rulebook {
    static BOOK: OnceLock<Rulebook> = OnceLock::new();
    BOOK.get_or_init(Rulebook::builtin)
}

/// The first value of a parameter: what a school's rules that say nothing meant
/// when they were written, whatever the law says later.
fn first(id: &str) -> Option<&'static Value> {
    let parameter = carried().parameter(id)?;
    parameter.values.first().map(|it| &it.value)
}

/// Days by default. A default that is missing never shortens a period.
fn days_by_default(id: &str) -> u32 {
    match first(id) {
        Some(Value::Count(days)) => *days,
        _ => u32::MAX,
    }
}

fn share_by_default(id: &str) -> Share {
    match first(id) {
        Some(Value::Share(share)) => *share,
        _ => Share::ONE,
    }
}

fn price_days() -> u32 {
    days_by_default("default.price_publicity_days")
}

fn vesting_days() -> u32 {
    days_by_default("default.vesting_publicity_days")
}

fn reward_days() -> u32 {
    days_by_default("default.reward_publicity_days")
}

fn reply_days() -> u32 {
    days_by_default("default.reply_days")
}

fn objection_days() -> u32 {
    days_by_default("default.objection_days")
}

fn least_equity() -> Share {
    share_by_default("reward.min.equity")
}

fn least_main() -> Share {
    share_by_default("reward.main_contributor.min")
}

/// The rules that a school sets for itself (转化法第44条): adopted with a day,
/// kept with the institution, refused where they fall below the statute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchoolPolicy {
    /// Title and document number: 某大学科技成果转化管理办法（校发〔2025〕8号）.
    pub title: String,
    /// How net income is divided.
    pub distribution: DistributionPolicy,
    /// The team's part of shares obtained by investment (作价投资).
    #[serde(default = "least_equity")]
    pub equity_team: Share,
    /// Part of the yearly operating profit in self- or joint implementation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_or_joint: Option<Share>,
    /// Consecutive years of that part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_or_joint_years: Option<u32>,
    /// Least part of the reward total for the main contributors.
    #[serde(default = "least_main")]
    pub main_contributors: Share,
    /// Natural days of publicity of an agreed price.
    #[serde(default = "price_days")]
    pub price_publicity_days: u32,
    /// Natural days of publicity of vesting.
    #[serde(default = "vesting_days")]
    pub vesting_publicity_days: u32,
    /// Working days of publicity of a cash reward.
    #[serde(default = "reward_days")]
    pub reward_publicity_working_days: u32,
    /// Working days in which a disclosure is answered.
    #[serde(default = "reply_days")]
    pub reply_days: u32,
    /// Working days in which an objection is answered.
    #[serde(default = "objection_days")]
    pub objection_days: u32,
}

impl SchoolPolicy {
    /// A policy to start from: the team's part by default, a tenth to the college,
    /// the rest to the university, and the statutory minimum wherever there is one.
    pub fn example() -> Self {
        let team = share_by_default("default.team_share");
        let college = Share::percent(10);
        let given = team.plus(college).unwrap_or(Share::ONE);
        let rest = Share::ONE.minus(given).unwrap_or(Share::ZERO);
        let pools = [(TEAM, team), ("college", college), ("university", rest)];
        Self {
            title: "科技成果转化收益分配办法（示例）".to_owned(),
            distribution: DistributionPolicy {
                deduct: ["maintenance", "appraisal", "agent", "tax"]
                    .map(str::to_owned)
                    .to_vec(),
                window: Window::Lifetime,
                tiers: vec![Tier {
                    up_to_fen: None,
                    pools: pools
                        .map(|(name, part)| (name.to_owned(), part))
                        .into_iter()
                        .collect(),
                }],
                pay_from_fen: Money::ZERO,
                flush: None,
            },
            equity_team: team,
            self_or_joint: Some(share_by_default("reward.min.self_or_joint")),
            self_or_joint_years: Some(days_by_default("reward.self_or_joint.years_min")),
            main_contributors: least_main(),
            price_publicity_days: price_days(),
            vesting_publicity_days: vesting_days(),
            reward_publicity_working_days: reward_days(),
            reply_days: reply_days(),
            objection_days: objection_days(),
        }
    }

    /// Reads a policy from TOML.
    ///
    /// # Errors
    /// With the line: not TOML, an unknown key, an unreadable share; and what
    /// [`DistributionPolicy::validate`] refuses.
    pub fn parse(toml_text: &str) -> Result<Self, PolicyError> {
        let policy: Self = read(toml_text)?;
        policy.distribution.validate()?;
        Ok(policy)
    }

    /// What the statute says of these rules on a day. Below a minimum: refused
    /// with the article; for an institution that the state did not establish
    /// the same is only information (第45条第1款 is a default for it).
    pub fn check(
        &self,
        rulebook: &Rulebook,
        jurisdiction: &str,
        state_established: bool,
        date: Date,
    ) -> Vec<Finding> {
        let mut checks = Checks {
            rules: rulebook.at(date).within(jurisdiction),
            severity: refused_finding_severity(state_established),
            findings: Vec::new(),
        };
        if let Err(error) = self.distribution.validate() {
            checks
                .findings
                .push(Finding::refused(error.code, error.message).at(&error.pointer));
            return checks.findings;
        }
        let team = self.distribution.least_team_share();
        checks.share(
            "policy.team_below_minimum",
            "distribution.tiers",
            team,
            "reward.min.transfer_license",
        );
        checks.share(
            "policy.equity_below_minimum",
            "equity_team",
            self.equity_team,
            "reward.min.equity",
        );
        checks.share(
            "policy.main_below_minimum",
            "main_contributors",
            self.main_contributors,
            "reward.main_contributor.min",
        );
        checks.office(&self.distribution);
        checks.deducted(&self.distribution);
        if let Some(part) = self.self_or_joint {
            checks.share(
                "policy.self_or_joint_below_minimum",
                "self_or_joint",
                part,
                "reward.min.self_or_joint",
            );
        }
        if let Some(years) = self.self_or_joint_years {
            checks.count(
                "policy.self_or_joint_too_short",
                "self_or_joint_years",
                years,
                "reward.self_or_joint.years_min",
            );
        }
        checks.publicity(self);
        checks.findings
    }
}

/// Reads TOML, with the line of a mistake.
pub(crate) fn read<T: DeserializeOwned>(toml_text: &str) -> Result<T, PolicyError> {
    toml::from_str(toml_text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let said = error.message();
        let before = toml_text.bytes().take(offset);
        PolicyError {
            code: "policy.unreadable",
            message: text!(
                "办法文件无法读取：{said}",
                "the policy cannot be read: {said}"
            ),
            pointer: String::new(),
            line: before.filter(|byte| *byte == b'\n').count() + 1,
        }
    })
}

struct Checks<'a> {
    rules: RulesOn<'a>,
    severity: Severity,
    findings: Vec<Finding>,
}

impl Checks<'_> {
    /// Where the region gives the transfer and management staff a part of the
    /// rewards, the tiers reach it (浙江省条例第37条第2款).
    fn office(&mut self, policy: &DistributionPolicy) {
        if self.rules.share("reward.office.min").is_ok() {
            self.share(
                "policy.office_below_minimum",
                "distribution.tiers",
                policy.least_office_share(),
                "reward.office.min",
            );
        }
    }

    /// A cost that the region says is none is not deducted (浙江省条例第37条第4款).
    fn deducted(&mut self, policy: &DistributionPolicy) {
        let Ok(rows) = self.rules.checklist("cost.deductible") else {
            return;
        };
        for row in rows {
            let no = row.cell("deductible") == Some("no");
            if !no || !policy.deduct.contains(&row.key) {
                continue;
            }
            let (what, article) = (&row.words, &row.citation);
            let message = Text::new(
                format!(
                    "不得从收入中扣除：{}（{}）；请从办法中删去。",
                    what.zh, article.zh
                ),
                format!(
                    "Not a cost to deduct: {} ({}); strike it from the rules.",
                    what.en, article.en
                ),
            );
            self.findings.push(
                Finding::new(self.severity, "policy.cost_not_deductible", message)
                    .cite(row.citation.clone())
                    .at("distribution.deduct"),
            );
        }
    }

    /// Publicity binds every institution.
    fn publicity(&mut self, policy: &SchoolPolicy) {
        self.severity = Severity::Refused;
        self.count(
            "policy.price_publicity_too_short",
            "price_publicity_days",
            policy.price_publicity_days,
            "price.publicity.min",
        );
        self.count(
            "policy.vesting_publicity_too_short",
            "vesting_publicity_days",
            policy.vesting_publicity_days,
            "vesting.publicity.min",
        );
        self.count(
            "policy.reward_publicity_too_short",
            "reward_publicity_working_days",
            policy.reward_publicity_working_days,
            "pit.publicity.min",
        );
    }

    fn share(&mut self, code: &str, field: &str, set: Share, id: &str) {
        match self.rules.share(id) {
            Ok(least) if set < least.value => {
                let (set, least_text) = (set.to_percent_text(), least.value.to_percent_text());
                self.below(code, field, &set, &least_text, least.citation);
            }
            Ok(_) => {}
            Err(error) => self.unknown(&error),
        }
    }

    fn count(&mut self, code: &str, field: &str, set: u32, id: &str) {
        match self.rules.count(id) {
            Ok(least) if set < least.value => {
                self.below(
                    code,
                    field,
                    &set.to_string(),
                    &least.value.to_string(),
                    least.citation,
                );
            }
            Ok(_) => {}
            Err(error) => self.unknown(&error),
        }
    }

    fn below(&mut self, code: &str, field: &str, set: &str, least: &str, citation: Citation) {
        let (zh, en) = (citation.zh.clone(), citation.en.clone());
        let message = text!(
            "本校规定为 {set}，低于最低标准 {least}（{zh}）；请提高到 {least} 以上。",
            "The rule sets {set}, below the minimum of {least} ({en}); raise it to at least {least}.",
        );
        self.findings.push(
            Finding::new(self.severity, code, message)
                .cite(citation)
                .at(field),
        );
    }

    fn unknown(&mut self, error: &LookupError) {
        if matches!(error, LookupError::NotInForce { .. }) {
            self.findings
                .push(Finding::new(Severity::Info, error.code(), error.message()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn codes(policy: &SchoolPolicy, jurisdiction: &str, state: bool) -> Vec<(String, Severity)> {
        let book = Rulebook::builtin();
        let findings = policy.check(&book, jurisdiction, state, date(2025, 3, 1));
        findings
            .into_iter()
            .map(|it| (it.code, it.severity))
            .collect()
    }

    #[test]
    fn rules_below_the_statute_are_refused_with_the_article() {
        let mut policy = SchoolPolicy::example();
        assert_eq!(codes(&policy, "CN", true), vec![]);
        assert_eq!(
            codes(&policy, "CN-ZJ", true),
            vec![
                ("policy.main_below_minimum".to_owned(), Severity::Refused),
                ("policy.office_below_minimum".to_owned(), Severity::Refused),
            ]
        );
        let mut zhejiang = SchoolPolicy {
            main_contributors: Share::percent(70),
            ..policy.clone()
        };
        // 5 of 75 parts of the rewards are more than 5 %, 3 of 73 are less.
        for (office, missing) in [(5, 0), (3, 1)] {
            zhejiang.distribution.tiers[0].pools = [
                ("team", 70),
                ("office", office),
                ("university", 30 - office),
            ]
            .map(|(n, p)| (n.to_owned(), Share::percent(p)))
            .into_iter()
            .collect();
            assert_eq!(codes(&zhejiang, "CN-ZJ", true).len(), missing);
        }
        zhejiang.distribution.deduct.push("fiscal_rd".to_owned());
        let no_cost = ("policy.cost_not_deductible".to_owned(), Severity::Refused);
        assert!(codes(&zhejiang, "CN-ZJ", true).contains(&no_cost));
        assert!(!codes(&zhejiang, "CN", true).contains(&no_cost));
        policy.distribution.tiers[0].pools = [("team", 45), ("university", 55)]
            .map(|(n, p)| (n.to_owned(), Share::percent(p)))
            .into_iter()
            .collect();
        policy.price_publicity_days = 10;
        assert_eq!(
            codes(&policy, "CN", true),
            vec![
                ("policy.team_below_minimum".to_owned(), Severity::Refused),
                (
                    "policy.price_publicity_too_short".to_owned(),
                    Severity::Refused
                )
            ]
        );
        assert_eq!(codes(&policy, "CN", false)[0].1, Severity::Info);
    }

    #[test]
    fn a_low_tier_is_judged_by_the_average_it_reaches() {
        let tier = |up_to: Option<i64>, team: u32| Tier {
            up_to_fen: up_to.map(Money::from_fen),
            pools: [("team", team), ("university", 100 - team)]
                .map(|(n, p)| (n.to_owned(), Share::percent(p)))
                .into_iter()
                .collect(),
        };
        let mut policy = SchoolPolicy::example();
        policy.distribution.tiers = vec![tier(Some(100), 100), tier(Some(200), 0), tier(None, 50)];
        assert_eq!(codes(&policy, "CN", true), vec![]);
        policy.distribution.tiers = vec![tier(Some(100), 100), tier(Some(201), 0), tier(None, 90)];
        assert_eq!(codes(&policy, "CN", true).len(), 1);
    }

    #[test]
    fn a_policy_file_keeps_the_order_of_its_pools() {
        let file = "title = \"办法\"\n[distribution]\nwindow = \"year\"\n[[distribution.tiers]]\npools = { university = \"20%\", team = \"70%\", college = \"10%\" }\n";
        let policy = SchoolPolicy::parse(file).unwrap();
        assert_eq!(
            policy.distribution.pools(),
            vec!["university", "team", "college"]
        );
        assert_eq!(
            toml::from_str::<SchoolPolicy>(&toml::to_string(&policy).unwrap()).unwrap(),
            policy
        );
        let wrong = SchoolPolicy::parse(&file.replace("\"20%\"", "\"21%\"")).unwrap_err();
        assert_eq!(
            (wrong.code, wrong.pointer.as_str()),
            ("policy.shares_sum", "/tiers/0/pools")
        );
        let wrong = SchoolPolicy::parse(&file.replace("window", "windov")).unwrap_err();
        assert_eq!((wrong.code, wrong.line), ("policy.unreadable", 3));
    }
}
