//! Running the plans on a Ballista cluster.
//!
//! Scheduler, executors and driver share one configuration, one function registry and one pair of codecs, so that a
//! plan means the same in every process. The plan is the one that runs embedded; only its runner differs.

mod client;
mod codec;
pub mod process;
mod query;
mod rest;
mod session;

pub use client::Cluster;
pub use codec::{LogicalCodec, PhysicalCodec};
pub use query::{query_config, travels};
pub use session::{KEEPALIVE_SECONDS, config, functions, runtime, state};

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
