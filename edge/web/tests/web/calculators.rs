//! Calculators are open to everybody: what one question may cost is limited, and so
//! is how many are answered at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dukou_web::Limits;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn others_are_answered_while_everybody_calculates() {
    let fixture = Fixture::with(Limits::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(dukou_web::serve(
        Arc::clone(&fixture.app),
        listener,
        std::future::pending(),
    ));
    // As much as one question may cost, from more callers than there are threads
    // for handlers.
    let question = json!({"method": "monte_carlo", "draws": 100_000, "seed": 1, "of": {
        "method": "present_value", "discount_rate": 0.1,
        "cash_flows": vec![json!({"kind": "normal", "mean": 1, "sd": 1}); 100],
    }})
    .to_string();
    let head = format!(
        "POST /api/v1/calc/valuation HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{question}",
        question.len()
    );
    let mut callers = Vec::new();
    for _ in 0..600 {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        callers.push(stream);
    }
    for _ in 0..5 {
        let began = Instant::now();
        let mut stream = TcpStream::connect(at).await.unwrap();
        let ask = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        stream.write_all(ask).await.unwrap();
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        let read = tokio::time::timeout(Duration::from_secs(20), read).await;
        read.expect("nobody else is answered").unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(began.elapsed() < Duration::from_secs(3));
    }
    // Who waited too long is told when to come again.
    let mut last = String::new();
    let mut stream = callers.pop().unwrap();
    stream.read_to_string(&mut last).await.unwrap();
    assert!(last.starts_with("HTTP/1.1 429"), "{last}");
    assert!(last.to_lowercase().contains("retry-after: 10"), "{last}");
}
