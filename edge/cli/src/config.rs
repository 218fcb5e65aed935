//! Settings by flag, environment and file, and where each value came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use dukou_store::{Clock, Config};

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// The data folder; made when absent.
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where to listen: HOST:PORT.
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub listen: Option<String>,
    /// postgres://… instead of SQLite in the data folder.
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// A file of settings (TOML); else DIR/config.toml when it is there.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// `dukou config …`
#[derive(Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    verb: ConfigVerb,
}

#[derive(Subcommand)]
enum ConfigVerb {
    /// Show every setting and where it came from.
    Show,
}

/// A value and where it came from.
#[derive(Clone, Debug)]
pub struct Sourced {
    /// The value as text.
    pub value: String,
    /// `flag`, `environment`, `file`, `default`.
    pub from: &'static str,
}

/// Every setting.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The data folder.
    pub data: Sourced,
    /// Where to listen.
    pub listen: Sourced,
    /// PostgreSQL, or empty for SQLite.
    pub database_url: Sourced,
    /// `true` when the address outside is https.
    pub secure_cookies: Sourced,
    /// Minutes without a request after which a session ends.
    pub idle_minutes: Sourced,
    /// Days that the audit log is kept, at least 184.
    pub audit_days: Sourced,
    /// Hosts and networks inside the school that webhooks may reach, with commas.
    pub hook_hosts: Sourced,
    /// Largest upload in megabytes.
    pub upload_mb: Sourced,
    /// Wrong tokens from one address within five minutes.
    pub wrong_tokens: Sourced,
    /// Calls of one account a minute, 0 for no limit.
    pub account_calls: Sourced,
    /// Calls from one address a minute, 0 for no limit.
    pub address_calls: Sourced,
    /// Connections at once.
    pub connections: Sourced,
    /// Log filter.
    pub log: Sourced,
    /// `true` for logs as JSON.
    pub log_json: Sourced,
}

type FileValues = BTreeMap<String, toml::Value>;

fn read_file(path: &Path, wanted: bool) -> Result<FileValues, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !wanted => {
            Ok(FileValues::new())
        }
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

const KEYS: &[&str] = &[
    "data",
    "listen",
    "database_url",
    "secure_cookies",
    "idle_minutes",
    "audit_days",
    "hook_hosts",
    "upload_mb",
    "wrong_tokens",
    "account_calls",
    "address_calls",
    "connections",
    "log",
    "log_json",
];

fn pick(key: &str, flag: Option<String>, file: &FileValues, default: &str) -> Sourced {
    if let Some(value) = flag {
        return Sourced {
            value,
            from: "flag",
        };
    }
    if let Ok(value) = std::env::var(format!("DUKOU_{}", key.to_uppercase())) {
        return Sourced {
            value,
            from: "environment",
        };
    }
    if let Some(value) = file.get(key) {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        return Sourced {
            value,
            from: "file",
        };
    }
    Sourced {
        value: default.to_owned(),
        from: "default",
    }
}

