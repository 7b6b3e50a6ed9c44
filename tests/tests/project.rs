//! The project's own tools: `./dev`, and what tests say about what they leave out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "project/dev.rs"]
mod dev;
#[path = "project/notices.rs"]
mod notices;
#[path = "project/release.rs"]
mod release;
#[path = "proofs/support.rs"]
#[allow(dead_code)] // of what the proofs share, a part is used here
mod support;
