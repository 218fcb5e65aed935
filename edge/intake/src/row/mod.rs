//! Rows of a table into typed rows: which rows count, what each holds.

mod achievement;
mod contract;
mod distribution;
mod kinds;
mod named;
mod receipt;
mod skip;
mod view;

pub use achievement::{AchievementDraft, read_achievement};
pub use contract::{ContractDraft, RightRef, read_contract};
pub use distribution::{DistributionDraft, persons_unit, read_distribution};
pub use kinds::{Achievement, Contract, Distribution, Place, Receipt, contract_key, title_key};
pub use receipt::{ReceiptDraft, read_receipt};
pub use skip::{Role, role, void_words};
pub use view::{Reader, View};
