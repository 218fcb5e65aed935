//! The small parts of public events, and the pen that writes amounts by right.

use std::borrow::Cow;

use dukou_kernel::{Date, Finding, Money, PersonId, Severity, Share};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::distribution::EquityShare;
use crate::terms;

/// An id (UUID).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("format" = "uuid"))]
pub struct Id(String);

impl Id {
    /// Of any id.
    pub fn new(id: impl ToString) -> Self {
        Self(id.to_string())
    }
}

/// A code as stored and sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Code(String);

impl Code {
    /// Of a word that stands for itself.
    pub fn new(code: &str) -> Self {
        Self(code.to_owned())
    }
}

/// SHA-256 of a piece of evidence, in 64 hex digits; its name stays inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
pub struct File(String);

impl File {
    /// Of an attachment.
    pub fn of(paper: &terms::Attachment) -> Self {
        Self(paper.file.to_string())
    }

    /// Of an attachment that may be missing.
    pub fn perhaps(paper: Option<&terms::Attachment>) -> Option<Self> {
        paper.map(Self::of)
    }
}

/// A part as a fraction: `3/5`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Shared(String);

impl Shared {
    /// Of a share.
    pub fn new(share: Share) -> Self {
        Self(share.to_string())
    }
}

/// An amount in whole fen; for whoever may read money. Only a [`Pen`] writes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-right" = "money.read"))]
pub struct Fen(i64);

/// A part that says what somebody gets or pays, as a fraction; for whoever may read
/// money. Only a [`Pen`] writes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-right" = "money.read"))]
pub struct Part(String);

/// What one person gets, in whole fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Award {
    /// Who.
    pub person: Id,
    /// How much.
    pub amount: Fen,
}

/// What one pool gets, in whole fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pool {
    /// Which: `team` is the contributors'.
    pub pool: Code,
    /// How much.
    pub amount: Fen,
}

/// Part of a company's capital for one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Held {
    /// Who.
    pub person: Id,
    /// Part of the whole capital.
    pub holding: Part,
}

/// A civil day, `YYYY-MM-DD`, as a schema has it.
pub enum Day {}

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date"})
    }
}

/// Something that was checked; its words are for the program's own pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Checked {
    /// Stable code.
    pub code: Code,
    /// `refused`, `warning` or `info`.
    pub severity: Code,
    /// Id of the article behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<Code>,
    /// The first day on which the step becomes lawful.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub earliest: Option<Date>,
}

impl Checked {
    /// Of findings.
    pub fn all(findings: &[Finding]) -> Vec<Self> {
        let one = |it: &Finding| Self {
            code: Code::new(&it.code),
            severity: Code::new(match it.severity {
                Severity::Refused => "refused",
                Severity::Warning => "warning",
                Severity::Info => "info",
            }),
            article: it.citation.as_ref().map(|it| Code::new(&it.id)),
            earliest: it.earliest,
        };
        findings.iter().map(one).collect()
    }
}

/// The other side of a deal. A natural person is not named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Party {
    /// Registered name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Unified social credit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uscc: Option<String>,
    /// Nature.
    pub kind: Code,
    /// Size.
    pub size: Code,
}

impl Party {
    /// Of a party; only what is known not to be a natural person is named.
    pub fn of(party: &terms::Party) -> Self {
        use terms::PartyKind as Kind;
        let named = match party.kind {
            Kind::WhollyStateOwned
            | Kind::StateHolding
            | Kind::Private
            | Kind::Foreign
            | Kind::ForeignInvested
            | Kind::Institution => true,
            // What nobody said may be a natural person; a credit code says that it is not.
            Kind::Unknown | Kind::Abroad => party.uscc.is_some(),
            Kind::Person => false,
        };
        Self {
            name: named.then(|| party.name.clone()),
            uscc: party.uscc.clone().filter(|_| named),
            kind: Code::new(party.kind.code()),
            size: Code::new(party.size.code()),
        }
    }
}

/// Whose money a reader may read, where an event happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MoneyRight {
    /// None at all.
    #[default]
    None,
    /// The sums, and what this person gets.
    Own(PersonId),
    /// All of it.
    All,
}

