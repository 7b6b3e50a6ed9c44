//! A table at one version.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow::datatypes::{Field, Schema, SchemaRef};
use backon::{ExponentialBuilder, Retryable};
use datafusion::catalog::TableProvider;
use delta_kernel::engine::arrow_conversion::{TryIntoArrow, TryIntoKernel};
use deltalake::TableProperty;
use deltalake::kernel::transaction::CommitProperties;
use deltalake::kernel::{StructField, StructType};
use deltalake::logstore::LogStoreRef;
use deltalake::operations::create::CreateBuilder;
use deltalake::table::state::DeltaTableState;

use super::error::delta_error;
use super::features;
use super::files::DataFile;
use super::log::transactions;
use super::provider::{Pin, PinnedTable, is_supported};
use super::version::{self, Version};
use super::warehouse::Warehouse;
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Commits between checkpoints: opening a table reads at most this many log entries.
const CHECKPOINT_INTERVAL: u64 = 20;
/// Further times that a table is created which is not there after all.
const CREATIONS: usize = 4;
/// Least pause before one.
const CREATION_PAUSE: Duration = Duration::from_millis(100);
/// Layout version of our tables, in the property `almanac.schema`.
const LAYOUT: &str = "1";

/// A table at one version: its files, properties and transactions. Cheap to clone.
#[derive(Clone)]
pub struct Snapshot(Arc<Inner>);

struct Inner {
    warehouse: Warehouse,
    def: TableDef,
    log_store: LogStoreRef,
    state: DeltaTableState,
    schema: SchemaRef,
    files: OnceLock<Arc<Vec<DataFile>>>,
}

impl Snapshot {
    /// The latest version; none where no table is.
    ///
    /// # Errors
    /// `Input` names the feature of a table that we do not implement, or the column that differs from the definition.
    pub async fn open(warehouse: &Warehouse, def: &TableDef) -> Result<Option<Self>> {
        let log_store = warehouse.log_store(def)?;
        let place = log_store.root_url().clone();
        let exists = log_store.is_delta_table_location().await;
        if !exists.map_err(|error| delta_error(&def.full_name(), place.as_str(), error))? {
            return Ok(None);
        }
        Self::load(warehouse, def, log_store, None).await.map(Some)
    }

    /// One version of the table.
    ///
    /// # Errors
    /// `NotFound` where the table or the version is not there, or another table is in its place; as [`Self::open`]
    /// otherwise.
    pub async fn at(warehouse: &Warehouse, def: &TableDef, version: &Version) -> Result<Self> {
        if let Some(known) = version::recall(warehouse, def, version) {
            return Ok(known);
        }
        let latest = Self::open(warehouse, def).await?.ok_or_else(|| missing(def))?;
        let not_found = |hint: String| {
            let name = format!("{}@{version}", def.full_name());
            Err(EngineError::NotFound { what: "table version", name, hint })
        };
        if latest.id() != version.table {
            return not_found("; another table was created in its place, plan again".into());
        }
        if version.number > latest.version() {
            return not_found(format!("; the latest version is {}", latest.version()));
        }
        let found = match latest.version() == version.number {
            true => latest,
            false => Self::load(warehouse, def, warehouse.log_store(def)?, Some(version.number)).await?,
        };
        version::keep(&found);
        Ok(found)
    }

    /// The latest version, of a table created first where there is none. Two creators at once both succeed.
    pub async fn open_or_create(warehouse: &Warehouse, def: &TableDef) -> Result<Self> {
        Self::open_or_create_with(warehouse, def, &[]).await
    }

    /// As [`Self::open_or_create`]; a table that is created gets these properties too.
    pub async fn open_or_create_with(
        warehouse: &Warehouse,
        def: &TableDef,
        properties: &[(&str, String)],
    ) -> Result<Self> {
        let ask = || async {
            if let Some(found) = Self::open(warehouse, def).await? {
                return Ok(found);
            }
            let created = create(warehouse, def, properties).await;
            // another creator may have won: what counts is that there is a table now
            match (Self::open(warehouse, def).await, created) {
                (Ok(Some(snapshot)), _) => Ok(snapshot),
                (Err(error), _) | (Ok(None), Err(error)) => Err(error),
                (Ok(None), Ok(())) => Err(missing(def)),
            }
        };
        let pauses = ExponentialBuilder::default().with_min_delay(CREATION_PAUSE).with_max_times(CREATIONS);
        // the client does not repeat a creation, because a lost answer could be a success; here that is seen
        ask.retry(pauses).when(|error| matches!(error, EngineError::Storage { .. })).await
    }

