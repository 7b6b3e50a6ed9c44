//! The observations of one key bucket, read once from the pinned `silver.model_input`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use almanac_models::{CalendarKind, Day, cut};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type};
use datafusion::prelude::{col, lit};

use crate::delta::{Snapshot, Warehouse, session};
use crate::plan::job::{Job, key_text};
use crate::{EngineError, Result, tables_input};

/// All keys of one bucket, by key text.
#[derive(Debug, Default)]
pub struct Panel {
    /// Observations by key text.
    pub keys: BTreeMap<String, KeySeries>,
}

/// Observations of one key, oldest first.
#[derive(Debug, Clone)]
pub struct KeySeries {
    /// Values of the key columns.
    pub key: Vec<String>,
    /// Sessions: bars on a trading calendar, days of the filled spine on a daily one.
    pub days: Vec<Day>,
    /// The target on each session; NaN where absent.
    pub target: Vec<f64>,
    /// Every numeric column on each session.
    pub columns: BTreeMap<String, Series>,
    /// Every row's day, sessions or not, for values known in advance.
    pub all_days: Vec<Day>,
    /// Every numeric column on every row.
    pub all: BTreeMap<String, Series>,
}

/// One column.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Values; NaN where absent.
    pub values: Vec<f64>,
    /// When each value became public, for lagged sources; `Day::MIN` where absent.
    pub known_at: Option<Vec<Day>>,
    /// For columns of limited age, each value's own date and the first day on which it is too old; `Day::MIN` where
    /// absent or without limit.
    pub aged: Option<Vec<(Day, Day)>>,
}

impl KeySeries {
    /// A column on the sessions, if the data has it and at least one value.
    pub fn column(&self, name: &str) -> Option<&Series> {
        self.columns.get(name).filter(|series| series.values.iter().any(|value| !value.is_nan()))
    }

    /// Whether a used value is dated after the cut or became public after it.
    pub fn leaks(&self, columns: &[&Series], at: Day) -> bool {
        let n = cut(&self.days, at);
        let late =
            |series: &&Series| series.known_at.as_ref().is_some_and(|known| known[..n].iter().any(|&day| day > at));
        self.days[..n].last().is_some_and(|&day| day > at) || columns.iter().any(late)
    }
}

/// Reads a bucket, or finds it in the process's small cache.
///
/// # Errors
/// Storage and plan errors; [`EngineError::NotFound`] if the table has not been built.
pub async fn load(job: &Job, bucket: i32) -> Result<Arc<Panel>> {
    type Slot = (String, u64, i32, Arc<Panel>);
    /// Buckets kept per process: as many as tasks that run at once on a large machine.
    const KEPT: usize = 4;
    static CACHE: OnceLock<Mutex<Vec<Slot>>> = OnceLock::new();
    let cache = CACHE.get_or_init(Mutex::default);
    let hit = |slots: &Vec<Slot>| {
        let wanted = |slot: &&Slot| slot.0 == job.warehouse && slot.1 == job.input_version && slot.2 == bucket;
        slots.iter().find(wanted).map(|slot| Arc::clone(&slot.3))
    };
    let locked = || cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(panel) = hit(&locked()) {
        return Ok(panel);
    }
    let panel = Arc::new(read(job, bucket).await?);
    let mut slots = locked();
    if slots.len() >= KEPT {
        slots.remove(0);
    }
    slots.push((job.warehouse.clone(), job.input_version, bucket, Arc::clone(&panel)));
    Ok(panel)
}

/// A planned key that the pinned input does not hold.
pub(crate) fn unknown(key: &str) -> EngineError {
    EngineError::NotFound { what: "key", name: key.to_owned(), hint: " in silver.model_input".into() }
}

async fn read(job: &Job, bucket: i32) -> Result<Panel> {
    let warehouse = Warehouse::open(&job.warehouse)?;
    let table = tables_input::model_input(&job.settings);
    let snapshot = Snapshot::at(&warehouse, &table, job.input_version).await?;
    let context = session();
    let rows = context.read_table(snapshot.provider())?.filter(col("key_bucket").eq(lit(bucket)))?;
    let mut panel = Panel::default();
    let mut rows_by_key: BTreeMap<String, Vec<(Day, usize, usize)>> = BTreeMap::new();
    let batches = rows.collect().await?;
    for (b, batch) in batches.iter().enumerate() {
        let keys: Vec<_> = job.settings.dataset.key.iter().map(|name| text(batch, name)).collect::<Result<_>>()?;
        let days = dates(batch, "date")?;
        for (row, &day) in days.iter().enumerate() {
            let values: Vec<&str> = keys.iter().map(|column| column.value(row)).collect();
            rows_by_key.entry(key_text(&values)).or_default().push((day, b, row));
        }
    }
    let columns: Vec<Numbers> = batches.iter().map(Numbers::new).collect::<Result<_>>()?;
    for (key, mut rows) in rows_by_key {
        rows.sort_unstable();
        panel.keys.insert(key.clone(), series(job, &key, &rows, &columns));
    }
    Ok(panel)
}

