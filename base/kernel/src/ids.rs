//! One alphabetical registry of typed ids. Inside each stands a UUIDv7 made at
//! the edge; nothing in the pure rooms makes one. In JSON each is its bare text; to
//! a serializer each tells its name, so that whoever walks over a value finds the ids
//! in it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A way to sign in (账号).
    AccountId,
    /// One import of an office's ledger (导入批次).
    BatchId,
    /// One achievement with its rights (成果).
    CaseId,
    /// One transaction over one or more cases (转化项目).
    DealId,
    /// One installation may hold several institutions (学校) that never see each other.
    InstitutionId,
    /// One publicity notice (公示).
    NoticeId,
    /// A person, with or without an account (人员).
    PersonId,
    /// Money received (到账).
    ReceiptId,
    /// A patent, software copyright or other right (知识产权).
    RightId,
    /// A college or office of the institution (院系、部门).
    UnitId,
}

/// SHA-256 of a stored file, as 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileHash(String);

impl FileHash {
    /// Of the 32 bytes that SHA-256 gave.
    pub fn of_digest(digest: [u8; 32]) -> Self {
        use fmt::Write as _;
        let hex = String::with_capacity(64);
        Self(digest.iter().fold(hex, |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }))
    }

    /// The hash as 64 lower-case hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileHash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a file hash is 64 lower-case hex digits")
        }
    }
}

impl fmt::Display for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for FileHash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_newtype_struct("FileHash", &self.0)
    }
}

impl<'de> Deserialize<'de> for FileHash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        crate::read_text(from)
    }
}
