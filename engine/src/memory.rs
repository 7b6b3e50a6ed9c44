//! The allocator of every binary.
//!
//! Batches of paths are allocated by the megabyte and freed soon after. What is freed must go back to the system soon
//! too, or the peak grows with the length of a run: glibc's allocator keeps it in an arena per thread.

use std::ffi::c_long;
use std::time::Duration;

/// What a binary names as its `#[global_allocator]`.
pub use mimalloc::MiMalloc as Allocator;

/// After which threads that read and write files end. What others freed of a thread's memory goes back once it allocates
/// again, or ends; with tokio's ten seconds it adds up over the keys of a run.
pub const IDLE_THREADS_END: Duration = Duration::from_millis(10);

/// Options by their number in mimalloc 2, the variable that overrides each, and what they are set to.
///
/// Measured: freed memory is returned after a millisecond, by threads (`purge_delay`) and for whole segments alike
/// (`arena_purge_mult`, by default ten times as long); 0 takes a third more time. Segments come from the system one by
/// one (`disallow_arena_alloc`), which makes the peak of the seed backfill 205 MiB instead of 249, in the same time, and
/// keeps it within a tenth over ten times as many paths.
const OPTIONS: [(libmimalloc_sys::mi_option_t, &str, c_long); 3] =
    [(15, "MIMALLOC_PURGE_DELAY", 1), (24, "MIMALLOC_ARENA_PURGE_MULT", 1), (27, "MIMALLOC_DISALLOW_ARENA_ALLOC", 1)];

/// Returns freed memory early; to be called first in `main`. The environment wins.
pub fn return_early() {
    for (option, variable, value) in OPTIONS {
        if std::env::var_os(variable).is_none() {
            // SAFETY: sets a number in the allocator's table of options, at any time and from any thread
            unsafe { libmimalloc_sys::mi_option_set(option, value) };
        }
    }
}

/// Returns what the calling thread has freed, now: after a burst of allocations, of which the delay would let the next one
/// begin first.
pub(crate) fn return_now() {
    // SAFETY: may be called at any time, from any thread
    unsafe { libmimalloc_sys::mi_collect(true) };
}
