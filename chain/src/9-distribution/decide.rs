//! When money may be divided, approved and paid.

use dukou_journal::StreamId;
use dukou_kernel::{Date, DealId, Finding, PersonId, ReceiptId, Refusal, Severity, Share, text};
use dukou_rules::{ContractKind, ReliefFacts, ReliefKind, Rulebook};

use super::engine::{self, Computed};
use super::{
    Approved, ClawedBack, Command, Distribution, EquityAllotted, EquityShare, Event, Paid,
    Proposed, Rejected, RewardClosed, filing,
};
use crate::agreement::Agreement;
use crate::checks::Checks;
use crate::contract::{Context, NewEvent};
use crate::deal::Negotiation;
use crate::disclosure::own_case;
use crate::income::{Income, Refunded};
use crate::institution::Institution;
use crate::law;
use crate::matching::{CaseView, Matching};
use crate::people::{Person, PersonKind, Post};
use crate::protection::not_in_future;
use crate::terms::Mode;

/// What distribution may see.
pub struct Before<'a> {
    /// Rules and calendar.
    pub institution: &'a Institution,
    /// How the deal began.
    pub matching: &'a Matching,
    /// Terms and decision.
    pub negotiation: &'a Negotiation,
    /// The contract.
    pub agreement: &'a Agreement,
    /// Receipts.
    pub income: &'a Income,
    /// The covered cases.
    pub cases: &'a [CaseView<'a>],
    /// People of the roster.
    pub person: &'a dyn Fn(PersonId) -> Option<&'a Person>,
    /// Names of persons, where a notice prints them.
    pub names: &'a crate::publicity::Names,
    /// Next free number of the year's notices.
    pub ordinal: u32,
}

impl Before<'_> {
    fn is_contributor(&self, person: PersonId) -> bool {
        self.cases.iter().any(|case| case.disclosure.has(person))
    }
}

/// Decides on a command of distribution.
///
/// # Errors
/// The refusal.
pub fn decide(
    state: &Distribution,
    deal: DealId,
    before: &Before<'_>,
    command: &Command,
    ctx: &Context,
) -> Result<Vec<NewEvent>, Refusal> {
    before.agreement.in_force()?;
    let mut paper = None;
    let event = match command {
        Command::Propose { receipt } => state.propose(before, *receipt, ctx)?,
        Command::Approve { receipt, note } => state.approve(before, *receipt, note, ctx)?,
        Command::Reject { receipt, reason } => state.reject(*receipt, reason)?,
        Command::PostReward { .. } => {
            let (posted, page) = state.post_reward(before, command, ctx)?;
            paper = Some(page);
            Event::RewardPosted(posted)
        }
        Command::CloseReward { receipt, result } => {
            state.close_reward(before, *receipt, result, ctx)?
        }
        Command::Pay { .. } => state.pay(before, command, ctx)?,
        Command::FileRelief {
            receipt,
            month,
            filed,
            paper,
        } => {
            before.income.receipt(*receipt)?;
            let what = (*receipt, *month, *filed);
            Event::ReliefFiled(state.file_relief(before.institution, what, paper, ctx)?)
        }
        Command::AllotEquity { people, paper } => state.allot(before, people, paper, ctx)?,
    };
    let stream = StreamId::Deal(deal);
    Ok(vec![NewEvent {
        stream,
        event: event.into(),
        corrects: None,
        effective: None,
        paper,
    }])
}

fn refuse(code: &str, message: dukou_kernel::Text) -> Refusal {
    Finding::refused(code, message).into()
}

/// As many working days as a reward notice may stand: about a year.
pub(super) const LONGEST: u32 = 250;

impl Distribution {
    fn compute(&self, before: &Before<'_>, receipt: ReceiptId) -> Result<Computed, Refusal> {
        let open = before
            .cases
            .iter()
            .flat_map(|case| case.disclosure.unconfirmed())
            .count();
        let mut checks = Checks::default();
        checks.refuse_if(open > 0, || {
            Finding::refused(
                "distribution.shares_unconfirmed",
                text!(
                    "{open}位完成人还没有确认份额，不能分配。请他们确认，或由经办人凭签字纸件代办。",
                    "{open} contributor(s) have not confirmed their shares. Let them confirm, or enter their signed paper."
                ),
            )
            .cite(law::citation("school.shares"))
        });
        for case in before.cases {
            checks.contributors("contributors", case.disclosure.contributors());
        }
        checks.settle()?;
        engine::compute(self, before, receipt)
    }

