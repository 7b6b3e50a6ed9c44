//! What all test binaries share.

mod notice;

pub use notice::{notice, notice_of_data};
