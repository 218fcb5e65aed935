//! ONE page per case: the rail on top, the facts, the compliance panel, every
//! deal, and the timeline signed by people and times.

mod words;

use std::collections::HashMap;

use askama::Template;
use dukou_chain::disclosure::{Say, Standing};
use dukou_chain::institution::Institution;
use dukou_chain::people::Scope;
use dukou_chain::whole::{
    self, Case, Command, Deal, Progress, RailStep, State, Stop, case_rail, deal_rail,
};
use dukou_journal::{Entry, StreamId};
use dukou_kernel::{CaseId, Date, DealId, Finding, Lang, Money, PersonId, Severity, Text};

pub use words::{kind_text, receipt_state};

use words::{files_of, tell};

use super::{initial, moment, short_date, short_hash, weekday};
use crate::app::App;
use crate::authorise::{authorise, covers_case};
use crate::data::{self, text};
use crate::failure::Failure;
use crate::forms::{CASE_STEPS, DEAL_STEPS, Offer};
use crate::page::{Answer, Page};
use crate::request::Req;
use crate::session::User;

/// One stop of the rail, as shown.
pub struct RailView {
    /// `done`, `now`, `locked`, `later`, `skipped`.
    pub class: &'static str,
    /// Name.
    pub name: String,
    /// Day or counter.
    pub when: String,
}

/// One finding, as shown.
pub struct FindingView {
    /// What.
    pub what: String,
    /// Article.
    pub article: String,
    /// Is the article verified on a published copy?
    pub verified: bool,
}

/// A label and its value.
pub struct Fact {
    /// Label.
    pub label: String,
    /// Value.
    pub value: String,
    /// Wide.
    pub span: bool,
}

/// One contributor.
pub struct PersonView {
    /// Name.
    pub name: String,
    /// First character.
    pub initial: String,
    /// What the person did.
    pub role: String,
    /// Share.
    pub share: String,
    /// Word.
    pub state: String,
    /// Tone.
    pub tone: &'static str,
    /// True for the reader.
    pub me: bool,
}

/// One right.
pub struct RightView {
    /// Number.
    pub number: String,
    /// Kind.
    pub kind: String,
    /// Filed.
    pub filed: String,
    /// State.
    pub state: String,
    /// Tone.
    pub tone: &'static str,
}

/// A button for a step.
pub struct StepView {
    /// Where.
    pub href: String,
    /// The verb.
    pub label: String,
    /// Anchor, from the work list.
    pub anchor: String,
    /// True for the next step of the road.
    pub primary: bool,
    /// Why it is locked; empty when it is open.
    pub locked: String,
}

/// One deal.
pub struct DealView {
    /// Id.
    pub id: String,
    /// Number.
    pub number: String,
    /// Party.
    pub party: String,
    /// Mode.
    pub mode: String,
    /// Stop.
    pub stop: String,
    /// Tone.
    pub tone: &'static str,
    /// True when it is the one in focus.
    pub current: bool,
}

/// One receipt.
pub struct ReceiptView {
    /// Day.
    pub day: String,
    /// Amount.
    pub amount: Money,
    /// Payer.
    pub payer: String,
    /// State.
    pub state: String,
    /// Tone.
    pub tone: &'static str,
    /// Where the arithmetic stands.
    pub split: String,
}

/// The publicity in progress.
pub struct LockView {
    /// Heading.
    pub title: String,
    /// Sentence.
    pub why: String,
    /// Posted.
    pub posted: String,
    /// Last day.
    pub last: String,
    /// Days passed.
    pub today: i32,
    /// Days in all.
    pub days: i32,
    /// Article.
    pub article: String,
    /// Public page.
    pub notice: String,
}

