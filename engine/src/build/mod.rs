//! From bronze to silver: one row per calendar day, nothing visible before it was public (`plan::silver` says how).
//!
//! Keys are worked on by bucket, in groups of about sixty: memory does not grow with their number, and a cluster works
//! on many groups at once.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::basis::{self, BASIS_PROPERTY, Before};
use crate::cell::{Cell, key_bucket};
use crate::delta::{
    Replaced, Rewritten, Snapshot, Warehouse, add_columns, commit_rewritten, lacks_columns, set_property,
};
use crate::plan::job::{Job, key_text};
use crate::plan::silver::disagree::Comparison;
use crate::plan::silver::read::Bronze;
pub use crate::plan::silver::report::{ColumnReport, DifferingValue, Disagreement, LISTED, TOLERANCE, UnusedKeys};
use crate::plan::silver::track::SourceTracks;
use crate::plan::silver::{self, GROUP_KEYS, Laid, Laying};
use crate::plan::worklist::Unit;
use crate::plan::{pipeline, result::CellResult};
use crate::runner::{Computation, Part, Runner};
use crate::settings::Settings;
use crate::tables_input::{BUCKETS_PROPERTY, silver_columns};
use crate::{EngineError, Result, sources};

/// Buckets by default. Not taken from the number of keys: that grows with time, and a bucket is part of every row.
const BUCKETS: u32 = 64;
/// Buckets that may wait to be noted.
const WAITING: usize = 64;
/// Rows of bronze laid out in a millisecond on one core.
const ROWS_PER_MILLISECOND: f64 = 200.0;
/// How a runner builds.
const COMPUTATION: Computation = Computation { name: "build", plan: pipeline::build };

/// Outcome of one build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BuildReport {
    /// Keys with at least one bar.
    pub keys: usize,
    /// Number of key buckets, fixed when `silver.model_input` was created.
    pub buckets: u32,
    /// Rows of `silver.unified_data`.
    pub unified_rows: usize,
    /// Rows of `silver.model_input`.
    pub model_input_rows: usize,
    /// Whether `silver.unified_data` was written; false when it already held these rows.
    pub unified_written: bool,
    /// Whether `silver.model_input` was written; false when it already held these rows.
    pub model_input_written: bool,
    /// Columns that several sources carry.
    pub disagreements: Vec<Disagreement>,
    /// One entry per value column.
    pub columns: Vec<ColumnReport>,
    /// Keys of other sources that never had a bar, per source; their rows are not used.
    pub unused: Vec<UnusedKeys>,
    /// Wall-clock seconds.
    pub build_seconds: f64,
}

