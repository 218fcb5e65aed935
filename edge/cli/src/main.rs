//! `dukou`: the one program of the office.
//!
//! Standard output carries only the answer; logs and progress go to standard error.

/// Writes a line of the answer. A reader that has gone is no error.
macro_rules! out {
    ($($arg:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($arg)*);
    }};
}

mod archive;
mod bench;
mod calc;
mod command;
mod config;
mod demo;
mod doctor;
mod import;
mod law;
mod maintain;
mod serve;
mod service;
mod user;

use std::process::ExitCode;

/// Texts of entries and states come and go in millions: half as much time goes
/// into them as with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use clap::{Parser, Subcommand};

/// 渡口：高校技术转移机构的工作系统 · the system a university technology transfer office runs on.
#[derive(Parser)]
#[command(name = "dukou", version, about)]
struct Cli {
    #[command(flatten)]
    global: config::Global,
    #[command(subcommand)]
    command: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve the institution's pages.
    Serve,
    /// Serve a believable university to try everything in.
    Demo,
    /// Import an office's ledger, or an institution from its export.
    Import(import::ImportArgs),
    /// Walk the chain, derive everything again, and name the first bad entry.
    Verify(maintain::VerifyArgs),
    /// Make every read table anew from the journal.
    Rebuild,
    /// The office's rules as calculators: JSON in, JSON out.
    Calc(calc::CalcArgs),
    /// Check law files of this installation, or load them.
    Law(law::LawArgs),
    /// Send one command to a running server, as its pages and other systems do.
    Command(command::CommandArgs),
    /// Set up the institution and its people's accounts.
    User(user::UserArgs),
    /// Check the installation and say how to mend each finding.
    Doctor,
    /// Write one institution into one file, in open formats.
    Export(archive::ExportArgs),
    /// Write the whole installation into one file; the server may go on.
    Backup(archive::ArchiveArgs),
    /// Take a backup into an empty data folder, to the same head.
    Restore(archive::ArchiveArgs),
    /// Measure commands and pages on a load of its own, beside the bare engine.
    Bench(bench::BenchArgs),
    /// Show settings and where each value came from.
    Config(config::ConfigArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let settings = match config::Resolved::load(&cli.global, matches!(cli.command, Verb::Demo)) {
        Ok(settings) => settings,
        Err(error) => return fail(&error),
    };
    logs(&settings);
    let outcome = match cli.command {
        Verb::Serve => serve::run(&settings),
        Verb::Demo => demo::run(&settings),
        Verb::Import(args) => import::run(&settings, &args),
        Verb::Verify(args) => maintain::verify(&settings, &args),
        Verb::Rebuild => maintain::rebuild(&settings),
        Verb::Calc(args) => calc::run(cli.global.data.is_some().then_some(&settings), &args),
        Verb::Law(args) => law::run(&settings, &args),
        Verb::Command(args) => command::run(&settings, &args),
        Verb::User(args) => user::run(&settings, &args),
        Verb::Doctor => doctor::run(&settings),
        Verb::Export(args) => archive::export(&settings, &args),
        Verb::Backup(args) => archive::backup(&settings, &args),
        Verb::Restore(args) => archive::take_in(&settings, &args, dukou_store::Taking::Whole),
        Verb::Bench(args) => bench::run(&settings, &args),
        Verb::Config(args) => config::run(&settings, &args),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn fail(error: &str) -> ExitCode {
    eprintln!("dukou: {error}");
    ExitCode::FAILURE
}

fn logs(settings: &config::Resolved) {
    use std::io::IsTerminal as _;
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(&settings.log.value).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    if settings.log_json.on() {
        builder.json().init();
    } else {
        builder.with_target(false).init();
    }
}
