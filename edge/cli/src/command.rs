//! `dukou command`: one command to a running server, through the API and so through
//! the same rights, checks and journal as from a page.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use dukou_chain::whole::Command;
use dukou_web::api::commands::open_to_callers;
use serde_json::Value;

use crate::config::Resolved;

/// Names of the commands that can be sent.
fn names() -> impl Iterator<Item = &'static str> {
    Command::NAMES
        .iter()
        .copied()
        .filter(|it| open_to_callers(it))
}

/// `dukou command …`
#[derive(Args)]
pub struct CommandArgs {
    /// Which command: `case.note`, `income.receive` …
    #[arg(required_unless_present = "list", value_parser = PossibleValuesParser::new(names()), hide_possible_values = true)]
    name: Option<String>,
    /// The rest of the command as JSON; `-` or nothing reads standard input.
    file: Option<PathBuf>,
    /// Print the names of all commands.
    #[arg(long)]
    list: bool,
    /// Where the server is; else where the settings say it listens.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A file that holds the token; else the variable `DUKOU_TOKEN`.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Idempotency key: the same key and body count once.
    #[arg(long)]
    key: Option<String>,
    /// Version that the command is based on; another one stands: refused.
    #[arg(long, value_name = "VERSION")]
    expect: Option<i64>,
    /// Language of errors: `zh` or `en`.
    #[arg(long, default_value = "zh")]
    lang: String,
}

fn token(args: &CommandArgs) -> Result<String, String> {
    let text = match &args.token_file {
        Some(path) => {
            std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?
        }
        None => std::env::var("DUKOU_TOKEN").unwrap_or_default(),
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(
            "no token: set DUKOU_TOKEN or --token-file; make one with dukou user token".to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// The body: what was given, under the command's name.
fn body(args: &CommandArgs, name: &str) -> Result<String, String> {
    let mut text = String::new();
    match args.file.as_deref().filter(|path| path.as_os_str() != "-") {
        Some(path) => {
            text = std::fs::read_to_string(path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
        None => {
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| format!("standard input: {error}"))?;
        }
    }
    let mut value: Value =
        serde_json::from_str(&text).map_err(|error| format!("the command is no JSON: {error}"))?;
    let object = value
        .as_object_mut()
        .ok_or("the command is a JSON object")?;
    object.insert("command".to_owned(), name.into());
    Ok(value.to_string())
}

/// Runs `dukou command`: the answer goes to standard output, a problem to standard
/// error; 0 when it was carried out, 1 when it was refused.
///
/// # Errors
/// When the command cannot be read or the server cannot be reached.
pub fn run(settings: &Resolved, args: &CommandArgs) -> Result<ExitCode, String> {
    let Some(name) = args.name.as_deref().filter(|_| !args.list) else {
        for name in names() {
            out!("{name}");
        }
        return Ok(ExitCode::SUCCESS);
    };
    let (token, body) = (token(args)?, body(args, name)?);
    let server = match &args.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", settings.listen.value),
    };
    let mut request = agent()
        .post(format!("{server}/api/v1/commands"))
        .header("authorization", format!("Bearer {token}"))
        .header("accept-language", &args.lang)
        .header("content-type", "application/json");
    if let Some(key) = &args.key {
        request = request.header("idempotency-key", key);
    }
    if let Some(version) = args.expect {
        request = request.header("if-match", format!("\"{version}\""));
    }
    let mut reply = request
        .send(body)
        .map_err(|error| format!("{server}: {error}"))?;
    let status = reply.status().as_u16();
    let text = reply
        .body_mut()
        .read_to_string()
        .map_err(|error| format!("{server}: {error}"))?;
    if (200..300).contains(&status) {
        out!("{text}");
        Ok(ExitCode::SUCCESS)
    } else {
        eprintln!("{text}");
        Ok(ExitCode::FAILURE)
    }
}

/// Asks a server: whatever it answers is an answer, and no redirect is followed.
pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into()
}
