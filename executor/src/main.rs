//! `almanac-executor`: Ballista's executor with Almanac's functions, codecs and runtime.

mod stage;
mod work;

use std::net::{IpAddr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use almanac_engine::cluster::{self, LogicalCodec, PhysicalCodec, process};
use almanac_engine::memory;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::health::ExecutorHealth;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::stage::CancellingEngine;
use crate::work::WorkFolder;

#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

/// Shown below the options.
const EXAMPLES: &str = "Examples:
  almanac-executor --bind-host 127.0.0.1 --vcores 1
  almanac-executor --scheduler-host scheduler.example --work-dir /var/tmp/almanac";

/// Computes tasks of an Almanac cluster. Terminated, it finishes the tasks it has and takes no more. Given up by its
/// scheduler, which it could not reach for a while, it begins anew and registers again.
#[derive(Debug, Parser)]
#[command(name = "almanac-executor", version, after_help = EXAMPLES)]
struct Options {
    /// Address to listen on.
    ///
    /// The default is every address of this machine, since the scheduler and other executors may be on others. Nobody
    /// is asked who they are: keep the ports within a network that can be trusted.
    #[arg(long, env = "ALMANAC_BIND_HOST", default_value = "0.0.0.0", value_name = "IP")]
    bind_host: IpAddr,
    /// Name or address under which the scheduler and other executors reach this process.
    #[arg(long, env = "ALMANAC_EXTERNAL_HOST", value_name = "HOST")]
    external_host: Option<String>,
    /// Port of results (Arrow Flight).
    ///
    /// 0, the default, takes a free one, which also gives a restarted executor a new identity.
    #[arg(long, env = "ALMANAC_PORT", default_value_t = 0, value_name = "PORT")]
    port: u16,
    /// Port of the scheduler's calls (gRPC).
    ///
    /// 0, the default, takes a free one, so that several executors fit on one machine.
    #[arg(long, env = "ALMANAC_GRPC_PORT", default_value_t = 0, value_name = "PORT")]
    grpc_port: u16,
    /// Port of /healthz, /readyz and /metrics.
    ///
    /// The default is none of the scheduler's, so that both fit on one machine.
    #[arg(long, env = "ALMANAC_METRICS_PORT", default_value_t = 50061, value_name = "PORT")]
    metrics_port: u16,
    /// Host of the scheduler.
    ///
    /// The default is right where both are on one machine.
    #[arg(long, env = "ALMANAC_SCHEDULER_HOST", default_value = "localhost", value_name = "HOST")]
    scheduler_host: String,
    /// Port of the scheduler.
    ///
    /// The default is that of the scheduler's own --port.
    #[arg(long, env = "ALMANAC_SCHEDULER_PORT", default_value_t = 50050, value_name = "PORT")]
    scheduler_port: u16,
    /// Seconds to wait for the scheduler at the start.
    ///
    /// The default leaves a scheduler that is started again the time to come back.
    #[arg(long, env = "ALMANAC_CONNECT_TIMEOUT", default_value_t = 60, value_name = "SECONDS")]
    connect_timeout: u16,
    /// Tasks computed at once, one core each.
    ///
    /// 0, the default, means one per core, since a unit takes one thread from start to end.
    #[arg(long, env = "ALMANAC_VCORES", default_value_t = 0, value_name = "N")]
    vcores: usize,
    /// Folder of shuffle files. Each process makes its own folder in it, so that none ever serves another's files, and
    /// removes those of processes that are gone.
    ///
    /// By default that of temporary files, since nothing in it outlives the process.
    #[arg(long, env = "ALMANAC_WORK_DIR", value_name = "DIR")]
    work_dir: Option<PathBuf>,
    /// Memory of sorts and joins in MiB, shared by the tasks.
    ///
    /// The default can be small, because only queries use it: forecasts are bounded by their batches.
    #[arg(long, env = "ALMANAC_MEMORY_MIB", default_value_t = 1024, value_name = "MIB")]
    memory: u64,
    /// Seconds between heartbeats.
    ///
    /// The default is a fifth of the scheduler's --executor-timeout, so that a late one costs nothing.
    #[arg(long, env = "ALMANAC_HEARTBEAT", default_value_t = 3, value_name = "SECONDS")]
    heartbeat: u64,
    /// Seconds after which shuffle files of a job are removed.
    ///
    /// The default is twice the scheduler's, which sees to it first unless it is gone.
    #[arg(long, env = "ALMANAC_JOB_TTL", default_value_t = 600, value_name = "SECONDS")]
    job_ttl: u64,
}

fn main() -> ExitCode {
    process::run(serve(Options::parse()))
}

async fn serve(options: Options) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let id = cluster::Identity::own().name();
    let parent = options.work_dir.clone().unwrap_or_else(std::env::temp_dir);
    let work = WorkFolder::new(&parent, &id)?;
    let health = ExecutorHealth::new();
    let ready = health.clone();
    let metrics = SocketAddr::new(options.bind_host, options.metrics_port);
    let probes = process::probes(metrics, move || ready.is_ready()).await?;
    tracing::info!(executor = id, work = %work.path().display(), %metrics, "the executor starts");
    let config = config(&options, id, work.path(), health)?;
    let (mut terminated, mut interrupted) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let ended = tokio::select! {
        ended = start_executor_process(Arc::new(config)) => ended.map_err(Into::into),
        ended = probes => ended.map_err(Into::into),
    };
    work.remove();
    let was_told = tokio::select! {
        biased;
        _ = terminated.recv() => true,
        _ = interrupted.recv() => true,
        () = std::future::ready(()) => false,
    };
    if ended.is_err() || was_told {
        return ended;
    }
    // the scheduler heard nothing for too long, or did not answer: what runs here is done elsewhere
    tracing::warn!("out of touch with the scheduler; beginning anew");
    Err(format!("beginning anew: {}", begin_anew()?).into())
}

