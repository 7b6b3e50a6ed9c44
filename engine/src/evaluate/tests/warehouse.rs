//! A warehouse of one key, seven sessions and forecasts of two days with three paths.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Float32Array, Float64Array, Int32Array, RecordBatch, StringArray, new_null_array,
};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::ScalarValue;
use serde_json::Map;
use tempfile::TempDir;

use crate::cell::Cell;
use crate::delta::content::{self, Content};
use crate::delta::{CellChange, CellWriter, Snapshot, Version, Warehouse, commit_cells, replace_partition};
use crate::plan::job::Job;
use crate::settings::{Column, Settings, Source};
use crate::tables::{self, TableDef};
use crate::tables_input;

/// Day of the first session; the others follow day by day.
pub(super) const FIRST: i32 = 17_000;
/// Closes of all sessions. The last is not known at first.
pub(super) const CLOSES: [f64; 7] = [10.0, 12.0, 11.0, 13.0, 14.0, 12.0, 15.0];
/// The model is trained on the first three.
pub(super) const CUTOFF: i32 = FIRST + 2;

/// One forecast's two days: three paths and a point each; means are those of the paths.
#[derive(Clone, Copy)]
pub(super) struct Made {
    pub(super) origin: i32,
    pub(super) paths: [[f32; 3]; 2],
    pub(super) point: [f64; 2],
}

pub(super) struct Small {
    _folder: TempDir,
    pub(super) warehouse: Warehouse,
    pub(super) job: Job,
}

pub(super) fn cell(model_name: &str) -> Cell {
    Cell { model_name: model_name.into(), model_version: "v1".into(), key_bucket: 0, training_cutoff_date: CUTOFF }
}

fn settings() -> Settings {
    let close = Column {
        name: "close".into(),
        from: None,
        scale: None,
        map: Default::default(),
        unit: Some("cents".into()),
        fill: true,
        max_staleness_days: None,
    };
    let market = Source {
        name: "market".into(),
        path: "market.csv".into(),
        bars: true,
        date: "date".into(),
        key: [("commodity".to_owned(), "commodity".to_owned())].into(),
        region: None,
        publication_lag_days: 0,
        known_at: None,
        columns: vec![close],
    };
    let mut forecast = crate::settings::Forecast::default();
    (forecast.horizon, forecast.paths) = (2, 3);
    Settings {
        dataset: crate::settings::Dataset {
            name: "small".into(),
            key: vec!["commodity".into()],
            target: "close".into(),
            calendar: Default::default(),
            holidays: "none".into(),
            timezone: "UTC".into(),
            buckets: None,
            synthetic: true,
        },
        sources: vec![market],
        training: Default::default(),
        forecast,
        models: Vec::new(),
        run: Default::default(),
    }
}

/// A batch of the columns given; others are null, or zero and empty where they must not be.
fn batch(schema: &SchemaRef, rows: usize, given: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let column = |field: &Arc<arrow::datatypes::Field>| match given.iter().find(|(name, _)| name == field.name()) {
        Some((_, array)) => Arc::clone(array),
        None if field.is_nullable() => new_null_array(field.data_type(), rows),
        None if *field.data_type() == DataType::Utf8 => Arc::new(StringArray::from(vec![""; rows])),
        None => ScalarValue::new_zero(field.data_type()).unwrap().to_array_of_size(rows).unwrap(),
    };
    let columns = schema.fields().iter().map(column).collect();
    RecordBatch::try_new(Arc::clone(schema), columns).unwrap()
}

fn days(values: impl IntoIterator<Item = i32>) -> ArrayRef {
    Arc::new(Date32Array::from_iter_values(values))
}

fn key(rows: usize) -> (&'static str, ArrayRef) {
    ("commodity", Arc::new(StringArray::from(vec!["Coffee"; rows])))
}

