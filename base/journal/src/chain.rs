//! The hash chain over the exact stored bytes, and the seal on its head.

use std::collections::HashMap;
use std::fmt::Write as _;

use dukou_kernel::InstitutionId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{Entry, StreamId};

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// Bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// What the first entry of an institution is chained to:
/// `SHA-256("dukou journal v1\n" || institution id as text)`.
pub fn genesis(institution: InstitutionId) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"dukou journal v1\n");
    hasher.update(institution.to_string().as_bytes());
    hasher.finalize().into()
}

/// The hash of an entry: `SHA-256(hash of the entry before || stored bytes)`.
pub fn next_hash(previous: &Hash, bytes: &str) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(bytes.as_bytes());
    hasher.finalize().into()
}

/// The secret that seals the head, so that a cut-off tail is found even when
/// the head row was rewritten to match.
#[derive(Clone)]
pub struct SealKey(Vec<u8>);

impl SealKey {
    /// A key of any length, 32 bytes as the program makes them.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Another secret that follows from this one, for another use.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0) else {
            return [0; 32];
        };
        mac.update(b"dukou derived v1\n");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn mac(&self, institution: InstitutionId, seq: i64, hash: &Hash) -> Option<Hmac<Sha256>> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).ok()?;
        mac.update(b"dukou head v1\n");
        mac.update(format!("{institution}\n{seq}\n").as_bytes());
        mac.update(hash);
        Some(mac)
    }

    /// HMAC-SHA-256 over institution, number and hash of the newest entry.
    pub fn seal(&self, institution: InstitutionId, seq: i64, hash: &Hash) -> Vec<u8> {
        self.mac(institution, seq, hash)
            .map(|mac| mac.finalize().into_bytes().to_vec())
            .unwrap_or_default()
    }

    /// True when the seal belongs to this head.
    pub fn opens(&self, institution: InstitutionId, seq: i64, hash: &Hash, seal: &[u8]) -> bool {
        self.mac(institution, seq, hash)
            .is_some_and(|mac| mac.verify_slice(seal).is_ok())
    }
}

/// The first thing found wrong while walking the chain.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// A number is missing or out of place.
    #[error("entry {expected} is missing: the next stored entry is {found}")]
    Gap {
        /// The number that should have come.
        expected: i64,
        /// The number that came.
        found: i64,
    },
    /// The bytes do not give the stored hash.
    #[error("entry {seq} was changed: its bytes do not give the stored hash")]
    Changed {
        /// The entry.
        seq: i64,
    },
    /// The bytes are not an entry.
    #[error("entry {seq} is not readable: {why}")]
    Unreadable {
        /// The entry.
        seq: i64,
        /// What the reader says.
        why: String,
    },
    /// A column beside the bytes says something else than the bytes.
    #[error("entry {seq}: the column {column} does not agree with the entry's bytes")]
    Column {
        /// The entry.
        seq: i64,
        /// The column.
        column: &'static str,
    },
    /// The versions of one stream have a gap.
    #[error("entry {seq}: {stream} jumps to version {found}, expected {expected}")]
    Version {
        /// The entry.
        seq: i64,
        /// The stream.
        stream: String,
        /// The version that should have come.
        expected: i64,
        /// The version that came.
        found: i64,
    },
}

/// Walks one institution's chain, entry by entry.
pub struct Chain {
    institution: InstitutionId,
    seq: i64,
    hash: Hash,
    versions: HashMap<StreamId, i64, foldhash::fast::RandomState>,
}

impl Chain {
    /// A walk that starts before the first entry.
    pub fn new(institution: InstitutionId) -> Self {
        Self {
            institution,
            seq: 0,
            hash: genesis(institution),
            versions: HashMap::default(),
        }
    }

    /// Makes room at once for the streams that so many entries may have: a table that
    /// grows is copied each time. Nobody vouches for the number, so it never asks for more
    /// room than a million streams take.
    #[must_use]
    pub fn with_room_for(mut self, entries: usize) -> Self {
        // A stream seldom has fewer.
        self.versions.reserve((entries / 8).min(1 << 20));
        self
    }

    /// Number of the last good entry.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// Hash of the last good entry.
    pub fn hash(&self) -> &Hash {
        &self.hash
    }

