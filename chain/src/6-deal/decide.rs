//! When terms may be agreed and a decision recorded.

use dukou_kernel::{Date, Finding, Money, PersonId, Refusal, Severity, Share, text};
use dukou_rules::{AppraisalNeed, RulesOn};

use super::{
    Appraisal, Command, Decided, Event, InterestDeclared, MarketProved, Negotiation, Terms,
    TermsAgreed,
};
use crate::checks::Checks;
use crate::contract::{Context, Stage};
use crate::disclosure::own_case;
use crate::institution::Institution;
use crate::law;
use crate::matching::{CaseView, Matching};
use crate::terms::{Attachment, Mode, PartyKind};

/// What this stage may see.
pub struct Before<'a> {
    /// Rules.
    pub institution: &'a Institution,
    /// How the deal began.
    pub matching: &'a Matching,
    /// The covered cases.
    pub cases: &'a [CaseView<'a>],
    /// True when the contract is signed: then only an amendment changes terms.
    pub signed: bool,
}

impl Before<'_> {
    fn contributor(&self, person: PersonId) -> bool {
        self.cases.iter().any(|case| case.disclosure.has(person))
    }
}

impl Stage for Negotiation {
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
            Command::AgreeTerms { terms, paper } => {
                unsigned(before)?;
                self.agree(before, terms, paper.as_ref(), ctx)
            }
            Command::DeclareInterest {
                related,
                note,
                paper,
            } => declare(*related, note, paper.as_ref(), ctx),
            Command::MarketProof { place, paper } => {
                let mut checks = Checks::default();
                checks.words("place", place, 200);
                checks.settle()?;
                let proved = MarketProved {
                    place: place.clone(),
                    paper: paper.clone(),
                };
                Ok(vec![Event::MarketProved(proved)])
            }
            Command::Decide { .. } => {
                unsigned(before)?;
                self.conclude(before, command, ctx)
            }
        }
    }

    fn apply(&mut self, event: Event, effective: Date) {
        match event {
            Event::TermsAgreed(it) => self.terms = Some((effective, it)),
            Event::InterestDeclared(it) => {
                self.interests.insert(it.person, it);
            }
            Event::MarketProved(it) => self.market = Some((effective, it)),
            Event::Decided(it) => self.decision = Some((effective, it)),
        }
    }
}

fn unsigned(before: &Before<'_>) -> Result<(), Refusal> {
    if before.signed {
        return Err(Finding::refused(
            "deal.signed",
            text!(
                "合同已签，条款只能用合同变更来改。",
                "The contract is signed: terms change by an amendment only."
            ),
        )
        .into());
    }
    Ok(())
}

fn declare(
    related: bool,
    note: &str,
    paper: Option<&Attachment>,
    ctx: &Context,
) -> Result<Vec<Event>, Refusal> {
    let person = ctx.acting_for().ok_or_else(law::needs_person)?;
    let mut checks = Checks::default();
    if related {
        checks.words("note", note, 1000);
    }
    if ctx.on_behalf.is_some() {
        checks.paper("paper", paper);
    }
    checks.settle()?;
    Ok(vec![Event::InterestDeclared(InterestDeclared {
        person,
        related,
        note: note.to_owned(),
        paper: paper.cloned(),
    })])
}

