//! `dukou import ledger`: an office's Excel or CSV as offices keep them.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use dukou_intake::{Batch, Known, Nothing, Options};
use dukou_journal::Actor;
use dukou_kernel::{InstitutionId, Lang};
use dukou_store::{Clock, Store};
use dukou_web::ledger;

use crate::archive;
use crate::config::Resolved;
use crate::maintain::progress;

/// `dukou import …`
#[derive(Args)]
pub struct ImportArgs {
    #[command(subcommand)]
    verb: ImportVerb,
}

#[derive(Subcommand)]
enum ImportVerb {
    /// Achievements, contracts, receipts and past distributions from Excel or CSV.
    Ledger(LedgerArgs),
    /// A whole institution from its export.
    Institution(archive::ArchiveArgs),
}

/// `dukou import ledger …`
#[derive(Args)]
pub struct LedgerArgs {
    /// Files, read as one batch.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Read and judge only; nothing is written.
    #[arg(long)]
    dry_run: bool,
    /// Import the good rows although others were rejected.
    #[arg(long)]
    accept_good: bool,
    /// One JSON object instead of words.
    #[arg(long)]
    json: bool,
    /// With --json: the accepted rows too.
    #[arg(long)]
    rows: bool,
    /// Write an Excel with comments at the bad cells.
    #[arg(long, value_name = "FILE")]
    fix_list: Option<PathBuf>,
    /// Which institution, when the installation holds several.
    #[arg(long, value_name = "ID")]
    institution: Option<String>,
    /// Language: zh or en.
    #[arg(long, default_value = "zh")]
    lang: String,
}

/// Exit status when something was rejected.
const REJECTED: u8 = 3;

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// Runs `dukou import`.
///
/// # Errors
/// When a file cannot be read at all or the data cannot be written.
pub fn run(settings: &Resolved, args: &ImportArgs) -> Result<ExitCode, String> {
    let args = match &args.verb {
        ImportVerb::Ledger(args) => args,
        ImportVerb::Institution(args) => {
            return archive::take_in(settings, args, dukou_store::Taking::Institution);
        }
    };
    let lang = Lang::parse(&args.lang).ok_or_else(|| format!("--lang {}: zh or en", args.lang))?;
    let mut files = Vec::new();
    for path in &args.paths {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.file_name().map_or_else(
            || path.display().to_string(),
            |it| it.to_string_lossy().into_owned(),
        );
        files.push((name, bytes));
    }
    let refs: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let target = target(settings, args)?;
    let (batch, good) = match &target {
        Some((store, institution)) => {
            let known = ledger::in_system(store, *institution).map_err(text)?;
            let mappings = ledger::saved_mappings(store, *institution).map_err(text)?;
            let batch = read(&refs, &known, &mappings, store.today(), lang)?;
            let good = if args.dry_run {
                true
            } else {
                let good = write(store, *institution, &batch, &known, args)?;
                let names: Vec<&str> = refs.iter().map(|(name, _)| *name).collect();
                settings.note(Some(*institution), "import", &names.join(", "));
                good
            };
            (batch, good)
        }
        None => {
            let today = jiff::tz::offset(8)
                .to_datetime(jiff::Timestamp::now())
                .date();
            (read(&refs, &Nothing, &[], today, lang)?, true)
        }
    };
    if let Some(path) = &args.fix_list {
        let bytes = dukou_intake::fix_list_xlsx(&refs, &batch, lang)
            .map_err(|it| it.reason.get(lang).to_owned())?;
        std::fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    answer(&batch, args, lang, good);
    Ok(if batch.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(REJECTED)
    })
}

/// The institution to import into. A dry run does without one, so that a ledger
/// can be judged before anything is set up.
fn target(
    settings: &Resolved,
    args: &LedgerArgs,
) -> Result<Option<(Store, InstitutionId)>, String> {
    if args.dry_run
        && !settings.folder().join("dukou.sqlite").exists()
        && settings.database_url.value.is_empty()
    {
        return Ok(None);
    }
    let config = settings.store(Clock::System);
    let store = if args.dry_run {
        match Store::open_reader(config) {
            Ok(store) => store,
            Err(_) => return Ok(None),
        }
    } else {
        Store::open(config).map_err(text)?
    };
    let known = store.institutions().map_err(text)?;
    let wanted = args.institution.as_deref().map(str::parse::<InstitutionId>);
    let institution = match wanted {
        Some(Ok(id)) if known.contains(&id) => id,
        Some(_) => return Err("there is no such institution".to_owned()),
        None => match known.as_slice() {
            [only] => *only,
            [] if args.dry_run => return Ok(None),
            [] => {
                return Err(
                    "no institution is set up yet: dukou user setup --school 名称".to_owned(),
                );
            }
            _ => return Err("several institutions: name one with --institution ID".to_owned()),
        },
    };
    Ok(Some((store, institution)))
}

fn read(
    files: &[(&str, &[u8])],
    known: &dyn Known,
    mappings: &[dukou_intake::Mapping],
    today: dukou_kernel::Date,
    lang: Lang,
) -> Result<Batch, String> {
    let mut bar = progress("read");
    let mut tick = |done: usize, total: usize| {
        bar(
            u64::try_from(done).unwrap_or(0),
            u64::try_from(total).unwrap_or(0),
        );
    };
    let options = Options {
        today,
        mappings,
        known,
    };
    let batch = dukou_intake::read(files, &options, &mut tick)
        .map_err(|it| format!("{}: {}", it.file, it.reason.get(lang)))?;
    Ok(batch)
}

/// Imports what may be imported; false when the batch was held back whole.
fn write(
    store: &Store,
    institution: InstitutionId,
    batch: &Batch,
    known: &ledger::InSystem,
    args: &LedgerArgs,
) -> Result<bool, String> {
    if !batch.is_clean() && !args.accept_good {
        return Ok(false);
    }
    let actor = Actor::System("import".to_owned());
    let commands = ledger::commands(store, institution, &actor, batch, known).map_err(text)?;
    if commands.is_empty() {
        return Ok(true);
    }
    store
        .execute_all(commands)
        .map_err(|(_, rejected)| rejected.to_string())?;
    Ok(true)
}

fn answer(batch: &Batch, args: &LedgerArgs, lang: Lang, good: bool) {
    if args.json {
        out!("{}", batch.to_json(args.rows, lang));
        return;
    }
    for sheet in &batch.sheets {
        let kind = sheet.kind.map_or_else(
            || lang.pick("不认识", "unknown").to_owned(),
            |kind| kind.title().get(lang).to_owned(),
        );
        out!(
            "{} · {}\t{kind}\t{} / {} / {}",
            sheet.file,
            sheet.sheet,
            sheet.accepted,
            sheet.rejected,
            sheet.skipped
        );
    }
    for finding in &batch.findings {
        let sheet = batch
            .sheets
            .get(finding.sheet)
            .map_or("", |it| it.sheet.as_str());
        out!(
            "{sheet}\t{}\t{}\t{}\t{} {}",
            finding.row,
            finding.name.get(lang),
            finding.code.word(),
            finding.message.get(lang),
            finding.suggestion.get(lang)
        );
    }
    if !good {
        out!(
            "{}",
            lang.pick(
                "有行被拒绝，整批没有导入。改好后重导，或加 --accept-good 只导好的行。",
                "Rows were rejected, so nothing was imported. Mend them and import again, or add --accept-good.",
            )
        );
    }
}
