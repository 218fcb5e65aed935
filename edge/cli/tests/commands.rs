//! The API from the machine: `dukou user token` and `dukou command`, and that every
//! command can be given in each way there is.

#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use dukou_chain::people::permission;
use dukou_chain::whole;
use dukou_store::{Config, Store};
use dukou_web::accounts;
use dukou_web::api::{commands::open_to_callers, tokens};
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
fn a_service_gets_an_owner_and_tokens_at_the_machine() {
    let folder = founded();
    let run = |words: &[&str]| {
        let done = dukou(&folder.0, words);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        (
            done.status.success(),
            text(&done.stdout),
            text(&done.stderr),
        )
    };
    let add = |more: &[&str]| {
        let words = ["user", "service", "add", "财务系统", "--owner", "office"];
        run(&[&words, more].concat())
    };
    let (good, _, error) = add(&["--role", "system_admin"]);
    assert!(!good && error.contains("system_admin"), "{error}");
    let (good, id, error) = add(&["--role", "finance"]);
    assert!(good, "{error}");
    let (good, token, error) = run(&["user", "service", "token", &id, "--scope", "money.read"]);
    assert!(good, "{error}");
    let (_, link, error) = run(&["user", "invite", &id]);
    assert!(link.is_empty() && error.contains("sign in"), "{error}");
    let (_, list, _) = run(&["user", "service", "list"]);
    let token_id = list.split('\t').nth(3).unwrap().to_owned();
    assert!(
        list.contains("财务系统") && list.contains("money.read"),
        "{list}"
    );
    let opens = || {
        let store = Store::open(Config::folder(&folder.0)).unwrap();
        tokens::user_of(&store, &token).ok().map(|user| user.name)
    };
    assert_eq!(opens().as_deref(), Some("财务系统"));
    assert!(run(&["user", "service", "revoke", &token_id]).0);
    assert_eq!(opens(), None);
    assert!(!run(&["user", "service", "revoke", &token_id]).0);
    // What was done waits for the server, which takes it into the audit log.
    let left = std::fs::read_to_string(folder.0.join("audit.spool")).unwrap();
    for deed in ["user.service", "user.token", "user.revoke"] {
        assert_eq!(
            left.matches(&format!("\"{deed}\"")).count(),
            1,
            "{deed}: {left}"
        );
    }
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

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `dukou command` with its exit code, standard output and standard error.
fn command(url: &str, token: &str, words: &[&str], body: &str) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dukou"))
        .arg("command")
        .args(words)
        .args(["--url", url])
        .env("DUKOU_TOKEN", token)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    program
        .stdin
        .take()
        .unwrap()
        .write_all(body.as_bytes())
        .unwrap();
    let output = program.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// A running server, and where it is.
fn served(folder: &Path) -> (Server, String) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_dukou"));
    server.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
    let server = server.arg(folder).env("DUKOU_LOG", "warn");
    let mut server = Server(server.stdout(Stdio::piped()).spawn().unwrap());
    let mut url = String::new();
    let mut out = BufReader::new(server.0.stdout.take().unwrap());
    out.read_line(&mut url).unwrap();
    (server, url.trim().to_owned())
}

/// Commands that the program does not send to a server, and what is used instead.
const NOT_SENT: &[(&str, &str)] = &[
    ("institution.found", "dukou user setup"),
    ("people.account", "POST /api/v1/people/{id}/account"),
];

/// Every command in the table, sent by the program, and known where it arrives.
/// The forms of the commands are held by the tests of the pages.
#[test]
fn every_command_is_sent_by_the_program_and_has_a_right() {
    let folder = founded();
    let words = ["user", "token", "office", "--scope", "*"];
    let token = String::from_utf8(dukou(&folder.0, &words).stdout).unwrap();
    let (server, url) = served(&folder.0);
    let target = format!(
        r#"{{"case":"{0}","deal":"{0}","person":"{0}"}}"#,
        Uuid::now_v7()
    );
    let mut wrong = Vec::new();
    for name in whole::Command::NAMES {
        let action = whole::Command::action_on(name, false);
        if permission::action(action).is_none() {
            wrong.push(format!("{name}: no row of the table is called {action}"));
        }
        let (code, _, error) = command(&url, token.trim(), &[name, "-"], &target);
        if NOT_SENT.iter().any(|it| it.0 == *name) {
            if code != 2 {
                wrong.push(format!("{name} is sent after all"));
            }
            continue;
        }
        // Whatever the server says of the rest, it says it of this command.
        let said: serde_json::Value = serde_json::from_str(&error).unwrap_or_default();
        let strange = matches!(
            said["code"].as_str(),
            None | Some("command.unknown" | "command.not_here" | "sign_in" | "not_found")
        );
        if code != 1 || strange {
            wrong.push(format!("{name}: {code} {error}"));
        }
    }
    drop(server);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (name, _) in NOT_SENT {
        assert!(whole::Command::NAMES.contains(name) && !open_to_callers(name));
    }
}

#[test]
fn a_command_goes_to_a_running_server_once() {
    let folder = founded();
    let words = ["user", "token", "office", "--scope", "*"];
    let token = String::from_utf8(dukou(&folder.0, &words).stdout).unwrap();
    let token = token.trim();
    let (server, url) = served(&folder.0);
    let url = url.as_str();
    let person = Uuid::now_v7().to_string();
    let body = format!(
        r#"{{"person":"{person}","name":"苏墨","staff_no":"T1024","kind":"staff","unit":null,"posts":[]}}"#
    );
    let register = ["people.register", "-", "--key", "k1"];
    let (code, first, error) = command(url, token, &register, &body);
    assert_eq!(code, 0, "{error}");
    let (code, again, _) = command(url, token, &register, &body);
    assert_eq!(
        (code, again),
        (0, first),
        "the same key and body: the same answer"
    );
    let other = body.replace("苏墨", "苏默");
    let (code, _, error) = command(url, token, &register, &other);
    assert!(code == 1 && error.contains("key.reused"), "{error}");
    let update = format!(r#"{{"person":"{person}","name":"苏默","kind":"staff"}}"#);
    let (code, _, error) = command(url, token, &["people.update", "-"], &update);
    assert_eq!(code, 0, "{error}");
    let (code, _, error) = command(
        url,
        token,
        &["people.update", "-", "--expect", "1"],
        &update,
    );
    assert!(code == 1 && error.contains("409"), "{error}");
    let (code, _, error) = command(url, token, &["people.account", "-"], "{}");
    assert!(code == 2 && error.contains("people.account"), "{error}");
    let (code, _, error) = command(url, "dkt_wrong", &["closing.note", "-"], "{}");
    assert!(code == 1 && error.contains("401"), "{error}");
    let (code, _, error) = command(url, token, &["closing.note", "-"], "no json");
    assert!(code == 1 && error.contains("JSON"), "{error}");
    drop(server);
    let store = Store::open_reader(Config::folder(&folder.0)).unwrap();
    let named = store.read(|db| {
        db.row(
            "SELECT text FROM sealed WHERE subject = $1 AND field = 'name'",
            &[person.as_str().into()],
        )
    });
    assert_eq!(named.unwrap().unwrap().text(0), "苏默");
}
