//! 公示内容 — what a notice publishes, as it stands in the event: facts, and persons
//! by their ids alone. Their names, and whom to write to, stand in the page.

use dukou_calendar::Calendar;
use dukou_kernel::{CaseId, Date, Lang, Money, PersonId, Share};
use serde::{Deserialize, Serialize};

use crate::deal::{Holding, Negotiation, Terms};
use crate::institution::Institution;
use crate::law::Due;
use crate::matching::CaseView;
use crate::terms::{Attachment, LicenceKind, Mode, Party, PartyKind, Pricing, ResultKind};

/// What stood in the open under a notice's number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Content<F> {
    /// 已固化: the facts, and the page as it was posted, kept as evidence.
    Frozen {
        /// What the page says.
        facts: F,
        /// The page.
        page: Attachment,
    },
    /// 未固化: posted by version 0.1.0, which kept neither; shown from the deal as
    /// it stands.
    Unfrozen {
        /// Whom to write to.
        contact: String,
    },
}

impl<F> Content<F> {
    /// The page as it was posted, where it was kept.
    pub fn page(&self) -> Option<&Attachment> {
        match self {
            Self::Frozen { page, .. } => Some(page),
            Self::Unfrozen { .. } => None,
        }
    }
}

impl<F> Content<F> {
    /// The facts and the page, when they were kept.
    pub fn frozen(&self) -> Option<(&F, &Attachment)> {
        match self {
            Self::Frozen { facts, page } => Some((facts, page)),
            Self::Unfrozen { .. } => None,
        }
    }
}

/// Who posts, as the page names it (公示单位).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct School {
    /// Name in Chinese.
    pub zh: String,
    /// Name in English; the Chinese one counts where there is none.
    pub en: String,
}

impl School {
    pub(crate) fn of(institution: &Institution) -> Self {
        let profile = institution.profile.as_ref();
        profile.map_or_else(Self::default, |it| Self {
            zh: it.name_zh.clone(),
            en: it.name_en.clone(),
        })
    }

    /// The name to show.
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::En if !self.en.is_empty() => &self.en,
            _ => &self.zh,
        }
    }
}

/// One result, beside its title in the list of titles (成果).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Achievement {
    /// Which case.
    pub case: CaseId,
    /// 成果类型
    pub kind: ResultKind,
}

/// The results of these cases, in their order.
pub(crate) fn achievements(cases: &[CaseView<'_>]) -> Vec<Achievement> {
    let one = |case: &CaseView<'_>| {
        let details = case.disclosure.details.as_ref()?;
        let (case, kind) = (case.id, details.kind);
        Some(Achievement { case, kind })
    };
    cases.iter().filter_map(one).collect()
}

/// Mode and price, without what stays between the parties (转化方式与拟定价格).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offered {
    /// 转化方式
    pub mode: Mode,
    /// 许可种类
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<LicenceKind>,
    /// 地域
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub territory: String,
    /// Years of a licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term_years: Option<u16>,
    /// Fixed price in cash, in fen; zero for pure equity.
    pub price: Money,
    /// Running royalty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub royalty: Option<Share>,
    /// What the royalty is a part of.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub royalty_base: String,
    /// 作价投资
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equity: Option<Holding>,
    /// 定价方式
    pub pricing: Pricing,
}

impl From<&Terms> for Offered {
    fn from(terms: &Terms) -> Self {
        Self {
            mode: terms.mode,
            licence: terms.licence,
            territory: terms.territory.clone(),
            term_years: terms.term_years,
            price: terms.price,
            royalty: terms.royalty,
            royalty_base: terms.royalty_base.clone(),
            equity: terms.equity.clone(),
            pricing: terms.pricing,
        }
    }
}

/// The other side. A natural person's name stands in the page alone (受让方、被许可方).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taker {
    /// Nature.
    pub kind: PartyKind,
    /// Registered name, unless it is a natural person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl From<&Party> for Taker {
    fn from(party: &Party) -> Self {
        Self {
            kind: party.kind,
            name: (party.kind != PartyKind::Person).then(|| party.name.clone()),
        }
    }
}

/// A contributor and the tie to the other side (完成人与关联关系).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tie {
    /// Who.
    pub person: PersonId,
    /// Tied or not, as declared; nothing while it is not declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related: Option<bool>,
}

/// The last day, as the page says it (届满日).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Until {
    /// As counted.
    pub raw: Date,
    /// As it moves off rest days; nothing while the year is not known (待国务院安排).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Date>,
}

impl From<Due> for Until {
    fn from(due: Due) -> Self {
        let Due { raw, end } = due;
        Self { raw, end }
    }
}

/// What a price notice publishes (转化法18; 国发〔2016〕16号（三）; 浙江17).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Who posts.
    pub school: School,
    /// The results, in the order of their titles.
    pub results: Vec<Achievement>,
    /// 内容摘要, as the office words it for the public.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Mode and price.
    pub offered: Offered,
    /// The other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taker: Option<Taker>,
    /// The contributors.
    pub people: Vec<Tie>,
    /// The last day.
    pub until: Until,
}

/// What facts are taken from.
pub struct Source<'a> {
    /// Who posts.
    pub institution: &'a Institution,
    /// Declarations of interest.
    pub negotiation: &'a Negotiation,
    /// The terms.
    pub terms: &'a Terms,
    /// The other side.
    pub party: Option<&'a Party>,
    /// The covered cases.
    pub cases: &'a [CaseView<'a>],
}

impl Facts {
    /// As they stand, for a notice posted on this day.
    pub fn of(from: &Source<'_>, summary: &str, posted_on: Date, days: u32) -> Self {
        let mut people: Vec<Tie> = Vec::new();
        let all = from
            .cases
            .iter()
            .flat_map(|it| it.disclosure.contributors());
        for person in all.map(|it| it.person) {
            if people.iter().all(|it| it.person != person) {
                let declared = from.negotiation.interests.get(&person);
                let related = declared.map(|it| it.related);
                people.push(Tie { person, related });
            }
        }
        Self {
            school: School::of(from.institution),
            results: achievements(from.cases),
            summary: summary.trim().to_owned(),
            offered: from.terms.into(),
            taker: from.party.map(Taker::from),
            people,
            until: until(from.institution.calendar(), posted_on, days),
        }
    }
}

fn until(calendar: &Calendar, posted_on: Date, days: u32) -> Until {
    crate::law::natural_days(calendar, posted_on, days).into()
}

/// Titles of the covered cases.
pub(crate) fn titles(cases: &[CaseView<'_>]) -> Vec<String> {
    let title = |case: &CaseView<'_>| case.disclosure.title().to_owned();
    cases.iter().map(title).collect()
}
