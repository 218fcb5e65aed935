//! The work of a technology transfer office, in the order it happens.
//!
//! One folder per stage, numbered as the work goes; each holds its commands,
//! events, state and the two functions that move it ([`Stage`]). A stage sees
//! only earlier stages. `whole/` lists the stages and joins their commands and
//! events; its test walks one case from disclosure to paid shares.

#[macro_use(words)]
extern crate dukou_kernel;

#[macro_use]
mod events;
mod checks;
pub mod contract;
mod kept;
pub mod law;
pub mod terms;

pub mod institution;
pub mod people;

#[path = "1-disclosure/mod.rs"]
pub mod disclosure;
#[path = "2-assessment/mod.rs"]
pub mod assessment;
#[path = "3-protection/mod.rs"]
pub mod protection;
#[path = "4-valuation/mod.rs"]
pub mod valuation;
#[path = "5-matching/mod.rs"]
pub mod matching;
#[path = "6-deal/mod.rs"]
pub mod deal;
pub mod publicity;
#[path = "7-agreement/mod.rs"]
pub mod agreement;
#[path = "8-income/mod.rs"]
pub mod income;
#[path = "9-distribution/mod.rs"]
pub mod distribution;

pub mod history;
pub mod whole;
pub mod public;

pub use dukou_calendar as calendar;

pub use kept::Kept;

pub use contract::{Claim, Context, Need, NewEvent, Row, Stage, States, Table};
