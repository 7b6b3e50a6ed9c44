//! Parquet files of one partition, written as the rows come.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use chrono::Utc;
use deltalake::kernel::Add;
use object_store::path::Path as StorePath;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use tokio::runtime::Handle;

use super::blocks::Blocks;
use super::error::storage_error;
use super::files::partition_folder;
use super::statistics::FileStatistics;
use super::unfinished::Unfinished;
use super::upload::Upload;
use super::warehouse::Warehouse;
use crate::reserved::repeated;
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Bytes at which a new file is begun.
const TARGET_FILE_BYTES: usize = 256 << 20;
/// Rows of a row group: what is held in memory before it is written.
const ROW_GROUP_ROWS: usize = 32 << 10;
/// Bytes of a row group, for rows with stored models of up to a megabyte each.
const ROW_GROUP_BYTES: usize = 64 << 20;

/// Writes the rows of one cell (or one partition) of one table. Memory is bounded by a row group.
///
/// Nothing is part of the table until the returned actions are committed. A writer that is dropped before it is closed
/// removes what it wrote, in the background and as far as the store allows.
pub struct CellWriter {
    store: Arc<dyn ObjectStore>,
    folder: StorePath,
    /// The folder with the warehouse before it, for messages.
    place: String,
    def: TableDef,
    schema: SchemaRef,
    properties: WriterProperties,
    partition: Vec<(String, Option<String>)>,
    target_file_bytes: usize,
    open: Option<OpenFile>,
    done: Vec<Add>,
    /// From the first file until all are handed over or removed.
    unfinished: Option<Unfinished>,
    encode: Duration,
    write: Duration,
}

struct OpenFile {
    name: String,
    encoder: ArrowWriter<Blocks>,
    sink: Upload,
    statistics: FileStatistics,
}

impl CellWriter {
    /// A writer for the partition with these values, in the order of the table's partition columns.
    pub fn new(warehouse: &Warehouse, def: &TableDef, partition: Vec<(String, String)>) -> Self {
        let partition = partition.into_iter().map(|(column, value)| (column, Some(value))).collect();
        Self::with_nullable_partition(warehouse, def, partition)
    }

    pub(super) fn with_nullable_partition(
        warehouse: &Warehouse,
        def: &TableDef,
        partition: Vec<(String, Option<String>)>,
    ) -> Self {
        let schema = def.file_columns();
        Self {
            store: warehouse.store(),
            folder: warehouse.table_path(def),
            place: warehouse.table_url(def).into(),
            properties: properties(&schema, &def.statistics),
            schema,
            def: def.clone(),
            partition,
            target_file_bytes: TARGET_FILE_BYTES,
            open: None,
            done: vec![],
            unfinished: None,
            encode: Duration::ZERO,
            write: Duration::ZERO,
        }
    }

    /// Begins a new file at this size instead of about 256 MB.
    pub fn with_target_file_bytes(mut self, bytes: usize) -> Self {
        self.target_file_bytes = bytes.max(1);
        self
    }

