//! The direct strategy of the trees: what a fit sees, and what its paths are made of.
#![allow(clippy::unwrap_used)]

mod trees_support;

use std::sync::Arc;

use almanac_models::trees::{Settings, Stored, StoredDirect, Xgboost};
use almanac_models::{FitContext, Fitted, FutureRegressor, History, ModelError, Registry, Regressor, StreamKey};
use serde_json::{Value, json};
use trees_support::{CONTEXT, Greedy, Series, fit, registry, simulate, spec, walk};

/// Few trees over few days: enough for everything but accuracy.
fn direct() -> Value {
    json!({ "strategy": "direct", "rounds": 3, "days": [1, 2, 7] })
}

fn quantile() -> Value {
    json!({ "strategy": "direct", "objective": "quantile", "rounds": 3, "days": [1, 7], "levels": [0.1, 0.5, 0.8] })
}

#[test]
fn fewer_paths_and_days_are_a_prefix() {
    let series = walk(400, 1);
    for settings in [direct(), quantile()] {
        let fitted = fit(settings, &series.history(), &CONTEXT).unwrap();
        let all = simulate(&fitted, &series.history(), 333, 14).unwrap();
        for (paths, days) in [(1, 1), (64, 7), (100, 3), (333, 5)] {
            let some = simulate(&fitted, &series.history(), paths, days).unwrap();
            for h in 0..days {
                assert_eq!(some[h * paths..][..paths], all[h * 333..][..paths], "{paths} paths, day {h}");
            }
        }
    }
}

#[test]
fn folds_leave_out_targets_that_reach_into_their_block() {
    let greedy = Greedy::default();
    let seen = greedy.seen.clone();
    let registry = Registry::default().with(Arc::new(Xgboost::new(greedy)));
    let series = walk(400, 6);
    registry.model(&spec(direct())).unwrap().fit(&series.history(), &CONTEXT).unwrap();
    let seen = seen.lock().unwrap();
    // 400 sessions less the 31 before the first row and the 13 after the last, in six blocks; each fold trains days 1, 2,
    // 7 and 14, whose targets end 0, 1, 6 and 13 sessions after their row
    let folds = [59, 118, 178, 237, 296].map(|start| [start, start - 1, start - 6, start - 13]);
    let whole = [369, 368, 363, 356];
    let rows: Vec<usize> = seen.iter().map(|(_, target)| target.len()).collect();
    assert_eq!(rows, [folds.as_flattened(), &whole].concat());
    let levels: Vec<f64> = series.closes.iter().map(|close| close.ln()).collect();
    for ((_, target), day) in seen.iter().zip([1, 2, 7, 14].into_iter().cycle()) {
        let last = target.len() - 1;
        let accumulated = levels[31 + last + day - 1] - levels[31 + last - 1];
        assert!((f64::from(target[last]) - accumulated).abs() < 1e-6, "day {day}");
    }
}

#[test]
fn days_after_the_cutoff_change_nothing() {
    for settings in [direct(), quantile()] {
        let mut series = walk(400, 3);
        let context = FitContext { cutoff: series.days[349], ..CONTEXT };
        let fitted = fit(settings.clone(), &series.history(), &context).unwrap();
        series.closes[350..].iter_mut().for_each(|close| *close = f64::INFINITY);
        assert_eq!(fit(settings, &series.history(), &context).unwrap(), fitted);
    }
}

/// Residuals of a stored fit by row, each over all days.
fn vectors(fitted: &Fitted) -> Vec<Vec<f64>> {
    let stored = StoredDirect::decode(&fitted.bytes).unwrap();
    let rows = stored.vectors.len() / stored.horizon;
    let day = |h: usize, row: usize| f64::from(stored.vectors[h * rows + row]);
    (0..rows).map(|row| (0..stored.horizon).map(|h| day(h, row)).collect()).collect()
}

#[test]
fn a_path_is_one_whole_vector_of_residuals() {
    let series = walk(400, 4);
    let fitted = fit(direct(), &series.history(), &CONTEXT).unwrap();
    let rows = vectors(&fitted);
    let paths = simulate(&fitted, &series.history(), 40, 14).unwrap();
    let level = |path: usize, h: usize| f64::from(paths[h * 40 + path]).ln();
    // were the first path made of this row, all others would be of one row each
    let explains = |first: &Vec<f64>| {
        (1..40).all(|path| {
            let made_of =
                |row: &Vec<f64>| (0..14).all(|h| (level(path, h) - level(0, h) - (row[h] - first[h])).abs() < 1e-5);
            rows.iter().any(made_of)
        })
    };
    assert_eq!(rows.iter().filter(|first| explains(first)).count(), 1);
}

