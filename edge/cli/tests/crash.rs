//! The server is killed at random moments under concurrent load. Afterwards every
//! acknowledged command is there once, nothing is there by half, and everything
//! verifies. `DUKOU_CRASH_ROUNDS=200` for the long run.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use dukou_chain::disclosure::{Details, PriorWork, Secrecy};
use dukou_chain::people::{PersonKind, Role};
use dukou_chain::terms::{Contributor, Disclosed, Funding, PriorKind, ResultKind};
use dukou_chain::{disclosure, institution, whole};
use dukou_journal::{Actor, Entry};
use dukou_kernel::{CaseId, InstitutionId, PersonId, Share};
use dukou_store::{Config, Envelope, Store};
use dukou_web::accounts::{self, NewPerson};
use dukou_web::api::tokens;
use uuid::Uuid;

struct Place {
    folder: PathBuf,
    token: String,
    cases: Vec<CaseId>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A small office with eight cases, and a token of its manager.
fn found() -> Place {
    let folder = std::env::temp_dir().join(format!("dukou-crash-{}", Uuid::now_v7()));
    let store = Store::open(Config::folder(&folder)).unwrap();
    let id = InstitutionId(Uuid::now_v7());
    let setup = Actor::System("test".to_owned());
    let profile = institution::Profile {
        name_zh: "云泽大学".to_owned(),
        name_en: String::new(),
        prefix: "YZ".to_owned(),
        jurisdiction: "CN".to_owned(),
        state_established: true,
        central_unit: false,
        contact: "科技处".to_owned(),
    };
    let give = |actor: &Actor, command| {
        store
            .execute(Envelope::new(id, actor.clone(), command))
            .unwrap();
    };
    give(
        &setup,
        whole::Command::Institution(institution::Command::Found { profile }),
    );
    let person = PersonId(Uuid::now_v7());
    let manager = NewPerson {
        id: person,
        name: "沈知夏".to_owned(),
        staff_no: "1".to_owned(),
        kind: PersonKind::Staff,
        unit: None,
        posts: Vec::new(),
        roles: vec![Role::Manager],
    };
    store
        .execute_all(accounts::registration(id, &setup, &manager))
        .unwrap();
    let cases: Vec<CaseId> = (0..8).map(|_| CaseId(Uuid::now_v7())).collect();
    for case in &cases {
        let details = Details {
            title: "膜".to_owned(),
            kind: ResultKind::Invention,
            secrecy: Secrecy::No,
            nearest: vec![PriorWork {
                kind: PriorKind::Paper,
                text: "旧作".to_owned(),
            }],
            novelty: "新".to_owned(),
            contributors: vec![Contributor {
                person,
                role: "全部".to_owned(),
                share: Share::percent(100),
                main: true,
            }],
            funding: vec![Funding::University],
            funding_note: String::new(),
            disclosed: Disclosed::No,
            disclosed_on: None,
            unit: None,
            evidence: Vec::new(),
        };
        let submit = disclosure::Command::Submit { details };
        give(
            &Actor::Person(person),
            whole::Command::Disclosure(*case, submit),
        );
    }
    let token = tokens::make(&store, (id, person), "crash", &["*".to_owned()], 30).unwrap();
    Place {
        folder,
        token,
        cases,
    }
}

fn serve(place: &Place) -> (Child, String) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_dukou"))
        .arg("serve")
        .arg("--data")
        .arg(&place.folder)
        .args(["--listen", "127.0.0.1:0"])
        .env("DUKOU_LOG", "error")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (server, line.trim().trim_end_matches('/').to_owned())
}

/// Writes from several threads until the server dies; the keys it acknowledged,
/// with the number it gave each.
fn load(place: &Place, address: &str, round: u64, life: Duration) -> BTreeMap<String, i64> {
    let (acknowledged, stop) = (Mutex::new(BTreeMap::new()), AtomicBool::new(false));
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let agent: ureq::Agent = ureq::Agent::config_builder()
                    .http_status_as_error(false)
                    .timeout_global(Some(Duration::from_secs(5)))
                    .build()
                    .into();
                while !stop.load(Ordering::Relaxed) {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let key = format!("{round}-{n}");
                    let at = usize::try_from(n).unwrap() % place.cases.len();
                    let Some(case) = place.cases.get(at) else {
                        return;
                    };
                    let body = format!(
                        "{{\"command\":\"closing.note\",\"case\":\"{case}\",\"text\":\"{key}\"}}"
                    );
                    let sent = agent
                        .post(format!("{address}/api/v1/commands"))
                        .header("Authorization", format!("Bearer {}", place.token))
                        .header("Content-Type", "application/json")
                        .header("Idempotency-Key", &key)
                        .send(&body);
                    let Ok(mut reply) = sent else { return };
                    if reply.status().as_u16() == 201
                        && let Ok(text) = reply.body_mut().read_to_string()
                    {
                        let done: serde_json::Value = serde_json::from_str(&text).unwrap();
                        let seq = done.get("first_seq").unwrap().as_i64().unwrap();
                        acknowledged.lock().unwrap().insert(key, seq);
                    }
                }
            });
        }
        std::thread::sleep(life);
        stop.store(true, Ordering::Relaxed);
    });
    acknowledged.into_inner().unwrap()
}

#[test]
fn what_was_acknowledged_survives_every_kill() {
    let rounds: u64 = std::env::var("DUKOU_CRASH_ROUNDS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(20);
    let place = found();
    let mut promised: BTreeMap<String, i64> = BTreeMap::new();
    for round in 0..rounds {
        let (mut server, address) = serve(&place);
        // From a few commands to a few hundred; a moment of its own every round.
        let millis = 30 + (round * 7_919 + u64::from(std::process::id())) % 270;
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(millis));
            server.kill().unwrap();
            server.wait().unwrap();
        });
        promised.extend(load(
            &place,
            &address,
            round,
            Duration::from_millis(millis + 50),
        ));
        killer.join().unwrap();
        let store = Store::open(Config::folder(&place.folder)).unwrap();
        let report = store.verify(&mut |_, _| {}).unwrap();
        assert!(report.ok(), "round {round}: {:?}", report.findings);
        let mut there: BTreeMap<String, i64> = BTreeMap::new();
        let mut texts = BTreeSet::new();
        store
            .read(|db| {
                db.each(
                    "SELECT bytes FROM journal WHERE kind = 'closing.noted.v1' ORDER BY seq",
                    &[],
                    &mut |row| {
                        let entry = Entry::from_bytes(row.text(0)).unwrap();
                        let key = entry.meta.key.clone().unwrap();
                        let key = key.rsplit(':').next().unwrap().to_owned();
                        assert!(texts.insert(entry.body.clone()), "twice: {}", entry.body);
                        assert!(there.insert(key, entry.meta.seq).is_none());
                        Ok(())
                    },
                )
            })
            .unwrap();
        for (key, seq) in &promised {
            assert_eq!(
                there.get(key),
                Some(seq),
                "round {round}: {key} was promised"
            );
        }
    }
    assert!(
        promised.len() as u64 > rounds,
        "only {} commands were acknowledged",
        promised.len()
    );
    eprintln!(
        "{} commands acknowledged in {rounds} rounds",
        promised.len()
    );
}

#[test]
fn a_second_server_on_the_folder_says_so_and_goes() {
    let place = found();
    let (mut server, _) = serve(&place);
    let second = Command::new(env!("CARGO_BIN_EXE_dukou"))
        .arg("serve")
        .arg("--data")
        .arg(&place.folder)
        .args(["--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(&place.folder.display().to_string()), "{said}");
    server.kill().unwrap();
    server.wait().unwrap();
}
