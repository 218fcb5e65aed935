//! 分配 — one receipt divided to the person, every fen explained.

mod api;
mod sheet;
mod trace;
mod views;

use std::collections::BTreeMap;

use askama::Template;
use dukou_chain::distribution::{Divided, Division, Split, Standing};
use dukou_chain::institution::Institution;
use dukou_chain::people::Scope;
use dukou_chain::whole::{Command, Deal};
use dukou_journal::Actor;
use dukou_kernel::{DealId, Finding, Lang, Money, PersonId, ReceiptId, Severity, Text};
use dukou_ledger::trace::{Line, Operation};
use dukou_store::{Envelope, Rejected};
use trace::{Reader, Told};
use views::{Award, Cost, Payment, PoolView};

pub(crate) use api::divided;
pub use api::show as api_show;

use crate::app::App;
use crate::authorise::{authorise, covers_deal};
use crate::data;
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;

/// A button.
pub struct Act {
    /// Where.
    pub href: String,
    /// Verb.
    pub label: String,
    /// The next step.
    pub primary: bool,
}

#[derive(Template)]
#[template(path = "split.html")]
struct SplitPage {
    p: Page,
    deal: String,
    case: String,
    number: String,
    party: String,
    received: String,
    amount: Money,
    state: String,
    tone: &'static str,
    gross: Money,
    net: Money,
    costs: Vec<Cost>,
    pools: Vec<PoolView>,
    total: Money,
    awards: Vec<Award>,
    awarded: Money,
    lines: Vec<Told>,
    minima: Vec<(Told, bool)>,
    back: Vec<(String, Vec<Told>)>,
    excel: String,
    findings: Vec<(String, String, &'static str)>,
    refusals: Vec<(String, String)>,
    preview: bool,
    computed: bool,
    acts: Vec<Act>,
    /// The day the entry was posted; empty before approval.
    posted: String,
    payments: Vec<Payment>,
    rejected: String,
    voucher: Vec<(String, String, Option<Money>, Option<Money>)>,
}

/// What one reader sees of a receipt's division.
struct Seen {
    /// The division, or what it would be.
    divided: Divided,
    /// What refunds took back of it afterwards: day, and how.
    back: Vec<(String, Divided)>,
    /// True before it is proposed.
    preview: bool,
    /// Why it cannot be divided now: message and article.
    refusals: Vec<(String, String)>,
    /// The one person whose own money the reader may see.
    mine: Option<PersonId>,
}

/// Finds the receipt of the address, for whoever may see it, and shows it.
fn see<T>(
    app: &App,
    req: &Req,
    show: impl FnOnce(&Institution, DealId, &Deal, ReceiptId, Seen) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let id: DealId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    let receipt: ReceiptId = req
        .param("receipt")
        .parse()
        .map_err(|_| Failure::NotFound)?;
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "money.read");
    if !app.store.read(|db| covers_deal(db, user, scope, id))? {
        return Err(Failure::NotFound);
    }
    let (_, state) = data::deal(app, user.institution, id)?;
    let deal = data::as_deal(&state)?;
    if !deal.income.receipts.contains_key(&receipt) {
        return Err(Failure::NotFound);
    }
    let (divided, preview, refusals) = divided_of(app, req, deal, id, receipt)?;
    let division = deal.distribution.divisions.get(&receipt);
    let refunds = deal.income.receipts.get(&receipt);
    let paid_on = |refund: ReceiptId| {
        let all = refunds.iter().flat_map(|it| &it.refunds);
        let mut found = all.filter(|it| it.refund == refund);
        found
            .next()
            .map_or_else(String::new, |it| it.paid.to_string())
    };
    let back = division.iter().flat_map(|it| &it.clawed_back);
    let back = back.map(|it| (paid_on(it.refund), it.into())).collect();
    let seen = Seen {
        divided,
        back,
        preview,
        refusals,
        mine: (scope == Scope::Own).then_some(user.person),
    };
    show(&institution, id, deal, receipt, seen)
}

/// Names of everybody who gets something of the receipt, or was paid for somebody.
fn names(
    app: &App,
    req: &Req,
    divided: &Divided,
    division: Option<&Division>,
) -> Result<BTreeMap<PersonId, String>, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let mut people = everybody(&divided.split);
    people.extend(division.iter().flat_map(|it| &it.paid).map(|it| it.to));
    let names = app
        .store
        .read(|db| data::names(db, user.institution, people))?;
    Ok(names.into_iter().collect())
}

/// The page of one receipt's distribution; before it is proposed, a preview
/// computed by the very command, rolled back.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    see(app, req, |institution, id, deal, receipt, seen| {
        let division = deal.distribution.divisions.get(&receipt);
        let names = names(app, req, &seen.divided, division.map(AsRef::as_ref))?;
        let reader = Reader {
            lang: req.lang,
            mine: seen.mine,
            names: &names,
        };
        let page = page(app, req, institution, (id, deal, receipt), seen, &reader)?;
        Answer::html(&page)
    })
}