    fn propose(
        &self,
        before: &Before<'_>,
        receipt: ReceiptId,
        ctx: &Context,
    ) -> Result<Event, Refusal> {
        let entered = before.income.receipt(receipt).map_err(|_| no_money())?;
        if entered.history {
            return Err(refuse(
                "distribution.history",
                text!(
                    "这笔到账在渡口之前，按导入的期初处理，不再分配。",
                    "This receipt lies before Dukou and is part of the opening balances."
                ),
            ));
        }
        if let Some(division) = self.divisions.get(&receipt)
            && (division.approved.is_some() || division.proposed.is_some())
        {
            return Err(refuse(
                "distribution.proposed_already",
                text!(
                    "这笔到账已拟定分配。",
                    "This receipt's distribution is proposed already."
                ),
            ));
        }
        let earlier = before
            .income
            .standing()
            .take_while(|(id, _)| *id != receipt)
            .any(|(id, it)| {
                !it.history && self.divisions.get(&id).is_none_or(|d| d.approved.is_none())
            });
        if earlier {
            return Err(refuse(
                "distribution.order",
                text!(
                    "前面还有到账没有分配。按到账先后分配。",
                    "An earlier receipt is not distributed yet. Distribute in the order of arrival."
                ),
            ));
        }
        let computed = self.compute(before, receipt)?;
        no_refusal(&computed)?;
        Ok(Event::Proposed(Proposed {
            receipt,
            split: computed.split,
            basis: Some(computed.basis),
            findings: computed.findings,
            policy_from: computed.policy_from,
            by: ctx.actor.person(),
            v1: None,
        }))
    }

    fn proposal(&self, receipt: ReceiptId) -> Result<&Proposed, Refusal> {
        let proposed = self
            .divisions
            .get(&receipt)
            .and_then(|it| it.proposed.as_ref());
        proposed.map(|(_, it)| it).ok_or_else(|| {
            refuse(
                "distribution.no_proposal",
                text!(
                    "这笔到账没有待批的分配。",
                    "No distribution of this receipt waits for approval."
                ),
            )
        })
    }

    fn approve(
        &self,
        before: &Before<'_>,
        receipt: ReceiptId,
        note: &str,
        ctx: &Context,
    ) -> Result<Event, Refusal> {
        let proposal = self.proposal(receipt)?;
        let by = ctx.actor.person();
        if by.is_some_and(|person| before.is_contributor(person)) {
            return Err(own_case("receipt"));
        }
        if by.is_some() && by == proposal.by {
            return Err(Finding::refused(
                "distribution.same_hand",
                text!(
                    "分配由你拟定，须由另一人批准。",
                    "You proposed this distribution; somebody else approves it."
                ),
            )
            .cite(law::citation("conflict_of_interest"))
            .into());
        }
        let mut checks = Checks::default();
        checks.at_most("note", note, 1000);
        checks.settle()?;
        let computed = self.compute(before, receipt)?;
        no_refusal(&computed)?;
        if computed.split != proposal.split {
            return Err(refuse(
                "distribution.stale",
                text!(
                    "拟定之后，份额、费用或规则有变，金额已不同。请重新拟定。",
                    "Shares, costs or rules changed since the proposal and the amounts differ. Propose it anew."
                ),
            ));
        }
        Ok(Event::Approved(Approved {
            receipt,
            split: computed.split,
            basis: Some(computed.basis),
            findings: computed.findings,
            costs_taken: computed.costs_taken,
            policy_from: Some(computed.policy_from),
            by,
            note: note.to_owned(),
            v1: None,
        }))
    }

    fn reject(&self, receipt: ReceiptId, reason: &str) -> Result<Event, Refusal> {
        self.proposal(receipt)?;
        let mut checks = Checks::default();
        checks.words("reason", reason, 1000);
        checks.settle()?;
        Ok(Event::Rejected(Rejected {
            receipt,
            reason: reason.to_owned(),
        }))
    }

    fn close_reward(
        &self,
        before: &Before<'_>,
        receipt: ReceiptId,
        result: &str,
        ctx: &Context,
    ) -> Result<Event, Refusal> {
        let reward = self
            .divisions
            .get(&receipt)
            .and_then(|it| it.reward.as_ref());
        let reward = reward.filter(|it| it.closed.is_none()).ok_or_else(|| {
            refuse(
                "reward.none",
                text!("没有正在进行的奖励公示。", "No reward notice is running."),
            )
        })?;
        let due = reward.due(before.institution.calendar());
        let citation = reward.posted.citation.clone();
        let Some(end) = due.end else {
            return Err(Finding::refused(
                "calendar.year_unknown",
                text!(
                    "公示期跨入放假安排待国务院公布的年份，届满日还不能确定。",
                    "The notice runs into a year whose holidays are not published yet; its last day is not certain."
                ),
            )
            .cite(citation)
            .into());
        };
        let earliest = law::next_day(end);
        if ctx.today < earliest {
            return Err(Finding::refused(
                "publicity.running",
                text!(
                    "奖励公示还没有满期。最早可办日：{earliest}。",
                    "The reward notice still runs. Earliest date: {earliest}."
                ),
            )
            .cite(citation)
            .from_day(earliest)
            .into());
        }
        let mut checks = Checks::default();
        checks.words("result", result, 1000);
        checks.settle()?;
        Ok(Event::RewardClosed(RewardClosed {
            receipt,
            result: result.to_owned(),
        }))
    }

