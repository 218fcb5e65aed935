//! The steps that this reader may take now, the others that stand open, and those that the law locks.

use dukou_chain::people::Scope;
use dukou_chain::whole::{self, Command, Deal, Stop};
use dukou_kernel::{DealId, Severity};

use super::Build;
use super::views::StepView;
use crate::authorise::authorise;
use crate::forms::{CASE_STEPS, DEAL_STEPS, Offer};

impl Build<'_> {
    /// The steps this reader may take now, and the others that stand open.
    pub(super) fn steps(
        &self,
        deal_id: Option<DealId>,
        deal: Option<&Deal>,
    ) -> (Vec<StepView>, Vec<StepView>) {
        let mut wanted: Vec<String> = whole::case_tasks(self.case, self.institution)
            .iter()
            .map(|task| task.command.to_owned())
            .collect();
        if let Some(deal) = deal {
            let tasks = whole::deal_tasks(deal, self.institution);
            wanted.extend(tasks.iter().map(|task| task.command.to_owned()));
        }
        let ready_to_offer = deal.is_none_or(|it| it.closing.ended.is_some())
            && whole::case_stop(self.case) == Stop::Matching;
        if ready_to_offer {
            wanted.push("matching.open".to_owned());
        }
        let mut steps = Vec::new();
        let mut more = Vec::new();
        for command in CASE_STEPS {
            let href = format!("/cases/{}/do/{command}", self.id);
            self.offer(command, href, &wanted, &mut steps, &mut more);
        }
        // A returned disclosure is filled in again where it began.
        if wanted.iter().any(|it| it == "disclosure.resubmit") && self.may("disclosure.resubmit") {
            steps.push(StepView {
                href: format!("/disclose/{}", self.id),
                label: self.t("补充披露", "Complete the disclosure"),
                anchor: "disclosure-resubmit".to_owned(),
                primary: false,
                locked: String::new(),
            });
        }
        if let Some(id) = deal_id {
            for command in DEAL_STEPS {
                if command.starts_with("closing.") {
                    continue;
                }
                let href = format!("/deals/{id}/do/{command}");
                self.offer(command, href, &wanted, &mut steps, &mut more);
            }
            if self.may("deal.end") {
                more.push(StepView {
                    href: format!("/deals/{id}/do/closing.end"),
                    label: self.t("终结项目", "End the deal"),
                    anchor: String::new(),
                    primary: false,
                    locked: String::new(),
                });
            }
        }
        if let Some(deal) = deal {
            self.lock_steps(deal, &mut steps);
        }
        let open = |step: &StepView| step.locked.is_empty();
        let of_deal = steps
            .iter()
            .position(|it| open(it) && it.href.starts_with("/deals/"));
        let primary = of_deal.or_else(|| steps.iter().position(open));
        if let Some(step) = primary.and_then(|at| steps.get_mut(at)) {
            step.primary = true;
        }
        (steps, more)
    }

    fn may(&self, action: &str) -> bool {
        authorise(Some(self.institution), Some(self.user), action) != Scope::None
    }

    pub(super) fn offer(
        &self,
        command: &str,
        href: String,
        wanted: &[String],
        steps: &mut Vec<StepView>,
        more: &mut Vec<StepView>,
    ) {
        let action = Command::action_on(command, href.starts_with("/deals/"));
        if !self.may(action) {
            return;
        }
        let label = crate::forms::spec(command, &Offer::default())
            .map_or_else(String::new, |spec| self.text(&spec.verb));
        let step = StepView {
            href,
            label,
            anchor: command.replace('.', "-"),
            primary: false,
            locked: String::new(),
        };
        // Confirming somebody else's share is a matter for the page of steps.
        let mine = command != "disclosure.confirm_share"
            || self
                .case
                .disclosure
                .unconfirmed()
                .any(|p| p == self.user.person);
        let sibling =
            command == "disclosure.return" && wanted.iter().any(|it| it == "disclosure.accept");
        if (wanted.iter().any(|it| it == command) && mine) || sibling {
            steps.push(step);
        } else {
            more.push(step);
        }
    }

    /// The contract's button is shown locked, never hidden, while the law says no.
    pub(super) fn lock_steps(&self, deal: &Deal, steps: &mut Vec<StepView>) {
        if deal.agreement.signed.is_some() || deal.closing.ended.is_some() {
            return;
        }
        let finding = deal
            .publicity
            .finding(&deal.negotiation, self.institution, self.today);
        let Some(finding) = finding.filter(|it| it.severity == Severity::Refused) else {
            return;
        };
        for step in steps.iter_mut().filter(|it| it.anchor == "publicity-close") {
            if finding.code == "publicity.running" || finding.code == "calendar.year_unknown" {
                step.locked = self.text(&finding.message);
            }
        }
        steps.insert(
            0,
            StepView {
                href: String::new(),
                label: self.t("签订合同", "Sign the contract"),
                anchor: "agreement-sign".to_owned(),
                primary: false,
                locked: self.text(&finding.message),
            },
        );
    }
}
