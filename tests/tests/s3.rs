//! Warehouses on S3: the rows of a run on disk, whatever dies, races or fails in between; errors that say where and
//! why in seconds and repeat no secret.
//!
//! Black box, against a real Ceph gateway that each test starts for itself; without one, a test says so and proves
//! nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "s3/disturbed.rs"]
mod disturbed;
#[path = "s3/files.rs"]
mod files;
#[path = "s3/gateway.rs"]
mod gateway;
#[path = "s3/http.rs"]
mod http;
#[path = "s3/platform.rs"]
mod platform;
#[path = "s3/refused.rs"]
mod refused;
#[path = "s3/rows.rs"]
mod rows;
#[path = "s3/uploads.rs"]
mod uploads;
#[allow(dead_code)] // shared with the tests on disk
#[path = "once/warehouse.rs"]
mod warehouse;
