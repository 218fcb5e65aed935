//! `dukou doctor`: checks the installation and says how to mend each finding.
//! It repairs nothing.

use std::process::ExitCode;

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
        calendar(),
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
        let probe = path.join(".doctor");
        match std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe)) {
            Ok(()) => Ok(path.display().to_string()),
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
    let behind = Store::open_reader(settings.store(Clock::System))
        .and_then(|store| store.clock_behind_ms())
        .unwrap_or(0);
    let found = if behind <= 60_000 {
        Ok("not before the newest entry".to_owned())
    } else {
        let minutes = behind / 60_000;
        Err((
            format!(
                "本机时钟比最新一条记录早{minutes}分钟 · the clock stands {minutes} minutes before the newest entry"
            ),
            "set the machine's time (timedatectl); entries keep their order by number",
        ))
    };
    Check {
        name: "clock",
        found,
    }
}

fn seal_key(settings: &Resolved) -> Check {
    let path = settings.folder().join("keys").join("seal.key");
    let found = match std::fs::metadata(&path) {
        Err(_) => Err((
            "keys/seal.key is missing".to_owned(),
            "restore it from the backup; without it a cut-off tail is found only through saved heads",
        )),
        Ok(meta) => {
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                if meta.permissions().mode() & 0o077 != 0 {
                    return Check {
                        name: "seal key",
                        found: Err((
                            "others may read keys/seal.key".to_owned(),
                            "chmod 600 keys/seal.key",
                        )),
                    };
                }
            }
            Ok(format!("{} bytes", meta.len()))
        }
    };
    Check {
        name: "seal key",
        found,
    }
}

fn disk(settings: &Resolved) -> Check {
    let path = settings.folder().join("dukou.sqlite");
    let size = std::fs::metadata(&path).map_or(0, |meta| meta.len());
    Check {
        name: "size",
        found: Ok(format!("{} MB", size >> 20)),
    }
}

fn calendar() -> Check {
    let today = jiff::tz::offset(8)
        .to_datetime(jiff::Timestamp::now())
        .date();
    let known = dukou_chain::law::builtin_calendar();
    let found = if known.year(today.year()).is_some() {
        Ok(format!("{} is known", today.year()))
    } else {
        Err((
            format!("the holiday arrangement of {} is not known", today.year()),
            "put the year's file into DIR/calendar/ or upload it under 设置",
        ))
    };
    Check {
        name: "holiday calendar",
        found,
    }
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
