//! The office's books: how money is divided, and where it stands.
//!
//! [`split`] is the one rounding rule of every division. [`DistributionState`]
//! is the one distribution: cases and calculators feed it receipt by receipt.
//! [`Posting`]s move amounts between [`Account`]s; an unbalanced one cannot be
//! written.
//!
//! ```
//! use dukou_kernel::Money;
//! use dukou_ledger::{Claim, Exact, split};
//!
//! let third = |given| Claim { entitled: Exact::ratio(100, 3).unwrap(), given: Money::from_fen(given) };
//! let parts = split(Money::from_fen(100), &[third(0), third(0), third(0)]).unwrap();
//! assert_eq!(parts, [34, 33, 33].map(Money::from_fen));
//! ```

mod exact;
mod split;
mod account;
pub mod distribution;

pub use account::{Account, AccountError, Balances, Posting, PostingError};
pub use distribution::{
    Computation, CostLine, DistributionState, Paid, PersonShare, Receipt, ReceiptSplit, Running,
    SplitFinding, Terms, Totals, trace,
};
pub use exact::{Exact, ExactError};
pub use split::{Claim, SplitError, split};
