//! What all test binaries share.

#![allow(clippy::unwrap_used)] // what fails here fails the test that asked

mod binary;
mod notice;
mod shared;

pub use binary::binary;
pub use notice::{notice, notice_of_data};
pub use shared::{demo_data, shared};
