//! The read tables of the road, and their rows from a stream's final state.
//! Every page and list reads these; any of them can be dropped and made anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use dukou_journal::StreamId;
use dukou_kernel::{CaseId, Date, DealId, PersonId, ReceiptId};

use super::Event;
use super::rail::{case_stop, deal_stop};
use super::state::{Case, Deal, State};
use super::tasks::{Holder, Task, Waiting, case_tasks, dividable, nearest_of, road_tasks};
use crate::contract::{Cell, Kind, Row, Table};
use crate::disclosure::{Say, Standing};
use crate::distribution::Award;
use crate::institution::{self, Institution};
use crate::people::Person;

const CASE: Table = Table {
    name: "case_view",
    columns: &[
        ("id", Kind::Text),
        ("number", Kind::Text),
        ("title", Kind::Text),
        ("kind", Kind::Text),
        ("stop", Kind::Text),
        ("standing", Kind::Text),
        ("since", Kind::Text),
        ("unit", Kind::Text),
        ("manager", Kind::Text),
        ("right_number", Kind::Text),
        ("history", Kind::Int),
        ("ended", Kind::Int),
        ("open_tasks", Kind::Int),
        ("next_due", Kind::Text),
        ("words", Kind::Text),
    ],
    indexes: &[
        &["id"],
        &["number"],
        &["manager", "number"],
        &["stop", "number"],
        &["next_due", "number"],
        &["since", "number"],
        &["title"],
    ],
};

const CASE_PERSON: Table = Table {
    name: "case_person",
    columns: &[
        ("case_id", Kind::Text),
        ("person", Kind::Text),
        ("place", Kind::Int),
        ("share", Kind::Text),
        ("said", Kind::Text),
        ("duty", Kind::Text),
    ],
    indexes: &[&["person"], &["case_id"]],
};

const DEAL: Table = Table {
    name: "deal_view",
    columns: &[
        ("id", Kind::Text),
        ("number", Kind::Text),
        ("contract_no", Kind::Text),
        ("mode", Kind::Text),
        ("party", Kind::Text),
        ("party_kind", Kind::Text),
        ("pricing", Kind::Text),
        ("price_minor", Kind::Int),
        ("received_minor", Kind::Int),
        ("stop", Kind::Text),
        ("since", Kind::Text),
        ("signed", Kind::Text),
        ("history", Kind::Int),
        ("ended", Kind::Int),
        ("next_due", Kind::Text),
        ("words", Kind::Text),
    ],
    indexes: &[
        &["id"],
        &["number"],
        &["contract_no"],
        &["stop", "number"],
        &["signed"],
        &["since"],
    ],
};

const DEAL_CASE: Table = Table {
    name: "deal_case",
    columns: &[
        ("deal", Kind::Text),
        ("case_id", Kind::Text),
        ("place", Kind::Int),
    ],
    indexes: &[&["case_id"], &["deal"]],
};

const TASK: Table = Table {
    name: "task",
    columns: &[
        ("subject", Kind::Text),
        ("case_id", Kind::Text),
        ("deal", Kind::Text),
        ("code", Kind::Text),
        ("what_zh", Kind::Text),
        ("what_en", Kind::Text),
        ("why_zh", Kind::Text),
        ("why_en", Kind::Text),
        ("basis", Kind::Text),
        ("basis_rank", Kind::Int),
        ("due_raw", Kind::Text),
        ("due", Kind::Text),
        ("pending", Kind::Int),
        ("holder_kind", Kind::Text),
        ("holder", Kind::Text),
        ("since", Kind::Text),
    ],
    indexes: &[
        &["due", "basis_rank", "subject"],
        &["holder_kind", "holder", "due", "basis_rank", "subject"],
        &["case_id"],
    ],
};

const NOTICE: Table = Table {
    name: "notice",
    columns: &[
        ("id", Kind::Text),
        ("kind", Kind::Text),
        ("deal", Kind::Text),
        ("year", Kind::Int),
        ("ordinal", Kind::Int),
        ("posted_on", Kind::Text),
        ("days", Kind::Int),
        ("last_raw", Kind::Text),
        ("last_day", Kind::Text),
        ("standing", Kind::Text),
        ("titles", Kind::Text),
        ("closed_on", Kind::Text),
    ],
    indexes: &[&["id"], &["posted_on"], &["deal"]],
};

