//! The head of the page: where the case stands, the rail, and the lock of the notice.

use dukou_chain::disclosure::Standing;
use dukou_chain::whole::{self, Deal, Progress, RailStep};
use dukou_kernel::{Lang, Severity};

use super::Build;
use super::views::{LockView, RailView};
use crate::pages::{short_date, weekday};

impl Build<'_> {
    pub(super) fn badge(&self, deal: Option<&Deal>, rail: &[RailStep]) -> (String, &'static str) {
        if let Some((_, ended)) = &self.case.closing.ended {
            return (self.text(&ended.outcome.label()), "grey");
        }
        match self.case.disclosure.standing {
            Standing::Submitted => return (self.t("待受理", "Awaiting answer"), "ochre"),
            Standing::Returned => return (self.t("待补充", "Returned"), "ochre"),
            Standing::Declined => return (self.t("不予受理", "Declined"), "seal"),
            _ => {}
        }
        if let Some((_, ended)) = deal.and_then(|it| it.closing.ended.as_ref()) {
            return (self.text(&ended.outcome.label()), "grey");
        }
        match rail
            .iter()
            .find(|step| matches!(step.progress, Progress::Now(_)))
        {
            Some(step) => (self.text(&step.stop.label()), "water"),
            None => (self.t("已兑现", "Paid"), "pine"),
        }
    }

    pub(super) fn next_due(&self, deal: Option<&Deal>) -> String {
        let mut tasks = whole::case_tasks(self.case, self.institution);
        if let Some(deal) = deal {
            tasks.extend(whole::deal_tasks(deal, self.institution));
        }
        tasks
            .iter()
            .filter_map(|task| task.due.map(|due| due.shown()))
            .min()
            .map_or_else(String::new, |day| day.to_string())
    }

    pub(super) fn rail_step(&self, step: &RailStep) -> RailView {
        let name = self.text(&step.stop.label());
        let (class, when) = match &step.progress {
            Progress::Done(day) => (
                "done",
                day.map_or_else(String::new, |day| short_date(day, self.today)),
            ),
            Progress::Now(counter) => (
                "now",
                counter
                    .as_ref()
                    .map_or_else(String::new, |it| self.text(it)),
            ),
            Progress::Locked(day) => (
                "locked",
                day.map_or_else(String::new, |day| match self.req.lang {
                    Lang::Zh => format!("{}起", short_date(day, self.today)),
                    Lang::En => format!("from {}", short_date(day, self.today)),
                }),
            ),
            Progress::Later => ("later", String::new()),
            Progress::Skipped => ("skipped", self.t("不需要", "not needed")),
        };
        RailView { class, name, when }
    }

    pub(super) fn lock(&self, deal: &Deal) -> Option<LockView> {
        if deal.agreement.signed.is_some() || deal.closing.ended.is_some() {
            return None;
        }
        let notice = deal.publicity.current(deal.negotiation.version())?;
        let due = notice.due(self.institution.calendar());
        let day = dukou_chain::law::days_between(notice.posted_on, self.today);
        let days = i32::try_from(notice.posted.days).unwrap_or(i32::MAX);
        let finding = deal
            .publicity
            .finding(&deal.negotiation, self.institution, self.today)?;
        let open = finding.severity != Severity::Refused;
        let shown = due.shown();
        let earliest = dukou_chain::law::next_day(shown);
        let wd = weekday(earliest, self.req.lang);
        let title = if finding.code == "publicity.not_needed" {
            self.t(
                "价格公示不是签约的前提",
                "The contract need not wait for this notice",
            )
        } else if open {
            self.t(
                "公示已满，可以签合同",
                "The notice has ended; the contract may be signed",
            )
        } else if earliest <= self.today && !due.pending() {
            self.t("合同环节锁定", "The contract stage is locked")
        } else if due.pending() {
            self.t(
                "合同环节锁定，届满日待国务院安排",
                "The contract stage is locked; the last day awaits the State Council's calendar",
            )
        } else {
            match self.req.lang {
                Lang::Zh => format!("合同环节已锁定，{earliest}（周{wd}）起可签"),
                Lang::En => format!("The contract stage is locked until {wd} {earliest}"),
            }
        };
        let rolled = if due.pending() {
            self.t("待国务院安排", "awaits calendar")
        } else {
            format!("{shown}")
        };
        Some(LockView {
            title,
            why: self.text(&finding.message),
            posted: short_date(notice.posted_on, self.today),
            last: rolled,
            today: day.min(days.saturating_add(1)),
            days,
            article: notice.posted.citation.get(self.req.lang).to_owned(),
            notice: format!("/notices/{}", notice.posted.notice),
        })
    }
}
