//! A bucket's rows, put together by key as they come.

use std::collections::BTreeMap;
use std::sync::Arc;

use almanac_models::{CalendarKind, Day};
use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type};
use datafusion::prelude::{SessionConfig, col, lit};
use futures::TryStreamExt;

use super::{KeySeries, Panel, Series};
use crate::delta::{Snapshot, Warehouse, session_with};
use crate::plan::job::{Job, key_text, key_values};
use crate::{EngineError, Result, tables_input};

/// Days beside a value: when it became public, its own date, and when it is too old.
const BESIDE: [&str; 3] = ["known_at", "date", "stale_on"];

/// Rows of a batch: few, so that a bucket of many keys needs no more memory beside its panel than one of few.
const BATCH_ROWS: usize = 1 << 10;

/// Reads a bucket of the pinned input. Memory beside the panel: one batch.
pub(super) async fn read(job: &Job, bucket: i32) -> Result<Panel> {
    let warehouse = Warehouse::open(&job.warehouse)?;
    let table = tables_input::model_input(&job.settings);
    let snapshot = Snapshot::at(&warehouse, &table, &job.input).await?;
    let context = session_with(SessionConfig::new().with_batch_size(BATCH_ROWS));
    let rows = context.read_table(snapshot.provider())?.filter(col("key_bucket").eq(lit(bucket)))?;
    let mut batches = rows.execute_stream().await?;
    let mut keys: BTreeMap<String, Rows> = BTreeMap::new();
    while let Some(batch) = batches.try_next().await? {
        append(job, &batch, &mut keys)?;
    }
    let keys = keys.into_iter().map(|(key, rows)| (key.clone(), rows.series(job, &key)));
    Ok(Panel { keys: keys.collect() })
}

/// Rows of one key.
#[derive(Default)]
struct Rows {
    days: Vec<Day>,
    is_session: Vec<bool>,
    values: BTreeMap<String, Vec<f64>>,
    beside: BTreeMap<String, Vec<Day>>,
}

fn append(job: &Job, batch: &RecordBatch, keys: &mut BTreeMap<String, Rows>) -> Result<()> {
    let names: Vec<StringArray> =
        job.settings.dataset.key.iter().map(|name| text(batch, name)).collect::<Result<_>>()?;
    let days = dates(batch, "date")?;
    let mut numbers = BTreeMap::new();
    let mut beside = BTreeMap::new();
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        match field.data_type() {
            DataType::Float64 | DataType::Float32 | DataType::Int32 | DataType::Int64 => {
                let array = cast(array, &DataType::Float64).map_err(EngineError::from_arrow)?;
                numbers.insert(field.name().as_str(), array.as_primitive::<Float64Type>().clone());
            }
            DataType::Date32 if field.name() != "date" => {
                beside.insert(field.name().as_str(), array.as_primitive::<Date32Type>().clone());
            }
            _ => {}
        }
    }
    let trading = numbers.remove("is_trading_day").ok_or_else(|| missing("is_trading_day"))?;
    numbers.remove("key_bucket");
    let same = |a: usize, b: usize| names.iter().all(|column| column.value(a) == column.value(b));
    let mut start = 0;
    while start < batch.num_rows() {
        let end = (start + 1..batch.num_rows()).find(|row| !same(start, *row)).unwrap_or(batch.num_rows());
        let key: Vec<&str> = names.iter().map(|column| column.value(start)).collect();
        let rows = keys.entry(key_text(&key)).or_default();
        rows.days.extend_from_slice(&days[start..end]);
        let later = |row: usize| job.until.is_some_and(|until| days[row] > until);
        rows.is_session.extend((start..end).map(|row| trading.is_valid(row) && trading.value(row) > 0.0));
        for (name, array) in &numbers {
            let known_at = beside.get(format!("{name}_known_at").as_str());
            let public = |row: usize| match (job.until, known_at) {
                (Some(until), Some(known)) => known.is_valid(row) && known.value(row) <= until,
                _ => !later(row),
            };
            let is_there = |row: usize| array.is_valid(row) && public(row);
            let values = (start..end).map(|row| if is_there(row) { array.value(row) } else { f64::NAN });
            rows.values.entry((*name).to_owned()).or_default().extend(values);
        }
        for (name, array) in &beside {
            let days = (start..end).map(|row| if array.is_valid(row) { array.value(row) } else { Day::MIN });
            rows.beside.entry((*name).to_owned()).or_default().extend(days);
        }
        start = end;
    }
    Ok(())
}

