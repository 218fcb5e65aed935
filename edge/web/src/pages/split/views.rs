//! The rows of the page, from the explanation.

use dukou_chain::distribution::{Divided, Division, filing};
use dukou_chain::institution::Institution;
use dukou_chain::law::{self, Due};
use dukou_kernel::{Date, Lang, Money, PersonId};
use dukou_ledger::Exact;
use dukou_ledger::distribution::amount_text;
use dukou_ledger::trace::{Line, Operation, Quantity, Subject};

use super::super::initial;
use super::trace::{Reader, Told, amount, remainder};
use super::{everybody, pool_name};

/// One cost recovered, or one return to an inventor.
pub struct Cost {
    /// In words.
    pub told: Told,
    /// How much, with its sign.
    pub amount: String,
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
    /// Each tier's part, or what it is entitled to less what it had.
    pub formulas: Vec<String>,
    /// What the rounding rule gave beyond the exact part.
    pub rest: String,
}

/// One person.
pub struct Award {
    /// Name.
    pub name: String,
    /// First character.
    pub initial: String,
    /// Share of the team, in per cent.
    pub share: String,
    /// How the amount was found.
    pub formula: String,
    /// What the rounding rule gave beyond the exact part.
    pub rest: String,
    /// Cash reward.
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

/// One payment, and where its tax filing stands.
pub struct Payment {
    /// The day it left the bank.
    pub paid: String,
    /// For whom, and who received it where that is somebody else.
    pub who: String,
    /// Voucher number.
    pub voucher: String,
    /// How much.
    pub amount: Money,
    /// Where its filing (个税备案) stands: `none` without relief, `filed`, `open`, or
    /// `counted` while it is not known whether the last day moves.
    pub filing: &'static str,
    /// The day it was filed, or the last day.
    pub day: String,
    /// Days left, where it is open.
    pub days: i32,
}

/// True when a comparison holds.
pub fn holds(line: &Line) -> bool {
    line.result == Quantity::Met(true)
}

/// What was taken off the receipt before the net: each cost and each return by itself.
pub fn costs(divided: &Divided, reader: &Reader<'_>) -> Vec<Cost> {
    let named = divided.split.returned.iter().any(|_| true)
        && divided.lines.iter().any(|it| {
            it.operation == Operation::Least && matches!(it.subject, Subject::Person { .. })
        });
    let taken = reader.readable(&divided.lines).filter(|it| {
        // The sum of the returns, where each of them has a line of its own.
        let total = it.subject == Subject::Total && it.rule != "cost.recover";
        it.operation == Operation::Least && !(total && named && reader.mine.is_none())
    });
    let taken = taken.filter(|it| amount(it).is_some_and(|it| *it != Exact::zero()));
    taken
        .map(|line| {
            let told = reader.told(line);
            let off = amount(line).map_or_else(Exact::zero, Exact::negated);
            Cost {
                amount: amount_text(&off).get(reader.lang).to_owned(),
                told,
            }
        })
        .collect()
}

fn of<'l>(
    lines: &'l [Line],
    operation: Operation,
    subject: &'l Subject,
) -> impl Iterator<Item = &'l Line> {
    lines
        .iter()
        .filter(move |it| it.operation == operation && it.subject == *subject)
}

fn input(line: &Line, name: &str) -> Exact {
    match line.input(name) {
        Some(Quantity::Amount(amount)) => amount.clone(),
        _ => Exact::zero(),
    }
}

/// Each pool with its part of the net.
pub fn pools(divided: &Divided, lang: Lang) -> Vec<PoolView> {
    let split = &divided.split;
    let net = i128::from(split.net.fen());
    let mut x = 0i64;
    let view = |(place, (name, given)): (usize, &(String, Money))| {
        let basis = |scale: i128| match net {
            0 => 0,
            net => i128::from(given.fen()) * scale / net,
        };
        let hundredths = basis(10_000);
        let width = i64::try_from(basis(1000)).unwrap_or(0).max(0);
        let subject = Subject::Pool { name: name.clone() };
        let tiers: Vec<&Line> = of(&divided.lines, Operation::Multiply, &subject).collect();
        let exact = tiers.iter().filter_map(|it| amount(it));
        let exact = exact.fold(Exact::zero(), |sum, it| sum.plus(it));
        let stretch = |line: &&Line| {
            let share = match line.input("share") {
                Some(Quantity::Share(share)) => share.to_percent_text(),
                _ => String::new(),
            };
            let stretch = amount_text(&input(line, "stretch"));
            format!("{} × {share}", stretch.get(lang))
        };
        let view = PoolView {
            name: pool_name(name, lang),
            amount: *given,
            part: format!("{}.{:02}%", hundredths / 100, hundredths % 100),
            fill: place % 5 + 1,
            x,
            width: (width - 3).max(1),
            formulas: tiers.iter().map(stretch).collect(),
            rest: match tiers.is_empty() {
                true => String::new(),
                false => remainder(&exact, &(*given).into(), lang),
            },
        };
        x += width;
        view
    };
    split.pools.iter().enumerate().map(view).collect()
}

