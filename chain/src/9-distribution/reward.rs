//! 奖励公示 — what a notice of cash rewards publishes, and its page
//! (国科发政〔2018〕103号: 科技成果转化信息、奖励人员信息、现金奖励信息、技术合同登记信息、
//! 公示期限). As with a price notice, the event holds facts with persons by id, and the
//! page their names; see [`crate::publicity`].

use dukou_kernel::{
    CaseId, Citation, Date, Finding, Lang, Money, NoticeId, PersonId, ReceiptId, Refusal, Share,
    Text, text,
};
use dukou_rules::PublicityKind;
use serde::{Deserialize, Serialize};

use super::decide::{Before, LONGEST, not_approved};
use super::{Command, Distribution};
use crate::agreement::Agreement;
use crate::checks::Checks;
use crate::contract::Context;
use crate::income::Income;
use crate::institution::Institution;
use crate::law;
use crate::matching::CaseView;
use crate::people::Post;
use crate::publicity::page::{Frame, name_of, offer, period, section, titled};
use crate::publicity::{
    Achievement, Content, Names, Offered, Paper, School, Sheet, Until, achievements, titles,
};
use crate::terms::Attachment;

/// 奖励公示已发布
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewardPosted {
    /// Which receipt.
    pub receipt: ReceiptId,
    /// Id of the notice.
    pub notice: NoticeId,
    /// Year of the notice's number.
    pub year: i16,
    /// Place in the year's series.
    pub ordinal: u32,
    /// Names of the results.
    pub titles: Vec<String>,
    /// Working days.
    pub days: u32,
    /// Working days asked for.
    pub days_min: u32,
    /// The article.
    pub citation: Citation,
    /// What stands in the open.
    pub content: Content<RewardFacts>,
}

/// One person's part in one result (贡献).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contribution {
    /// To which case.
    pub case: CaseId,
    /// What the person did, in one phrase.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// Part of the team's whole.
    pub share: Share,
    /// 主要贡献人员
    #[serde(default)]
    pub main: bool,
}

/// One person's reward (奖励人员与现金奖励).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rewarded {
    /// Who.
    pub person: PersonId,
    /// 职务, the weightiest one held on the day of posting.
    pub post: Post,
    /// 贡献, by case.
    pub contributions: Vec<Contribution>,
    /// How much of this receipt, in fen.
    pub amount: Money,
    /// The part of it that gives back costs the person had paid (加倍返还).
    pub returned: Money,
}

/// 技术合同登记信息 when the notice was posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Registration {
    /// 未登记: such a notice carries no tax relief.
    None,
    /// 已登记
    Entered {
        /// 登记编号
        register_no: String,
        /// 登记日期
        on: Date,
        /// 登记机构, where it was given.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        body: String,
    },
}

/// What a notice of rewards publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardFacts {
    /// Who posts.
    pub school: School,
    /// The results, in the order of their titles.
    pub results: Vec<Achievement>,
    /// Mode and price under the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<Offered>,
    /// 到账日
    pub received: Date,
    /// What arrived, in fen.
    pub income: Money,
    /// 净收入, less what was taken back since.
    pub net: Money,
    /// Who is rewarded, and how much.
    pub people: Vec<Rewarded>,
    /// All of it.
    pub total: Money,
    /// Whether the contract is registered.
    pub registered: Registration,
    /// The last day.
    pub until: Until,
}

/// What the facts of a reward notice are taken from.
pub struct RewardSource<'a> {
    /// Who posts, and the calendar.
    pub institution: &'a Institution,
    /// The contract.
    pub agreement: &'a Agreement,
    /// Receipts.
    pub income: &'a Income,
    /// The covered cases.
    pub cases: &'a [CaseView<'a>],
    /// What post a person holds.
    pub post: &'a dyn Fn(PersonId) -> Post,
}

