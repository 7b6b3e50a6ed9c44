//! `almanac-scheduler`: Ballista's scheduler with Almanac's session, functions and codecs.

mod options;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use almanac_engine::cluster::{self, LogicalCodec, PhysicalCodec, process};
use almanac_engine::memory;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::{SchedulerConfig, TaskDistributionPolicy};
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::options::Options;

#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

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
        scheduler_id: cluster::Identity::own().name(),
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
