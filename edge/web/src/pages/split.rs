//! 分配 — one receipt divided to the person, every fen explained.

use askama::Template;
use dukou_chain::distribution::{Split, Standing};
use dukou_chain::people::Scope;
use dukou_chain::whole::{Command, Deal};
use dukou_journal::Actor;
use dukou_kernel::{DealId, Finding, Lang, Money, PersonId, ReceiptId, Severity, Text};
use dukou_store::{Envelope, Rejected};
use serde_json::{Value, json};

use super::initial;
use crate::api;
use crate::app::App;
use crate::authorise::{authorise, covers_deal};
use crate::data;
use crate::failure::Failure;
use crate::page::{Answer, Page};
use crate::request::Req;

/// One line of the arithmetic.
pub struct Line {
    /// What.
    pub text: String,
    /// Article.
    pub article: String,
    /// From what.
    pub formula: String,
    /// Result.
    pub result: String,
}

/// One pool.
pub struct PoolView {
    /// Name.
    pub name: String,
    /// Amount.
    pub amount: Money,
    /// Part of the net, in per cent with two decimals.
    pub part: String,
    /// Fill of the bar.
    pub fill: usize,
    /// Place and width in the bar, in thousandths.
    pub x: i64,
    /// Width.
    pub width: i64,
}

/// One person.
pub struct Award {
    /// Name.
    pub name: String,
    /// First character.
    pub initial: String,
    /// Share of the team.
    pub amount: Money,
    /// Double return of own costs.
    pub returned: Money,
    /// Paid so far.
    pub paid: Money,
    /// Still owed.
    pub owed: Money,
    /// Where to pay.
    pub pay: String,
}

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
    net: Money,
    recovered: Money,
    returned: Money,
    pools: Vec<PoolView>,
    total: Money,
    awards: Vec<Award>,
    awarded: Money,
    lines: Vec<Line>,
    findings: Vec<(String, String, &'static str)>,
    refusals: Vec<(String, String)>,
    preview: bool,
    computed: bool,
    acts: Vec<Act>,
    rejected: String,
    voucher: Vec<(String, String, Option<Money>, Option<Money>)>,
}

/// The page of one receipt's distribution; before it is proposed, a preview
/// computed by the very command, rolled back.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let id: DealId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    let receipt_id: ReceiptId = req
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
    let receipt = deal
        .income
        .receipts
        .get(&receipt_id)
        .ok_or(Failure::NotFound)?;
    let (split, preview, refusals) = split_of(app, req, deal, id, receipt_id)?;
    let mut awards = awards(app, req, deal, receipt_id, &split)?;
    if scope == Scope::Own {
        awards.retain(|(person, _)| *person == user.person);
    }
    let names: Vec<(String, String)> = awards
        .iter()
        .map(|(id, award)| (id.to_string(), award.name.clone()))
        .collect();
    let standing = deal.distribution.standing_of(receipt_id);
    let (label, tone) = super::case::receipt_state(standing, req.lang);
    let may = |action: &str| authorise(Some(&institution), Some(user), action) != Scope::None;
    if !may("distribution.pay") {
        awards.iter_mut().for_each(|(_, award)| award.pay.clear());
    }
    let awards: Vec<Award> = awards.into_iter().map(|(_, award)| award).collect();
    let case = deal
        .cases()
        .first()
        .map_or_else(String::new, ToString::to_string);
    let total = Money::sum(split.pools.iter().map(|(_, it)| *it)).unwrap_or_default();
    let page = SplitPage {
        p: Page::new(app, req)?,
        deal: id.to_string(),
        case,
        number: deal.number().to_owned(),
        party: deal
            .agreement
            .party()
            .map_or_else(String::new, |it| it.name.clone()),
        received: receipt.received.received.to_string(),
        amount: receipt.received.amount,
        state: label,
        tone,
        net: split.net,
        recovered: split.recovered,
        returned: Money::sum(split.returned.iter().map(|(_, it)| *it)).unwrap_or_default(),
        pools: pools(&split, req.lang),
        total,
        awarded: Money::sum(awards.iter().map(|it| it.amount)).unwrap_or_default(),
        awards,
        lines: lines(&split, &names, req.lang),
        findings: split
            .findings
            .iter()
            .map(|it| finding(it, req.lang))
            .collect(),
        refusals,
        preview,
        computed: split.gross != Money::ZERO || !split.pools.is_empty(),
        acts: acts(req, deal, id, receipt_id, &may),
        rejected: deal
            .distribution
            .divisions
            .get(&receipt_id)
            .and_then(|it| it.rejected.clone())
            .unwrap_or_default(),
        voucher: voucher(&split, req.lang),
    };
    Answer::html(&page)
}

