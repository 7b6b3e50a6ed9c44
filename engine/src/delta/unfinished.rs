//! Files that writers of this process have begun, and neither handed over nor removed.

use std::sync::LazyLock;
use std::time::Duration;

use tokio::sync::watch;

static WRITERS: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::Sender::new(0));

/// Counts a writer with such files for as long as it lives.
#[derive(Debug)]
pub(super) struct Unfinished(());

impl Unfinished {
    pub(super) fn new() -> Self {
        WRITERS.send_modify(|count| *count += 1);
        Self(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        WRITERS.send_modify(|count| *count -= 1);
    }
}

/// Waits until no writer has such files, `limit` at most; returns whether that is so.
///
/// Work that is given up leaves its removal to the background, which ends with the process: parts of an upload would
/// stay in the store.
pub async fn none_unfinished(limit: Duration) -> bool {
    let mut writers = WRITERS.subscribe();
    tokio::time::timeout(limit, writers.wait_for(|count| *count == 0)).await.is_ok()
}
