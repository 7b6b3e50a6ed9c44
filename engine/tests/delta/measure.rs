//! Figures, printed; run with `--ignored --nocapture`. `ALMANAC_MEASURE_AT` keeps the tables there.

use std::sync::Arc;
use std::time::Instant;

use almanac_engine::delta::content::of_table;
use almanac_engine::delta::{CellLog, CellWriter, Snapshot, Warehouse, commit_cells};
use almanac_engine::tables::{TableDef, timestamp};
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float32Array, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::Map;

use super::support::{adding, cell, partition, paths_table, rows, written};

const PATHS: usize = 2_000;

fn distributions() -> TableDef {
    let base = paths_table();
    let mut fields: Vec<Field> = base.columns.fields()[..5].iter().map(|f| f.as_ref().clone()).collect();
    fields.insert(4, Field::new("forecast_start_date", DataType::Date32, false));
    fields.extend((1..=14).map(|h| Field::new(format!("day_{h}"), DataType::Float32, true)));
    fields.push(Field::new("has_data_leakage", DataType::Boolean, false));
    fields.push(Field::new("generation_timestamp", timestamp(), false));
    fields.push(Field::new("run_id", DataType::Utf8, false));
    fields.push(Field::new("model_name", DataType::Utf8, false));
    fields.push(Field::new("key_bucket", DataType::Int32, false));
    TableDef { name: "distributions".into(), columns: Arc::new(Schema::new(fields)), ..base }
}

/// One forecast: 2,000 paths of 14 random values about 150.
fn forecast(def: &TableDef, origin: i32, seed: &mut u64) -> RecordBatch {
    let mut random = || {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        (*seed >> 40) as f32 / 16_777_216.0
    };
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["coffee"; PATHS])),
        Arc::new(StringArray::from(vec!["v1"; PATHS])),
        Arc::new(Date32Array::from(vec![17_000; PATHS])),
        Arc::new(Date32Array::from(vec![origin; PATHS])),
        Arc::new(Date32Array::from(vec![origin + 1; PATHS])),
        Arc::new(Int32Array::from_iter_values(1..=PATHS as i32)),
    ];
    for _ in 0..14 {
        columns.push(Arc::new(Float32Array::from_iter_values((0..PATHS).map(|_| 100.0 + 100.0 * random()))));
    }
    columns.push(Arc::new(BooleanArray::from(vec![false; PATHS])));
    columns.push(Arc::new(TimestampMicrosecondArray::from(vec![1_700_000_000_000_000; PATHS]).with_timezone("UTC")));
    columns.push(Arc::new(StringArray::from(vec!["0b7b1f3e-9a51-4d6e-8f3c-2f1f5f6f7a8b"; PATHS])));
    RecordBatch::try_new(def.file_columns(), columns).unwrap()
}

fn warehouse() -> (tempfile::TempDir, Warehouse) {
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var("ALMANAC_MEASURE_AT").ok();
    let w = Warehouse::open(kept.as_deref().unwrap_or(folder.path().to_str().unwrap())).unwrap();
    (folder, w)
}

#[tokio::test]
#[ignore = "prints figures"]
async fn writing_a_cell() {
    let (_folder, w) = warehouse();
    let def = distributions();
    let cell = cell("naïve model/50%", 17_000);
    let mut seed = 88_172_645_463_325_252;
    let batches: Vec<_> = (17_001..17_126).map(|origin| forecast(&def, origin, &mut seed)).collect();
    let megabytes = batches.iter().map(|batch| batch.num_rows() * 14 * 4).sum::<usize>() as f64 / 1e6;
    for _ in 0..3 {
        let started = Instant::now();
        let mut writer = CellWriter::new(&w, &def, partition(&cell));
        for batch in &batches {
            writer.write(batch).await.unwrap();
        }
        let (encode, write) = (writer.encode_seconds(), writer.write_seconds());
        let adds = writer.close().await.unwrap();
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "cell of {} rows, {megabytes:.1} MB of paths: {:.1} MB in {seconds:.4} s = {:.0} MB/s (encode before close \
             {encode:.4} s, store {write:.4} s)",
            125 * PATHS,
            adds[0].size as f64 / 1e6,
            megabytes / seconds
        );
    }
    for (name, compression) in [
        ("none", Compression::UNCOMPRESSED),
        ("lz4", Compression::LZ4_RAW),
        ("zstd 1", Compression::ZSTD(ZstdLevel::default())),
    ] {
        for encoding in [Encoding::PLAIN, Encoding::BYTE_STREAM_SPLIT] {
            let properties = WriterProperties::builder()
                .set_dictionary_enabled(false)
                .set_compression(compression)
                .set_encoding(encoding)
                .build();
            let floats: Vec<usize> = (6..20).collect();
            let schema = Arc::new(def.file_columns().project(&floats).unwrap());
            let started = Instant::now();
            let mut writer = ArrowWriter::try_new(vec![], schema, Some(properties)).unwrap();
            for batch in &batches {
                writer.write(&batch.project(&floats).unwrap()).unwrap();
            }
            let size = writer.into_inner().unwrap().len() as f64 / 1e6;
            let speed = megabytes / started.elapsed().as_secs_f64();
            println!("paths only, {name}, {encoding}: {size:.1} MB, {speed:.0} MB/s");
        }
    }
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let mut writer = CellWriter::new(&w, &def, partition(&cell));
    for batch in &batches {
        writer.write(batch).await.unwrap();
    }
    let add = writer.close().await.unwrap();
    commit_cells(&w, &def, vec![adding(&cell, add)], Map::new()).await.unwrap();
    let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
    let started = Instant::now();
    let content = of_table(&snapshot).await.unwrap();
    println!("content of {} rows in {:.3} s: {}", content.rows, started.elapsed().as_secs_f64(), content.hash());
}

#[tokio::test]
#[ignore = "prints figures"]
async fn opening_a_table_of_many_files() {
    let (_folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let mut log = CellLog::open(&w, &def).await.unwrap();
    for thousand in 0..11 {
        let (mut seconds, mut slowest) = (0.0, 0.0_f64);
        for commit in 0..20 {
            let mut changes = vec![];
            for i in 0..50 {
                let cell = cell("naive", 1_000 * thousand + 50 * commit + i);
                let add = written(&w, &def, &cell, &rows(&def, &cell, 0..1, 10)).await;
                changes.push(adding(&cell, add));
            }
            let started = Instant::now();
            log.commit(changes, Map::new()).await.unwrap();
            let took = started.elapsed().as_secs_f64();
            (seconds, slowest) = (seconds + took, slowest.max(took));
        }
        let files = 1_000 * (thousand + 1);
        println!("20 commits of 50 cells to {files} files: {:.4} s each, slowest {slowest:.3} s", seconds / 20.0);
    }
    for _ in 0..3 {
        let started = Instant::now();
        let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
        let opened = started.elapsed().as_secs_f64();
        let files = snapshot.files().unwrap().len();
        let listed = started.elapsed().as_secs_f64();
        snapshot.transaction(&cell("naive", 3).app_id("config")).await.unwrap();
        let looked_up = started.elapsed().as_secs_f64() - listed;
        println!("open {opened:.4} s, files() of {files} by {listed:.4} s, one transaction {looked_up:.4} s");
    }
}