    /// Writes rows: the columns of [`TableDef::file_columns`] in their order. Rows should come in the table's order.
    ///
    /// # Errors
    /// `Internal` for other columns or types, `Storage` where the file cannot be written.
    pub async fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.check(batch)?;
        let started = Instant::now();
        if self.open.is_none() {
            self.unfinished.get_or_insert_with(Unfinished::new);
            self.open = Some(self.begin()?);
        }
        let Some(file) = &mut self.open else { return Ok(()) };
        file.statistics.add(batch)?;
        // batches with other field metadata are the same rows; the file carries the table's schema
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), batch.columns().to_vec()).map_err(internal)?;
        file.encoder.write(&batch).map_err(internal)?;
        self.encode += started.elapsed();
        let ready = file.encoder.inner_mut().take_full();
        let size = file.encoder.bytes_written() + file.encoder.in_progress_size();
        let put = put(&mut file.sink, ready, &mut self.write).await;
        put.map_err(|error| storage_error(&self.place, error))?;
        if size >= self.target_file_bytes {
            self.finish_file().await?;
        }
        Ok(())
    }

    /// Finishes the last file and returns one action per file, in the order of the rows.
    ///
    /// # Errors
    /// `Storage` where a file cannot be written; what was written is removed.
    pub async fn close(mut self) -> Result<Vec<Add>> {
        match self.finish_file().await {
            Ok(()) => Ok(std::mem::take(&mut self.done)),
            Err(error) => {
                self.abort().await;
                Err(error)
            }
        }
    }

    /// Gives up: removes what was written, as far as the store allows, and also if nobody waits for it any more.
    pub async fn abort(mut self) {
        if let Some(leftovers) = self.leftovers() {
            let _ = tokio::spawn(leftovers.remove()).await;
        }
    }

    /// Takes all that was written and is in no table.
    fn leftovers(&mut self) -> Option<Leftovers> {
        let open = self.open.take().map(|file| file.sink);
        let done = std::mem::take(&mut self.done);
        if open.is_none() && done.is_empty() {
            return None;
        }
        let paths = done.iter().map(|add| self.location(&add.path)).collect();
        Some(Leftovers { store: Arc::clone(&self.store), open, paths, _unfinished: self.unfinished.take() })
    }

    /// Seconds spent in encoding so far.
    pub fn encode_seconds(&self) -> f64 {
        self.encode.as_secs_f64()
    }

    /// Seconds spent in waiting for the store so far.
    pub fn write_seconds(&self) -> f64 {
        self.write.as_secs_f64()
    }

    fn check(&self, batch: &RecordBatch) -> Result<()> {
        let (found, wanted) = (batch.schema_ref().fields(), self.schema.fields());
        let same = found.len() == wanted.len()
            && found.iter().zip(wanted).all(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type());
        if same {
            return Ok(());
        }
        Err(EngineError::Internal(format!("rows for {} have columns {found:?}", self.def.full_name())))
    }

    fn begin(&self) -> Result<OpenFile> {
        // the encoder takes columns by their names, and panics where two of them differ in type
        if let Some(name) = repeated(self.def.columns.fields().iter().map(|field| field.name().clone())) {
            let table = self.def.full_name();
            return Err(EngineError::Internal(format!("{table} would have two columns called {name}")));
        }
        let folder = partition_folder(&self.partition);
        let file = format!("part-{}.parquet", uuid::Uuid::new_v4());
        let name = if folder.is_empty() { file } else { format!("{folder}/{file}") };
        let sink = Upload::new(Arc::clone(&self.store), self.location(&name), self.place.starts_with("file:"));
        // without the Arrow schema of other writers: the Parquet types say all that our types need
        let options = ArrowWriterOptions::new().with_properties(self.properties.clone()).with_skip_arrow_metadata(true);
        let encoder = ArrowWriter::try_new_with_options(Blocks::default(), Arc::clone(&self.schema), options)
            .map_err(internal)?;
        Ok(OpenFile { name, encoder, sink, statistics: FileStatistics::new(&self.def.statistics) })
    }

    fn location(&self, name: &str) -> StorePath {
        // `name` holds no segment that a path refuses: it was encoded by `partition_folder`
        StorePath::parse(format!("{}/{name}", self.folder)).unwrap_or_default()
    }

    /// The file stays where a writer that is dropped meanwhile finds it, until it is in the store.
    async fn finish_file(&mut self) -> Result<()> {
        let Some(file) = &mut self.open else { return Ok(()) };
        let started = Instant::now();
        file.encoder.finish().map_err(internal)?;
        self.encode += started.elapsed();
        let rest = file.encoder.inner_mut().take_all();
        let put = put(&mut file.sink, rest, &mut self.write).await;
        put.map_err(|error| storage_error(&self.place, error))?;
        let started = Instant::now();
        let finished = file.sink.finish().await;
        self.write += started.elapsed();
        finished.map_err(|error| storage_error(&self.place, error))?;
        let Some(file) = self.open.take() else { return Ok(()) };
        self.done.push(Add {
            path: file.name,
            partition_values: self.partition.iter().cloned().collect(),
            size: file.encoder.bytes_written() as i64,
            modification_time: Utc::now().timestamp_millis(),
            data_change: true,
            stats: Some(file.statistics.to_json()),
            ..Add::default()
        });
        Ok(())
    }
}

/// Hands bytes over, and adds to the time that was spent in waiting.
async fn put(sink: &mut Upload, blocks: Vec<Bytes>, waited: &mut Duration) -> object_store::Result<()> {
    let started = Instant::now();
    let mut put = Ok(());
    for block in blocks {
        put = sink.put(block).await;
        if put.is_err() {
            break;
        }
    }
    *waited += started.elapsed();
    put
}

impl Drop for CellWriter {
    /// An error elsewhere in the plan, or a cancelled task, ends a writer without a word.
    fn drop(&mut self) {
        if let Some(leftovers) = self.leftovers()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(leftovers.remove());
        }
    }
}

/// Files of a writer that gave up.
struct Leftovers {
    store: Arc<dyn ObjectStore>,
    open: Option<Upload>,
    paths: Vec<StorePath>,
    _unfinished: Option<Unfinished>,
}

impl Leftovers {
    async fn remove(mut self) {
        if let Some(mut open) = self.open.take() {
            open.abort().await;
            // its last request may have succeeded without an answer
            self.paths.push(open.path().clone());
        }
        for path in &self.paths {
            let _ = self.store.delete(path).await;
        }
    }
}

fn internal(error: impl std::fmt::Display) -> EngineError {
    EngineError::Internal(format!("encoding Parquet: {error}"))
}

/// How columns are stored: floats are random digits and gain nothing from a dictionary or compression; integers and
/// dates are runs and steps, for which deltas take next to no room; texts and blobs repeat.
fn properties(schema: &SchemaRef, statistics: &[String]) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_created_by(format!("almanac {}", env!("CARGO_PKG_VERSION")))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::None);
    for field in schema.fields() {
        let path = ColumnPath::from(field.name().as_str());
        builder = match field.data_type() {
            DataType::Float32 | DataType::Float64 => builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path.clone(), Encoding::PLAIN)
                .set_column_compression(path.clone(), Compression::UNCOMPRESSED),
            DataType::Int32 | DataType::Int64 | DataType::Date32 | DataType::Timestamp(..) => builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED),
            _ => builder,
        };
        if statistics.contains(field.name()) {
            builder = builder.set_column_statistics_enabled(path, EnabledStatistics::Chunk);
        }
    }
    builder.build()
}
