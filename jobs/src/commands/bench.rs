//! `bench`: what this machine does, where the time goes, and how accurate models are.

pub(super) mod accuracy;
pub(super) mod models;

pub(crate) use accuracy::AccuracyCommand;
pub(crate) use models::TimesCommand;

use std::path::Path;
use std::time::Instant;

use almanac_engine::EngineError;
use almanac_engine::backfill::{StepReport, buckets, day_of, shown_key};
use almanac_engine::delta::{Snapshot, Warehouse, content};
use almanac_engine::plan::panel;
use almanac_engine::{tables, tables_input};
use almanac_models::trees::Instructions;
use almanac_models::{FitContext, Future, History, Levels, Scratch, StreamKey, summarise};
use serde_json::json;

use super::{Session, backfill, input};
use crate::cli::{Bench, BenchCommand, InputOptions};
use crate::exit::Outcome;
use crate::output::{Column, Document, Listing};

pub(crate) async fn run(session: &Session, source: Option<&Path>, command: &BenchCommand) -> Outcome {
    match command.what {
        Bench::Backfill => whole(session, source).await,
        Bench::Forecast => forecasts(session).await,
        // these need no session: they were run before one was opened
        Bench::Accuracy(_) | Bench::Models(_) => Ok(()),
    }
}

/// A folder that is removed when dropped.
struct Scratchpad(std::path::PathBuf);

impl Drop for Scratchpad {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "cannot remove");
        }
    }
}

/// The configured backfill in a fresh warehouse, then again, then again without the ledger.
async fn whole(session: &Session, source: Option<&Path>) -> Outcome {
    let folder = std::env::temp_dir().join(format!("almanac-bench-{}", uuid::Uuid::new_v4()));
    let scratch = Scratchpad(folder.clone());
    let fresh = Session {
        settings: session.settings.clone(),
        warehouse: Warehouse::open(&folder.display().to_string())?,
        selection: session.selection.clone(),
        runner: session.runner.clone(),
        stopped: session.stopped.clone(),
    };
    let started = Instant::now();
    input::ingest(&fresh, source, &InputOptions::default()).await?;
    input::build(&fresh).await?;
    let prepared = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let ran = backfill::both(&fresh).await?;
    let wall = started.elapsed().as_secs_f64();
    let peak = crate::memory::peak_mib();
    let again = Instant::now();
    backfill::both(&fresh).await?;
    let again = again.elapsed().as_secs_f64();
    std::fs::remove_dir_all(folder.join("ops")).map_err(|e| EngineError::storage("ops", e))?;
    let bare = Instant::now();
    backfill::both(&fresh).await?;
    let bare = bare.elapsed().as_secs_f64();
    let mut walls = Listing::new([Column::text("what").titled(""), Column::decimals("seconds", 2)]);
    for (what, seconds) in [
        ("ingest and build", prepared),
        ("train and infer", wall),
        ("nothing to do", again),
        ("nothing to do, ops/ deleted", bare),
    ] {
        walls.push([json!(what), json!(seconds)]);
    }
    let mut document =
        Document::new().listing("stages", stages(ran.train.as_ref(), ran.infer.as_ref())).listing("walls", walls);
    if let Some(peak) = peak {
        document = document.note("peak_mib", json!(peak), format!("peak resident memory {peak:.0} MiB"));
    }
    document.listing("contents", contents(&fresh).await?).show();
    drop(scratch);
    Ok(())
}

fn stages(train: Option<&StepReport>, infer: Option<&StepReport>) -> Listing {
    let mut listing = Listing::new([Column::text("stage"), Column::decimals("core_seconds", 2).titled("core-seconds")]);
    let sum = |value: &dyn Fn(&StepReport) -> f64| [train, infer].into_iter().flatten().map(value).sum::<f64>();
    let rows: [(&str, f64); 7] = [
        ("plan", sum(&|r| r.plan_seconds)),
        ("fit", sum(&|r| r.timings.fit)),
        ("condition", sum(&|r| r.timings.condition)),
        ("simulate", sum(&|r| r.timings.simulate)),
        ("summarise", sum(&|r| r.timings.summarise)),
        ("encode and write", sum(&|r| r.timings.write)),
        ("commit", sum(&|r| r.commit_seconds)),
    ];
    for (stage, seconds) in rows {
        listing.push([json!(stage), json!(seconds)]);
    }
    listing
}

