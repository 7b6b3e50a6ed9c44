//! A table that is committed to along its log, among other writers.

use almanac_engine::delta::maintain::{checkpoint, optimize};
use almanac_engine::delta::{CellLog, Snapshot, add_columns, commit_cells};
use almanac_engine::tables::TableDef;
use arrow::datatypes::{DataType, Field, Schema};
use serde_json::Map;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::support::{cell, change, count, live, paths_table, warehouse};

#[tokio::test]
async fn what_others_committed_since_is_seen() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let mut log = CellLog::open(&w, &def).await.unwrap();
    let (a, b) = (cell("naïve model/50%", 100), cell("naive", 200));
    let first = change(&w, &def, &a, 100..105).await;
    assert_eq!(log.commit(vec![first], Map::new()).await.unwrap().version, Some(1));

    // another writer fills b and replaces a
    let mut redo = change(&w, &def, &a, 100..103).await;
    (redo.base, redo.replace) = (live(&w, &def).await[&a].clone(), true);
    let other = change(&w, &def, &b, 200..202).await;
    commit_cells(&w, &def, vec![redo.clone(), other], Map::new()).await.unwrap();

    // planned before that
    let mut late = change(&w, &def, &a, 105..106).await;
    late.base = redo.base.clone();
    let empty = change(&w, &def, &b, 200..201).await;
    let third = change(&w, &def, &cell("naive", 300), 300..301).await;
    let done = log.commit(vec![late, empty, third], Map::new()).await.unwrap();
    assert_eq!((done.committed, done.stale), (vec![cell("naive", 300)], vec![a.clone(), b]));

    // planned after it: the cell's transaction goes on from the other writer's
    let mut more = change(&w, &def, &a, 103..104).await;
    more.base = live(&w, &def).await[&a].clone();
    let app_id = more.app_id.clone();
    assert_eq!(log.commit(vec![more], Map::new()).await.unwrap().committed, vec![a]);
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!((count(&snapshot, "true").await, snapshot.transaction(&app_id).await.unwrap()), (70, Some(3)));
}

#[tokio::test]
async fn upkeep_and_new_columns_between_two_commits_are_followed() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let mut log = CellLog::open(&w, &def).await.unwrap();
    let a = cell("naive", 100);
    for day in 0..3 {
        let mut daily = change(&w, &def, &a, 100 + day..101 + day).await;
        daily.base = live(&w, &def).await.remove(&a).unwrap_or_default();
        log.commit(vec![daily], Map::new()).await.unwrap();
    }
    let fragments = live(&w, &def).await[&a].clone();
    assert_eq!(optimize(&w, &def).await.unwrap().files_after, 1);
    let mut columns: Vec<Field> = def.columns.fields().iter().map(|field| field.as_ref().clone()).collect();
    columns.insert(7, Field::new("day_3", DataType::Float32, true));
    add_columns(&w, &TableDef { columns: Arc::new(Schema::new(columns)), ..def.clone() }).await.unwrap();
    checkpoint(&w, &def).await.unwrap();

    let mut late = change(&w, &def, &a, 103..104).await;
    late.base = fragments;
    assert_eq!(log.commit(vec![late.clone()], Map::new()).await.unwrap().stale, vec![a.clone()]);
    late.base = live(&w, &def).await[&a].clone();
    assert_eq!(log.commit(vec![late], Map::new()).await.unwrap().committed, vec![a]);
    assert_eq!(count(&Snapshot::open(&w, &def).await.unwrap().unwrap(), "true").await, 40);
}

#[tokio::test]
async fn a_table_made_anew_is_not_taken_for_the_old_one() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    let folder = w.table_url(&def).to_file_path().unwrap();
    // the new one has fewer versions, as many, and more
    for commits in [0, 1, 3] {
        let _ = std::fs::remove_dir_all(&folder);
        Snapshot::open_or_create(&w, &def).await.unwrap();
        let mut log = CellLog::open(&w, &def).await.unwrap();
        let a = cell("naive", 100);
        let first = change(&w, &def, &a, 100..105).await;
        log.commit(vec![first], Map::new()).await.unwrap();

        std::fs::remove_dir_all(&folder).unwrap();
        Snapshot::open_or_create(&w, &def).await.unwrap();
        for window in 0..commits {
            let other = change(&w, &def, &cell("naive", 200 + window), 200..201).await;
            commit_cells(&w, &def, vec![other], Map::new()).await.unwrap();
        }
        let again = change(&w, &def, &a, 100..102).await;
        let done = log.commit(vec![again], Map::new()).await.unwrap();
        assert_eq!((done.version, done.committed), (Some(commits as u64 + 1), vec![a]));
        let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
        assert_eq!(count(&snapshot, "true").await, 20 + 10 * i64::from(commits));
    }
}

#[tokio::test]
async fn two_logs_of_one_table_never_lose_or_double_a_cell() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let mut logs = vec![];
    for _ in 0..3 {
        logs.push(CellLog::open(&w, &def).await.unwrap());
    }
    let mut tasks = tokio::task::JoinSet::new();
    for mut log in logs {
        let (w, def) = (w.clone(), def.clone());
        tasks.spawn(async move {
            let mut committed = BTreeSet::new();
            for window in 0..25 {
                let same = change(&w, &def, &cell("naive", window), 0..2).await;
                let done = log.commit(vec![same], Map::new()).await.unwrap();
                assert_eq!(done.committed.len() + done.stale.len(), 1);
                committed.extend(done.committed.into_iter().map(|cell| cell.training_cutoff_date));
            }
            committed
        });
    }
    let committed: Vec<i32> = tasks.join_all().await.into_iter().flatten().collect();
    let distinct: BTreeSet<i32> = committed.iter().copied().collect();
    assert_eq!((committed.len(), distinct), (25, (0..25).collect()));
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!((snapshot.version(), count(&snapshot, "true").await), (25, 25 * 20));
}

#[tokio::test]
async fn rows_of_an_append_only_table_are_not_replaced() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create_with(&w, &def, &[("delta.appendOnly", "true".into())]).await.unwrap();
    let mut log = CellLog::open(&w, &def).await.unwrap();
    let a = cell("naive", 100);
    let first = change(&w, &def, &a, 100..105).await;
    log.commit(vec![first], Map::new()).await.unwrap();
    let mut redo = change(&w, &def, &a, 100..102).await;
    (redo.base, redo.replace) = (live(&w, &def).await[&a].clone(), true);
    let error = log.commit(vec![redo], Map::new()).await.unwrap_err();
    assert!(error.to_string().contains("appendOnly"), "{error}");
    assert_eq!(count(&Snapshot::open(&w, &def).await.unwrap().unwrap(), "true").await, 50);
}
