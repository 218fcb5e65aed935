//! The socket: connections are counted, heads and bodies are waited for only so
//! long, and stopping lets answers under way go out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::sync::Semaphore;
use tokio_stream::StreamExt as _;
use tower::ServiceExt as _;

use crate::app::{App, Limits};
use crate::failure::Failure;
use crate::serve::router;
use crate::{audit, hooks, watch};

/// Largest head of a request, address and headers together.
const HEAD_LIMIT: usize = 64 << 10;

/// How long the listener rests when the system gives it no connection, such as
/// for want of file descriptors.
const REST: Duration = Duration::from_millis(100);

/// Serves until `stop` is done.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    app: Arc<App>,
    listener: tokio::net::TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let limits = app.settings.limits;
    let keepers = [
        tokio::spawn(audit::keep(Arc::clone(&app))),
        tokio::spawn(hooks::keep(Arc::clone(&app))),
        tokio::spawn(watch::keep(Arc::clone(&app))),
    ];
    let router = router(app);
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_LIMIT);
    let places = Arc::new(Semaphore::new(limits.connections));
    let open = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        // Without a free place nothing is accepted: who comes then waits outside.
        let place = tokio::select! {
            () = &mut stop => break,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(it) => it,
            Err(error) => {
                tracing::warn!(%error, "no connection");
                tokio::time::sleep(REST).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let service = hyper::service::service_fn(
            move |mut request: hyper::Request<hyper::body::Incoming>| {
                request
                    .extensions_mut()
                    .insert(ConnectInfo::<SocketAddr>(peer));
                router.clone().oneshot(request.map(Body::new))
            },
        );
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
            drop(place);
        });
    }
    open.shutdown().await;
    for keeper in keepers {
        keeper.abort();
    }
    Ok(())
}

/// A body of at most `most` bytes, from a client that does not dawdle.
///
/// # Errors
/// Too large, too slow, or broken off.
pub async fn collect(body: Body, most: usize, limits: &Limits) -> Result<Bytes, Failure> {
    let until = tokio::time::Instant::now() + limits.body;
    let mut stream = body.into_data_stream();
    let mut all = Vec::new();
    loop {
        let silence = tokio::time::Instant::now() + limits.silence;
        let next = tokio::time::timeout_at(silence.min(until), stream.next());
        let Some(part) = next.await.map_err(|_| Failure::TooSlow)? else {
            return Ok(all.into());
        };
        let part = part.map_err(|_| Failure::TooSlow)?;
        if all.len() + part.len() > most {
            return Err(Failure::TooLarge);
        }
        all.extend_from_slice(&part);
    }
}
