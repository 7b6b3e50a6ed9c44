//! Long seasons. The likelihood of a seasonal form with hundreds of initial terms has no maximum worth finding (R's
//! `ets` refuses seasons above 24): the season is taken out by moving averages, as summands or, of a positive series, as
//! factors, and kept as it is, and a non-seasonal form is fitted to the rest. Where AICc, which counts the season's
//! terms, prefers a form without season, that one is used; where the result forecasts as far as is asked for, at most
//! one season, worse than the value one season before, that value is.

use super::estimate::{Estimate, Ready, criterion};
use super::filter::filter;
use super::form::{Form, Part, Pattern};
use super::recursion::{Components, Smoothing};
use crate::arima::Sample;
use crate::decompose::{Kind, LASTING, LEAST_FACTOR, adjusted, bridged, recent_terms};

/// Longest season that a seasonal form is fitted to.
pub(super) const LONGEST: usize = LASTING;
/// Shortest season whose form, if it was searched, has to forecast better than the value one season before: hours of a
/// day, on which automatic choices are known to fail.
pub(super) const CHECKED: usize = 24;

/// The fit of a series with a long season, and what was done. Its terms are of the last `term_seasons`; `fit` finds the
/// best form of a pattern for a non-seasonal series; `horizon` is how far forecasts will be asked for.
pub(super) fn fit_long(
    sample: &Sample,
    season: usize,
    term_seasons: usize,
    pattern: &Pattern,
    horizon: usize,
    fit: impl Fn(&Sample, &Pattern) -> Option<Estimate>,
) -> Option<(Estimate, String)> {
    let filled = bridged(&sample.target, &sample.seen);
    let plain = Pattern { season: Some(Part::None), ..*pattern };
    let fixed = |kind: Kind| fixed(sample, &filled, season, term_seasons, &plain, kind, &fit);
    let found = kinds(pattern, &filled).filter_map(&fixed).min_by(|a, b| a.aicc.total_cmp(&b.aicc));
    // factors may be too small to divide by
    let seasonal = found.or_else(|| fixed(Kind::Additive))?;
    let mut best = (seasonal, "fixed season by moving averages");
    if pattern.season.is_none() {
        let aicc = best.0.aicc;
        if let Some(without) = fit(sample, &plain).filter(|without| without.aicc < aicc) {
            best = (without, "no season by AICc");
        }
    }
    let why = format!("season of {season} sessions, above {LONGEST}");
    Some(match instead(sample, &filled, season, horizon, &best.0)? {
        Some((naive, errors)) => (naive, format!("seasonal naive: {why}, {errors}")),
        None => (best.0, format!("{}: {why}", best.1)),
    })
}

/// The value one season before, with a note, where a form whose season was searched forecasts worse than it: the
/// likelihood of one step ahead may like a season that leads nowhere.
pub(super) fn checked(
    sample: &Sample,
    season: usize,
    horizon: usize,
    best: Option<Estimate>,
) -> Option<(Estimate, Option<String>)> {
    let best = best?;
    let filled = bridged(&sample.target, &sample.seen);
    Some(match instead(sample, &filled, season, horizon, &best).flatten() {
        Some((naive, errors)) => (naive, Some(format!("seasonal naive: season of {season} sessions, {errors}"))),
        None => (best, None),
    })
}

/// The value one season before, where a form forecasts worse than it, with the errors of both. None if they cannot be
/// computed.
fn instead(
    sample: &Sample,
    filled: &[f64],
    season: usize,
    horizon: usize,
    form: &Estimate,
) -> Option<Option<(Estimate, String)>> {
    let naive = seasonal_naive(filled, season);
    let ready = Ready::new(sample, season);
    let ahead = horizon.clamp(1, season);
    let (by_form, by_naive) = (error_ahead(&ready, form, ahead)?, error_ahead(&ready, &naive, ahead)?);
    let errors = || format!("error {ahead} sessions ahead {by_form:.6} against {by_naive:.6}");
    Some((by_form > by_naive).then(|| (naive, errors())))
}

/// How the season may enter: factors need relative errors (with additive ones forecasts can divide by a state near zero)
/// and a positive series.
fn kinds(pattern: &Pattern, filled: &[f64]) -> impl Iterator<Item = Kind> {
    let positive = filled.iter().all(|y| *y > 0.0);
    let multiplied = pattern.season != Some(Part::Additive) && pattern.relative_error != Some(false) && positive;
    let added = !multiplied || (pattern.season.is_none() && pattern.relative_error.is_none());
    let kinds = [(Kind::Additive, added), (Kind::Multiplicative, multiplied)];
    kinds.into_iter().filter(|(_, may)| *may).map(|(kind, _)| kind)
}

/// The best form for what is left without the season, with the season as it is.
fn fixed(
    sample: &Sample,
    filled: &[f64],
    season: usize,
    term_seasons: usize,
    plain: &Pattern,
    kind: Kind,
    fit: impl Fn(&Sample, &Pattern) -> Option<Estimate>,
) -> Option<Estimate> {
    let terms = recent_terms(filled, season, kind, term_seasons)?;
    let multiplied = kind == Kind::Multiplicative;
    if multiplied && terms.iter().any(|term| *term < LEAST_FACTOR) {
        return None;
    }
    // missing rows stay missing
    let rest = Sample { target: adjusted(&sample.target, &terms, kind), ..sample.clone() };
    let pattern = if multiplied { Pattern { relative_error: Some(true), ..*plain } } else { plain.additive() };
    let found = fit(&rest, &pattern)?;
    let part = if multiplied { Part::Multiplicative } else { Part::Additive };
    let form = Form { season: part, ..found.form };
    // the density of a multiple is the density over the factor
    let factors = sample.seen.iter().zip(terms.iter().cycle()).filter(|(seen, _)| multiplied && **seen);
    let log_likelihood = found.log_likelihood - factors.map(|(_, factor)| libm::log(*factor)).sum::<f64>();
    let aicc = criterion(log_likelihood, sample.observed, form.estimated(season));
    let start = Components { season: terms, ..found.start.clone() };
    Some(Estimate { form, start, log_likelihood, aicc, ..found })
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

/// Mean absolute error of forecasts `ahead` sessions ahead, at most one season, over the window but its first season.
fn error_ahead(ready: &Ready<'_>, estimate: &Estimate, ahead: usize) -> Option<f64> {
    let Estimate { form, smoothing, start, .. } = estimate;
    let (season, target) = (ready.season, &ready.sample.target);
    let mut damping = 1.0;
    let reach: f64 = (0..ahead)
        .map(|_| {
            damping *= smoothing.phi;
            damping
        })
        .sum();
    let (mut sum, mut count) = (0.0, 0_usize);
    let mut terms = if start.season.is_empty() { vec![0.0; season] } else { start.season.clone() };
    filter(*form, smoothing, start, target, |row, trace| {
        // before row r: what the session r + ahead − 1 is forecast to be
        let session = row + ahead - 1;
        if let Some(y) = target.get(session).filter(|y| row >= season && !y.is_nan()) {
            let state = trace.state;
            let trend = if form.trend == Part::Multiplicative {
                state.level * libm::pow(state.growth, reach)
            } else {
                state.level + reach * state.growth
            };
            let term = terms[session % season];
            sum += (y - if form.season == Part::Multiplicative { trend * term } else { trend + term }).abs();
            count += 1;
        }
        if !trace.deviation.is_nan() {
            let unit = if form.season == Part::Multiplicative { trace.ahead.base } else { 1.0 };
            terms[row % season] += smoothing.gamma * trace.deviation / unit;
        }
    })?;
    (count > 0).then(|| sum / count as f64)
}
