//! Configuration, runtime and functions that every process of a cluster shares.

use std::sync::Arc;

use ballista_core::extension::SessionConfigExt;
use ballista_core::registry::BallistaFunctionRegistry;
use datafusion::error::Result;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::cluster::{LogicalCodec, PhysicalCodec};
use crate::delta::store::stores;

/// Seconds between two signs of life on a connection that waits, in place of Ballista's 300: a host that vanished closes
/// no connection, and is missed this long and 20 s for the answer after it went.
pub const KEEPALIVE_SECONDS: u64 = 10;
/// Milliseconds before each of three further attempts at what a stage reads from an executor, in place of Ballista's
/// 3,000: they must be over before the scheduler gives up an executor that died. It takes a task away that still reads
/// then, and never gives its core back.
const FETCH_PAUSE_MILLISECONDS: u64 = 500;

/// MiB of an executor's sorts and joins, shared by its tasks, unless it is told otherwise.
pub const EXECUTOR_MEMORY_MIB: u64 = 1024;

/// Session configuration of every process.
pub fn config() -> SessionConfig {
    SessionConfig::new_with_ballista()
        .with_ballista_logical_extension_codec(Arc::new(LogicalCodec::default()))
        .with_ballista_physical_extension_codec(Arc::new(PhysicalCodec::default()))
        // the adaptive planner does not cover the loss of an executor
        .with_ballista_adaptive_query_planner(false)
        // bundles of partitions would leave executors idle at the end of a job
        .set_str("ballista.scheduler.max_partitions_per_task", "1")
        .set_str("ballista.client.grpc_http2_keepalive_interval_seconds", &KEEPALIVE_SECONDS.to_string())
        .set_str("ballista.client.io_retry_wait_time_ms", &FETCH_PAUSE_MILLISECONDS.to_string())
}

/// Runtime of every process: object stores are found by URL, each client made once.
///
/// # Errors
/// Errors of DataFusion's builder.
pub fn runtime(_config: &SessionConfig) -> Result<Arc<RuntimeEnv>> {
    RuntimeEnvBuilder::new().with_object_store_registry(stores()).build_arc()
}

/// A session state with all functions.
///
/// # Errors
/// As [`runtime`].
pub fn state(config: SessionConfig) -> Result<SessionState> {
    let runtime = runtime(&config)?;
    let builder = SessionStateBuilder::new().with_default_features().with_config(config).with_runtime_env(runtime);
    let context = SessionContext::new_with_state(builder.build());
    almanac_udfs::register(&context);
    Ok(context.state())
}

/// Functions by name, for executors: those of DataFusion, array functions among them, and ours.
///
/// # Errors
/// As [`state`].
pub fn functions() -> Result<Arc<BallistaFunctionRegistry>> {
    Ok(Arc::new((&state(config())?).into()))
}
