//! `dukou calc`: questions on standard input, answers on standard output.

use std::io::{BufWriter, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use dukou_calc::{Env, Options};
use dukou_chain::institution::Institution;
use dukou_kernel::{InstitutionId, Lang};
use dukou_store::{Clock, Store};

use crate::config::Resolved;

/// `dukou calc …`
#[derive(Args)]
pub struct CalcArgs {
    /// Which calculator.
    name: Option<String>,
    /// List the calculators.
    #[arg(long)]
    list: bool,
    /// The JSON Schema of the calculator's input.
    #[arg(long)]
    schema: bool,
    /// Lines for people instead of JSON.
    #[arg(long)]
    explain: bool,
    /// Whose rules, where the institutions of --data go by different ones.
    #[arg(long, value_name = "ID")]
    institution: Option<InstitutionId>,
    /// Language: zh or en.
    #[arg(long, default_value = "zh")]
    lang: String,
}

/// Rules and calendar: with `--data`, those of the installation, as its cases and
/// pages see them; else what the program carries.
fn env(settings: Option<&Resolved>, wanted: Option<InstitutionId>) -> Result<Env, String> {
    let today = Clock::System.today();
    let Some(settings) = settings else {
        return match wanted {
            None => Ok(Env::carried(today)),
            Some(_) => Err("--institution needs the data folder: give --data DIR".to_owned()),
        };
    };
    let store =
        Store::open_reader(settings.store(Clock::System)).map_err(|error| error.to_string())?;
    let all = crate::law::institutions(&store)?;
    let Some(institution) = chosen(&all, wanted)? else {
        return Ok(Env::carried(today));
    };
    if let Some(fault) = institution.law().fault() {
        return Err(format!(
            "a law file that was loaded is not understood: {fault}"
        ));
    }
    Ok(Env {
        rulebook: Arc::clone(institution.law().book()),
        calendar: institution.shared_calendar(),
        today,
    })
}

/// The institution whose rules answer: the one that is named, or any where all go by
/// the same; nothing where there is none.
fn chosen(
    all: &[(InstitutionId, Institution)],
    wanted: Option<InstitutionId>,
) -> Result<Option<&Institution>, String> {
    if let Some(id) = wanted {
        let found = all.iter().find(|(own, _)| *own == id);
        let found = found.ok_or_else(|| format!("there is no institution {id}"))?;
        return Ok(Some(&found.1));
    }
    let Some((_, first)) = all.first() else {
        return Ok(None);
    };
    let same = |it: &Institution| {
        it.law().files() == first.law().files() && it.calendar() == first.calendar()
    };
    if all.iter().all(|(_, it)| same(it)) {
        return Ok(Some(first));
    }
    let ids: Vec<String> = all.iter().map(|(id, _)| id.to_string()).collect();
    Err(format!(
        "the institutions go by different law files or calendars: name one with --institution ({})",
        ids.join(", ")
    ))
}

/// Runs a calculator over standard input.
///
/// # Errors
/// When there is no such calculator, or reading or writing fails.
pub fn run(settings: Option<&Resolved>, args: &CalcArgs) -> Result<ExitCode, String> {
    let lang = Lang::parse(&args.lang).ok_or_else(|| format!("--lang {}: zh or en", args.lang))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.list {
        for it in dukou_calc::calculators() {
            writeln!(out, "{}\t{}", it.name, it.title().get(lang)).map_err(|e| e.to_string())?;
        }
        return out
            .flush()
            .map(|()| ExitCode::SUCCESS)
            .map_err(|e| e.to_string());
    }
    let name = args
        .name
        .as_deref()
        .ok_or("name a calculator; dukou calc --list shows them")?;
    let found = dukou_calc::find(name)
        .ok_or_else(|| format!("there is no calculator {name}; dukou calc --list shows them"))?;
    if args.schema {
        let text = serde_json::to_string_pretty(&(found.schema)()).map_err(|e| e.to_string())?;
        writeln!(out, "{text}").map_err(|e| e.to_string())?;
        return out
            .flush()
            .map(|()| ExitCode::SUCCESS)
            .map_err(|e| e.to_string());
    }
    let env = env(settings, args.institution)?;
    let options = Options {
        explain: args.explain,
        lang,
    };
    let input = std::io::BufReader::with_capacity(1 << 20, std::io::stdin().lock());
    let code =
        dukou_calc::run_stream(found, &env, input, &mut out, options).map_err(|e| e.to_string())?;
    out.flush().map_err(|e| e.to_string())?;
    Ok(ExitCode::from(code))
}