    async fn load(warehouse: &Warehouse, def: &TableDef, log_store: LogStoreRef, version: Option<u64>) -> Result<Self> {
        let state = match DeltaTableState::try_new(log_store.as_ref(), version).await {
            Ok(state) => state,
            Err(error) => return Err(features::unloadable(def, &log_store, version, error).await),
        };
        Self::of_state(warehouse, def, log_store, state)
    }

    /// Wraps a loaded state, after the checks of [`Self::open`].
    pub(super) fn of_state(
        warehouse: &Warehouse,
        def: &TableDef,
        log_store: LogStoreRef,
        state: DeltaTableState,
    ) -> Result<Self> {
        features::check(def, state.protocol(), state.metadata().configuration())?;
        let stored: Schema =
            state.schema().as_ref().try_into_arrow().map_err(|error: arrow::error::ArrowError| {
                refused(def, format!("its schema is unreadable: {error}"))
            })?;
        let schema = partition_columns_last(&stored, state.metadata().partition_columns());
        check_columns(def, &schema, state.metadata().partition_columns())?;
        let files = OnceLock::new();
        Ok(Self(Arc::new(Inner { warehouse: warehouse.clone(), def: def.clone(), log_store, state, schema, files })))
    }

    /// The same version under another definition of the table.
    ///
    /// # Errors
    /// `Input` names the column in which the table differs from it.
    pub fn defined_as(&self, def: &TableDef) -> Result<Self> {
        Self::of_state(self.warehouse(), def, self.log_store(), self.state().clone())
    }

    /// The version.
    pub fn version(&self) -> u64 {
        self.0.state.version()
    }

    /// The id that the table got when it was created.
    pub fn id(&self) -> &str {
        self.0.state.metadata().id()
    }

    /// Names this state of the table for ever.
    pub fn identity(&self) -> Version {
        Version { table: self.id().to_owned(), number: self.version() }
    }

    /// Columns of the table, partition columns last.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.0.schema)
    }

    /// The definition it was opened with.
    pub fn def(&self) -> &TableDef {
        &self.0.def
    }

    /// The warehouse that holds it.
    pub fn warehouse(&self) -> &Warehouse {
        &self.0.warehouse
    }

    /// Live files, in the order of their paths.
    pub fn files(&self) -> Result<Vec<DataFile>> {
        Ok(self.shared_files().as_ref().clone())
    }

    pub(super) fn shared_files(&self) -> Arc<Vec<DataFile>> {
        let files = self.0.files.get_or_init(|| {
            #[allow(deprecated)] // the arrays offered instead do not give the whole action back
            let add = |file: deltalake::kernel::LogicalFileView| file.add_action();
            let log = self.0.state.log_data();
            let mut files: Vec<_> = log.iter().map(|file| DataFile::new(add(file), &self.0.schema)).collect();
            files.sort_by(|a, b| a.path.cmp(&b.path));
            Arc::new(files)
        });
        Arc::clone(files)
    }

    /// Version of the application's last transaction as of this snapshot.
    pub async fn transaction(&self, app_id: &str) -> Result<Option<i64>> {
        let version = self.0.state.transaction_version(self.0.log_store.as_ref(), app_id).await;
        version.map_err(|error| self.error(error))
    }

    /// Version of every application's last transaction as of this snapshot, by one pass over the log.
    pub async fn transactions(&self) -> Result<HashMap<String, i64>> {
        transactions(&self.log_store(), self.version()).await.map_err(|error| self.error(error))
    }

    /// A table property.
    pub fn property(&self, name: &str) -> Option<String> {
        self.0.state.metadata().configuration().get(name).cloned()
    }

    /// What names this table and version to another process.
    pub fn pin(&self) -> Pin {
        Pin { warehouse: self.0.warehouse.root().to_string(), def: (&self.0.def).into(), version: self.identity() }
    }

    /// The table at this version, for queries.
    pub fn provider(&self) -> Arc<dyn TableProvider> {
        Arc::new(self.pinned())
    }

    /// As [`Self::provider`], with its own type.
    pub fn pinned(&self) -> PinnedTable {
        PinnedTable::of_files(self.pin(), self.schema(), self.shared_files())
    }

    pub(super) fn state(&self) -> &DeltaTableState {
        &self.0.state
    }

    pub(super) fn log_store(&self) -> LogStoreRef {
        Arc::clone(&self.0.log_store)
    }

    pub(super) fn checkpoint_interval(&self) -> u64 {
        self.0.state.table_config().checkpoint_interval.map_or(CHECKPOINT_INTERVAL, |interval| interval.get())
    }

    pub(super) fn error(&self, error: deltalake::DeltaTableError) -> EngineError {
        delta_error(&self.0.def.full_name(), self.0.log_store.root_url().as_str(), error)
    }
}

pub(super) fn missing(def: &TableDef) -> EngineError {
    EngineError::NotFound { what: "table", name: def.full_name(), hint: String::new() }
}

