//! The words every room of Dukou uses. No clock, no randomness, no IO.

mod text;
mod words;
mod parsed;
mod money;
mod share;
mod ids;
mod finding;
pub mod spelling;

pub use finding::{Citation, Finding, Refusal, Severity};
pub use ids::{
    AccountId, BatchId, CaseId, DealId, FileHash, InstitutionId, NoticeId, PersonId, ReceiptId,
    RightId, UnitId,
};
pub use money::{Money, MoneyError};
pub use parsed::read_text;
pub use share::{Share, ShareError, gcd};
pub use text::{Lang, Text, holds_nul};

/// A civil day. Legal days are days in Asia/Shanghai, whatever the server's zone.
pub use jiff::civil::Date;
