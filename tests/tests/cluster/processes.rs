//! Schedulers and executors as processes of their own, on free ports, ended with the test.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::gateway::free_port;
use crate::process::{Process, get};
use crate::site::Site;

/// How soon the silence of an executor is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// As the binaries have it by default.
    Stock,
    /// Within 6 s, for tests that wait for it.
    Hasty,
}

/// A scheduler and its executors.
pub(crate) struct Cluster {
    folder: TempDir,
    /// Variables of the executors that are added next.
    pub(crate) environment: Vec<(String, String)>,
    site: Site,
    pace: Pace,
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

impl Cluster {
    /// A scheduler with that many executors of one core each, all ready.
    pub(crate) fn new(executors: usize) -> Self {
        Self::with(executors, Vec::new())
    }

    /// As [`Self::new`], with these variables in the environment of every executor. The scheduler gets the filter of the
    /// logs alone: it needs no credentials.
    pub(crate) fn with(executors: usize, environment: Vec<(String, String)>) -> Self {
        let mut cluster = Self::start(Site::local(), Pace::Hasty, environment);
        for _ in 0..executors {
            cluster.add_executor();
        }
        cluster
    }

    /// As [`Self::new`], with the binaries' own times of heartbeats and of patience.
    pub(crate) fn stock(executors: usize) -> Self {
        let mut cluster = Self::start(Site::local(), Pace::Stock, Vec::new());
        for _ in 0..executors {
            cluster.add_executor();
        }
        cluster
    }

    /// A scheduler there, without executors.
    pub(crate) fn at(site: Site) -> Self {
        Self::start(site, Pace::Hasty, Vec::new())
    }

    fn start(site: Site, pace: Pace, environment: Vec<(String, String)>) -> Self {
        let folder = tempfile::Builder::new().prefix("almanac-cluster-").tempdir().unwrap();
        let port = free_port();
        let scheduler = Self::scheduler(folder.path(), &site, port, pace, &environment);
        Self { folder, environment, site, pace, scheduler, port, executors: Vec::new() }
    }

    fn scheduler(folder: &Path, site: &Site, port: u16, pace: Pace, environment: &[(String, String)]) -> Process {
        let log = folder.join("scheduler.log");
        let mut arguments = vec![("--port", port.to_string())];
        if pace == Pace::Hasty {
            arguments.push(("--executor-timeout", "6".to_owned()));
        }
        let filter: Vec<_> = environment.iter().filter(|(name, _)| name == "ALMANAC_LOG").cloned().collect();
        let process = Process::start("almanac-scheduler", site, log, &arguments, &filter);
        process.ready();
        process
    }

    /// The folder of shuffle files that executors share unless they were placed otherwise.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Starts another executor and waits until it is registered.
    pub(crate) fn add_executor(&mut self) {
        self.add(Placement::default());
    }

    /// As [`Self::add_executor`], placed.
    pub(crate) fn add(&mut self, placement: Placement) {
        let work = placement.work.unwrap_or_else(|| self.work());
        fs::create_dir_all(&work).unwrap();
        let log = self.folder.path().join(format!("executor-{}.log", self.executors.len()));
        let mut arguments = vec![
            ("--port", placement.ports.0.to_string()),
            ("--grpc-port", placement.ports.1.to_string()),
            ("--scheduler-host", self.site.address.clone()),
            ("--scheduler-port", self.port.to_string()),
            ("--vcores", "1".to_owned()),
            ("--work-dir", work.display().to_string()),
        ];
        if self.pace == Pace::Hasty {
            arguments.push(("--heartbeat", "1".to_owned()));
        }
        let process = Process::start("almanac-executor", &placement.site, log, &arguments, &self.environment);
        process.ready();
        self.executors.push(process);
    }

    /// A new scheduler on the same port, once the old one is gone.
    pub(crate) fn restart_scheduler(&mut self) {
        self.scheduler.kill();
        self.scheduler = Self::scheduler(self.folder.path(), &self.site, self.port, self.pace, &self.environment);
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
        self.ended("finished")
    }

    /// Tasks of any executor that were cancelled.
    pub(crate) fn cancelled(&self) -> f64 {
        self.ended("cancelled")
    }

    /// Tasks that failed on any executor.
    pub(crate) fn failed(&self) -> f64 {
        self.ended("failed")
    }

    fn ended(&self, outcome: &str) -> f64 {
        let name = format!("almanac_tasks_total{{outcome=\"{outcome}\"}}");
        self.executors.iter().map(|executor| executor.metric(&name)).sum()
    }

    /// Tasks that any executor computes now.
    pub(crate) fn running(&self) -> f64 {
        self.executors.iter().map(|executor| executor.metric("almanac_tasks_running")).sum()
    }
}
