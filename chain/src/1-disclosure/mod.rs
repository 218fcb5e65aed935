//! 披露 — an inventor tells the office of a service achievement (职务科技成果).
//!
//! Who acts: the inventor submits, confirms or objects to a share; a technology
//! manager accepts, returns or declines. Law: 促进科技成果转化法第2、19条;
//! 教科技〔2020〕1号. Nothing of a state secret (涉密) is ever entered: the form
//! asks first, and a command that does not deny it is refused before it is kept.

mod command;
mod event;
mod state;
mod decide;

pub use command::{Command, Details, PriorWork, Secrecy};
pub use decide::Before;
pub(crate) use decide::own_case;
pub use event::{
    Accepted, Assigned, Declined, Event, Resubmitted, Returned, ShareConfirmed, ShareObjected,
    SharesRevised, Submitted,
};
pub use state::{Disclosure, Say, Standing};
