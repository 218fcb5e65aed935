//! Accounts of a transfer office and movements between them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use dukou_kernel::{Money, MoneyError, PersonId};
use serde::{Deserialize, Serialize};

/// An account of the office's books. Money moves *from* one *to* another; the
/// balance of an account is what came in less what went out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// 付款方: where receipts come from; its balance is the negative of all that
    /// was received.
    Payer,
    /// 转化收入待分配: received, not yet divided.
    Clearing,
    /// 成本收回: costs of the office recovered before the division.
    CostRecovery,
    /// 应返还发明人费用 (加倍返还).
    InventorReturn,
    /// 应付个人奖励, paid or held.
    Person(PersonId),
    /// 学院、学校、机构的分配池: `pool:university`.
    Pool(String),
    /// 已支付.
    PaidOut,
}

/// Not the code of an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no account has the code {0}")]
pub struct AccountError(pub String);

impl fmt::Display for Account {
    /// The stable code: `clearing`, `person:<uuid>`, `pool:university`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payer => f.write_str("payer"),
            Self::Clearing => f.write_str("clearing"),
            Self::CostRecovery => f.write_str("cost_recovery"),
            Self::InventorReturn => f.write_str("inventor_return"),
            Self::Person(person) => write!(f, "person:{person}"),
            Self::Pool(name) => write!(f, "pool:{name}"),
            Self::PaidOut => f.write_str("paid_out"),
        }
    }
}

impl FromStr for Account {
    type Err = AccountError;

    fn from_str(code: &str) -> Result<Self, AccountError> {
        let wrong = || AccountError(code.to_owned());
        match code {
            "payer" => return Ok(Self::Payer),
            "clearing" => return Ok(Self::Clearing),
            "cost_recovery" => return Ok(Self::CostRecovery),
            "inventor_return" => return Ok(Self::InventorReturn),
            "paid_out" => return Ok(Self::PaidOut),
            _ => {}
        }
        match code.split_once(':') {
            Some(("person", id)) => id.parse().map(Self::Person).map_err(|_| wrong()),
            Some(("pool", name)) if !name.is_empty() => Ok(Self::Pool(name.to_owned())),
            _ => Err(wrong()),
        }
    }
}

dukou_kernel::as_text!(Account);

/// One movement: from an account to another, a positive amount. What one loses
/// the other gains, so an unbalanced entry cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PostingData")]
pub struct Posting {
    from: Account,
    to: Account,
    amount: Money,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostingData {
    from: Account,
    to: Account,
    amount: Money,
}

/// Why a movement cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostingError {
    /// Zero or less.
    #[error("a posting moves a positive amount, not {0}")]
    NotPositive(Money),
    /// From an account to itself.
    #[error("a posting moves between two accounts, not from {0} to itself")]
    SameAccount(Account),
    /// A person's key is no id.
    #[error("{0} is not the id of a person")]
    NoPerson(String),
}

impl Posting {
    /// A movement.
    ///
    /// # Errors
    /// When the amount is not positive or both accounts are the same.
    pub fn new(from: Account, to: Account, amount: Money) -> Result<Self, PostingError> {
        if !amount.is_positive() {
            return Err(PostingError::NotPositive(amount));
        }
        if from == to {
            return Err(PostingError::SameAccount(from));
        }
        Ok(Self { from, to, amount })
    }

    /// A movement of a signed amount: a negative one goes the other way, zero
    /// moves nothing.
    ///
    /// # Errors
    /// When both accounts are the same or the amount cannot change its sign.
    pub fn signed(from: Account, to: Account, amount: Money) -> Result<Option<Self>, PostingError> {
        if amount == Money::ZERO {
            return Ok(None);
        }
        if amount.is_negative() {
            let back = amount
                .fen()
                .checked_neg()
                .ok_or(PostingError::NotPositive(amount))?;
            return Self::new(to, from, Money::from_fen(back)).map(Some);
        }
        Self::new(from, to, amount).map(Some)
    }

    /// Where the money comes from.
    pub fn from(&self) -> &Account {
        &self.from
    }

    /// Where it goes.
    pub fn to(&self) -> &Account {
        &self.to
    }

    /// How much; above zero.
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// The movement back.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            from: self.to.clone(),
            to: self.from.clone(),
            amount: self.amount,
        }
    }
}

impl TryFrom<PostingData> for Posting {
    type Error = PostingError;

    fn try_from(data: PostingData) -> Result<Self, PostingError> {
        Self::new(data.from, data.to, data.amount)
    }
}

/// What stands on each account after some postings. The balances always sum to
/// zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balances(BTreeMap<Account, Money>);

impl Balances {
    /// The balances after these postings.
    ///
    /// # Errors
    /// When one no longer fits.
    pub fn of<'a>(postings: impl IntoIterator<Item = &'a Posting>) -> Result<Self, MoneyError> {
        let mut balances = Self::default();
        for posting in postings {
            balances.post(posting)?;
        }
        Ok(balances)
    }

    /// Adds one posting; on error nothing has changed.
    ///
    /// # Errors
    /// When a balance no longer fits.
    pub fn post(&mut self, posting: &Posting) -> Result<(), MoneyError> {
        let from = self.get(&posting.from).minus(posting.amount)?;
        let to = self.get(&posting.to).plus(posting.amount)?;
        self.0.insert(posting.from.clone(), from);
        self.0.insert(posting.to.clone(), to);
        Ok(())
    }

    /// The balance of one account.
    pub fn get(&self, account: &Account) -> Money {
        self.0.get(account).copied().unwrap_or_default()
    }

    /// Every account that ever moved, with its balance.
    pub fn iter(&self) -> impl Iterator<Item = (&Account, Money)> {
        self.0.iter().map(|(account, money)| (account, *money))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_stable_and_read_back() {
        let person = PersonId(uuid::Uuid::nil());
        for (account, code) in [
            (Account::Payer, "payer"),
            (Account::Clearing, "clearing"),
            (Account::CostRecovery, "cost_recovery"),
            (Account::InventorReturn, "inventor_return"),
            (
                Account::Person(person),
                "person:00000000-0000-0000-0000-000000000000",
            ),
            (Account::Pool("学院:a".into()), "pool:学院:a"),
            (Account::PaidOut, "paid_out"),
        ] {
            assert_eq!(account.to_string(), code);
            assert_eq!(code.parse::<Account>(), Ok(account));
        }
        for wrong in ["", "pool:", "person:x", "bank"] {
            assert!(wrong.parse::<Account>().is_err());
        }
    }

    #[test]
    fn an_unbalanced_posting_cannot_be_written() {
        assert!(Posting::new(Account::Payer, Account::Clearing, Money::ZERO).is_err());
        assert!(Posting::new(Account::Payer, Account::Payer, Money::from_fen(1)).is_err());
        assert!(
            serde_json::from_str::<Posting>(r#"{"from":"payer","to":"clearing","amount":-1}"#)
                .is_err()
        );
        let posting = Posting::new(Account::Payer, Account::Clearing, Money::from_fen(7)).unwrap();
        let balances = Balances::of([&posting, &posting, &posting.reversed()]).unwrap();
        assert_eq!(balances.get(&Account::Clearing), Money::from_fen(7));
        assert_eq!(
            Money::sum(balances.iter().map(|(_, money)| money)),
            Ok(Money::ZERO)
        );
    }
}
