//! 公示 — an agreed price stands in the open before anything is signed
//! (促进科技成果转化法第18条; 国发〔2016〕16号（三）).
//!
//! What is posted stands as posted: the event holds the facts with persons by id, and
//! names the page, which [`page`] makes of them and of the names at the time. Whom to
//! write to, which may be a person with a telephone, stands in the page alone, and so
//! does the name of a taker who is a natural person. A later change of the deal changes
//! nothing under the number. Erasing a person takes away every page that names the
//! person; the facts, the number and the page's hash stay ([`Posted::names`]).
//!
//! The clock counts natural days, the day of posting not counted, and rolls over
//! rest days (民法典第201–203条). Where it runs into a year whose official
//! arrangement is not known, the day stands unrolled and the contract stays locked.

use dukou_calendar::Calendar;
use dukou_kernel::{Date, Finding, NoticeId, PersonId, Refusal, Severity, text};
use dukou_rules::{PublicityKind, publicity_end};
use serde::{Deserialize, Serialize};

use crate::contract::{Context, Stage};
use crate::deal::Negotiation;
use crate::institution::Institution;
use crate::law::{self, Due};
use crate::matching::{CaseView, Matching};
use crate::terms::{Attachment, Pricing};

mod capitals;
mod content;
mod decide;
pub mod page;

pub use content::{Achievement, Content, Facts, Offered, School, Source, Taker, Tie, Until};
pub use page::{Names, Paper, Sheet};

pub(crate) use content::{achievements, titles};

/// The commands of publicity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum Command {
    /// 发布校内公示
    #[serde(rename = "publicity.post")]
    Post {
        /// Id of the notice.
        notice: NoticeId,
        /// How many natural days; never fewer than the law asks.
        days: u32,
        /// Whom to write to with an objection.
        contact: String,
        /// 内容摘要, worded for the public; asked for where the region's law does.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        summary: String,
    },
    /// 登记异议
    #[serde(rename = "publicity.object")]
    Object {
        /// What is objected, without naming the person.
        text: String,
        /// The letter.
        #[serde(default)]
        paper: Option<Attachment>,
    },
    /// 答复异议
    #[serde(rename = "publicity.answer")]
    Answer {
        /// Which objection, from 1.
        objection: u32,
        /// The answer.
        text: String,
        /// True when the objection is right: the notice is void then.
        upheld: bool,
        /// The answer on paper.
        #[serde(default)]
        paper: Option<Attachment>,
    },
    /// 公示结束
    #[serde(rename = "publicity.close")]
    Close {
        /// Result, as it goes to the file.
        result: String,
    },
}

/// 公示已发布
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// Id of the notice; its public page stands under it.
    pub notice: NoticeId,
    /// Year of the notice's number.
    pub year: i16,
    /// Place in the year's series.
    pub ordinal: u32,
    /// Version of the terms made public.
    pub version: u32,
    /// Names of the results.
    pub titles: Vec<String>,
    /// Natural days.
    pub days: u32,
    /// Days the law asks for, as it stood.
    pub days_min: u32,
    /// The article.
    pub citation: dukou_kernel::Citation,
    /// What stands in the open.
    pub content: Content<Facts>,
}

impl Posted {
    /// The notice made of its facts: what its page says, when the names are those of
    /// the time. `contact` and the name of a natural person on the other side stand in
    /// no event.
    pub fn sheet(
        &self,
        facts: &Facts,
        posted_on: Date,
        (contact, party): (&str, Option<&str>),
        names: &Names,
    ) -> Sheet {
        let notice = page::PriceNotice {
            posted_on,
            year: self.year,
            ordinal: self.ordinal,
            days: self.days,
            titles: &self.titles,
            facts,
            contact,
            party,
        };
        page::price_sheet(&notice, names)
    }

    /// The page, when one was kept, and everybody it names.
    pub fn names(&self) -> Option<(&Attachment, Vec<PersonId>)> {
        let (facts, page) = self.content.frozen()?;
        Some((page, facts.people.iter().map(|it| it.person).collect()))
    }
}

/// 异议已登记
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objected {
    /// Number of the objection, from 1.
    pub objection: u32,
    /// What is objected.
    pub text: String,
    /// The letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
}

/// 异议已答复
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Which objection.
    pub objection: u32,
    /// The answer.
    pub text: String,
    /// True when it was right.
    pub upheld: bool,
    /// The answer on paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Attachment>,
}

/// 公示已结束
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Result.
    pub result: String,
    /// The last day, as it was when it closed.
    pub last_day: Date,
}

events! {
    /// The events of publicity.
    Event {
        /// 公示已发布
        "publicity.posted.v2" => Posted(Posted),
        /// 异议已登记
        "publicity.objected.v1" => Objected(Objected),
        /// 异议已答复
        "publicity.answered.v1" => Answered(Answered),
        /// 公示已结束
        "publicity.closed.v1" => Closed(Closed),
    }
}

/// An objection and, when given, its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Since when.
    pub on: Date,
    /// As entered.
    pub objected: Objected,
    /// The answer.
    pub answer: Option<(Date, Answered)>,
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Day of posting, not counted.
    pub posted_on: Date,
    /// As posted.
    pub posted: Posted,
    /// Objections in order.
    pub objections: Vec<Objection>,
    /// Closing.
    pub closed: Option<(Date, Closed)>,
}

impl Notice {
    /// The last day of publicity under this calendar.
    pub fn due(&self, calendar: &Calendar) -> Due {
        let kind = PublicityKind::AgreedPrice;
        publicity_end(kind, self.posted_on, self.posted.days, calendar)
    }

    /// True while an objection waits for its answer.
    pub fn open_objections(&self) -> impl Iterator<Item = &Objection> {
        self.objections.iter().filter(|it| it.answer.is_none())
    }

