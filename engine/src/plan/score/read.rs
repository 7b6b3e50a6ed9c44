//! Rows of one data file, some columns of it, in the order in which they were written.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryFutureExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use crate::delta::{DataFile, Warehouse};
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Rows decoded at once: a few forecasts of 2,000 paths, small enough to stay in a core's cache.
const BATCH_ROWS: usize = 16 << 10;

/// Reads a file's columns that pass `wanted`. Memory: the encoded columns of one row group, and one batch.
///
/// # Errors
/// Storage errors, naming the file.
pub(crate) async fn file(
    warehouse: &Warehouse,
    def: &TableDef,
    file: &DataFile,
    wanted: impl Fn(&str) -> bool,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let place = format!("{}{}", warehouse.table_url(def), file.path);
    let path = Path::parse(format!("{}/{}", warehouse.table_path(def), file.path));
    let path = path.map_err(|e| EngineError::storage(&place, e))?;
    let reader = StoredFile { store: warehouse.store(), path, bytes: file.bytes };
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await.map_err(|e| EngineError::storage(&place, e))?;
    let columns = builder.parquet_schema().columns().iter().enumerate();
    let columns: Vec<usize> = columns.filter(|(_, column)| wanted(column.name())).map(|(i, _)| i).collect();
    let mask = ProjectionMask::leaves(builder.parquet_schema(), columns);
    let rows = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build();
    let rows = rows.map_err(|e| EngineError::storage(&place, e))?;
    Ok(rows.map_err(move |e| EngineError::storage(&place, e)).boxed())
}

/// A file of the warehouse as the Parquet reader asks for it.
struct StoredFile {
    store: Arc<dyn ObjectStore>,
    path: Path,
    bytes: u64,
}

fn external(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileReader for StoredFile {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        self.store.get_range(&self.path, range).map_err(external).boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, parquet::errors::Result<Vec<Bytes>>> {
        async move { self.store.get_ranges(&self.path, &ranges).await.map_err(external) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        async move {
            let bytes = self.bytes;
            let reader = ParquetMetaDataReader::new().with_arrow_reader_options(options);
            reader.load_and_finish(self, bytes).await.map(Arc::new)
        }
        .boxed()
    }
}