/// Checks that the terms fit their mode and that the payments make the price.
pub(crate) fn check_terms(checks: &mut Checks, terms: &Terms, cases: &[CaseView<'_>]) {
    if terms.price.is_negative() {
        checks.positive("price", terms.price);
    }
    if terms.mode == Mode::Equity {
        check_equity(checks, terms);
    } else {
        let some_price = terms.price.is_positive() || terms.royalty.is_some();
        checks.refuse_if(!some_price, || {
            Finding::refused(
                "terms.no_price",
                text!(
                    "写明价款或提成，至少一项。",
                    "Give a price or a royalty, at least one."
                ),
            )
            .at("price")
        });
    }
    checks.refuse_if(
        terms.mode == Mode::Licence && terms.licence.is_none(),
        || {
            Finding::refused(
                "terms.licence_kind",
                text!("选出许可种类。", "Choose the kind of licence."),
            )
            .cite(law::citation("tech_contract_interpretation.25"))
            .at("licence")
        },
    );
    if terms.mode == Mode::Licence {
        checks.words("territory", &terms.territory, 100);
    }
    checks.refuse_if(
        terms.royalty.is_some_and(|r| r.is_zero() || r > Share::ONE),
        || {
            Finding::refused(
                "terms.royalty",
                text!(
                    "提成比例须大于0，不超过100%。",
                    "A royalty is above 0 and at most 100%."
                ),
            )
            .at("royalty")
        },
    );
    check_schedule(checks, terms);
    check_weights(checks, terms, cases);
}

fn check_equity(checks: &mut Checks, terms: &Terms) {
    match &terms.equity {
        None => checks.add(
            Finding::refused(
                "terms.no_equity",
                text!(
                    "写明作价金额和持股比例。",
                    "Give the value and the holding."
                ),
            )
            .cite(law::citation("transfer_law.16"))
            .at("equity"),
        ),
        Some(equity) => {
            checks.positive("equity.valued", equity.valued);
            checks.refuse_if(
                equity.holding.is_zero() || equity.holding > Share::ONE,
                || {
                    Finding::refused(
                        "terms.holding",
                        text!(
                            "持股比例须大于0，不超过100%。",
                            "A holding is above 0 and at most 100%."
                        ),
                    )
                    .at("equity.holding")
                },
            );
        }
    }
}

fn check_schedule(checks: &mut Checks, terms: &Terms) {
    if terms.schedule.is_empty() {
        return;
    }
    for instalment in &terms.schedule {
        checks.words("schedule", &instalment.label, 200);
        checks.positive("schedule", instalment.amount);
    }
    let total = Money::sum(terms.schedule.iter().map(|i| i.amount));
    checks.refuse_if(total != Ok(terms.price), || {
        let shown = total.map_or_else(|_| "?".to_owned(), |t| t.to_string());
        let price = terms.price;
        Finding::refused(
            "terms.schedule_sum",
            text!(
                "各期合计 ¥{shown}，价款是 ¥{price}。改到一致。",
                "The payments total ¥{shown}, the price is ¥{price}. Make them agree."
            ),
        )
        .at("schedule")
    });
}

fn check_weights(checks: &mut Checks, terms: &Terms, cases: &[CaseView<'_>]) {
    if terms.weights.is_empty() {
        return;
    }
    let sums = Share::sum(terms.weights.values().copied()) == Ok(Share::ONE);
    let covers = cases
        .iter()
        .all(|case| terms.weights.contains_key(&case.id))
        && terms.weights.len() == cases.len();
    checks.refuse_if(!sums || !covers, || {
        Finding::refused(
            "terms.weights",
            text!(
                "各项成果在价款中的比例，须一项不漏，合计正好100%。",
                "The parts of the cases in the price name each case and total exactly 100%."
            ),
        )
        .at("weights")
    });
}

impl Negotiation {
    fn agree(
        &self,
        before: &Before<'_>,
        terms: &Terms,
        paper: Option<&Attachment>,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        let mut checks = Checks::default();
        check_terms(&mut checks, terms, before.cases);
        checks.refuse_if(self.newest() == Some(terms), || {
            Finding::refused(
                "terms.same",
                text!(
                    "条款与现行版本相同。",
                    "These are the terms that stand already."
                ),
            )
        });
        checks.settle()?;
        Ok(vec![Event::TermsAgreed(TermsAgreed {
            version: self.version() + 1,
            terms: terms.clone(),
            paper: paper.cloned(),
            by: ctx.actor.person(),
        })])
    }

    fn conclude(
        &self,
        before: &Before<'_>,
        command: &Command,
        ctx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        let Command::Decide {
            meeting,
            held,
            approved,
            appraisal,
            appraised,
            note,
            minutes,
        } = command
        else {
            return Ok(Vec::new());
        };
        let Some((agreed_on, agreed)) = &self.terms else {
            return Err(no_terms());
        };
        let by = ctx.actor.person();
        if by.is_some_and(|person| before.contributor(person)) {
            return Err(own_case("meeting"));
        }
        if by.is_some() && by == agreed.by {
            return Err(Finding::refused(
                "deal.same_hand",
                text!(
                    "条款由你登记，决策须由另一人登记。",
                    "You entered the terms; somebody else records the decision."
                ),
            )
            .cite(before.institution.article("conflict_of_interest"))
            .into());
        }
        let mut checks = Checks::default();
        checks.words("meeting", meeting, 200);
        checks.at_most("note", note, 2000);
        crate::protection::not_in_future(&mut checks, "held", *held, ctx.today);
        checks.refuse_if(held < agreed_on, || {
            Finding::refused(
                "deal.decided_before_terms",
                text!(
                    "会议日期（{held}）早于条款确认日（{agreed_on}）。",
                    "The meeting ({held}) is earlier than the terms ({agreed_on})."
                ),
            )
            .at("held")
        });
        if let Some(finding) = appraisal_gap(before, *appraisal, *appraised, ctx.today) {
            checks.add(finding);
        }
        checks.settle()?;
        Ok(vec![Event::Decided(Decided {
            version: agreed.version,
            meeting: meeting.clone(),
            held: *held,
            approved: *approved,
            appraisal: *appraisal,
            appraised: *appraised,
            note: note.clone(),
            minutes: minutes.clone(),
            by,
        })])
    }

    /// Refuses while no terms are agreed.
    ///
    /// # Errors
    /// When there are none.
    pub fn agreed(&self) -> Result<&TermsAgreed, Refusal> {
        self.terms.as_ref().map(|(_, it)| it).ok_or_else(no_terms)
    }

    /// Was there a collective decision on the newest terms (领导班子集体决策)?
    pub fn decision_finding(&self) -> Finding {
        let citation = law::citation("sc_2016_16.2");
        match self.current_decision() {
            Some(it) if it.approved => {
                let meeting = &it.meeting;
                Finding::new(
                    Severity::Info,
                    "decision.recorded",
                    text!("集体决策，纪要已存：{meeting}", "Collective decision on file: {meeting}"),
                )
            }
            Some(_) => Finding::refused(
                "decision.refused",
                text!(
                    "集体决策没有同意现行条款。重新商定条款后再提请。",
                    "The decision did not approve these terms. Agree new terms and ask again."
                ),
            ),
            None => Finding::refused(
                "decision.missing",
                text!(
                    "现行条款还没有集体决策。先登记会议决定和纪要。",
                    "There is no collective decision on these terms. Record it with its minutes first."
                ),
            ),
        }
        .cite(citation)
    }

    /// Is there proof of publicity on a technology market (免责的条件; 浙江省条例第17条)?
    pub fn market_finding(&self, rules: &RulesOn<'_>) -> Option<Finding> {
        let terms = self.newest()?;
        dukou_rules::market_publicity(terms.pricing, Some(self.market.is_some()), rules)
    }
}

fn no_terms() -> Refusal {
    Finding::refused(
        "terms.missing",
        text!("还没有双方确认的条款。", "No terms are agreed yet."),
    )
    .into()
}

fn appraisal_gap(
    before: &Before<'_>,
    appraisal: Appraisal,
    appraised: Option<Money>,
    today: Date,
) -> Option<Finding> {
    let opened = before.matching.opened.as_ref();
    let taker = opened.map_or(PartyKind::Unknown, |(_, it)| it.party.kind);
    // Whether an equity contract may go without is asked when it is signed.
    let mode = Mode::Transfer;
    let answer = law::appraisal_need(before.institution, today, taker, mode, None);
    let citation = answer.citation;
    match appraisal {
        Appraisal::Done if appraised.is_none_or(|value| !value.is_positive()) => Some(
            Finding::refused(
                "appraisal.value",
                text!("写明评估值。", "Give the appraised value."),
            )
            .at("appraised"),
        ),
        Appraisal::Waived | Appraisal::Exempt if answer.need == AppraisalNeed::Required => Some(
            Finding::refused(
                "appraisal.required",
                text!(
                    "依规须先评估，不能决定不评估。",
                    "An appraisal is required and cannot be waived."
                ),
            )
            .cite(citation)
            .at("appraisal"),
        ),
        Appraisal::Exempt if answer.need != AppraisalNeed::Exempt => Some(
            Finding::refused(
                "appraisal.not_exempt",
                text!(
                    "受让方不是国有全资企业，不属于无须评估；是否评估由学校决定，选“决定不评估”或“已评估”。",
                    "The taker is not wholly state-owned, so it is not exempt; the university decides: choose waived or appraised."
                ),
            )
            .cite(citation)
            .at("appraisal"),
        ),
        _ => None,
    }
}
