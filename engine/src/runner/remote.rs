//! One job on a cluster: submitted, watched by its reports, submitted again for what is missing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::name::Name;
use super::pack::{self, Part};
use super::{Computation, process};
use crate::cell::Cell;
use crate::cluster::{Cluster, Watch};
use crate::delta::Warehouse;
use crate::plan::job::Job;
use crate::plan::report::{self, Inbox};
use crate::plan::result::CellResult;
use crate::{EngineError, Result};

/// Attempts without any progress after which a job is given up.
const FRUITLESS_ATTEMPTS: usize = 4;
/// Seconds between two looks at the reports, which are one listing each.
const LOOK_SECONDS: f64 = 0.5;
/// Seconds that a job whose units have all come back gets to end by itself.
const END_SECONDS: f64 = 5.0;

/// A job of one step.
pub(super) struct RemoteJob<'a> {
    pub(super) computation: Computation,
    pub(super) cluster: &'a Cluster,
    pub(super) job: &'a Job,
    pub(super) number: usize,
    pub(super) results: mpsc::Sender<CellResult>,
}

/// What has not come back yet.
struct Missing {
    parts: Vec<Part>,
    units: BTreeSet<(Cell, String)>,
}

impl Missing {
    fn of(parts: Vec<Part>) -> Self {
        let units = parts.iter().flat_map(|part| &part.units).map(|unit| (unit.cell.clone(), unit.key.clone()));
        Self { units: units.collect(), parts }
    }

    /// Whether a report brings what is missing. One that an earlier attempt has already brought does not.
    fn take(&mut self, report: &CellResult) -> Result<bool> {
        let unit = |key: &String| (report.cell.clone(), key.clone());
        let (news, known): (Vec<_>, Vec<_>) =
            report.outcomes.iter().map(|outcome| unit(&outcome.key)).partition(|unit| self.units.contains(unit));
        if !news.is_empty() && !known.is_empty() {
            return Err(EngineError::Internal(format!("{:?} came back cut in another way", report.cell)));
        }
        for unit in &news {
            self.units.remove(unit);
        }
        Ok(!news.is_empty())
    }

    /// The parts that are still to be computed.
    fn parts(&mut self) -> Vec<Part> {
        let missing =
            |part: &Part| part.units.iter().any(|unit| self.units.contains(&(unit.cell.clone(), unit.key.clone())));
        self.parts.retain(missing);
        self.parts.clone()
    }
}

impl RemoteJob<'_> {
    /// Runs until every unit has come back.
    pub(super) async fn run(self, parts: Vec<Part>) -> Result<()> {
        let mut missing = Missing::of(parts);
        let mut fruitless = 0;
        for attempt in 0.. {
            let before = missing.units.len();
            let ended = self.attempt(attempt, &mut missing).await;
            if missing.units.is_empty() || self.results.is_closed() {
                return Ok(());
            }
            let error = match ended {
                Ok(()) => EngineError::Internal(format!("{} units did not come back", missing.units.len())),
                Err(error) => error,
            };
            fruitless = if missing.units.len() < before { 0 } else { fruitless + 1 };
            if fruitless >= FRUITLESS_ATTEMPTS || !is_transient(&error) {
                return Err(error);
            }
            // a scheduler that is lost is waited for, as long as the user said
            self.cluster.vcores().await?;
            let (job, left) = (self.name(), missing.units.len());
            tracing::warn!(job, attempt, left, %error, "a job ended early; what is missing is submitted again");
            tokio::time::sleep(self.cluster.pause(fruitless)).await;
        }
        Ok(())
    }

    async fn attempt(&self, attempt: usize, missing: &mut Missing) -> Result<()> {
        let mut job = self.job.clone();
        let folder = format!("{}/{}/{}-{}-{attempt}", report::FOLDER, job.run_id, self.computation.name, self.number);
        job.reports = Some(folder.clone());
        let partitions = pack::balanced(missing.parts(), self.cluster.vcores().await?);
        let plan = (self.computation.plan)(&Arc::new(job), &partitions)?;
        let mut inbox = Inbox::new(&Warehouse::open(&self.job.warehouse)?, &folder);
        if attempt > 0 {
            // an earlier one whose cancellation failed may still hold the cores
            let earlier = format!("{}/", self.name());
            self.cluster.cancel(|job| job.starts_with(&earlier)).await?;
        }
        let name = format!("{}/{attempt}", self.name());
        let mut look = tokio::time::interval(Duration::from_secs_f64(LOOK_SECONDS));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let submitted = self.cluster.run(plan, &name);
        tokio::pin!(submitted);
        let mut watch = Watch::new(self.cluster, &name);
        let ended = loop {
            tokio::select! {
                ended = &mut submitted => break Some(ended),
                _ = look.tick() => {
                    if let Err(error) = self.receive(&mut inbox, missing).await {
                        break Some(Err(error));
                    }
                    if missing.units.is_empty() || self.results.is_closed() {
                        break None;
                    }
                    if let Err(error) = watch.ask().await {
                        break Some(Err(error));
                    }
                }
            }
        };
        let received = self.receive(&mut inbox, missing).await;
        let mut is_over = matches!(ended, Some(Ok(())));
        if missing.units.is_empty() {
            if ended.is_none() {
                let end = tokio::time::timeout(Duration::from_secs_f64(END_SECONDS), &mut submitted).await;
                is_over = matches!(end, Ok(Ok(())));
            }
            inbox.clear().await;
        }
        // nothing of it may go on beside its successor
        if !is_over && let Err(error) = self.cluster.cancel(|job| job == name).await {
            tracing::debug!(job = name, %error, "could not be cancelled; the next attempt cancels it first");
        }
        ended.unwrap_or(Ok(())).and(received)
    }

    async fn receive(&self, inbox: &mut Inbox, missing: &mut Missing) -> Result<()> {
        for report in inbox.receive().await? {
            if missing.take(&report)? && self.results.send(report).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    fn name(&self) -> String {
        let name = Name { step: self.computation.name, run: &self.job.run_id, driver: &process::own() };
        format!("{}/{}", name.within(&self.job.warehouse), self.number)
    }
}

/// Whether another attempt may end otherwise. Errors of ours that name a setting, an input or a conflict would not.
fn is_transient(error: &EngineError) -> bool {
    matches!(
        error,
        EngineError::Plan(_) | EngineError::Storage { .. } | EngineError::Scheduler { .. } | EngineError::Internal(_)
    )
}

#[cfg(test)]
mod tests;
