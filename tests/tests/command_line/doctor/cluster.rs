//! `doctor` on clusters, which a server of the test's own stands for: it tells what a scheduler tells of itself.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use serde_json::{Value, json};

use crate::doctor::{Found, examined};
use crate::http::{reply, serve};
use crate::world;

/// Version of the program.
const OURS: &str = env!("CARGO_PKG_VERSION");

/// A scheduler of such versions of Ballista and DataFusion; returns its address.
fn scheduler(ballista: &str, datafusion: &str, executors: &[Value]) -> String {
    late_scheduler(0, &format!("x_{OURS}_x86-64-v3"), ballista, datafusion, executors)
}

/// The same by a name, which refuses so many questions before it answers.
fn late_scheduler(refused: usize, name: &str, ballista: &str, datafusion: &str, executors: &[Value]) -> String {
    let state = json!({ "scheduler_id": name }).to_string();
    let version = json!({ "version": ballista, "datafusion_version": datafusion }).to_string();
    let executors = json!(executors).to_string();
    let asked = AtomicUsize::new(0);
    let port = serve(move |request, stream| match (asked.fetch_add(1, SeqCst), request.asked()) {
        (before, _) if before < refused => reply(stream, "503 Service Unavailable", "", b""),
        (_, ("GET", "/api/version")) => reply(stream, "200 OK", "", version.as_bytes()),
        (_, ("GET", "/api/state")) => reply(stream, "200 OK", "", state.as_bytes()),
        (_, ("GET", "/api/executors")) => reply(stream, "200 OK", "", executors.as_bytes()),
        _ => reply(stream, "404 Not Found", "", b""),
    });
    format!("df://127.0.0.1:{port}")
}

/// An executor with two cores, by its name and its system.
fn executor(name: &str, system: &str) -> Value {
    json!({
        "id": name, "specification": { "vcores": 2 }, "os_info": { "os_ver_long": system, "kernel_ver": "6.1" },
    })
}

fn found(address: &str, code: i32) -> Found {
    examined(&world::fresh(), code, &[], &["--scheduler", address])
}

/// The versions that this program speaks, as it tells a scheduler of others.
fn spoken() -> (String, String) {
    let name = format!("x_{OURS}_x86-64-v3");
    let found = found(&scheduler("0.0.1", "0.0.2", &[executor(&name, "Debian 12")]), 1);
    found.expect("scheduler reached", "ok", "http://127.0.0.1:", "");
    found.expect("scheduler's version", "fail", "Ballista 0.0.1 with DataFusion 0.0.2", "release of this program");
    let (_, ours) = found.seen("scheduler's version").split_once(", here Ballista ").unwrap();
    let (ballista, datafusion) = ours.split_once(" with DataFusion ").unwrap();
    (ballista.to_owned(), datafusion.to_owned())
}

#[test]
fn a_scheduler_of_our_version_needs_executors() {
    let (ballista, datafusion) = spoken();
    let alone = found(&scheduler(&ballista, &datafusion, &[]), 1);
    assert_eq!(alone.result("scheduler's version"), "ok");
    alone.expect("executors", "fail", "none is registered", "almanac-executor");

    let [one, other] = ["x", "y"].map(|name| executor(&format!("{name}_{OURS}_x86-64-v3"), "Debian 12"));
    let whole = found(&scheduler(&ballista, &datafusion, &[one, other]), 0);
    whole.expect("executors", "ok", "registered: 2, cores: 4", "");
    assert!(whole.seen("memory").ends_with("a pool of 1024 MiB, an executor's default"), "{}", whole.seen("memory"));
    for check in ["executors' systems", "executors' versions", "executors' processors"] {
        assert_eq!(whole.result(check), "ok", "{check}: {}", whole.seen(check));
    }
}

#[test]
fn a_scheduler_of_another_release_is_told() {
    let (ballista, datafusion) = spoken();
    let executors = [executor(&format!("x_{OURS}_x86-64-v3"), "Debian 12")];
    let of = |name: &str, code| found(&late_scheduler(0, name, &ballista, &datafusion, &executors), code);
    let check = "scheduler's program";
    of(&format!("x_{OURS}_x86-64-v4"), 0).expect(check, "ok", &format!("almanac {OURS}, as here"), "");
    let older = of("x_0.0.1_x86-64-v3", 1);
    older.expect(check, "fail", &format!("almanac 0.0.1, here {OURS}"), "release of this program");
    of("4b1cfa16-8b1f-4f3e-9d4e-0f3f5f1f6f10", 0).expect(check, "warn", "does not tell", "release of this program");
}

#[test]
fn a_scheduler_that_is_late_is_waited_for() {
    let (ballista, datafusion) = spoken();
    let executors = [executor(&format!("x_{OURS}_x86-64-v3"), "Debian 12")];
    let late = || late_scheduler(1, "x", &ballista, &datafusion, &executors);
    found(&late(), 1).expect("scheduler reached", "fail", "503", "--wait-scheduler");
    let waited = examined(&world::fresh(), 0, &[], &["--scheduler", late().as_str(), "--wait-scheduler", "20"]);
    waited.expect("executors", "ok", "registered: 1, cores: 2", "");
}

#[test]
fn executors_that_differ_are_told() {
    let (ballista, datafusion) = spoken();
    let of = |names: [&str; 2], code| {
        let executors = [executor(names[0], "Debian 12"), executor(names[1], "Alpine 3")];
        found(&scheduler(&ballista, &datafusion, &executors), code)
    };
    let [ours, newer] = ["v3", "v4"].map(|level| format!("{level}_{OURS}_x86-64-{level}"));
    let mixed = of([ours.as_str(), newer.as_str()], 0);
    mixed.expect("executors' systems", "warn", "Alpine 3, kernel 6.1; Debian 12, kernel 6.1", "one image");
    mixed.expect("executors' processors", "warn", "x86-64-v3, x86-64-v4", "almanac tables --content");
    assert_eq!(mixed.result("executors' versions"), "ok");
    let older = of([ours.as_str(), "other_0.0.1_x86-64-v3"], 1);
    older.expect("executors' versions", "fail", &format!("1 of 2 are not {OURS}"), "release of this program");
    let silent = of([ours.as_str(), "other"], 0);
    silent.expect("executors' versions", "warn", "1 executors do not tell theirs", "release of this program");
}