const RECEIPT: Table = Table {
    name: "receipt_view",
    columns: &[
        ("id", Kind::Text),
        ("deal", Kind::Text),
        ("received", Kind::Text),
        ("amount_minor", Kind::Int),
        ("refunded_minor", Kind::Int),
        ("payer", Kind::Text),
        ("standing", Kind::Text),
        ("history", Kind::Int),
    ],
    indexes: &[
        &["id"],
        &["received", "id"],
        &["deal"],
        &["standing", "received", "id"],
        &["amount_minor"],
    ],
};

const AWARD: Table = Table {
    name: "award",
    columns: &[
        ("person", Kind::Text),
        ("deal", Kind::Text),
        ("receipt", Kind::Text),
        ("kind", Kind::Text),
        ("awarded_on", Kind::Text),
        ("amount_minor", Kind::Int),
        ("paid_minor", Kind::Int),
    ],
    indexes: &[&["person"], &["deal"]],
};

const PERSON: Table = Table {
    name: "person_view",
    columns: &[
        ("id", Kind::Text),
        ("kind", Kind::Text),
        ("unit", Kind::Text),
        ("post", Kind::Text),
        ("title", Kind::Text),
        ("has_account", Kind::Int),
        ("erased", Kind::Int),
    ],
    indexes: &[&["id"], &["unit"]],
};

const PERSON_ROLE: Table = Table {
    name: "person_role",
    columns: &[("person", Kind::Text), ("role", Kind::Text)],
    indexes: &[&["person"], &["role"]],
};

const UNIT: Table = Table {
    name: "unit_view",
    columns: &[
        ("id", Kind::Text),
        ("name_zh", Kind::Text),
        ("name_en", Kind::Text),
    ],
    indexes: &[&["id"]],
};

/// Every read table.
pub fn tables() -> &'static [Table] {
    &[
        CASE,
        CASE_PERSON,
        DEAL,
        DEAL_CASE,
        TASK,
        NOTICE,
        RECEIPT,
        AWARD,
        PERSON,
        PERSON_ROLE,
        UNIT,
    ]
}

/// All rows of one stream, from its final state.
pub fn rows(stream: StreamId, state: &State, institution: &Institution) -> Vec<Row> {
    match (stream, state) {
        (StreamId::Case(id), State::Case(case)) => case_rows(id, case, institution),
        (StreamId::Deal(id), State::Deal(deal)) => deal_rows(id, deal, institution, &|_| false),
        (StreamId::Person(id), State::Person(person)) => person_rows(id, person),
        (StreamId::Institution, State::Institution(it)) => unit_rows(it),
        _ => Vec::new(),
    }
}

/// The rows of one stream before and after events, for comparing line by line. Rows of
/// receipts that the events left alone stand without their values, so that the work of
/// one more receipt does not grow with those before it; where such a row would come to
/// stand against another, all values are given.
pub fn changed_rows(
    stream: StreamId,
    (was, before): (&State, &Institution),
    (is, after): (&State, &Institution),
) -> (Vec<Row>, Vec<Row>) {
    if let (StreamId::Deal(id), State::Deal(old), State::Deal(new)) = (stream, was, is) {
        let same = |receipt: ReceiptId| {
            let receipts = (
                old.income.receipts.get(&receipt),
                new.income.receipts.get(&receipt),
            );
            let divisions = (
                old.distribution.divisions.get(&receipt),
                new.distribution.divisions.get(&receipt),
            );
            let divided = match divisions {
                (Some(old), Some(new)) => Arc::ptr_eq(old, new),
                (None, None) => true,
                _ => false,
            };
            divided && matches!(receipts, (Some(old), Some(new)) if Arc::ptr_eq(old, new))
        };
        let old = deal_rows(id, old, before, &same);
        let new = deal_rows(id, new, after, &same);
        if aligned(&old, &new) {
            return (old, new);
        }
    }
    (rows(stream, was, before), rows(stream, is, after))
}

/// True when every row without values stands against one of its like.
fn aligned(old: &[Row], new: &[Row]) -> bool {
    let (old, new) = (left_alone(old), left_alone(new));
    let none = Vec::new();
    old.keys().chain(new.keys()).all(|table| {
        let old = old.get(table).unwrap_or(&none);
        let new = new.get(table).unwrap_or(&none);
        let both = old.len().min(new.len());
        let beyond = |rows: &[bool]| rows.iter().skip(both).any(|it| *it);
        old.iter().zip(new).all(|(one, other)| one == other) && !beyond(old) && !beyond(new)
    })
}

