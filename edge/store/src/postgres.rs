//! PostgreSQL behind [`Db`]: tokio-postgres on a small runtime of its own.
//!
//! Statements that return nothing are kept back and sent together before the
//! next read or the end of the transaction, because on PostgreSQL the round
//! trip is the cost.

use std::cell::Cell;
use std::collections::HashMap;
use std::time::Duration;

use futures_util::TryStreamExt;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, NoTls, Row, Statement};

use crate::db::{Db, Each, Engine, Record, Value};
use crate::{Fault, Trouble};

/// How many statements are kept back at most.
const PENDING: usize = 128;

/// How many prepared statements are kept at most.
const STATEMENTS: usize = 512;

/// How long the server may say nothing, unless the address says otherwise
/// (`tcp_user_timeout`, in seconds). A link that fell silent is then given up: what
/// waits on it is told, instead of waiting for ever.
const SILENCE: Duration = Duration::from_secs(60);

/// How long connecting may take, unless the address says otherwise.
const CONNECTING: Duration = Duration::from_secs(10);

/// A server that no longer hears of us lets go of what we held.
const LET_GO: &str = "SET idle_in_transaction_session_timeout = '2min'; \
     SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3";

/// How many rows of an answer are in memory at once.
const GROUP: usize = 256;

/// A connection to PostgreSQL.
pub struct Postgres {
    runtime: Option<Runtime>,
    client: Client,
    statements: HashMap<String, Statement>,
    pending: Vec<(Statement, Vec<Value>)>,
    silence: Duration,
    /// The server did not answer in time; nothing is asked of it any more.
    lost: Cell<bool>,
}

/// Where to connect, and how long to wait: for a connection, and for an answer.
fn configured(url: &str) -> Result<(tokio_postgres::Config, Duration), tokio_postgres::Error> {
    let mut config: tokio_postgres::Config = url.parse()?;
    let silence = config.get_tcp_user_timeout().copied().unwrap_or(SILENCE);
    config.tcp_user_timeout(silence);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECTING);
    }
    config
        .keepalives_idle(Duration::from_secs(30))
        .keepalives_interval(Duration::from_secs(10))
        .keepalives_retries(3);
    Ok((config, silence))
}

fn silent(after: Duration) -> Fault {
    Fault::Storage {
        trouble: Trouble::Unreachable,
        why: format!("PostgreSQL: no answer within {} s", after.as_secs()),
    }
}

fn fault(error: &tokio_postgres::Error) -> Fault {
    let text = error.as_db_error().map_or_else(
        || error.to_string(),
        |db| format!("{} ({})", db.message(), db.code().code()),
    );
    match Trouble::of_postgres(error) {
        Some(trouble) => Fault::Storage {
            trouble,
            why: format!("PostgreSQL: {text}"),
        },
        None => Fault::Postgres(text),
    }
}

/// The address without its password, for messages.
pub fn redacted(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| {
        let (user, host) = rest.rsplit_once('@')?;
        let name = user.split(':').next().unwrap_or_default();
        Some(format!("{scheme}://{name}@{host}"))
    }) {
        Some(clean) => clean,
        None => url.to_owned(),
    }
}

impl Postgres {
    /// Connects.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub fn connect(url: &str) -> Result<Self, Fault> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Fault::io("starting the PostgreSQL runtime"))?;
        let cannot = |error: &tokio_postgres::Error| {
            let at = redacted(url);
            match fault(error) {
                Fault::Storage { trouble, why } => Fault::Storage {
                    trouble,
                    why: format!("{at}: {why}"),
                },
                _ => Fault::Postgres(format!("cannot connect to {at}: {error}")),
            }
        };
        let (config, silence) = configured(url).map_err(|error| cannot(&error))?;
        // The time to connect covers the socket alone; a server may also say nothing
        // on an open one.
        let patience = silence.max(CONNECTING);
        let connecting = async { tokio::time::timeout(patience, config.connect(NoTls)).await };
        let (client, connection) = wait(Some(&runtime), connecting)?
            .map_err(|_| silent(patience))?
            .map_err(|error| cannot(&error))?;
        runtime.spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "the PostgreSQL connection ended");
            }
        });
        let mut connected = Self {
            runtime: Some(runtime),
            client,
            statements: HashMap::new(),
            pending: Vec::new(),
            silence,
            lost: Cell::new(false),
        };
        connected.script(LET_GO)?;
        Ok(connected)
    }

    /// Waits for an answer, and not for ever.
    fn ask<T>(
        &self,
        patience: Option<Duration>,
        question: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Fault> {
        if self.lost.get() {
            return Err(silent(self.silence));
        }
        let limited = async {
            match patience {
                Some(patience) => tokio::time::timeout(patience, question).await.ok(),
                None => Some(question.await),
            }
        };
        match wait(self.runtime.as_ref(), limited)? {
            Some(answer) => answer.map_err(|error| fault(&error)),
            None => {
                self.lost.set(true);
                Err(silent(self.silence))
            }
        }
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, Fault> {
        if let Some(known) = self.statements.get(sql) {
            return Ok(known.clone());
        }
        self.flush()?;
        let prepared = self.ask(Some(self.silence), self.client.prepare(sql))?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), prepared.clone());
        Ok(prepared)
    }

    /// Sends what was kept back, all at once.
    fn flush(&mut self) -> Result<(), Fault> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let client = &self.client;
        self.ask(Some(self.silence), async move {
            let mut running = Vec::with_capacity(pending.len());
            for (statement, params) in &pending {
                let params: Vec<&(dyn ToSql + Sync)> =
                    params.iter().map(|it| it as &(dyn ToSql + Sync)).collect();
                running.push(Box::pin(async move {
                    client.execute_raw(statement, params).await
                }));
            }
            let mut outcome = Ok(());
            let answers = join(running).await;
            for answer in answers {
                if let (Ok(()), Err(error)) = (&outcome, answer) {
                    outcome = Err(error);
                }
            }
            outcome
        })
    }
}

