//! `almanac-scheduler`: Ballista's scheduler with Almanac's session, functions and codecs.

use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use almanac_engine::cluster::{self, LogicalCodec, PhysicalCodec, process};
use almanac_engine::memory;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::{SchedulerConfig, TaskDistributionPolicy};
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

/// Shown below the options.
const EXAMPLES: &str = "Examples:
  almanac-scheduler --bind-host 127.0.0.1
  almanac-scheduler --external-host scheduler.example --min-executors 4";

/// Schedules Almanac's jobs over its executors. State is in memory: one scheduler per cluster, and a driver resumes
/// after its restart.
#[derive(Debug, Parser)]
#[command(name = "almanac-scheduler", version, after_help = EXAMPLES)]
struct Options {
    /// Address to listen on.
    ///
    /// The default is every address of this machine, since executors and drivers may be on others. Nobody is asked who
    /// they are: keep the ports within a network that can be trusted.
    #[arg(long, env = "ALMANAC_BIND_HOST", default_value = "0.0.0.0", value_name = "IP")]
    bind_host: IpAddr,
    /// Name or address under which executors and drivers reach this process.
    ///
    /// The default is right where all are on one machine; what others call it cannot be known here.
    #[arg(long, env = "ALMANAC_EXTERNAL_HOST", default_value = "localhost", value_name = "HOST")]
    external_host: String,
    /// Port of drivers and executors (gRPC), and of the REST interface.
    ///
    /// The default is Ballista's own.
    #[arg(long, env = "ALMANAC_PORT", default_value_t = 50050, value_name = "PORT")]
    port: u16,
    /// Port of /healthz, /readyz and /metrics.
    ///
    /// The default is the next after that of --port.
    #[arg(long, env = "ALMANAC_METRICS_PORT", default_value_t = 50051, value_name = "PORT")]
    metrics_port: u16,
    /// Executors that must be registered before /readyz says so.
    ///
    /// The default is none: how many are to come cannot be known here.
    #[arg(long, env = "ALMANAC_MIN_EXECUTORS", default_value_t = 0, value_name = "N")]
    min_executors: usize,
    /// Seconds without a heartbeat after which an executor is lost and its tasks go elsewhere.
    ///
    /// The default is five heartbeats, so that one late answer costs nothing.
    #[arg(long, env = "ALMANAC_EXECUTOR_TIMEOUT", default_value_t = 15, value_name = "SECONDS")]
    executor_timeout: u64,
    /// Seconds a draining executor may take to finish its tasks.
    ///
    /// The default is a minute, which is the work per core that a driver sends as one job.
    #[arg(long, env = "ALMANAC_DRAIN_SECONDS", default_value_t = 60, value_name = "SECONDS")]
    drain: u64,
    /// Seconds after which a finished job's shuffle files and state are removed.
    ///
    /// The default leaves minutes to look at a job, and memory that does not grow with their number.
    #[arg(long, env = "ALMANAC_JOB_TTL", default_value_t = 300, value_name = "SECONDS")]
    job_ttl: u64,
}

fn main() -> ExitCode {
    process::run(serve(Options::parse()))
}

async fn serve(options: Options) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let config = config(&options);
    config.validate()?;
    let config = Arc::new(config);
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let scheduler = create_scheduler(cluster, config).await?;
    let ready = scheduler.clone();
    let metrics = SocketAddr::new(options.bind_host, options.metrics_port);
    let probes = process::probes(metrics, move || ready.is_ready()).await?;
    let address = SocketAddr::new(options.bind_host, options.port);
    tracing::info!(%address, %metrics, "the scheduler listens");
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = start_grpc_service::<datafusion_proto::protobuf::LogicalPlanNode, datafusion_proto::protobuf::PhysicalPlanNode>(address, scheduler) => ended?,
        ended = probes => ended?,
        _ = terminated.recv() => tracing::info!("terminated"),
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

fn config(options: &Options) -> SchedulerConfig {
    SchedulerConfig {
        bind_host: options.bind_host.to_string(),
        bind_port: options.port,
        external_host: options.external_host.clone(),
        task_distribution: TaskDistributionPolicy::RoundRobin,
        executor_timeout_seconds: options.executor_timeout,
        expire_dead_executor_interval_seconds: (options.executor_timeout / 5).max(1),
        no_executors_grace_period_seconds: options.executor_timeout,
        executor_termination_grace_period: options.drain,
        finished_job_data_clean_up_interval_seconds: options.job_ttl,
        finished_job_state_clean_up_interval_seconds: options.job_ttl,
        min_ready_executors: options.min_executors,
        override_config_producer: Some(Arc::new(cluster::config)),
        override_session_builder: Some(Arc::new(cluster::state)),
        override_logical_codec: Some(Arc::new(LogicalCodec::default())),
        override_physical_codec: Some(Arc::new(PhysicalCodec::default())),
        ..Default::default()
    }
}
