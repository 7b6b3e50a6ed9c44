//! Long seasons. The likelihood of a seasonal form with hundreds of initial terms has no maximum worth finding (R's
//! `ets` refuses seasons above 24): the season is taken out by moving averages and kept as it is, a non-seasonal form
//! is fitted to the rest, and where the result forecasts one season ahead worse than the value one season before,
//! that value is used instead.

use super::estimate::{Estimate, Ready};
use super::filter::filter;
use super::form::{Form, Part, Pattern};
use super::recursion::{Components, Smoothing};
use crate::arima::Sample;
use crate::decompose::{Kind, adjusted, bridged, seasonal_terms};

/// Longest season that a seasonal form is fitted to.
pub(super) const LONGEST: usize = 24;

/// The fit of a series with a long season, and what was done. `fit` finds the best form of a pattern for a
/// non-seasonal series.
pub(super) fn fit_long(
    sample: &Sample,
    season: usize,
    pattern: &Pattern,
    fit: impl Fn(&Sample, &Pattern) -> Option<Estimate>,
) -> Option<(Estimate, String)> {
    let filled = bridged(&sample.target, &sample.seen);
    let terms = seasonal_terms(&filled, season, Kind::Additive)?;
    // missing rows stay missing
    let rest = Sample { target: adjusted(&sample.target, &terms, Kind::Additive), ..sample.clone() };
    let plain = Pattern { season: Some(Part::None), ..pattern.additive() };
    let found = fit(&rest, &plain)?;
    let form = Form { season: Part::Additive, ..found.form };
    let start = Components { season: terms, ..found.start.clone() };
    let smoothed = Estimate { form, start, ..found };
    let naive = seasonal_naive(&filled, season);
    let ready = Ready::new(sample, season);
    let (by_form, by_naive) = (season_ahead(&ready, &smoothed)?, season_ahead(&ready, &naive)?);
    let why = format!("season of {season} sessions, above {LONGEST}");
    if by_form <= by_naive {
        return Some((smoothed, format!("fixed season by moving averages: {why}")));
    }
    let errors = format!("error one season ahead {by_form:.6} against {by_naive:.6}");
    Some((naive, format!("seasonal naive: {why}, {errors}")))
}

/// The value one season before, as a form: nothing of an innovation stays in the level, all of it in the season.
fn seasonal_naive(filled: &[f64], season: usize) -> Estimate {
    let first = &filled[..season];
    let level = first.iter().sum::<f64>() / season as f64;
    Estimate::given(
        Form { season: Part::Additive, ..Form::SIMPLE },
        Smoothing { alpha: 0.0, beta: 0.0, gamma: 1.0, phi: 1.0 },
        Components { level, growth: 0.0, season: first.iter().map(|y| y - level).collect() },
    )
}

/// Mean absolute error of forecasts one season ahead, over the window. The season is fixed, or all of each innovation
/// goes into it.
fn season_ahead(ready: &Ready<'_>, estimate: &Estimate) -> Option<f64> {
    let Estimate { form, smoothing, start, .. } = estimate;
    let (season, target) = (ready.season, &ready.sample.target);
    let mut damping = 1.0;
    let reach: f64 = (0..season)
        .map(|_| {
            damping *= smoothing.phi;
            damping
        })
        .sum();
    let (mut sum, mut count) = (0.0, 0_usize);
    let mut terms = start.season.clone();
    filter(*form, smoothing, start, target, |row, trace| {
        // before row r: what the session r + season − 1 is forecast to be, from the term of row r − 1
        if let (Some(before), Some(y)) = (row.checked_sub(1), target.get(row + season - 1)) {
            let forecast = trace.state.level + reach * trace.state.growth + terms[before % season];
            if row >= season && !y.is_nan() {
                sum += (y - forecast).abs();
                count += 1;
            }
        }
        if !trace.deviation.is_nan() {
            terms[row % season] += smoothing.gamma * trace.deviation;
        }
    })?;
    (count > 0).then(|| sum / count as f64)
}