/// Builds `silver.unified_data` and `silver.model_input` from bronze. What did not change is not written. More than one
/// group of keys is worked on where `runner` says, fewer always here.
///
/// # Errors
/// [`EngineError::NotFound`] without bronze tables, `Configuration` for sources that make no sense, `Basis` for forecasts
/// made under another calendar or target, and those of the storage.
pub async fn build(settings: &Settings, warehouse: &Warehouse, runner: &Runner) -> Result<BuildReport> {
    let started = Instant::now();
    sources::check(settings)?;
    basis::check(warehouse, settings, Before::Build).await?;
    let bronze = Bronze::open(settings, warehouse).await?;
    let keys = bronze.keys().await?;
    let [unified, model_input] = silver::tables(settings);
    for table in [&unified, &model_input] {
        // of a source or column that is new; other rows of the table hold null until they are laid out anew
        if lacks_columns(warehouse, table).await? {
            add_columns(warehouse, table).await?;
        }
    }
    let (buckets, model_input) = fix_buckets(settings, warehouse, &model_input).await?;
    let unified = Snapshot::open_or_create(warehouse, &unified).await?;
    let parts = parts(&keys, buckets);
    let mut found = found(&parts, buckets, &unified, &model_input);
    if !parts.is_empty() {
        let laying = Laying { bronze: bronze.versions(), unified: unified.identity() };
        let job = job(settings, warehouse, &model_input, laying);
        let runner = if parts.len() > 1 { runner } else { &Runner::Embedded };
        runner.cancel_orphans(warehouse, Some(COMPUTATION.name)).await?;
        compute(runner, &job, parts, &mut found).await?;
    }
    let columns = silver_columns(settings);
    let mut report = BuildReport { buckets, columns: silver::column_reports(&columns), ..BuildReport::default() };
    let mut comparison = Comparison::shared(settings, &columns);
    if comparison.is_needed() {
        comparison.add(&bronze.shared_tracks().await?, &[]);
    }
    report.disagreements = comparison.finish();
    report.unused = unused(settings, &bronze, &keys).await?;
    let mut rewritten = [Vec::new(), Vec::new()];
    for laid in found.into_values().flatten() {
        rewritten[0].extend(laid.unified.clone());
        rewritten[1].extend(laid.model_input.clone());
        report.absorb(laid);
    }
    let [wide, narrow] = rewritten;
    let basis = basis::of(settings)?;
    if model_input.property(BASIS_PROPERTY).as_ref() != Some(&basis) {
        // before the rows: a build that is killed between them is completed by the next
        set_property(warehouse, model_input.def(), BASIS_PROPERTY, &basis).await?;
    }
    report.unified_written = store(warehouse, &unified, wide).await?;
    report.model_input_written = store(warehouse, &model_input, narrow).await?;
    report.build_seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

async fn store(warehouse: &Warehouse, table: &Snapshot, rewritten: Vec<Rewritten>) -> Result<bool> {
    Ok(commit_rewritten(warehouse, table.def(), rewritten).await? != Replaced::Unchanged)
}

fn job(settings: &Settings, warehouse: &Warehouse, model_input: &Snapshot, laying: Laying) -> Job {
    Job {
        warehouse: warehouse.root().to_string(),
        settings: settings.clone(),
        input: model_input.identity(),
        models: None,
        run_id: uuid::Uuid::new_v4().to_string(),
        generated_at: chrono::Utc::now().timestamp_micros(),
        reports: None,
        scoring: None,
        laying: Some(laying),
        until: None,
    }
}

/// The number of buckets: what `silver.model_input` was created with, else the setting, else [`BUCKETS`].
async fn fix_buckets(
    settings: &Settings,
    warehouse: &Warehouse,
    model_input: &crate::tables::TableDef,
) -> Result<(u32, Snapshot)> {
    let wanted = settings.dataset.buckets.unwrap_or(BUCKETS).max(1);
    let properties = [(BUCKETS_PROPERTY, wanted.to_string()), (BASIS_PROPERTY, basis::of(settings)?)];
    let table = Snapshot::open_or_create_with(warehouse, model_input, &properties).await?;
    let fixed = table.property(BUCKETS_PROPERTY).and_then(|text| text.parse().ok()).unwrap_or(wanted).max(1);
    Ok((fixed, table))
}

/// Whole buckets in parts of about [`GROUP_KEYS`] keys, from keys and their numbers of bars.
fn parts(keys: &[(Vec<String>, usize)], buckets: u32) -> Vec<Part> {
    let mut by_bucket: BTreeMap<i32, Part> = BTreeMap::new();
    for (key, rows) in keys {
        let key = key_text(key);
        let bucket = key_bucket(&key, buckets);
        let part = by_bucket.entry(bucket).or_default();
        let cell = Cell::bucket(bucket);
        part.units.push(Unit { cell, key, origins: (0, 0), only: None, paths: false, points: false });
        part.cost += *rows as f64 / ROWS_PER_MILLISECOND;
    }
    let mut parts: Vec<Part> = Vec::new();
    for bucket in by_bucket.into_values() {
        match parts.last_mut().filter(|part| part.units.len() < GROUP_KEYS) {
            None => parts.push(bucket),
            Some(part) => {
                part.units.extend(bucket.units);
                part.cost += bucket.cost;
            }
        }
    }
    parts
}

/// What is known of each bucket before anything is computed: one whose keys are gone is emptied, of the others nothing.
fn found(parts: &[Part], buckets: u32, unified: &Snapshot, model_input: &Snapshot) -> BTreeMap<i32, Option<Laid>> {
    let emptied = |bucket: i32| Laid {
        unified: Rewritten::emptied(unified, silver::partition(bucket)),
        model_input: Rewritten::emptied(model_input, silver::partition(bucket)),
        ..Laid::default()
    };
    let mut found: BTreeMap<i32, Option<Laid>> =
        (0..buckets as i32).map(|bucket| (bucket, Some(emptied(bucket)))).collect();
    for unit in parts.iter().flat_map(|part| &part.units) {
        found.insert(unit.cell.key_bucket, None);
    }
    found
}

async fn compute(runner: &Runner, job: &Job, parts: Vec<Part>, found: &mut BTreeMap<i32, Option<Laid>>) -> Result<()> {
    let (sender, mut results) = mpsc::channel::<CellResult>(WAITING);
    let take = async {
        while let Some(result) = results.recv().await {
            let bucket = result.cell.key_bucket;
            match found.get_mut(&bucket) {
                Some(waiting @ None) => *waiting = result.laid,
                _ => return Err(EngineError::Internal(format!("bucket {bucket} came back twice, or not asked for"))),
            }
        }
        Ok(())
    };
    tokio::try_join!(runner.run(COMPUTATION, job, parts, sender), take)?;
    match found.iter().find(|(_, laid)| laid.is_none()) {
        None => Ok(()),
        Some((bucket, _)) => Err(EngineError::Internal(format!("bucket {bucket} did not come back; build again"))),
    }
}

async fn unused(settings: &Settings, bronze: &Bronze, keys: &[(Vec<String>, usize)]) -> Result<Vec<UnusedKeys>> {
    let mut found = Vec::new();
    for (place, source) in
        settings.sources.iter().enumerate().filter(|(_, source)| !source.bars && !source.key.is_empty())
    {
        let tracks = SourceTracks::new(settings, source);
        let part = |key: &Vec<String>| tracks.key_places.iter().map(|place| key[*place].clone()).collect();
        let mut others = bronze.source_keys(place).await?;
        for (key, _) in keys {
            let part: Vec<String> = part(key);
            others.remove(&part);
        }
        if let Some(first) = others.first() {
            found.push(UnusedKeys { source: source.name.clone(), keys: others.len(), first: first.join(" ") });
        }
    }
    Ok(found)
}

impl BuildReport {
    /// Adds a bucket.
    fn absorb(&mut self, laid: Laid) {
        self.keys += laid.keys;
        self.unified_rows += laid.unified_rows;
        self.model_input_rows += laid.model_input_rows;
        for (total, column) in self.columns.iter_mut().zip(&laid.columns) {
            total.absorb(column);
        }
        for found in laid.disagreements {
            let is_same = |known: &&mut Disagreement| {
                (&known.column, &known.used, &known.other) == (&found.column, &found.used, &found.other)
            };
            match self.disagreements.iter_mut().find(is_same) {
                Some(known) => known.absorb(found),
                None => self.disagreements.push(found),
            }
        }
    }
}
