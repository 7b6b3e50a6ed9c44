use std::sync::Arc;

use almanac_engine::EngineError;
use almanac_engine::delta::content::of_table;
use almanac_engine::delta::maintain::{Vacuum, checkpoint, optimize, vacuum, vacuum_models};
use almanac_engine::delta::{Snapshot, Warehouse, commit_cells, replace_partition};
use almanac_engine::tables::TableDef;
use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::Schema;
use chrono::TimeDelta;
use serde_json::Map;

use super::support::{cell, change, count, live, partition, paths_table, query, rows, warehouse, written};

/// Two cells of one partition and one of another, each in several files.
async fn fragmented(w: &Warehouse, def: &TableDef) {
    Snapshot::open_or_create(w, def).await.unwrap();
    for day in 0..4 {
        for cell in [cell("naive", 100), cell("naive", 200), cell("x/y z", 100)] {
            let mut change = change(w, def, &cell, 100 + day..101 + day).await;
            change.base = live(w, def).await.remove(&cell).unwrap_or_default();
            commit_cells(w, def, vec![change], Map::new()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn merging_keeps_content_and_cells() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    fragmented(&w, &def).await;
    let before = of_table(&Snapshot::open(&w, &def).await.unwrap().unwrap()).await.unwrap();
    assert_eq!(before.rows, 120);
    let done = optimize(&w, &def).await.unwrap();
    assert_eq!((done.files_before, done.files_after, done.skipped), (12, 3, 0));
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!(of_table(&snapshot).await.unwrap(), before);
    let cells = live(&w, &def).await;
    assert_eq!(cells.len(), 3);
    assert!(cells.values().all(|files| files.len() == 1));
    assert_eq!(optimize(&w, &def).await.unwrap(), Default::default());
    // rows of a merged file are in the table's order
    let path = w.table_url(&def).to_file_path().unwrap().join(&snapshot.files().unwrap()[0].path);
    let file = std::fs::File::open(path).unwrap();
    let read = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut origins = vec![];
    for batch in read {
        let batch = batch.unwrap();
        let days = arrow::array::AsArray::as_primitive::<arrow::datatypes::Date32Type>(batch.column(3)).clone();
        origins.extend(days.values().iter().copied());
    }
    assert_eq!(origins.len(), 40);
    assert!(origins.is_sorted());
    let log = w.table_url(&def).to_file_path().unwrap().join("_delta_log");
    let last = std::fs::read_to_string(log.join(format!("{:020}.json", snapshot.version()))).unwrap();
    assert!(!last.contains(r#""dataChange":true"#), "{last}");
}

#[tokio::test]
async fn a_commit_planned_before_a_merge_is_stale() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    fragmented(&w, &def).await;
    let a = cell("naive", 100);
    let mut daily = change(&w, &def, &a, 150..151).await;
    daily.base = live(&w, &def).await.remove(&a).unwrap();
    optimize(&w, &def).await.unwrap();
    assert_eq!(commit_cells(&w, &def, vec![daily.clone()], Map::new()).await.unwrap().stale, vec![a.clone()]);
    daily.base = live(&w, &def).await.remove(&a).unwrap();
    assert_eq!(commit_cells(&w, &def, vec![daily], Map::new()).await.unwrap().committed, vec![a]);
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!(count(&snapshot, "true").await, 130);
}

#[tokio::test]
async fn merging_beside_a_running_backfill_loses_and_repeats_nothing() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let backfill = {
        let (w, def) = (w.clone(), def.clone());
        tokio::spawn(async move {
            for day in 0..12 {
                for window in [100, 200] {
                    let cell = cell("naive", window);
                    let add = written(&w, &def, &cell, &rows(&def, &cell, window + day..window + day + 1, 10)).await;
                    let mut daily = change(&w, &def, &cell, 0..0).await;
                    daily.add = add;
                    loop {
                        daily.base = live(&w, &def).await.remove(&cell).unwrap_or_default();
                        let done = commit_cells(&w, &def, vec![daily.clone()], Map::new()).await.unwrap();
                        if !done.committed.is_empty() {
                            break;
                        }
                    }
                }
            }
        })
    };
    while !backfill.is_finished() {
        optimize(&w, &def).await.unwrap();
    }
    backfill.await.unwrap();
    optimize(&w, &def).await.unwrap();
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!(count(&snapshot, "true").await, 240);
    let distinct = "select count(*) from (select distinct training_cutoff_date, data_cutoff_date, path_id from t)";
    assert!(query(&snapshot, distinct).await.contains(" 240 "));
    assert!(live(&w, &def).await.values().all(|files| files.len() == 1));
}

#[tokio::test]
async fn vacuum_removes_what_no_version_within_the_retention_needs() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    fragmented(&w, &def).await;
    optimize(&w, &def).await.unwrap();
    let orphan = change(&w, &def, &cell("naive", 300), 0..1).await;
    let keep_all = Vacuum { retention: TimeDelta::hours(1), dry_run: false };
    assert_eq!(vacuum(&w, &def, keep_all).await.unwrap(), Default::default());

    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let now = Vacuum { retention: TimeDelta::zero(), dry_run: true };
    let found = vacuum(&w, &def, now).await.unwrap();
    assert_eq!(found.paths.len(), 13);
    assert!(found.paths.iter().any(|path| path.ends_with(&orphan.add[0].path)));
    assert_eq!(vacuum(&w, &def, now).await.unwrap(), found, "a dry run removes nothing");
    assert_eq!(vacuum(&w, &def, Vacuum { dry_run: false, ..now }).await.unwrap(), found);
    assert_eq!(vacuum(&w, &def, now).await.unwrap(), Default::default());
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!(of_table(&snapshot).await.unwrap().rows, 120);
}

#[tokio::test]
async fn tables_without_cells_are_merged_by_partition() {
    let (_folder, w) = warehouse();
    let mut def = paths_table();
    fragmented(&w, &def).await;
    let before = of_table(&Snapshot::open(&w, &def).await.unwrap().unwrap()).await.unwrap();
    def.statistics = vec!["commodity".into()];
    let done = optimize(&w, &def).await.unwrap();
    assert_eq!((done.files_before, done.files_after), (12, 2));
    let version = checkpoint(&w, &def).await.unwrap();
    let log = w.table_url(&def).to_file_path().unwrap().join("_delta_log");
    assert!(log.join(format!("{version:020}.checkpoint.parquet")).exists());
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!((of_table(&snapshot).await.unwrap(), count(&snapshot, "true").await), (before, 120));
    // such files hide their cells from a backfill, which refuses them instead of repeating rows
    let change = change(&w, &paths_table(), &cell("naive", 300), 0..1).await;
    let error = commit_cells(&w, &paths_table(), vec![change], Map::new()).await.unwrap_err();
    assert!(matches!(error, EngineError::Input { .. }), "{error}");
}

/// Objects below `models/` stay while a live row names them.
#[tokio::test]
async fn stored_models_without_a_row_are_removed() {
    let (folder, w) = warehouse();
    let mut def = paths_table();
    let mut fields: Vec<_> = def.columns.fields().iter().map(|field| field.as_ref().clone()).collect();
    fields[0] = fields[0].clone().with_name("fitted_model_path");
    def.columns = Arc::new(Schema::new(fields));
    def.statistics[0] = "fitted_model_path".into();
    def.partition_by = vec!["model_name".into(), "key_bucket".into()];
    let named = rows(&paths_table(), &cell("naive", 100), 0..1, 1);
    let named = RecordBatch::try_new(def.file_columns(), {
        let mut columns = named.columns().to_vec();
        columns[0] = Arc::new(StringArray::from(vec!["models/a/kept.bin"]));
        columns
    })
    .unwrap();
    replace_partition(&w, &def, Some(partition(&cell("naive", 0))), named).await.unwrap();
    std::fs::create_dir_all(folder.path().join("models/a")).unwrap();
    for name in ["kept", "lost"] {
        std::fs::write(folder.path().join(format!("models/a/{name}.bin")), name).unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let young = Vacuum { retention: TimeDelta::hours(1), dry_run: false };
    assert_eq!(vacuum_models(&w, &def, young).await.unwrap(), Default::default());
    let done = vacuum_models(&w, &def, Vacuum { retention: TimeDelta::zero(), ..young }).await.unwrap();
    assert_eq!((done.paths, done.bytes), (vec!["models/a/lost.bin".to_owned()], 4));
    assert!(folder.path().join("models/a/kept.bin").exists());
}
