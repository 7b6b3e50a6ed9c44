//! Why a forecast is what it is: the window it belongs to, the history and regressors it saw, and its random numbers.

use almanac_models::{Day, FutureRegressor, StreamKey, Window, cut};

use super::{Ask, resolve};
use crate::plan::panel::{self, Series};
use crate::plan::{servable, stored};
use crate::{EngineError, Result};

/// What a forecast is made from, by its stored model and the input of today.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The days that the model serves.
    pub window: Window,
    /// Days ahead, in sessions.
    pub ahead: Vec<Day>,
    /// The input as it is now, as `data_version` names it.
    pub data_version: String,
    /// First and last session of the history that the model is conditioned on.
    pub history: (Day, Day),
    /// Sessions of it.
    pub sessions: usize,
    /// Those without a value.
    pub missing: usize,
    /// Sessions of it after the cutoff: over them the state of the fit is moved on, with nothing fitted anew.
    pub moved: usize,
    /// The last value of it, with its session.
    pub last: Option<(Day, f64)>,
    /// Whether a value of it is dated or became public after the origin.
    pub leaks: bool,
    /// What the model is told beside the target, in its order.
    pub regressors: Vec<Seen>,
    /// Seed of the run.
    pub seed: u64,
    /// Key of the forecast's generator: [`StreamKey`] in hexadecimal digits.
    pub stream: String,
}

/// A regressor as a forecast sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Name of the column.
    pub column: String,
    /// How it goes on beyond the origin.
    pub future: FutureRegressor,
    /// Value at the origin, if there is one.
    pub value: Option<f64>,
    /// When that value became public, for sources with a lag.
    pub known_at: Option<Day>,
    /// The value's own date, for columns of limited age.
    pub dated: Option<Day>,
    /// Values assumed for the days ahead; empty where the model asks for none.
    pub ahead: Vec<f64>,
}

/// The account of a forecast.
///
/// # Errors
/// As [`resolve::resolve`]; [`EngineError::Input`] for a stored model that is damaged.
pub async fn account(ask: &Ask) -> Result<Account> {
    let (job, unit) = resolve::resolve(ask).await?;
    let panel = panel::load(&job, unit.cell.key_bucket).await?;
    let series = panel.keys.get(&unit.key).ok_or_else(|| panel::unknown(&unit.key))?;
    let spec = job.model(&ask.model)?;
    let model = stored::Cache::default().get(&job, &unit).await?;
    let model = model.map_err(|(place, message)| EngineError::input(place, message).of_value(ask.model.as_str()))?;
    let refused = |refusal| resolve::refused(ask, &unit.key, refusal);
    let columns = servable::regressors(&spec, series).map_err(refused)?;
    let start = series.days.partition_point(|&day| day < model.training_start_date);
    let end = cut(&series.days, ask.origin);
    let ahead = job.calendar()?.next_sessions(ask.origin, job.settings.forecast.horizon);
    let future = servable::future(&spec, series, &columns, start, ask.origin, &ahead).map_err(refused)?;
    let regressors = spec.regressors.iter().zip(&columns).enumerate().map(|(index, (regressor, column))| {
        let values = future.get(index * ahead.len()..(index + 1) * ahead.len()).unwrap_or_default();
        seen(&regressor.column, regressor.future, column, end, values)
    });
    let history = series.target.get(start..end).unwrap_or_default();
    let cutoff = unit.cell.training_cutoff_date;
    let last = history.iter().rposition(|value| !value.is_nan());
    let first = series.days.get(start).copied().unwrap_or(ask.origin);
    let forecast = &job.settings.forecast;
    let stream = StreamKey::new(forecast.seed, &unit.key, &ask.model, &forecast.model_version, ask.origin);
    Ok(Account {
        window: job.settings.training.every.window_of(ask.origin),
        data_version: job.data_version(),
        history: (first, ask.origin),
        sessions: history.len(),
        missing: history.iter().filter(|value| value.is_nan()).count(),
        moved: end.saturating_sub(cut(&series.days, cutoff).max(start)),
        last: last.and_then(|place| Some((*series.days.get(start + place)?, *history.get(place)?))),
        leaks: cutoff >= ask.origin || series.leaks(&columns, ask.origin),
        regressors: regressors.collect(),
        seed: forecast.seed,
        stream: stream.hex(),
        ahead,
    })
}

/// A column at the last of `end` sessions.
fn seen(name: &str, future: FutureRegressor, column: &Series, end: usize, ahead: &[f64]) -> Seen {
    let day = |day: Option<&Day>| day.copied().filter(|&day| day != Day::MIN);
    let at = end.checked_sub(1);
    let of = |days: &Option<Vec<Day>>| day(days.as_ref().zip(at).and_then(|(days, at)| days.get(at)));
    let aged = column.aged.as_ref().zip(at).and_then(|(aged, at)| aged.get(at));
    let asked = future != FutureRegressor::None;
    Seen {
        column: name.to_owned(),
        future,
        value: at.and_then(|at| column.values.get(at)).copied().filter(|value| !value.is_nan()),
        known_at: of(&column.known_at),
        dated: day(aged.map(|(date, _)| date)),
        ahead: if asked { ahead.to_vec() } else { Vec::new() },
    }
}
