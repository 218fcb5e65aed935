//! The explanation of a division (`dukou.trace/v1`) for its readers: rows of the page,
//! lines of an answer, rows of a sheet. One way to put a line into words, whoever asks.

use std::collections::BTreeMap;

use dukou_chain::distribution::readable;
use dukou_chain::protection::CostKind;
use dukou_kernel::{Lang, PersonId, Text};
use dukou_ledger::Exact;
use dukou_ledger::distribution::{Words, amount_text, words};
use dukou_ledger::trace::{Line, Operation, Quantity, SCHEMA, Subject};
use serde_json::{Value, json};

use super::pool_name;

/// Who a reader is, and how persons are called there.
pub struct Reader<'a> {
    /// The language.
    pub lang: Lang,
    /// The one person whose own money may be seen; `None` for everybody's.
    pub mine: Option<PersonId>,
    /// Names by id.
    pub names: &'a BTreeMap<PersonId, String>,
}

/// One line as a person reads it.
pub struct Told {
    /// What was computed, for whom.
    pub item: String,
    /// The article.
    pub article: String,
    /// From what.
    pub formula: String,
    /// What came out.
    pub result: String,
}

impl Reader<'_> {
    /// The lines that this reader may read.
    pub fn readable<'l>(&self, lines: &'l [Line]) -> impl Iterator<Item = &'l Line> {
        let mine = self.mine;
        lines.iter().filter(move |line| readable(line, mine))
    }

    /// How a pool or a person is called.
    pub fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::Total => String::new(),
            Subject::Pool { name } => pool_name(name, self.lang),
            Subject::Person { id } => {
                let person = id.parse().ok();
                let name = person.and_then(|it: PersonId| self.names.get(&it));
                name.cloned().unwrap_or_else(|| id.clone())
            }
        }
    }

    /// What else a line is about: a kind of cost by its name; ids of receipts are
    /// nothing to read.
    fn about(&self, line: &Line) -> String {
        let of = line.of.as_deref().unwrap_or_default();
        match line.operation {
            Operation::Told => of.to_owned(),
            Operation::Least => CostKind::parse(of)
                .map_or_else(|| of.to_owned(), |it| it.label().get(self.lang).to_owned()),
            _ => String::new(),
        }
    }

    /// A line in words.
    pub fn told(&self, line: &Line) -> Told {
        let (who, of) = (self.subject(&line.subject), self.about(line));
        let Words {
            item,
            formula,
            result,
        } = words(
            line,
            &Text::new(who.clone(), who),
            &Text::new(of.clone(), of),
        );
        let article = line.article.as_ref();
        Told {
            item: item.get(self.lang).to_owned(),
            article: article.map_or_else(String::new, |it| it.get(self.lang).to_owned()),
            formula: formula.get(self.lang).to_owned(),
            result: result.get(self.lang).to_owned(),
        }
    }

    /// The lines for programs: as data, and in words.
    pub fn answer(&self, lines: &[Line]) -> (Value, Vec<Value>) {
        let lines: Vec<&Line> = self.readable(lines).collect();
        let told = lines.iter().map(|line| {
            let Told {
                item,
                article,
                formula,
                result,
            } = self.told(line);
            let article = (!article.is_empty()).then_some(article);
            json!({"text": item, "formula": formula, "result": result, "article": article})
        });
        let told = told.collect();
        (json!({"schema": SCHEMA, "lines": lines}), told)
    }
}

/// The exact amount that came out of a line.
pub fn amount(line: &Line) -> Option<&Exact> {
    match &line.result {
        Quantity::Amount(amount) => Some(amount),
        _ => None,
    }
}

/// What the rounding rule gave beyond the exact amount, or kept back: `+0.004`; empty
/// when the amount is exact.
pub fn remainder(exact: &Exact, given: &Exact, lang: Lang) -> String {
    let rest = given.minus(exact);
    if rest == Exact::zero() {
        return String::new();
    }
    let sign = if rest.is_positive() { "+" } else { "" };
    format!("{sign}{}", amount_text(&rest).get(lang))
}
