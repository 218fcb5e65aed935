//! 整校导出、备份与恢复 — one institution or a whole installation as one file,
//! in open formats that docs/archive.md describes: journal lines exactly as they
//! were hashed, own tables as JSON, evidence by its hash, all in a ZIP.
//!
//! Writing dresses nothing up: what was changed behind the program's back is named
//! and not archived. Reading trusts nothing: the whole archive is looked through
//! before anything is made of it, names in it are looked up, never followed.

mod part;
mod read;
mod survey;
mod write;

use std::collections::BTreeMap;

use dukou_kernel::{InstitutionId, Text};
use serde::{Deserialize, Serialize};

pub(crate) use read::{TAKEN, read};
pub(crate) use write::write;

use crate::Fault;

/// The archive's format; a reader refuses what is newer. Version 1 had fewer tables,
/// and neither the folder's files nor lists of missing evidence.
const VERSION: u64 = 2;
const FORMAT: &str = "dukou-archive";
/// The longest line a reader takes.
const LONGEST: u64 = 16 << 20;
/// The most members a reader looks at.
const MEMBERS: usize = 4_000_000;

/// Own tables: what the journal does not hold and an office would miss. Sessions and
/// invitations are left behind: they open doors, and end by themselves.
const OWN: &[(&str, &[&str])] = &[
    ("sealed", &["subject", "field", "text"]),
    (
        "institution_secret",
        &["id", "purpose", "wrapped", "made_at"],
    ),
    (
        "file",
        &[
            "hash",
            "name",
            "media",
            "size",
            "uploaded_at",
            "uploaded_by",
        ],
    ),
    (
        "account",
        &[
            "id",
            "person",
            "login",
            "password_hash",
            "totp_secret",
            "totp_last_step",
            "failed",
            "locked_until",
            "created_at",
            "disabled",
        ],
    ),
    ("saved_view", &["person", "list", "name", "query"]),
    ("import_mapping", &["fingerprint", "mapping", "saved_at"]),
    (
        "audit",
        &[
            "id", "at_ms", "person", "kind", "action", "path", "status", "via", "address",
        ],
    ),
    ("draft", &["id", "person", "kind", "body", "saved_at"]),
    (
        "api_token",
        &[
            "id",
            "token_hash",
            "person",
            "name",
            "scopes",
            "created_at",
            "expires_at",
            "used_at",
        ],
    ),
    (
        "hook",
        &[
            "id", "name", "url", "kinds", "secret", "enabled", "seq", "attempts", "next_at",
            "sent_at", "error", "made_by", "made_at", "scopes",
        ],
    ),
    (
        "hook_letter",
        &["hook", "seq", "attempts", "error", "at_ms"],
    ),
];

/// Tables with a column for the institution that no archive holds.
#[cfg(test)]
const LEFT: &[&str] = &["journal", "head", "session", "invite", "api_answer"];

/// The newest entry of an institution in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedHead {
    /// Which.
    pub institution: InstitutionId,
    /// Its number.
    pub seq: i64,
    /// Its hash in hex.
    pub hash: String,
}

/// What was written or taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// The newest entry of every institution.
    pub heads: Vec<ArchivedHead>,
    /// What is not whole and was not whole before: evidence that is missing or was
    /// altered, a seal that could not be looked at.
    pub notes: Vec<Text>,
}

/// What an archive is taken in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// One institution, beside others.
    Institution,
    /// A whole installation, where nothing is yet.
    Whole,
}

/// What lies in an archive.
#[derive(Serialize, Deserialize)]
struct Manifest {
    format: String,
    version: u64,
    #[serde(default)]
    program: String,
    #[serde(default)]
    schema: i64,
    institutions: Vec<ManifestPart>,
    /// Files of the data folder, by their names there.
    #[serde(default)]
    folder: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct ManifestPart {
    institution: InstitutionId,
    entries: u64,
    head: ManifestHead,
    /// Rows per own table. What an older program did not have yet is not named.
    tables: BTreeMap<String, u64>,
    files: u64,
    /// Evidence that was not there when the archive was made.
    #[serde(default)]
    missing: Vec<String>,
    /// Evidence whose bytes were no longer those that were uploaded.
    #[serde(default)]
    altered: Vec<String>,
    /// Pages of notices that are gone, because they named somebody who was erased.
    #[serde(default)]
    erased: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct ManifestHead {
    seq: i64,
    hash: String,
}

impl ManifestPart {
    fn head(&self) -> ArchivedHead {
        ArchivedHead {
            institution: self.institution,
            seq: self.head.seq,
            hash: self.head.hash.clone(),
        }
    }

    /// Where in the archive one of its members lies.
    fn member(&self, name: &str) -> String {
        format!("{}/{name}", self.institution)
    }

    fn notes(&self) -> impl Iterator<Item = Text> + '_ {
        let who = self.institution;
        let missing = self.missing.iter().map(move |hash| {
            dukou_kernel::text!(
                "{who}：附件 {hash} 不见了，存档里没有它。",
                "{who}: evidence {hash} is missing, and so it is in the archive."
            )
        });
        let altered = self.altered.iter().map(move |hash| {
            dukou_kernel::text!(
                "{who}：附件 {hash} 被改动过，没有存入存档。",
                "{who}: evidence {hash} was altered and is not in the archive."
            )
        });
        missing.chain(altered)
    }
}

/// True for a file of the data folder that goes with a whole installation: its
/// settings, the heads saved so far, and the holiday arrangements laid there.
fn goes_along(name: &str) -> bool {
    let year = name.strip_prefix("calendar/").is_some_and(|year| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        year.ends_with(".toml") && !year.starts_with('.') && year.bytes().all(plain)
    });
    year || matches!(name, "config.toml" | "heads.log")
}

fn broken(why: impl ToString) -> Fault {
    Fault::Other(format!("the archive cannot be read: {}", why.to_string()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::db::Db;
    use crate::{schema, sqlite::Sqlite};

    /// A table or column of the migrations that an archive forgets is found here.
    #[test]
    fn an_archive_holds_every_column_of_every_own_table() {
        let path = std::env::temp_dir().join(format!("dukou-own-{}", uuid::Uuid::now_v7()));
        let mut db = Sqlite::scratch(&path).unwrap();
        schema::migrate(&mut db, 0).unwrap();
        let tables = db
            .rows("SELECT name FROM sqlite_schema WHERE type = 'table'", &[])
            .unwrap();
        let mut held = 0;
        for table in tables.iter().map(|row| row.text(0)) {
            let columns: BTreeSet<String> = db
                .rows(
                    &format!("SELECT name FROM pragma_table_info('{table}')"),
                    &[],
                )
                .unwrap()
                .iter()
                .map(|row| row.text(0).to_owned())
                .filter(|it| it != "institution")
                .collect();
            let own = OWN.iter().find(|(name, _)| *name == table);
            let store = ["schema_version", "store_meta"].contains(&table);
            match own {
                Some((_, named)) => {
                    held += 1;
                    let named = named.iter().map(|it| (*it).to_owned()).collect();
                    assert_eq!(columns, named, "{table}");
                }
                None => assert!(store || LEFT.contains(&table), "{table} is forgotten"),
            }
        }
        assert_eq!(held, OWN.len());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn only_names_of_the_folder_go_along() {
        for name in ["config.toml", "heads.log", "calendar/2027.toml"] {
            assert!(goes_along(name), "{name}");
        }
        for name in [
            "keys/seal.key",
            "calendar/../x.toml",
            "calendar/.toml",
            "calendar/a/b.toml",
            "/etc/x.toml",
        ] {
            assert!(!goes_along(name), "{name}");
        }
    }
}
