//! `dukou calc`: questions on standard input, answers on standard output.

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use clap::Args;
use dukou_calc::{Env, Options};
use dukou_kernel::Lang;

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
    /// Language: zh or en.
    #[arg(long, default_value = "zh")]
    lang: String,
}

/// Runs a calculator over standard input.
///
/// # Errors
/// When there is no such calculator, or reading or writing fails.
pub fn run(args: &CalcArgs) -> Result<ExitCode, String> {
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
    let options = Options {
        explain: args.explain,
        lang,
    };
    let input = std::io::BufReader::with_capacity(1 << 20, std::io::stdin().lock());
    let env = Env::carried(dukou_store::Clock::System.today());
    let code = dukou_calc::run_stream(found, &env, input, &mut out, options)
        .map_err(|e| e.to_string())?;
    out.flush().map_err(|e| e.to_string())?;
    Ok(ExitCode::from(code))
}