/// By table, which rows stand without values.
fn left_alone(rows: &[Row]) -> BTreeMap<&'static str, Vec<bool>> {
    let mut tables: BTreeMap<&'static str, Vec<bool>> = BTreeMap::new();
    for row in rows {
        tables
            .entry(row.table)
            .or_default()
            .push(row.is_unchanged());
    }
    tables
}

/// True after an event that may move due days of every stream: a calendar year or
/// a law file arrived, or the school's own periods changed.
pub fn reprojects(event: &Event) -> bool {
    matches!(
        event,
        Event::Institution(
            institution::Event::YearAdopted(_)
                | institution::Event::LawLoaded(_)
                | institution::Event::ProfileSet(_)
                | institution::Event::PolicyAdopted(_)
        )
    )
}

fn id_cell(id: Option<impl ToString>) -> Cell {
    id.map_or(Cell::Null, |id| Cell::Text(id.to_string()))
}

/// The nearest due day; a day beyond all others where there is none, so that
/// lists sort by an index.
fn next_due(tasks: &[Task], besides: Option<Date>) -> Cell {
    let nearest = nearest_of(tasks).into_iter().chain(besides).min();
    nearest
        .map_or_else(|| NO_DAY.to_owned(), |day| day.to_string())
        .into()
}

/// Stands where there is no day.
pub const NO_DAY: &str = "9999-12-31";

/// Where a case may stand, as lists filter by it.
pub const CASE_STANDINGS: &[&str] = &["submitted", "returned", "declined", "running", "ended"];

fn case_rows(id: CaseId, case: &Case, institution: &Institution) -> Vec<Row> {
    let disclosure = &case.disclosure;
    let Some(details) = &disclosure.details else {
        return Vec::new();
    };
    let tasks = case_tasks(case, institution);
    let right = case
        .protection
        .rights
        .values()
        .next()
        .map(|it| it.recorded.number.clone());
    let standing = if case.closing.ended.is_some() {
        "ended"
    } else {
        match disclosure.standing {
            Standing::Submitted => "submitted",
            Standing::Returned => "returned",
            Standing::Declined => "declined",
            Standing::Accepted | Standing::None => "running",
        }
    };
    let ended = case.closing.ended.is_some() || disclosure.standing == Standing::Declined;
    let numbers: Vec<&str> = case
        .protection
        .rights
        .values()
        .map(|it| it.recorded.number.as_str())
        .collect();
    let words = format!(
        "{} {} {}",
        disclosure.number,
        details.title,
        numbers.join(" ")
    );
    let stop = if disclosure.standing == Standing::Accepted {
        case_stop(case)
    } else {
        super::Stop::Disclosure
    };
    let mut rows = vec![Row {
        table: CASE.name,
        cells: vec![
            id.to_string().into(),
            disclosure.number.as_str().into(),
            details.title.as_str().into(),
            details.kind.code().into(),
            stop.code().into(),
            standing.into(),
            disclosure.since.into(),
            id_cell(details.unit),
            id_cell(disclosure.manager),
            right.into(),
            case.history.is_some().into(),
            ended.into(),
            i64::try_from(tasks.len()).unwrap_or(0).into(),
            next_due(&tasks, None),
            words.to_lowercase().into(),
        ],
    }];
    for (place, contributor) in details.contributors.iter().enumerate() {
        let said = match disclosure.says.get(&contributor.person) {
            Some(Say::Confirmed(_)) => "confirmed",
            Some(Say::Objected { .. }) => "objected",
            None => "open",
        };
        rows.push(Row {
            table: CASE_PERSON.name,
            cells: vec![
                id.to_string().into(),
                contributor.person.to_string().into(),
                i64::try_from(place).unwrap_or(0).into(),
                contributor.share.to_string().into(),
                said.into(),
                contributor.role.as_str().into(),
            ],
        });
    }
    rows.extend(
        tasks
            .iter()
            .map(|task| task_row(task, &disclosure.number, Some(id), None)),
    );
    rows
}

