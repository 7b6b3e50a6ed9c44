//! Stored models of one cell, read from the pinned `forecast.trained_models` and checked against their digest.

use std::collections::BTreeMap;

use almanac_models::{Day, Fitted};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Float64Type};
use datafusion::common::ScalarValue;
use datafusion::prelude::{col, lit};
use object_store::ObjectStoreExt;
use sha2::{Digest, Sha256};

use crate::cell::{Cell, hex};
use crate::delta::{Snapshot, Warehouse, session};
use crate::plan::job::{Job, key_text};
use crate::plan::worklist::Unit;
use crate::{EngineError, Result, tables};

/// A fit as stored.
#[derive(Debug, Clone)]
pub struct StoredModel {
    /// `family/version`.
    pub format: String,
    /// Portable bytes.
    pub bytes: Vec<u8>,
    /// First session the fit saw; conditioning starts there.
    pub training_start_date: Day,
    /// Why a simpler form was used, if one was.
    pub fallback_reason: Option<String>,
}

/// A model, or the code and message of what is wrong with it.
pub type Lookup = std::result::Result<StoredModel, (String, String)>;

/// The models of the cell asked for last.
#[derive(Debug, Default)]
pub struct Cache {
    cell: Option<Cell>,
    models: BTreeMap<String, Lookup>,
}

impl Cache {
    /// The unit's model. A missing or damaged one is a failed unit, not a failed query.
    ///
    /// # Errors
    /// Storage and plan errors.
    pub async fn get(&mut self, job: &Job, unit: &Unit) -> Result<Lookup> {
        if self.cell.as_ref() != Some(&unit.cell) {
            self.models = read(job, &unit.cell).await?;
            self.cell = Some(unit.cell.clone());
        }
        let missing = || Err(("missing_model".to_owned(), "no trained model; run `almanac train` first".to_owned()));
        Ok(self.models.get(&unit.key).cloned().unwrap_or_else(missing))
    }
}

/// The stored fit of a unit, as its fit returned it.
///
/// # Errors
/// [`EngineError::NotFound`] without one, `Input` for damaged bytes; storage and plan errors.
pub(crate) async fn fitted(job: &Job, unit: &Unit) -> Result<Fitted> {
    let warehouse = Warehouse::open(&job.warehouse)?;
    for batch in rows(job, &warehouse, &unit.cell).await? {
        for row in 0..batch.num_rows() {
            if key(job, &batch, row)? != unit.key {
                continue;
            }
            let stored = model(&warehouse, &batch, row).await?;
            let damaged = |(code, message): (String, String)| {
                EngineError::input(code, message).of_value(unit.cell.model_name.as_str())
            };
            let StoredModel { format, bytes, fallback_reason: fallback, .. } = stored.map_err(damaged)?;
            let parameters = serde_json::from_str(&text(&batch, "parameters", row)?).unwrap_or_default();
            let samples = number(&batch, "training_samples", row)?.unwrap_or_default() as usize;
            return Ok(Fitted {
                model_type: text(&batch, "model_type", row)?,
                format,
                bytes,
                parameters,
                samples,
                log_likelihood: number(&batch, "log_likelihood", row)?,
                aicc: number(&batch, "aicc", row)?,
                training_loss: number(&batch, "training_loss", row)?,
                validation_loss: number(&batch, "validation_loss", row)?,
                fallback,
            });
        }
    }
    let (name, hint) = (unit.cell.model_name.clone(), "; run `almanac train` first".to_owned());
    Err(EngineError::NotFound { what: "stored model", name, hint })
}

async fn read(job: &Job, cell: &Cell) -> Result<BTreeMap<String, Lookup>> {
    let warehouse = Warehouse::open(&job.warehouse)?;
    let mut models = BTreeMap::new();
    for batch in rows(job, &warehouse, cell).await? {
        for row in 0..batch.num_rows() {
            models.insert(key(job, &batch, row)?, model(&warehouse, &batch, row).await?);
        }
    }
    Ok(models)
}

