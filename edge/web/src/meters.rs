//! What `/metrics` tells Prometheus: requests and how long they took, entries of
//! each journal, who is signed in, what the process takes. No names, no ids of
//! people or cases.

use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::routes::Route;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Method {
    Get,
    Post,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: Method,
    route: &'static str,
    status: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Went {
    Taken,
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: Went,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfInstitution {
    institution: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
    engine: &'static str,
}

/// What the database tells at the moment of asking.
pub struct Now {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// Number of the newest entry per institution.
    pub heads: Vec<(String, i64)>,
    /// Sessions that have not ended.
    pub sessions: i64,
    /// Deliveries to other systems that were given up on and still wait.
    pub letters: i64,
    /// Lines of the audit log that were not kept.
    pub audit_dropped: u64,
    /// Seconds since a backup ended well, where one ever did.
    pub backup_age: Option<i64>,
}

/// The program's meters. A route stands by its pattern, so their number is fixed.
pub struct Meters {
    requests: Family<Labels, Counter>,
    seconds: Histogram,
    /// Deliveries to other systems, by how they went.
    deliveries: Family<Outcome, Counter>,
}

impl Default for Meters {
    fn default() -> Self {
        let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];
        Self {
            requests: Family::default(),
            seconds: Histogram::new(bounds),
            deliveries: Family::default(),
        }
    }
}

impl Meters {
    /// Counts an answered request.
    pub fn answered(&self, route: &Route, status: u16, took: Duration) {
        let method = if route.post {
            Method::Post
        } else {
            Method::Get
        };
        let route = if route.path.is_empty() {
            "none"
        } else {
            route.path
        };
        let labels = Labels {
            method,
            route,
            status,
        };
        self.requests.get_or_create(&labels).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// Counts a delivery to another system.
    pub fn delivered(&self, taken: bool) {
        let outcome = if taken { Went::Taken } else { Went::Failed };
        self.deliveries.get_or_create(&Outcome { outcome }).inc();
    }

    /// Everything in OpenMetrics text.
    ///
    /// # Errors
    /// Never in practice: writing into a text does not fail.
    pub fn text(&self, now: &Now) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("dukou");
        registry.register(
            "requests",
            "Answered requests by route",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request",
            "Time from the whole request to the answer",
            Unit::Seconds,
            self.seconds.clone(),
        );
        let heads: Family<OfInstitution, Gauge> = Family::default();
        for (institution, seq) in &now.heads {
            let institution = institution.clone();
            heads
                .get_or_create(&OfInstitution { institution })
                .set(*seq);
        }
        registry.register("journal_entries", "Entries in the journal", heads);
        let sessions: Gauge = Gauge::default();
        sessions.set(now.sessions);
        registry.register("sessions", "Sessions that have not ended", sessions);
        registry.register(
            "webhook_deliveries",
            "Deliveries to other systems",
            self.deliveries.clone(),
        );
        let letters: Gauge = Gauge::default();
        letters.set(now.letters);
        registry.register("dead_letters", "Deliveries that were given up on", letters);
        let dropped: Counter = Counter::default();
        dropped.inc_by(now.audit_dropped);
        registry.register(
            "audit_lines_dropped",
            "Lines of the audit log that were not kept",
            dropped,
        );
        if let Some(seconds) = now.backup_age {
            let age: Gauge = Gauge::default();
            age.set(seconds);
            let help = "Time since the last backup that ended well";
            registry.register_with_unit("backup_age", help, Unit::Seconds, age);
        }
        let build: Family<Build, Gauge> = Family::default();
        let labels = Build {
            version: env!("CARGO_PKG_VERSION"),
            engine: now.engine,
        };
        build.get_or_create(&labels).set(1);
        registry.register("build", "The program and its engine", build);
        if let Some(bytes) = resident() {
            let memory: Gauge = Gauge::default();
            memory.set(bytes);
            registry.register_with_unit("memory", "Resident memory", Unit::Bytes, memory);
        }
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// Resident memory of the process in bytes, where the system tells it.
fn resident() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: i64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
