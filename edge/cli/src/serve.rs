//! `dukou serve`: pages until the program is told to stop.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dukou_store::{Clock, Store};
use dukou_web::hooks::Inside;
use dukou_web::{App, Limits, Settings};

use crate::config::Resolved;

/// Runs the server on the institution's data.
///
/// # Errors
/// When the data cannot be opened or the address is taken.
pub fn run(settings: &Resolved) -> Result<ExitCode, String> {
    let store = Store::open(settings.store(Clock::System)).map_err(|error| error.to_string())?;
    adopt_years(settings, &store)?;
    crate::law::adopt(settings, &store)?;
    if store
        .institutions()
        .map_err(|error| error.to_string())?
        .is_empty()
    {
        eprintln!(
            "dukou: no institution yet. Set it up with: dukou user setup --school 名称 --prefix YZ"
        );
    }
    listen(
        settings,
        store,
        web_settings(settings),
        &settings.listen.value,
        false,
    )
}

/// A year's holiday arrangement is added as a file: DIR/calendar/*.toml that the
/// institutions do not know yet is adopted, through the same command as in the browser.
fn adopt_years(settings: &Resolved, store: &Store) -> Result<(), String> {
    let folder = settings.folder().join("calendar");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|it| it != "toml") {
            continue;
        }
        let text =
            std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let year = dukou_chain::calendar::Year::parse(&text)
            .map_err(|e| format!("{}:{}: {}", path.display(), e.line, e.message.en))?;
        for institution in store.institutions().map_err(|e| e.to_string())? {
            adopt(store, institution, &year)?;
        }
    }
    Ok(())
}

fn adopt(
    store: &Store,
    institution: dukou_kernel::InstitutionId,
    year: &dukou_chain::calendar::Year,
) -> Result<(), String> {
    use dukou_chain::whole::{Command, State};
    use dukou_journal::{Actor, StreamId};
    let (_, state) = store
        .state(institution, StreamId::Institution)
        .map_err(|e| e.to_string())?;
    let State::Institution(known) = state.as_ref() else {
        return Ok(());
    };
    if known.calendar().year(year.year()) == Some(year) {
        return Ok(());
    }
    let command =
        Command::Institution(dukou_chain::institution::Command::AdoptYear { year: year.clone() });
    let actor = Actor::System("calendar".to_owned());
    store
        .execute(dukou_store::Envelope::new(institution, actor, command))
        .map(|_| ())
        .map_err(|e| e.to_string())
}

/// What the pages need to know of the settings.
pub fn web_settings(settings: &Resolved) -> Settings {
    let megabytes: usize = settings.upload_mb.number(50);
    let usual = Limits::default();
    Settings {
        demo: false,
        demo_people: Vec::new(),
        secure_cookies: settings.secure_cookies.on(),
        upload_limit: (megabytes << 20) + (1 << 20),
        idle_minutes: settings.idle_minutes.number(120),
        hook_hosts: Inside::parse(&settings.hook_hosts.value),
        audit_days: settings.audit_days.number(400),
        access_log: settings.access_log.on(),
        data_folder: Some(settings.folder().to_owned()),
        proxies: settings.trusted_proxies.nets(),
        metrics_from: settings.metrics_from.nets(),
        limits: Limits {
            lock_after: settings.lock_after.number(usual.lock_after).max(1),
            wrong_sign_ins: settings.wrong_sign_ins.number(usual.wrong_sign_ins),
            wrong_tokens: settings.wrong_tokens.number(usual.wrong_tokens),
            account_calls: settings.account_calls.number(usual.account_calls),
            address_calls: settings.address_calls.number(usual.address_calls),
            connections: settings.connections.number(usual.connections).max(1),
            address_connections: settings
                .address_connections
                .number(usual.address_connections),
            ..usual
        },
    }
}

/// Listens, prints the address, and serves until told to stop.
///
/// # Errors
/// When the address cannot be had.
pub fn listen(
    settings: &Resolved,
    store: Store,
    web: Settings,
    address: &str,
    any_port: bool,
) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(32)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let app = Arc::new(App::new(store, web));
    let (served, waited) = (Arc::clone(&app), Arc::clone(&app));
    let outcome = runtime.block_on(async move {
        withstand_limits();
        let (told, ending) = (told_to_stop(), told_to_stop());
        let listener = match tokio::net::TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(_) if any_port => tokio::net::TcpListener::bind("127.0.0.1:0")
                .await
                .map_err(|error| format!("listening: {error}"))?,
            Err(error) => return Err(format!("cannot listen on {address}: {error}")),
        };
        let at = listener.local_addr().map_err(|error| error.to_string())?;
        out!("http://{at}/");
        flush();
        tracing::info!(address = %at, data = %settings.data.value, "serving");
        let grace = async {
            ending.await;
            drained(&waited).await;
        };
        tokio::select! {
            served = dukou_web::serve(served, listener, told) => served.map_err(|error| error.to_string()),
            () = grace => Ok(()),
        }
    });
    runtime.shutdown_timeout(Duration::from_millis(300));
    if let Err(error) = dukou_web::audit::settle(&app) {
        tracing::error!(?error, "the last lines of the audit log are lost");
    }
    drop(app);
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Until every request under way is answered, for as long as a service manager
/// waits at most. Idle connections get a moment and no more: they would hold the
/// server back for ever.
async fn drained(app: &App) {
    const MOMENT: Duration = Duration::from_millis(250);
    const LONGEST: Duration = Duration::from_secs(20);
    // The server takes connections a moment longer itself.
    tokio::time::sleep(3 * MOMENT).await;
    let answered = async {
        while app.under_way() > 0 {
            tokio::time::sleep(MOMENT).await;
        }
    };
    if tokio::time::timeout(LONGEST, answered).await.is_err() {
        tracing::warn!("requests under way are broken off");
    }
    tokio::time::sleep(MOMENT).await;
}

/// A limit on file sizes (`LimitFSIZE=`, `ulimit -f`) would end the program by a
/// signal; taken, it makes the write fail instead, and what waits is told.
fn withstand_limits() {
    #[cfg(target_os = "linux")]
    {
        use tokio::signal::unix::{SignalKind, signal};
        const SIGXFSZ: i32 = 25;
        if let Err(error) = signal(SignalKind::from_raw(SIGXFSZ)) {
            tracing::warn!(%error, "a limit on file sizes would end the program");
        }
    }
}

fn flush() {
    use std::io::Write as _;
    let _ = std::io::stdout().flush();
}

/// Until the program is told to stop. Signals are caught from this call on, and not
/// only once somebody waits: what has just begun may be stopped at once.
#[cfg(unix)]
fn told_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let caught = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    async move {
        let [interrupt, terminate] = caught.map(|caught| async move {
            match caught {
                Ok(mut caught) => drop(caught.recv().await),
                Err(error) => {
                    tracing::warn!(%error, "this signal would end the program at once");
                    std::future::pending().await
                }
            }
        });
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
    }
}

#[cfg(not(unix))]
async fn told_to_stop() {
    let _ = tokio::signal::ctrl_c().await;
}