/// One receipt for programs: how it is divided, to whom, by which arithmetic, and
/// what was paid. Who sees only their own money sees only their own award.
///
/// # Errors
/// Not found, or the database cannot be read.
pub fn api_show(app: &App, req: &Req) -> Result<Answer, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let receipt_id: ReceiptId = req.param("id").parse().map_err(|_| Failure::NotFound)?;
    let row = app.store.read(|db| {
        db.row(
            "SELECT deal FROM receipt_view WHERE institution = $1 AND id = $2",
            &[data::text(user.institution), data::text(receipt_id)],
        )
    })?;
    let id = row.and_then(|it| it.text(0).parse().ok());
    let id: DealId = id.ok_or(Failure::NotFound)?;
    let institution = data::institution(app, user.institution)?;
    let scope = authorise(Some(&institution), Some(user), "money.read");
    if !app.store.read(|db| covers_deal(db, user, scope, id))? {
        return Err(Failure::NotFound);
    }
    let (version, state) = data::deal(app, user.institution, id)?;
    let deal = data::as_deal(&state)?;
    let receipts = &deal.income.receipts;
    let receipt = receipts.get(&receipt_id).ok_or(Failure::NotFound)?;
    let (split, preview, refusals) = split_of(app, req, deal, id, receipt_id)?;
    let mine = (scope == Scope::Own).then_some(user.person);
    let mut body = divided(&split, deal, receipt_id, mine, req.lang);
    if let Some(map) = body.as_object_mut() {
        map.insert("id".to_owned(), json!(receipt_id));
        map.insert("deal".to_owned(), json!(id));
        map.insert("deal_version".to_owned(), json!(version));
        map.insert("received".to_owned(), json!(receipt.received));
        map.insert("refunds".to_owned(), json!(receipt.refunds));
        map.insert("reversed".to_owned(), json!(receipt.reversed));
        map.insert("history".to_owned(), json!(receipt.history));
        map.insert("preview".to_owned(), json!(preview));
        let refusals: Vec<Value> = refusals
            .into_iter()
            .map(|(message, article)| json!({"message": message, "article": article}))
            .collect();
        map.insert("refusals".to_owned(), json!(refusals));
    }
    api::resource(req, &body)
}