pub(super) fn refused(def: &TableDef, message: String) -> EngineError {
    EngineError::input(format!("table {}", def.full_name()), message)
}

async fn create(warehouse: &Warehouse, def: &TableDef, properties: &[(&str, String)]) -> Result<()> {
    warehouse.trust().await?;
    let log_store = warehouse.log_store(def)?;
    let place = log_store.root_url().to_string();
    if let Some(field) = def.columns.fields().iter().find(|field| !is_supported(field.data_type())) {
        return Err(EngineError::Internal(format!("{}: no table has type {}", def.full_name(), field.data_type())));
    }
    let schema: StructType = def.columns.as_ref().try_into_kernel().map_err(|error: arrow::error::ArrowError| {
        refused(def, format!("its definition is no Delta schema: {error}"))
    })?;
    let own = [("almanac.schema", LAYOUT.to_owned())];
    let properties = own.iter().chain(properties).map(|(name, value)| ((*name).to_owned(), Some(value.clone())));
    CreateBuilder::new()
        .with_log_store(log_store)
        .with_table_name(def.full_name())
        .with_columns(schema.fields().cloned().collect::<Vec<StructField>>())
        .with_partition_columns(def.partition_by.clone())
        .with_raise_if_key_not_exists(false)
        .with_configuration(properties)
        .with_configuration_property(TableProperty::CheckpointInterval, Some(CHECKPOINT_INTERVAL.to_string()))
        .with_configuration_property(TableProperty::DataSkippingStatsColumns, Some(quoted(&def.statistics)))
        // no second attempt: on a table that exists it would commit a second schema
        .with_commit_properties(CommitProperties::default().with_max_retries(0))
        .await
        .map(drop)
        .map_err(|error| delta_error(&def.full_name(), &place, error))
}

/// Column names as Delta's properties list them: odd ones between backticks.
fn quoted(columns: &[String]) -> String {
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let quote = |name: &String| if plain(name) { name.clone() } else { format!("`{}`", name.replace('`', "``")) };
    columns.iter().map(quote).collect::<Vec<_>>().join(",")
}

fn partition_columns_last(stored: &Schema, partition_columns: &[String]) -> SchemaRef {
    let is_partition = |field: &&Arc<Field>| partition_columns.contains(field.name());
    let (last, mut fields): (Vec<_>, Vec<_>) = stored.fields().iter().partition(is_partition);
    fields.extend(last);
    Arc::new(Schema::new(fields.into_iter().cloned().collect::<Vec<_>>()))
}

/// The table may have more columns than the definition (a longer horizon), never fewer or others.
fn check_columns(def: &TableDef, stored: &Schema, partition_columns: &[String]) -> Result<()> {
    if partition_columns != def.partition_by {
        let message = format!("it is partitioned by {partition_columns:?}, expected {:?}", def.partition_by);
        return Err(refused(def, message).of_value(format!("{partition_columns:?}")));
    }
    for wanted in def.columns.fields() {
        match stored.field_with_name(wanted.name()) {
            Err(_) => return Err(lacking(def, stored, wanted)),
            Ok(found) if found.data_type() != wanted.data_type() => {
                let (name, found, wanted) = (wanted.name(), found.data_type(), wanted.data_type());
                let message = format!("column {name:?} is {found}, expected {wanted}");
                return Err(refused(def, message).of_value(found.to_string()));
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

/// Why a table cannot be used that lacks a column.
fn lacking(def: &TableDef, stored: &Schema, wanted: &Field) -> EngineError {
    let name = wanted.name().as_str();
    if def.schema_name == "forecast" && level(name).is_some() {
        return EngineError::Basis {
            table: def.full_name(),
            key: "forecast.levels".into(),
            stored: format!("{:?}", interval_levels(stored)),
            wanted: format!("{:?}", interval_levels(&def.columns)),
            remedy: "take levels that it has, or a warehouse of its own",
        };
    }
    let hint = match def.schema_name.as_str() {
        "bronze" if wanted.is_nullable() => "; `almanac ingest` adds it",
        "silver" if wanted.is_nullable() => "; `almanac build` adds it",
        _ => "",
    };
    refused(def, format!("it has no column {name:?}{hint}")).of_value(name)
}

/// The interval level of a column that belongs to one.
fn level(column: &str) -> Option<u32> {
    let of = |what: &str| column.strip_prefix(what)?.parse::<u32>().ok();
    ["lower_", "upper_", "coverage_", "sharpness_"].into_iter().find_map(of)
}

/// The interval levels that a table has columns for, in order.
pub(crate) fn interval_levels(columns: &Schema) -> Vec<u32> {
    let levels: BTreeSet<u32> = columns.fields().iter().filter_map(|field| level(field.name())).collect();
    levels.into_iter().collect()
}
