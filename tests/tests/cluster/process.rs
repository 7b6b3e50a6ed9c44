//! A process with a log, a port for probes and an end.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::gateway::free_port;
use crate::site::Site;
use crate::warehouse::binary;

/// Longest wait for a process to say that it is ready.
const START: Duration = Duration::from_secs(60);
/// Pause between two questions.
const PAUSE: Duration = Duration::from_millis(50);

/// A process with a log and a port for probes.
pub(crate) struct Process {
    child: Child,
    address: String,
    pub(crate) probes: u16,
    pub(crate) log: PathBuf,
}

/// Asks again until `done`.
///
/// # Panics
/// If it is not done within `limit`.
pub(crate) fn wait(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + limit;
    while !done() {
        assert!(Instant::now() < until, "{what}: not within {limit:?}");
        std::thread::sleep(PAUSE);
    }
}

/// The body of a successful answer.
pub(crate) fn get(address: &str, port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect((address, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
}

impl Process {
    pub(crate) fn start(
        name: &str,
        site: &Site,
        log: PathBuf,
        arguments: &[(&str, String)],
        environment: &[(String, String)],
    ) -> Self {
        let program = binary().with_file_name(name);
        assert!(program.is_file(), "no binary at {}: run ./dev test", program.display());
        let (mut command, probes) = (site.command(&program), free_port());
        command.envs(environment.iter().cloned());
        for (flag, value) in arguments {
            command.arg(flag).arg(value);
        }
        command.arg("--bind-host").arg(&site.address).arg("--external-host").arg(&site.address);
        command.arg("--metrics-port").arg(probes.to_string());
        let file = File::create(&log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Self { child, address: site.address.clone(), probes, log }
    }

    /// The body of an answer of the probes' port; none while it does not answer with success.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        get(&self.address, self.probes, path)
    }

    /// The value of a metric without labels, or with the labels as written.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").unwrap_or_default();
        let value = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
        text.lines().find_map(value).unwrap_or(0.0)
    }

    /// Processor time so far in hundredths of a second, on Linux; its metrics tell whole seconds.
    pub(crate) fn hundredths(&self) -> u64 {
        let told = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // fields 14 and 15; the second is a name, in which there may be blanks
        let (_, fields) = told.rsplit_once(") ").unwrap();
        fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
    }

    /// Waits until it says so.
    pub(crate) fn ready(&self) {
        wait(&format!("{} is ready", self.log.display()), START, || self.get("/readyz").is_some());
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(status.success(), "kill -{name}");
    }

    /// Kills as `kill -9` does and waits for the end.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    /// Whether the process has ended.
    pub(crate) fn ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// The exit code, once it has ended; none for a process that was killed.
    pub(crate) fn code(&mut self) -> Option<i32> {
        self.child.try_wait().unwrap()?.code()
    }

    /// The lines of its log that are JSON objects: all but what is printed when a process fails.
    pub(crate) fn logged(&self) -> Vec<Value> {
        let log = std::fs::read_to_string(&self.log).unwrap();
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
