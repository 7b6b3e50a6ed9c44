//! What `almanac-executor` can be told. `almanac reference` takes this file in by its path.

use std::net::IpAddr;
use std::path::PathBuf;

use almanac_engine::cluster::EXECUTOR_MEMORY_MIB;
use clap::Parser;

/// Shown below the options.
const EXAMPLES: &str = "Examples:
  almanac-executor --bind-host 127.0.0.1 --vcores 1
  almanac-executor --scheduler-host scheduler.example \\
    --work-dir /var/tmp/almanac";

/// Computes tasks of an Almanac cluster. Terminated, it finishes the tasks it has and takes no more. Given up by its
/// scheduler, which it could not reach for a while, it begins anew and registers again.
#[derive(Debug, Parser)]
#[command(name = "almanac-executor", version, after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Address to listen on.
    ///
    /// The default is every address of this machine, since the scheduler and other executors may be on others. Nobody
    /// is asked who they are: keep the ports within a network that can be trusted.
    #[arg(long, env = "ALMANAC_BIND_HOST", default_value = "0.0.0.0", value_name = "IP")]
    pub(crate) bind_host: IpAddr,
    /// Name or address under which the scheduler and other executors reach this process.
    ///
    /// By default the address from which the scheduler sees it come, because where nothing translates addresses others
    /// reach it there too.
    #[arg(long, env = "ALMANAC_EXTERNAL_HOST", value_name = "HOST")]
    pub(crate) external_host: Option<String>,
    /// Port of results (Arrow Flight).
    ///
    /// 0, the default, takes a free one, which also gives a restarted executor a new identity.
    #[arg(long, env = "ALMANAC_PORT", default_value_t = 0, value_name = "PORT")]
    pub(crate) port: u16,
    /// Port of the scheduler's calls (gRPC).
    ///
    /// 0, the default, takes a free one, so that several executors fit on one machine.
    #[arg(long, env = "ALMANAC_GRPC_PORT", default_value_t = 0, value_name = "PORT")]
    pub(crate) grpc_port: u16,
    /// Port of /healthz, /readyz and /metrics.
    ///
    /// The default is none of the scheduler's, so that both fit on one machine.
    #[arg(long, env = "ALMANAC_METRICS_PORT", default_value_t = 50061, value_name = "PORT")]
    pub(crate) metrics_port: u16,
    /// Host of the scheduler.
    ///
    /// The default is right where both are on one machine.
    #[arg(long, env = "ALMANAC_SCHEDULER_HOST", default_value = "localhost", value_name = "HOST")]
    pub(crate) scheduler_host: String,
    /// Port of the scheduler.
    ///
    /// The default is that of the scheduler's own --port.
    #[arg(long, env = "ALMANAC_SCHEDULER_PORT", default_value_t = 50050, value_name = "PORT")]
    pub(crate) scheduler_port: u16,
    /// Seconds to wait for the scheduler at the start.
    ///
    /// The default leaves a scheduler that is started again the time to come back.
    #[arg(long, env = "ALMANAC_CONNECT_TIMEOUT", default_value_t = 60, value_name = "SECONDS")]
    pub(crate) connect_timeout: u16,
    /// Tasks computed at once, one core each.
    ///
    /// 0, the default, means one per core, since a unit takes one thread from start to end.
    #[arg(long, env = "ALMANAC_VCORES", default_value_t = 0, value_name = "N")]
    pub(crate) vcores: usize,
    /// Folder of shuffle files. Each process makes its own folder in it, so that none ever serves another's files, and
    /// removes those of processes that are gone.
    ///
    /// By default that of temporary files, since nothing in it outlives the process.
    #[arg(long, env = "ALMANAC_WORK_DIR", value_name = "DIR")]
    pub(crate) work_dir: Option<PathBuf>,
    /// Memory of sorts and joins in MiB, shared by the tasks.
    ///
    /// The default can be small, because only queries use it: forecasts are bounded by their batches.
    #[arg(long, env = "ALMANAC_MEMORY_MIB", default_value_t = EXECUTOR_MEMORY_MIB, value_name = "MIB")]
    pub(crate) memory: u64,
    /// Seconds between heartbeats.
    ///
    /// The default is a fifth of the scheduler's --executor-timeout, so that a late one costs nothing.
    #[arg(long, env = "ALMANAC_HEARTBEAT", default_value_t = 3, value_name = "SECONDS")]
    pub(crate) heartbeat: u64,
    /// Seconds after which shuffle files of a job are removed.
    ///
    /// The default is twice the scheduler's, which sees to it first unless it is gone.
    #[arg(long, env = "ALMANAC_JOB_TTL", default_value_t = 600, value_name = "SECONDS")]
    pub(crate) job_ttl: u64,
}
