//! The same rows from a cluster: real schedulers and executors, which are killed, stopped and restarted.
//!
//! Black box: the built binaries over generated data, compared by the content hashes of `almanac tables --content`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "cluster/crash.rs"]
mod crash;
#[path = "cluster/derived.rs"]
mod derived;
#[path = "cluster/drivers.rs"]
mod drivers;
#[path = "cluster/full_disk.rs"]
mod full_disk;
#[path = "s3/gateway.rs"]
#[allow(dead_code)] // shared with the tests of S3
mod gateway;
#[path = "s3/held.rs"]
mod held;
#[path = "s3/http.rs"]
#[allow(dead_code)] // shared with the tests of S3
mod http;
#[path = "cluster/independent.rs"]
mod independent;
#[path = "cluster/interrupted.rs"]
mod interrupted;
#[path = "cluster/interrupted_tables.rs"]
mod interrupted_tables;
#[path = "cluster/losses.rs"]
mod losses;
#[path = "cluster/metrics.rs"]
mod metrics;
#[path = "once/mounted.rs"]
#[allow(dead_code)] // shared with the tests on disk
mod mounted;
#[path = "cluster/network.rs"]
mod network;
#[path = "cluster/object_store.rs"]
mod object_store;
#[path = "cluster/partitions.rs"]
mod partitions;
#[path = "command_line/person.rs"]
mod person;
#[path = "cluster/plans.rs"]
mod plans;
#[path = "cluster/process.rs"]
mod process;
#[path = "cluster/processes.rs"]
mod processes;
#[path = "cluster/query_interrupted.rs"]
mod query_interrupted;
#[path = "cluster/query_lost.rs"]
mod query_lost;
#[path = "once/random.rs"]
mod random;
#[path = "cluster/readme.rs"]
mod readme;
#[path = "cluster/regenerated.rs"]
mod regenerated;
#[path = "cluster/relay.rs"]
mod relay;
#[path = "cluster/rest.rs"]
mod rest;
#[path = "cluster/same_rows.rs"]
mod same_rows;
#[path = "cluster/scene.rs"]
mod scene;
#[path = "cluster/secrets.rs"]
mod secrets;
#[path = "cluster/site.rs"]
mod site;
#[path = "cluster/stopped.rs"]
mod stopped;
#[path = "cluster/store.rs"]
mod store;
#[path = "cluster/store_faults.rs"]
mod store_faults;
#[path = "cluster/storm.rs"]
mod storm;
#[path = "cluster/terminated.rs"]
mod terminated;
#[path = "cluster/traces.rs"]
mod traces;
#[path = "s3/unreliable.rs"]
mod unreliable;
#[path = "once/warehouse.rs"]
#[allow(dead_code)] // shared with the tests on disk
mod warehouse;