impl Small {
    /// With the first six sessions known.
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(folder.path().to_str().unwrap()).unwrap();
        let job = Job {
            warehouse: warehouse.root().to_string(),
            settings: settings(),
            input: Version { table: String::new(), number: 0 },
            models: None,
            run_id: "run".into(),
            generated_at: 0,
            reports: None,
            scoring: None,
            laying: None,
            until: None,
        };
        let mut small = Self { _folder: folder, warehouse, job };
        small.sessions(6).await;
        small
    }

    /// Makes this many sessions known.
    pub(super) async fn sessions(&mut self, n: usize) {
        let def = tables_input::model_input(&self.job.settings);
        let rows = batch(
            &def.file_columns(),
            n,
            vec![
                key(n),
                ("date", days((0..n as i32).map(|i| FIRST + i))),
                ("is_trading_day", Arc::new(Int32Array::from(vec![1; n]))),
                ("close", Arc::new(Float64Array::from_iter_values(CLOSES[..n].iter().copied()))),
            ],
        );
        let partition = vec![("key_bucket".to_owned(), "0".to_owned())];
        replace_partition(&self.warehouse, &def, Some(partition), rows).await.unwrap();
        self.job.input = Snapshot::open(&self.warehouse, &def).await.unwrap().unwrap().identity();
    }

    /// Stores a model trained on the first three sessions, and its forecasts in place of earlier ones.
    pub(super) async fn forecasts(&self, model_name: &str, made: &[Made]) {
        let settings = &self.job.settings;
        let cell = cell(model_name);
        let models = tables::trained_models(settings);
        let head = |n: usize| {
            vec![
                key(n),
                ("model_version", Arc::new(StringArray::from(vec!["v1"; n])) as ArrayRef),
                ("training_cutoff_date", days(vec![CUTOFF; n])),
            ]
        };
        let mut columns = head(1);
        columns.extend([("training_start_date", days([FIRST])), ("window_start", days([CUTOFF + 1]))]);
        self.put(&models, &cell, &batch(&models.file_columns(), 1, columns)).await;
        self.put(&self.job.distributions(), &cell, &self.path_rows(made, head(3 * made.len()))).await;
        let points = tables::point_forecasts(settings);
        self.put(&points, &cell, &point_rows(&points, made, head(2 * made.len()))).await;
    }

    fn path_rows(&self, made: &[Made], mut columns: Vec<(&'static str, ArrayRef)>) -> RecordBatch {
        let def = self.job.distributions();
        let day = |h: usize| -> ArrayRef { Arc::new(made.iter().flat_map(|m| m.paths[h]).collect::<Float32Array>()) };
        columns.extend([
            ("data_cutoff_date", days(made.iter().flat_map(|m| [m.origin; 3]))),
            ("day_1", day(0)),
            ("day_2", day(1)),
        ]);
        batch(&def.file_columns(), 3 * made.len(), columns)
    }

    /// Replaces a cell's rows.
    pub(super) async fn put(&self, def: &TableDef, cell: &Cell, rows: &RecordBatch) {
        let partition = vec![
            ("model_name".to_owned(), cell.model_name.clone()),
            ("key_bucket".to_owned(), cell.key_bucket.to_string()),
        ];
        let mut writer = CellWriter::new(&self.warehouse, def, partition);
        writer.write(rows).await.unwrap();
        let files = Snapshot::open_or_create(&self.warehouse, def).await.unwrap().files().unwrap();
        let own = files.into_iter().filter(|file| file.cell().as_ref() == Some(cell));
        let change = CellChange {
            cell: cell.clone(),
            app_id: cell.app_id("test"),
            base: own.map(|file| file.path).collect(),
            replace: true,
            add: writer.close().await.unwrap(),
            claims: Arc::default(),
        };
        commit_cells(&self.warehouse, def, vec![change], Map::new()).await.unwrap();
    }

    pub(super) async fn scores(&self) -> Snapshot {
        let def = tables::forecast_metadata(&self.job.settings);
        Snapshot::open(&self.warehouse, &def).await.unwrap().unwrap()
    }

    pub(super) async fn content(&self) -> Content {
        content::of_table(&self.scores().await).await.unwrap()
    }
}

fn point_rows(def: &TableDef, made: &[Made], mut columns: Vec<(&'static str, ArrayRef)>) -> RecordBatch {
    let n = 2 * made.len();
    let number = |of: &dyn Fn(&Made, usize) -> f64| -> ArrayRef {
        let values = made.iter().flat_map(|m| [of(m, 0), of(m, 1)]);
        Arc::new(Float64Array::from_iter_values(values))
    };
    let mean = |m: &Made, h: usize| m.paths[h].iter().map(|x| f64::from(*x)).sum::<f64>() / 3.0;
    columns.extend([
        ("data_cutoff_date", days(made.iter().flat_map(|m| [m.origin; 2]))),
        ("day_ahead", Arc::new(Int32Array::from_iter_values((0..n).map(|i| 1 + i as i32 % 2))) as ArrayRef),
        ("forecast_point", number(&|m, h| m.point[h])),
        ("forecast_mean", number(&mean)),
        // the 80 % interval is one wide to each side of the point, that of 95 % is two wide
        ("lower_80", number(&|m, h| m.point[h] - 1.0)),
        ("upper_80", number(&|m, h| m.point[h] + 1.0)),
        ("lower_95", number(&|m, h| m.point[h] - 2.0)),
        ("upper_95", number(&|m, h| m.point[h] + 2.0)),
    ]);
    batch(&def.file_columns(), n, columns)
}