impl Rows {
    fn series(mut self, job: &Job, key: &str) -> KeySeries {
        if !self.days.is_sorted() {
            let mut order: Vec<usize> = (0..self.days.len()).collect();
            order.sort_by_key(|&row| self.days[row]);
            self = self.pick(&order);
        }
        let last_bar =
            self.days.iter().zip(&self.is_session).filter(|(_, is_session)| **is_session).map(|(day, _)| *day).max();
        // of a filled spine a day without a bar may be the last before `until`: the later bar made it a session, and
        // gives it nothing else
        let is_there = |day: Day| job.until.is_none_or(|until| day <= until);
        let is_session = |&row: &usize| match job.settings.dataset.calendar {
            CalendarKind::Trading => self.is_session[row] && is_there(self.days[row]),
            CalendarKind::Daily => Some(self.days[row]) <= last_bar && is_there(self.days[row]),
        };
        let sessions: Vec<usize> = (0..self.days.len()).filter(is_session).collect();
        let every_row = sessions.len() == self.days.len();
        let on_sessions = (!every_row).then(|| self.pick(&sessions));
        let target = |rows: &Self| match rows.values.get(&job.settings.dataset.target) {
            Some(values) => values.clone(),
            None => vec![f64::NAN; rows.days.len()],
        };
        let all_days = self.days.clone();
        let (days, target) = match &on_sessions {
            Some(rows) => (rows.days.clone(), target(rows)),
            None => (self.days.clone(), target(&self)),
        };
        let all = Arc::new(self.columns());
        KeySeries {
            key: key_values(key).into_iter().map(str::to_owned).collect(),
            days,
            target,
            columns: on_sessions.map_or_else(|| Arc::clone(&all), |rows| Arc::new(rows.columns())),
            all_days,
            all,
        }
    }

    fn pick(&self, rows: &[usize]) -> Self {
        fn of<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().map(|&row| column[row]).collect()
        }
        Self {
            days: of(&self.days, rows),
            is_session: of(&self.is_session, rows),
            values: self.values.iter().map(|(name, values)| (name.clone(), of(values, rows))).collect(),
            beside: self.beside.iter().map(|(name, days)| (name.clone(), of(days, rows))).collect(),
        }
    }

    /// Every numeric column with the days beside it.
    fn columns(mut self) -> BTreeMap<String, Series> {
        let mut columns = BTreeMap::new();
        for (name, mut values) in self.values {
            values.shrink_to_fit();
            let [known_at, dates, stale_on] = BESIDE.map(|what| self.beside.remove(&format!("{name}_{what}")));
            let aged = dates.zip(stale_on).map(|(dates, stale_on)| dates.into_iter().zip(stale_on).collect());
            columns.insert(name, Series { values, known_at, aged });
        }
        columns
    }
}

fn missing(name: &str) -> EngineError {
    EngineError::Internal(format!("silver.model_input has no column {name}"))
}

fn text(batch: &RecordBatch, name: &str) -> Result<StringArray> {
    let array = batch.column_by_name(name).ok_or_else(|| missing(name))?;
    Ok(cast(array, &DataType::Utf8).map_err(EngineError::from_arrow)?.as_string::<i32>().clone())
}

fn dates(batch: &RecordBatch, name: &str) -> Result<Vec<Day>> {
    let array = batch.column_by_name(name).ok_or_else(|| missing(name))?;
    let array = cast(array, &DataType::Date32).map_err(EngineError::from_arrow)?;
    if array.null_count() > 0 {
        return Err(EngineError::Internal(format!("silver.model_input.{name} holds nulls")));
    }
    Ok(array.as_primitive::<Date32Type>().values().to_vec())
}
