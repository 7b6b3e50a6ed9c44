//! What `/metrics` of each process tells. What we register is registered from here; a test holds the rest, which
//! Ballista's scheduler and the Prometheus client register themselves, against what the processes answer.

/// A metric in Prometheus' terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Name.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Label with its values, if it has one.
    pub label: Option<(&'static str, &'static [&'static str])>,
    /// What it counts.
    pub help: &'static str,
}

const fn metric(name: &'static str, kind: &'static str, help: &'static str) -> Metric {
    Metric { name, kind, label: None, help }
}

/// Ways in which a task ends.
pub const OUTCOMES: &[&str] = &["finished", "failed", "cancelled"];

/// Tasks of an executor, now.
pub const TASKS_RUNNING: Metric = metric("almanac_tasks_running", "gauge", "tasks being computed");
/// Tasks of an executor that have ended.
pub const TASKS_ENDED: Metric = Metric {
    name: "almanac_tasks_total",
    kind: "counter",
    label: Some(("outcome", OUTCOMES)),
    help: "tasks by how they ended",
};
/// Times of an executor's tasks.
pub const TASK_SECONDS: Metric = metric("almanac_task_seconds", "histogram", "wall time of finished tasks");

/// What an executor tells of its tasks.
pub const EXECUTOR: &[Metric] = &[TASK_SECONDS, TASKS_RUNNING, TASKS_ENDED];

/// What the scheduler tells of its jobs, by Ballista's names and words.
pub const SCHEDULER: &[Metric] = &[
    metric("job_cancelled_total", "counter", "Counter of cancelled jobs"),
    metric("job_completed_total", "counter", "Counter of completed jobs"),
    metric("job_exec_time_seconds", "histogram", "Histogram of successful job execution time in seconds"),
    metric("job_failed_total", "counter", "Counter of failed jobs"),
    metric("job_submitted_total", "counter", "Counter of submitted jobs"),
    metric("pending_task_queue_size", "gauge", "Number of pending tasks"),
    metric("planning_time_ms", "histogram", "Histogram of job planning time in milliseconds"),
];

/// What every process tells of itself, by the Prometheus client's names and words.
pub const PROCESS: &[Metric] = &[
    metric("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds."),
    metric("process_max_fds", "gauge", "Maximum number of open file descriptors."),
    metric("process_open_fds", "gauge", "Number of open file descriptors."),
    metric("process_resident_memory_bytes", "gauge", "Resident memory size in bytes."),
    metric("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds."),
    metric("process_threads", "gauge", "Number of OS threads in the process."),
    metric("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes."),
];
