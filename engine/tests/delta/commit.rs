use std::collections::BTreeSet;
use std::sync::Arc;

use almanac_engine::EngineError;
use almanac_engine::delta::{CellChange, Claim, Snapshot, Warehouse, commit_cells};
use serde_json::Map;

use super::support::{cell, change, count, live, paths_table, warehouse};

#[tokio::test]
async fn the_same_files_twice_are_in_the_table_once() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let first = change(&w, &def, &cell("naive", 100), 100..105).await;
    let done = commit_cells(&w, &def, vec![first.clone()], Map::new()).await.unwrap();
    assert_eq!((done.version, done.committed.len(), done.stale.len()), (Some(1), 1, 0));
    // as after a lost reply: the caller asks again with the same files
    let again = commit_cells(&w, &def, vec![first.clone()], Map::new()).await.unwrap();
    assert_eq!((again.committed, again.stale), (vec![cell("naive", 100)], vec![]));
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!((snapshot.version(), count(&snapshot, "true").await), (1, 50));
    assert_eq!(snapshot.transaction(&first.app_id).await.unwrap(), Some(1));
}

#[tokio::test]
async fn work_planned_on_an_older_state_of_its_cell_is_stale() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let (a, b) = (cell("naive", 100), cell("naive", 200));
    let first = change(&w, &def, &a, 100..105).await;
    let other = change(&w, &def, &b, 200..203).await;
    commit_cells(&w, &def, vec![first], Map::new()).await.unwrap();
    // planned before the first commit: the cell is left out, its neighbour is not
    let late = change(&w, &def, &a, 100..105).await;
    let done = commit_cells(&w, &def, vec![late, other], Map::new()).await.unwrap();
    assert_eq!((done.committed, done.stale), (vec![b], vec![a]));
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!(count(&snapshot, "true").await, 80);
}

#[tokio::test]
async fn rows_of_two_owners_are_not_added_to_one_claim() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let of = |change: CellChange, seen: Option<i64>, own: i64| {
        vec![CellChange { claims: Arc::new([Claim { app_id: "settings".into(), seen, own }]), ..change }]
    };
    let stale = |changes: Vec<CellChange>| async { commit_cells(&w, &def, changes, Map::new()).await.unwrap().stale };
    let (a, b, c) = (cell("naive", 100), cell("naive", 200), cell("naive", 300));
    assert_eq!(stale(of(change(&w, &def, &a, 100..105).await, None, 42)).await, []);
    // planned as the first was, on a table without rows: for the same owner, and for another
    assert_eq!(stale(of(change(&w, &def, &b, 200..203).await, None, 42)).await, []);
    assert_eq!(stale(of(change(&w, &def, &c, 300..301).await, None, 43)).await, std::slice::from_ref(&c));
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!((snapshot.transaction("settings").await.unwrap(), count(&snapshot, "true").await), (Some(42), 80));
    // who knows of the other owner's rows takes over, and shuts the other out
    assert_eq!(stale(of(change(&w, &def, &c, 300..301).await, Some(42), 43)).await, []);
    let late = cell("naive", 400);
    assert_eq!(stale(of(change(&w, &def, &late, 400..401).await, Some(42), 42)).await, [late]);
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!((snapshot.transaction("settings").await.unwrap(), count(&snapshot, "true").await), (Some(43), 90));
}

#[tokio::test]
async fn of_two_writers_of_one_cell_one_wins() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    for round in 0..20 {
        let cell = cell("naive", round);
        let (one, two) = (change(&w, &def, &cell, 0..3).await, change(&w, &def, &cell, 0..3).await);
        let commit = |change| {
            let (w, def) = (w.clone(), def.clone());
            tokio::spawn(async move { commit_cells(&w, &def, vec![change], Map::new()).await })
        };
        let (one, two) = tokio::join!(commit(one), commit(two));
        let (one, two) = (one.unwrap().unwrap(), two.unwrap().unwrap());
        assert_eq!(one.committed.len() + two.committed.len(), 1, "round {round}: {one:?} {two:?}");
        assert_eq!(one.stale.len() + two.stale.len(), 1, "round {round}");
    }
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!((snapshot.files().unwrap().len(), count(&snapshot, "true").await), (20, 20 * 30));
}