/// One entry of the timeline.
pub struct EntryView {
    /// Moment.
    pub at: String,
    /// Who.
    pub who: String,
    /// First character.
    pub initial: String,
    /// What.
    pub act: String,
    /// More.
    pub detail: String,
    /// Article of a refusal.
    pub article: String,
    /// Files: hash, name.
    pub files: Vec<(String, String)>,
    /// Number.
    pub seq: i64,
    /// Short hash.
    pub hash: String,
    /// True for a refused attempt.
    pub refused: bool,
    /// True for the newest.
    pub newest: bool,
    /// The entry it corrects.
    pub corrects: String,
    /// A clock other than the machine's.
    pub clock: String,
}

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    p: Page,
    id: String,
    number: String,
    title: String,
    badge: String,
    tone: &'static str,
    manager: String,
    manager_since: String,
    next_due: String,
    history: bool,
    rail: Vec<RailView>,
    rail_now: String,
    rail_place: usize,
    lock: Option<LockView>,
    terms: Vec<Fact>,
    schedule: Vec<(String, Money, String)>,
    terms_aside: String,
    facts: Vec<Fact>,
    nearest: Vec<(String, String)>,
    novelty: String,
    people: Vec<PersonView>,
    people_aside: String,
    rights: Vec<RightView>,
    deals: Vec<DealView>,
    receipts: Vec<ReceiptView>,
    refused: Vec<FindingView>,
    missing: Vec<FindingView>,
    satisfied: Vec<FindingView>,
    files: Vec<(String, String, String)>,
    entries: Vec<EntryView>,
    steps: Vec<StepView>,
    more: Vec<StepView>,
    version: i64,
}

/// The page.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let id: CaseId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "case.read");
    if !app.store.read(|db| covers_case(db, user, scope, id))? {
        return Err(Failure::NotFound);
    }
    let (version, state) = data::case(app, user.institution, id)?;
    let case = data::as_case(&state)?;
    let deals = deals_of(app, user, id)?;
    let focus = focus(req, &deals);
    let deal = focus.and_then(|at| deals.get(at));
    let build = Build {
        app,
        req,
        user,
        institution: &institution,
        id,
        case,
        today: app.store.today(),
    };
    let page = build.page(version, &deals, deal)?;
    Answer::html(&page)
}

type LoadedDeal = (DealId, std::sync::Arc<State>);

fn deals_of(app: &App, user: &User, case: CaseId) -> Result<Vec<LoadedDeal>, Failure> {
    let rows = app.store.read(|db| {
        db.rows(
            "SELECT d.deal, v.number FROM deal_case d JOIN deal_view v ON v.institution = d.institution AND v.id = d.deal WHERE d.institution = $1 AND d.case_id = $2 ORDER BY v.number DESC",
            &[text(user.institution), text(case)],
        )
    })?;
    let mut deals = Vec::new();
    for row in rows {
        if let Ok(id) = row.text(0).parse::<DealId>() {
            let (_, state) = data::deal(app, user.institution, id)?;
            deals.push((id, state));
        }
    }
    Ok(deals)
}

/// The deal that the page follows: the one asked for, else the newest that lives.
fn focus(req: &Req, deals: &[LoadedDeal]) -> Option<usize> {
    let asked = req.query("deal");
    let by_id = deals.iter().position(|(id, _)| id.to_string() == asked);
    let living = || {
        deals.iter().position(|(_, state)| {
            matches!(state.as_ref(), State::Deal(deal) if deal.closing.ended.is_none())
        })
    };
    by_id
        .or_else(living)
        .or(if deals.is_empty() { None } else { Some(0) })
}

struct Build<'a> {
    app: &'a App,
    req: &'a Req,
    user: &'a User,
    institution: &'a Institution,
    id: CaseId,
    case: &'a Case,
    today: Date,
}

