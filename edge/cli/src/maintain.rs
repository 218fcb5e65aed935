//! `dukou verify` and `dukou rebuild`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Args;
use dukou_store::{Clock, Store};

use crate::config::Resolved;

/// `dukou verify …`
#[derive(Args)]
pub struct VerifyArgs {
    /// The report as JSON.
    #[arg(long)]
    json: bool,
    /// Language of the report: zh or en.
    #[arg(long, default_value = "zh")]
    lang: String,
}

/// A progress bar on standard error, when somebody watches.
pub fn progress(what: &'static str) -> impl FnMut(u64, u64) {
    let watched = std::io::stderr().is_terminal();
    let mut shown = u64::MAX;
    move |done, total| {
        let percent = (done * 100).checked_div(total).unwrap_or(100).min(100);
        if !watched || percent == shown {
            return;
        }
        shown = percent;
        let full = usize::try_from(percent / 4).unwrap_or(25);
        let mut out = std::io::stderr();
        let _ = write!(
            out,
            "\r{what} [{:<25}] {percent:>3}% {done}/{total} ",
            "#".repeat(full)
        );
        if done >= total {
            let _ = writeln!(out);
        }
    }
}

/// Verifies; 0 only when all is well.
///
/// # Errors
/// When the data cannot be read at all.
pub fn verify(settings: &Resolved, args: &VerifyArgs) -> Result<ExitCode, String> {
    let lang = dukou_kernel::Lang::parse(&args.lang).unwrap_or_default();
    let store =
        Store::open_reader(settings.store(Clock::System)).map_err(|error| error.to_string())?;
    let report = store
        .verify(&mut progress("verify"))
        .map_err(|error| error.to_string())?;
    if args.json {
        let findings: Vec<serde_json::Value> = report
            .findings
            .iter()
            .map(|it| {
                serde_json::json!({
                    "code": it.code,
                    "institution": it.institution.map(|id| id.to_string()),
                    "entry": it.seq,
                    "message": it.message.get(lang),
                })
            })
            .collect();
        let heads: Vec<serde_json::Value> = report
            .heads
            .iter()
            .map(|(id, seq, hash)| serde_json::json!({"institution": id.to_string(), "entry": seq, "hash": hash}))
            .collect();
        out!(
            "{}",
            serde_json::json!({
                "ok": report.ok(),
                "entries": report.entries,
                "rows": report.rows,
                "files": report.files,
                "heads": heads,
                "findings": findings,
            })
        );
    } else {
        for finding in &report.findings {
            out!("{}: {}", finding.code, finding.message.get(lang));
        }
        if report.ok() {
            let (entries, rows, files) = (report.entries, report.rows, report.files);
            out!(
                "{}",
                lang.pick(
                    &format!("完好：{entries}条记录、{rows}行读表和账簿、{files}个附件逐一核对一致。"),
                    &format!("All is well: {entries} entries, {rows} derived rows and {files} files agree."),
                )
            );
        }
    }
    Ok(if report.ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(3)
    })
}

/// Makes every derived table anew.
///
/// # Errors
/// When the data is in use or cannot be read or written.
pub fn rebuild(settings: &Resolved) -> Result<ExitCode, String> {
    let config = settings.store(Clock::System);
    let entries =
        Store::rebuild(&config, &mut progress("rebuild")).map_err(|error| error.to_string())?;
    out!("{entries}");
    Ok(ExitCode::SUCCESS)
}
