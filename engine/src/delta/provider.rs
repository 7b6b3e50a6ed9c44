//! A table pinned to a version, as a DataFusion table.
//!
//! A scan is a plain `DataSourceExec` over Parquet: it serialises without a codec of ours and is cut into slices by
//! Ballista. The pinned version makes reads repeatable across stages and retries.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use chrono::DateTime;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, DataFusionError, Result as PlanResult, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use object_store::ObjectMeta;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::files::DataFile;
use super::pruning::{keep, partition_value};
use super::snapshot::Snapshot;
use super::version::Version;
use super::warehouse::Warehouse;
use crate::tables::TableDef;

/// Names a table at a version: all that another process needs to read the same rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Root of the warehouse.
    pub warehouse: String,
    /// The table.
    pub def: TableName,
    /// The version.
    pub version: Version,
}

/// Where a table is and how it is partitioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableName {
    /// Folder of the warehouse.
    pub schema_name: String,
    /// Table name within it.
    pub name: String,
    /// Partition columns.
    pub partition_by: Vec<String>,
}

impl From<&TableDef> for TableName {
    fn from(def: &TableDef) -> Self {
        let (schema_name, name) = (def.schema_name.clone(), def.name.clone());
        Self { schema_name, name, partition_by: def.partition_by.clone() }
    }
}

impl TableName {
    /// A definition that asks for no column, so that any schema is accepted.
    fn without_columns(&self) -> TableDef {
        TableDef {
            schema_name: self.schema_name.clone(),
            name: self.name.clone(),
            columns: Arc::new(Schema::empty()),
            partition_by: self.partition_by.clone(),
            statistics: vec![],
            grain: vec![],
        }
    }
}

/// A table at one version, for queries.
#[derive(Debug)]
pub struct PinnedTable {
    pin: Pin,
    schema: SchemaRef,
    files: OnceCell<Arc<Vec<DataFile>>>,
}

impl PinnedTable {
    /// From what a codec carries; the files are read from the log when the table is scanned.
    pub fn new(pin: Pin, schema: SchemaRef) -> Self {
        Self { pin, schema, files: OnceCell::new() }
    }

    pub(super) fn of_files(pin: Pin, schema: SchemaRef, files: Arc<Vec<DataFile>>) -> Self {
        Self { pin, schema, files: OnceCell::new_with(Some(files)) }
    }

    /// What names it to another process, together with its schema.
    pub fn pin(&self) -> &Pin {
        &self.pin
    }

    async fn files(&self) -> PlanResult<Arc<Vec<DataFile>>> {
        let read = || async {
            let warehouse = Warehouse::open(&self.pin.warehouse)?;
            let def = self.pin.def.without_columns();
            Ok::<_, crate::EngineError>(Snapshot::at(&warehouse, &def, &self.pin.version).await?.shared_files())
        };
        self.files.get_or_try_init(read).await.cloned().map_err(external)
    }

    /// A scan of the files that may hold rows passing `filter`, in at most `groups` partitions of about equal bytes.
    pub async fn scan_files(
        &self,
        projection: Option<&Vec<usize>>,
        filter: Option<Arc<dyn PhysicalExpr>>,
        limit: Option<usize>,
        groups: usize,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let files = keep(&self.files().await?, &self.schema, filter.as_ref());
        self.scan_of(files, projection, filter, limit, groups)
    }

    /// A scan of these files.
    pub(super) fn scan_of(
        &self,
        files: Vec<DataFile>,
        projection: Option<&Vec<usize>>,
        filter: Option<Arc<dyn PhysicalExpr>>,
        limit: Option<usize>,
        groups: usize,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let warehouse = Warehouse::open(&self.pin.warehouse).map_err(external)?;
        let def = self.pin.def.without_columns();
        let (partition_fields, file_fields): (Vec<Arc<Field>>, Vec<_>) =
            self.schema.fields().iter().cloned().partition(|field| def.partition_by.contains(field.name()));
        let statistics = self.statistics(&files);
        let partitioned = |file: DataFile| -> PlanResult<PartitionedFile> {
            let meta = ObjectMeta {
                location: warehouse.absolute_path(&def, &file.path).map_err(external)?,
                last_modified: DateTime::from_timestamp_millis(file.add.modification_time).unwrap_or_default(),
                size: file.bytes,
                e_tag: None,
                version: None,
            };
            let value = |field: &Arc<Field>| partition_value(&file, field.name(), field.data_type());
            let values = partition_fields.iter().map(value).collect::<PlanResult<Vec<_>>>()?;
            Ok(PartitionedFile::new_from_meta(meta).with_partition_values(values))
        };
        let groups = balanced(files, groups)
            .into_iter()
            .map(|group| group.into_iter().map(partitioned).collect::<PlanResult<Vec<_>>>().map(FileGroup::new));
        let groups = groups.collect::<PlanResult<Vec<_>>>()?;
        let columns = TableSchema::builder(Arc::new(Schema::new(file_fields)))
            .with_table_partition_cols(partition_fields)
            .build();
        let mut source = ParquetSource::new(columns);
        if let Some(filter) = filter {
            source = source.with_predicate(filter);
        }
        let config = FileScanConfigBuilder::new(warehouse.object_store_url().map_err(external)?, Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    /// Sizes for the planner. Never exact: a slice of the scan would carry the numbers of the whole.
    fn statistics(&self, files: &[DataFile]) -> Statistics {
        let mut statistics = Statistics::new_unknown(&self.schema);
        if files.iter().all(|file| file.rows > 0) {
            statistics.num_rows = Precision::Inexact(files.iter().map(|file| file.rows as usize).sum());
        }
        statistics.total_byte_size = Precision::Inexact(files.iter().map(|file| file.bytes as usize).sum());
        statistics
    }
}

fn external(error: crate::EngineError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// Files in at most `groups` groups of about equal bytes: each to the lightest group, the heaviest first.
fn balanced(mut files: Vec<DataFile>, groups: usize) -> Vec<Vec<DataFile>> {
    let mut packed: Vec<(u64, Vec<DataFile>)> = vec![(0, vec![]); groups.clamp(1, files.len().max(1))];
    files.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    for file in files {
        let Some(lightest) = packed.iter_mut().min_by_key(|(bytes, _)| *bytes) else { break };
        lightest.0 += file.bytes;
        lightest.1.push(file);
    }
    packed.into_iter().map(|(_, group)| group).collect()
}

#[async_trait]
impl TableProvider for PinnedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> PlanResult<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let filter = match conjunction(filters.iter().cloned()) {
            None => None,
            Some(filter) => {
                let columns = DFSchema::try_from(self.schema.as_ref().clone())?;
                Some(session.create_physical_expr(filter, &columns)?)
            }
        };
        self.scan_files(projection, filter, limit, session.config().target_partitions()).await
    }
}

/// Types that our tables use; others are refused when a table is written.
pub(super) fn is_supported(kind: &DataType) -> bool {
    use DataType::{Binary, Boolean, Date32, Float32, Float64, Int32, Int64, Utf8};
    matches!(kind, Utf8 | Date32 | Int32 | Int64 | Float32 | Float64 | Boolean | Binary)
        || *kind == crate::tables::timestamp()
}
