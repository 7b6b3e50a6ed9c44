//! Schedulers and executors as processes of their own, on free ports, ended with the test.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

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

/// A scheduler and its executors.
pub(crate) struct Cluster {
    folder: TempDir,
    environment: Vec<(String, String)>,
    site: Site,
    pub(crate) scheduler: Process,
    pub(crate) port: u16,
    pub(crate) executors: Vec<Process>,
}

/// What may differ between executors.
pub(crate) struct Placement {
    pub(crate) site: Site,
    /// Ports of results and of the scheduler's calls.
    pub(crate) ports: (u16, u16),
    /// Folder of shuffle files; else one that all share.
    pub(crate) work: Option<PathBuf>,
}

impl Default for Placement {
    fn default() -> Self {
        let flight = free_port();
        Self { site: Site::local(), ports: (flight, free_port()), work: None }
    }
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
fn get(address: &str, port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect((address, port)).ok()?;
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
        let mut cluster = Self::at(Site::local());
        cluster.environment = environment;
        for _ in 0..executors {
            cluster.add_executor();
        }
        cluster
    }

    /// A scheduler there, without executors.
    pub(crate) fn at(site: Site) -> Self {
        let folder = tempfile::Builder::new().prefix("almanac-cluster-").tempdir().unwrap();
        let port = free_port();
        let scheduler = Self::scheduler(&folder, &site, port);
        Self { folder, environment: Vec::new(), site, scheduler, port, executors: Vec::new() }
    }

    fn scheduler(folder: &TempDir, site: &Site, port: u16) -> Process {
        let log = folder.path().join("scheduler.log");
        let arguments = [("--port", port.to_string()), ("--executor-timeout", "6".to_owned())];
        let process = Process::start("almanac-scheduler", site, log, &arguments, &[]);
        process.ready();
        process
    }

    /// Starts another executor and waits until it is registered.
    pub(crate) fn add_executor(&mut self) {
        self.add(Placement::default());
    }

    /// As [`Self::add_executor`], placed.
    pub(crate) fn add(&mut self, placement: Placement) {
        let work = placement.work.unwrap_or_else(|| self.folder.path().join("work"));
        fs::create_dir_all(&work).unwrap();
        let log = self.folder.path().join(format!("executor-{}.log", self.executors.len()));
        let arguments = [
            ("--port", placement.ports.0.to_string()),
            ("--grpc-port", placement.ports.1.to_string()),
            ("--scheduler-host", self.site.address.clone()),
            ("--scheduler-port", self.port.to_string()),
            ("--vcores", "1".to_owned()),
            ("--heartbeat", "1".to_owned()),
            ("--work-dir", work.display().to_string()),
        ];
        let process = Process::start("almanac-executor", &placement.site, log, &arguments, &self.environment);
        process.ready();
        self.executors.push(process);
    }

    /// A new scheduler on the same port, once the old one is gone.
    pub(crate) fn restart_scheduler(&mut self) {
        self.scheduler.kill();
        self.scheduler = Self::scheduler(&self.folder, &self.site, self.port);
    }

    /// All that the processes have logged.
    pub(crate) fn logs(&self) -> String {
        let logs = self.executors.iter().chain([&self.scheduler]).map(|process| fs::read_to_string(&process.log));
        logs.map(Result::unwrap).collect()
    }

    /// What a port of this cluster answers; empty if it knows no such path.
    pub(crate) fn ask(&self, port: u16, path: &str) -> String {
        get(&self.site.address, port, path).unwrap_or_default()
    }

    /// The driver's address of the scheduler.
    pub(crate) fn address(&self) -> String {
        format!("df://{}:{}", self.site.address, self.port)
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
