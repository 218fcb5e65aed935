//! `dukou user token`: a token for another system, made at the machine.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dukou_store::{Config, Store};
use dukou_web::accounts;
use dukou_web::api::tokens;
use uuid::Uuid;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn dukou(folder: &Path, words: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dukou"));
    program.args(words).arg("--data").arg(folder);
    program.output().unwrap()
}

/// An institution whose office head has an account.
fn founded() -> Folder {
    let folder = Folder(std::env::temp_dir().join(format!("dukou-token-{}", Uuid::now_v7())));
    let setup = dukou(&folder.0, &["user", "setup", "--school", "云泽大学"]);
    assert!(setup.status.success());
    let store = Store::open(Config::folder(&folder.0)).unwrap();
    let row = store
        .read(|db| {
            db.row(
                "SELECT institution, subject FROM sealed WHERE field = 'name' AND text = '办公室主任'",
                &[],
            )
        })
        .unwrap()
        .unwrap();
    let (institution, person) = (row.text(0).parse().unwrap(), row.text(1).parse().unwrap());
    let account = ("office", "correct horse battery");
    accounts::open(&store, institution, person, account, true).unwrap();
    folder
}

#[test]
fn a_token_made_at_the_machine_opens_the_api_within_its_scopes() {
    let folder = founded();
    let words = [
        "user",
        "token",
        "OFFICE",
        "--scope",
        "case.*",
        "--scope",
        "deal.read",
        "--days",
        "3",
    ];
    let made = dukou(&folder.0, &words);
    let error = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(made.status.success(), "{error}");
    let token = String::from_utf8(made.stdout).unwrap();
    let store = Store::open(Config::folder(&folder.0)).unwrap();
    let user = tokens::user_of(&store, token.trim()).unwrap();
    assert_eq!(user.name, "办公室主任");
    assert!(user.token_allows("case.read") && user.token_allows("deal.read"));
    assert!(!user.token_allows("money.read"));
    // Only its hash stays.
    let kept = store
        .read(|db| db.row("SELECT token_hash, expires_at FROM api_token", &[]))
        .unwrap()
        .unwrap();
    assert_ne!(kept.text(0), token.trim());
    let days = (kept.int(1) - store.now_ms()) / 86_400_000;
    assert!((2..=3).contains(&days), "{days}");
}

#[test]
fn a_token_is_refused_for_nobody_and_for_nothing() {
    let folder = founded();
    for (words, why) in [
        (vec!["nobody", "--scope", "*"], "no open account"),
        (vec!["office", "--scope", "case.fly"], "case.fly"),
        (vec!["office"], "--scope"),
        (vec!["office", "--scope", "*", "--days", "900"], "366"),
    ] {
        let mut all = vec!["user", "token"];
        all.extend(words);
        let done = dukou(&folder.0, &all);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && said.contains(why), "{said}");
        assert!(done.stdout.is_empty());
    }
}
