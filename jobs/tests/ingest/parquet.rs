//! Parquet sources: the same rows as CSV, whatever the types.

use std::fs::File;
use std::sync::Arc;

use almanac_jobs::ingest::{IngestOptions, Reason};
use arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Int64Array, LargeStringArray, StringArray, TimestampMillisecondArray,
};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;

use crate::place::Place;

const SETTINGS: &str = r#"
[dataset]
name = "test"
key = ["store"]
target = "sales"

[[sources]]
name = "sales"
path = "sales.parquet"
bars = true
date = "day"
key = { store = "id" }
columns = [{ name = "sales" }, { name = "open" }, { name = "kind", map = { a = 1, b = 2 } }]
"#;

fn write(place: &Place, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = File::create(place.source_dir.join("sales.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn columns() -> Vec<(&'static str, ArrayRef)> {
    // 2024-01-01 23:00 and 2024-01-02 23:00 in New York: the day after in UTC.
    let days =
        TimestampMillisecondArray::from(vec![1_704_168_000_000, 1_704_254_400_000]).with_timezone("America/New_York");
    vec![
        ("unused", Arc::new(StringArray::from(vec!["x", "y"]))),
        ("sales", Arc::new(Float32Array::from(vec![Some(1.5), None]))),
        ("open", Arc::new(BooleanArray::from(vec![true, false]))),
        ("kind", Arc::new(LargeStringArray::from(vec!["a", "b"]))),
        ("day", Arc::new(days)),
        ("id", Arc::new(Int64Array::from(vec![7, 7]))),
    ]
}

#[tokio::test]
async fn types_are_read_as_they_are_meant() {
    let place = Place::new(SETTINGS);
    write(&place, columns());
    place.ingest(IngestOptions::default()).await.unwrap();
    let rows = place.text(&place.bronze("sales"), &["date", "store", "sales", "open", "kind", "known_at"]).await;
    assert_eq!(rows, ["2024-01-01 7 1.5 1.0 a 2024-01-01", "2024-01-02 7 - 0.0 b 2024-01-02"]);
}

#[tokio::test]
async fn wrong_types_missing_columns_and_other_files_are_refused() {
    let place = Place::new(SETTINGS);
    let replaced = |name: &str, array: ArrayRef| -> Vec<_> {
        columns().into_iter().map(|(n, a)| if n == name { (n, array.clone()) } else { (n, a) }).collect()
    };
    let texts = |a: &str, b: &str| -> ArrayRef { Arc::new(StringArray::from(vec![a.to_owned(), b.to_owned()])) };
    let cases = [
        (replaced("sales", texts("1", "2")), vec!["column sales", "wrong type"]),
        (replaced("day", texts("2024-01-01", "soon")), vec!["line 2, column day", "\"soon\""]),
        (replaced("day", Arc::new(Int64Array::from(vec![1, 2]))), vec!["column day", "not a date"]),
        (replaced("kind", texts("a", "c")), vec!["line 2, column kind", "\"c\""]),
        (replaced("id", Arc::new(Float32Array::from(vec![1.0, 2.0]))), vec!["column id", "wrong type"]),
        (columns().into_iter().filter(|(name, _)| *name != "open").collect(), vec!["\"open\" is missing"]),
    ];
    for (columns, words) in cases {
        write(&place, columns);
        let error = place.ingest(IngestOptions::default()).await.unwrap_err();
        assert_eq!(error.exit_code(), 5, "{error}");
        words.iter().for_each(|word| assert!(error.to_string().contains(word), "{word} in {error}"));
    }
    std::fs::write(place.source_dir.join("sales.parquet"), "date,vix\n").unwrap();
    assert_eq!(place.ingest(IngestOptions::default()).await.unwrap_err().exit_code(), 5);
    assert!(place.versions().await.is_empty());
}

#[tokio::test]
async fn null_keys_and_not_a_number_go_to_quarantine() {
    let place = Place::new(SETTINGS);
    let mut columns = columns();
    columns[1].1 = Arc::new(Float32Array::from(vec![f32::NAN, 1.0]));
    columns[5].1 = Arc::new(Int64Array::from(vec![Some(7), None]));
    write(&place, columns);
    let report = place.ingest(IngestOptions::default()).await.unwrap();
    assert_eq!(report.sources[0].quarantined[&Reason::NotFinite], 1);
    assert_eq!(report.sources[0].quarantined[&Reason::MissingKey], 1);
    assert_eq!(report.sources[0].rows_kept, 0);
}
