//! What the tables hold: models by key, origins by key. Rows decide; files' statistics only save reading them.

use std::collections::{BTreeMap, BTreeSet};

use almanac_models::Day;
use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::prelude::{Expr, col, lit, when};

use crate::cell::Cell;
use crate::delta::{DataFile, Snapshot, session};
use crate::plan::job::{Job, key_text};
use crate::{EngineError, Result};

/// The live files of every cell of a table.
pub(crate) fn files_by_cell(snapshot: Option<&Snapshot>) -> Result<BTreeMap<Cell, Vec<DataFile>>> {
    let mut cells: BTreeMap<Cell, Vec<DataFile>> = BTreeMap::new();
    let Some(snapshot) = snapshot else { return Ok(cells) };
    for file in snapshot.files()? {
        let cell = file.cell().ok_or_else(|| EngineError::Input {
            place: file.path.clone(),
            value: Some(file.path.clone()),
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
    let rows = session()
        .read_table(snapshot.provider())?
        .filter(col("key_bucket").eq(lit(bucket)).and(col("model_version").eq(lit(version.as_str()))))?
        .select(wanted)?;
    let mut found: BTreeMap<Cell, BTreeMap<String, ModelRow>> = BTreeMap::new();
    for batch in rows.collect().await? {
        let texts = texts(&batch, batch.num_columns())?;
        let cutoffs = batch.column(keys.len() + 1).as_primitive::<Date32Type>();
        for row in 0..batch.num_rows() {
            let value = |column: usize| texts[column].as_string::<i32>().value(row).to_owned();
            let cell = Cell {
                model_name: value(keys.len()),
                model_version: version.clone(),
                key_bucket: bucket,
                training_cutoff_date: cutoffs.value(row),
            };
            let model = ModelRow { settings: value(keys.len() + 2), data_version: value(keys.len() + 3) };
            found.entry(cell).or_default().insert(key_of(&texts[..keys.len()], row), model);
        }
    }
    Ok(found)
}

/// A batch's first columns as texts.
fn texts(batch: &RecordBatch, columns: usize) -> Result<Vec<ArrayRef>> {
    let columns = batch.columns().iter().take(columns);
    columns.map(|column| cast(column, &DataType::Utf8)).collect::<Result<_, _>>().map_err(EngineError::from_arrow)
}

/// The key of a row whose key columns are these texts.
fn key_of(texts: &[ArrayRef], row: usize) -> String {
    let key: Vec<&str> = texts.iter().map(|column| column.as_string::<i32>().value(row)).collect();
    key_text(&key)
}

/// The origins a forecast table holds of one cell, by key; none if one of its forecasts ends before the horizon.
///
/// # Errors
/// [`EngineError::Conflict`] where a forecast has another number of rows.
pub(crate) async fn origins(
    job: &Job,
    snapshot: &Snapshot,
    cell: &Cell,
    rows_per_forecast: usize,
) -> Result<Option<BTreeMap<String, BTreeSet<Day>>>> {
    let counted = counts(job, snapshot, cell).await?;
    let wanted = rows_per_forecast as i64;
    // where each day is a row, fewer days are fewer rows
    let by_day = snapshot.schema().column_with_name(DAY_AHEAD).is_some();
    let ends_before = |count: &Count| count.of_last_day == 0 && (count.rows == wanted || by_day && count.rows < wanted);
    let forecasts = || counted.values().flat_map(BTreeMap::values);
    if let Some(stored) = forecasts().find(|count| count.rows != wanted && !ends_before(count)) {
        return Err(EngineError::Conflict {
            table: snapshot.def().full_name(),
            model_version: cell.model_version.clone(),
            key: "rows per forecast".into(),
            stored: stored.rows.to_string(),
            wanted: rows_per_forecast.to_string(),
        });
    }
    if forecasts().any(ends_before) {
        return Ok(None);
    }
    Ok(Some(days_only(counted)))
}

/// Column that tells a forecast's days apart where each is a row.
const DAY_AHEAD: &str = "day_ahead";

/// Rows of one forecast.
struct Count {
    rows: i64,
    /// Those that hold a value of the last day ahead.
    of_last_day: i64,
}

/// What counts the rows that hold a value of the last day ahead.
fn of_last_day(job: &Job, snapshot: &Snapshot) -> Result<Expr> {
    let horizon = job.settings.forecast.horizon;
    let (schema, day) = (snapshot.schema(), format!("day_{horizon}"));
    Ok(if schema.column_with_name(DAY_AHEAD).is_some() {
        count(when(col(DAY_AHEAD).eq(lit(horizon as i32)), lit(1_i64)).end()?)
    } else if schema.column_with_name(&day).is_some() {
        count(col(day))
    } else {
        count(lit(ScalarValue::Int64(None)))
    })
}

/// Rows of each forecast of one cell, by key and origin.
async fn counts(job: &Job, snapshot: &Snapshot, cell: &Cell) -> Result<BTreeMap<String, BTreeMap<Day, Count>>> {
    let keys = &job.settings.dataset.key;
    let mut group: Vec<Expr> = keys.iter().map(|key| col(quoted(key))).collect();
    group.push(col("data_cutoff_date"));
    let rows = session()
        .read_table(snapshot.provider())?
        .filter(of_cell(cell))?
        .aggregate(group, vec![count(lit(1_i64)).alias("rows"), of_last_day(job, snapshot)?.alias("of_last_day")])?;
    let mut found: BTreeMap<String, BTreeMap<Day, Count>> = BTreeMap::new();
    for batch in rows.collect().await? {
        let texts = texts(&batch, keys.len())?;
        let days = batch.column(keys.len()).as_primitive::<Date32Type>();
        let counts = batch.column(keys.len() + 1).as_primitive::<Int64Type>();
        let last = batch.column(keys.len() + 2).as_primitive::<Int64Type>();
        let count = |row| Count { rows: counts.value(row), of_last_day: last.value(row) };
        for row in 0..batch.num_rows() {
            found.entry(key_of(&texts, row)).or_default().insert(days.value(row), count(row));
        }
    }
    Ok(found)
}

fn days_only(counted: BTreeMap<String, BTreeMap<Day, Count>>) -> BTreeMap<String, BTreeSet<Day>> {
    counted.into_iter().map(|(key, days)| (key, days.into_keys().collect())).collect()
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
    Ok(days_only(counts(job, snapshot, cell).await?))
}

/// The input versions from which a cell's forecasts were made, by key and origin.
pub(crate) async fn data_versions(job: &Job, snapshot: Option<&Snapshot>, cell: &Cell) -> Result<Versions> {
    let mut found = Versions::new();
    let Some(snapshot) = snapshot else { return Ok(found) };
    let keys = &job.settings.dataset.key;
    let mut wanted: Vec<Expr> = keys.iter().map(|key| col(quoted(key))).collect();
    wanted.extend([col("data_cutoff_date"), col(DATA_VERSION)]);
    let rows = session().read_table(snapshot.provider())?.filter(of_cell(cell))?.select(wanted)?.distinct()?;
    for batch in rows.collect().await? {
        let days = batch.column(keys.len()).as_primitive::<Date32Type>();
        let mut texts = texts(&batch, batch.num_columns())?;
        let versions = texts.remove(keys.len() + 1);
        texts.truncate(keys.len());
        for row in 0..batch.num_rows() {
            let version = versions.as_string::<i32>().value(row).to_owned();
            found.entry((key_of(&texts, row), days.value(row))).or_default().insert(version);
        }
    }
    Ok(found)
}

/// Input versions by key and origin.
pub(crate) type Versions = BTreeMap<(String, Day), BTreeSet<String>>;

/// Column that names the inputs of a row.
const DATA_VERSION: &str = "data_version";

/// The one input version of all files, if their statistics say so.
pub(crate) fn one_version(files: &[DataFile]) -> Option<&str> {
    fn version(bounds: &BTreeMap<String, ScalarValue>) -> Option<&str> {
        match bounds.get(DATA_VERSION) {
            Some(ScalarValue::Utf8(Some(text))) => Some(text),
            _ => None,
        }
    }
    let first = version(&files.first()?.min)?;
    let same = |file: &DataFile| version(&file.min) == Some(first) && version(&file.max) == Some(first);
    files.iter().all(same).then_some(first)
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
