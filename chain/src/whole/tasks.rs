//! 待办 — what waits for whom, and what makes it due. Derived from the state
//! alone, so that the list can be made anew from the journal.

use dukou_kernel::{Citation, Date, PersonId, ReceiptId, Text, text};

use super::state::{Case, Deal};
use crate::deal::Instalment;
use crate::disclosure::{Say, Standing};
use crate::income::Receipt;
use crate::institution::Institution;
use crate::law::{self, Due};
use crate::people::Role;
use crate::terms::Pricing;

words! {
    /// What makes a task due (依据).
    Basis {
        Law = "law", "法定", "Law";
        Contract = "contract", "合同", "Contract";
        School = "school", "校内", "School";
    }
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The manager of the case, or the office while there is none.
    Manager,
    /// Anybody of a role.
    Role(Role),
    /// One person.
    Person(PersonId),
    /// The other side; the manager watches.
    Party,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Stable code, `disclosure.reply`.
    pub code: &'static str,
    /// What to do.
    pub what: Text,
    /// What makes it due.
    pub basis: Basis,
    /// Why now.
    pub why: Text,
    /// When, where there is a day.
    pub due: Option<Due>,
    /// Who has to act.
    pub holder: Holder,
    /// Since when it waits.
    pub since: Date,
    /// The command that does it.
    pub command: &'static str,
}

struct Draft {
    since: Date,
    tasks: Vec<Task>,
}

impl Draft {
    fn add(
        &mut self,
        code: &'static str,
        holder: Holder,
        (basis, due): (Basis, Option<Due>),
        what: Text,
        why: Text,
    ) {
        self.tasks.push(Task {
            code,
            what,
            basis,
            why,
            due,
            holder,
            since: self.since,
            command: code,
        });
    }
}

fn certain(day: Date) -> Option<Due> {
    Some(Due {
        raw: day,
        end: Some(day),
    })
}

fn why(citation: &Citation, zh: &str, en: &str) -> Text {
    if zh.is_empty() {
        return Text::new(citation.zh.clone(), citation.en.clone());
    }
    Text::new(
        format!("{}：{zh}", citation.zh),
        format!("{}: {en}", citation.en),
    )
}

/// What waits in a case.
pub fn case_tasks(case: &Case, institution: &Institution) -> Vec<Task> {
    let disclosure = &case.disclosure;
    let ended = case.closing.ended.is_some();
    let Some(since) = disclosure
        .since
        .filter(|_| !ended && case.history.is_none())
    else {
        return Vec::new();
    };
    let mut draft = Draft {
        since,
        tasks: Vec::new(),
    };
    let reply_days = institution.reply_days(since);
    match disclosure.standing {
        Standing::Submitted => draft.add(
            "disclosure.accept",
            Holder::Role(Role::Manager),
            (Basis::School, disclosure.reply_by.and_then(certain)),
            text!(
                "答复披露：受理、退回补充或不受理",
                "Answer the disclosure: accept, return or decline"
            ),
            text!(
                "校内规定：{reply_days}个工作日内答复",
                "School rule: answer within {reply_days} working days"
            ),
        ),
        Standing::Returned => {
            if let Some(by) = disclosure.by {
                draft.add(
                    "disclosure.resubmit",
                    Holder::Person(by),
                    (Basis::School, None),
                    text!(
                        "补充披露后再提交",
                        "Complete the disclosure and submit it again"
                    ),
                    text!("办公室已退回", "The office returned it"),
                );
            }
        }
        Standing::Accepted => accepted_tasks(case, &mut draft),
        Standing::None | Standing::Declined => {}
    }
    share_tasks(case, &mut draft);
    draft.tasks
}

fn accepted_tasks(case: &Case, draft: &mut Draft) {
    let assessment = law::citation("moe_2020_1.assessment");
    if case.assessment.concluded.is_none() {
        draft.add(
            "assessment.conclude",
            Holder::Manager,
            (Basis::Law, None),
            text!("出具申请前评估结论", "Conclude the pre-filing assessment"),
            why(&assessment, "先评估，后申请", "assess before filing"),
        );
    } else if case.protection.rights.is_empty() {
        draft.add(
            "protection.record_right",
            Holder::Manager,
            (Basis::School, None),
            text!(
                "登记申请号、登记号或技术秘密",
                "Record the filing, registration or know-how"
            ),
            text!("评估已有结论", "The assessment is concluded"),
        );
    } else if case.valuation.notes.is_empty() {
        draft.add(
            "valuation.note",
            Holder::Manager,
            (Basis::School, None),
            text!(
                "记录价值评价，准备推介",
                "Note a valuation and prepare to offer"
            ),
            text!("权利已登记", "The rights are on record"),
        );
    }
}