impl RewardFacts {
    /// As they stand, for a notice posted on this day; nothing when the receipt is
    /// not divided. `body` is the office that registered the contract.
    pub fn of(
        from: &RewardSource<'_>,
        distribution: &Distribution,
        receipt: ReceiptId,
        body: &str,
        (posted_on, days): (Date, u32),
    ) -> Option<Self> {
        let division = distribution.divisions.get(&receipt)?;
        let entered = from.income.receipts.get(&receipt)?;
        let split = &division.approved.as_ref()?.1.split;
        let splits = || {
            let back = division.clawed_back.iter().map(|it| &it.split);
            std::iter::once(split).chain(back)
        };
        let people: Vec<Rewarded> = division
            .people()
            .into_iter()
            .map(|person| {
                let returned = splits().flat_map(|it| &it.returned);
                let mine = returned.filter(|(who, _)| *who == person);
                Rewarded {
                    person,
                    post: (from.post)(person),
                    contributions: contributions(from.cases, person),
                    amount: division.awarded(person),
                    returned: Money::sum(mine.map(|(_, it)| *it)).unwrap_or_default(),
                }
            })
            .filter(|it| it.amount.is_positive())
            .collect();
        let registered = from.agreement.registered.as_ref();
        let entry = registered.map(|it| Registration::Entered {
            register_no: it.register_no.clone(),
            on: it.registered,
            body: body.trim().to_owned(),
        });
        Some(Self {
            school: School::of(from.institution),
            results: achievements(from.cases),
            offered: from.agreement.terms().map(Offered::from),
            received: entered.received.received,
            income: entered.received.amount,
            net: Money::sum(splits().map(|it| it.net)).unwrap_or_default(),
            total: Money::sum(people.iter().map(|it| it.amount)).unwrap_or_default(),
            people,
            registered: entry.unwrap_or(Registration::None),
            until: law::working_days(from.institution.calendar(), posted_on, days).into(),
        })
    }
}

fn contributions(cases: &[CaseView<'_>], person: PersonId) -> Vec<Contribution> {
    let one = |case: &CaseView<'_>| {
        let mut all = case.disclosure.contributors().iter();
        let mine = all.find(|it| it.person == person)?;
        Some(Contribution {
            case: case.id,
            role: mine.role.clone(),
            share: mine.share,
            main: mine.main,
        })
    };
    cases.iter().filter_map(one).collect()
}

impl RewardPosted {
    /// The notice made of its facts: what its page says, when the names are those of
    /// the time. `contact` stands in no event.
    pub fn sheet(
        &self,
        facts: &RewardFacts,
        posted_on: Date,
        contact: &str,
        names: &Names,
    ) -> Sheet {
        let frame = Frame {
            school: &facts.school,
            year: self.year,
            ordinal: self.ordinal,
            posted_on,
            heading: Text::new("科技成果转化现金奖励公示", ": notice of cash rewards"),
            intro: Text::new(
                "根据国科发政〔2018〕103号和国发〔2016〕16号文件，现将下列职务科技成果转化现金奖励予以公示。",
                "Under MOST Document 103 (2018) and State Council Document 16 (2016), the following cash rewards are published.",
            ),
        };
        let days = (self.days, Text::new("个工作日", "working days"));
        let article = |lang: Lang| {
            let until = period(
                posted_on,
                facts.until,
                (days.0, days.1.clone()),
                contact,
                lang,
            );
            let sections = vec![
                section(
                    lang.pick("一、成果转化信息", "1. Transformation"),
                    transformed(&self.titles, facts, lang),
                ),
                section(
                    lang.pick("二、奖励人员与金额", "2. Persons and rewards"),
                    rewards(facts, names, lang),
                ),
                section(
                    lang.pick("三、技术合同登记", "3. Registration of the contract"),
                    vec![registration(&facts.registered, lang)],
                ),
                section(
                    lang.pick("四、公示期限与异议", "4. Period and objections"),
                    vec![until],
                ),
            ];
            frame.article(sections, lang)
        };
        Sheet {
            zh: article(Lang::Zh),
            en: article(Lang::En),
        }
    }

    /// The page, when one was kept, and everybody it names.
    pub fn names(&self) -> Option<(&Attachment, Vec<PersonId>)> {
        let (facts, page) = self.content.frozen()?;
        Some((page, facts.people.iter().map(|it| it.person).collect()))
    }
}

fn transformed(titles: &[String], facts: &RewardFacts, lang: Lang) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (at, title) in titles.iter().enumerate() {
        let kind = facts.results.get(at).map(|it| it.kind.label());
        lines.push(titled(title, kind, lang));
    }
    lines.extend(facts.offered.as_ref().map(|it| offer(it, lang)));
    let (on, income, net) = (facts.received, facts.income, facts.net);
    lines.push(match lang {
        Lang::Zh => format!("转化收入{income}元，{on}到账；净收入{net}元。"),
        Lang::En => format!("Income RMB {income}, received on {on}; net income RMB {net}."),
    });
    lines
}

