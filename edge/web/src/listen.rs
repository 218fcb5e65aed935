//! The socket: connections are counted, heads and bodies are waited for only so
//! long, and stopping lets answers under way go out.

use std::collections::HashMap;
use std::io::IoSlice;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::Sleep;
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

/// How long a server that stops goes on taking connections while `/readyz` says so,
/// for a balancer to send the next request elsewhere.
const NOTICE: Duration = Duration::from_millis(500);

/// Open connections of each address, so that one cannot have every place.
#[derive(Default)]
struct Held(Mutex<HashMap<IpAddr, usize>>);

/// A connection of an address; gives its place back when dropped.
struct Hold(Arc<Held>, IpAddr);

impl Held {
    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more of this address, unless it has `most` already; 0 for no limit.
    fn hold(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Hold> {
        let mut all = self.all();
        let count = all.entry(address).or_default();
        if most > 0 && *count >= most {
            return None;
        }
        *count += 1;
        Some(Hold(Arc::clone(self), address))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut all = self.0.all();
        if let Some(count) = all.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.1);
            }
        }
    }
}

/// A socket whose other end must take what it asked for: who reads nothing for too
/// long is let go, with the memory of the answers.
struct Patient {
    stream: TcpStream,
    patience: Duration,
    until: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    /// Fails when writing has waited for too long.
    fn written<T>(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<std::io::Result<T>>,
    ) -> Poll<std::io::Result<T>> {
        if outcome.is_ready() {
            self.until = None;
            return outcome;
        }
        let patience = self.patience;
        let until = self
            .until
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        match until.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(std::io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.written(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Serves until `stop` is done, and a moment longer: `/readyz` says first that no
/// more should come.
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
    let proxies = app.settings.proxies.clone();
    let stopping = Arc::clone(&app);
    let stop = async move {
        stop.await;
        stopping.stop();
        tokio::time::sleep(NOTICE).await;
    };
    let router = router(app);
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_LIMIT);
    let places = Arc::new(Semaphore::new(limits.connections));
    let held = Arc::new(Held::default());
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
        // A proxy comes for many; anybody else has a few places and no more.
        let from = peer.ip().to_canonical();
        let most = if proxies.hold(from) {
            0
        } else {
            limits.address_connections
        };
        let Some(hold) = held.hold(from, most) else {
            tracing::debug!(%from, "too many connections of one address");
            continue;
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
        let stream = Patient {
            stream,
            patience: limits.silence,
            until: None,
        };
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
            drop((place, hold));
        });
    }
    // Nobody is left waiting before a door that nobody opens.
    drop(listener);
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