fn share_tasks(case: &Case, draft: &mut Draft) {
    let disclosure = &case.disclosure;
    if !matches!(
        disclosure.standing,
        Standing::Submitted | Standing::Accepted
    ) {
        return;
    }
    for person in disclosure.unconfirmed() {
        if let Some(Say::Objected { on, answer_by, .. }) = disclosure.says.get(&person) {
            draft.since = *on;
            draft.add(
                "disclosure.revise_shares",
                Holder::Manager,
                (Basis::School, certain(*answer_by)),
                text!("答复对份额的异议", "Answer the objection to a share"),
                text!(
                    "校内规定：异议须按期书面答复",
                    "School rule: answer objections in writing and in time"
                ),
            );
        } else {
            draft.add(
                "disclosure.confirm_share",
                Holder::Person(person),
                (Basis::School, None),
                text!("确认自己的份额", "Confirm your share"),
                text!(
                    "分配前须全部确认",
                    "Distribution waits until all have confirmed"
                ),
            );
        }
    }
}

/// What waits in a deal: on its road, then with each receipt in order of entry.
pub fn deal_tasks(deal: &Deal, institution: &Institution) -> Vec<Task> {
    let mut tasks = road_tasks(deal, institution);
    for (id, _) in dividable(deal) {
        tasks.extend(receipt_tasks(deal, id, institution));
    }
    tasks
}

/// The receipts with which something may wait, in order of entry.
pub(super) fn dividable(deal: &Deal) -> impl Iterator<Item = (ReceiptId, &Receipt)> {
    deal.income.standing().filter(|(_, it)| !it.history)
}

/// What waits on the road of a deal, before any money.
pub(super) fn road_tasks(deal: &Deal, institution: &Institution) -> Vec<Task> {
    let Some((opened_on, _)) = &deal.matching.opened else {
        return Vec::new();
    };
    let mut draft = Draft {
        since: *opened_on,
        tasks: Vec::new(),
    };
    if deal.closing.ended.is_none() {
        if deal.agreement.signed.is_none() {
            before_contract(deal, institution, &mut draft);
        } else {
            after_contract(deal, &mut draft);
        }
    }
    draft.tasks
}

/// What waits with one receipt of a deal.
fn receipt_tasks(deal: &Deal, id: ReceiptId, institution: &Institution) -> Vec<Task> {
    let Ok(receipt) = deal.income.receipt(id) else {
        return Vec::new();
    };
    let mut draft = Draft {
        since: receipt.received.received,
        tasks: Vec::new(),
    };
    deal.distribution.tasks(
        (id, receipt),
        institution,
        &mut |code, holder, when, what, why, since| {
            draft.since = since;
            draft.add(code, holder, when, what, why);
        },
    );
    draft.tasks
}

/// What waits with a receipt.
pub(super) enum Waiting {
    /// How much, and the nearest day of it, where the events left the receipt alone.
    Alone(usize, Option<Date>),
    /// The tasks themselves.
    Listed(Vec<Task>),
}

impl Waiting {
    /// What waits with a receipt of the deal; counted alone where it is the same.
    pub(super) fn with(
        deal: &Deal,
        receipt: ReceiptId,
        institution: &Institution,
        same: &dyn Fn(ReceiptId) -> bool,
    ) -> Self {
        if same(receipt) {
            let (count, nearest) = deal.distribution.waiting(receipt, institution);
            return Self::Alone(count, nearest);
        }
        Self::Listed(receipt_tasks(deal, receipt, institution))
    }

    /// The nearest day of it.
    pub(super) fn nearest(&self) -> Option<Date> {
        match self {
            Self::Alone(_, nearest) => *nearest,
            Self::Listed(tasks) => nearest_of(tasks),
        }
    }
}

/// The nearest due day.
pub(super) fn nearest_of(tasks: &[Task]) -> Option<Date> {
    let days = tasks.iter().filter_map(|task| task.due);
    days.map(|due| due.shown()).min()
}