impl Build<'_> {
    fn t(&self, zh: &str, en: &str) -> String {
        self.req.t(zh, en).to_owned()
    }

    fn text(&self, text: &Text) -> String {
        text.get(self.req.lang).to_owned()
    }

    fn page(
        &self,
        version: i64,
        deals: &[LoadedDeal],
        focus: Option<&LoadedDeal>,
    ) -> Result<CasePage, Failure> {
        let deal = focus.and_then(|(_, state)| data::as_deal(state).ok());
        let rail = match deal {
            Some(deal) => deal_rail(self.case, deal, self.institution, self.today),
            None => case_rail(self.case),
        };
        let findings = self.findings(deal);
        let names = self.names(deals)?;
        let entries = self.timeline(focus.map(|(id, _)| *id), &names)?;
        let disclosure = &self.case.disclosure;
        let details = disclosure.details.as_ref();
        let (badge, tone) = self.badge(deal, &rail);
        let pick = |severity: Severity| -> Vec<FindingView> {
            findings
                .iter()
                .filter(|f| f.severity == severity)
                .map(|f| self.finding(f))
                .collect()
        };
        let now = rail
            .iter()
            .position(|s| matches!(s.progress, Progress::Now(_)));
        let (steps, more) = self.steps(focus.map(|(id, _)| *id), deal);
        Ok(CasePage {
            p: Page::new(self.app, self.req)?,
            id: self.id.to_string(),
            number: disclosure.number.clone(),
            title: disclosure.title().to_owned(),
            badge,
            tone,
            manager: disclosure
                .manager
                .and_then(|id| names.get(&id).cloned())
                .unwrap_or_default(),
            manager_since: disclosure
                .manager_since
                .map_or_else(String::new, |day| short_date(day, self.today)),
            next_due: self.next_due(deal),
            history: self.case.history.is_some(),
            rail_now: now
                .and_then(|at| rail.get(at))
                .map_or_else(String::new, |s| self.text(&s.stop.label())),
            rail_place: now.map_or(rail.len(), |at| at + 1),
            rail: rail.iter().map(|step| self.rail_step(step)).collect(),
            lock: deal.and_then(|deal| self.lock(deal)),
            terms: deal.map_or_else(Vec::new, |deal| self.terms(deal)),
            schedule: deal.map_or_else(Vec::new, |deal| self.schedule(deal)),
            terms_aside: deal.map_or_else(String::new, |deal| self.terms_aside(deal)),
            facts: self.facts(),
            nearest: details.map_or_else(Vec::new, |it| {
                it.nearest
                    .iter()
                    .map(|w| (self.text(&w.kind.label()), w.text.clone()))
                    .collect()
            }),
            novelty: details.map_or_else(String::new, |it| it.novelty.clone()),
            people: self.people(&names),
            people_aside: self.people_aside(),
            rights: self.rights(),
            deals: self.deals(deals, focus.map(|(id, _)| *id)),
            receipts: match (focus, deal) {
                (Some((id, _)), Some(deal)) => self.receipts(*id, deal),
                _ => Vec::new(),
            },
            refused: pick(Severity::Refused),
            missing: pick(Severity::Warning),
            satisfied: pick(Severity::Info),
            files: files_of(&entries),
            entries,
            steps,
            more,
            version,
        })
    }

    fn names(&self, deals: &[LoadedDeal]) -> Result<HashMap<PersonId, String>, Failure> {
        let mut people: Vec<PersonId> = self
            .case
            .disclosure
            .contributors()
            .iter()
            .map(|c| c.person)
            .collect();
        people.extend(self.case.disclosure.manager);
        let _ = deals;
        Ok(self
            .app
            .store
            .read(|db| data::names(db, self.user.institution, people))?)
    }

    fn badge(&self, deal: Option<&Deal>, rail: &[RailStep]) -> (String, &'static str) {
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

    fn next_due(&self, deal: Option<&Deal>) -> String {
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

    fn rail_step(&self, step: &RailStep) -> RailView {
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

    fn findings(&self, deal: Option<&Deal>) -> Vec<Finding> {
        let mut found = whole::case_findings(self.case, self.today);
        if let Some(deal) = deal
            && deal.closing.ended.is_none()
        {
            let cases = [(self.id, self.case)];
            for finding in whole::deal_findings(deal, &cases, self.institution, self.today) {
                if !found.iter().any(|known| known.code == finding.code) {
                    found.push(finding);
                }
            }
        }
        found.sort_by_key(|finding| finding.severity);
        found
    }

    fn finding(&self, finding: &Finding) -> FindingView {
        FindingView {
            what: self.text(&finding.message),
            article: finding
                .citation
                .as_ref()
                .map_or_else(String::new, |it| it.get(self.req.lang).to_owned()),
            verified: finding.citation.as_ref().is_none_or(|it| it.verified),
        }
    }

    fn lock(&self, deal: &Deal) -> Option<LockView> {
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
        let title = if open {
            self.t(
                "公示已满，可以签合同",
                "The notice has ended; the contract may be signed",
            )
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

    fn fact(&self, zh: &str, en: &str, value: impl Into<String>) -> Fact {
        Fact {
            label: self.t(zh, en),
            value: value.into(),
            span: false,
        }
    }

    fn terms(&self, deal: &Deal) -> Vec<Fact> {
        let Some((_, opened)) = &deal.matching.opened else {
            return Vec::new();
        };
        let party = deal.agreement.party().unwrap_or(&opened.party);
        let nature = format!("{}（{}）", party.name, self.text(&party.kind.label()));
        let Some(terms) = deal.terms() else {
            return vec![
                self.fact("方式", "Mode", self.text(&opened.mode.label())),
                self.fact("对方", "Other side", nature),
            ];
        };
        let mut mode = vec![self.text(&terms.mode.label())];
        mode.extend(terms.licence.map(|it| self.text(&it.label())));
        mode.extend(Some(terms.territory.clone()).filter(|it| !it.is_empty()));
        mode.extend(terms.term_years.map(|years| match self.req.lang {
            Lang::Zh => format!("{years}年"),
            Lang::En => format!("{years} years"),
        }));
        let mut price = Vec::new();
        if terms.price.is_positive() {
            price.push(format!("¥{}", terms.price));
        }
        if let Some(royalty) = terms.royalty {
            let base = &terms.royalty_base;
            let part = royalty.to_percent_text();
            price.push(match self.req.lang {
                Lang::Zh => format!("另按{base}提成 {part}"),
                Lang::En => format!("plus {part} of {base}"),
            });
        }
        if let Some(equity) = &terms.equity {
            let (part, value) = (equity.holding.to_percent_text(), equity.valued);
            price.push(match self.req.lang {
                Lang::Zh => format!("作价 ¥{value}，持股 {part}"),
                Lang::En => format!("valued ¥{value} for {part}"),
            });
        }
        let comma = self.req.t("，", ", ");
        let mut facts = vec![
            self.fact("方式", "Mode", mode.join(comma)),
            self.fact("对方", "Other side", nature),
            Fact {
                span: true,
                ..self.fact("价格", "Price", price.join(comma))
            },
            self.fact("定价方式", "Price route", self.text(&terms.pricing.label())),
        ];
        if let Some(decision) = deal.negotiation.current_decision() {
            facts.push(self.fact(
                "资产评估",
                "Appraisal",
                self.text(&decision.appraisal.label()),
            ));
            facts.push(self.fact(
                "决策",
                "Decision",
                format!("{} {}", decision.meeting, decision.held),
            ));
        }
        if let Some((_, signed)) = &deal.agreement.signed {
            facts.push(self.fact(
                "合同",
                "Contract",
                format!("{} {}", signed.contract_no, signed.signed),
            ));
        }
        if let Some(registered) = &deal.agreement.registered {
            facts.push(self.fact("认定登记", "Registration", registered.register_no.clone()));
        }
        facts
    }

    fn schedule(&self, deal: &Deal) -> Vec<(String, Money, String)> {
        let Some(terms) = deal.terms() else {
            return Vec::new();
        };
        terms
            .schedule
            .iter()
            .map(|it| {
                let due = it.due.map_or_else(String::new, |day| day.to_string());
                (it.label.clone(), it.amount, due)
            })
            .collect()
    }

    fn terms_aside(&self, deal: &Deal) -> String {
        let Some((on, agreed)) = &deal.negotiation.terms else {
            return self.t("还没有条款", "no terms yet");
        };
        let version = agreed.version;
        match self.req.lang {
            Lang::Zh => format!("条款第{version}版，{on} 双方确认"),
            Lang::En => format!("Terms v{version}, agreed {on}"),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let Some(details) = &self.case.disclosure.details else {
            return Vec::new();
        };
        let unit = details
            .unit
            .and_then(|id| self.institution.units.get(&id))
            .map(|(zh, en)| {
                if en.is_empty() {
                    zh.clone()
                } else {
                    self.t(zh, en)
                }
            });
        let funding: Vec<String> = details
            .funding
            .iter()
            .map(|it| self.text(&it.label()))
            .collect();
        let mut facts = vec![self.fact("类型", "Kind", self.text(&details.kind.label()))];
        facts.extend(unit.map(|unit| self.fact("单位", "Unit", unit)));
        if !funding.is_empty() {
            let joined = funding.join(self.req.t("、", ", "));
            facts.push(self.fact("经费来源", "Funding", joined));
        }
        if self.case.history.is_none() {
            let mut public = self.text(&details.disclosed.label());
            if let Some(day) = details.disclosed_on {
                public = format!("{public} {day}");
            }
            facts.push(self.fact("公开情况", "Publication", public));
        }
        if let Some((_, it)) = &self.case.assessment.concluded {
            facts.push(self.fact("评估结论", "Assessment", self.text(&it.conclusion.label())));
            let level = it.readiness;
            facts.push(self.fact(
                "就绪度",
                "Readiness",
                match self.req.lang {
                    Lang::Zh => format!("第{level}级，共13级"),
                    Lang::En => format!("level {level} of 13"),
                },
            ));
        }
        if let Some((day, note)) = self.case.valuation.notes.last() {
            let value = format!("¥{} – ¥{} ({day})", note.low, note.high);
            facts.push(self.fact("价值评价", "Valuation", value));
        }
        facts
    }

    fn people(&self, names: &HashMap<PersonId, String>) -> Vec<PersonView> {
        let disclosure = &self.case.disclosure;
        disclosure
            .contributors()
            .iter()
            .map(|it| {
                let name = names.get(&it.person).cloned().unwrap_or_default();
                let (state, tone) = match disclosure.says.get(&it.person) {
                    Some(Say::Confirmed(_)) => (self.t("已确认", "confirmed"), "pine"),
                    Some(Say::Objected { .. }) => (self.t("有异议", "objects"), "seal"),
                    None => (self.t("待确认", "pending"), "ochre"),
                };
                PersonView {
                    initial: initial(&name),
                    name,
                    role: it.role.clone(),
                    share: if it.share.is_zero() {
                        self.t("未填", "not given")
                    } else {
                        it.share.to_percent_text()
                    },
                    state,
                    tone,
                    me: it.person == self.user.person,
                }
            })
            .collect()
    }

    fn people_aside(&self) -> String {
        let all = self.case.disclosure.contributors().len();
        let done = all - self.case.disclosure.unconfirmed().count();
        match self.req.lang {
            Lang::Zh => format!("{all}人中{done}人已确认"),
            Lang::En => format!("{done} of {all} confirmed"),
        }
    }

    fn rights(&self) -> Vec<RightView> {
        use dukou_chain::protection::RightStatus;
        self.case
            .protection
            .rights
            .values()
            .map(|right| {
                let status = right.status();
                RightView {
                    number: right.recorded.number.clone(),
                    kind: self.text(&right.recorded.kind.label()),
                    filed: right.recorded.filed.to_string(),
                    state: self.text(&status.label()),
                    tone: match status {
                        RightStatus::Granted | RightStatus::Held => "pine",
                        RightStatus::Filed => "water",
                        RightStatus::Ended => "grey",
                    },
                }
            })
            .collect()
    }

    fn deals(&self, deals: &[LoadedDeal], focus: Option<DealId>) -> Vec<DealView> {
        deals
            .iter()
            .filter_map(|(id, state)| {
                let deal = data::as_deal(state).ok()?;
                let (_, opened) = deal.matching.opened.as_ref()?;
                let ended = deal.closing.ended.as_ref();
                let (stop, tone) = match ended {
                    Some((_, it)) => (self.text(&it.outcome.label()), "grey"),
                    None => (self.text(&whole::deal_stop(deal).label()), "water"),
                };
                Some(DealView {
                    id: id.to_string(),
                    number: opened.number.clone(),
                    party: deal.agreement.party().unwrap_or(&opened.party).name.clone(),
                    mode: self.text(&deal.terms().map_or(opened.mode, |it| it.mode).label()),
                    stop,
                    tone,
                    current: focus == Some(*id),
                })
            })
            .collect()
    }

    fn receipts(&self, id: DealId, deal: &Deal) -> Vec<ReceiptView> {
        deal.income
            .order
            .iter()
            .filter_map(|receipt_id| deal.income.receipts.get(receipt_id))
            .map(|receipt| {
                let rid = receipt.received.receipt;
                let standing = if receipt.reversed {
                    "reversed"
                } else if receipt.history {
                    "history"
                } else {
                    deal.distribution.standing_of(rid)
                };
                let (state, tone) = receipt_state(standing, self.req.lang);
                ReceiptView {
                    day: receipt.received.received.to_string(),
                    amount: receipt.received.amount,
                    payer: receipt.received.payer.clone(),
                    state,
                    tone,
                    split: if receipt.history || receipt.reversed {
                        String::new()
                    } else {
                        format!("/deals/{id}/split/{rid}")
                    },
                }
            })
            .collect()
    }

    fn timeline(
        &self,
        deal: Option<DealId>,
        names: &HashMap<PersonId, String>,
    ) -> Result<Vec<EntryView>, Failure> {
        let store = &self.app.store;
        let mut list = store.entries(self.user.institution, StreamId::Case(self.id))?;
        if let Some(deal) = deal {
            list.extend(store.entries(self.user.institution, StreamId::Deal(deal))?);
        }
        list.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.meta.seq));
        let actors: Vec<PersonId> = list
            .iter()
            .flat_map(|(entry, _)| [entry.meta.actor.person(), entry.meta.on_behalf])
            .flatten()
            .filter(|id| !names.contains_key(id))
            .collect();
        let mut all = names.clone();
        all.extend(store.read(|db| data::names(db, self.user.institution, actors))?);
        Ok(list
            .iter()
            .enumerate()
            .map(|(place, (entry, hash))| self.entry(entry, hash, &all, place == 0))
            .collect())
    }

    fn entry(
        &self,
        entry: &Entry,
        hash: &[u8],
        names: &HashMap<PersonId, String>,
        newest: bool,
    ) -> EntryView {
        let meta = &entry.meta;
        let mut who = match meta.actor.person() {
            Some(id) => names.get(&id).cloned().unwrap_or_default(),
            None => self.t("系统", "System"),
        };
        let first = initial(&who);
        if let Some(for_whom) = meta.on_behalf.and_then(|id| names.get(&id)) {
            who = match self.req.lang {
                Lang::Zh => format!("{who}（代{for_whom}）"),
                Lang::En => format!("{who} (for {for_whom})"),
            };
        }
        let told = tell(entry, self.req.lang);
        EntryView {
            at: moment(meta.at_ms),
            who,
            initial: first,
            act: told.act,
            detail: told.detail,
            article: told.article,
            files: told.files,
            seq: meta.seq,
            hash: short_hash(hash),
            refused: told.refused,
            newest,
            corrects: meta
                .corrects
                .map_or_else(String::new, |seq| seq.to_string()),
            clock: meta.clock.clone().unwrap_or_default(),
        }
    }

    /// The steps this reader may take now, and the others that stand open.
    fn steps(
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
        if let Some(id) = deal_id {
            for command in DEAL_STEPS {
                if command.starts_with("closing.") {
                    continue;
                }
                let href = format!("/deals/{id}/do/{command}");
                self.offer(command, href, &wanted, &mut steps, &mut more);
            }
            let may = |action: &str| {
                authorise(Some(self.institution), Some(self.user), action) != Scope::None
            };
            if may("deal.end") {
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

    fn offer(
        &self,
        command: &str,
        href: String,
        wanted: &[String],
        steps: &mut Vec<StepView>,
        more: &mut Vec<StepView>,
    ) {
        let action = Command::action_on(command, href.starts_with("/deals/"));
        if authorise(Some(self.institution), Some(self.user), action) == Scope::None {
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
    fn lock_steps(&self, deal: &Deal, steps: &mut Vec<StepView>) {
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
