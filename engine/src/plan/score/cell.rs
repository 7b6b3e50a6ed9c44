//! One cell: whether its scores are up to date, and if not, its scores.

use std::collections::BTreeMap;

use almanac_models::Levels;
use almanac_models::score::{self, Outcome, ScoreScratch};
use datafusion::common::ScalarValue;
use deltalake::kernel::Add;
use futures::TryStreamExt;

use super::forecasts::{self, Forecast, Forecasts, Identity, key_columns};
use super::paths::{self, Gathered, Values};
use super::rows::ScoreRows;
use super::sources::{CellFiles, Sources};
use super::truth::{self, Truth};
use super::{Counts, read};
use crate::cell::Cell;
use crate::delta::{CellWriter, DataFile};
use crate::plan::panel;
use crate::{EngineError, Result, tables};

/// Score rows handed to the writer at once.
const WRITE_ROWS: usize = 8 << 10;

/// What became of a cell.
pub(super) enum Done {
    /// None of its forecasts is selected.
    NotAsked,
    /// Its scores say what they should.
    Unchanged,
    /// It was scored: files with its rows.
    Scored(Vec<Add>, Counts),
}

/// Scores a cell unless its scores are up to date.
pub(super) async fn score(sources: &Sources, cell: &Cell, files: &CellFiles) -> Result<Done> {
    let forecasts = forecasts::load(sources, files).await?;
    let (first, last) = sources.selection.origins();
    let asked = |(key, origin): &Identity| (first..=last).contains(origin) && sources.selection.key(key);
    if !forecasts.by_identity.keys().any(asked) {
        return Ok(Done::NotAsked);
    }
    let panel = panel::load(&sources.job, cell.key_bucket).await?;
    let truths = truth::load(sources, cell, files, &panel, &forecasts).await?;
    let hash = truth::inputs_hash(sources, files, &forecasts, &truths);
    if !sources.selection.force && is_current(&files.scores, &hash, &forecasts) {
        return Ok(Done::Unchanged);
    }
    let mut scoring = Scoring::new(sources, cell, &hash, forecasts, truths)?;
    match scoring.run(files).await {
        Ok(()) => Ok(Done::Scored(scoring.writer.close().await?, scoring.counts)),
        Err(error) => {
            scoring.writer.abort().await;
            Err(error)
        }
    }
}

/// Whether the stored files were made from these inputs and hold every row.
fn is_current(stored: &[DataFile], hash: &str, forecasts: &Forecasts) -> bool {
    let made_from = |file: &DataFile| {
        let is = |value: Option<&ScalarValue>| matches!(value, Some(ScalarValue::Utf8(Some(text))) if text == hash);
        is(file.min.get("inputs_hash")) && is(file.max.get("inputs_hash"))
    };
    let rows: u64 = stored.iter().map(|file| file.rows).sum();
    let wanted: usize = forecasts.by_identity.values().map(|forecast| 2 * forecast.horizon()).sum();
    stored.iter().all(made_from) && rows == wanted as u64
}

/// A cell being scored.
struct Scoring<'a> {
    sources: &'a Sources,
    levels: Levels,
    /// Forecasts still to be scored.
    waiting: BTreeMap<Identity, Forecast>,
    truths: BTreeMap<Identity, Truth>,
    rows: ScoreRows,
    writer: CellWriter,
    scratch: ScoreScratch,
    counts: Counts,
}

impl<'a> Scoring<'a> {
    fn new(
        sources: &'a Sources,
        cell: &Cell,
        hash: &str,
        forecasts: Forecasts,
        truths: BTreeMap<Identity, Truth>,
    ) -> Result<Self> {
        let settings = &sources.job.settings;
        let levels: Vec<f64> = settings.forecast.levels.iter().map(|level| f64::from(*level)).collect();
        let levels = Levels::try_from(levels).map_err(|e| EngineError::Configuration {
            key: "forecast.levels".into(),
            value: format!("{:?}", settings.forecast.levels),
            message: e.to_string(),
        })?;
        let partition = vec![
            ("model_name".to_owned(), cell.model_name.clone()),
            ("key_bucket".to_owned(), cell.key_bucket.to_string()),
        ];
        let scores = tables::score_columns(settings).len();
        Ok(Self {
            sources,
            levels,
            waiting: forecasts.by_identity,
            truths,
            rows: ScoreRows::new(cell, hash, settings.dataset.key.len(), scores, sources.scores.file_columns()),
            writer: CellWriter::new(&sources.warehouse, &sources.scores, partition),
            scratch: ScoreScratch::default(),
            counts: Counts::default(),
        })
    }

    async fn run(&mut self, files: &CellFiles) -> Result<()> {
        for file in &files.paths {
            self.file(file).await?;
        }
        // points whose paths are missing: everything but CRPS and PIT can be said
        while let Some((identity, forecast)) = self.waiting.pop_first() {
            self.counts.pathless += 1;
            self.score(&identity, &forecast, &[], 0).await?;
        }
        self.write().await
    }

    /// Scores the forecasts of one file of paths, each of which is in it as a whole.
    async fn file(&mut self, file: &DataFile) -> Result<()> {
        let horizon = self.truths.values().map(|truth| truth.actuals.len()).max().unwrap_or(0);
        let keys = &self.sources.job.settings.dataset.key;
        let wanted = |name: &str| {
            name == "data_cutoff_date" || Values::are_in(name, horizon) || keys.iter().any(|key| key == name)
        };
        let mut batches = read::file(&self.sources.warehouse, &self.sources.paths, file, wanted).await?;
        let (mut gathered, mut buffer) = (Gathered::new(horizon), Vec::new());
        while let Some(batch) = batches.try_next().await? {
            let keys = key_columns(self.sources, &batch)?;
            let values = Values::of(&batch, horizon);
            for run in paths::runs(&keys, &batch)? {
                if gathered.ends_before(&run) {
                    self.finish(&mut gathered, &mut buffer).await?;
                }
                gathered.add(run, &values);
            }
        }
        self.finish(&mut gathered, &mut buffer).await
    }

    async fn finish(&mut self, gathered: &mut Gathered, buffer: &mut Vec<f32>) -> Result<()> {
        let Some((identity, n)) = gathered.take(buffer) else { return Ok(()) };
        match self.waiting.remove(&identity) {
            Some(forecast) => self.score(&identity, &forecast, buffer, n).await,
            None => {
                self.counts.stray_path_rows += n as u64;
                Ok(())
            }
        }
    }

    async fn score(&mut self, identity: &Identity, forecast: &Forecast, paths: &[f32], n: usize) -> Result<()> {
        let Some(truth) = self.truths.get(identity) else { return Ok(()) };
        let outcome = Outcome {
            paths,
            n,
            summary: &forecast.summary,
            levels: &self.levels,
            actuals: &truth.actuals,
            last_close: truth.last_close,
            mase_scale: truth.mase_scale,
        };
        self.counts.forecasts += 1;
        self.counts.incomplete += usize::from(truth.known() < truth.actuals.len());
        self.rows.push(identity, forecast, &score::score(&outcome, &mut self.scratch));
        if self.rows.len() >= WRITE_ROWS { self.write().await } else { Ok(()) }
    }

    async fn write(&mut self) -> Result<()> {
        let batch = self.rows.take()?;
        self.writer.write(&batch).await
    }
}