/// Takes this process's place with a new one, under another identity. Returns only if that fails, and why.
fn begin_anew() -> std::io::Result<std::io::Error> {
    Ok(Command::new(std::env::current_exe()?).args(std::env::args_os().skip(1)).exec())
}

fn config(
    options: &Options,
    id: String,
    work: &std::path::Path,
    health: ExecutorHealth,
) -> Result<ExecutorProcessConfig, Box<dyn std::error::Error + Send + Sync>> {
    let (port, grpc_port) = ports(options)?;
    Ok(ExecutorProcessConfig {
        executor_id: id,
        bind_host: options.bind_host.to_string(),
        external_host: options.external_host.clone(),
        port,
        grpc_port,
        scheduler_host: options.scheduler_host.clone(),
        scheduler_port: options.scheduler_port,
        scheduler_connect_timeout_seconds: options.connect_timeout,
        vcores: options.vcores,
        work_dir: Some(work.display().to_string()),
        executor_heartbeat_interval_seconds: options.heartbeat,
        job_data_ttl_seconds: options.job_ttl,
        job_data_clean_up_interval_seconds: (options.job_ttl / 2).max(1),
        memory_pool_size: Some(options.memory << 20),
        health,
        override_execution_engine: Some(Arc::new(CancellingEngine::new()?)),
        override_function_registry: Some(cluster::functions()?),
        override_runtime_producer: Some(Arc::new(cluster::runtime)),
        override_config_producer: Some(Arc::new(cluster::config)),
        override_logical_codec: Some(Arc::new(LogicalCodec::default())),
        override_physical_codec: Some(Arc::new(PhysicalCodec::default())),
        // Ballista reports tasks on a connection that would wait without end for a host that vanished
        override_create_grpc_client_endpoint: Some(Arc::new(|endpoint| {
            let interval = Duration::from_secs(cluster::KEEPALIVE_SECONDS);
            Ok(endpoint.http2_keep_alive_interval(interval).keep_alive_while_idle(true))
        })),
        ..Default::default()
    })
}

/// The ports, free ones in place of 0: both are held until both are known.
fn ports(options: &Options) -> std::io::Result<(u16, u16)> {
    let bind = |port| std::net::TcpListener::bind((options.bind_host, port));
    let (flight, grpc) = (bind(options.port)?, bind(options.grpc_port)?);
    Ok((flight.local_addr()?.port(), grpc.local_addr()?.port()))
}
