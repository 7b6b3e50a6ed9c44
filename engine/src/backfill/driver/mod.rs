//! The driver: plans what is missing, runs it, commits whole cells, and tells what happened.

mod commit;
mod group;
mod pack;
mod plan;
mod round;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use tokio::sync::mpsc;

pub(super) use self::group::Group;
pub(crate) use self::pack::cost;
pub(crate) use self::plan::{limit, plan};
use crate::backfill::ledger::Ledger;
use crate::backfill::selection::Selection;
use crate::cell::Cell;
use crate::delta::{Snapshot, Warehouse};
use crate::plan::job::Job;
use crate::plan::pipeline;
use crate::plan::result::Timings;
use crate::runner::{Computation, Runner, idle};
use crate::{EngineError, Result, tables, width};

/// Rounds of planning after which cells that others keep changing are given up. Each round lost means that someone else
/// got a cell done, so this is about the number of drivers that may share a cell.
const MAX_ROUNDS: usize = 100;

/// How a step is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is asked for.
    pub selection: Selection,
    /// Where it is computed.
    pub runner: Runner,
    /// Where events go; a closed receiver is ignored.
    pub events: Option<mpsc::UnboundedSender<Event>>,
}

/// What a step tells while it runs.
#[derive(Debug, Clone)]
pub enum Event {
    /// A step is planned.
    Planned {
        /// `train` or `infer`.
        step: &'static str,
        /// Cells with missing units.
        cells: usize,
        /// Missing units.
        units: usize,
        /// Missing forecasts.
        forecasts: usize,
        /// Units that exist.
        existing: usize,
        /// Units that cannot be done.
        skipped: usize,
    },
    /// A cell is computed.
    Computed {
        /// `train` or `infer`.
        step: &'static str,
        /// The cell.
        cell: Cell,
        /// Units in it.
        units: usize,
        /// Forecasts in it.
        forecasts: u64,
    },
    /// Cells are committed.
    Committed {
        /// `train` or `infer`.
        step: &'static str,
        /// Cells in the commit.
        cells: usize,
        /// Table versions after it.
        versions: BTreeMap<String, u64>,
    },
}

/// Totals of a step.
#[derive(Debug, Clone, Default)]
pub struct StepReport {
    /// Units done in this run, whatever the outcome.
    pub units: usize,
    /// Units that existed.
    pub existing: usize,
    /// Units that cannot be done, wholly or in part, by the code of the reason.
    pub skipped: BTreeMap<String, usize>,
    /// Forecasts written.
    pub forecasts: u64,
    /// Units that failed, wholly or in part.
    pub failed: u64,
    /// Commits made.
    pub commits: usize,
    /// Cells redone because another driver committed them first.
    pub stale: usize,
    /// Computing seconds by stage.
    pub timings: Timings,
    /// Seconds in planning.
    pub plan_seconds: f64,
    /// Seconds in commits.
    pub commit_seconds: f64,
    /// Share of core time that was idle over the last fifth of the computing, 0 to 1.
    pub idle_at_the_end: Option<f64>,
    /// Seconds from start to end.
    pub wall_seconds: f64,
    spans: Vec<idle::Span>,
}

/// Which step is driven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Train,
    Infer,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Infer => "infer",
        }
    }

    fn computation(self) -> Computation {
        let plan = match self {
            Self::Train => pipeline::train,
            Self::Infer => pipeline::infer,
        };
        Computation { name: self.name(), plan }
    }
}

/// Fits what is missing.
///
/// # Errors
/// Conflicts, storage and plan errors; failed units are outcomes, not errors.
pub async fn train(warehouse: &Warehouse, job: &Job, options: &Options, ledger: &mut Ledger) -> Result<StepReport> {
    drive(Kind::Train, warehouse, job, options, ledger).await
}

/// Forecasts what is missing, with stored models only.
///
/// # Errors
/// As [`train`].
pub async fn infer(warehouse: &Warehouse, job: &Job, options: &Options, ledger: &mut Ledger) -> Result<StepReport> {
    let mut job = job.clone();
    let models = Snapshot::open(warehouse, &tables::trained_models(&job.settings)).await?;
    job.models = models.map(|snapshot| snapshot.identity());
    drive(Kind::Infer, warehouse, &job, options, ledger).await
}

async fn drive(
    kind: Kind,
    warehouse: &Warehouse,
    job: &Job,
    options: &Options,
    ledger: &mut Ledger,
) -> Result<StepReport> {
    let started = Instant::now();
    let mut report = StepReport::default();
    let selection = options.selection.clone();
    let mut again: Option<BTreeSet<Cell>> = None;
    for round in 0.. {
        let planning = Instant::now();
        let mut work = ledger.alive_while(plan(kind, warehouse, job, &selection)).await?;
        work.retain(|cell| again.as_ref().is_none_or(|again| again.contains(&cell.cell)));
        limit(&mut work, selection.limit);
        report.plan_seconds += planning.elapsed().as_secs_f64();
        if round == 0 {
            if selection.widen {
                // nothing is refused any more
                width::widen(warehouse, &job.settings).await?;
            }
            plan::announce(kind, options, &work, ledger);
            report.existing = work.iter().map(|cell| cell.existing).sum();
            report.skipped = plan::skipped(&work);
        }
        work.retain(|cell| !cell.units.is_empty());
        if work.is_empty() {
            break;
        }
        let stale = round::run(kind, warehouse, job, options, ledger, work, &mut report).await?;
        report.stale += stale.len();
        if stale.is_empty() {
            break;
        }
        if round + 1 == MAX_ROUNDS {
            let (step, left) = (kind.name(), stale.len());
            return Err(EngineError::Internal(format!(
                "{step}: others still changed {left} cells after {MAX_ROUNDS} rounds; run it again"
            )));
        }
        // only what others changed in the meantime is looked at again
        again = Some(stale);
    }
    if !report.spans.is_empty()
        && let Some(cores) = options.runner.cores(job).await
    {
        report.idle_at_the_end = idle::at_the_end(&report.spans, cores);
    }
    report.wall_seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

fn tell(options: &Options, event: Event) {
    if let Some(events) = &options.events {
        // a listener that went away does not stop the work
        let _ = events.send(event);
    }
}