/// Row counts and content hashes of the data tables.
async fn contents(session: &Session) -> Outcome<Listing> {
    let settings = &session.settings;
    let columns = [Column::text("table"), Column::whole("rows"), Column::text("content").titled("content hash")];
    let mut listing = Listing::new(columns);
    let defs = [
        tables::trained_models(settings),
        tables::distributions(settings, settings.forecast.horizon),
        tables::point_forecasts(settings),
    ];
    for def in defs {
        if let Some(snapshot) = Snapshot::open(&session.warehouse, &def).await? {
            let content = content::of_table(&snapshot).await?;
            listing.push([json!(def.full_name()), json!(content.rows), json!(content.hash())]);
        }
    }
    Ok(listing)
}

/// Condition, simulate and summarise one forecast of each configured model, on each key of the first bucket.
async fn forecasts(session: &Session) -> Outcome {
    const REPEATS: u32 = 50;
    let job = session.job().await?;
    let calendar = job.calendar()?;
    let input = Snapshot::at(&session.warehouse, &tables_input::model_input(&job.settings), &job.input).await?;
    let bucket = buckets(&input)?.first().copied().unwrap_or_default();
    let panel = panel::load(&job, bucket).await?;
    let forecast = &session.settings.forecast;
    let percents = forecast.levels.iter().map(|&level| f64::from(level)).collect::<Vec<_>>();
    let levels = Levels::try_from(percents).map_err(|e| EngineError::Internal(e.to_string()))?;
    let timed = |(name, places, rank): (&str, usize, u8)| Column::decimals(format!("{name}_ms"), places).rank(rank);
    let timed = [("fit", 1, 2), ("condition", 3, 0), ("simulate", 3, 0), ("quantiles", 3, 1)].map(timed);
    let mut listing = Listing::new([Column::text("model"), Column::text("key")].into_iter().chain(timed));
    for (name, series) in forecast.models.iter().flat_map(|name| panel.keys.values().map(move |series| (name, series)))
    {
        let spec = job.model(name)?;
        let cutoff = forecast.to.map_or_else(|| series.days.last().copied().unwrap_or(0), day_of);
        let Ok((range, columns)) = almanac_engine::plan::servable::training(&job, &calendar, &spec, series, cutoff)
        else {
            continue;
        };
        let values: Vec<&[f64]> = columns.iter().map(|column| &column.values[range.clone()]).collect();
        let history =
            History { days: &series.days[range.clone()], target: &series.target[range.clone()], regressors: &values };
        let context = FitContext { seed: forecast.seed, horizon: forecast.horizon, week: calendar.week(), cutoff };
        let started = Instant::now();
        let refuse = |e: almanac_models::ModelError| EngineError::Internal(format!("{name}: {e}"));
        let fitted = almanac_udfs::registry().model(&spec).map_err(refuse)?.fit(&history, &context).map_err(refuse)?;
        let fit = started.elapsed();
        let model = almanac_udfs::registry().load(&fitted.format, &fitted.bytes).map_err(refuse)?;
        let ahead = calendar.next_sessions(cutoff, forecast.horizon);
        let future = almanac_engine::plan::servable::future(&spec, series, &columns, range.start, cutoff, &ahead)
            .map_err(|refusal| EngineError::Internal(refusal.message))?;
        let future: Vec<&[f64]> = future.chunks(forecast.horizon).collect();
        let future = Future { days: &ahead, regressors: &future };
        let stream = StreamKey::new(forecast.seed, &series.key.join("|"), name, &forecast.model_version, cutoff);
        let mut paths = vec![0.0_f32; forecast.paths * forecast.horizon];
        let mut scratch = Scratch::default();
        let (mut condition, mut simulate, mut quantiles) = Default::default();
        for _ in 0..REPEATS {
            let started = Instant::now();
            let state = model.condition(&history, &future).map_err(refuse)?;
            let conditioned = Instant::now();
            state.simulate(forecast.paths, &stream, &mut paths).map_err(refuse)?;
            let simulated = Instant::now();
            std::hint::black_box(summarise(&paths, forecast.paths, &levels, None, &mut scratch));
            condition += conditioned - started;
            simulate += simulated - conditioned;
            quantiles += simulated.elapsed();
        }
        let mean = |total: std::time::Duration| json!(total.as_secs_f64() * 1e3 / f64::from(REPEATS));
        listing.push([
            json!(name),
            json!(shown_key(&series.key)),
            json!(fit.as_secs_f64() * 1e3),
            mean(condition),
            mean(simulate),
            mean(quantiles),
        ]);
    }
    let trees = Instructions::fastest().name();
    let sentence = format!("instructions that trees are evaluated with: {trees}");
    Document::new().listing("forecasts", listing).note("tree_instructions", trees, sentence).show();
    Ok(())
}
