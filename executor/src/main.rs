//! `almanac-executor`: Ballista's executor with Almanac's functions, codecs and runtime.

mod options;
mod stage;
mod told;
mod work;

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use almanac_engine::cluster::{self, LogicalCodec, PhysicalCodec, process};
use almanac_engine::memory;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::health::ExecutorHealth;
use clap::Parser;

use crate::options::Options;
use crate::stage::CancellingEngine;
use crate::told::Told;
use crate::work::WorkFolder;

#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

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
    // what is heard while looking for the scheduler, and at the end
    let (looking, mut told) = (Told::new()?, Told::new()?);
    let scheduler = format!("{}:{}", options.scheduler_host, options.scheduler_port);
    let looking = told::while_looking(looking, health.clone(), options.connect_timeout, &scheduler);
    tracing::info!(executor = id, work = %work.path().display(), %metrics, "the executor starts");
    let config = config(&options, id, work.path(), health)?;
    let ended = tokio::select! {
        ended = start_executor_process(Arc::new(config)) => ended.map_err(Into::into),
        ended = probes => ended.map_err(Into::into),
        ended = looking => ended.map_err(Into::into),
    };
    work.remove();
    if ended.is_err() || told.has().await {
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