    fn pay(&self, before: &Before<'_>, command: &Command, ctx: &Context) -> Result<Event, Refusal> {
        let Command::Pay {
            receipt,
            person,
            amount,
            paid,
            voucher,
            paper,
        } = command
        else {
            return Err(not_approved());
        };
        let division = self
            .divisions
            .get(receipt)
            .filter(|it| it.approved.is_some());
        let division = division.ok_or_else(not_approved)?;
        let owed = division.owed(*person);
        let mut checks = Checks::default();
        checks.words("voucher", voucher, 100);
        checks.positive("amount", *amount);
        not_in_future(&mut checks, "paid", *paid, ctx.today);
        checks.refuse_if(*amount > owed, || {
            Finding::refused(
                "pay.too_much",
                text!(
                    "此人还应得 ¥{owed}，不能多付。",
                    "Only ¥{owed} is owed to this person."
                ),
            )
            .at("amount")
        });
        let approved_on = division.approved.as_ref().map(|(on, _)| *on);
        checks.refuse_if(approved_on.is_some_and(|on| *paid < on), || {
            Finding::refused(
                "pay.early",
                text!(
                    "付款日期早于分配批准日。",
                    "Paid before the distribution was approved."
                ),
            )
            .at("paid")
        });
        let published = division
            .reward
            .as_ref()
            .is_some_and(|it| it.closed.is_some());
        let award_day = approved_on.unwrap_or(*paid);
        checks.add(publication(before, *person, (award_day, *paid), published)?);
        for finding in relief(before, *receipt, *paid, published)? {
            checks.add(finding);
        }
        let to = payee(before, *person, &mut checks);
        let findings = checks.settle()?;
        Ok(Event::Paid(Paid {
            receipt: *receipt,
            person: *person,
            to,
            amount: *amount,
            paid: *paid,
            voucher: voucher.clone(),
            paper: paper.clone(),
            findings,
        }))
    }

    fn allot(
        &self,
        before: &Before<'_>,
        people: &[EquityShare],
        paper: &crate::terms::Attachment,
        ctx: &Context,
    ) -> Result<Event, Refusal> {
        let terms = before
            .agreement
            .terms()
            .filter(|it| it.mode == Mode::Equity);
        let equity = terms.and_then(|it| it.equity.as_ref()).ok_or_else(|| {
            refuse(
                "equity.none",
                text!(
                    "这个项目不是作价投资。",
                    "This deal is not an equity investment."
                ),
            )
        })?;
        let mut checks = Checks::default();
        checks.refuse_if(self.equity.is_some(), || {
            Finding::refused(
                "equity.allotted",
                text!("股权已分配。", "The equity is allotted already."),
            )
        });
        let by = ctx.actor.person();
        if by.is_some_and(|person| before.is_contributor(person)) {
            return Err(own_case("people"));
        }
        let given = Share::sum(people.iter().map(|it| it.holding)).unwrap_or(Share::ONE);
        check_equity(before, people, given, equity.holding, &mut checks, ctx)?;
        let findings = checks.settle()?;
        let university = equity.holding.minus(given).unwrap_or(Share::ZERO);
        Ok(Event::EquityAllotted(EquityAllotted {
            people: people.to_vec(),
            university,
            holding: equity.holding,
            paper: paper.clone(),
            findings,
        }))
    }

    /// Takes back what a refund undoes, when its receipt was distributed.
    ///
    /// # Errors
    /// When more would be taken back than was given.
    pub fn claw_back(&self, refund: &Refunded, book: &Rulebook) -> Result<Option<Event>, Refusal> {
        let approved = self
            .divisions
            .get(&refund.of)
            .is_some_and(|it| it.approved.is_some());
        if !approved {
            return Ok(None);
        }
        let (split, basis, findings) = engine::refund(self, refund, book)?;
        let back = ClawedBack {
            receipt: refund.of,
            refund: refund.refund,
            split,
            basis: Some(basis),
            findings,
            v1: None,
        };
        Ok(Some(Event::ClawedBack(back)))
    }
}

