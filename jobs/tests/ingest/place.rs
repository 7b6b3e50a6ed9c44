//! A folder with source files and a warehouse beside it.

use std::path::PathBuf;

use almanac_engine::build::{BuildReport, build};
use almanac_engine::delta::{Snapshot, Warehouse};
use almanac_engine::runner::Runner;
use almanac_engine::settings::{Settings, Source};
use almanac_engine::tables::TableDef;
use almanac_engine::{Result, tables_input};
use almanac_jobs::ingest::{IngestOptions, IngestReport, ingest};
use arrow::record_batch::RecordBatch;
use arrow::util::display::array_value_to_string;
use datafusion::prelude::{SessionContext, ident};
use tempfile::TempDir;

/// Coffee and sugar bars, VIX a day late, weather three days late by region, a plan known ten days ahead.
pub(crate) const SETTINGS: &str = r#"
[dataset]
name = "test"
key = ["commodity"]
target = "close"
timezone = "UTC"

[[sources]]
name = "market"
path = "market.csv"
bars = true
key = { commodity = "commodity" }
columns = [
  { name = "open" }, { name = "high" }, { name = "low" }, { name = "close" }, { name = "volume", fill = false },
]

[[sources]]
name = "vix"
path = "vix.csv"
publication_lag_days = 1
columns = [{ name = "vix" }]

[[sources]]
name = "weather"
path = "weather.csv"
key = { commodity = "commodity" }
region = "region"
publication_lag_days = 3
columns = [{ name = "wind_kmh", from = "wind_ms", scale = 3.6, unit = "km/h" }]

[[sources]]
name = "plan"
path = "plan.csv"
key = { commodity = "commodity" }
publication_lag_days = -10
columns = [{ name = "promo", map = { no = 0, yes = 1 } }]
"#;

pub(crate) struct Place {
    /// Removed with everything in it when the place is dropped.
    pub(crate) _dir: TempDir,
    pub(crate) settings: Settings,
    pub(crate) warehouse: Warehouse,
    pub(crate) source_dir: PathBuf,
}

impl Place {
    pub(crate) fn new(settings: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(dir.path().join("warehouse").to_str().unwrap()).unwrap();
        let source_dir = dir.path().join("sources");
        std::fs::create_dir(&source_dir).unwrap();
        Self { settings: toml::from_str(settings).unwrap(), warehouse, source_dir, _dir: dir }
    }

    /// The settings above with thirty sessions of coffee from Monday 2024-01-01 and a little of the rest.
    pub(crate) fn usual() -> Self {
        let place = Self::new(SETTINGS);
        place.write("market.csv", &market(30));
        place.write("vix.csv", "date,vix\n2024-01-01,15.5\n2024-01-02,16\n");
        place.write("weather.csv", "date,commodity,region,wind_ms\n2024-01-01,Coffee,A,1\n2024-01-01,Coffee,B,2\n");
        place.write("plan.csv", "date,commodity,promo\n2024-01-01,Coffee,no\n2024-01-02,Coffee,yes\n");
        place
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.source_dir.join(name), text).unwrap();
    }

    pub(crate) async fn ingest(&self, options: IngestOptions) -> Result<IngestReport> {
        ingest(&self.settings, &self.source_dir, &self.warehouse, options).await
    }

    pub(crate) async fn ingest_and_build(&self) -> (IngestReport, BuildReport) {
        let ingested = self.ingest(IngestOptions::default()).await.unwrap();
        (ingested, build(&self.settings, &self.warehouse, &Runner::Embedded).await.unwrap())
    }

    pub(crate) fn source(&self, name: &str) -> &Source {
        self.settings.sources.iter().find(|source| source.name == name).unwrap()
    }

    pub(crate) fn bronze(&self, name: &str) -> TableDef {
        tables_input::bronze(&self.settings, self.source(name))
    }

    /// Every input table there is, with its version.
    pub(crate) async fn versions(&self) -> Vec<(String, u64)> {
        let mut tables: Vec<_> =
            self.settings.sources.iter().map(|s| tables_input::bronze(&self.settings, s)).collect();
        tables.extend([tables_input::quarantine(), tables_input::unified_data(&self.settings)]);
        tables.push(tables_input::model_input(&self.settings));
        let mut found = Vec::new();
        for table in tables {
            if let Some(snapshot) = Snapshot::open(&self.warehouse, &table).await.unwrap() {
                found.push((table.full_name(), snapshot.version()));
            }
        }
        found
    }

    /// Rows of a table, sorted by its grain.
    pub(crate) async fn batches(&self, table: &TableDef) -> Vec<RecordBatch> {
        let Some(snapshot) = Snapshot::open(&self.warehouse, table).await.unwrap() else { return Vec::new() };
        let rows = SessionContext::new().read_table(snapshot.provider()).unwrap();
        let order = table.grain.iter().map(|name| ident(name).sort(true, true)).collect();
        rows.sort(order).unwrap().collect().await.unwrap()
    }

    /// The columns named, one text per row: fields joined by spaces, null as `-`.
    pub(crate) async fn text(&self, table: &TableDef, columns: &[&str]) -> Vec<String> {
        let mut rows = Vec::new();
        for batch in self.batches(table).await {
            let columns: Vec<_> = columns.iter().map(|name| batch.column_by_name(name).expect(name)).collect();
            for row in 0..batch.num_rows() {
                let field = |column: &&arrow::array::ArrayRef| match column.is_null(row) {
                    true => "-".to_owned(),
                    false => array_value_to_string(column, row).unwrap(),
                };
                rows.push(columns.iter().map(field).collect::<Vec<_>>().join(" "));
            }
        }
        rows
    }
}

/// `count` weekdays of coffee from 2024-01-01, rising by one from 100.
pub(crate) fn market(count: usize) -> String {
    let mut text = "date,commodity,open,high,low,close,volume\n".to_owned();
    for (i, day) in weekdays(count).iter().enumerate() {
        let close = 100 + i;
        text.push_str(&format!("{day},Coffee,{close},{},{},{close},{}\n", close + 2, close - 2, 1000 + i));
    }
    text
}

pub(crate) fn weekdays(count: usize) -> Vec<chrono::NaiveDate> {
    let first = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    let is_weekday = |day: &chrono::NaiveDate| chrono::Datelike::weekday(day).num_days_from_monday() < 5;
    first.iter_days().filter(is_weekday).take(count).collect()
}

pub(crate) fn date(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}
