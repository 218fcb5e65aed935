//! What of the journal somebody may read: an entry stands in its stream, and what
//! it says is read by whoever may read that case, deal, person or money.

use std::collections::HashMap;

use dukou_chain::institution::Institution;
use dukou_chain::people::Scope;
use dukou_chain::public::{MoneyRight, Reader};
use dukou_journal::{Entry, StreamId};
use dukou_kernel::DealId;
use dukou_store::{Db, Fault};
use serde::Deserialize;

use crate::authorise::{authorise, covers_case, covers_deal};
use crate::data::text;
use crate::session::User;

/// True for what tells of receipts, their division or payments.
pub fn is_money(name: &str) -> bool {
    [
        "income.",
        "distribution.",
        "history.receipt",
        "history.distribution",
    ]
    .iter()
    .any(|head| name.starts_with(head))
}

/// The command that an entry of a refused step tells of.
fn tried(entry: &Entry<'_>) -> String {
    #[derive(Deserialize)]
    struct Tried {
        command: String,
    }
    if !entry.meta.kind.starts_with("closing.refused.") {
        return String::new();
    }
    serde_json::from_str::<Tried>(&entry.body).map_or_else(|_| String::new(), |it| it.command)
}

/// What one reader may read, remembered while a page is made.
pub struct Sight<'a> {
    user: &'a User,
    cases: Scope,
    deals: Scope,
    money: Scope,
    people: Scope,
    known: HashMap<(StreamId, bool), bool>,
}

impl<'a> Sight<'a> {
    /// The sight of a user, as roles and token have it.
    pub fn new(institution: &Institution, user: &'a User) -> Self {
        let may = |action| authorise(Some(institution), Some(user), action);
        Self {
            user,
            cases: may("case.read"),
            deals: may("deal.read"),
            money: may("money.read"),
            people: may("people.read"),
            known: HashMap::new(),
        }
    }

    /// May the reader read what this entry says?
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn reads(&mut self, db: &mut dyn Db, entry: &Entry<'_>) -> Result<bool, Fault> {
        let (stream, kind) = (entry.meta.stream, entry.meta.kind.as_ref());
        let money = is_money(kind) || is_money(&tried(entry));
        self.sees(db, stream, money)
    }

    fn sees(&mut self, db: &mut dyn Db, stream: StreamId, money: bool) -> Result<bool, Fault> {
        if let Some(known) = self.known.get(&(stream, money)) {
            return Ok(*known);
        }
        let sees = self.covers(db, stream)? && (!money || self.money_of(db, stream)?);
        self.known.insert((stream, money), sees);
        Ok(sees)
    }

    /// What of this entry the reader may read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn reader(&mut self, db: &mut dyn Db, entry: &Entry<'_>) -> Result<Reader, Fault> {
        let says = self.reads(db, entry)?;
        let money = says && self.sees(db, entry.meta.stream, true)?;
        Ok(Reader {
            says,
            money: if money {
                self.money_right()
            } else {
                MoneyRight::None
            },
            person: Some(self.user.person),
        })
    }

    /// Whose money the reader may read where any may be read.
    pub fn money_right(&self) -> MoneyRight {
        match self.money {
            Scope::None => MoneyRight::None,
            Scope::Own => MoneyRight::Own(self.user.person),
            Scope::Unit | Scope::All => MoneyRight::All,
        }
    }

    /// May the reader read the money of this deal?
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn reads_money(&self, db: &mut dyn Db, deal: DealId) -> Result<bool, Fault> {
        self.money_of(db, StreamId::Deal(deal))
    }

    /// May the reader read the money of this case or deal?
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn reads_money_of(&self, db: &mut dyn Db, stream: StreamId) -> Result<bool, Fault> {
        self.money_of(db, stream)
    }

    fn money_of(&self, db: &mut dyn Db, stream: StreamId) -> Result<bool, Fault> {
        within(db, self.user, self.money, stream)
    }

    fn covers(&self, db: &mut dyn Db, stream: StreamId) -> Result<bool, Fault> {
        let scope = match stream {
            StreamId::Case(_) => self.cases,
            StreamId::Deal(_) => self.deals,
            StreamId::Person(_) => self.people,
            // What the school set for everybody is told to everybody.
            StreamId::Institution => Scope::All,
        };
        within(db, self.user, scope, stream)
    }
}

/// Does a scope take this stream in?
fn within(db: &mut dyn Db, user: &User, scope: Scope, stream: StreamId) -> Result<bool, Fault> {
    match (scope, stream) {
        (Scope::All, _) => Ok(true),
        (Scope::None, _) => Ok(false),
        (_, StreamId::Case(id)) => covers_case(db, user, scope, id),
        (_, StreamId::Deal(id)) => covers_deal(db, user, scope, id),
        (Scope::Own, StreamId::Person(id)) => Ok(id == user.person),
        (Scope::Unit, StreamId::Person(id)) => {
            let row = db.row(
                "SELECT 1 FROM person_view WHERE institution = $1 AND id = $2 AND unit = $3",
                &[
                    text(user.institution),
                    text(id),
                    text(user.unit.map_or_else(String::new, |it| it.to_string())),
                ],
            )?;
            Ok(id == user.person || row.is_some())
        }
        (_, StreamId::Institution) => Ok(false),
    }
}