/// The numeric columns of a batch, and the days that stand beside them, by name.
struct Numbers {
    values: BTreeMap<String, Vec<f64>>,
    days: BTreeMap<String, Vec<Day>>,
    session: Vec<bool>,
}

impl Numbers {
    fn new(batch: &RecordBatch) -> Result<Self> {
        let mut numbers = Self { values: BTreeMap::new(), days: BTreeMap::new(), session: Vec::new() };
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            let name = field.name();
            match field.data_type() {
                DataType::Float64 | DataType::Float32 | DataType::Int32 | DataType::Int64 => {
                    let array = cast(array, &DataType::Float64).map_err(EngineError::from_arrow)?;
                    let array = array.as_primitive::<Float64Type>();
                    numbers.values.insert(name.clone(), array.iter().map(|v| v.unwrap_or(f64::NAN)).collect());
                }
                DataType::Date32 if name != "date" => {
                    let days = array.as_primitive::<Date32Type>().iter().map(|v| v.unwrap_or(Day::MIN)).collect();
                    numbers.days.insert(name.clone(), days);
                }
                _ => {}
            }
        }
        let trading = numbers.values.remove("is_trading_day").ok_or_else(|| missing("is_trading_day"))?;
        numbers.values.remove("key_bucket");
        numbers.session = trading.iter().map(|&flag| flag > 0.0).collect();
        Ok(numbers)
    }
}

fn series(job: &Job, key: &str, rows: &[(Day, usize, usize)], batches: &[Numbers]) -> KeySeries {
    let target_name = &job.settings.dataset.target;
    let target_of =
        |&(_, b, row): &(Day, usize, usize)| batches[b].values.get(target_name).map_or(f64::NAN, |v| v[row]);
    let last_bar = rows.iter().filter(|row| batches[row.1].session[row.2]).map(|row| row.0).max().unwrap_or(Day::MIN);
    let session = |row: &&(Day, usize, usize)| match job.settings.dataset.calendar {
        CalendarKind::Trading => batches[row.1].session[row.2],
        CalendarKind::Daily => row.0 <= last_bar,
    };
    let sessions: Vec<(Day, usize, usize)> = rows.iter().filter(session).copied().collect();
    let names: Vec<String> = batches.first().map(|b| b.values.keys().cloned().collect()).unwrap_or_default();
    let pick = |rows: &[(Day, usize, usize)]| -> BTreeMap<String, Series> {
        let column = |name: &String| {
            let values =
                rows.iter().map(|&(_, b, row)| batches[b].values.get(name).map_or(f64::NAN, |v| v[row])).collect();
            let known_at = days_beside(batches, rows, &format!("{name}_known_at"));
            let dates = days_beside(batches, rows, &format!("{name}_date"));
            let stale_on = days_beside(batches, rows, &format!("{name}_stale_on"));
            let aged = dates.zip(stale_on).map(|(dates, stale_on)| dates.into_iter().zip(stale_on).collect());
            Series { values, known_at, aged }
        };
        names.iter().map(|name| (name.clone(), column(name))).collect()
    };
    KeySeries {
        key: crate::plan::job::key_values(key).into_iter().map(str::to_owned).collect(),
        days: sessions.iter().map(|row| row.0).collect(),
        target: sessions.iter().map(target_of).collect(),
        columns: pick(&sessions),
        all_days: rows.iter().map(|row| row.0).collect(),
        all: pick(rows),
    }
}

/// A column of days on the rows given, if the table has it.
fn days_beside(batches: &[Numbers], rows: &[(Day, usize, usize)], name: &str) -> Option<Vec<Day>> {
    let day = |&(_, b, row): &(Day, usize, usize)| batches[b].days.get(name).map_or(Day::MIN, |days| days[row]);
    batches.iter().any(|batch| batch.days.contains_key(name)).then(|| rows.iter().map(day).collect())
}

fn missing(name: &str) -> EngineError {
    EngineError::Internal(format!("silver.model_input has no column {name}"))
}

fn text(batch: &RecordBatch, name: &str) -> Result<arrow::array::StringArray> {
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
