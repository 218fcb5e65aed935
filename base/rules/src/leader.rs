//! What leaders may receive (国发〔2016〕16号（八）).

use dukou_kernel::{Citation, Date, Finding, Severity, text, words};
use serde::{Deserialize, Serialize};

use crate::register::Row;
use crate::rulebook::{COUNTRY, LookupError, Rulebook, RulesOn};
use crate::step::{RuleError, Step};
use crate::terms::Post;

words! {
    /// What is awarded (奖励形式).
    Award {
        Cash = "cash", "现金", "Cash";
        Equity = "equity", "股权", "Equity";
    }
}

/// The question: may this post have this award?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leader {
    /// The post at the award.
    pub post: Post,
    /// The award.
    pub award: Award,
    /// Was the award published for the full period? Asked only when given.
    #[serde(default)]
    pub published: Option<bool>,
    /// The day; today when left out.
    #[serde(default)]
    pub on: Option<Date>,
    /// Whose overlay applies; `CN` when left out.
    #[serde(default)]
    pub jurisdiction: Option<String>,
}

impl Leader {
    fn jurisdiction_or_country(&self) -> &str {
        self.jurisdiction.as_deref().unwrap_or(COUNTRY)
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeaderAnswer {
    /// True when the award may be given.
    pub allowed: bool,
    /// True when the distribution to this person is published.
    pub must_publish: bool,
    /// The article.
    pub citation: Citation,
    /// How it was decided.
    pub steps: Vec<Step>,
    /// `leader.equity_refused` where it may not; what publication says, when asked.
    pub findings: Vec<Finding>,
}

/// The check-list that says who counts as 正职, and what each post may have.
const POSTS: &str = "leader.posts";

/// The row of a post. A post that the list does not know has none of what leaders
/// are refused, and is published.
fn row_of<'a>(post: Post, rules: &RulesOn<'a>) -> Result<Option<&'a Row>, RuleError> {
    match rules.checklist(POSTS) {
        Ok(rows) => Ok(rows.into_iter().find(|row| row.key == post.code())),
        Err(LookupError::NotInForce { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// True when the post may have the award: 正职 have cash, no equity; all others
/// may have both (国发〔2016〕16号（八）). Before the rule everybody may.
///
/// # Errors
/// When the rulebook has no list of posts.
pub fn leader_allowed(post: Post, award: Award, rules: &RulesOn<'_>) -> Result<bool, RuleError> {
    let cell = match award {
        Award::Cash => "cash",
        Award::Equity => "equity",
    };
    Ok(row_of(post, rules)?.is_none_or(|row| row.cell(cell) == Some("allowed")))
}

/// True when the award to this post must be published before it is paid.
///
/// # Errors
/// When the rulebook has no list of posts.
pub fn must_publish(post: Post, rules: &RulesOn<'_>) -> Result<bool, RuleError> {
    let row = row_of(post, rules)?;
    Ok(row.map_or(post != Post::None, |row| row.cell("publish") == Some("yes")))
}

fn article(post: Post, rules: &RulesOn<'_>) -> Result<Citation, RuleError> {
    let row = row_of(post, rules)?;
    Ok(row.map_or_else(
        || rules.book().article("sc_2016_16.8"),
        |row| row.citation.clone(),
    ))
}

/// Answers the question with the article.
///
/// # Errors
/// When the rulebook has no list of posts.
pub fn leader(question: &Leader, book: &Rulebook, today: Date) -> Result<LeaderAnswer, RuleError> {
    let rules = book
        .at(question.on.unwrap_or(today))
        .within(question.jurisdiction_or_country());
    let citation = article(question.post, &rules)?;
    let allowed = leader_allowed(question.post, question.award, &rules)?;
    let must_publish = must_publish(question.post, &rules)?;
    let words = if allowed {
        text!("该职务可以获得此项奖励", "this post may have this award")
    } else {
        text!(
            "正职领导原则上不得获取股权激励",
            "a chief leader in principle has no equity"
        )
    };
    let step = Step::new("leader", words, allowed)
        .with("post", question.post.code())
        .with("award", question.award.code())
        .cite(citation.clone());
    let mut findings = Vec::new();
    if !allowed {
        findings.push(equity_refused("post", question.post, &rules)?);
    }
    if let Some(published) = question.published {
        findings.push(reward_publication(question.post, published, &rules)?);
    }
    Ok(LeaderAnswer {
        allowed,
        must_publish,
        citation,
        steps: vec![step],
        findings,
    })
}

/// The finding that refuses equity to a chief leader.
pub(crate) fn equity_refused(
    field: &str,
    post: Post,
    rules: &RulesOn<'_>,
) -> Result<Finding, RuleError> {
    let citation = article(post, rules)?;
    let (zh, en) = (citation.zh.as_str(), citation.en.as_str());
    let message = text!(
        "正职领导原则上不得获取股权激励（{zh}）；可改为现金奖励或重新分配份额。",
        "A chief leader in principle has no equity ({en}); offer cash or reassign the share."
    );
    Ok(Finding::refused("leader.equity_refused", message)
        .cite(citation)
        .at(field))
}

/// May an award be paid, as far as publication goes? A leader's never without it
/// (国发〔2016〕16号（八）), nobody's where the region says so (浙江省条例第39条);
/// else an unpublished award only has no tax relief (国科发政〔2018〕103号).
///
/// # Errors
/// When the rulebook has no list of posts.
pub fn reward_publication(
    post: Post,
    published: bool,
    rules: &RulesOn<'_>,
) -> Result<Finding, RuleError> {
    let notice = rules.book().article("most_2018_103");
    if published {
        let message = text!(
            "奖励已公示满期",
            "The reward was published for the full period"
        );
        return Ok(Finding::new(Severity::Info, "reward.published", message).cite(notice));
    }
    if must_publish(post, rules)? {
        let message = text!(
            "领导人员的奖励须公开公示后才能兑现。先发布奖励公示，满期后再付。",
            "A leader's reward is paid only after it was published. Post the reward notice first."
        );
        return Ok(Finding::refused("leader.unpublished", message)
            .cite(article(post, rules)?)
            .at("person"));
    }
    if let Ok(least) = rules.days("reward.publicity.min") {
        let (days, zh, en) = (least.value, &least.citation.zh, &least.citation.en);
        let message = text!(
            "奖励须公示不少于{days}日后才能兑现（{zh}）。先发布奖励公示，满期后再付。",
            "A reward is paid only after {days} days of publication ({en}). Post the reward notice first."
        );
        return Ok(Finding::refused("reward.unpublished", message)
            .cite(least.citation)
            .at("person"));
    }
    let message = text!(
        "奖励没有公示满期，不能享受个人所得税减半。",
        "The reward was not published for the full period: no income-tax relief."
    );
    Ok(Finding::new(Severity::Warning, "reward.unpublished", message).cite(notice))
}