/// A division as programs read it; for one person alone when `mine` names them.
pub(crate) fn divided(
    split: &Split,
    deal: &Deal,
    receipt: ReceiptId,
    mine: Option<PersonId>,
    lang: Lang,
) -> Value {
    let division = deal.distribution.divisions.get(&receipt);
    let visible = |person: PersonId| mine.is_none_or(|it| it == person);
    let approved = division.filter(|it| it.approved.is_some());
    let of = |list: &[(PersonId, Money)], person: PersonId| {
        let found = list.iter().find(|(id, _)| *id == person);
        found.map_or(0, |(_, it)| it.fen())
    };
    let everybody = everybody(split);
    let awards: Vec<Value> = everybody
        .iter()
        .filter(|it| visible(**it))
        .map(|person| {
            json!({
                "person": person, "amount_fen": of(&split.people, *person),
                "returned_fen": of(&split.returned, *person),
                "paid_fen": division.map_or(0, |it| it.paid_to(*person).fen()),
                "owed_fen": approved.map_or(0, |it| it.owed(*person).fen()),
            })
        })
        .collect();
    // A line of the arithmetic that names somebody else is theirs.
    let theirs: Vec<String> = everybody
        .iter()
        .filter(|it| !visible(**it))
        .map(ToString::to_string)
        .collect();
    let steps: Vec<Value> = split
        .arithmetic()
        .iter()
        .filter(|step| !theirs.iter().any(|id| step.text.zh.contains(id.as_str())))
        .map(|step| {
            json!({
                "text": step.text.get(lang), "formula": step.formula, "result": step.amount,
                "article": step.citation.as_ref().map(|it| it.get(lang)),
            })
        })
        .collect();
    let pools: Vec<Value> = split
        .pools
        .iter()
        .map(|(name, amount)| {
            json!({"pool": name, "name": pool_name(name, lang), "amount_fen": amount.fen()})
        })
        .collect();
    let paid: Vec<Value> = division
        .iter()
        .flat_map(|it| &it.paid)
        .filter(|it| visible(it.person))
        .map(|it| json!(it))
        .collect();
    json!({
        "standing": deal.distribution.standing_of(receipt),
        "gross_fen": split.gross.fen(), "recovered_fen": split.recovered.fen(),
        "net_fen": split.net.fen(), "pools": pools, "awards": awards, "steps": steps,
        "findings": api::reads::findings(&split.findings, lang), "paid": paid,
        "proposed_on": division.and_then(|it| it.proposed.as_ref()).map(|(day, _)| day),
        "approved_on": division.and_then(|it| it.approved.as_ref()).map(|(day, _)| day),
        "rejected": division.and_then(|it| it.rejected.as_ref()),
        "reward": division.and_then(|it| it.reward.as_ref()).map(|it| json!({
            "posted_on": it.posted_on, "posted": super::notice::told(&it.posted),
            "closed_on": it.closed.as_ref().map(|(day, _)| day),
        })),
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

/// The engine's steps in yuan and with names: `entitled_fen = 61443900` becomes
/// an amount a person reads.
fn lines(split: &Split, names: &[(String, String)], lang: Lang) -> Vec<Line> {
    split
        .arithmetic()
        .iter()
        .map(|step| {
            let article = step.citation.as_ref();
            let article = article.map_or_else(String::new, |it| it.get(lang).to_owned());
            let inputs: Vec<(&str, &str)> = step
                .formula
                .split("; ")
                .filter_map(|part| part.split_once(" = "))
                .collect();
            let input = |key: &str| {
                inputs
                    .iter()
                    .find(|(name, _)| *name == key)
                    .map(|(_, value)| yuan(value))
            };
            let whole = step.text.get(lang);
            let claim = whole.split(['：', ':']).next().unwrap_or_default();
            let person = names
                .iter()
                .find(|(id, _)| id == claim)
                .map(|(_, name)| name.clone());
            let pool = split.pools.iter().any(|(name, _)| name == claim);
            let named = person.or_else(|| pool.then(|| pool_name(claim, lang)));
            match (named, input("entitled_fen"), input("given_fen")) {
                (Some(name), Some(entitled), Some(given)) => Line {
                    text: name,
                    article,
                    formula: match lang {
                        Lang::Zh => format!("累计应得 {entitled} − 此前已得 {given}"),
                        Lang::En => format!("entitled to {entitled} − given before {given}"),
                    },
                    result: yuan(&step.amount),
                },
                _ => Line {
                    text: whole.to_owned(),
                    article,
                    formula: inputs
                        .iter()
                        .map(|(name, value)| input_words(name, value, lang))
                        .collect::<Vec<_>>()
                        .join(lang.pick("，", ", ")),
                    result: match step.amount.as_str() {
                        "true" => lang.pick("满足", "met").to_owned(),
                        "false" => lang.pick("不满足", "not met").to_owned(),
                        amount => yuan(amount),
                    },
                },
            }
        })
        .collect()
}

/// Fen as text in yuan; a fraction of a fen stands behind a thin bar.
fn yuan(fen: &str) -> String {
    if let Ok(whole) = fen.parse::<i64>() {
        return Money::from_fen(whole).to_string();
    }
    let parts = fen.split_once('/').and_then(|(top, bottom)| {
        Some((
            top.parse::<i128>().ok()?,
            bottom.parse::<i128>().ok().filter(|it| *it > 0)?,
        ))
    });
    match parts {
        Some((top, bottom)) => {
            let whole = i64::try_from(top.div_euclid(bottom)).unwrap_or(0);
            let rest = top.rem_euclid(bottom) * 100 / bottom;
            format!("{}|{rest:02}", Money::from_fen(whole))
        }
        None => fen.to_owned(),
    }
}

fn input_words(name: &str, value: &str, lang: Lang) -> String {
    let (zh, en) = match name {
        "fen" => ("到账", "received"),
        "returned_fen" => ("返还", "returned"),
        "recovered_fen" => ("收回费用", "costs recovered"),
        "part_fen" => ("所得", "part"),
        "whole_fen" => ("总额", "whole"),
        "minimum" => ("下限", "least"),
        other => (other, other),
    };
    let shown = if name.ends_with("fen") {
        yuan(value)
    } else {
        value
            .parse::<dukou_kernel::Share>()
            .map_or_else(|_| value.to_owned(), |it| it.to_percent_text())
    };
    format!("{} {shown}", lang.pick(zh, en))
}

type Refusals = Vec<(String, String)>;

fn split_of(
    app: &App,
    req: &Req,
    deal: &Deal,
    id: DealId,
    receipt: ReceiptId,
) -> Result<(Split, bool, Refusals), Failure> {
    let division = deal.distribution.divisions.get(&receipt);
    if let Some((_, approved)) = division.and_then(|it| it.approved.as_ref()) {
        return Ok((approved.split.clone(), false, Vec::new()));
    }
    if let Some((_, proposed)) = division.and_then(|it| it.proposed.as_ref()) {
        return Ok((proposed.split.clone(), false, Vec::new()));
    }
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let command =
        Command::Distribution(id, dukou_chain::distribution::Command::Propose { receipt });
    let envelope = Envelope::new(user.institution, Actor::Person(user.person), command);
    match app.store.dry_run(vec![envelope]) {
        Ok(done) => {
            let split = done
                .into_iter()
                .flat_map(|it| it.events)
                .find_map(|event| match event {
                    dukou_chain::whole::Event::Distribution(
                        dukou_chain::distribution::Event::Proposed(it),
                    ) => Some(it.split),
                    _ => None,
                });
            Ok((split.unwrap_or_default(), true, Vec::new()))
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
            Ok((Split::default(), true, why))
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

fn pools(split: &Split, lang: Lang) -> Vec<PoolView> {
    let net = i128::from(split.net.fen());
    let mut x = 0i64;
    split
        .pools
        .iter()
        .enumerate()
        .map(|(place, (name, amount))| {
            let basis = |scale: i128| {
                if net == 0 {
                    0
                } else {
                    i128::from(amount.fen()) * scale / net
                }
            };
            let hundredths = basis(10_000);
            let width = i64::try_from(basis(1000)).unwrap_or(0).max(0);
            let view = PoolView {
                name: pool_name(name, lang),
                amount: *amount,
                part: format!("{}.{:02}%", hundredths / 100, hundredths % 100),
                fill: place % 5 + 1,
                x,
                width: (width - 3).max(1),
            };
            x += width;
            view
        })
        .collect()
}

fn awards(
    app: &App,
    req: &Req,
    deal: &Deal,
    receipt: ReceiptId,
    split: &Split,
) -> Result<Vec<(PersonId, Award)>, Failure> {
    let user = req.user.as_ref().ok_or(Failure::SignIn)?;
    let people = everybody(split);
    let names = app
        .store
        .read(|db| data::names(db, user.institution, people.clone()))?;
    let division = deal.distribution.divisions.get(&receipt);
    let id = req.param("id");
    Ok(people
        .into_iter()
        .map(|person| {
            let of = |list: &[(PersonId, Money)]| {
                list.iter()
                    .find(|(id, _)| *id == person)
                    .map_or(Money::ZERO, |(_, it)| *it)
            };
            let name = names.get(&person).cloned().unwrap_or_default();
            let approved = division.is_some_and(|it| it.approved.is_some());
            let owed = division
                .filter(|_| approved)
                .map_or(Money::ZERO, |it| it.owed(person));
            let award = Award {
                initial: initial(&name),
                name,
                amount: of(&split.people),
                returned: of(&split.returned),
                paid: division.map_or(Money::ZERO, |it| it.paid_to(person)),
                pay: if owed.is_positive() {
                    format!("/deals/{id}/do/distribution.pay?receipt={receipt}")
                } else {
                    String::new()
                },
                owed,
            };
            (person, award)
        })
        .collect())
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
    let commands: &[&str] = match (standing, reward) {
        (Standing::Undivided, _) => &["distribution.propose", "income.reverse"],
        (Standing::Proposed, _) => &["distribution.reject", "distribution.approve"],
        (Standing::Approved, None) => &["distribution.post_reward", "distribution.pay"],
        (Standing::Approved, Some(it)) if it.closed.is_none() => &["distribution.close_reward"],
        (Standing::Approved, Some(_)) => &["distribution.pay"],
        (Standing::Paid, _) => &["income.refund"],
    };
    let mut acts: Vec<Act> = commands
        .iter()
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
