use std::sync::Arc;

use almanac_engine::EngineError;
use almanac_engine::delta::{Snapshot, add_columns, commit_cells};
use almanac_engine::tables::TableDef;
use arrow::datatypes::{DataType, Field, Schema};
use serde_json::Map;

use super::support::{cell, change, count, paths_table, query, warehouse};

/// The table with more days, each between the one before and the columns after.
fn with_days(days: usize, nullable: bool) -> TableDef {
    let def = paths_table();
    let mut fields: Vec<_> = def.columns.fields().iter().map(|field| field.as_ref().clone()).collect();
    for day in 3..=days {
        let place = fields.iter().position(|field| *field.name() == format!("day_{}", day - 1)).unwrap() + 1;
        fields.insert(place, Field::new(format!("day_{day}"), DataType::Float32, nullable));
    }
    TableDef { columns: Arc::new(Schema::new(fields)), ..def }
}

#[tokio::test]
async fn new_columns_are_null_in_old_files_and_stand_beside_their_kind() {
    let (_folder, w) = warehouse();
    let (narrow, wide) = (paths_table(), with_days(4, true));
    Snapshot::open_or_create(&w, &narrow).await.unwrap();
    let old = change(&w, &narrow, &cell("naive", 100), 100..105).await;
    commit_cells(&w, &narrow, vec![old], Map::new()).await.unwrap();
    assert!(matches!(Snapshot::open(&w, &wide).await, Err(EngineError::Input { .. })));

    assert_eq!(add_columns(&w, &wide).await.unwrap(), 2);
    // again, and with fewer: nothing is left to add
    assert_eq!(add_columns(&w, &wide).await.unwrap(), 2);
    assert_eq!(add_columns(&w, &narrow).await.unwrap(), 2);
    let snapshot = Snapshot::open(&w, &wide).await.unwrap().unwrap();
    assert_eq!(snapshot.schema().fields(), wide.columns.fields());
    assert_eq!(count(&snapshot, "day_3 is null and day_4 is null").await, 50);
    assert_eq!(snapshot.property("delta.dataSkippingStatsColumns").unwrap(), wide.statistics.join(","));

    // writers of fewer columns go on beside it
    let other = change(&w, &narrow, &cell("naive", 200), 200..201).await;
    commit_cells(&w, &narrow, vec![other], Map::new()).await.unwrap();
    let snapshot = Snapshot::open(&w, &wide).await.unwrap().unwrap();
    let told = query(&snapshot, "select count(day_1), count(day_3), count(*) from t").await;
    assert!(told.contains("| 60 ") && told.contains("| 0 "), "{told}");
}

#[tokio::test]
async fn of_many_that_add_the_same_columns_one_commits() {
    let (_folder, w) = warehouse();
    Snapshot::open_or_create(&w, &paths_table()).await.unwrap();
    let add = |days| {
        let w = w.clone();
        tokio::spawn(async move { add_columns(&w, &with_days(days, true)).await })
    };
    for task in [add(5), add(5), add(5), add(5), add(5), add(5)] {
        assert_eq!(task.await.unwrap().unwrap(), 1);
    }
    // of different widths the widest stays
    for task in [add(7), add(9), add(8), add(6)] {
        task.await.unwrap().unwrap();
    }
    let snapshot = Snapshot::open(&w, &with_days(9, true)).await.unwrap().unwrap();
    assert_eq!(snapshot.schema().fields(), with_days(9, true).columns.fields());
}

#[tokio::test]
async fn columns_that_old_rows_cannot_have_are_refused() {
    let (_folder, w) = warehouse();
    assert!(matches!(add_columns(&w, &with_days(3, true)).await, Err(EngineError::NotFound { .. })));
    Snapshot::open_or_create(&w, &paths_table()).await.unwrap();
    let refused = add_columns(&w, &with_days(3, false)).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("day_3")));
}