/// Mean and deviation of log closes are those of prediction and residuals: per seed at every day within 4 standard errors.
#[test]
fn moments_of_paths_are_those_of_the_residuals() {
    let series = walk(402, 5);
    let fitted = fit(direct(), &series.history(), &CONTEXT).unwrap();
    let rows = vectors(&fitted);
    assert_eq!(rows.len() % 2, 1, "an odd number has one middle");
    let registry = registry();
    let loaded = registry.load(&fitted.format, &fitted.bytes).unwrap();
    let last = series.history().last_day().unwrap();
    let days: Vec<i32> = (1..=14).map(|h| last + h).collect();
    let future = almanac_models::Future { days: &days, regressors: &[] };
    let history = series.history();
    let state = loaded.condition(&history, &future).unwrap();
    let median = state.median().unwrap();
    let (paths, mut outside) = (2_000, 0);
    let mut out = vec![0.0; paths * 14];
    for seed in 0..50 {
        state.simulate(paths, &StreamKey::new(seed, "key", "trees", "v1", 1), &mut out).unwrap();
        let within = out.chunks_exact(paths).enumerate().all(|(h, day)| {
            let mut residuals: Vec<f64> = rows.iter().map(|row| row[h]).collect();
            residuals.sort_by(f64::total_cmp);
            let predicted = median[h].ln() - residuals[residuals.len() / 2];
            let moment = |k: i32| residuals.iter().map(|x| x.powi(k)).sum::<f64>() / residuals.len() as f64;
            let deviation = moment(2).sqrt();
            let logs: Vec<f64> = day.iter().map(|x| f64::from(*x).ln() - predicted).collect();
            let mean = logs.iter().sum::<f64>() / paths as f64;
            let spread = (logs.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / paths as f64).sqrt();
            let root = (paths as f64).sqrt();
            let error_of_deviation = (moment(4) - moment(2).powi(2)).sqrt() / (2.0 * deviation * root);
            mean.abs() < 4.0 * deviation / root && (spread - deviation).abs() < 4.0 * error_of_deviation
        });
        outside += usize::from(!within);
    }
    assert!(outside <= 1, "{outside} of 50 seeds");
}

#[test]
fn the_point_is_the_predicted_median() {
    let series = walk(400, 7);
    let fitted = fit(quantile(), &series.history(), &CONTEXT).unwrap();
    let loaded = registry().load(&fitted.format, &fitted.bytes).map(|loaded| {
        let days: Vec<i32> = (0..14).map(|h| 20_000 + h).collect();
        let future = almanac_models::Future { days: &days, regressors: &[] };
        loaded.condition(&series.history(), &future).unwrap().median().unwrap()
    });
    let median = loaded.unwrap();
    let paths = simulate(&fitted, &series.history(), 4_000, 14).unwrap();
    for (h, day) in paths.chunks_exact(4_000).enumerate() {
        let below = day.iter().filter(|x| f64::from(**x) < median[h]).count() as f64;
        // 4 standard errors of a share of one half
        assert!((below - 2_000.0).abs() < 4.0 * 0.5 * 4_000_f64.sqrt(), "day {h}: {below} below");
    }
}

#[test]
fn announced_regressors_enter_on_their_own_day() {
    let series = walk(300, 7);
    let column: Vec<f64> = (0..300).map(f64::from).collect();
    let regressors: [&[f64]; 2] = [&column, &column];
    let history = History { regressors: &regressors, ..series.history() };
    let regressor = |column: &str, future| Regressor { column: column.into(), future };
    let settings = json!({ "lags": [1], "windows": [], "calendar": false, "strategy": "direct", "days": [1] });
    let mut spec = spec(settings);
    spec.regressors = vec![regressor("vix", FutureRegressor::Persist), regressor("promo", FutureRegressor::Known)];
    let greedy = Greedy::default();
    let seen = greedy.seen.clone();
    let registry = Registry::default().with(Arc::new(Xgboost::new(greedy)));
    registry.model(&spec).unwrap().fit(&history, &CONTEXT).unwrap();
    // lag 1 needs two sessions, so that the first row is session 2; the last training is day 14's
    let (features, _) = seen.lock().unwrap().pop().unwrap();
    assert_eq!(features[1..3], [1.0, 15.0]);
}

