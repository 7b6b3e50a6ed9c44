//! The project's own tools: `./dev`, and what tests say about what they leave out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "project/dev.rs"]
mod dev;
#[path = "project/notices.rs"]
mod notices;
