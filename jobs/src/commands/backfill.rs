//! `train`, `infer` and `backfill`.

use std::path::Path;

use almanac_engine::EngineError;
use almanac_engine::backfill::{Ledger, Options, StepReport, actuals, infer as run_infer, train as run_train};
use almanac_engine::basis::{self, Before};
use almanac_engine::plan::job::Job;
use serde_json::json;

use super::{Session, input};
use crate::cli::InputOptions;
use crate::exit::{Failure, Outcome};
use crate::progress::{self, Listener};

/// Which steps a command runs.
#[derive(Clone, Copy)]
struct Steps {
    train: bool,
    infer: bool,
}

pub(crate) async fn train(session: &Session) -> Outcome {
    steps(session, "train", Steps { train: true, infer: false }).await.map(|_| ())
}

pub(crate) async fn infer(session: &Session) -> Outcome {
    steps(session, "infer", Steps { train: false, infer: true }).await.map(|_| ())
}

pub(crate) async fn backfill(session: &Session, source: Option<&Path>, options: &InputOptions) -> Outcome {
    // before bronze says what the other settings make of the files
    basis::check(&session.warehouse, &session.settings, Before::Build).await?;
    tokio::select! {
        ingested = input::ingest(session, source, options) => ingested?,
        () = session.interrupted() => return Err(EngineError::Interrupted.into()),
    }
    input::build(session).await?;
    steps(session, "backfill", Steps { train: true, infer: true }).await.map(|_| ())
}

/// What a run of the steps did.
pub(crate) struct Ran {
    pub(crate) train: Option<StepReport>,
    pub(crate) infer: Option<StepReport>,
}

/// Trains and infers what is missing.
pub(crate) async fn both(session: &Session) -> Outcome<Ran> {
    steps(session, "backfill", Steps { train: true, infer: true }).await
}

async fn steps(session: &Session, command: &str, steps: Steps) -> Outcome<Ran> {
    let job = session.comparable_job().await?;
    let mut ledger = Ledger::new(&session.warehouse, &job, command)?;
    let listener = Listener::start();
    let (selection, runner) = (session.selection.clone(), session.runner.clone());
    let options = Options { selection, runner, events: Some(listener.sender.clone()) };
    let ran = session.or_interrupted(run(session, &job, &options, &mut ledger, steps)).await;
    drop(options);
    listener.finish().await;
    let worked = |ran: &Ran| [&ran.train, &ran.infer].into_iter().flatten().any(|report| report.units > 0);
    match &ran {
        Ok(ran) => {
            let state = if failed(ran) > session.settings.run.max_failed as u64 { "failed_units" } else { "finished" };
            // what is skipped is recorded by the first run that finds it so, also if it has nothing to do
            match worked(ran) || ledger.skips_anew().await? {
                true => ledger.close(state).await?,
                false => ledger.end(state).await?,
            }
        }
        Err(error) => {
            let state = if matches!(error, EngineError::Interrupted) { "interrupted" } else { "failed" };
            if let Err(error) = ledger.end(state).await {
                tracing::warn!(%error, "the ledger could not record the failure");
            }
        }
    }
    let ran = ran?;
    let failed = failed(&ran);
    let allowed = session.settings.run.max_failed as u64;
    if failed > allowed {
        return Err(Failure::FailedUnits { failed, allowed });
    }
    Ok(ran)
}

/// Units that failed in either step.
fn failed(ran: &Ran) -> u64 {
    [&ran.train, &ran.infer].into_iter().flatten().map(|report| report.failed).sum()
}

