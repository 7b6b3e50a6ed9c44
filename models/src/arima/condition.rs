//! The state at an origin: exact conditional means of the days ahead and the factor of their covariance.

use super::diffuse::Levels;
use super::gaps::filter;
use super::polynomial::{Arma, difference, difference_weights};
use super::sample::{Sample, check};
use super::simulate::AtOrigin;
use super::stationary::{Gains, final_state};
use super::stored::Parameters;
use crate::{FittedModel, Future, History, ModelError, State};

impl FittedModel for Parameters {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        let sample = Sample::new(history, &self.used(), false)?;
        if sample.observed < self.order.lost().max(1) {
            return Err(ModelError::TooShort { have: sample.observed, need: self.order.lost().max(1) });
        }
        let horizon = future.horizon();
        let ahead = future_columns(self, future)?;
        let arma = self.arma();
        let errors = self.errors(&sample)?;
        let forecast = if sample.complete() {
            from_differences(self, &arma, &errors, horizon)
        } else {
            from_levels(self, &arma, &errors, &sample.seen, horizon)
        };
        let broken = || ModelError::Numerical("the filter has no finite innovation variance".into());
        let (mut mean, mut factor) = forecast.ok_or_else(broken)?;
        let regression = self.regression(&ahead, sample.len()..sample.len() + horizon, future.days)?;
        mean.iter_mut().zip(&regression).for_each(|(m, r)| *m += r);
        let deviation = self.variance.sqrt();
        factor.iter_mut().for_each(|f| *f *= deviation);
        match mean.iter().chain(&factor).find(|v| !v.is_finite()) {
            None => Ok(Box::new(AtOrigin { mean, factor })),
            Some(v) => Err(ModelError::Numerical(format!("a forecast is {v}"))),
        }
    }
}

/// The read regressors of the sessions ahead.
fn future_columns<'a>(parameters: &Parameters, future: &Future<'a>) -> Result<Vec<&'a [f64]>, ModelError> {
    if future.regressors.len() != parameters.effects.len() {
        let value = format!("{} columns where the model has {}", future.regressors.len(), parameters.effects.len());
        return Err(ModelError::Unusable { what: "future regressors".into(), value });
    }
    let mut columns = Vec::new();
    for (effect, column) in parameters.effects.iter().zip(future.regressors) {
        if effect.coefficient.is_none() {
            continue;
        }
        let what = format!("future of {}", effect.column);
        if column.len() != future.horizon() {
            let value = format!("{} rows for {} sessions", column.len(), future.horizon());
            return Err(ModelError::Unusable { what, value });
        }
        check(&what, column)?;
        if column.iter().any(|v| v.is_nan()) {
            return Err(ModelError::Unusable { what, value: "NaN".into() });
        }
        columns.push(*column);
    }
    Ok(columns)
}

/// Complete history: the differenced series is filtered, forecast and summed up again.
fn from_differences(
    parameters: &Parameters,
    arma: &Arma,
    errors: &[f64],
    horizon: usize,
) -> Option<(Vec<f64>, Vec<f64>)> {
    let series = difference(errors, &parameters.order);
    let gains = Gains::new(arma, series.len() + horizon + 1)?;
    let mut state = final_state(arma, &gains, &series);
    let move_on = |state: &mut Vec<f64>| {
        let lead = state[0];
        for i in 0..state.len() {
            let phi = arma.ar.get(i).copied().unwrap_or(0.0);
            state[i] = phi * lead + state.get(i + 1).copied().unwrap_or(0.0);
        }
    };
    let weights = difference_weights(&parameters.order);
    let mut levels = errors[errors.len() - weights.len()..].to_vec();
    let known = levels.len();
    for _h in 0..horizon {
        let past: f64 = weights.iter().zip(levels.iter().rev()).map(|(delta, level)| delta * level).sum();
        levels.push(state[0] + past);
        move_on(&mut state);
    }
    let mut factor = vec![0.0; horizon * horizon];
    let mut column = Vec::with_capacity(horizon);
    for h in 0..horizon {
        let deviation = gains.variance(series.len() + h).sqrt();
        let mut response: Vec<f64> = gains.gain(series.len() + h).iter().map(|k| k * deviation).collect();
        column.clear();
        for later in h..horizon {
            let own = if later == h { deviation } else { response[0] };
            let past: f64 = weights.iter().zip(column.iter().rev()).map(|(delta, level)| delta * level).sum();
            column.push(own + past);
            factor[later * horizon + h] = own + past;
            if later > h {
                move_on(&mut response);
            }
        }
    }
    Some((levels.split_off(known), factor))
}

/// History with gaps: levels are filtered.
fn from_levels(
    parameters: &Parameters,
    arma: &Arma,
    errors: &[f64],
    seen: &[bool],
    horizon: usize,
) -> Option<(Vec<f64>, Vec<f64>)> {
    let levels = Levels::new(&parameters.order, arma);
    let rows: Vec<[f64; 1]> = errors.iter().zip(seen).map(|(e, seen)| [if *seen { *e } else { 0.0 }]).collect();
    let mut innovations = vec![[0.0]; rows.len()];
    let filtered = filter(&levels, &rows, seen, &mut innovations)?;
    levels.forecast(filtered.predicted, horizon)
}
