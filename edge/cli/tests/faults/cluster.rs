//! A PostgreSQL server of a test's own, which it may stop, cut off and starve.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use dukou_store::{Db as _, Postgres};

use crate::office::{fresh, said};

/// A PostgreSQL server of the test's own, which it may stop.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    pub port: u16,
    user: Option<&'static str>,
}

/// Where Debian keeps the server programs; they are not on PATH.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .map(|it| it.unwrap().path().join("bin"))
        .filter(|it| it.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop()
}

impl Cluster {
    pub fn start() -> Option<Self> {
        Self::start_in(fresh("cluster"), &[])
    }

    /// In a folder, with words of one's own for its making.
    pub fn start_in(folder: PathBuf, words: &[&str]) -> Option<Self> {
        let Some(programs) = programs() else {
            let required = std::env::var("DUKOU_REQUIRE_POSTGRES").is_ok_and(|it| it == "1");
            assert!(!required, "PostgreSQL's initdb was not found");
            eprintln!("skipped: PostgreSQL's initdb was not found");
            return None;
        };
        let who = Command::new("id").arg("-u").output().unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        // The server refuses to run as root: it then runs as the user Debian made for it.
        let user = who.stdout.starts_with(b"0\n").then_some("postgres");
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let cluster = Self {
            folder,
            programs,
            port: free.local_addr().unwrap().port(),
            user,
        };
        drop(free);
        cluster.give(&cluster.folder);
        let plain = "-U dukou -A trust -E UTF8 --locale=C -N";
        let all: Vec<&str> = plain.split(' ').chain(words.iter().copied()).collect();
        cluster.run("initdb", &all);
        cluster.up();
        Some(cluster)
    }

    /// Lets the server write into a folder.
    pub fn give(&self, folder: &Path) {
        if let Some(user) = self.user {
            let given = Command::new("chown").arg(user).arg(folder).status();
            assert!(given.unwrap().success());
        }
    }

    fn run(&self, program: &str, words: &[&str]) {
        let output = self.tried(program, words);
        assert!(output.status.success(), "{words:?}: {}", said(&output));
    }

    fn tried(&self, program: &str, words: &[&str]) -> Output {
        let program = self.programs.join(program);
        let mut command = match self.user {
            None => Command::new(&program),
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={user}"));
                command.arg(format!("--regid={user}"));
                command.arg("--init-groups").arg(&program);
                command
            }
        };
        command.arg("-D").arg(self.folder.join("data")).args(words);
        command.current_dir(&self.folder).output().unwrap()
    }

    pub fn up(&self) {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c fsync=off",
            self.port,
            self.folder.display()
        );
        let log = self.folder.join("log").display().to_string();
        self.run("pg_ctl", &["-w", "-l", &log, "-o", &options, "start"]);
    }

    /// As if it had crashed.
    pub fn down(&self) {
        self.run("pg_ctl", &["-w", "-m", "immediate", "stop"]);
    }

    /// Starts it again, in case it went down by itself.
    pub fn back(&self) {
        for _ in 0..300 {
            if Postgres::connect(&self.url()).is_ok() {
                return;
            }
            if !self.tried("pg_ctl", &["status"]).status.success() {
                self.up();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("PostgreSQL does not come back");
    }

    /// Writes into its log until it cannot, which ends its connections and perhaps it.
    pub fn fill_log(&self) {
        let mut db = Postgres::connect(&self.url()).unwrap();
        let piece = "SELECT pg_logical_emit_message(false, '', repeat('x', 500000))";
        let written = (0..1_000).take_while(|_| db.rows(piece, &[]).is_ok());
        assert!(written.count() < 1_000, "its log never ran out of room");
    }

    /// Runs statements, each on its own.
    pub fn order(&self, statements: &[&str]) {
        let mut db = Postgres::connect(&self.url()).unwrap();
        for statement in statements {
            db.script(statement).unwrap();
        }
    }

    pub fn url(&self) -> String {
        format!("postgres://dukou@127.0.0.1:{}/postgres", self.port)
    }

    /// Cuts every connection but the one that says so.
    pub fn cut(&self) {
        let mut db = Postgres::connect(&self.url()).unwrap();
        db.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
            &[],
        )
        .unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let up = self.folder.join("data/postmaster.pid").exists();
        if up && !std::thread::panicking() {
            self.down();
        } else if up {
            let _ = Command::new("pkill")
                .args(["-QUIT", "-F"])
                .arg(self.folder.join("data/postmaster.pid"))
                .status();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
