//! What leaders may receive (国发〔2016〕16号（八）).

use dukou_kernel::{Citation, Finding, text};
use serde::{Deserialize, Serialize};

use crate::rulebook::Rulebook;
use crate::step::Step;

/// The post a person holds on the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Post {
    /// 单位正职（校长、院长）.
    HeadOfUnit,
    /// 党委书记, counts as 正职.
    PartySecretary,
    /// 所属具有独立法人资格单位的正职.
    HeadOfLegalPersonSubunit,
    /// 副职.
    Deputy,
    /// 内设机构负责人（学院、部处）.
    HeadOfInternalBody,
    /// 非领导.
    #[default]
    None,
}

/// What is awarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Award {
    /// 现金
    Cash,
    /// 股权
    Equity,
}

/// The question: may this post have this award?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leader {
    /// The post on the day.
    pub post: Post,
    /// The award.
    pub award: Award,
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
    /// `leader.equity_refused` where it may not.
    pub findings: Vec<Finding>,
}

/// True when the post may have the award: 正职 have cash, no equity; all others
/// may have both.
pub fn leader_allowed(post: Post, award: Award) -> bool {
    let chief = matches!(
        post,
        Post::HeadOfUnit | Post::PartySecretary | Post::HeadOfLegalPersonSubunit
    );
    !(chief && award == Award::Equity)
}

/// Answers the question with the article.
pub fn leader(question: Leader, book: &Rulebook) -> LeaderAnswer {
    let citation = book.article("sc_2016_16.8");
    let allowed = leader_allowed(question.post, question.award);
    let must_publish = question.post != Post::None;
    let words = if allowed {
        text!("该职务可以获得此项奖励", "this post may have this award")
    } else {
        text!(
            "正职领导原则上不得获取股权激励",
            "a chief leader in principle has no equity"
        )
    };
    let step = Step::new("leader", words, allowed)
        .with("post", format!("{:?}", question.post))
        .with("award", format!("{:?}", question.award))
        .cite(citation.clone());
    let findings = if allowed {
        Vec::new()
    } else {
        vec![equity_refused("post", &citation)]
    };
    LeaderAnswer {
        allowed,
        must_publish,
        citation,
        steps: vec![step],
        findings,
    }
}

/// The finding that refuses equity to a chief leader.
pub(crate) fn equity_refused(field: &str, citation: &Citation) -> Finding {
    let article = (citation.zh.as_str(), citation.en.as_str());
    let (zh, en) = article;
    let message = text!(
        "正职领导原则上不得获取股权激励（{zh}）；可改为现金奖励或重新分配份额。",
        "A chief leader in principle has no equity ({en}); offer cash or reassign the share."
    );
    Finding::refused("leader.equity_refused", message)
        .cite(citation.clone())
        .at(field)
}
