use std::sync::Arc;

use almanac_engine::EngineError;
use almanac_engine::delta::{PinnedTable, Snapshot, Version, commit_cells};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::prelude::{col, lit};
use datafusion_proto::bytes::{physical_plan_from_bytes, physical_plan_to_bytes};
use serde_json::Map;

use super::support::{cell, change, count, paths_table, query, session, warehouse};

#[tokio::test]
async fn a_table_is_created_appended_to_and_read_back() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    assert!(Snapshot::open(&w, &def).await.unwrap().is_none());
    let properties = [("almanac.buckets", "7".to_owned())];
    let created = Snapshot::open_or_create_with(&w, &def, &properties).await.unwrap();
    assert_eq!(created.property("almanac.schema").as_deref(), Some("1"));
    assert_eq!(created.property("almanac.buckets").as_deref(), Some("7"));
    assert_eq!(
        created.property("delta.dataSkippingStatsColumns").as_deref(),
        Some("commodity,model_version,training_cutoff_date,data_cutoff_date")
    );
    assert_eq!(created.schema(), def.columns);

    let log = w.table_url(&def).to_file_path().unwrap().join("_delta_log/00000000000000000000.json");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains(r#""protocol":{"minReaderVersion":1,"minWriterVersion":2}"#), "{log}");
    assert!(log.contains(r#"\"unit\":\"USD/lb\""#), "{log}");

    let first = change(&w, &def, &cell("naive", 100), 100..102).await;
    commit_cells(&w, &def, vec![first], Map::new()).await.unwrap();
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    let sql = "select commodity, data_cutoff_date, path_id, day_1, day_2, generation_timestamp, model_name, key_bucket \
               from t where path_id in (1, 10) order by data_cutoff_date, path_id";
    let expected = "\
+-----------+------------------+---------+-------+-------+----------------------+------------+------------+
| commodity | data_cutoff_date | path_id | day_1 | day_2 | generation_timestamp | model_name | key_bucket |
+-----------+------------------+---------+-------+-------+----------------------+------------+------------+
| coffee    | 1970-04-11       | 1       | 51.0  | 26.0  | 2023-11-14T22:13:20Z | naive      | 0          |
| coffee    | 1970-04-11       | 10      | 60.0  | 35.0  | 2023-11-14T22:13:20Z | naive      | 0          |
| coffee    | 1970-04-12       | 1       | 51.5  | 26.25 | 2023-11-14T22:13:20Z | naive      | 0          |
| coffee    | 1970-04-12       | 10      | 60.5  | 35.25 | 2023-11-14T22:13:20Z | naive      | 0          |
+-----------+------------------+---------+-------+-------+----------------------+------------+------------+";
    assert_eq!(query(&snapshot, sql).await, expected);
    assert_eq!(snapshot.files().unwrap()[0].cell(), Some(cell("naive", 100)));
    // the earlier version is still empty
    let version = |number| Version { number, ..snapshot.identity() };
    for _ in 0..2 {
        assert_eq!(count(&Snapshot::at(&w, &def, &version(0)).await.unwrap(), "true").await, 0);
    }
    assert!(matches!(Snapshot::at(&w, &def, &version(9)).await.err(), Some(EngineError::NotFound { .. })));
}

/// A process that has read a table must not take it for another that was created in its place.
#[tokio::test]
async fn a_table_created_anew_is_another_table() {
    let (folder, w) = warehouse();
    let def = paths_table();
    let mut pins = Vec::new();
    for rows in [100..102, 100..103] {
        let place = folder.path().join(&def.schema_name).join(&def.name);
        if place.exists() {
            std::fs::remove_dir_all(place).unwrap();
        }
        Snapshot::open_or_create(&w, &def).await.unwrap();
        let origins = rows.len();
        let first = change(&w, &def, &cell("naive", 100), rows).await;
        commit_cells(&w, &def, vec![first], Map::new()).await.unwrap();
        let latest = Snapshot::open(&w, &def).await.unwrap().unwrap();
        let pinned = Snapshot::at(&w, &def, &latest.identity()).await.unwrap();
        assert_eq!(count(&pinned, "true").await, 10 * origins as i64);
        pins.push(latest.identity());
    }
    assert_eq!(pins[0].number, pins[1].number);
    assert_ne!(pins[0].table, pins[1].table);
    // a process that never saw the first
    let unseen = Version { table: "gone".into(), ..pins[0].clone() };
    let error = Snapshot::at(&w, &def, &unseen).await.err().unwrap();
    assert!(error.to_string().contains("created in its place"), "{error}");
}

#[tokio::test]
async fn scans_read_only_files_that_can_match() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    for (model, window) in [("naive", 100), ("naive", 200), ("xgboost", 100), ("a model/ä%", 100)] {
        let change = change(&w, &def, &cell(model, window), window..window + 3).await;
        commit_cells(&w, &def, vec![change], Map::new()).await.unwrap();
    }
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    let date = |day: i32| lit(datafusion::scalar::ScalarValue::Date32(Some(day)));
    let cases = [
        (vec![], 4, 120),
        (vec![col("model_name").eq(lit("naive"))], 2, 60),
        (vec![col("model_name").eq(lit("a model/ä%"))], 1, 30),
        (vec![col("key_bucket").eq(lit(1))], 0, 0),
        (vec![col("data_cutoff_date").gt_eq(date(200))], 1, 30),
        (vec![col("data_cutoff_date").gt_eq(date(102)), col("model_name").eq(lit("xgboost"))], 1, 10),
        (vec![col("training_cutoff_date").in_list(vec![date(100), date(7)], false)], 3, 90),
        (vec![col("day_1").gt(lit(1e9_f32))], 4, 0),
    ];
    let session = session(8);
    for (filters, files, rows) in cases {
        let plan = snapshot.provider().scan(&session.state(), Some(&vec![4]), &filters, None).await.unwrap();
        let text = datafusion::physical_plan::displayable(plan.as_ref()).one_line().to_string();
        assert_eq!(text.matches(".parquet").count(), files, "{filters:?}: {text}");
        assert_eq!(plan.schema().fields().len(), 1);
        let condition = filters.into_iter().reduce(|a, b| a.and(b));
        let condition =
            condition.map_or("true".to_owned(), |c| datafusion::sql::unparser::expr_to_sql(&c).unwrap().to_string());
        assert_eq!(count(&snapshot, &condition).await, rows, "{condition}");
    }
}

#[tokio::test]
async fn a_scan_survives_the_wire_and_so_does_a_pin() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let change = change(&w, &def, &cell("50% off/ü x", 100), 100..103).await;
    commit_cells(&w, &def, vec![change], Map::new()).await.unwrap();
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();

    let pin = serde_json::to_string(&snapshot.pin()).unwrap();
    let table = PinnedTable::new(serde_json::from_str(&pin).unwrap(), snapshot.schema());
    let session = session(2);
    let plan = table.scan(&session.state(), None, &[col("path_id").lt(lit(3))], None).await.unwrap();
    let bytes = physical_plan_to_bytes(Arc::clone(&plan)).unwrap();
    let plan = physical_plan_from_bytes(&bytes, &session.task_ctx()).unwrap();
    let batches = datafusion::physical_plan::collect(plan, session.task_ctx()).await.unwrap();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 30);
    let names = batches[0].column_by_name("model_name").unwrap();
    assert_eq!(arrow::array::AsArray::as_string::<i32>(names).value(0), "50% off/ü x");
}

