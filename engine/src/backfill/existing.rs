//! What the tables hold: models by key, origins by key. Rows decide; files' statistics only save reading them.

use std::collections::{BTreeMap, BTreeSet};

use almanac_models::Day;
use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::prelude::{Expr, SessionContext, col, lit};

use crate::cell::Cell;
use crate::delta::{DataFile, Snapshot};
use crate::plan::job::{Job, key_text};
use crate::{EngineError, Result};

/// The live files of every cell of a table.
pub(crate) fn files_by_cell(snapshot: Option<&Snapshot>) -> Result<BTreeMap<Cell, Vec<DataFile>>> {
    let mut cells: BTreeMap<Cell, Vec<DataFile>> = BTreeMap::new();
    let Some(snapshot) = snapshot else { return Ok(cells) };
    for file in snapshot.files()? {
        let cell = file.cell().ok_or_else(|| EngineError::Input {
            place: file.path.clone(),
            message: "the file spans several windows; it was not written by almanac".into(),
        })?;
        cells.entry(cell).or_default().push(file);
    }
    Ok(cells)
}

/// A stored model's identity.
#[derive(Debug, Clone)]
pub(crate) struct ModelRow {
    pub(crate) settings: String,
    pub(crate) data_version: String,
}

/// The models of a bucket by cell and key.
pub(crate) async fn models(
    job: &Job,
    snapshot: &Snapshot,
    bucket: i32,
) -> Result<BTreeMap<Cell, BTreeMap<String, ModelRow>>> {
    let version = &job.settings.forecast.model_version;
    let keys = &job.settings.dataset.key;
    let mut wanted: Vec<Expr> = keys.iter().map(|key| col(quoted(key))).collect();
    wanted.extend(["model_name", "training_cutoff_date", "settings", "data_version"].map(col));
    let rows = SessionContext::new()
        .read_table(snapshot.provider())?
        .filter(col("key_bucket").eq(lit(bucket)).and(col("model_version").eq(lit(version.as_str()))))?
        .select(wanted)?;
    let mut found: BTreeMap<Cell, BTreeMap<String, ModelRow>> = BTreeMap::new();
    for batch in rows.collect().await? {
        let text = |column: usize| cast(batch.column(column), &DataType::Utf8).map_err(EngineError::from_arrow);
        let texts: Vec<_> = (0..batch.num_columns()).map(text).collect::<Result<_>>()?;
        let cutoffs = batch.column(keys.len() + 1).as_primitive::<Date32Type>();
        for row in 0..batch.num_rows() {
            let value = |column: usize| texts[column].as_string::<i32>().value(row).to_owned();
            let key: Vec<String> = (0..keys.len()).map(value).collect();
            let cell = Cell {
                model_name: value(keys.len()),
                model_version: version.clone(),
                key_bucket: bucket,
                training_cutoff_date: cutoffs.value(row),
            };
            let model = ModelRow { settings: value(keys.len() + 2), data_version: value(keys.len() + 3) };
            found.entry(cell).or_default().insert(key_text(&key), model);
        }
    }
    Ok(found)
}

/// The origins a forecast table holds of one cell, by key.
///
/// # Errors
/// [`EngineError::Conflict`] where a forecast has another number of rows.
pub(crate) async fn origins(
    job: &Job,
    snapshot: &Snapshot,
    cell: &Cell,
    rows_per_forecast: usize,
) -> Result<BTreeMap<String, BTreeSet<Day>>> {
    let counted = counts(job, snapshot, cell).await?;
    let other = counted.values().flat_map(BTreeMap::values).find(|rows| **rows != rows_per_forecast as i64);
    if let Some(stored) = other {
        return Err(EngineError::Conflict {
            table: snapshot.def().full_name(),
            model_version: cell.model_version.clone(),
            key: "rows per forecast".into(),
            stored: stored.to_string(),
            wanted: rows_per_forecast.to_string(),
        });
    }
    Ok(counted.into_iter().map(|(key, days)| (key, days.into_keys().collect())).collect())
}

/// Rows of each forecast of one cell, by key and origin.
async fn counts(job: &Job, snapshot: &Snapshot, cell: &Cell) -> Result<BTreeMap<String, BTreeMap<Day, i64>>> {
    let keys = &job.settings.dataset.key;
    let mut group: Vec<Expr> = keys.iter().map(|key| col(quoted(key))).collect();
    group.push(col("data_cutoff_date"));
    let rows = SessionContext::new()
        .read_table(snapshot.provider())?
        .filter(of_cell(cell))?
        .aggregate(group, vec![count(lit(1_i64)).alias("rows")])?;
    let mut found: BTreeMap<String, BTreeMap<Day, i64>> = BTreeMap::new();
    for batch in rows.collect().await? {
        let text = |column: usize| cast(batch.column(column), &DataType::Utf8).map_err(EngineError::from_arrow);
        let texts: Vec<_> = (0..keys.len()).map(text).collect::<Result<_>>()?;
        let days = batch.column(keys.len()).as_primitive::<Date32Type>();
        let counts = batch.column(keys.len() + 1).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let key: Vec<&str> = texts.iter().map(|column| column.as_string::<i32>().value(row)).collect();
            found.entry(key_text(&key)).or_default().insert(days.value(row), counts.value(row));
        }
    }
    Ok(found)
}

/// A column name as an identifier that keeps its case.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// The origins that a forecast table holds of one cell, by key, however many rows each has.
pub(crate) async fn stored_origins(
    job: &Job,
    snapshot: Option<&Snapshot>,
    cell: &Cell,
) -> Result<BTreeMap<String, BTreeSet<Day>>> {
    let Some(snapshot) = snapshot else { return Ok(BTreeMap::new()) };
    let counted = counts(job, snapshot, cell).await?;
    Ok(counted.into_iter().map(|(key, days)| (key, days.into_keys().collect())).collect())
}

/// The input versions from which a cell's point forecasts were made.
pub(crate) async fn data_versions(snapshot: &Snapshot, cell: &Cell) -> Result<BTreeSet<String>> {
    let rows = SessionContext::new()
        .read_table(snapshot.provider())?
        .filter(of_cell(cell))?
        .select(vec![col("data_version")])?
        .distinct()?;
    let mut versions = BTreeSet::new();
    for batch in rows.collect().await? {
        let texts = cast(batch.column(0), &DataType::Utf8).map_err(EngineError::from_arrow)?;
        versions.extend(texts.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    Ok(versions)
}

/// The rows of one cell.
fn of_cell(cell: &Cell) -> Expr {
    let cutoff = ScalarValue::Date32(Some(cell.training_cutoff_date));
    col("model_name")
        .eq(lit(cell.model_name.as_str()))
        .and(col("key_bucket").eq(lit(cell.key_bucket)))
        .and(col("model_version").eq(lit(cell.model_version.as_str())))
        .and(col("training_cutoff_date").eq(lit(cutoff)))
}