    /// Takes the next stored row and gives back its decoded entry.
    ///
    /// # Errors
    /// The first [`ChainFault`]; the walk stays at the last good entry.
    pub fn step<'a>(
        &mut self,
        seq: i64,
        bytes: &'a str,
        stored: &[u8],
    ) -> Result<Entry<'a>, ChainFault> {
        let expected = self.seq + 1;
        if seq != expected {
            return Err(ChainFault::Gap {
                expected,
                found: seq,
            });
        }
        let hash = next_hash(&self.hash, bytes);
        if hash.as_slice() != stored {
            return Err(ChainFault::Changed { seq });
        }
        self.link(bytes, hash)
    }

    /// Takes the next entry where no hash is stored beside it; the head at the end
    /// is what tells whether all of them were the right ones.
    ///
    /// # Errors
    /// As [`Chain::step`].
    pub fn next<'a>(&mut self, bytes: &'a str) -> Result<Entry<'a>, ChainFault> {
        let hash = next_hash(&self.hash, bytes);
        self.link(bytes, hash)
    }

    fn link<'a>(&mut self, bytes: &'a str, hash: Hash) -> Result<Entry<'a>, ChainFault> {
        let seq = self.seq + 1;
        let entry = Entry::from_bytes(bytes).map_err(|error| ChainFault::Unreadable {
            seq,
            why: error.to_string(),
        })?;
        if entry.meta.seq != seq {
            return Err(ChainFault::Column { seq, column: "seq" });
        }
        if entry.meta.institution != self.institution {
            return Err(ChainFault::Column {
                seq,
                column: "institution",
            });
        }
        let version = self.versions.entry(entry.meta.stream).or_default();
        if entry.meta.version != *version + 1 {
            return Err(ChainFault::Version {
                seq,
                stream: entry.meta.stream.to_string(),
                expected: *version + 1,
                found: entry.meta.version,
            });
        }
        *version += 1;
        self.seq = seq;
        self.hash = hash;
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, Meta};
    use dukou_kernel::Date;

    fn institution() -> InstitutionId {
        "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap()
    }

    fn stored(count: i64) -> Vec<(i64, String, Hash)> {
        let mut hash = genesis(institution());
        (1..=count)
            .map(|seq| {
                let entry = Entry {
                    meta: Meta {
                        institution: institution(),
                        seq,
                        stream: StreamId::Institution,
                        version: seq,
                        kind: "note.written.v1".into(),
                        actor: Actor::System("test".into()),
                        on_behalf: None,
                        at_ms: 1_700_000_000_000 + seq,
                        effective: Date::constant(2026, 11, 25),
                        reason: None,
                        corrects: None,
                        key: None,
                        request: None,
                        clock: Some("test".into()),
                    },
                    body: format!("{{\"n\":{seq}}}").into(),
                };
                let bytes = entry.to_bytes().unwrap();
                assert_eq!(Entry::from_bytes(&bytes).unwrap(), entry);
                hash = next_hash(&hash, &bytes);
                (seq, bytes, hash)
            })
            .collect()
    }

    fn walk(rows: &[(i64, String, Hash)]) -> Result<(), ChainFault> {
        let mut chain = Chain::new(institution());
        rows.iter()
            .try_for_each(|(seq, bytes, hash)| chain.step(*seq, bytes, hash).map(|_| ()))
    }

    #[test]
    fn an_untouched_chain_is_good() {
        assert_eq!(walk(&stored(20)), Ok(()));
    }

    #[test]
    fn a_changed_removed_or_swapped_entry_is_named() {
        let mut changed = stored(9);
        changed[4].1 = changed[4].1.replace("\"n\":5", "\"n\":6");
        assert_eq!(walk(&changed), Err(ChainFault::Changed { seq: 5 }));

        let mut removed = stored(9);
        removed.remove(4);
        assert_eq!(
            walk(&removed),
            Err(ChainFault::Gap {
                expected: 5,
                found: 6
            })
        );

        let mut swapped = stored(9);
        swapped.swap(3, 4);
        swapped[3].0 = 4;
        swapped[4].0 = 5;
        assert_eq!(walk(&swapped), Err(ChainFault::Changed { seq: 4 }));
    }

    proptest::proptest! {
        #[test]
        fn any_flipped_byte_is_found(row in 0usize..6, at in 0usize..200, bit in 0u8..7) {
            let mut rows = stored(6);
            let mut bytes = rows[row].1.clone().into_bytes();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            if let Ok(text) = String::from_utf8(bytes) {
                rows[row].1 = text;
                proptest::prop_assert!(walk(&rows).is_err());
            }
        }
    }
}
