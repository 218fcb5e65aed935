//! A school's own rules as it hands them in: what they leave out is settled by the
//! law where the school is, on the day from which they hold.

use dukou_kernel::Share;
use serde::{Deserialize, Serialize};

use crate::policy::{DistributionPolicy, PolicyError, SchoolPolicy, read};
use crate::register::Value;
use crate::rulebook::RulesOn;

/// The rules that a school sets for itself, before what they leave out is settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposedPolicy {
    /// Title and document number.
    pub title: String,
    /// How net income is divided.
    pub distribution: DistributionPolicy,
    /// The team's part of shares obtained by investment (作价投资).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equity_team: Option<Share>,
    /// Part of the yearly operating profit in self- or joint implementation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_or_joint: Option<Share>,
    /// Consecutive years of that part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_or_joint_years: Option<u32>,
    /// Least part of the reward total for the main contributors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_contributors: Option<Share>,
    /// Natural days of publicity of an agreed price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_publicity_days: Option<u32>,
    /// Natural days of publicity of vesting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vesting_publicity_days: Option<u32>,
    /// Working days of publicity of a cash reward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward_publicity_working_days: Option<u32>,
    /// Working days in which a disclosure is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_days: Option<u32>,
    /// Working days in which an objection is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection_days: Option<u32>,
}

impl ProposedPolicy {
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

    /// The same with everything that it leaves out: the default in force, or the
    /// statutory minimum where that is more.
    pub fn settle(self, rules: &RulesOn<'_>) -> SchoolPolicy {
        let share = |said: Option<Share>, id| said.unwrap_or_else(|| share(rules, id));
        let days = |said: Option<u32>, ids: &[&str]| {
            let most = || ids.iter().map(|id| days(rules, id)).max();
            said.or_else(most).unwrap_or(u32::MAX)
        };
        SchoolPolicy {
            title: self.title,
            distribution: self.distribution,
            equity_team: share(self.equity_team, "reward.min.equity"),
            self_or_joint: self.self_or_joint,
            self_or_joint_years: self.self_or_joint_years,
            main_contributors: share(self.main_contributors, "reward.main_contributor.min"),
            price_publicity_days: days(
                self.price_publicity_days,
                &["default.price_publicity_days", "price.publicity.min"],
            ),
            vesting_publicity_days: days(
                self.vesting_publicity_days,
                &["default.vesting_publicity_days", "vesting.publicity.min"],
            ),
            reward_publicity_working_days: days(
                self.reward_publicity_working_days,
                &["default.reward_publicity_days", "pit.publicity.min"],
            ),
            reply_days: days(self.reply_days, &["default.reply_days"]),
            objection_days: days(self.objection_days, &["default.objection_days"]),
        }
    }
}

impl From<SchoolPolicy> for ProposedPolicy {
    fn from(policy: SchoolPolicy) -> Self {
        Self {
            title: policy.title,
            distribution: policy.distribution,
            equity_team: Some(policy.equity_team),
            self_or_joint: policy.self_or_joint,
            self_or_joint_years: policy.self_or_joint_years,
            main_contributors: Some(policy.main_contributors),
            price_publicity_days: Some(policy.price_publicity_days),
            vesting_publicity_days: Some(policy.vesting_publicity_days),
            reward_publicity_working_days: Some(policy.reward_publicity_working_days),
            reply_days: Some(policy.reply_days),
            objection_days: Some(policy.objection_days),
        }
    }
}

/// What is in force, or before anything was the first that ever will be: rules of a
/// school from before the law are held to what the law began with.
fn value<'a>(rules: &RulesOn<'a>, id: &str) -> Option<&'a Value> {
    let first = || rules.book().parameter(id)?.values.first();
    let found = rules.value(id).ok().or_else(first);
    found.map(|it| &it.value)
}

/// A default that is missing never shortens a period.
fn days(rules: &RulesOn<'_>, id: &str) -> u32 {
    match value(rules, id) {
        Some(Value::Count(days)) => *days,
        _ => u32::MAX,
    }
}

fn share(rules: &RulesOn<'_>, id: &str) -> Share {
    match value(rules, id) {
        Some(Value::Share(share)) => *share,
        _ => Share::ONE,
    }
}
