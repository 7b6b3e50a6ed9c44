use std::sync::Arc;

use almanac_engine::EngineError;
use almanac_engine::delta::{CellWriter, Snapshot, commit_cells};
use arrow::array::{AsArray, Float32Array, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::scalar::ScalarValue;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::support::{cell, change, count, live, partition, paths_table, rows, warehouse, written};

#[tokio::test]
async fn statistics_are_exact_and_only_of_the_listed_columns() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    let cell = cell("naive", 100);
    let mut writer = CellWriter::new(&w, &def, partition(&cell));
    for origins in [110..112, 100..103] {
        writer.write(&rows(&def, &cell, origins, 10)).await.unwrap();
    }
    let adds = writer.close().await.unwrap();
    assert_eq!(adds.len(), 1);
    let stats: Value = serde_json::from_str(adds[0].stats.as_ref().unwrap()).unwrap();
    let low = json!({"commodity": "coffee", "model_version": "v1", "training_cutoff_date": "1970-04-11",
        "data_cutoff_date": "1970-04-11"});
    let mut high = low.clone();
    high["data_cutoff_date"] = json!("1970-04-22");
    let nulls = json!({"commodity": 0, "model_version": 0, "training_cutoff_date": 0, "data_cutoff_date": 0});
    assert_eq!(stats, json!({"numRecords": 50, "minValues": low, "maxValues": high, "nullCount": nulls}));
    let path = w.table_url(&def).to_file_path().unwrap().join(&adds[0].path);
    assert_eq!(std::fs::metadata(&path).unwrap().len() as i64, adds[0].size);
    let read = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
    assert_eq!(read.metadata().file_metadata().num_rows(), 50);
    let group = read.metadata().row_group(0);
    let with: Vec<_> =
        group.columns().iter().filter(|c| c.statistics().is_some()).map(|c| c.column_path().string()).collect();
    assert_eq!(with, def.statistics);
}

#[tokio::test]
async fn two_columns_of_one_name_are_refused_and_not_a_panic() {
    let (_folder, w) = warehouse();
    let mut def = paths_table();
    let mut fields: Vec<Field> = def.columns.fields().iter().map(|field| field.as_ref().clone()).collect();
    fields[0] = Field::new("path_id", DataType::Utf8, false);
    def.columns = Arc::new(Schema::new(fields));
    let cell = cell("naive", 100);
    let mut writer = CellWriter::new(&w, &def, partition(&cell));
    let refused = writer.write(&rows(&def, &cell, 100..101, 1)).await.unwrap_err().to_string();
    assert!(refused.contains("forecast.paths would have two columns called path_id"), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn least_and_greatest_are_found_among_any_texts_and_dates(
        values in proptest::collection::vec(("[a-zä]{0,3}", -40_000_i32..40_000), 1..50), split in 0_usize..50,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stats: Value = runtime.block_on(async {
            let (_folder, w) = warehouse();
            let def = paths_table();
            let n = values.len() as i32;
            let base = rows(&def, &cell("naive", 1), 0..n, 1);
            let mut columns = base.columns().to_vec();
            columns[0] = std::sync::Arc::new(values.iter().map(|v| Some(v.0.clone())).collect::<arrow::array::StringArray>());
            columns[3] = std::sync::Arc::new(values.iter().map(|v| Some(v.1)).collect::<arrow::array::Date32Array>());
            let batch = RecordBatch::try_new(base.schema(), columns).unwrap();
            let split = split.min(values.len());
            let mut writer = CellWriter::new(&w, &def, partition(&cell("naive", 1)));
            writer.write(&batch.slice(0, split)).await.unwrap();
            writer.write(&batch.slice(split, values.len() - split)).await.unwrap();
            let adds = writer.close().await.unwrap();
            serde_json::from_str(adds[0].stats.as_ref().unwrap()).unwrap()
        });
        let date = |day: &i32| arrow::datatypes::Date32Type::to_naive_date_opt(*day).unwrap().to_string();
        prop_assert_eq!(&stats["minValues"]["commodity"], &json!(values.iter().map(|v| &v.0).min()));
        prop_assert_eq!(&stats["maxValues"]["commodity"], &json!(values.iter().map(|v| &v.0).max()));
        prop_assert_eq!(&stats["minValues"]["data_cutoff_date"], &json!(values.iter().map(|v| &v.1).min().map(date)));
        prop_assert_eq!(&stats["maxValues"]["data_cutoff_date"], &json!(values.iter().map(|v| &v.1).max().map(date)));
    }
}

#[tokio::test]
async fn floats_come_back_bit_for_bit() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    let cell = cell("naive", 100);
    let base = rows(&def, &cell, 0..2, 3);
    let odd: Float32Array = [0x7fc0_0001, 0x8000_0000, 1, 0x7f80_0000, 0xff80_0000, 0x0040_0000]
        .into_iter()
        .map(|bits: u32| Some(f32::from_bits(bits)))
        .collect();
    let mut columns = base.columns().to_vec();
    columns[5] = std::sync::Arc::new(odd.clone());
    let batch = RecordBatch::try_new(base.schema(), columns).unwrap();
    let adds = written(&w, &def, &cell, &batch).await;
    let path = w.table_url(&def).to_file_path().unwrap().join(&adds[0].path);
    let read = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap().build().unwrap();
    let read = read.map(Result::unwrap).collect::<Vec<_>>();
    let read = concat_batches(&read[0].schema(), &read).unwrap();
    let read = read.column(5).as_primitive::<arrow::datatypes::Float32Type>();
    assert_eq!(read.len(), odd.len());
    assert!(read.values().iter().zip(odd.values()).all(|(a, b)| a.to_bits() == b.to_bits()));
}

