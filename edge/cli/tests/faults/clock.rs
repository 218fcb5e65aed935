//! The machine's clock is set back. Entries keep their order by number, each says
//! what the clock said, and the log and `dukou doctor` tell somebody.

use dukou_store::Clock;

use crate::office::*;
use crate::shim::Shim;

const DAY_MS: i64 = 86_400_000;

#[test]
fn a_clock_set_back_loses_no_order() {
    let place = Place::found();
    let now = Clock::System.now_ms();
    let clock = Clock::fixed("test", now + 10 * DAY_MS);
    let store = place.open_at(&clock);
    let before = store.execute(place.note(1, "早")).unwrap();
    assert_eq!(store.clock_behind_ms().unwrap(), 0);
    clock.set(now + 7 * DAY_MS);
    assert_eq!(store.clock_behind_ms().unwrap(), 3 * DAY_MS);
    let after = store.execute(place.note(1, "晚")).unwrap();
    assert_eq!(after.first_seq, before.last_seq + 1);
    assert_eq!(after.version, before.version + 1);
    drop(store);

    // Seven days ahead of the machine's own clock now: it is told, and goes on.
    let doctor = place.run(&["doctor"]);
    refused(
        &doctor,
        "本机时钟比最新一条记录早",
        "before the newest entry",
    );
    let server = Server::start(&place);
    assert!(server.log().contains("本机时钟早于最新一条记录"));
    let (status, done) = server.note("later").unwrap();
    assert_eq!(status, 201, "{done}");
    assert_eq!(done["first_seq"].as_i64(), Some(after.last_seq + 1));
    server.stop();

    let store = place.open();
    assert!(store.verify(&mut |_, _| {}).unwrap().ok());
    let sql = "SELECT at_ms FROM journal ORDER BY seq DESC LIMIT 3";
    let times = store.read(|db| db.rows(sql, &[])).unwrap();
    let times: Vec<i64> = times.iter().map(|row| row.int(0) - now).collect();
    assert_eq!(times[1..], [7 * DAY_MS, 10 * DAY_MS]);
    assert!(times[0] < DAY_MS, "as the clock said");
    // The newest entry is right again, and nobody is told any more.
    assert_eq!(store.clock_behind_ms().unwrap(), 0);
}

/// Takes seconds off the machine's clock: as many as the file says that
/// `DUKOU_CLOCK_BACK` names.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *time) {
    int outcome = syscall(SYS_clock_gettime, clock, time);
    const char *name = getenv("DUKOU_CLOCK_BACK");
    char said[32] = "";
    int file = name && clock == CLOCK_REALTIME ? open(name, O_RDONLY) : -1;
    if (file >= 0) {
        if (read(file, said, sizeof said - 1) > 0) time->tv_sec -= atol(said);
        close(file);
    }
    return outcome;
}
"#;

#[test]
fn a_clock_set_back_under_a_running_server_is_told() {
    let place = Place::found();
    let back = fresh("back");
    let shim = Shim::new(SHIM, &[("DUKOU_CLOCK_BACK", &back)]);
    let server = shim.server(&place);
    assert_eq!(server.note("before").unwrap().0, 201);
    let told = "本机时钟早于最新一条记录";
    assert!(!server.log().contains(told), "{}", server.log());
    std::fs::write(&back, "864000").unwrap();
    let began = std::time::Instant::now();
    while !server.log().contains(told) {
        assert!(began.elapsed().as_secs() < 30, "nobody is told");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    // It goes on all the same, and says what the clock says.
    let (status, done) = server.note("after").unwrap();
    assert_eq!(status, 201, "{done}");
    server.stop();
    std::fs::remove_file(&back).unwrap();
    let store = place.open();
    assert!(store.verify(&mut |_, _| {}).unwrap().ok());
}