/// Writes amounts as far as its reader may read them, and remembers what it did not
/// write.
#[derive(Debug, Default)]
pub struct Pen {
    money: MoneyRight,
    withheld: Vec<String>,
}

impl Pen {
    /// A pen for a reader.
    pub fn new(money: MoneyRight) -> Self {
        Self {
            money,
            withheld: Vec::new(),
        }
    }

    /// What was not written: the names of the fields, each once.
    pub fn withheld(self) -> Vec<String> {
        self.withheld
    }

    fn withhold(&mut self, field: &str) {
        if !self.withheld.iter().any(|it| it == field) {
            self.withheld.push(field.to_owned());
        }
    }

    fn open(&mut self, field: &str, right: bool) -> bool {
        if !right {
            self.withhold(field);
        }
        right
    }

    /// An amount that is nobody's own.
    pub fn fen(&mut self, field: &str, amount: Money) -> Option<Fen> {
        let right = self.money != MoneyRight::None;
        self.open(field, right).then(|| Fen(amount.fen()))
    }

    /// The same where there may be none; what is not there is not withheld.
    pub fn perhaps(&mut self, field: &str, amount: Option<Money>) -> Option<Fen> {
        amount.and_then(|amount| self.fen(field, amount))
    }

    /// A part that is nobody's own.
    pub fn part(&mut self, field: &str, share: Share) -> Option<Part> {
        let right = self.money != MoneyRight::None;
        self.open(field, right).then(|| Part(share.to_string()))
    }

    fn covers(&self, person: PersonId) -> bool {
        match self.money {
            MoneyRight::None => false,
            MoneyRight::Own(own) => own == person,
            MoneyRight::All => true,
        }
    }

    /// What one person gets.
    pub fn fen_of(&mut self, field: &str, person: PersonId, amount: Money) -> Option<Fen> {
        let right = self.covers(person);
        self.open(field, right).then(|| Fen(amount.fen()))
    }

    /// A voucher or bank number that leads to an amount.
    pub fn word(&mut self, field: &str, word: &str) -> Option<String> {
        let right = self.money != MoneyRight::None;
        self.open(field, right).then(|| word.to_owned())
    }

    /// The same where the amount is one person's.
    pub fn word_of(&mut self, field: &str, person: PersonId, word: &str) -> Option<String> {
        let right = self.covers(person);
        self.open(field, right).then(|| word.to_owned())
    }

    /// A list of lines that hang on the right to money: nothing without it, and only the
    /// lines that `line` may write under it.
    fn list<T, U>(
        &mut self,
        field: &str,
        all: &[T],
        mut line: impl FnMut(&mut Self, &T) -> Option<U>,
    ) -> Option<Vec<U>> {
        let right = self.money != MoneyRight::None;
        self.open(field, right)
            .then(|| all.iter().filter_map(|it| line(self, it)).collect())
    }

    /// What persons get; those whose amount may not be read are left out.
    pub fn awards(&mut self, field: &str, people: &[(PersonId, Money)]) -> Option<Vec<Award>> {
        self.list(field, people, |pen, (person, amount)| {
            let amount = pen.fen_of(field, *person, *amount)?;
            Some(Award {
                person: Id::new(person),
                amount,
            })
        })
    }

    /// Parts that persons hold; those that may not be read are left out.
    pub fn held(&mut self, field: &str, people: &[EquityShare]) -> Option<Vec<Held>> {
        self.list(field, people, |pen, it| {
            let right = pen.covers(it.person);
            let holding = pen
                .open(field, right)
                .then(|| Part(it.holding.to_string()))?;
            Some(Held {
                person: Id::new(it.person),
                holding,
            })
        })
    }

    /// What pools get.
    pub fn pools(&mut self, field: &str, pools: &[(String, Money)]) -> Option<Vec<Pool>> {
        self.list(field, pools, |pen, (pool, amount)| {
            let amount = pen.fen(field, *amount)?;
            Some(Pool {
                pool: Code::new(pool),
                amount,
            })
        })
    }
}
