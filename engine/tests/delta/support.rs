//! A small table with cells, and rows for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use almanac_engine::cell::Cell;
use almanac_engine::delta::{CellChange, CellWriter, Snapshot, Warehouse};
use almanac_engine::tables::{TableDef, timestamp};
use arrow::array::{
    ArrayRef, Date32Array, Float32Array, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::prelude::{SessionConfig, SessionContext};
use deltalake::kernel::Add;
use tempfile::TempDir;

/// Grain (commodity, model_name, model_version, data_cutoff_date, path_id), as the distributions.
pub fn paths_table() -> TableDef {
    let field = |name: &str, kind: DataType, nullable: bool| Field::new(name, kind, nullable);
    let unit = |field: Field| field.with_metadata([("unit".to_owned(), "USD/lb".to_owned())].into());
    let columns = vec![
        field("commodity", DataType::Utf8, false),
        field("model_version", DataType::Utf8, false),
        field("training_cutoff_date", DataType::Date32, false),
        field("data_cutoff_date", DataType::Date32, false),
        field("path_id", DataType::Int32, false),
        unit(field("day_1", DataType::Float32, true)),
        unit(field("day_2", DataType::Float32, true)),
        field("generation_timestamp", timestamp(), false),
        field("model_name", DataType::Utf8, false),
        field("key_bucket", DataType::Int32, false),
    ];
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    TableDef {
        schema_name: "forecast".into(),
        name: "paths".into(),
        columns: Arc::new(Schema::new(columns)),
        partition_by: names(&["model_name", "key_bucket"]),
        statistics: names(&["commodity", "model_version", "training_cutoff_date", "data_cutoff_date"]),
        grain: names(&["commodity", "model_name", "model_version", "data_cutoff_date", "path_id"]),
    }
}

pub fn warehouse() -> (TempDir, Warehouse) {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = Warehouse::open(folder.path().to_str().unwrap()).unwrap();
    (folder, warehouse)
}

pub fn cell(model_name: &str, window: i32) -> Cell {
    Cell { model_name: model_name.into(), model_version: "v1".into(), key_bucket: 0, training_cutoff_date: window }
}

/// Rows of a cell: `paths` paths for each origin, with values that tell every row apart.
pub fn rows(def: &TableDef, cell: &Cell, origins: std::ops::Range<i32>, paths: i32) -> RecordBatch {
    let grid: Vec<(i32, i32)> = origins.flat_map(|origin| (1..=paths).map(move |path| (origin, path))).collect();
    let n = grid.len();
    let value = |scale: f32| grid.iter().map(|(o, p)| *o as f32 * scale + *p as f32).collect::<Float32Array>();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["coffee"; n])),
        Arc::new(StringArray::from(vec![cell.model_version.as_str(); n])),
        Arc::new(Date32Array::from(vec![cell.training_cutoff_date; n])),
        Arc::new(grid.iter().map(|(origin, _)| Some(*origin)).collect::<Date32Array>()),
        Arc::new(grid.iter().map(|(_, path)| *path).collect::<Int32Array>()),
        Arc::new(value(0.5)),
        Arc::new(value(0.25)),
        Arc::new(TimestampMicrosecondArray::from(vec![1_700_000_000_000_000; n]).with_timezone("UTC")),
    ];
    RecordBatch::try_new(def.file_columns(), columns).unwrap()
}

pub fn partition(cell: &Cell) -> Vec<(String, String)> {
    vec![("model_name".into(), cell.model_name.clone()), ("key_bucket".into(), cell.key_bucket.to_string())]
}

pub async fn written(warehouse: &Warehouse, def: &TableDef, cell: &Cell, batch: &RecordBatch) -> Vec<Add> {
    let mut writer = CellWriter::new(warehouse, def, partition(cell));
    writer.write(batch).await.unwrap();
    writer.close().await.unwrap()
}

/// A change that adds ten paths for each of the origins to an empty cell.
pub async fn change(warehouse: &Warehouse, def: &TableDef, cell: &Cell, origins: std::ops::Range<i32>) -> CellChange {
    adding(cell, written(warehouse, def, cell, &rows(def, cell, origins, 10)).await)
}

/// A change that adds these files to an empty cell.
pub fn adding(cell: &Cell, add: Vec<Add>) -> CellChange {
    CellChange {
        cell: cell.clone(),
        app_id: cell.app_id("config"),
        base: BTreeSet::new(),
        replace: false,
        add,
        claims: Arc::default(),
    }
}

pub async fn live(warehouse: &Warehouse, def: &TableDef) -> BTreeMap<Cell, BTreeSet<String>> {
    let mut live: BTreeMap<Cell, BTreeSet<String>> = BTreeMap::new();
    for file in Snapshot::open(warehouse, def).await.unwrap().unwrap().files().unwrap() {
        live.entry(file.cell().unwrap()).or_default().insert(file.path);
    }
    live
}

pub fn session(partitions: usize) -> SessionContext {
    SessionContext::new_with_config(SessionConfig::new().with_target_partitions(partitions))
}

/// The result of a query on table `t`, as text.
pub async fn query(snapshot: &Snapshot, sql: &str) -> String {
    let session = session(3);
    session.register_table("t", snapshot.provider()).unwrap();
    let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
    arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string()
}

pub async fn count(snapshot: &Snapshot, condition: &str) -> i64 {
    let session = session(3);
    session.register_table("t", snapshot.provider()).unwrap();
    let sql = format!("select count(day_1) from t where {condition}");
    let batches = session.sql(&sql).await.unwrap().collect().await.unwrap();
    arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(batches[0].column(0)).value(0)
}