#[tokio::test]
async fn writers_of_different_cells_all_win() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    for round in 0..20 {
        let mut tasks = tokio::task::JoinSet::new();
        for window in 0..3 {
            let change = change(&w, &def, &cell("naive", 100 * round + window), 0..2).await;
            let (w, def) = (w.clone(), def.clone());
            tasks.spawn(async move { commit_cells(&w, &def, vec![change], Map::new()).await.unwrap() });
        }
        for done in tasks.join_all().await {
            assert_eq!((done.committed.len(), done.stale.len()), (1, 0));
        }
    }
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!((snapshot.version(), count(&snapshot, "true").await), (60, 60 * 20));
    // every interval a checkpoint, so that opening stays cheap
    let log = w.table_url(&def).to_file_path().unwrap().join("_delta_log");
    let checkpoints = std::fs::read_dir(log)
        .unwrap()
        .filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().ends_with(".checkpoint.parquet"));
    assert_eq!(checkpoints.count(), 3);
}

#[tokio::test]
async fn replace_changes_exactly_its_cell() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let (a, b) = (cell("naive", 100), cell("naive", 200));
    let changes = vec![change(&w, &def, &a, 100..105).await, change(&w, &def, &b, 200..203).await];
    commit_cells(&w, &def, changes, Map::new()).await.unwrap();
    let before = live(&w, &def).await;

    let mut redo = change(&w, &def, &a, 100..102).await;
    redo.replace = true;
    redo.base = before[&a].clone();
    let app_id = redo.app_id.clone();
    let done = commit_cells(&w, &def, vec![redo.clone()], Map::new()).await.unwrap();
    assert_eq!(done.committed, vec![a.clone()]);
    let after = live(&w, &def).await;
    assert_eq!(after[&b], before[&b]);
    assert!(after[&a].is_disjoint(&before[&a]));
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!((count(&snapshot, "true").await, snapshot.transaction(&app_id).await.unwrap()), (50, Some(2)));

    // without new files the cell is emptied, and asking again finds it so
    let mut empty = redo;
    empty.add = vec![];
    empty.base = after[&a].clone();
    let done = commit_cells(&w, &def, vec![empty], Map::new()).await.unwrap();
    assert_eq!((done.committed, done.stale), (vec![a], vec![]));
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!(count(&snapshot, "true").await, 30);
}

#[tokio::test]
async fn appends_to_a_known_cell_add_up() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let a = cell("naive", 100);
    for day in 0..5 {
        let mut daily = change(&w, &def, &a, 100 + day..101 + day).await;
        daily.base = live(&w, &def).await.remove(&a).unwrap_or_default();
        let done = commit_cells(&w, &def, vec![daily], Map::new()).await.unwrap();
        assert_eq!(done.stale, vec![]);
    }
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!(count(&snapshot, "true").await, 50);
}

#[tokio::test]
async fn nothing_to_do_commits_nothing() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let mut nothing = change(&w, &def, &cell("naive", 1), 0..1).await;
    nothing.add = vec![];
    let done = commit_cells(&w, &def, vec![nothing], Map::new()).await.unwrap();
    assert_eq!((done.version, done.committed.len()), (None, 1));
    assert_eq!(commit_cells(&w, &def, vec![], Map::new()).await.unwrap().version, None);
    assert_eq!(Snapshot::open(&w, &def).await.unwrap().unwrap().version(), 0);
}

#[tokio::test]
async fn files_of_another_cell_and_cells_named_twice_are_refused() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let right = change(&w, &def, &cell("naive", 1), 0..1).await;
    let mut wrong = right.clone();
    wrong.cell = cell("naive", 2);
    for changes in [vec![wrong], vec![right.clone(), right]] {
        let error = commit_cells(&w, &def, changes, Map::new()).await.unwrap_err();
        assert!(matches!(error, EngineError::Internal(_)), "{error}");
    }
    assert_eq!(Snapshot::open(&w, &def).await.unwrap().unwrap().version(), 0);
}

#[tokio::test]
async fn two_creators_both_succeed_and_make_one_table() {
    for _ in 0..10 {
        let (_folder, w) = warehouse();
        let create = || {
            let w: Warehouse = w.clone();
            tokio::spawn(async move { Snapshot::open_or_create(&w, &paths_table()).await.map(|s| s.version()) })
        };
        let (one, two, three) = tokio::join!(create(), create(), create());
        let versions: BTreeSet<u64> = [one, two, three].map(|v| v.unwrap().unwrap()).into();
        assert_eq!(versions, [0].into());
    }
}