/// Waits for an answer, also when the caller itself runs on an asynchronous
/// runtime's thread: that runtime then moves its other work elsewhere.
fn wait<F: Future>(runtime: Option<&Runtime>, future: F) -> Result<F::Output, Fault> {
    let runtime = runtime.ok_or(Fault::Closed)?;
    Ok(if tokio::runtime::Handle::try_current().is_ok() {
        tokio::task::block_in_place(|| runtime.block_on(future))
    } else {
        runtime.block_on(future)
    })
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Waiting is not allowed everywhere a connection may be dropped.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Polls all futures until every one is done, so that they are sent together.
async fn join<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        let mut waiting = false;
        for (future, slot) in futures.iter_mut().zip(&mut done) {
            if slot.is_none() {
                match std::pin::Pin::new(future).poll(context) {
                    std::task::Poll::Ready(output) => *slot = Some(output),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting {
            std::task::Poll::Pending
        } else {
            std::task::Poll::Ready(std::mem::take(&mut done).into_iter().flatten().collect())
        }
    })
    .await
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut tokio_postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) if *ty == Type::INT4 => i32::try_from(*number)?.to_sql(ty, out),
            Self::Int(number) if *ty == Type::TEXT => number.to_string().to_sql(ty, out),
            Self::Int(number) => number.to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(_ty: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn value(row: &Row, column: usize, ty: &Type) -> Result<Value, tokio_postgres::Error> {
    Ok(match *ty {
        Type::INT8 => row.try_get::<_, Option<i64>>(column)?.into(),
        Type::INT4 => row.try_get::<_, Option<i32>>(column)?.map(i64::from).into(),
        Type::BOOL => row
            .try_get::<_, Option<bool>>(column)?
            .map(i64::from)
            .into(),
        Type::BYTEA => row
            .try_get::<_, Option<Vec<u8>>>(column)?
            .map_or(Value::Null, Value::Bytes),
        _ => row.try_get::<_, Option<String>>(column)?.into(),
    })
}

impl Db for Postgres {
    fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64, Fault> {
        // Only plain inserts and deletes inside a transaction are kept back:
        // nobody asks how many rows those changed.
        let statement = self.statement(sql)?;
        if sql.starts_with("INSERT") || sql.starts_with("DELETE") {
            self.pending.push((statement, params.to_vec()));
            if self.pending.len() >= PENDING {
                self.flush()?;
            }
            return Ok(0);
        }
        self.flush()?;
        let params: Vec<&(dyn ToSql + Sync)> =
            params.iter().map(|it| it as &(dyn ToSql + Sync)).collect();
        self.ask(
            Some(self.silence),
            self.client.execute_raw(&statement, params),
        )
    }

    fn each(&mut self, sql: &str, params: &[Value], take: &mut Each<'_>) -> Result<(), Fault> {
        let statement = self.statement(sql)?;
        self.flush()?;
        let params: Vec<&(dyn ToSql + Sync)> =
            params.iter().map(|it| it as &(dyn ToSql + Sync)).collect();
        let rows = self.ask(
            Some(self.silence),
            self.client.query_raw(&statement, params),
        )?;
        let mut rows = std::pin::pin!(rows);
        let types: Vec<Type> = statement
            .columns()
            .iter()
            .map(|column| column.type_().clone())
            .collect();
        let mut some = Vec::with_capacity(GROUP);
        loop {
            // The server waits with the rest: no more than a group is in memory.
            let next = async {
                while some.len() < GROUP {
                    match rows.try_next().await? {
                        Some(row) => some.push(row),
                        None => break,
                    }
                }
                Ok(some.len() == GROUP)
            };
            let more = self.ask(Some(self.silence), next)?;
            for row in some.drain(..) {
                let mut record = Record(Vec::with_capacity(types.len()));
                for (column, ty) in types.iter().enumerate() {
                    let value = value(&row, column, ty).map_err(|error| fault(&error))?;
                    record.0.push(value);
                }
                take(&record)?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    fn script(&mut self, sql: &str) -> Result<(), Fault> {
        if sql.starts_with("ROLLBACK") {
            self.pending.clear();
        }
        self.flush()?;
        // Tables may have changed shape: prepared statements are made anew.
        let shapes = sql.contains("CREATE") || sql.contains("DROP");
        if shapes {
            self.statements.clear();
        }
        // An index over a large table takes as long as it takes.
        let patience = (!shapes).then_some(self.silence);
        self.ask(patience, self.client.batch_execute(sql))
    }

    fn engine(&self) -> Engine {
        Engine::Postgres
    }

    fn alive(&mut self) -> bool {
        // The connection's own task only runs while somebody waits: it is given the
        // turns it needs to see that the server has gone.
        let turns = async {
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
        };
        !self.lost.get() && wait(self.runtime.as_ref(), turns).is_ok() && !self.client.is_closed()
    }
}
