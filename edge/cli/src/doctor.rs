//! `dukou doctor`: checks the installation and says how to mend each finding.
//! It repairs nothing.

use std::path::Path;
use std::process::ExitCode;

use dukou_chain::whole::State;
use dukou_journal::StreamId;
use dukou_kernel::InstitutionId;
use dukou_store::{Clock, Store};

use crate::config::Resolved;

struct Check {
    name: &'static str,
    found: Result<String, (String, &'static str)>,
}

/// Runs the checks; 0 only when nothing needs mending.
///
/// # Errors
/// None.
pub fn run(settings: &Resolved) -> Result<ExitCode, String> {
    let checks = [
        folder(settings),
        database(settings),
        clock(settings),
        seal_key(settings),
        disk(settings),
        calendar(settings),
        law(settings),
        address(settings),
    ];
    let mut good = true;
    for check in checks {
        match check.found {
            Ok(detail) => out!("ok    {}: {detail}", check.name),
            Err((problem, mend)) => {
                good = false;
                out!("MEND  {}: {problem}\n      -> {mend}", check.name);
            }
        }
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(3)
    })
}

fn folder(settings: &Resolved) -> Check {
    let path = settings.folder();
    let found = if !path.is_dir() {
        Err((
            format!("{} is not there", path.display()),
            "start dukou serve once, or give --data DIR",
        ))
    } else {
        // The lock holds nothing, and opening it for writing changes nothing.
        let lock = path.join("lock");
        match std::fs::OpenOptions::new().write(true).open(lock) {
            Ok(_) => Ok(path.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(format!("{}, not used yet", path.display()))
            }
            Err(error) => Err((
                format!("{} cannot be written: {error}", path.display()),
                "give the service's user the right to write there",
            )),
        }
    };
    Check {
        name: "data folder",
        found,
    }
}

fn database(settings: &Resolved) -> Check {
    let found = Store::open_reader(settings.store(Clock::System))
        .map_err(|error| {
            (
                error.to_string(),
                "check --database-url, restore a backup, or use the newer program",
            )
        })
        .and_then(|store| {
            store.sound().map_err(|e| {
                (
                    e.to_string(),
                    "keep the folder as it is; restore a backup elsewhere",
                )
            })?;
            let count = store
                .institutions()
                .map_err(|e| (e.to_string(), "run dukou verify"))?
                .len();
            if count == 0 {
                Err((
                    "no institution is set up".to_owned(),
                    "run dukou user setup --school 名称",
                ))
            } else {
                Ok(format!("{count} institution(s)"))
            }
        });
    Check {
        name: "database",
        found,
    }
}

/// The newest entry's time lies behind us, give or take a minute.
fn clock(settings: &Resolved) -> Check {
    let behind =
        Store::open_reader(settings.store(Clock::System)).and_then(|store| store.clock_behind_ms());
    let found = match behind {
        Err(error) => Err((
            format!("the newest entry's time cannot be read: {error}"),
            "mend the database first",
        )),
        Ok(behind) if behind <= 60_000 => Ok("not before the newest entry".to_owned()),
        Ok(behind) => {
            let minutes = behind / 60_000;
            Err((
                format!(
                    "本机时钟比最新一条记录早{minutes}分钟 · the clock stands {minutes} minutes before the newest entry"
                ),
                "set the machine's time (timedatectl); entries keep their order by number",
            ))
        }
    };
    Check {
        name: "clock",
        found,
    }
}

fn seal_key(settings: &Resolved) -> Check {
    let path = settings.folder().join("keys").join("seal.key");
    let from = "copy it back from where keys/ is kept (no backup holds it); when it is lost for good, dukou backup, then dukou restore into a new folder, which makes a key of its own";
    let found = match std::fs::metadata(&path) {
        Err(_) => Err(("keys/seal.key is missing".to_owned(), from)),
        Ok(meta) if meta.len() != 32 => Err((
            format!("keys/seal.key has {} bytes, not 32", meta.len()),
            from,
        )),
        Ok(meta) if open_to_others(&meta) => Err((
            "others may read keys/seal.key".to_owned(),
            "chmod 600 keys/seal.key",
        )),
        Ok(_) => Ok("32 bytes, for its owner alone".to_owned()),
    };
    Check {
        name: "seal key",
        found,
    }
}

