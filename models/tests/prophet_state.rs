//! Prophet's state and paths: equivariance, exact moments, what conditioning does, known truth.

#![allow(clippy::unwrap_used)]

use almanac_models::prophet::Parameters;
use almanac_models::{Day, FitContext, Fitted, Future, History, ModelError, ModelSpec, Registry, StreamKey};
use proptest::prelude::*;
use rand_distr::{Distribution, StandardNormal};
use serde_json::{Value, json};

const HORIZON: usize = 14;

fn fit_days(settings: &Value, days: &[Day], target: &[f64], regressors: &[&[f64]]) -> Result<Fitted, ModelError> {
    let names: Vec<Value> = (0..regressors.len()).map(|i| json!({ "column": format!("x{i}") })).collect();
    let spec = json!({ "name": "p", "family": "prophet", "regressors": names, "settings": settings });
    let spec: ModelSpec = serde_json::from_value(spec).unwrap();
    let cutoff = days.last().copied().unwrap_or_default();
    let context = FitContext { seed: 1, horizon: HORIZON, week: 7, cutoff };
    Registry::default().model(&spec).unwrap().fit(&History { days, target, regressors }, &context)
}

fn calendar(from: Day, n: usize) -> Vec<Day> {
    (from..from + n as Day).collect()
}

fn fit(settings: &Value, target: &[f64]) -> Fitted {
    fit_days(settings, &calendar(0, target.len()), target, &[]).unwrap()
}

fn parameters(fitted: &Fitted) -> Parameters {
    serde_json::from_slice(&fitted.bytes).unwrap()
}

/// Median and paths from the end of `target`, which starts on day `from`.
fn forecast(fitted: &Fitted, from: Day, target: &[f64], paths: usize, seed: u64) -> (Vec<f64>, Vec<f32>) {
    let days = calendar(from, target.len());
    let ahead = calendar(from + target.len() as Day, HORIZON);
    let loaded = Registry::default().load(&fitted.format, &fitted.bytes).unwrap();
    let history = History { days: &days, target, regressors: &[] };
    let state = loaded.condition(&history, &Future { days: &ahead, regressors: &[] }).unwrap();
    let mut out = vec![f32::NAN; paths * HORIZON];
    state.simulate(paths, &StreamKey::new(seed, "k", "p", "v1", 0), &mut out).unwrap();
    (state.median().unwrap(), out)
}

/// Autocorrelated deviations of 5 with persistence 0.6 from a curve with a break of the trend and a weekly season.
fn series(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = StreamKey::new(seed, "series", "", "", 0).day(0);
    let mut residual = 0.0;
    let value = |t: usize| {
        let shock: f64 = StandardNormal.sample(&mut rng);
        residual = 0.6 * residual + 0.8 * shock;
        let trend = 200.0 + 0.1 * t as f64 - 0.25 * (t as f64 - 600.0).max(0.0);
        trend + 12.0 * libm::sin(t as f64 * std::f64::consts::TAU / 7.0) + 5.0 * residual
    };
    (0..n).map(value).collect()
}

/// Largest difference of a scaled series' forecasts from the scaled forecasts, relative to these.
fn scaling_error(seed: u64, factor: f64) -> f64 {
    let target = series(300, seed);
    let scaled: Vec<f64> = target.iter().map(|y| y * factor).collect();
    let (median, _) = forecast(&fit(&json!({}), &target), 0, &target, 1, 1);
    let (other, _) = forecast(&fit(&json!({}), &scaled), 0, &scaled, 1, 1);
    median.iter().zip(other).map(|(a, b)| (b / (a * factor) - 1.0).abs()).fold(0.0, f64::max)
}

/// Among them maxima that are climbed to slowly (234, 574).
#[test]
fn every_series_has_the_forecasts_of_its_multiples() {
    for seed in 0..1000 {
        let factor = [617.5, 0.0123, 3.3, -7.77][seed as usize % 4];
        let error = scaling_error(seed, factor);
        assert!(error < 1e-9, "{error:e} for {factor} times series {seed}");
    }
    assert!(scaling_error(574, 617.487_900_140_972_8) < 1e-9);
    assert!(scaling_error(234, 3.3) < 1e-9);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn forecasts_scale_with_the_series(factor in prop_oneof![0.001..1000.0_f64, -100.0..-0.1_f64], seed in 0..1000_u64) {
        let error = scaling_error(seed, factor);
        prop_assert!(error < 1e-9, "{error:e}");
    }

    /// A shift of time turns each season's pair of coefficients, whose prior is round.
    #[test]
    fn forecasts_do_not_depend_on_the_date(shift in -20_000..20_000, seed in 0..1000_u64) {
        let target = series(800, seed);
        let moved = fit_days(&json!({}), &calendar(shift, 800), &target, &[]).unwrap();
        let (median, _) = forecast(&fit(&json!({}), &target), 0, &target, 1, 1);
        let (other, _) = forecast(&moved, shift, &target, 1, 1);
        for (a, b) in median.iter().zip(other) {
            prop_assert!((b / a - 1.0).abs() < 1e-9, "{a} and {b}");
        }
    }
}

