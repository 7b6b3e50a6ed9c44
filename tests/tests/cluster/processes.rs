//! Schedulers and executors as processes of their own, on free ports, ended with the test.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::gateway::free_port;
use crate::warehouse::binary;

/// Longest wait for a process to say that it is ready.
const START: Duration = Duration::from_secs(60);
/// Pause between two questions.
const PAUSE: Duration = Duration::from_millis(50);

/// A process with a log and a port for probes.
pub(crate) struct Process {
    child: Child,
    pub(crate) probes: u16,
    pub(crate) log: PathBuf,
}

/// A scheduler and its executors.
pub(crate) struct Cluster {
    folder: TempDir,
    environment: Vec<(String, String)>,
    pub(crate) scheduler: Process,
    pub(crate) port: u16,
    pub(crate) executors: Vec<Process>,
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
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
}

impl Process {
    fn start(
        name: &str,
        log: PathBuf,
        probes: u16,
        arguments: &[(&str, String)],
        environment: &[(String, String)],
    ) -> Self {
        let program = binary().with_file_name(name);
        assert!(program.is_file(), "no binary at {}: run ./dev test", program.display());
        let mut command = Command::new(program);
        command.envs(environment.iter().cloned());
        for (flag, value) in arguments {
            command.arg(flag).arg(value);
        }
        command.arg("--bind-host").arg("127.0.0.1").arg("--metrics-port").arg(probes.to_string());
        let file = File::create(&log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Self { child, probes, log }
    }

    /// The body of an answer of the probes' port; none while it does not answer with success.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        get(self.probes, path)
    }

    /// The value of a metric without labels, or with the labels as written.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").unwrap_or_default();
        let value = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
        text.lines().find_map(value).unwrap_or(0.0)
    }

    fn ready(&self) {
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
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Cluster {
    /// A scheduler with that many executors of one core each, all ready.
    pub(crate) fn new(executors: usize) -> Self {
        Self::with(executors, Vec::new())
    }

    /// As [`Self::new`], with these variables in the environment of every executor.
    pub(crate) fn with(executors: usize, environment: Vec<(String, String)>) -> Self {
        let folder = tempfile::Builder::new().prefix("almanac-cluster-").tempdir().unwrap();
        let port = free_port();
        let scheduler = Self::scheduler(&folder, port);
        let mut cluster = Self { folder, environment, scheduler, port, executors: Vec::new() };
        for _ in 0..executors {
            cluster.add_executor();
        }
        cluster
    }

    fn scheduler(folder: &TempDir, port: u16) -> Process {
        let log = folder.path().join("scheduler.log");
        let arguments = [
            ("--port", port.to_string()),
            ("--external-host", "127.0.0.1".to_owned()),
            ("--executor-timeout", "6".to_owned()),
        ];
        let process = Process::start("almanac-scheduler", log, free_port(), &arguments, &[]);
        process.ready();
        process
    }

    /// Starts another executor and waits until it is registered.
    pub(crate) fn add_executor(&mut self) {
        let flight = free_port();
        self.add_executor_on(flight, free_port());
    }

    /// As [`Self::add_executor`], on these ports.
    pub(crate) fn add_executor_on(&mut self, flight: u16, grpc: u16) {
        let work = self.folder.path().join("work");
        fs::create_dir_all(&work).unwrap();
        let log = self.folder.path().join(format!("executor-{}.log", self.executors.len()));
        let arguments = [
            ("--port", flight.to_string()),
            ("--grpc-port", grpc.to_string()),
            ("--external-host", "127.0.0.1".to_owned()),
            ("--scheduler-host", "127.0.0.1".to_owned()),
            ("--scheduler-port", self.port.to_string()),
            ("--vcores", "1".to_owned()),
            ("--heartbeat", "1".to_owned()),
            ("--work-dir", work.display().to_string()),
        ];
        let process = Process::start("almanac-executor", log, free_port(), &arguments, &self.environment);
        process.ready();
        self.executors.push(process);
    }

    /// A new scheduler on the same port, once the old one is gone.
    pub(crate) fn restart_scheduler(&mut self) {
        self.scheduler.kill();
        self.scheduler = Self::scheduler(&self.folder, self.port);
    }

    /// All that the processes have logged.
    pub(crate) fn logs(&self) -> String {
        let logs = self.executors.iter().chain([&self.scheduler]).map(|process| fs::read_to_string(&process.log));
        logs.map(Result::unwrap).collect()
    }

    /// What a port of this cluster answers; empty if it knows no such path.
    pub(crate) fn ask(&self, port: u16, path: &str) -> String {
        get(port, path).unwrap_or_default()
    }

    /// The driver's address of the scheduler.
    pub(crate) fn address(&self) -> String {
        format!("df://127.0.0.1:{}", self.port)
    }

    /// Tasks that any executor has finished.
    pub(crate) fn finished(&self) -> f64 {
        self.executors.iter().map(|e| e.metric("almanac_tasks_total{outcome=\"finished\"}")).sum()
    }

    /// Tasks that any executor computes now.
    pub(crate) fn running(&self) -> f64 {
        self.executors.iter().map(|executor| executor.metric("almanac_tasks_running")).sum()
    }
}