fn task_row(task: &Task, subject: &str, case: Option<CaseId>, deal: Option<DealId>) -> Row {
    let (holder_kind, holder) = match task.holder {
        Holder::Manager => ("manager", Cell::Null),
        Holder::Role(role) => ("role", role.code().into()),
        Holder::Person(person) => ("person", person.to_string().into()),
        Holder::Party => ("party", Cell::Null),
    };
    let rank = match task.basis {
        super::Basis::Law => 0i64,
        super::Basis::Contract => 1,
        super::Basis::School => 2,
    };
    Row {
        table: TASK.name,
        cells: vec![
            subject.into(),
            id_cell(case),
            id_cell(deal),
            task.code.into(),
            task.what.zh.as_str().into(),
            task.what.en.as_str().into(),
            task.why.zh.as_str().into(),
            task.why.en.as_str().into(),
            task.basis.code().into(),
            rank.into(),
            task.due.map(|due| due.raw).into(),
            // Tasks without a day sort behind every day.
            task.due
                .map_or_else(|| NO_DAY.to_owned(), |due| due.shown().to_string())
                .into(),
            task.due.is_some_and(|due| due.pending()).into(),
            holder_kind.into(),
            holder,
            task.since.into(),
        ],
    }
}

fn deal_rows(
    id: DealId,
    deal: &Deal,
    institution: &Institution,
    same: &dyn Fn(ReceiptId) -> bool,
) -> Vec<Row> {
    let Some((opened_on, opened)) = &deal.matching.opened else {
        return Vec::new();
    };
    let road = road_tasks(deal, institution);
    let mut money = Vec::new();
    let mut nearest = None;
    for (receipt, _) in dividable(deal) {
        let waiting = Waiting::with(deal, receipt, institution, same);
        nearest = nearest.into_iter().chain(waiting.nearest()).min();
        money.push(waiting);
    }
    let terms = deal.terms();
    let signed = deal.agreement.signed.as_ref().map(|(_, it)| it);
    let party = deal.agreement.party().unwrap_or(&opened.party);
    let price = terms.map(|it| it.equity.as_ref().map_or(it.price, |e| e.valued).fen());
    let since = signed
        .map(|it| it.signed)
        .or_else(|| deal.negotiation.terms.as_ref().map(|(day, _)| *day));
    let contract_no = signed.map(|it| it.contract_no.clone());
    let words = format!(
        "{} {} {}",
        opened.number,
        contract_no.as_deref().unwrap_or_default(),
        party.name
    );
    let mut rows = vec![Row {
        table: DEAL.name,
        cells: vec![
            id.to_string().into(),
            opened.number.as_str().into(),
            contract_no.into(),
            terms.map_or(opened.mode, |it| it.mode).code().into(),
            party.name.as_str().into(),
            party.kind.code().into(),
            terms.map(|it| it.pricing.code()).into(),
            price.into(),
            deal.income.total().fen().into(),
            deal_stop(deal).code().into(),
            since.unwrap_or(*opened_on).into(),
            signed.map(|it| it.signed).into(),
            deal.history.is_some().into(),
            deal.closing.ended.is_some().into(),
            next_due(&road, nearest),
            words.to_lowercase().into(),
        ],
    }];
    for (place, case) in opened.cases.iter().enumerate() {
        rows.push(Row {
            table: DEAL_CASE.name,
            cells: vec![
                id.to_string().into(),
                case.to_string().into(),
                i64::try_from(place).unwrap_or(0).into(),
            ],
        });
    }
    let first = opened.cases.first().copied();
    let row = |task: &Task| task_row(task, &opened.number, first, Some(id));
    rows.extend(road.iter().map(row));
    for waiting in &money {
        match waiting {
            Waiting::Alone(count, _) => {
                rows.extend((0..*count).map(|_| Row::unchanged(TASK.name)));
            }
            Waiting::Listed(tasks) => rows.extend(tasks.iter().map(row)),
        }
    }
    rows.extend(notice_rows(id, deal, institution));
    rows.extend(money_rows(id, deal, same));
    rows
}