fn rewards(facts: &RewardFacts, names: &Names, lang: Lang) -> Vec<String> {
    let several = facts.results.len() > 1;
    let mut lines: Vec<String> = Vec::new();
    for it in &facts.people {
        let name = name_of(names, it.person, lang);
        let post = it.post.label();
        let post = post.get(lang);
        let mut parts = vec![post.to_owned()];
        for one in &it.contributions {
            let at = facts
                .results
                .iter()
                .position(|known| known.case == one.case);
            let which = at.filter(|_| several).map(|at| at + 1);
            parts.push(contribution(one, which, lang));
        }
        let (amount, returned) = (it.amount, it.returned);
        let mut line = match lang {
            Lang::Zh => format!("{name}（{}）：{amount}元", parts.join("；")),
            Lang::En => format!("{name} ({}): RMB {amount}", parts.join("; ")),
        };
        if returned.is_positive() {
            line.push_str(&match lang {
                Lang::Zh => format!("，其中返还垫付费用{returned}元"),
                Lang::En => format!(", of which RMB {returned} returns costs paid"),
            });
        }
        line.push_str(lang.pick("。", "."));
        lines.push(line);
    }
    let total = facts.total;
    lines.push(match lang {
        Lang::Zh => format!("合计{total}元。"),
        Lang::En => format!("Total RMB {total}."),
    });
    lines
}

fn contribution(it: &Contribution, which: Option<usize>, lang: Lang) -> String {
    let share = it.share.to_percent_text();
    let mut text = match (which, lang) {
        (Some(at), Lang::Zh) => format!("第{at}项贡献{share}"),
        (Some(at), Lang::En) => format!("{share} of result {at}"),
        (None, Lang::Zh) => format!("贡献{share}"),
        (None, Lang::En) => format!("contribution {share}"),
    };
    if it.main {
        text.push_str(lang.pick("，主要贡献人员", ", main contributor"));
    }
    if !it.role.is_empty() {
        text.push_str(lang.pick("，", ", "));
        text.push_str(&it.role);
    }
    text
}

fn registration(it: &Registration, lang: Lang) -> String {
    match (it, lang) {
        (Registration::None, Lang::Zh) => {
            "未登记。技术合同未经认定登记，本次公示不作为享受个人所得税优惠的依据。".to_owned()
        }
        (Registration::None, Lang::En) => {
            "Not registered. The technology contract is not registered: this notice carries no income-tax relief.".to_owned()
        }
        (Registration::Entered { register_no, on, body }, Lang::Zh) => match body.is_empty() {
            true => format!("登记编号{register_no}，{on}登记；登记机构未填。"),
            false => format!("登记编号{register_no}，{on}由{body}登记。"),
        },
        (Registration::Entered { register_no, on, body }, Lang::En) => match body.is_empty() {
            true => format!("Register number {register_no}, {on}; the registering body is not given."),
            false => format!("Register number {register_no}, {on}, registered by {body}."),
        },
    }
}

impl Distribution {
    /// Posts a notice of rewards: what happened, and the page that stands in the open.
    pub(super) fn post_reward(
        &self,
        before: &Before<'_>,
        command: &Command,
        ctx: &Context,
    ) -> Result<(RewardPosted, Paper), Refusal> {
        let Command::PostReward {
            receipt,
            notice,
            days,
            contact,
            registrar,
        } = command
        else {
            return Err(not_approved());
        };
        let kind = PublicityKind::CashReward;
        let (least, short) = law::notice_days(before.institution, kind, *days, ctx.today)?;
        self.may_post(*receipt, (*days, short), (contact, registrar))?;
        let post = |person| {
            let known = (before.person)(person);
            known.map_or(Post::None, |it| it.post_on(ctx.today))
        };
        let source = RewardSource {
            institution: before.institution,
            agreement: before.agreement,
            income: before.income,
            cases: before.cases,
            post: &post,
        };
        let facts = RewardFacts::of(&source, self, *receipt, registrar, (ctx.today, *days));
        let facts = facts.ok_or_else(not_approved)?;
        let posted = RewardPosted {
            receipt: *receipt,
            notice: *notice,
            year: ctx.today.year(),
            ordinal: before.ordinal,
            titles: titles(before.cases),
            days: *days,
            days_min: least.value,
            citation: least.citation,
            content: Content::Unfrozen {
                contact: String::new(),
            },
        };
        let paper = posted
            .sheet(&facts, ctx.today, contact, before.names)
            .paper();
        let page = paper.file.clone();
        let content = Content::Frozen { facts, page };
        Ok((RewardPosted { content, ..posted }, paper))
    }

    fn may_post(
        &self,
        receipt: ReceiptId,
        (days, short): (u32, Option<Finding>),
        (contact, registrar): (&str, &str),
    ) -> Result<(), Refusal> {
        let division = self
            .divisions
            .get(&receipt)
            .filter(|it| it.approved.is_some());
        let division = division.ok_or_else(not_approved)?;
        let mut checks = Checks::default();
        checks.words("contact", contact, 200);
        checks.at_most("registrar", registrar, 200);
        checks.refuse_if(division.reward.is_some(), || {
            Finding::refused(
                "reward.posted_already",
                text!("奖励已在公示。", "The rewards are published already."),
            )
        });
        short.into_iter().for_each(|finding| checks.add(finding));
        checks.at_most_days(days, LONGEST);
        checks.settle().map(drop)
    }
}
