//! When each step of disclosure is allowed.

use dukou_kernel::{Date, Finding, PersonId, Refusal, text};

use super::{
    Accepted, Assigned, Command, Declined, Details, Disclosure, Event, Resubmitted, Returned,
    Secrecy, ShareConfirmed, ShareObjected, SharesRevised, Standing, Submitted,
};
use crate::checks::Checks;
use crate::contract::{Context, Stage};
use crate::institution::Institution;
use crate::law;
use crate::terms::{Attachment, Contributor, Disclosed};

/// What disclosure may see: the institution, the number drawn for a new case,
/// and whether the deals over this case have fixed the shares already.
pub struct Before<'a> {
    /// Rules, calendar, numbering.
    pub institution: &'a Institution,
    /// Next free number of the year's series.
    pub ordinal: u32,
}

impl Stage for Disclosure {
    type Command = Command;
    type Event = Event;
    type Before<'a> = Before<'a>;

    fn decide(
        &self,
        before: &Before<'_>,
        command: &Command,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::Submit { details } => self.submit(before, details, ctx),
            Command::Resubmit { details } => self.resubmit(before, details, ctx),
            Command::Accept { manager } => self.accept(*manager),
            Command::Return { reason } => self.give_back(reason),
            Command::Decline { reason } => self.decline(reason),
            Command::Assign { manager } => self.assign(*manager),
            Command::ConfirmShare { paper } => self.confirm(paper.as_ref(), ctx),
            Command::ObjectShare { reason } => self.object(before, reason, ctx),
            Command::ReviseShares {
                contributors,
                reason,
            } => self.revise(contributors, reason),
        }
    }

    fn apply(&mut self, event: Event, effective: Date) {
        self.apply_event(event, effective);
    }
}

fn check_details(details: &Details, today: Date) -> Result<(), Refusal> {
    if details.secrecy != Secrecy::No {
        return Err(Finding::refused(
            "disclosure.secret",
            text!(
                "涉密或可能涉密的成果不在本系统登记。请联系学校保密办公室，由其按保守国家秘密法办理；本次内容没有保存。",
                "A result that is or may be a state secret is not entered here. Contact the university's secrecy office; nothing of this was stored."
            ),
        )
        .cite(law::citation("secrecy_law"))
        .at("secrecy")
        .into());
    }
    let mut checks = Checks::default();
    checks.words("title", &details.title, 200);
    checks.words("novelty", &details.novelty, 600);
    checks.at_most("funding_note", &details.funding_note, 400);
    checks.refuse_if(
        details.nearest.is_empty() || details.nearest.len() > 3,
        || {
            Finding::refused(
                "disclosure.nearest",
                text!(
                    "写1至3项最接近的已有工作。",
                    "Name one to three nearest known works."
                ),
            )
            .at("nearest")
        },
    );
    for work in &details.nearest {
        checks.words("nearest", &work.text, 300);
    }
    checks.refuse_if(details.funding.is_empty(), || {
        Finding::refused(
            "disclosure.funding",
            text!("选出经费来源。", "Choose where the funding came from."),
        )
        .at("funding")
    });
    checks.refuse_if(
        details.disclosed != Disclosed::No && details.disclosed_on.is_none(),
        || {
            Finding::refused(
                "disclosure.public_day",
                text!(
                    "写明公开的日期。新颖性宽限期从这一天起算。",
                    "Give the day of publication: the novelty grace period counts from it."
                ),
            )
            .cite(law::citation("patent_law.24"))
            .at("disclosed_on")
        },
    );
    let in_future = details.disclosed_on.is_some_and(|day| day > today);
    checks.refuse_if(details.disclosed == Disclosed::Yes && in_future, || {
        Finding::refused(
            "disclosure.public_future",
            text!(
                "已经公开的日期不能晚于今天。",
                "A result that is already public cannot have a future date."
            ),
        )
        .at("disclosed_on")
    });
    checks.contributors("contributors", &details.contributors);
    checks.settle().map(|_| ())
}

impl Disclosure {
    fn submit(
        &self,
        before: &Before<'_>,
        details: &Details,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        check_details(details, ctx.today)?;
        if self.standing != Standing::None {
            return Err(already(self));
        }
        let by = ctx.acting_for().ok_or_else(law::needs_person)?;
        let year = ctx.today.year();
        Ok(vec![Event::Submitted(Submitted {
            number: format!(
                "{}-{year}-{:04}",
                before.institution.prefix(),
                before.ordinal
            ),
            series: format!("case:{year}"),
            ordinal: before.ordinal,
            by,
            reply_by: before.institution.reply_by(ctx.today),
            details: details.clone(),
        })])
    }

    fn resubmit(
        &self,
        before: &Before<'_>,
        details: &Details,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        check_details(details, ctx.today)?;
        if self.standing != Standing::Returned {
            return Err(already(self));
        }
        let reply_by = before.institution.reply_by(ctx.today);
        Ok(vec![Event::Resubmitted(Resubmitted {
            reply_by,
            details: details.clone(),
        })])
    }

