//! The tables that do not follow from the journal, each with an invented row.

use dukou_journal::commitment_to;
use dukou_store::{Db, Fault, SealedText, Value as Cell};
use serde_json::json;

use crate::place::*;

/// Tables that do not follow from the journal. An archive holds all but the last two.
pub const OWN: [&str; 13] = [
    "sealed",
    "institution_secret",
    "file",
    "account",
    "saved_view",
    "import_mapping",
    "audit",
    "draft",
    "api_token",
    "hook",
    "hook_letter",
    "session",
    "invite",
];

/// How many of them an archive holds.
pub const HELD: usize = 11;

/// Every row of the tables that an archive holds.
pub fn own(db: &mut dyn Db) -> Result<Vec<String>, Fault> {
    let mut lines = Vec::new();
    for table in OWN.into_iter().take(HELD) {
        let rows = db.rows(&format!("SELECT * FROM {table}"), &[])?;
        let mut rows: Vec<String> = rows
            .iter()
            .map(|row| format!("{table} {:?}", row.0))
            .collect();
        assert!(!rows.is_empty(), "{table} is empty");
        rows.sort();
        lines.extend(rows);
    }
    Ok(lines)
}

impl Office {
    /// Registers a person whose name and number the journal commits to.
    pub fn register(&self, number: u128, name: &str, staff_no: &str) {
        let salt = "5a".repeat(16);
        let mut envelope = self.envelope(
            4,
            json!({
                "command": "people.register", "person": id(number), "kind": "staff", "posts": [],
                "seals": {
                    "name": commitment_to(&salt, name), "number": commitment_to(&salt, staff_no),
                },
            }),
        );
        let text = |field: &str, text: &str| SealedText {
            subject: id(number).parse().unwrap(),
            field: field.to_owned(),
            text: text.to_owned(),
        };
        envelope.sealed = vec![
            text("name_salt", &salt),
            text("number_salt", &salt),
            text("name", name),
            text("staff_no", staff_no),
        ];
        self.store.execute(envelope).unwrap();
    }

    /// Fills every own table but that of names with one invented row.
    pub fn furnish(&self) {
        self.receive_paper();
        let who = self.institution.to_string();
        self.store
            .write(move |db| {
                let person: Cell = id(1).into();
                for (sql, cells) in [
                    (
                        "account (institution, id, person, login, password_hash, totp_secret, created_at) VALUES ($1, 'a', $2, 'li', 'x', 'y', 5)",
                        vec![person.clone()],
                    ),
                    ("saved_view (institution, person, list, name, query) VALUES ($1, $2, 'cases', '我的', 'q=1')", vec![person.clone()]),
                    ("import_mapping (institution, fingerprint, mapping, saved_at) VALUES ($1, 'f', '{}', 5)", vec![]),
                    (
                        "audit (institution, id, at_ms, person, kind, action, path, status, via, address) VALUES ($1, 'u', 5, $2, 'read', 'case.read', '/cases/1', 200, 'page', '10.0.0.1')",
                        vec![person.clone()],
                    ),
                    (
                        "hook (institution, id, name, url, secret, seq, attempts, error, made_by, made_at) VALUES ($1, 'h', '财务', 'https://finance.example/in', 'whsec', 3, 2, 'gone', $2, 5)",
                        vec![person.clone()],
                    ),
                    ("hook_letter (institution, hook, seq, attempts, error, at_ms) VALUES ($1, 'h', 2, 9, '410', 5)", vec![]),
                    (
                        "session (institution, token_hash, account, csrf, created_at, seen_at, expires_at) VALUES ($1, 't', 'a', 'c', 5, 5, 6)",
                        vec![],
                    ),
                    ("invite (institution, token_hash, person, purpose, created_at, expires_at) VALUES ($1, 't', $2, 'open', 5, 6)", vec![id(2).into()]),
                    ("draft (institution, id, person, kind, body, saved_at) VALUES ($1, 'd', $2, 'disclosure', '{\"a\":\"草稿\"}', 5)", vec![person.clone()]),
                    (
                        "api_token (institution, token_hash, id, person, name, scopes, created_at, expires_at) VALUES ($1, 't', 'k', $2, '脚本', '*', 5, 6)",
                        vec![person],
                    ),
                ] {
                    let mut all: Vec<Cell> = vec![who.as_str().into()];
                    all.extend(cells);
                    db.exec(&format!("INSERT INTO {sql}"), &all)?;
                }
                Ok(())
            })
            .unwrap();
    }
}
