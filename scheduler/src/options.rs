//! What `almanac-scheduler` can be told. `almanac reference` takes this file in by its path.

use std::net::IpAddr;

use clap::Parser;

/// Shown below the options.
const EXAMPLES: &str = "Examples:
  almanac-scheduler --bind-host 127.0.0.1
  almanac-scheduler --external-host scheduler.example --min-executors 4";

/// Schedules Almanac's jobs over its executors. State is in memory: one scheduler per cluster, and a driver resumes
/// after its restart.
#[derive(Debug, Parser)]
#[command(name = "almanac-scheduler", version, after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Address to listen on.
    ///
    /// The default is every address of this machine, since executors and drivers may be on others. Nobody is asked who
    /// they are: keep the ports within a network that can be trusted.
    #[arg(long, env = "ALMANAC_BIND_HOST", default_value = "0.0.0.0", value_name = "IP")]
    pub(crate) bind_host: IpAddr,
    /// Name or address under which executors and drivers reach this process.
    ///
    /// The default is right where all are on one machine; what others call it cannot be known here.
    #[arg(long, env = "ALMANAC_EXTERNAL_HOST", default_value = "localhost", value_name = "HOST")]
    pub(crate) external_host: String,
    /// Port of drivers and executors (gRPC), and of the REST interface.
    ///
    /// The default is Ballista's own.
    #[arg(long, env = "ALMANAC_PORT", default_value_t = 50050, value_name = "PORT")]
    pub(crate) port: u16,
    /// Port of /healthz, /readyz and /metrics.
    ///
    /// The default is the next after that of --port.
    #[arg(long, env = "ALMANAC_METRICS_PORT", default_value_t = 50051, value_name = "PORT")]
    pub(crate) metrics_port: u16,
    /// Executors that must be registered before /readyz says so.
    ///
    /// The default is none: how many are to come cannot be known here.
    #[arg(long, env = "ALMANAC_MIN_EXECUTORS", default_value_t = 0, value_name = "N")]
    pub(crate) min_executors: usize,
    /// Seconds without a heartbeat after which an executor is lost and its tasks go elsewhere.
    ///
    /// The default is five heartbeats, so that one late answer costs nothing.
    #[arg(long, env = "ALMANAC_EXECUTOR_TIMEOUT", default_value_t = 15, value_name = "SECONDS")]
    pub(crate) executor_timeout: u64,
    /// Seconds a draining executor may take to finish its tasks.
    ///
    /// The default is a minute, which is the work per core that a driver sends as one job.
    #[arg(long, env = "ALMANAC_DRAIN_SECONDS", default_value_t = 60, value_name = "SECONDS")]
    pub(crate) drain: u64,
    /// Seconds after which a finished job's shuffle files and state are removed.
    ///
    /// The default leaves minutes to look at a job, and memory that does not grow with their number.
    #[arg(long, env = "ALMANAC_JOB_TTL", default_value_t = 300, value_name = "SECONDS")]
    pub(crate) job_ttl: u64,
}