impl Resolved {
    /// Puts flags, environment, file and defaults together.
    ///
    /// # Errors
    /// When the file cannot be read or has an unknown key.
    pub fn load(global: &Global, demo: bool) -> Result<Self, String> {
        let folder = global.data.as_ref().map(|it| it.display().to_string());
        let default_data = if demo { "data/demo" } else { "data" };
        let first = pick("data", folder.clone(), &FileValues::new(), default_data);
        let path = global.config.clone();
        let wanted = path.is_some();
        let path = path.unwrap_or_else(|| Path::new(&first.value).join("config.toml"));
        let file = read_file(&path, wanted)?;
        if let Some(unknown) = file.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let known = KEYS.join(", ");
            return Err(format!(
                "{}: unknown setting {unknown}; known are {known}",
                path.display()
            ));
        }
        let audit_days = pick("audit_days", None, &file, "400");
        if !audit_days.value.parse().is_ok_and(|days: i64| days >= 184) {
            return Err(format!(
                "audit_days = {}: 网络日志至少留存六个月，填184以上的整数 · network logs are kept for at least six months: give a whole number from 184",
                audit_days.value
            ));
        }
        let resolved = Self {
            data: pick("data", folder, &file, default_data),
            listen: pick("listen", global.listen.clone(), &file, "127.0.0.1:8600"),
            database_url: pick("database_url", global.database_url.clone(), &file, ""),
            secure_cookies: pick("secure_cookies", None, &file, "false"),
            idle_minutes: pick("idle_minutes", None, &file, "120"),
            audit_days,
            hook_hosts: pick("hook_hosts", None, &file, ""),
            upload_mb: pick("upload_mb", None, &file, "50"),
            wrong_tokens: pick("wrong_tokens", None, &file, "60"),
            account_calls: pick("account_calls", None, &file, "1200"),
            address_calls: pick("address_calls", None, &file, "12000"),
            connections: pick("connections", None, &file, "1024"),
            log: pick("log", None, &file, "info"),
            log_json: pick("log_json", None, &file, "false"),
        };
        for (key, value) in resolved.numbers() {
            if value.parse::<u32>().is_err() {
                return Err(format!("{key} = {value}: 填一个整数 · give a whole number"));
            }
        }
        Ok(resolved)
    }

    /// Settings that are whole numbers.
    fn numbers(&self) -> [(&'static str, &str); 6] {
        [
            ("idle_minutes", &self.idle_minutes.value),
            ("upload_mb", &self.upload_mb.value),
            ("wrong_tokens", &self.wrong_tokens.value),
            ("account_calls", &self.account_calls.value),
            ("address_calls", &self.address_calls.value),
            ("connections", &self.connections.value),
        ]
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        Path::new(&self.data.value)
    }

    /// Where and how the data lies.
    pub fn store(&self, clock: Clock) -> Config {
        let url = Some(self.database_url.value.clone()).filter(|it| !it.is_empty());
        let megabytes: usize = self.upload_mb.value.parse().unwrap_or(50);
        Config {
            database_url: url,
            clock,
            file_limit: megabytes << 20,
            ..Config::folder(self.folder())
        }
    }
}

/// Runs `dukou config`.
///
/// # Errors
/// None.
pub fn run(settings: &Resolved, args: &ConfigArgs) -> Result<ExitCode, String> {
    let ConfigVerb::Show = args.verb;
    let url = dukou_store::redacted(&settings.database_url.value);
    let rows = [
        ("data", settings.data.value.as_str(), settings.data.from),
        ("listen", &settings.listen.value, settings.listen.from),
        ("database_url", &url, settings.database_url.from),
        (
            "secure_cookies",
            &settings.secure_cookies.value,
            settings.secure_cookies.from,
        ),
        (
            "idle_minutes",
            &settings.idle_minutes.value,
            settings.idle_minutes.from,
        ),
        (
            "hook_hosts",
            &settings.hook_hosts.value,
            settings.hook_hosts.from,
        ),
        (
            "audit_days",
            &settings.audit_days.value,
            settings.audit_days.from,
        ),
        (
            "upload_mb",
            &settings.upload_mb.value,
            settings.upload_mb.from,
        ),
        (
            "wrong_tokens",
            &settings.wrong_tokens.value,
            settings.wrong_tokens.from,
        ),
        (
            "account_calls",
            &settings.account_calls.value,
            settings.account_calls.from,
        ),
        (
            "address_calls",
            &settings.address_calls.value,
            settings.address_calls.from,
        ),
        (
            "connections",
            &settings.connections.value,
            settings.connections.from,
        ),
        ("log", &settings.log.value, settings.log.from),
        ("log_json", &settings.log_json.value, settings.log_json.from),
    ];
    for (key, value, from) in rows {
        out!("{key} = {value:?}  # {from}");
    }
    Ok(ExitCode::SUCCESS)
}