fn check_equity(
    before: &Before<'_>,
    people: &[EquityShare],
    given: Share,
    holding: Share,
    checks: &mut Checks,
    ctx: &Context,
) -> Result<(), Refusal> {
    checks.refuse_if(given > holding, || {
        let (given, holding) = (given.to_percent_text(), holding.to_percent_text());
        Finding::refused(
            "equity.too_much",
            text!(
                "分给个人 {given}，超过所取得的 {holding}。",
                "{given} for persons exceeds the {holding} obtained."
            ),
        )
        .at("people")
    });
    for share in people {
        checks.refuse_if(!before.is_contributor(share.person), || {
            Finding::refused(
                "equity.not_contributor",
                text!(
                    "只有完成人能得股权奖励。",
                    "Only contributors are given equity."
                ),
            )
            .at("people")
        });
    }
    let parts: Vec<(Post, Share)> = people
        .iter()
        .map(|it| (post_of(before, it.person, ctx.today), it.holding))
        .collect();
    let institution = before.institution;
    let rules = law::rules(institution, ctx.today);
    let state = institution.state_established();
    let checked =
        dukou_rules::check_equity(holding, &parts, state, &rules).map_err(law::unanswered)?;
    for finding in checked.findings {
        checks.add(finding.at("people"));
    }
    Ok(())
}

fn post_of(before: &Before<'_>, person: PersonId, day: Date) -> Post {
    (before.person)(person).map_or(Post::None, |it| it.post_on(day))
}

/// The post at the award counts, and the one at the payment where that is the
/// stricter.
fn publication(
    before: &Before<'_>,
    person: PersonId,
    (award, paid): (Date, Date),
    published: bool,
) -> Result<Finding, Refusal> {
    let rules = law::rules(before.institution, paid);
    let then = post_of(before, person, award);
    let led = dukou_rules::must_publish(then, &rules).map_err(law::unanswered)?;
    let post = if led {
        then
    } else {
        post_of(before, person, paid)
    };
    dukou_rules::reward_publication(post, published, &rules).map_err(law::unanswered)
}

/// What decides about half of an award being left out of the income tax; `None`
/// for ways that carry no relief.
fn relief_facts(
    before: &Before<'_>,
    receipt: ReceiptId,
    paid: Date,
    published: bool,
) -> Option<ReliefFacts> {
    let contract = ContractKind::of(before.agreement.terms()?.mode)?;
    let received = before.income.receipt(receipt).ok()?.received.received;
    let mut kinds = before
        .cases
        .iter()
        .filter_map(|case| case.disclosure.details.as_ref())
        .map(|details| ReliefKind::of_result(details.kind.code()));
    let first = kinds.next();
    let other = kinds.any(|kind| kind == ReliefKind::Other);
    Some(ReliefFacts {
        contract,
        received,
        paid,
        registered: before.agreement.certificate().is_some(),
        published: Some(published),
        result_kind: if other {
            Some(ReliefKind::Other)
        } else {
            first
        },
    })
}

/// The relief of this payment (财税〔2018〕58号): what it misses, or the day by which
/// it is filed.
fn relief(
    before: &Before<'_>,
    receipt: ReceiptId,
    paid: Date,
    published: bool,
) -> Result<Vec<Finding>, Refusal> {
    let Some(facts) = relief_facts(before, receipt, paid, published) else {
        return Ok(Vec::new());
    };
    let rules = law::rules(before.institution, paid);
    let relief = dukou_rules::pit_relief(&facts, &rules).map_err(law::unanswered)?;
    let mut findings = relief.findings;
    if relief.applies {
        findings.push(filing::to_be_filed(before.institution, paid)?);
    }
    Ok(findings)
}

fn payee(before: &Before<'_>, person: PersonId, checks: &mut Checks) -> PersonId {
    let state = (before.person)(person);
    if state.is_some_and(|it| it.kind == Some(PersonKind::Deceased)) {
        if let Some(heir) = state.and_then(|it| it.heir) {
            return heir;
        }
        checks.add(
            Finding::refused(
                "pay.no_heir",
                text!(
                    "此人已故，还没有登记继承人。先凭公证书登记继承人。",
                    "This person is deceased and no heir is on record. Name the heir first."
                ),
            )
            .at("person"),
        );
    }
    person
}

fn no_money() -> Refusal {
    Finding::refused(
        "distribution.no_money",
        text!(
            "还没有这笔到账。先由财务登记到账，再分配。",
            "There is no such receipt. Finance enters the money first."
        ),
    )
    .cite(law::citation("transfer_law.43"))
    .at("receipt")
    .into()
}

pub(super) fn not_approved() -> Refusal {
    Finding::refused(
        "distribution.not_approved",
        text!(
            "这笔到账的分配还没有批准。",
            "This receipt's distribution is not approved."
        ),
    )
    .at("receipt")
    .into()
}

fn no_refusal(computed: &Computed) -> Result<(), Refusal> {
    let no: Vec<Finding> = computed
        .findings
        .iter()
        .filter(|it| it.severity == Severity::Refused)
        .cloned()
        .collect();
    if no.is_empty() {
        Ok(())
    } else {
        Err(Refusal { findings: no })
    }
}
