//! The same rows from a cluster: real schedulers and executors, which are killed, stopped and restarted.
//!
//! Black box: the built binaries over generated data, compared by the content hashes of `almanac tables --content`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "s3/gateway.rs"]
#[allow(dead_code)] // shared with the tests of S3
mod gateway;
#[path = "cluster/losses.rs"]
mod losses;
#[path = "cluster/object_store.rs"]
mod object_store;
#[path = "cluster/processes.rs"]
mod processes;
#[path = "cluster/same_rows.rs"]
mod same_rows;
#[path = "once/warehouse.rs"]
#[allow(dead_code)] // shared with the tests on disk
mod warehouse;