#[tokio::test]
async fn tables_of_other_schemas_and_features_are_refused_by_name() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let mut other = def.clone();
    let mut fields: Vec<_> = def.columns.fields().iter().cloned().collect();
    fields.insert(0, Arc::new(Field::new("day_99", DataType::Float32, true)));
    other.columns = Arc::new(Schema::new(fields));
    let error = Snapshot::open(&w, &other).await.err().unwrap();
    assert!(matches!(&error, EngineError::Input { message, .. } if message.contains("day_99")), "{error}");

    // an entry of a writer with more features
    let features = [
        (
            r#"{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}}"#,
            "deletionVectors",
        ),
        (r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":4}}"#, "(1,4)"),
        (
            r#"{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["sorcery"],"writerFeatures":["sorcery"]}}"#,
            "sorcery",
        ),
        (r#"{"protocol":{"minReaderVersion":2,"minWriterVersion":5}}"#, "(2,5)"),
    ];
    for (entry, named) in features {
        let entry_path = w.table_url(&def).to_file_path().unwrap().join("_delta_log/00000000000000000001.json");
        std::fs::write(&entry_path, entry).unwrap();
        let error = Snapshot::open(&w, &def).await.err().unwrap();
        assert!(matches!(&error, EngineError::Input { .. }), "{error:?}");
        assert!(error.to_string().contains(named), "{error}");
        assert_eq!(error.exit_code(), 5);
        std::fs::remove_file(entry_path).unwrap();
    }
}
