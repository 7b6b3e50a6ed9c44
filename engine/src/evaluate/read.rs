//! Rows of one data file, some columns of it, in the order in which they were written.

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use arrow::array::RecordBatch;
use object_store::path::Path;
use parquet::arrow::async_reader::ParquetObjectReader;
use parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};

use crate::delta::{DataFile, Warehouse};
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Rows decoded at once: a few forecasts of 2,000 paths, small enough to stay in a core's cache.
const BATCH_ROWS: usize = 16 << 10;

/// Reads a file's columns that pass `wanted`. Memory: the encoded columns of one row group, and one batch.
///
/// # Errors
/// Storage errors, naming the file.
pub(super) async fn file(
    warehouse: &Warehouse,
    def: &TableDef,
    file: &DataFile,
    wanted: impl Fn(&str) -> bool,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let place = format!("{}/{}", warehouse.table_path(def), file.path);
    let path = Path::parse(&place).map_err(|e| EngineError::storage(&place, e))?;
    let reader = ParquetObjectReader::new(warehouse.store(), path).with_file_size(file.bytes);
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await.map_err(|e| EngineError::storage(&place, e))?;
    let columns = builder.parquet_schema().columns().iter().enumerate();
    let columns: Vec<usize> = columns.filter(|(_, column)| wanted(column.name())).map(|(i, _)| i).collect();
    let mask = ProjectionMask::leaves(builder.parquet_schema(), columns);
    let rows = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build();
    let rows = rows.map_err(|e| EngineError::storage(&place, e))?;
    Ok(rows.map_err(move |e| EngineError::storage(&place, e)).boxed())
}
