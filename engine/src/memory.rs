//! The allocator of every binary.
//!
//! Batches of paths are allocated by the megabyte and freed soon after. What is freed must go back to the system soon
//! too, or the peak grows with the length of a run: glibc's allocator keeps it in an arena per thread.

use std::ffi::c_long;

/// What a binary names as its `#[global_allocator]`.
pub use mimalloc::MiMalloc as Allocator;

/// Number of `mi_option_purge_delay` in mimalloc 2.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
/// Milliseconds after which freed memory is returned. Measured on the seed backfill: 1 keeps the peak within 3 % over
/// ten times as many paths; 0 costs five times the system calls, 10 (the default) lets it grow by 20 %.
const MILLISECONDS: c_long = 1;

/// Returns freed memory early; to be called first in `main`. `MIMALLOC_PURGE_DELAY` in the environment wins.
pub fn return_early() {
    if std::env::var_os("MIMALLOC_PURGE_DELAY").is_none() {
        // SAFETY: sets a number in the allocator's table of options, at any time and from any thread
        unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, MILLISECONDS) };
    }
}
