//! How far a long query is: one line at a terminal, which goes when the answer comes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::physical_plan::ExecutionPlan;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::look;

/// Queries that end sooner show nothing.
const LONG: Duration = Duration::from_secs(1);
/// Time between two looks at the plan.
const EVERY: Duration = Duration::from_millis(200);

/// Shows time and rows read until it is dropped; of a plan that runs elsewhere the time alone.
pub(super) async fn show(plan: Option<Arc<dyn ExecutionPlan>>) -> Infallible {
    if !look::get().draws() {
        return std::future::pending().await;
    }
    let started = Instant::now();
    tokio::time::sleep(LONG).await;
    let line = Line(ProgressBar::new_spinner());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        line.0.set_style(style);
    }
    loop {
        let seconds = started.elapsed().as_secs();
        line.0.set_message(match &plan {
            Some(plan) => format!("{seconds} s, {} rows read; Ctrl-C stops the query", HumanCount(read(plan.as_ref()))),
            None => format!("{seconds} s on the cluster; Ctrl-C stops the query"),
        });
        line.0.tick();
        tokio::time::sleep(EVERY).await;
    }
}

/// A line that is cleared when it goes.
struct Line(ProgressBar);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Rows that have come out of the tables so far.
fn read(plan: &dyn ExecutionPlan) -> u64 {
    let children = plan.children();
    if children.is_empty() {
        let rows = plan.metrics().and_then(|metrics| metrics.output_rows());
        return rows.unwrap_or_default() as u64;
    }
    children.into_iter().map(|child| read(child.as_ref())).sum()
}