#[tokio::test]
async fn large_cells_roll_over_to_further_files() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    let cell = cell("naive", 100);
    let mut writer = CellWriter::new(&w, &def, partition(&cell)).with_target_file_bytes(1);
    for origin in 0..3 {
        writer.write(&rows(&def, &cell, origin..origin + 1, 10)).await.unwrap();
    }
    let adds = writer.close().await.unwrap();
    assert_eq!(adds.len(), 3);
    assert!(CellWriter::new(&w, &def, partition(&cell)).close().await.unwrap().is_empty());
}

#[tokio::test]
async fn giving_up_leaves_no_file_and_wrong_columns_are_refused() {
    let (folder, w) = warehouse();
    let def = paths_table();
    let cell = cell("naive", 100);
    let mut writer = CellWriter::new(&w, &def, partition(&cell)).with_target_file_bytes(1);
    let batch = rows(&def, &cell, 0..5, 10);
    writer.write(&batch).await.unwrap();
    let narrow = batch.project(&[0, 1]).unwrap();
    assert!(matches!(writer.write(&narrow).await, Err(EngineError::Internal(_))));
    writer.abort().await;
    let mut folders = vec![folder.path().to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            assert!(path.is_dir(), "{} is left", path.display());
            folders.push(path);
        }
    }
}

#[tokio::test]
async fn names_of_any_characters_are_kept() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let names =
        ["plain", "with space", "50%", "a/b", "ä€𝄞", "a=b&c#d?e", "..", "%2F", "x:y*z", "back\\slash", "q'\"", "a+b"];
    for name in names {
        let change = change(&w, &def, &cell(name, 100), 0..1).await;
        assert!(change.add[0].path.is_ascii());
        let done = commit_cells(&w, &def, vec![change], Map::new()).await.unwrap();
        assert_eq!(done.stale, vec![], "{name}");
    }
    let cells = live(&w, &def).await;
    assert_eq!(cells.len(), names.len());
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    for name in names {
        assert!(cells.contains_key(&cell(name, 100)), "{name}");
        let condition = format!("model_name = '{}'", name.replace('\'', "''"));
        assert_eq!(count(&snapshot, &condition).await, 10, "{name}");
    }
    assert_eq!(snapshot.files().unwrap()[0].min["commodity"], ScalarValue::from("coffee"));
}
