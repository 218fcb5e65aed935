//! Settings by flag, environment and file, and where each value came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use dukou_kernel::InstitutionId;
use dukou_store::{Clock, Config};
use dukou_web::caller::Nets;

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

impl Sourced {
    /// A setting that [`Resolved::load`] found to be a number, a switch, a list.
    pub fn number<T: std::str::FromStr>(&self, usual: T) -> T {
        self.value.parse().unwrap_or(usual)
    }

    /// True when a switch is on.
    pub fn on(&self) -> bool {
        switch(&self.value).unwrap_or(false)
    }

    /// The machines of a list.
    pub fn nets(&self) -> Nets {
        Nets::parse(&self.value).unwrap_or_default()
    }
}

/// What a switch says; nothing for any other word.
fn switch(word: &str) -> Option<bool> {
    match word {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// What a setting may be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Switch,
    Nets,
    /// Days that the law has a least number of.
    KeptDays,
}

impl Kind {
    /// Refuses what the setting cannot be: a word that is misread in silence opens
    /// what was meant to be shut.
    fn check(self, value: &str) -> Result<(), String> {
        let wrong = match self {
            Self::Number if value.parse::<u32>().is_err() => {
                "填一个整数 · give a whole number".to_owned()
            }
            Self::Switch if switch(value).is_none() => {
                "填 true 或 false · say true or false".to_owned()
            }
            Self::Nets => match Nets::parse(value) {
                Err(word) => format!(
                    "{word} 不是地址或网段 · {word} is neither an address nor a network such as 10.8.0.0/16"
                ),
                Ok(_) => return Ok(()),
            },
            Self::KeptDays => return kept_days(value),
            _ => return Ok(()),
        };
        Err(wrong)
    }
}

fn kept_days(value: &str) -> Result<(), String> {
    let least = dukou_web::audit::least(Clock::System.today());
    if value.parse().is_ok_and(|days: i64| days >= least.days) {
        return Ok(());
    }
    let (days, article) = (least.days, &least.citation);
    Err(format!(
        "网络日志至少留存六个月（{}），填{days}以上的整数 · network logs are kept for at least six months ({}): give a whole number from {days}",
        article.zh, article.en
    ))
}

/// Settings by name; each with where it came from.
macro_rules! settings {
    ($($(#[doc = $doc:literal])* $name:ident: $kind:ident = $usual:literal;)*) => {
        /// Every setting.
        #[derive(Clone, Debug)]
        pub struct Resolved {
            $($(#[doc = $doc])* pub $name: Sourced,)*
        }

        const KEYS: &[&str] = &[$(stringify!($name),)*];

        impl Resolved {
            fn gather(
                flag: impl Fn(&str) -> Option<String>,
                file: &FileValues,
            ) -> Result<Self, String> {
                Ok(Self {
                    $($name: checked(stringify!($name), Kind::$kind, flag(stringify!($name)), file, $usual)?,)*
                })
            }

            /// Name and value of every setting.
            fn all(&self) -> Vec<(&'static str, &Sourced)> {
                vec![$((stringify!($name), &self.$name),)*]
            }
        }
    };
}

settings! {
    /// The data folder.
    data: Text = "data";
    /// Where to listen.
    listen: Text = "127.0.0.1:8600";
    /// PostgreSQL, or empty for SQLite.
    database_url: Text = "";
    /// On when the address outside is https.
    secure_cookies: Switch = "false";
    /// Proxies that are believed when they say for whom they ask, with commas.
    trusted_proxies: Nets = "127.0.0.0/8, ::1";
    /// Machines that may read `/metrics`, with commas.
    metrics_from: Nets = "127.0.0.0/8, ::1";
    /// Minutes without a request after which a session ends.
    idle_minutes: Number = "120";
    /// Days that the audit log is kept.
    audit_days: KeptDays = "400";
    /// On for one line of the process's log per request.
    access_log: Switch = "true";
    /// Hosts and networks inside the school that webhooks may reach, with commas.
    hook_hosts: Text = "";
    /// Largest upload in megabytes.
    upload_mb: Number = "50";
    /// Wrong passwords and codes after which an account is locked for a quarter of an hour.
    lock_after: Number = "5";
    /// Wrong passwords, codes and invitations from one address within five minutes.
    wrong_sign_ins: Number = "30";
    /// Wrong tokens from one address within five minutes.
    wrong_tokens: Number = "60";
    /// Calls of one account a minute, 0 for no limit.
    account_calls: Number = "1200";
    /// Calls from one address a minute, 0 for no limit.
    address_calls: Number = "12000";
    /// Connections at once.
    connections: Number = "1024";
    /// Connections of one address at once, 0 for no limit; proxies are not counted.
    address_connections: Number = "256";
    /// Log filter.
    log: Text = "info";
    /// On for logs as JSON.
    log_json: Switch = "false";
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

fn checked(
    key: &str,
    kind: Kind,
    flag: Option<String>,
    file: &FileValues,
    usual: &str,
) -> Result<Sourced, String> {
    let found = pick(key, flag, file, usual);
    kind.check(&found.value)
        .map_err(|wrong| format!("{key} = {} ({}): {wrong}", found.value, found.from))?;
    Ok(found)
}

impl Resolved {
    /// Puts flags, environment, file and defaults together.
    ///
    /// # Errors
    /// When the file cannot be read or has an unknown key, or a value is not what
    /// its setting takes.
    pub fn load(global: &Global, demo: bool) -> Result<Self, String> {
        let flag = |key: &str| match key {
            "data" => global.data.as_ref().map(|it| it.display().to_string()),
            "listen" => global.listen.clone(),
            "database_url" => global.database_url.clone(),
            _ => None,
        };
        let usual = if demo { "data/demo" } else { "data" };
        let first = pick("data", flag("data"), &FileValues::new(), usual);
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
        let mut resolved = Self::gather(flag, &file)?;
        if resolved.data.from == "default" {
            resolved.data = first;
        }
        Ok(resolved)
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        Path::new(&self.data.value)
    }

    /// Leaves a line for the audit log about what was done at the machine. What was
    /// done stands even where none can be left.
    pub fn note(&self, institution: Option<InstitutionId>, action: &str, about: &str) {
        let now = Clock::System.now_ms();
        let left = dukou_web::audit::machine::leave(self.folder(), now, institution, action, about);
        if let Err(error) = left {
            tracing::error!(%error, action, "the audit log has no line about this");
        }
    }

    /// Where and how the data lies.
    pub fn store(&self, clock: Clock) -> Config {
        let url = Some(self.database_url.value.clone()).filter(|it| !it.is_empty());
        let megabytes: usize = self.upload_mb.number(50);
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
    for (key, found) in settings.all() {
        let value = match key {
            "database_url" => dukou_store::redacted(&found.value),
            _ => found.value.clone(),
        };
        out!("{key} = {value:?}  # {}", found.from);
    }
    Ok(ExitCode::SUCCESS)
}
