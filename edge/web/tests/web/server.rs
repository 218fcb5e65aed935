//! A server on a socket of its own, and words with it byte by byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dukou_web::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::fixture::Fixture;

/// Longer than any answer takes; what waits for it has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A server on a port of its own, until dropped.
pub struct Server {
    pub fixture: Fixture,
    pub at: SocketAddr,
    _stop: oneshot::Sender<()>,
}

pub async fn serve(limits: Limits) -> Server {
    listen(Fixture::with(limits)).await
}

pub async fn listen(fixture: Fixture) -> Server {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let app = Arc::clone(&fixture.app);
    tokio::spawn(dukou_web::serve(app, listener, async move {
        let _ = stopped.await;
    }));
    Server {
        fixture,
        at,
        _stop: stop,
    }
}

/// Limits under which a kept connection is soon closed.
pub fn quick() -> Limits {
    Limits {
        head: Duration::from_secs(2),
        silence: Duration::from_secs(2),
        ..Limits::default()
    }
}

impl Server {
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.at).await.unwrap()
    }

    /// Sends bytes and reads until the server closes.
    pub async fn say(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The server may answer and close before everything is written.
        let _ = stream.write_all(bytes).await;
        all(&mut stream).await
    }

    /// Good requests are still answered.
    pub async fn alive(&self) {
        let answer = self
            .say(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .await;
        assert_eq!(status(&answer), 200, "the server is gone");
    }

    pub fn files(&self) -> usize {
        count(&self.fixture.folder.join("files"))
    }
}

pub fn count(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { count(&path) } else { 1 }
        })
        .sum()
}

pub async fn all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset after the answer is as good as a close.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .expect("the server neither answers nor closes");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The status of the first answer; 0 for none.
pub fn status(answer: &str) -> u16 {
    let word = answer.split(' ').nth(1).unwrap_or_default();
    word.parse().unwrap_or(0)
}

pub fn answers(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}