fn before_contract(deal: &Deal, institution: &Institution, draft: &mut Draft) {
    let Some((terms_on, agreed)) = &deal.negotiation.terms else {
        draft.add(
            "deal.agree_terms",
            Holder::Manager,
            (Basis::School, None),
            text!("商定条款", "Agree the terms"),
            text!("已向对方推介", "The result was offered"),
        );
        return;
    };
    draft.since = *terms_on;
    match deal.negotiation.current_decision() {
        None => {
            draft.add(
                "deal.decide",
                Holder::Role(Role::Approver),
                (Basis::Law, None),
                text!("登记领导班子集体决策", "Record the collective decision"),
                why(
                    &law::citation("sc_2016_16.2"),
                    "重大事项集体决策",
                    "major matters are decided together",
                ),
            );
            return;
        }
        Some(decision) if !decision.approved => {
            draft.add(
                "deal.agree_terms",
                Holder::Manager,
                (Basis::School, None),
                text!(
                    "决策未同意：重新商定条款",
                    "The decision was no: agree new terms"
                ),
                text!(
                    "集体决策未同意现行条款",
                    "The decision did not approve these terms"
                ),
            );
            return;
        }
        Some(decision) => draft.since = decision.held,
    }
    if agreed.terms.pricing == Pricing::Agreement {
        publicity_tasks(deal, institution, draft);
        return;
    }
    sign_task(draft, None);
}

fn publicity_tasks(deal: &Deal, institution: &Institution, draft: &mut Draft) {
    let citation = law::citation("transfer_law.18");
    let Some(notice) = deal.publicity.current(deal.negotiation.version()) else {
        draft.add(
            "publicity.post",
            Holder::Manager,
            (Basis::Law, None),
            text!("发布校内公示", "Post the notice inside the university"),
            why(
                &citation,
                "公示成果名称和拟交易价格",
                "publish name and proposed price",
            ),
        );
        return;
    };
    draft.since = notice.posted_on;
    for objection in notice.open_objections() {
        draft.add(
            "publicity.answer",
            Holder::Role(Role::OfficeHead),
            (
                Basis::School,
                certain(institution.objection_answer_by(objection.on)),
            ),
            text!("答复对公示的异议", "Answer the objection to the notice"),
            text!(
                "校内规定：异议须按期书面答复",
                "School rule: answer objections in writing and in time"
            ),
        );
    }
    let due = notice.due(institution.calendar());
    if notice.closed.is_none() {
        let days = notice.posted.days;
        draft.add(
            "publicity.close",
            Holder::Manager,
            (Basis::Law, Some(due)),
            text!(
                "公示届满后登记结果，次日起可签约",
                "Record the result when the notice ends; signing opens the day after"
            ),
            why(
                &notice.posted.citation,
                &format!("公示不少于{days}日"),
                &format!("at least {days} days"),
            ),
        );
        return;
    }
    sign_task(draft, None);
}

fn sign_task(draft: &mut Draft, due: Option<Due>) {
    draft.add(
        "agreement.sign",
        Holder::Manager,
        (Basis::School, due),
        text!("签订合同", "Sign the contract"),
        text!("决策与公示已齐", "Decision and publicity are complete"),
    );
}

fn after_contract(deal: &Deal, draft: &mut Draft) {
    let Some((_, signed)) = &deal.agreement.signed else {
        return;
    };
    draft.since = signed.signed;
    if deal.agreement.register_again() {
        draft.add(
            "agreement.register",
            Holder::Manager,
            (Basis::Law, None),
            text!(
                "合同变更后重新办理认定登记",
                "Register the amended contract again"
            ),
            why(
                &law::citation("most_2000_063"),
                "变更后的合同须重新登记，登记前不享受税收优惠",
                "an amended contract is registered again; until then no relief",
            ),
        );
    }
    if deal.agreement.registered.is_none() && deal.history.is_none() {
        draft.add(
            "agreement.register",
            Holder::Manager,
            (Basis::School, None),
            text!("办理技术合同认定登记", "Register the technology contract"),
            text!(
                "税收优惠以认定登记为前提",
                "Tax relief hangs on the registration"
            ),
        );
    }
    let Some(terms) = deal.terms() else { return };
    if deal.history.is_some() {
        return;
    }
    if let Some(instalment) = next_instalment(deal, &terms.schedule) {
        let amount = instalment.amount;
        let label = &instalment.label;
        draft.add(
            "income.receive",
            Holder::Role(Role::Finance),
            (Basis::Contract, instalment.due.and_then(certain)),
            text!("收款 ¥{amount}", "Collect ¥{amount}"),
            text!("合同付款：{label}", "Contract payment: {label}"),
        );
    }
}

/// The first payment of the schedule that the receipts do not cover yet.
pub fn next_instalment<'a>(deal: &Deal, schedule: &'a [Instalment]) -> Option<&'a Instalment> {
    let mut left = i128::from(deal.income.total().fen());
    schedule.iter().find(|instalment| {
        left -= i128::from(instalment.amount.fen());
        left < 0
    })
}