    /// True when an objection was right, so that the notice carries nothing.
    pub fn void(&self) -> bool {
        self.objections
            .iter()
            .any(|it| it.answer.as_ref().is_some_and(|(_, a)| a.upheld))
    }
}

/// As many natural days as a notice may stand, so that a slip of the pen is seen.
const LONGEST: u32 = 365;

/// State of publicity: every notice, the newest last.
#[derive(Clone, Debug, Default)]
pub struct Publicity {
    /// The notices.
    pub notices: Vec<Notice>,
}

/// What publicity may see.
pub struct Before<'a> {
    /// Rules and calendar.
    pub institution: &'a Institution,
    /// How the deal began.
    pub matching: &'a Matching,
    /// Terms and decision.
    pub negotiation: &'a Negotiation,
    /// The covered cases.
    pub cases: &'a [CaseView<'a>],
    /// Names of their contributors.
    pub names: &'a Names,
    /// Next free number of the year's notices.
    pub ordinal: u32,
}

impl Publicity {
    /// The notice on this version of the terms, unless it was voided.
    pub fn current(&self, version: u32) -> Option<&Notice> {
        self.notices
            .last()
            .filter(|it| it.posted.version == version && !it.void())
    }

    /// May the contract be signed, as far as publicity goes?
    pub fn finding(
        &self,
        negotiation: &Negotiation,
        institution: &Institution,
        today: Date,
    ) -> Option<Finding> {
        let terms = negotiation.newest()?;
        if terms.pricing != Pricing::Agreement {
            return Some(
                Finding::new(
                    Severity::Info,
                    "publicity.not_needed",
                    text!(
                        "挂牌或拍卖定价，不需要校内价格公示",
                        "Price found by listing or auction: no price publicity inside the university"
                    ),
                )
                .cite(law::citation("transfer_law.18")),
            );
        }
        let Some(notice) = self.current(negotiation.version()) else {
            return Some(
                Finding::refused(
                    "publicity.missing",
                    text!(
                        "协议定价须在校内公示成果名称和拟交易价格，满期后才能签约。先发布公示。",
                        "An agreed price must first be published inside the university with the name of the result. Post the notice."
                    ),
                )
                .cite(law::citation("transfer_law.18")),
            );
        };
        Some(notice_finding(notice, institution, today))
    }
}

fn notice_finding(notice: &Notice, institution: &Institution, today: Date) -> Finding {
    let citation = notice.posted.citation.clone();
    let due = notice.due(institution.calendar());
    let days = notice.posted.days;
    let Some(end) = due.end else {
        let raw = due.raw;
        return Finding::refused(
            "calendar.year_unknown",
            text!(
                "第{days}日是{raw}，所在年份的放假安排待国务院公布，顺延后的届满日还不能确定，合同环节锁定。",
                "Day {days} is {raw}; the State Council has not yet published that year's holidays, so the last day is not certain and the contract stays locked."
            ),
        )
        .cite(law::citation("civil_code.203"));
    };
    let earliest = law::next_day(end);
    if today < earliest {
        let day = law::days_between(notice.posted_on, today);
        return Finding::refused(
            "publicity.running",
            text!(
                "公示第{day}日，须满{days}日。最早可签日：{earliest}。",
                "Day {day} of at least {days}. Earliest date: {earliest}."
            ),
        )
        .cite(citation)
        .from_day(earliest);
    }
    if notice.open_objections().next().is_some() {
        return Finding::refused(
            "publicity.objection_open",
            text!(
                "有异议还没有答复。先答复异议，再结束公示。",
                "An objection has no answer yet. Answer it, then close the notice."
            ),
        )
        .cite(citation);
    }
    if notice.closed.is_none() {
        return Finding::refused(
            "publicity.not_closed",
            text!(
                "公示已满{days}日。先登记公示结果。",
                "The notice has stood {days} days. Record its result first."
            ),
        )
        .cite(citation);
    }
    Finding::new(
        Severity::Info,
        "publicity.complete",
        text!(
            "协议定价，名称与拟定价格公示满{days}日",
            "Agreed price: name and proposed price stood in the open for {days} days"
        ),
    )
    .cite(citation)
}

impl Stage for Publicity {
    type Command = Command;
    type Event = Event;
    type Before<'a> = Before<'a>;

    fn decide(
        &self,
        before: &Before<'_>,
        command: &Command,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        before.matching.exists()?;
        match command {
            Command::Post { .. } => Ok(vec![Event::Posted(self.post(before, command, ctx)?.0)]),
            Command::Object { text, paper } => self.object(before, text, paper.as_ref()),
            Command::Answer {
                objection,
                text,
                upheld,
                paper,
            } => self.answer(before, (*objection, text, *upheld, paper.as_ref())),
            Command::Close { result } => self.close(before, result, ctx),
        }
    }

    fn apply(&mut self, event: Event, effective: Date) {
        match event {
            Event::Posted(it) => self.notices.push(Notice {
                posted_on: effective,
                posted: it,
                objections: Vec::new(),
                closed: None,
            }),
            Event::Objected(it) => {
                if let Some(notice) = self.notices.last_mut() {
                    notice.objections.push(Objection {
                        on: effective,
                        objected: it,
                        answer: None,
                    });
                }
            }
            Event::Answered(it) => {
                let objection = self.notices.last_mut().and_then(|notice| {
                    notice
                        .objections
                        .iter_mut()
                        .find(|o| o.objected.objection == it.objection)
                });
                if let Some(objection) = objection {
                    objection.answer = Some((effective, it));
                }
            }
            Event::Closed(it) => {
                if let Some(notice) = self.notices.last_mut() {
                    notice.closed = Some((effective, it));
                }
            }
        }
    }
}