/// The explanation as a sheet.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn export(app: &App, req: &Req) -> Result<Answer, Failure> {
    see(app, req, |_, _, deal, _, seen| {
        let names = names(app, req, &seen.divided, None)?;
        let reader = Reader {
            lang: req.lang,
            mine: seen.mine,
            names: &names,
        };
        let back = seen.back.into_iter().map(|(_, it)| it);
        let parts: Vec<Divided> = std::iter::once(seen.divided).chain(back).collect();
        sheet::workbook(&reader, deal.number(), &parts)
    })
}

fn page(
    app: &App,
    req: &Req,
    institution: &Institution,
    (id, deal, receipt): (DealId, &Deal, ReceiptId),
    seen: Seen,
    reader: &Reader<'_>,
) -> Result<SplitPage, Failure> {
    let user = req.user.as_ref();
    let may = |action: &str| authorise(Some(institution), user, action) != Scope::None;
    let entered = deal.income.receipts.get(&receipt);
    let entered = entered.ok_or(Failure::NotFound)?;
    let Seen {
        divided,
        back,
        preview,
        refusals,
        ..
    } = seen;
    let split = &divided.split;
    let division = deal.distribution.divisions.get(&receipt).map(AsRef::as_ref);
    let pay = |person: PersonId| {
        (may("distribution.pay") && !preview)
            .then(|| format!("/deals/{id}/do/distribution.pay?receipt={receipt}&person={person}"))
    };
    let awards = views::awards(&divided, division, reader, &pay);
    let standing = deal.distribution.standing_of(receipt);
    let (state, tone) = super::case::receipt_state(standing, req.lang);
    let told = |lines: &[Line]| reader.readable(lines).map(|it| reader.told(it)).collect();
    let minima = reader.readable(&divided.lines);
    let minima = minima.filter(|it| it.operation == Operation::Compare);
    let case = deal.cases().first();
    Ok(SplitPage {
        p: Page::new(app, req)?,
        deal: id.to_string(),
        case: case.map_or_else(String::new, ToString::to_string),
        number: deal.number().to_owned(),
        party: deal
            .agreement
            .party()
            .map_or_else(String::new, |it| it.name.clone()),
        received: entered.received.received.to_string(),
        amount: entered.received.amount,
        state,
        tone,
        gross: split.gross,
        net: split.net,
        costs: views::costs(&divided, reader),
        pools: views::pools(&divided, req.lang),
        total: Money::sum(split.pools.iter().map(|(_, it)| *it)).unwrap_or_default(),
        awarded: Money::sum(awards.iter().map(|it| it.amount)).unwrap_or_default(),
        awards,
        minima: minima
            .map(|it| (reader.told(it), views::holds(it)))
            .collect(),
        lines: told(&divided.lines),
        back: back
            .iter()
            .map(|(day, it)| (day.clone(), told(&it.lines)))
            .collect(),
        excel: format!("/deals/{id}/split/{receipt}/trace.xlsx"),
        findings: divided
            .findings
            .iter()
            .map(|it| finding(it, req.lang))
            .collect(),
        refusals,
        preview,
        computed: split.gross != Money::ZERO || !split.pools.is_empty(),
        acts: acts(req, deal, id, receipt, &may),
        posted: division
            .and_then(|it| it.approved.as_ref())
            .map_or_else(String::new, |(day, _)| day.to_string()),
        payments: division.map_or_else(Vec::new, |it| {
            views::payments(it, institution, reader, app.store.today())
        }),
        rejected: division
            .and_then(|it| it.rejected.clone())
            .unwrap_or_default(),
        voucher: voucher(split, req.lang),
    })
}

/// Everybody who gets something, in order.
fn everybody(split: &Split) -> Vec<PersonId> {
    let mut people: Vec<PersonId> = split.people.iter().map(|(id, _)| *id).collect();
    for (id, _) in &split.returned {
        if !people.contains(id) {
            people.push(*id);
        }
    }
    people
}

type Refusals = Vec<(String, String)>;

