//! Stopping a plan whose task is over.
//!
//! A cluster that cancels a task drops the future that waits for it, but the plan's streams run on. Whoever runs tasks
//! puts a [`Cancellation`] into the session's configuration and sets it when the task is over; every step looks at it
//! between two units of work, and joins between two batches ([`super::stoppable`]).

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use arrow::array::RecordBatch;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use futures::{Stream, StreamExt};

/// Set once the task is over.
#[derive(Debug, Default)]
pub struct Cancellation(AtomicBool);

impl Cancellation {
    /// Stops the plan's steps at their next unit of work.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the task is over.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The rows of a step until the task is over, then an error, so that steps above give up what they have begun.
pub(crate) fn until_cancelled<S>(
    context: &TaskContext,
    mut rows: S,
) -> impl Stream<Item = Result<RecordBatch>> + Send + use<S>
where
    S: Stream<Item = Result<RecordBatch>> + Send + Unpin,
{
    let cancellation = context.session_config().get_extension::<Cancellation>();
    let mut stopped = false;
    futures::stream::poll_fn(move |context| {
        if stopped {
            return Poll::Ready(None);
        }
        if cancellation.as_ref().is_some_and(|cancellation| cancellation.is_cancelled()) {
            stopped = true;
            return Poll::Ready(Some(Err(DataFusionError::Execution("the task was cancelled".into()))));
        }
        rows.poll_next_unpin(context)
    })
}