/// Each person whom the reader may see.
pub fn awards(
    divided: &Divided,
    division: Option<&Division>,
    reader: &Reader<'_>,
    pay: &dyn Fn(PersonId) -> Option<String>,
) -> Vec<Award> {
    let people = everybody(&divided.split);
    let people = people.into_iter();
    let seen = people.filter(|it| reader.mine.is_none_or(|mine| mine == *it));
    seen.map(|person| award(divided, division, reader, pay, person))
        .collect()
}

fn award(
    divided: &Divided,
    division: Option<&Division>,
    reader: &Reader<'_>,
    pay: &dyn Fn(PersonId) -> Option<String>,
    person: PersonId,
) -> Award {
    let sum = |list: &[(PersonId, Money)]| {
        let mine = list.iter().filter(|(id, _)| *id == person);
        Money::sum(mine.map(|(_, it)| *it)).unwrap_or_default()
    };
    let subject = Subject::Person {
        id: person.to_string(),
    };
    let line = of(&divided.lines, Operation::Round, &subject).last();
    let approved = division.filter(|it| it.approved.is_some());
    let owed = approved.map_or(Money::ZERO, |it| it.owed(person));
    let share = match line.and_then(|it| it.input("share")) {
        Some(Quantity::Share(share)) => share.to_percent_text(),
        _ => String::new(),
    };
    let rest = line.map_or_else(String::new, |it| {
        let exact = input(it, "entitled").minus(&input(it, "given"));
        let given = amount(it).cloned().unwrap_or_else(Exact::zero);
        remainder(&exact, &given, reader.lang)
    });
    let name = reader.names.get(&person).cloned().unwrap_or_default();
    Award {
        initial: initial(&name),
        name,
        share,
        formula: line.map_or_else(String::new, |it| reader.told(it).formula),
        rest,
        amount: sum(&divided.split.people),
        returned: sum(&divided.split.returned),
        paid: division.map_or(Money::ZERO, |it| it.paid_to(person)),
        pay: match owed.is_positive() {
            true => pay(person).unwrap_or_default(),
            false => String::new(),
        },
        owed,
    }
}

/// Payments that the reader may see, in order.
pub fn payments(
    division: &Division,
    institution: &Institution,
    reader: &Reader<'_>,
    today: Date,
) -> Vec<Payment> {
    let name = |person: PersonId| reader.names.get(&person).cloned().unwrap_or_default();
    let seen = division.paid.iter().enumerate();
    let seen = seen.filter(|(_, it)| reader.mine.is_none_or(|mine| mine == it.person));
    seen.map(|(place, it)| {
        let mut who = name(it.person);
        if it.to != it.person {
            who = format!("{who} → {}", name(it.to));
        }
        let (filing, day, days) = filing_of(division, place, institution, today);
        Payment {
            paid: it.paid.to_string(),
            who,
            voucher: it.voucher.clone(),
            amount: it.amount,
            filing,
            day,
            days,
        }
    })
    .collect()
}

fn filing_of(
    division: &Division,
    place: usize,
    institution: &Institution,
    today: Date,
) -> (&'static str, String, i32) {
    match division.filing(place) {
        filing::State::Unneeded => ("none", String::new(), 0),
        filing::State::Filed(day) => ("filed", day.to_string(), 0),
        filing::State::Open(paid) => match filing::due(institution, paid) {
            Ok((Due { end: Some(end), .. }, _)) => {
                ("open", end.to_string(), law::days_between(today, end))
            }
            Ok((due, _)) => ("counted", due.raw.to_string(), 0),
            Err(_) => ("none", String::new(), 0),
        },
    }
}