fn divided_of(
    app: &App,
    req: &Req,
    deal: &Deal,
    id: DealId,
    receipt: ReceiptId,
) -> Result<(Divided, bool, Refusals), Failure> {
    let division = deal.distribution.divisions.get(&receipt);
    if let Some(divided) = division.and_then(|it| it.divided()) {
        return Ok((divided, false, Vec::new()));
    }
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let command =
        Command::Distribution(id, dukou_chain::distribution::Command::Propose { receipt });
    let envelope = Envelope::new(user.institution, Actor::Person(user.person), command);
    match app.store.dry_run(vec![envelope]) {
        Ok(done) => {
            let mut events = done.into_iter().flat_map(|it| it.events);
            let divided = events.find_map(|event| match event {
                dukou_chain::whole::Event::Distribution(
                    dukou_chain::distribution::Event::Proposed(it),
                ) => Some(Divided::from(&it)),
                _ => None,
            });
            Ok((divided.unwrap_or_default(), true, Vec::new()))
        }
        Err((_, Rejected::Refused(refusal))) => {
            let why = refusal
                .findings
                .iter()
                .map(|it| {
                    let article = it.citation.as_ref().map_or("", |c| c.get(req.lang));
                    (it.message.get(req.lang).to_owned(), article.to_owned())
                })
                .collect();
            Ok((Divided::default(), true, why))
        }
        Err((_, other)) => Err(other.into()),
    }
}

fn finding(it: &Finding, lang: Lang) -> (String, String, &'static str) {
    let article = it
        .citation
        .as_ref()
        .map_or_else(String::new, |c| c.get(lang).to_owned());
    let kind = match it.severity {
        Severity::Refused => "refused",
        Severity::Warning => "missing",
        Severity::Info => "satisfied",
    };
    (it.message.get(lang).to_owned(), article, kind)
}

/// The name of a pool, for people.
pub fn pool_name(name: &str, lang: Lang) -> String {
    let text = match name {
        "team" => Text::new("完成人团队", "Contributors"),
        "college" => Text::new("学院", "College"),
        "university" => Text::new("学校", "University"),
        "office" => Text::new("技术转移中心", "Transfer office"),
        other => Text::new(other, other),
    };
    text.get(lang).to_owned()
}

fn acts(
    req: &Req,
    deal: &Deal,
    id: DealId,
    receipt: ReceiptId,
    may: &dyn Fn(&str) -> bool,
) -> Vec<Act> {
    let division = deal.distribution.divisions.get(&receipt);
    let standing = division.map_or(Standing::Undivided, |it| it.standing());
    let reward = division.and_then(|it| it.reward.as_ref());
    let files = division.is_some_and(|it| !it.unfiled().is_empty());
    let commands: &[&str] = match (standing, reward) {
        (Standing::Undivided, _) => &["distribution.propose", "income.reverse"],
        (Standing::Proposed, _) => &["distribution.reject", "distribution.approve"],
        (Standing::Approved, None) => &["distribution.post_reward", "distribution.pay"],
        (Standing::Approved, Some(it)) if it.closed.is_none() => &["distribution.close_reward"],
        (Standing::Approved, Some(_)) => &["distribution.pay"],
        (Standing::Paid, _) => &["income.refund"],
    };
    let filing: &[&str] = if files {
        &["distribution.file_relief"]
    } else {
        &[]
    };
    let mut acts: Vec<Act> = filing
        .iter()
        .chain(commands)
        .filter(|command| may(command))
        .filter_map(|command| {
            let spec = crate::forms::spec(command, &crate::forms::Offer::default())?;
            Some(Act {
                href: format!("/deals/{id}/do/{command}?receipt={receipt}"),
                label: spec.verb.get(req.lang).to_owned(),
                primary: !matches!(
                    *command,
                    "income.reverse" | "income.refund" | "distribution.reject"
                ),
            })
        })
        .collect();
    let first = acts.iter().position(|it| it.primary);
    for (place, act) in acts.iter_mut().enumerate() {
        act.primary = Some(place) == first;
    }
    acts.sort_by_key(|act| act.primary);
    acts
}

/// The entry to post: what is debited, what is credited.
fn voucher(split: &Split, lang: Lang) -> Vec<(String, String, Option<Money>, Option<Money>)> {
    let mut lines = vec![(
        lang.pick("转化收入待分配", "Income held for distribution")
            .to_owned(),
        String::new(),
        Some(split.gross),
        None,
    )];
    let mut credit = |zh: &str, en: &str, note: String, amount: Money| {
        if amount != Money::ZERO {
            lines.push((lang.pick(zh, en).to_owned(), note, None, Some(amount)));
        }
    };
    credit(
        "应返成本",
        "Costs recovered",
        String::new(),
        split.recovered,
    );
    let returned = Money::sum(split.returned.iter().map(|(_, it)| *it)).unwrap_or_default();
    credit(
        "应付个人：垫付加倍返还",
        "Payable to persons: double return",
        String::new(),
        returned,
    );
    let people = Money::sum(split.people.iter().map(|(_, it)| *it)).unwrap_or_default();
    let count = split.people.len();
    let note = match lang {
        Lang::Zh => format!("{count}人"),
        Lang::En => format!("{count} person(s)"),
    };
    credit(
        "应付个人：现金奖励",
        "Payable to persons: cash reward",
        note,
        people,
    );
    for (name, amount) in split.pools.iter().filter(|(name, _)| name != "team") {
        lines.push((pool_name(name, lang), String::new(), None, Some(*amount)));
    }
    lines
}
