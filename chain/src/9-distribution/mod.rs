//! 收益分配与兑现 — each receipt becomes net income, pools and personal awards,
//! to the fen; another hand approves; what must be published is published; each
//! person is paid (促进科技成果转化法第43–45条).
//!
//! Receipts are taken in the order they arrived. The rule that was used stands
//! in the event with its citations, so a later correction of the rulebook
//! changes no past distribution.

mod awards;
mod command;
mod decide;
mod engine;
mod event;
mod explain;
pub mod filing;
pub(crate) mod v1;
pub mod postings;
mod reward;
mod state;
mod tasks;

pub use awards::Award;
pub use command::{Command, EquityShare};
pub use decide::{Before, decide};
pub use engine::Engine;
pub use event::{
    Approved, Basis, ClawedBack, CostTaken, EquityAllotted, Event, InventorBefore, Paid, Proposed,
    Rejected, RewardClosed, Split,
};
pub use explain::{Divided, explain, readable};
pub use filing::{ReliefFiled, Unfiled};
pub use reward::{Contribution, Registration, RewardFacts, RewardPosted, RewardSource, Rewarded};
pub use state::{Distribution, Division, Reward, Standing};
