//! `dukou bench` on a small load says everything it promises, in one line.

#![allow(missing_docs, clippy::unwrap_used)]

use std::process::Command;

#[test]
fn a_small_bench_is_one_line_with_every_figure() {
    let folder = std::env::temp_dir().join(format!("dukou-bench-{}", uuid::Uuid::now_v7()));
    let output = Command::new(env!("CARGO_BIN_EXE_dukou"))
        .args(["bench", "--cases", "30", "--json", "--data"])
        .arg(&folder)
        .env_remove("DUKOU_DATABASE_URL")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let erred = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{erred}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let figures: serde_json::Value = serde_json::from_str(&said).unwrap();
    for path in [
        "/cases",
        "/entries",
        "/start_ms",
        "/rss_mb",
        "/pages/home/median_ms",
        "/pages/cases/p99_ms",
        "/pages/case/per_s",
        "/commands_per_s/single",
        "/commands_per_s/concurrent",
        "/bare_commands_per_s/single",
        "/bare_commands_per_s/concurrent",
        "/ratio/single",
        "/ratio/concurrent",
        "/replay_entries_per_s",
        "/verify_entries_per_s",
        "/rebuild_entries_per_s",
        "/db_mb",
    ] {
        let figure = figures.pointer(path).and_then(serde_json::Value::as_f64);
        assert!(figure.is_some_and(|it| it > 0.0), "{path}: {said}");
    }
    let _ = std::fs::remove_dir_all(&folder);
}