/// Mean and variance of each day over 50 seeds, with and without an anchor, half a year after the end of training:
/// the residual's part, and the changes' part with rate 2 b² S u³ / 3 after u units of time.
#[test]
fn paths_have_the_analytic_moments() {
    let all = series(1000, 1);
    for anchor in [true, false] {
        let mode = if anchor { "additive" } else { "multiplicative" };
        let fitted =
            fit(&json!({ "anchor": anchor, "seasonality_mode": mode, "changepoint_prior_scale": 5.0 }), &all[..800]);
        let p = parameters(&fitted);
        let mean_size = p.adjustments.iter().map(|x| x.abs()).sum::<f64>() / p.adjustments.len() as f64 + 1e-8;
        let frequency = p.adjustments.len() as f64;
        let from = if anchor { 999 } else { 799 };
        let (paths, mut outside, mut share) = (2_000, 0, 0.0_f64);
        for seed in 0..50 {
            let (median, out) = forecast(&fitted, 0, &all, paths, seed);
            for (h, day) in out.chunks_exact(paths).enumerate() {
                let length = f64::from(1000 + h as i32 - from) / f64::from(p.span);
                // a multiplicative season is the trend's factor: read it off the curve of the trend
                let factor = if anchor { p.scale } else { median[h] / trend(&p, 1000 + h as Day) };
                let changes = factor * factor * frequency * 2.0 * mean_size * mean_size * length.powi(3) / 3.0;
                let accumulated: f64 = (0..=h).map(|j| p.persistence.powi(2 * j as i32)).sum();
                let residual = (p.scale * p.innovation).powi(2) * accumulated;
                let variance = changes + residual;
                let excess = factor.powi(4) * frequency * 24.0 * mean_size.powi(4) * length.powi(5) / 5.0;
                let fourth = 3.0 * variance * variance + excess;
                share = share.max(changes / variance);
                let n = paths as f64;
                let deviations = day.iter().map(|x| f64::from(*x) - median[h]);
                let mean = deviations.clone().sum::<f64>() / n;
                let square = deviations.map(|d| d * d).sum::<f64>() / n;
                outside += usize::from(mean.abs() > 4.0 * (variance / n).sqrt());
                outside += usize::from((square - variance).abs() > 4.0 * ((fourth - variance * variance) / n).sqrt());
            }
        }
        assert!(outside <= 1, "{outside} moments outside, anchor {anchor}");
        // without an anchor the trend's part counts, or the test would say nothing of it
        assert!(anchor || share > 0.3, "{share}");
    }
}

fn trend(p: &Parameters, day: Day) -> f64 {
    let t = |day: Day| f64::from(day - p.start) / f64::from(p.span);
    let changes = p.changepoints.iter().zip(&p.adjustments).map(|(s, d)| d * (t(day) - t(*s)).max(0.0));
    p.rate * t(day) + p.offset + changes.sum::<f64>()
}

/// With one stream, another last close moves day h by persistence^h of the difference; older values do not matter.
#[test]
fn the_last_residual_is_the_state() {
    let all = series(900, 2);
    let fitted = fit(&json!({}), &all[..800]);
    let persistence = parameters(&fitted).persistence;
    let (median, paths) = forecast(&fitted, 0, &all, 10, 1);
    let mut moved = all.clone();
    moved[899] += 7.0;
    let (other_median, other) = forecast(&fitted, 0, &moved, 10, 1);
    for h in 0..HORIZON {
        let shift = 7.0 * persistence.powi(h as i32 + 1);
        assert!((other_median[h] - median[h] - shift).abs() < 1e-9);
        for i in h * 10..h * 10 + 10 {
            assert!((f64::from(other[i] - paths[i]) - shift).abs() < 1e-4);
        }
    }
    assert_eq!(forecast(&fitted, 890, &all[890..], 10, 1), (median.clone(), paths));
    // the day after an absent close is the second of a forecast from the close before
    let mut absent = all.clone();
    absent[899] = f64::NAN;
    let (after, _) = forecast(&fitted, 0, &absent, 10, 1);
    let (before, _) = forecast(&fitted, 0, &all[..899], 10, 1);
    for h in 0..HORIZON - 1 {
        assert!((after[h] - before[h + 1]).abs() < 1e-9);
    }
}

