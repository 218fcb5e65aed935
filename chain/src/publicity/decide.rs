//! When a notice may be posted, objected to, answered and closed.

use dukou_kernel::{Citation, Finding, Refusal, Severity, text};
use dukou_rules::PublicityKind;

use super::{
    Answered, Before, Closed, Command, Content, Event, Facts, LONGEST, Notice, Objected, Paper,
    Posted, Publicity, Source, notice_finding, titles,
};
use crate::checks::Checks;
use crate::contract::Context;
use crate::law;
use crate::terms::{Attachment, Party};

/// The longest abstract, in characters.
const SUMMARY: usize = 1000;

fn no_abstract(citation: Citation) -> Finding {
    Finding::refused(
        "publicity.no_abstract",
        text!(
            "本地规定公示须有成果的内容摘要。写几句可以公开的话，不写未公开的技术要点。",
            "The region's law asks for an abstract of the result. Write a few sentences that may be public, without technical points that are not public yet."
        ),
    )
    .cite(citation)
    .at("summary")
}

fn nothing_posted() -> Refusal {
    Finding::refused(
        "publicity.none",
        text!("现行条款没有在公示。", "These terms are not in publicity."),
    )
    .into()
}

impl Before<'_> {
    /// The other side, as the deal was opened with it.
    fn party(&self) -> Option<&Party> {
        self.matching.opened.as_ref().map(|(_, it)| &it.party)
    }
}

impl Publicity {
    /// Posts a notice: what happened, and the page that stands in the open.
    ///
    /// # Errors
    /// The refusal.
    pub fn post(
        &self,
        before: &Before<'_>,
        command: &Command,
        ctx: &Context,
    ) -> Result<(Posted, Paper), Refusal> {
        let Command::Post {
            notice,
            days,
            contact,
            summary,
        } = command
        else {
            return Err(nothing_posted());
        };
        before.matching.exists()?;
        let agreed = before.negotiation.agreed()?;
        let mut checks = Checks::default();
        checks.words("contact", contact, 200);
        checks.at_most("summary", summary, SUMMARY);
        if let Some(citation) = law::abstract_asked(before.institution, ctx.today) {
            checks.refuse_if(summary.trim().is_empty(), || no_abstract(citation));
        }
        let kind = PublicityKind::AgreedPrice;
        let (least, short) = law::notice_days(before.institution, kind, *days, ctx.today)?;
        short.into_iter().for_each(|finding| checks.add(finding));
        checks.at_most_days(*days, LONGEST);
        let decision = before.negotiation.decision_finding();
        checks.refuse_if(decision.severity == Severity::Refused, || decision.clone());
        checks.refuse_if(self.current(agreed.version).is_some(), || {
            Finding::refused(
                "publicity.posted_already",
                text!(
                    "现行条款已在公示。",
                    "These terms are in publicity already."
                ),
            )
        });
        checks.settle()?;
        let facts = Facts::of(
            &Source {
                institution: before.institution,
                negotiation: before.negotiation,
                terms: &agreed.terms,
                party: before.party(),
                cases: before.cases,
            },
            summary,
            ctx.today,
            *days,
        );
        let posted = Posted {
            notice: *notice,
            year: ctx.today.year(),
            ordinal: before.ordinal,
            version: agreed.version,
            titles: titles(before.cases),
            days: *days,
            days_min: least.value,
            citation: least.citation,
            content: Content::Unfrozen {
                contact: String::new(),
            },
        };
        let party = before.party().map(|it| it.name.as_str());
        let sheet = posted.sheet(&facts, ctx.today, (contact, party), before.names);
        let paper = sheet.paper();
        let page = paper.file.clone();
        let content = Content::Frozen { facts, page };
        Ok((Posted { content, ..posted }, paper))
    }

    fn standing(&self, before: &Before<'_>) -> Result<&Notice, Refusal> {
        self.current(before.negotiation.version())
            .filter(|notice| notice.closed.is_none())
            .ok_or_else(nothing_posted)
    }

    pub(super) fn object(
        &self,
        before: &Before<'_>,
        text: &str,
        paper: Option<&Attachment>,
    ) -> Result<Vec<Event>, Refusal> {
        let notice = self.standing(before)?;
        let mut checks = Checks::default();
        checks.words("text", text, 2000);
        checks.settle()?;
        let objection = u32::try_from(notice.objections.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        Ok(vec![Event::Objected(Objected {
            objection,
            text: text.to_owned(),
            paper: paper.cloned(),
        })])
    }

    pub(super) fn answer(
        &self,
        before: &Before<'_>,
        (objection, text, upheld, paper): (u32, &str, bool, Option<&Attachment>),
    ) -> Result<Vec<Event>, Refusal> {
        let notice = self.standing(before)?;
        let mut checks = Checks::default();
        checks.words("text", text, 2000);
        let open = notice
            .open_objections()
            .any(|it| it.objected.objection == objection);
        checks.refuse_if(!open, || {
            Finding::refused(
                "publicity.no_objection",
                text!(
                    "没有这一条待答复的异议。",
                    "There is no such objection to answer."
                ),
            )
            .at("objection")
        });
        checks.settle()?;
        Ok(vec![Event::Answered(Answered {
            objection,
            text: text.to_owned(),
            upheld,
            paper: paper.cloned(),
        })])
    }

    pub(super) fn close(
        &self,
        before: &Before<'_>,
        result: &str,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        let notice = self.standing(before)?;
        let finding = notice_finding(notice, before.institution, ctx.today);
        if finding.severity == Severity::Refused && finding.code != "publicity.not_closed" {
            return Err(finding.into());
        }
        let mut checks = Checks::default();
        checks.words("result", result, 1000);
        checks.settle()?;
        let due = notice.due(before.institution.calendar());
        let last_day = due.end.unwrap_or(due.raw);
        Ok(vec![Event::Closed(Closed {
            result: result.to_owned(),
            last_day,
        })])
    }
}