#[cfg(unix)]
fn open_to_others(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

/// Room that is left where the data lies, in MB, as `df` tells it.
fn free_mb(path: &Path) -> Option<u64> {
    let mut df = std::process::Command::new("df");
    let output = df.arg("-Pk").arg(path).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let kilobytes: u64 = text
        .lines()
        .nth(1)?
        .split_whitespace()
        .nth(3)?
        .parse()
        .ok()?;
    Some(kilobytes >> 10)
}

/// A backup, a rebuild and the log need room beside the database.
fn disk(settings: &Resolved) -> Check {
    let path = settings.folder().join("dukou.sqlite");
    let size = std::fs::metadata(&path).map_or(0, |meta| meta.len()) >> 20;
    let found = match free_mb(settings.folder()) {
        Some(free) if free < 2 * size + 200 => Err((
            format!("{free} MB are free beside a database of {size} MB"),
            "make room: twice the database and 200 MB",
        )),
        Some(free) => Ok(format!("{size} MB, {free} MB free")),
        None => Ok(format!("{size} MB; df does not say what is free")),
    };
    Check {
        name: "disk",
        found,
    }
}

/// The present year is known when the program carries it, its file lies in the
/// folder, or every institution has adopted it.
fn calendar(settings: &Resolved) -> Check {
    let today = jiff::tz::offset(8)
        .to_datetime(jiff::Timestamp::now())
        .date();
    let year = today.year();
    let from = if dukou_chain::law::builtin_calendar().year(year).is_some() {
        Some("the program")
    } else if laid(settings).contains(&year) {
        Some("DIR/calendar")
    } else if adopted(settings, year) {
        Some("the institutions")
    } else {
        None
    };
    let found = match from {
        Some(from) => Ok(format!("{year} is known to {from}")),
        None => Err((
            format!("the holiday arrangement of {year} is not known"),
            "put the year's file into DIR/calendar/ or upload it under 设置",
        )),
    };
    Check {
        name: "holiday calendar",
        found,
    }
}

/// Every law file that was loaded is understood by this program.
fn law(settings: &Resolved) -> Check {
    let unread = || -> Result<Vec<String>, String> {
        let store = Store::open_reader(settings.store(Clock::System)).map_err(|e| e.to_string())?;
        let mut faults = Vec::new();
        for institution in store.institutions().map_err(|e| e.to_string())? {
            let law = store.law(institution).map_err(|e| e.to_string())?;
            faults.extend(law.fault().map(|fault| format!("{institution}: {fault}")));
        }
        Ok(faults)
    };
    let found = match unread() {
        Ok(faults) if !faults.is_empty() => Err((
            format!("what the law decides is refused: {}", faults.join("; ")),
            "mend the file and load it under the same name: 设置 → 法规文件, or DIR/law",
        )),
        // What keeps the data from being read is said above.
        Ok(_) | Err(_) => Ok("every law file that was loaded is understood".to_owned()),
    };
    Check {
        name: "law files",
        found,
    }
}

/// Years whose files lie in the folder and can be read.
fn laid(settings: &Resolved) -> Vec<i16> {
    let folder = settings.folder().join("calendar");
    let paths = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let texts = paths.filter_map(|it| std::fs::read_to_string(it.path()).ok());
    texts
        .filter_map(|text| dukou_chain::calendar::Year::parse(&text).ok())
        .map(|year| year.year())
        .collect()
}

fn adopted(settings: &Resolved, year: i16) -> bool {
    let Ok(store) = Store::open_reader(settings.store(Clock::System)) else {
        return false;
    };
    let institutions = store.institutions().unwrap_or_default();
    let knows = |who: &InstitutionId| match store.state(*who, StreamId::Institution) {
        Ok((_, state)) => match state.as_ref() {
            State::Institution(it) => it.calendar().year(year).is_some(),
            _ => false,
        },
        Err(_) => false,
    };
    !institutions.is_empty() && institutions.iter().all(knows)
}

fn address(settings: &Resolved) -> Check {
    let found = settings
        .listen
        .value
        .parse::<std::net::SocketAddr>()
        .map(|it| it.to_string())
        .map_err(|_| {
            (
                format!("{} is no address", settings.listen.value),
                "write HOST:PORT, for example 127.0.0.1:8600",
            )
        });
    Check {
        name: "listen",
        found,
    }
}