fn notice_rows(id: DealId, deal: &Deal, institution: &Institution) -> Vec<Row> {
    let newest = deal.negotiation.version();
    let mut rows = Vec::new();
    for notice in &deal.publicity.notices {
        let due = notice.due(institution.calendar());
        let standing = if notice.void() || notice.posted.version != newest {
            "void"
        } else if notice.closed.is_some() {
            "closed"
        } else {
            "running"
        };
        rows.push(Row {
            table: NOTICE.name,
            cells: vec![
                notice.posted.notice.to_string().into(),
                "price".into(),
                id.to_string().into(),
                i64::from(notice.posted.year).into(),
                i64::from(notice.posted.ordinal).into(),
                notice.posted_on.into(),
                i64::from(notice.posted.days).into(),
                due.raw.into(),
                due.end.into(),
                standing.into(),
                notice.posted.titles.join("；").into(),
                notice.closed.as_ref().map(|(day, _)| *day).into(),
            ],
        });
    }
    rows.extend(deal.distribution.rewards().map(|reward| {
        let due = reward.due(institution.calendar());
        Row {
            table: NOTICE.name,
            cells: vec![
                reward.posted.notice.to_string().into(),
                "reward".into(),
                id.to_string().into(),
                i64::from(reward.posted.year).into(),
                i64::from(reward.posted.ordinal).into(),
                reward.posted_on.into(),
                i64::from(reward.posted.days).into(),
                due.raw.into(),
                due.end.into(),
                if reward.closed.is_some() {
                    "closed"
                } else {
                    "running"
                }
                .into(),
                reward.posted.titles.join("；").into(),
                reward.closed.as_ref().map(|(day, _)| *day).into(),
            ],
        }
    }));
    rows
}

fn money_rows(id: DealId, deal: &Deal, same: &dyn Fn(ReceiptId) -> bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for receipt_id in &deal.income.order {
        let Some(receipt) = deal.income.receipts.get(receipt_id) else {
            continue;
        };
        if same(*receipt_id) {
            rows.push(Row::unchanged(RECEIPT.name));
            continue;
        }
        let refunded: i64 = receipt.refunds.iter().map(|it| it.amount.fen()).sum();
        let standing = if receipt.reversed {
            "reversed"
        } else if receipt.history {
            "history"
        } else {
            deal.distribution.standing_of(*receipt_id)
        };
        rows.push(Row {
            table: RECEIPT.name,
            cells: vec![
                receipt_id.to_string().into(),
                id.to_string().into(),
                receipt.received.received.into(),
                receipt.received.amount.fen().into(),
                refunded.into(),
                receipt.received.payer.as_str().into(),
                standing.into(),
                receipt.history.into(),
            ],
        });
    }
    let distribution = &deal.distribution;
    rows.extend(distribution.opening_awards().map(|it| award_row(id, &it)));
    for (receipt, division) in &distribution.divisions {
        if same(*receipt) {
            let people = (0..division.awarded_people()).map(|_| Row::unchanged(AWARD.name));
            rows.extend(people);
        } else {
            let awards = division.awards(*receipt);
            rows.extend(awards.iter().map(|it| award_row(id, it)));
        }
    }
    rows
}

fn award_row(id: DealId, award: &Award) -> Row {
    Row {
        table: AWARD.name,
        cells: vec![
            award.person.to_string().into(),
            id.to_string().into(),
            id_cell(award.receipt),
            award.kind.into(),
            award.on.into(),
            award.amount.fen().into(),
            award.paid.fen().into(),
        ],
    }
}

fn person_rows(id: PersonId, person: &Person) -> Vec<Row> {
    let Some(kind) = person.kind else {
        return Vec::new();
    };
    let post = person.posts.last();
    let mut rows = vec![Row {
        table: PERSON.name,
        cells: vec![
            id.to_string().into(),
            kind.code().into(),
            id_cell(person.unit),
            post.map(|it| it.post.code()).into(),
            post.map(|it| it.title.clone()).into(),
            person.has_account.into(),
            person.erased.into(),
        ],
    }];
    rows.extend(person.roles.iter().map(|role| Row {
        table: PERSON_ROLE.name,
        cells: vec![id.to_string().into(), role.code().into()],
    }));
    rows
}

fn unit_rows(institution: &Institution) -> Vec<Row> {
    institution
        .units
        .iter()
        .map(|(id, (zh, en))| Row {
            table: UNIT.name,
            cells: vec![
                id.to_string().into(),
                zh.as_str().into(),
                en.as_str().into(),
            ],
        })
        .collect()
}