    fn accept(&self, manager: PersonId) -> Result<Vec<Event>, Refusal> {
        self.waiting()?;
        if self.has(manager) {
            return Err(own_case("manager"));
        }
        Ok(vec![Event::Accepted(Accepted { manager })])
    }

    fn give_back(&self, reason: &str) -> Result<Vec<Event>, Refusal> {
        self.waiting()?;
        let mut checks = Checks::default();
        checks.words("reason", reason, 1000);
        checks.settle()?;
        Ok(vec![Event::Returned(Returned {
            reason: reason.to_owned(),
        })])
    }

    fn decline(&self, reason: &str) -> Result<Vec<Event>, Refusal> {
        self.waiting()?;
        let mut checks = Checks::default();
        checks.words("reason", reason, 1000);
        checks.settle()?;
        Ok(vec![Event::Declined(Declined {
            reason: reason.to_owned(),
        })])
    }

    fn assign(&self, manager: PersonId) -> Result<Vec<Event>, Refusal> {
        self.accepted()?;
        if self.has(manager) {
            return Err(own_case("manager"));
        }
        if self.manager == Some(manager) {
            return Err(Finding::refused(
                "disclosure.same_manager",
                text!("本案已由此人经办。", "This person already holds the case."),
            )
            .at("manager")
            .into());
        }
        Ok(vec![Event::Assigned(Assigned { manager })])
    }

    fn confirm(&self, paper: Option<&Attachment>, ctx: &Context) -> Result<Vec<Event>, Refusal> {
        let person = self.contributor(ctx)?;
        if ctx.on_behalf.is_some() && paper.is_none() {
            return Err(Finding::refused(
                "share.paper",
                text!(
                    "代办确认须附本人签字的纸件。",
                    "Attach the person's signed paper to confirm on their behalf."
                ),
            )
            .at("paper")
            .into());
        }
        if !self.unconfirmed().any(|open| open == person) {
            return Err(Finding::refused(
                "share.confirmed_already",
                text!("这份份额已经确认过。", "This share is already confirmed."),
            )
            .into());
        }
        Ok(vec![Event::ShareConfirmed(ShareConfirmed {
            person,
            paper: paper.cloned(),
        })])
    }

    fn object(
        &self,
        before: &Before<'_>,
        reason: &str,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        let person = self.contributor(ctx)?;
        let mut checks = Checks::default();
        checks.words("reason", reason, 1000);
        checks.settle()?;
        Ok(vec![Event::ShareObjected(ShareObjected {
            person,
            reason: reason.to_owned(),
            answer_by: before.institution.objection_answer_by(ctx.today),
        })])
    }

    fn revise(&self, contributors: &[Contributor], reason: &str) -> Result<Vec<Event>, Refusal> {
        if matches!(self.standing, Standing::None | Standing::Declined) {
            return Err(already(self));
        }
        let mut checks = Checks::default();
        checks.contributors("contributors", contributors);
        checks.words("reason", reason, 1000);
        checks.settle()?;
        Ok(vec![Event::SharesRevised(SharesRevised {
            contributors: contributors.to_vec(),
            reason: reason.to_owned(),
        })])
    }

    fn contributor(&self, ctx: &Context) -> Result<PersonId, Refusal> {
        let person = ctx.acting_for().ok_or_else(law::needs_person)?;
        if self.has(person) {
            Ok(person)
        } else {
            Err(Finding::refused(
                "share.not_contributor",
                text!(
                    "只有列名的完成人能对份额表态。",
                    "Only a named contributor can answer for a share."
                ),
            )
            .into())
        }
    }

    fn waiting(&self) -> Result<(), Refusal> {
        if self.standing == Standing::Submitted {
            Ok(())
        } else {
            Err(already(self))
        }
    }

    /// Refuses while the office has not accepted the disclosure.
    ///
    /// # Errors
    /// When it stands anywhere else.
    pub fn accepted(&self) -> Result<(), Refusal> {
        if self.standing == Standing::Accepted {
            Ok(())
        } else {
            Err(already(self))
        }
    }
}

fn already(disclosure: &Disclosure) -> Refusal {
    let message = match disclosure.standing {
        Standing::None => text!("还没有披露。", "Nothing has been disclosed yet."),
        Standing::Submitted => text!(
            "披露已提交，等办公室答复。",
            "The disclosure is submitted and waits for the office."
        ),
        Standing::Returned => text!(
            "披露已退回，等完成人补充。",
            "The disclosure went back to the inventor for more."
        ),
        Standing::Accepted => {
            text!("披露已受理。", "The disclosure is already accepted.")
        }
        Standing::Declined => {
            text!(
                "披露未予受理，本案已终结。",
                "The disclosure was declined; the case has ended."
            )
        }
    };
    Finding::refused("disclosure.standing", message).into()
}

/// Nobody decides on, or manages, what is their own.
pub(crate) fn own_case(field: &str) -> Refusal {
    Finding::refused(
        "case.own",
        text!(
            "完成人不能经办或审批自己的成果。请换一位。",
            "A contributor cannot manage or approve the own result. Choose somebody else."
        ),
    )
    .cite(law::citation("conflict_of_interest"))
    .at(field)
    .into()
}