/// Without an anchor nothing of the history matters.
#[test]
fn without_an_anchor_the_curve_stands() {
    let all = series(900, 2);
    let fitted = fit(&json!({ "anchor": false }), &all[..800]);
    let other: Vec<f64> = all.iter().map(|y| 2.0 * y).collect();
    assert_eq!(forecast(&fitted, 0, &all, 10, 1), forecast(&fitted, 0, &other, 10, 1));
}

#[test]
fn known_parameters_are_recovered_and_intervals_cover() {
    let all = series(2_500, 3);
    let fitted = fit(&json!({ "yearly_seasonality": false }), &all[..1_500]);
    let p = parameters(&fitted);
    // the extrapolated curve's own error persists: never below the truth
    assert!((0.55..0.85).contains(&p.persistence), "{}", p.persistence);
    assert!((p.innovation * p.scale / 4.0 - 1.0).abs() < 0.1, "{}", p.innovation * p.scale);
    assert!((p.sigma * p.scale / 5.0 - 1.0).abs() < 0.08, "{}", p.sigma * p.scale);
    assert!((p.components[0].coefficients[0].hypot(p.components[0].coefficients[1]) * p.scale - 12.0).abs() < 0.8);
    // away from the ends and the break
    let slope = |from: Day, to: Day| p.scale * (trend(&p, to) - trend(&p, from)) / f64::from(to - from);
    assert!((slope(50, 550) - 0.1).abs() < 0.01 && (slope(700, 1_400) + 0.15).abs() < 0.01);
    let (mut inside, origins) = (0, 500);
    for origin in 1_500..1_500 + origins {
        let (_, paths) = forecast(&fitted, 0, &all[..origin], 400, origin as u64);
        let mut day: Vec<f32> = paths[..400].to_vec();
        day.sort_by(f32::total_cmp);
        let next = all[origin] as f32;
        inside += usize::from((day[10]..=day[389]).contains(&next));
    }
    let coverage = inside as f64 / origins as f64;
    assert!((0.92..=0.98).contains(&coverage), "{coverage}");
}

#[test]
fn a_constant_series_keeps_its_value() {
    let fitted = fit(&json!({}), &[7.0; 400]);
    assert_eq!(fitted.fallback.as_deref(), Some("constant"));
    let (median, paths) = forecast(&fitted, 0, &[7.0; 400], 5, 1);
    assert!(median.iter().all(|y| *y == 7.0) && paths.iter().all(|y| *y == 7.0));
    let (later, _) = forecast(&fitted, 0, &[7.0, 9.0], 5, 1);
    assert!(later.iter().all(|y| (*y - 9.0).abs() < 1e-12));
}

#[test]
fn a_line_is_explained_exactly() {
    let line: Vec<f64> = (0..400).map(|t| 10.0 + f64::from(t)).collect();
    let fitted = fit(&json!({}), &line);
    assert_eq!(fitted.fallback.as_deref(), Some("the curve explains the series exactly"));
    let (median, _) = forecast(&fitted, 0, &line, 5, 1);
    assert!((median[13] - 423.0).abs() < 1e-4, "{}", median[13]);
}

#[test]
fn a_short_series_is_an_error() {
    let error = fit_days(&json!({}), &calendar(0, 40), &series(40, 1), &[]).unwrap_err();
    // offset, rate and 25 adjustments, 6 of the weekly season, σ, and 10 to spare
    assert_eq!(error, ModelError::TooShort { have: 40, need: 44 });
}

/// Paths of parameters written down by hand: a change here changes every stored path.
#[test]
fn paths_are_golden() {
    let form = json!({
        "growth": "linear", "start": 0, "span": 1000, "scale": 100.0, "rate": 0.5, "offset": 0.25,
        "changepoints": [200, 400], "adjustments": [2.0, -1.5], "changepoint_prior_scale": 0.05,
        "components": [{ "name": "weekly", "basis": { "fourier": { "period": 7.0, "order": 1 } },
            "multiplicative": true, "prior_scale": 10.0, "coefficients": [0.125, -0.25] }],
        "sigma": 0.0625, "persistence": 0.75, "innovation": 0.04133986423538423, "anchor": true,
    });
    let fitted = fit(&json!({}), &series(100, 1));
    let fitted = Fitted { bytes: serde_json::to_vec(&form).unwrap(), ..fitted };
    let (median, paths) = forecast(&fitted, 1_000, &[120.0, 130.0], 4, 42);
    assert_eq!(median[..2], GOLDEN_MEDIAN);
    assert_eq!(paths[..8], GOLDEN_PATHS);
}

const GOLDEN_MEDIAN: [f64; 2] = [152.63881159932095, 183.00113863096297];
const GOLDEN_PATHS: [f32; 8] = [149.66548, 151.82294, 157.97755, 155.52277, 180.82193, 186.30435, 184.0813, 185.67722];
