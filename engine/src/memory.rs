//! The allocator of every binary.
//!
//! Batches of paths are allocated by the megabyte and freed soon after, often by another thread. What is freed must go
//! back to the system soon too, or the peak grows with the length of a run. Measured on two cores: the seed backfill peaks
//! at 139 MiB, and fits of ten times as many keys take 2 % more. With mimalloc 2 it was 169 MiB and 12 % more, since it keeps
//! what one thread allocated and another freed; it takes 3 % less time.
//!
//! `.cargo/config.toml` compiles the settings in: an arena per core, and pages returned 10 ms after they are free; buffers
//! from 1 MiB are returned at once, and threads keep no freed ones above 4 KiB for themselves. Without these two ten times as
//! many paths took 10 to 17 % more, as buffers of the next forecasts came before those of the last were returned; with
//! them it is 2 %, and the seed backfill takes as long.

/// What a binary names as its `#[global_allocator]`.
pub use tikv_jemallocator::Jemalloc as Allocator;
