//! Start, memory and pages, measured on a server of their own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use dukou_store::{Config, Store, Value};
use serde_json::{Map, json};
use sha2::{Digest as _, Sha256};

use super::load::Cast;
use super::{hundredths, tenths, text};

/// Requests per page.
const REQUESTS: usize = 200;

/// What was measured on the server.
pub struct Served {
    /// From the start of the process to the first page.
    pub start_ms: f64,
    /// Resident memory after the page load.
    pub rss_mb: f64,
    /// Per page.
    pub pages: serde_json::Value,
}

/// Signs the office head in, as the sign-in page would; the session's token.
///
/// # Errors
/// When the data cannot be written.
pub fn session(config: &Config, cast: &Cast) -> Result<String, String> {
    let store = Store::open(config.clone()).map_err(text)?;
    let token = uuid::Uuid::now_v7().simple().to_string().repeat(2);
    let hash: String = Sha256::digest(token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let account = uuid::Uuid::now_v7().to_string();
    let now = store.now_ms();
    let open: Vec<Value> = vec![
        cast.institution.to_string().into(),
        account.clone().into(),
        cast.head.to_string().into(),
        format!("bench-{account}").into(),
        "no password".into(),
        now.into(),
    ];
    let session: Vec<Value> = vec![
        hash.into(),
        cast.institution.to_string().into(),
        account.into(),
        token.clone().into(),
        now.into(),
        (now + 24 * 3_600_000).into(),
    ];
    store
        .write(move |db| {
            db.exec("INSERT INTO account (institution, id, person, login, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)", &open)?;
            db.exec("INSERT INTO session (token_hash, institution, account, csrf, second_factor, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, 1, $5, $5, $6)", &session)
        })
        .map_err(text)?;
    Ok(token)
}

/// A server that ends with the measuring.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.0.id().to_string();
        let asked = Command::new("kill").arg(pid).status();
        if !asked.is_ok_and(|it| it.success()) {
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

fn start(config: &Config) -> Result<(Server, String), String> {
    let program = std::env::current_exe().map_err(text)?;
    let mut command = Command::new(program);
    command
        .arg("serve")
        .arg("--data")
        .arg(&config.data_dir)
        .args(["--listen", "127.0.0.1:0"])
        .env("DUKOU_LOG", "warn")
        // One person asks here for a whole school.
        .env("DUKOU_ACCOUNT_CALLS", "0")
        .env("DUKOU_ADDRESS_CALLS", "0")
        .stdout(Stdio::piped());
    match &config.database_url {
        Some(url) => command.env("DUKOU_DATABASE_URL", url),
        None => command.env_remove("DUKOU_DATABASE_URL"),
    };
    let mut server = Server(command.spawn().map_err(text)?);
    let stdout = server.0.stdout.take().ok_or("the server has no output")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).map_err(text)?;
    let address = line.trim().trim_end_matches('/').to_owned();
    if address.is_empty() {
        return Err("the server did not start".to_owned());
    }
    Ok((server, address))
}

/// Serves the folder and asks for every page.
///
/// # Errors
/// When the server does not start or a page does not answer.
pub fn measure(config: &Config, token: &str) -> Result<Served, String> {
    let began = Instant::now();
    let (server, address) = start(config)?;
    let agent = crate::command::agent();
    let cookie = format!("dukou_session={token}; dukou_lang=zh");
    let get = |path: &str| -> Result<String, String> {
        let url = format!("{address}{path}");
        let mut reply = agent
            .get(&url)
            .header("Cookie", &cookie)
            .call()
            .map_err(text)?;
        let status = reply.status().as_u16();
        if status != 200 {
            return Err(format!("{path} answered {status}"));
        }
        reply.body_mut().read_to_string().map_err(text)
    };
    get("/")?;
    let start_ms = tenths(began.elapsed().as_secs_f64() * 1000.0);
    let (cases, deals) = sample(config)?;
    let fixed = |path: &str| vec![path.to_owned()];
    let all = [
        ("home", fixed("/")),
        ("work_list", fixed("/?whose=all")),
        ("cases", fixed("/cases")),
        ("cases_filtered", fixed("/cases?stop=matching&sort=due")),
        ("cases_found", fixed("/cases?q=YZ-2026-000")),
        ("case", cases),
        ("deals", fixed("/deals")),
        ("deal", deals),
        ("money", fixed("/money")),
        ("people", fixed("/people")),
    ];
    let mut pages = Map::new();
    for (name, paths) in all.iter().filter(|(_, paths)| !paths.is_empty()) {
        let mut times = Vec::with_capacity(REQUESTS);
        for path in paths.iter().cycle().take(REQUESTS + 5) {
            let asked = Instant::now();
            get(path)?;
            times.push(asked.elapsed().as_secs_f64() * 1000.0);
        }
        // The first few warm the connection and its statements.
        let mut times = times.split_off(5);
        let per_s = times.len() as f64 / (times.iter().sum::<f64>() / 1000.0);
        times.sort_by(f64::total_cmp);
        let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or(0.0);
        pages.insert(
            (*name).to_owned(),
            json!({"median_ms": hundredths(at(50)), "p99_ms": hundredths(at(99)), "per_s": per_s.round()}),
        );
    }
    Ok(Served {
        start_ms,
        rss_mb: rss_mb(server.0.id()),
        pages: pages.into(),
    })
}

/// Addresses of cases and of deals from all over the load, so that their states
/// have to be read.
fn sample(config: &Config) -> Result<(Vec<String>, Vec<String>), String> {
    let store = Store::open_reader(config.clone()).map_err(text)?;
    let pick = |sql: &str| {
        let rows = store.read(|db| db.rows(sql, &[])).map_err(text)?;
        let step = (rows.len() / (REQUESTS + 5)).max(1);
        let paths = rows.iter().step_by(step).map(|row| {
            let deal = row.text(1);
            if deal.is_empty() {
                format!("/cases/{}", row.text(0))
            } else {
                format!("/cases/{}?deal={deal}", row.text(0))
            }
        });
        Ok::<_, String>(paths.collect())
    };
    let cases = pick("SELECT id, '' FROM case_view ORDER BY number")?;
    let deals = pick("SELECT case_id, deal FROM deal_case ORDER BY deal")?;
    Ok((cases, deals))
}

/// Resident memory of a process, where the system tells it.
fn rss_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kb = line.and_then(|it| it.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    tenths(kb.unwrap_or(0.0) / 1024.0)
}
