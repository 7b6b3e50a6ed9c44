//! Where the rows of a run go: a CSV or Parquet file, or `experiments.accuracy` of a warehouse.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use almanac_engine::delta::{Warehouse, replace_partition};
use almanac_engine::{EngineError, Result};
use arrow::array::StringArray;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;

use super::Panel;
use super::rows::{batch, table};
use super::run::{Plan, Results};

/// A place for rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Csv(PathBuf),
    Parquet(PathBuf),
    /// Root of a warehouse.
    Delta(String),
}

impl Target {
    /// By its ending: `.csv`, `.parquet`, or anything else as a warehouse.
    pub(crate) fn parse(text: &str) -> Self {
        match Path::new(text).extension().and_then(|extension| extension.to_str()) {
            Some("csv") => Self::Csv(text.into()),
            Some("parquet") => Self::Parquet(text.into()),
            _ => Self::Delta(text.to_owned()),
        }
    }
}

/// Writes the rows; gives their number. In a warehouse they replace those of the same data set.
///
/// # Errors
/// [`EngineError::Storage`] where the target cannot be written.
pub(crate) async fn write(target: &Target, panel: &Panel, plan: &Plan, results: &Results) -> Result<usize> {
    let rows = batch(panel, plan, results).map_err(|error| EngineError::Internal(error.to_string()))?;
    let count = rows.num_rows();
    match target {
        Target::Delta(uri) => {
            let warehouse = Warehouse::open(uri)?;
            warehouse.reach().await?;
            let partition = Some(vec![("dataset".to_owned(), panel.name.clone())]);
            replace_partition(&warehouse, &table(), partition, rows).await?;
        }
        Target::Csv(path) => {
            let rows = with_dataset(&rows, &panel.name)?;
            let file = create(path)?;
            arrow::csv::Writer::new(file).write(&rows).map_err(|error| storage(path, error))?;
        }
        Target::Parquet(path) => {
            let rows = with_dataset(&rows, &panel.name)?;
            let mut writer =
                ArrowWriter::try_new(create(path)?, rows.schema(), None).map_err(|error| storage(path, error))?;
            writer.write(&rows).map_err(|error| storage(path, error))?;
            writer.close().map_err(|error| storage(path, error))?;
        }
    }
    Ok(count)
}

/// The rows with their last column, which a table keeps in the names of its folders.
fn with_dataset(rows: &RecordBatch, name: &str) -> Result<RecordBatch> {
    let mut columns = rows.columns().to_vec();
    columns.push(Arc::new(StringArray::from(vec![name; rows.num_rows()])));
    RecordBatch::try_new(table().columns, columns).map_err(|error| EngineError::Internal(error.to_string()))
}

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|error| storage(path, error))
}

fn storage(path: &Path, source: impl std::error::Error + Send + Sync + 'static) -> EngineError {
    EngineError::Storage { place: path.display().to_string(), source: Box::new(source) }
}