async fn run(
    session: &Session,
    job: &Job,
    options: &Options,
    ledger: &mut Ledger,
    steps: Steps,
) -> Result<Ran, EngineError> {
    let mut ran = Ran { train: None, infer: None };
    let orphans = session.runner.cancel_orphans(&session.warehouse, None).await?;
    if orphans > 0 {
        let sentence = format!("{orphans} jobs of an earlier driver cancelled on the cluster");
        progress::step("cluster", &sentence, json!({ "cancelled": orphans }));
    }
    if steps.train {
        let report = run_train(&session.warehouse, job, options, ledger).await?;
        show("train", "models", report.units as u64, &report);
        ran.train = Some(report);
    }
    if steps.infer {
        let report = run_infer(&session.warehouse, job, options, ledger).await?;
        show("infer", "forecasts", report.forecasts, &report);
        ran.infer = Some(report);
        let written = ledger.alive_while(actuals::write(&session.warehouse, job)).await?;
        let sentence = format!("{} rows of actuals", written.rows);
        let peak = crate::memory::peak_mib();
        let facts = json!({ "rows": written.rows, "changed": written.changed, "peak_mib": peak });
        progress::step("actuals", &sentence, facts);
    }
    Ok(ran)
}

/// What a step did, for a person.
fn told(what: &str, done: u64, report: &StepReport) -> String {
    let skipped = skipped(report);
    let sentence = match (done, report.failed) {
        (0, 0) if report.existing == 0 && !skipped.is_empty() => "nothing to do".to_owned(),
        (0, 0) => format!("nothing to do, {} units exist", report.existing),
        (done, 0) => {
            let plural = if report.commits == 1 { "" } else { "s" };
            let idle = report.idle_at_the_end.map(|idle| format!(", {:.0} % idle at the end", 100.0 * idle));
            let (seconds, idle) = (report.wall_seconds, idle.unwrap_or_default());
            format!("{done} {what} in {seconds:.1} s, {} commit{plural}{idle}", report.commits)
        }
        (done, failed) => {
            let plural = if failed == 1 { "" } else { "s" };
            format!("{done} {what} in {:.1} s, {failed} unit{plural} failed", report.wall_seconds)
        }
    };
    format!("{sentence}{skipped}")
}

/// How many units the data does not allow, and why; empty where it allows all.
fn skipped(report: &StepReport) -> String {
    let units: usize = report.skipped.values().sum();
    let counted = |(reason, count): (&String, &usize)| match report.skipped.len() {
        1 => reason.clone(),
        _ => format!("{reason} ({count})"),
    };
    let reasons: Vec<String> = report.skipped.iter().map(counted).collect();
    match units {
        0 => String::new(),
        1 => format!(", 1 unit skipped: {}", reasons.join(", ")),
        units => format!(", {units} units skipped: {}", reasons.join(", ")),
    }
}

fn show(step: &str, what: &str, done: u64, report: &StepReport) {
    let sentence = told(what, done, report);
    let timings = &report.timings;
    let facts = json!({
        "units": report.units, "existing": report.existing, "forecasts": report.forecasts, "failed": report.failed,
        "skipped": report.skipped.values().sum::<usize>(), "skipped_for": report.skipped.keys().collect::<Vec<_>>(),
        "commits": report.commits, "conflicts": report.stale, "seconds": report.wall_seconds,
        "plan_seconds": report.plan_seconds, "fit_seconds": timings.fit, "condition_seconds": timings.condition,
        "simulate_seconds": timings.simulate, "summarise_seconds": timings.summarise, "write_seconds": timings.write,
        "commit_seconds": report.commit_seconds, "idle_at_the_end": report.idle_at_the_end, "peak_mib": crate::memory::peak_mib(),
    });
    progress::step(step, &sentence, facts);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_skipped_is_told_with_the_reason() {
        let mut report = StepReport::default();
        assert_eq!(told("models", 0, &report), "nothing to do, 0 units exist");
        report.skipped.insert("missing_column".into(), 8);
        assert_eq!(told("models", 0, &report), "nothing to do, 8 units skipped: missing_column");
        report.skipped.insert("too_short".into(), 1);
        report.existing = 3;
        let both = "nothing to do, 3 units exist, 9 units skipped: missing_column (8), too_short (1)";
        assert_eq!(told("models", 0, &report), both);
    }
}