/// The rows of a cell, none without a table.
async fn rows(job: &Job, warehouse: &Warehouse, cell: &Cell) -> Result<Vec<RecordBatch>> {
    let Some(version) = &job.models else { return Ok(Vec::new()) };
    let table = tables::trained_models(&job.settings);
    let snapshot = Snapshot::at(warehouse, &table, version).await?;
    let cutoff = ScalarValue::Date32(Some(cell.training_cutoff_date));
    let filter = col("model_name")
        .eq(lit(cell.model_name.as_str()))
        .and(col("key_bucket").eq(lit(cell.key_bucket)))
        .and(col("model_version").eq(lit(cell.model_version.as_str())))
        .and(col("training_cutoff_date").eq(lit(cutoff)));
    Ok(session().read_table(snapshot.provider())?.filter(filter)?.collect().await?)
}

fn key(job: &Job, batch: &RecordBatch, row: usize) -> Result<String> {
    let values = job.settings.dataset.key.iter().map(|name| text(batch, name, row));
    Ok(key_text(&values.collect::<Result<Vec<_>>>()?))
}

async fn model(warehouse: &Warehouse, batch: &RecordBatch, row: usize) -> Result<Lookup> {
    let inline = batch.column_by_name("fitted_model").ok_or_else(|| missing("fitted_model"))?;
    let inline = arrow::compute::cast(inline, &arrow::datatypes::DataType::Binary).map_err(EngineError::from_arrow)?;
    let inline = inline.as_binary::<i32>();
    let bytes = if inline.is_valid(row) {
        inline.value(row).to_vec()
    } else {
        let path = text(batch, "fitted_model_path", row)?;
        let refused = |e: object_store::Error| EngineError::storage(&format!("{}{path}", warehouse.root()), e);
        match warehouse.store().get(&object_store::path::Path::from(path.as_str())).await {
            Ok(object) => object.bytes().await.map_err(refused)?.to_vec(),
            Err(object_store::Error::NotFound { .. }) => {
                return Ok(Err(("model_checksum".into(), format!("object {path} is gone"))));
            }
            Err(e) => return Err(refused(e)),
        }
    };
    let (wanted, found) = (text(batch, "fitted_model_sha256", row)?, hex(&Sha256::digest(&bytes)));
    if wanted != found {
        let message = format!("stored model has SHA-256 {found}, its row says {wanted}; train it again with --force");
        return Ok(Err(("model_checksum".into(), message)));
    }
    let start = batch.column_by_name("training_start_date").ok_or_else(|| missing("training_start_date"))?;
    let fallback = text(batch, "fallback_reason", row)?;
    Ok(Ok(StoredModel {
        format: text(batch, "fitted_model_format", row)?,
        bytes,
        training_start_date: start.as_primitive::<Date32Type>().value(row),
        fallback_reason: (!fallback.is_empty()).then_some(fallback),
    }))
}

fn missing(name: &str) -> EngineError {
    EngineError::Internal(format!("forecast.trained_models has no column {name}"))
}

/// A number; none for null.
fn number(batch: &RecordBatch, name: &str, row: usize) -> Result<Option<f64>> {
    let array = batch.column_by_name(name).ok_or_else(|| missing(name))?;
    let array = arrow::compute::cast(array, &arrow::datatypes::DataType::Float64).map_err(EngineError::from_arrow)?;
    let array = array.as_primitive::<Float64Type>();
    Ok(array.is_valid(row).then(|| array.value(row)))
}

/// A text value; empty for null.
fn text(batch: &RecordBatch, name: &str, row: usize) -> Result<String> {
    let array = batch.column_by_name(name).ok_or_else(|| missing(name))?;
    let array = arrow::compute::cast(array, &arrow::datatypes::DataType::Utf8).map_err(EngineError::from_arrow)?;
    let array = array.as_string::<i32>();
    Ok(if array.is_valid(row) { array.value(row).to_owned() } else { String::new() })
}