#[test]
fn a_horizon_beyond_the_fit_is_refused() {
    let series = walk(400, 8);
    let fitted = fit(direct(), &series.history(), &CONTEXT).unwrap();
    let refused = simulate(&fitted, &series.history(), 10, 15).unwrap_err();
    assert!(matches!(&refused, ModelError::Unusable { what, .. } if what == "horizon"), "{refused}");
    let long = FitContext { horizon: 1_001, ..CONTEXT };
    assert!(matches!(fit(direct(), &series.history(), &long), Err(ModelError::Unusable { .. })));
    let short = walk(168, 8);
    assert!(matches!(
        fit(direct(), &short.history(), &CONTEXT),
        // 31 before the first row, 13 after the last, six blocks of 10 rows and 13 left out
        Err(ModelError::TooShort { have: 168, need: 182 })
    ));
}

#[test]
fn a_constant_series_stays_where_it_is() {
    let flat = Series { days: walk(400, 1).days, closes: vec![3.5; 400] };
    for settings in [direct(), quantile()] {
        let fitted = fit(settings, &flat.history(), &CONTEXT).unwrap();
        assert_eq!((fitted.format.as_str(), fitted.fallback.as_deref()), ("xgboost/2", Some("constant")));
        assert!(simulate(&fitted, &flat.history(), 10, 14).unwrap().iter().all(|&x| x == 3.5));
    }
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let refused = |settings: Value| match registry().model(&spec(settings)).map(|_| ()) {
        Err(ModelError::Setting { setting, .. }) => setting,
        other => format!("{other:?}"),
    };
    assert_eq!(refused(json!({ "days": [1] })), "days");
    assert_eq!(refused(json!({ "strategy": "direct", "days": [7, 1] })), "days");
    assert_eq!(refused(json!({ "objective": "quantile" })), "objective");
    assert_eq!(refused(json!({ "strategy": "direct", "innovations": "student" })), "innovations");
    assert_eq!(refused(json!({ "strategy": "direct", "levels": [0.1, 0.5, 0.9] })), "levels");
    for levels in
        [json!([0.5]), json!([0.1, 0.9]), json!([0.5, 0.6, 0.7]), json!([0.1, 0.5, 1.0]), json!([0.9, 0.5, 0.1])]
    {
        assert_eq!(refused(json!({ "strategy": "direct", "objective": "quantile", "levels": levels })), "levels");
    }
}

/// What existed before strategies is written as it was.
#[test]
fn defaults_of_later_settings_are_not_written() {
    let written = serde_json::to_value(Settings::default()).unwrap();
    let later = ["strategy", "days", "objective", "levels", "innovations"];
    assert!(later.iter().all(|name| written.get(name).is_none()), "{written}");
}

#[test]
fn the_stored_form_is_checked() {
    let series = walk(400, 9);
    let fitted = fit(quantile(), &series.history(), &CONTEXT).unwrap();
    assert_eq!(fitted.format, "xgboost/2");
    let good = StoredDirect::decode(&fitted.bytes).unwrap();
    assert_eq!(good.encode().unwrap(), fitted.bytes);
    assert_eq!((good.models.len(), good.shifts.len()), (3 * 3, 14 * 3));
    let load = |bytes: &[u8]| registry().load("xgboost/2", bytes).map(|_| ());
    let damage: [fn(&mut StoredDirect); 7] = [
        |stored| stored.models.truncate(8),
        |stored| stored.shifts.truncate(41),
        |stored| stored.vectors.truncate(13),
        |stored| stored.vectors.clear(),
        |stored| stored.horizon = 0,
        |stored| stored.settings.lags.push(9),
        |stored| stored.vectors[0] = f32::NAN,
    ];
    for (at, damage) in damage.iter().enumerate() {
        let mut stored = good.clone();
        damage(&mut stored);
        assert!(matches!(load(&stored.encode().unwrap()), Err(ModelError::Corrupt(_))), "damage {at}");
    }
    // each form refuses the other's bytes
    assert!(matches!(registry().load("xgboost/1", &fitted.bytes), Err(ModelError::Corrupt(_))));
    let recursive = fit(json!({ "rounds": 2 }), &series.history(), &CONTEXT).unwrap();
    assert!(matches!(load(&recursive.bytes), Err(ModelError::Corrupt(_))));
    let mut swapped = Stored::decode(&recursive.bytes).unwrap();
    swapped.settings = good.settings;
    assert!(matches!(registry().load("xgboost/1", &swapped.encode().unwrap()), Err(ModelError::Corrupt(_))));
}
