//! Running the plans on a Ballista cluster.
//!
//! Scheduler, executors and driver share one configuration, one function registry and one pair of codecs, so that a
//! plan means the same in every process. The plan is the one that runs embedded; only its runner differs.

mod client;
mod codec;
mod identity;
pub mod metrics;
pub mod process;
mod query;
mod rest;
mod session;
mod survey;
mod watch;

pub use client::Cluster;
pub(crate) use client::MAX_PLAN_BYTES;
#[cfg(test)]
pub(crate) use client::plan_bytes;
pub use codec::{LogicalCodec, PhysicalCodec};
pub use identity::Identity;
pub use query::{query_config, travels};
pub use session::{EXECUTOR_MEMORY_MIB, KEEPALIVE_SECONDS, config, functions, runtime, state};
pub use survey::{DATAFUSION_VERSION, ExecutorSeen, SCHEDULER_VERSION, Survey};
pub(crate) use watch::Watch;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
