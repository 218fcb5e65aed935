//! The journal's record: what one entry holds, its exact bytes, and the chain
//! that makes any change, removal, insertion or reordering visible.
//!
//! The format is written for outsiders in `docs/journal.md`, with test vectors.
//! There is no database here: [`Chain`] is fed with bytes and says what is wrong.

mod stream;
mod entry;
mod quick;
mod exact;
mod chain;
mod sealed;

pub use chain::{Chain, ChainFault, Hash, SealKey, genesis, hex, next_hash};
pub use entry::{Actor, DecodeError, Entry, Meta};
pub use sealed::{commitment, commitment_to, is_commitment};
pub use stream::StreamId;
