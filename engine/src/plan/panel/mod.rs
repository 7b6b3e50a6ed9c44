//! The observations of one key bucket, read once from the pinned `silver.model_input`.

mod read;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use almanac_models::{Day, cut};

use crate::delta::Version;
use crate::plan::job::Job;
use crate::{EngineError, Result};

/// Bytes of buckets that a process keeps, beside the one read last.
const KEPT_BYTES: usize = 1 << 20;
/// Most buckets that it keeps: those of the tasks that run at once.
const KEPT: usize = 16;

/// All keys of one bucket, by key text.
#[derive(Debug, Default)]
pub struct Panel {
    /// Observations by key text.
    pub keys: BTreeMap<String, KeySeries>,
}

impl Panel {
    /// Bytes of its values, roughly.
    fn bytes(&self) -> usize {
        let of = |column: &Series| {
            let beside = column.known_at.as_ref().map_or(0, |days| 4 * days.len());
            8 * column.values.len() + beside + column.aged.as_ref().map_or(0, |days| 8 * days.len())
        };
        let columns = |columns: &BTreeMap<String, Series>| columns.values().map(of).sum::<usize>();
        let key = |key: &KeySeries| {
            let sessions = if Arc::ptr_eq(&key.columns, &key.all) { 0 } else { columns(&key.columns) };
            12 * key.days.len() + 4 * key.all_days.len() + columns(&key.all) + sessions
        };
        self.keys.values().map(key).sum()
    }
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
    /// Every numeric column on each session; `all` itself where every row is one.
    pub columns: Arc<BTreeMap<String, Series>>,
    /// Every row's day, sessions or not, for values known in advance.
    pub all_days: Vec<Day>,
    /// Every numeric column on every row.
    pub all: Arc<BTreeMap<String, Series>>,
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

/// Reads a bucket, or finds it among the last ones of this process.
///
/// # Errors
/// Storage and plan errors; [`EngineError::NotFound`] if the table has not been built.
pub async fn load(job: &Job, bucket: i32) -> Result<Arc<Panel>> {
    static KEPT_PANELS: OnceLock<Mutex<VecDeque<Slot>>> = OnceLock::new();
    let kept = || KEPT_PANELS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let is_wanted = |slot: &&Slot| {
        slot.warehouse == job.warehouse && slot.input == job.input && slot.bucket == bucket && slot.until == job.until
    };
    if let Some(slot) = kept().iter().find(is_wanted) {
        return Ok(Arc::clone(&slot.panel));
    }
    let panel = Arc::new(read::read(job, bucket).await?);
    let (warehouse, input) = (job.warehouse.clone(), job.input.clone());
    let mut kept = kept();
    let until = job.until;
    kept.push_front(Slot { warehouse, input, until, bucket, panel: Arc::clone(&panel), bytes: panel.bytes() });
    while kept.len() > 1 && (kept.len() > KEPT || kept.iter().map(|slot| slot.bytes).sum::<usize>() > KEPT_BYTES) {
        kept.pop_back();
    }
    Ok(panel)
}

struct Slot {
    warehouse: String,
    input: Version,
    until: Option<Day>,
    bucket: i32,
    panel: Arc<Panel>,
    bytes: usize,
}

/// The bucket that a task is at: its units come bucket by bucket, whatever others read meanwhile.
#[derive(Default)]
pub struct Current(Option<(i32, Arc<Panel>)>);

impl Current {
    /// As [`load`], of one job.
    pub async fn load(&mut self, job: &Job, bucket: i32) -> Result<Arc<Panel>> {
        if let Some((_, panel)) = self.0.as_ref().filter(|(at, _)| *at == bucket) {
            return Ok(Arc::clone(panel));
        }
        self.0 = None;
        let panel = load(job, bucket).await?;
        self.0 = Some((bucket, Arc::clone(&panel)));
        Ok(panel)
    }
}

/// A planned key that the pinned input does not hold.
pub(crate) fn unknown(key: &str) -> EngineError {
    EngineError::NotFound { what: "key", name: key.to_owned(), hint: " in silver.model_input".into() }
}
