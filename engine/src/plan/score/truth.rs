//! What happened after each origin of a cell.

use std::collections::BTreeMap;

use almanac_models::score::mase_scale;
use almanac_models::{Day, cut};
use futures::TryStreamExt;
use sha2::{Digest, Sha256};

use super::forecasts::{Forecasts, Identity, key_at, key_columns};
use super::read;
use super::sources::{CellFiles, Sources};
use crate::Result;
use crate::cell::{Cell, hex};
use crate::plan::panel::{KeySeries, Panel};
use crate::plan::rows::Rows;

/// Form of the scores: raised whenever a score is computed in another way, so that stored ones are redone.
const FORM: &str = "almanac scores 1";

/// What a forecast is scored against.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Truth {
    /// Close at the origin.
    pub(super) last_close: f64,
    /// Close of the h-th later session, h = 1 … H; NaN where not known.
    pub(super) actuals: Vec<f64>,
    /// Mean absolute first difference over the training window; NaN without a stored model.
    pub(super) mase_scale: f64,
}

impl Truth {
    /// Days with a known actual.
    pub(super) fn known(&self) -> usize {
        self.actuals.iter().filter(|value| !value.is_nan()).count()
    }
}

/// The h-th later session of the key's own data, whatever the calendar had promised.
pub(super) fn of(series: &KeySeries, origin: Day, horizon: usize, mase_scale: f64) -> Truth {
    let next = cut(&series.days, origin);
    let last_close = next.checked_sub(1).map_or(f64::NAN, |last| series.target[last]);
    let actual = |h: usize| series.target.get(next + h).copied().unwrap_or(f64::NAN);
    Truth { last_close, actuals: (0..horizon).map(actual).collect(), mase_scale }
}

/// What happened after every forecast.
pub(super) async fn load(
    sources: &Sources,
    cell: &Cell,
    files: &CellFiles,
    panel: &Panel,
    forecasts: &Forecasts,
) -> Result<BTreeMap<Identity, Truth>> {
    let scales = scales(sources, cell, files, panel).await?;
    let unknown = |horizon| Truth { last_close: f64::NAN, actuals: vec![f64::NAN; horizon], mase_scale: f64::NAN };
    let truth = |(identity, forecast): (&Identity, &super::forecasts::Forecast)| {
        let scale = scales.get(&identity.0).copied().unwrap_or(f64::NAN);
        let truth = match panel.keys.get(&identity.0) {
            Some(series) => of(series, identity.1, forecast.horizon(), scale),
            None => unknown(forecast.horizon()),
        };
        (identity.clone(), truth)
    };
    Ok(forecasts.by_identity.iter().map(truth).collect())
}

/// MASE's scale by key, over the sessions that the stored model was trained on.
async fn scales(sources: &Sources, cell: &Cell, files: &CellFiles, panel: &Panel) -> Result<BTreeMap<String, f64>> {
    let keys = &sources.job.settings.dataset.key;
    let wanted = |name: &str| name == "training_start_date" || keys.iter().any(|key| key == name);
    let mut scales = BTreeMap::new();
    for file in &files.models {
        let mut rows = read::file(&sources.warehouse, &sources.models, file, wanted).await?;
        while let Some(batch) = rows.try_next().await? {
            let keys = key_columns(sources, &batch)?;
            for row in 0..batch.num_rows() {
                let key = key_at(&keys, row);
                let Some(series) = panel.keys.get(&key) else { continue };
                let start = Rows::batch(&batch).day("training_start_date", row)?;
                let end = cut(&series.days, cell.training_cutoff_date);
                let first = series.days.partition_point(|&day| day < start).min(end);
                scales.insert(key, mase_scale(&series.target[first..end], 1));
            }
        }
    }
    Ok(scales)
}

/// Hash of all that a cell's scores are made from. The paths count by the statistics of theirs in the point rows and by
/// their number.
pub(super) fn inputs_hash(
    sources: &Sources,
    files: &CellFiles,
    forecasts: &Forecasts,
    truths: &BTreeMap<Identity, Truth>,
) -> String {
    let mut hash = Sha256::new();
    hash.update(FORM);
    hash.update(format!("{:?}", sources.job.settings.forecast.levels));
    hash.update(forecasts.content.hash());
    hash.update(files.paths.iter().map(|file| file.rows).sum::<u64>().to_le_bytes());
    for ((key, origin), truth) in truths {
        hash.update((key.len() as u64).to_le_bytes());
        hash.update(key);
        hash.update(origin.to_le_bytes());
        hash.update((truth.actuals.len() as u64).to_le_bytes());
        for value in truth.actuals.iter().chain([&truth.last_close, &truth.mase_scale]) {
            hash.update(value.to_bits().to_le_bytes());
        }
    }
    hex(&hash.finalize()[..16])
}
