//! Rows of silver up to a session do not depend on anything dated or known after it.

use almanac_engine::build::build;
use almanac_engine::delta::{Snapshot, Warehouse, replace_partition};
use almanac_engine::runner::Runner;
use almanac_engine::settings::Settings;
use almanac_engine::tables::TableDef;
use almanac_engine::tables_input::{bronze, model_input, unified_data};
use arrow::array::{AsArray, BooleanArray};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::Date32Type;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};

use crate::place::Place;

/// Rows of a table with `date` (and `known_at`, where there is one) up to `last`, as one batch.
pub(crate) async fn rows_up_to(place: &Place, table: &TableDef, last: i32) -> RecordBatch {
    let batches = place.batches(table).await;
    let batch = concat_batches(&table.columns, &batches).unwrap();
    let mut keep = vec![true; batch.num_rows()];
    for name in ["date", "known_at"] {
        let Some(days) = batch.column_by_name(name) else { continue };
        let days = days.as_primitive::<Date32Type>();
        keep.iter_mut().enumerate().for_each(|(row, keep)| *keep &= days.value(row) <= last);
    }
    filter_record_batch(&batch, &BooleanArray::from(keep)).unwrap()
}

/// The rows as sorted bytes: equal exactly if every value is.
fn bytes(batch: &RecordBatch) -> Vec<Vec<u8>> {
    let fields = batch.schema().fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
    let rows = RowConverter::new(fields).unwrap().convert_columns(batch.columns()).unwrap();
    let mut rows: Vec<Vec<u8>> = rows.iter().map(|row| row.as_ref().to_vec()).collect();
    rows.sort();
    rows
}

/// Copies bronze without anything after `last` into a fresh warehouse and compares what is built from it.
pub(crate) async fn truncated_equals_full(place: &Place, last: i32) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = Warehouse::open(dir.path().to_str().unwrap()).unwrap();
    let settings: Settings = place.settings.clone();
    for source in &settings.sources {
        let table = bronze(&settings, source);
        replace_partition(&warehouse, &table, None, rows_up_to(place, &table, last).await).await.unwrap();
    }
    let cut = Place { _dir: dir, settings, warehouse, source_dir: place.source_dir.clone() };
    build(&cut.settings, &cut.warehouse, &Runner::Embedded).await.unwrap();
    let mut compared = 0;
    for table in [unified_data(&place.settings), model_input(&place.settings)] {
        let (full, short) = (rows_up_to(place, &table, last).await, rows_up_to(&cut, &table, last).await);
        assert!(short.num_rows() > 0 && full.num_rows() == short.num_rows(), "{}", table.full_name());
        assert!(bytes(&full) == bytes(&short), "{} differs up to day {last}", table.full_name());
        compared += short.num_rows();
    }
    compared
}

#[tokio::test]
async fn later_rows_change_nothing_before_them() {
    let place = Place::usual();
    let mut weather = "date,commodity,region,wind_ms\n".to_owned();
    let mut plan = "date,commodity,promo\n".to_owned();
    let mut vix = "date,vix\n".to_owned();
    for (i, day) in crate::place::weekdays(40).iter().enumerate() {
        let promo = if i % 3 == 0 { "yes" } else { "no" };
        plan.push_str(&format!("{day},Coffee,{promo}\n"));
        vix.push_str(&format!("{day},{}\n", 15 + i % 7));
        weather.push_str(&format!("{day},Coffee,A,{}\n", 1 + i % 5));
        if i > 12 {
            weather.push_str(&format!("{day},Coffee,B,{}\n", 2 + i % 4));
        }
    }
    place.write("weather.csv", &weather);
    place.write("plan.csv", &plan);
    place.write("vix.csv", &vix);
    place.ingest_and_build().await;
    let table = Snapshot::open(&place.warehouse, &model_input(&place.settings)).await.unwrap();
    assert!(table.is_some());
    for last in ["2024-01-05", "2024-01-18", "2024-02-01"] {
        let day = crate::place::date(last).signed_duration_since(crate::place::date("1970-01-01")).num_days() as i32;
        assert!(truncated_equals_full(&place, day).await > 5);
    }
}

#[tokio::test]
async fn keys_that_come_later_change_no_bucket() {
    let place = Place::usual();
    let mut market = crate::place::market(30);
    for (i, day) in crate::place::weekdays(30).iter().enumerate().skip(20) {
        for key in ["Sugar", "Cocoa", "Tea"] {
            market.push_str(&format!("{day},{key},5,6,4,{},70\n", 5 + i % 2));
        }
    }
    place.write("market.csv", &market);
    assert_eq!(place.ingest_and_build().await.1.keys, 4);
    let day =
        crate::place::date("2024-01-18").signed_duration_since(crate::place::date("1970-01-01")).num_days() as i32;
    assert!(truncated_equals_full(&place, day).await > 18);
}
