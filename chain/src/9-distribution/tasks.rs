//! What waits once money has arrived.

use dukou_kernel::{Citation, Date, ReceiptId, Severity, Text, text};
use dukou_rules::PublicityKind;

use super::{Distribution, Standing, filing};
use crate::income::Receipt;
use crate::institution::Institution;
use crate::law::{self, Due};
use crate::people::Role;
use crate::whole::{Basis, Holder};

type Add<'a> = dyn FnMut(&'static str, Holder, (Basis, Option<Due>), Text, Text, Date) + 'a;

impl Distribution {
    /// Adds what waits with one receipt.
    pub fn tasks(
        &self,
        (id, receipt): (ReceiptId, &Receipt),
        institution: &Institution,
        add: &mut Add<'_>,
    ) {
        let amount = receipt.received.amount;
        let since = receipt.received.received;
        match self
            .divisions
            .get(&id)
            .map_or(Standing::Undivided, |it| it.standing())
        {
            Standing::Undivided => add(
                "distribution.propose",
                Holder::Manager,
                (Basis::School, None),
                text!(
                    "拟定分配：到账 ¥{amount}",
                    "Propose the distribution of ¥{amount}"
                ),
                text!("已到账，尚未分配", "Received, not yet distributed"),
                since,
            ),
            Standing::Proposed => add(
                "distribution.approve",
                Holder::Role(Role::Approver),
                (Basis::School, None),
                text!(
                    "审批分配：到账 ¥{amount}",
                    "Approve the distribution of ¥{amount}"
                ),
                text!("分配已拟定", "The distribution is proposed"),
                since,
            ),
            Standing::Approved => self.pay_tasks(id, institution, add),
            Standing::Paid => {}
        }
        self.filing_tasks(id, institution, add);
    }

    /// How many things wait with one receipt, and the nearest day of them: what
    /// [`Self::tasks`] adds, counted without a word.
    pub fn waiting(&self, id: ReceiptId, institution: &Institution) -> (usize, Option<Date>) {
        let Some(division) = self.divisions.get(&id) else {
            return (1, None);
        };
        let (mut count, mut nearest) = match (division.standing(), &division.reward) {
            (Standing::Paid, _) => (0, None),
            (Standing::Approved, Some(reward)) if reward.closed.is_none() => {
                (1, Some(reward.due(institution.calendar()).shown()))
            }
            _ => (1, None),
        };
        for it in division.unfiled() {
            count += 1;
            let day = filing::due(institution, it.month).ok();
            let day = day.map(|(due, _)| due.shown());
            nearest = nearest.into_iter().chain(day).min();
        }
        (count, nearest)
    }

    /// What was paid under the relief and must be filed, month by month.
    fn filing_tasks(&self, id: ReceiptId, institution: &Institution, add: &mut Add<'_>) {
        let division = self.divisions.get(&id);
        for it in division.iter().flat_map(|it| it.unfiled()) {
            let (due, why) = match filing::due(institution, it.month) {
                Ok((due, citation)) => (Some(due), Text::new(citation.zh, citation.en)),
                Err(_) => (None, Text::default()),
            };
            let (amount, month) = (it.amount, filing::month_words(it.month));
            let what = Text::new(
                format!("备案个人所得税优惠：{}发放的奖励 ¥{amount}", month.zh),
                format!(
                    "File the income tax relief: ¥{amount} of awards paid in {}",
                    month.en
                ),
            );
            add(
                "distribution.file_relief",
                Holder::Role(Role::Finance),
                (Basis::Law, due),
                what,
                why,
                it.last,
            );
        }
    }

    fn pay_tasks(&self, id: ReceiptId, institution: &Institution, add: &mut Add<'_>) {
        let Some(division) = self.divisions.get(&id) else {
            return;
        };
        let Some((approved_on, approved)) = &division.approved else {
            return;
        };
        let citation = law::citation("most_2018_103");
        match &division.reward {
            None => add(
                "distribution.post_reward",
                Holder::Manager,
                (Basis::Law, None),
                text!("发布奖励公示", "Publish the rewards"),
                at_least(&citation, institution, *approved_on),
                *approved_on,
            ),
            Some(reward) if reward.closed.is_none() => add(
                "distribution.close_reward",
                Holder::Manager,
                (Basis::Law, Some(reward.due(institution.calendar()))),
                text!(
                    "奖励公示届满后登记结果",
                    "Record the result when the reward notice ends"
                ),
                Text::new(citation.zh, citation.en),
                reward.posted_on,
            ),
            Some(_) => {
                let open = division
                    .people()
                    .iter()
                    .filter(|p| division.owed(**p).is_positive())
                    .count();
                let warned = approved
                    .findings
                    .iter()
                    .any(|f| f.severity == Severity::Refused);
                debug_assert!(!warned, "an approved split carries no refusal");
                add(
                    "distribution.pay",
                    Holder::Role(Role::Finance),
                    (Basis::School, None),
                    text!("兑现{open}人的奖励", "Pay {open} award(s)"),
                    text!("分配已批准，奖励已公示", "Approved and published"),
                    *approved_on,
                );
            }
        }
    }
}

/// Why a reward is published: the article and how long it stands at least.
fn at_least(citation: &Citation, institution: &Institution, day: Date) -> Text {
    let kind = PublicityKind::CashReward;
    match law::rules(institution, day).days(kind.parameter()) {
        Ok(least) => Text::new(
            format!("{}：不少于{}个工作日", citation.zh, least.value),
            format!("{}: at least {} working days", citation.en, least.value),
        ),
        Err(_) => Text::new(&citation.zh, &citation.en),
    }
}
