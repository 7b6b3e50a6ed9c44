use almanac_engine::delta::replace::Partition;
use almanac_engine::delta::{Replaced, Snapshot, replace_partition, replace_partitions};
use almanac_engine::tables::TableDef;
use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};

use super::support::{cell, count, partition, paths_table, rows, warehouse};

fn at(model: &str) -> Partition {
    Some(partition(&cell(model, 0)))
}

fn some_rows(def: &TableDef, origins: std::ops::Range<i32>) -> RecordBatch {
    rows(def, &cell("ignored", 100), origins, 10)
}

#[tokio::test]
async fn only_other_content_is_written() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    let first = some_rows(&def, 0..5);
    let written = replace_partition(&w, &def, at("a"), first.clone()).await.unwrap();
    assert_eq!(written, Replaced::Written { version: 1, rows: 50 });
    let backwards = UInt32Array::from_iter_values((0..50).rev());
    let reordered = take_record_batch(&first, &backwards).unwrap();
    assert_eq!(replace_partition(&w, &def, at("a"), reordered).await.unwrap(), Replaced::Unchanged);

    let other = some_rows(&def, 0..4);
    assert_eq!(
        replace_partition(&w, &def, at("a"), other.clone()).await.unwrap(),
        Replaced::Written { version: 2, rows: 40 }
    );
    let batch = vec![(at("a"), other.clone()), (at("b"), first.clone()), (at("c"), other)];
    let both = replace_partitions(&w, &def, batch).await.unwrap();
    assert_eq!(both, Replaced::Written { version: 3, rows: 90 });
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!(count(&snapshot, "true").await, 130);
    assert_eq!(count(&snapshot, "model_name = 'b'").await, 50);

    let emptied = replace_partition(&w, &def, at("b"), first.slice(0, 0)).await.unwrap();
    assert_eq!(emptied, Replaced::Written { version: 4, rows: 0 });
    assert_eq!(replace_partition(&w, &def, at("b"), first.slice(0, 0)).await.unwrap(), Replaced::Unchanged);
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    assert_eq!(count(&snapshot, "true").await, 80);
}

#[tokio::test]
async fn volatile_columns_do_not_count_and_repeated_rows_do() {
    let (_folder, w) = warehouse();
    let mut def = paths_table();
    def.partition_by = vec![];
    let with_partition = {
        let rows = some_rows(&paths_table(), 0..3);
        let mut columns = rows.columns().to_vec();
        columns.push(std::sync::Arc::new(arrow::array::StringArray::from(vec!["m"; 30])));
        columns.push(std::sync::Arc::new(arrow::array::Int32Array::from(vec![0; 30])));
        RecordBatch::try_new(def.file_columns(), columns).unwrap()
    };
    assert!(matches!(
        replace_partition(&w, &def, None, with_partition.clone()).await.unwrap(),
        Replaced::Written { .. }
    ));
    let mut columns = with_partition.columns().to_vec();
    let later = arrow::array::TimestampMicrosecondArray::from(vec![1_i64; 30]).with_timezone("UTC");
    columns[7] = std::sync::Arc::new(later);
    let later = RecordBatch::try_new(def.file_columns(), columns).unwrap();
    assert_eq!(replace_partition(&w, &def, None, later).await.unwrap(), Replaced::Unchanged);
    let twice = concat_batches(&def.file_columns(), &[with_partition.clone(), with_partition]).unwrap();
    assert_eq!(replace_partition(&w, &def, None, twice).await.unwrap(), Replaced::Written { version: 2, rows: 60 });
}

#[tokio::test]
async fn two_replacements_at_once_leave_one() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    for _ in 0..10 {
        let replace = |origins| {
            let (w, def) = (w.clone(), def.clone());
            tokio::spawn(async move { replace_partition(&w, &def, at("a"), some_rows(&def, origins)).await.unwrap() })
        };
        let (one, two) = tokio::join!(replace(0..2), replace(10..15));
        one.unwrap();
        two.unwrap();
        let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
        let rows = count(&snapshot, "true").await;
        assert!(rows == 20 || rows == 50, "{rows}");
    }
    assert!(replace_partition(&w, &def, None, some_rows(&def, 0..1)).await.is_err());
}
