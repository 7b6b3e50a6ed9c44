//! The suite on every family, and leaks planted to show that it catches them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod planted;

use almanac_models::conformance::{
    self, Ground, Honest, Panel, Report, Series, check, check_features, check_on, check_with,
};
use almanac_models::{Calendar, CalendarKind, ModelSpec, Registry};
use planted::{Regress, registry};

fn spec(family: &str) -> ModelSpec {
    serde_json::from_value(serde_json::json!({ "name": family, "family": family })).unwrap()
}

/// A model that uses two covariates, one published late and one announced in advance.
fn with_covariates() -> ModelSpec {
    let regressors = serde_json::json!([{ "column": "rain" }, { "column": "promotion", "future": "known" }]);
    serde_json::from_value(serde_json::json!({ "name": "r", "family": "regress", "regressors": regressors })).unwrap()
}

fn passes(report: &Report) {
    assert!(report.passed(), "{report}");
    assert!(report.checks.len() >= 16, "{report}");
}

#[test]
fn naive_conforms() {
    passes(&check(&Registry::default(), &spec("naive")));
}

#[test]
fn random_walk_conforms() {
    passes(&check(&Registry::default(), &spec("random_walk")));
}

#[test]
fn seasonal_naive_conforms() {
    passes(&check(&Registry::default(), &spec("seasonal_naive")));
}

#[test]
fn window_average_conforms() {
    passes(&check(&Registry::default(), &spec("window_average")));
}

/// One that needs more sessions than the ordinary poisoned series have.
#[test]
fn long_windows_conform() {
    let mut spec = spec("window_average");
    spec.settings.insert("window".into(), 500.into());
    passes(&check(&Registry::default(), &spec));
}

/// Every law of innovations with naive, and each of the other walks with two.
#[test]
fn walks_with_other_innovations_conform() {
    let others = ["random_walk", "seasonal_naive", "window_average"];
    let naive = ["bootstrap", "student", "laplace", "garch"].map(|law| ("naive", law));
    for (family, law) in naive.into_iter().chain(others.map(|f| (f, "garch"))).chain(others.map(|f| (f, "bootstrap"))) {
        let mut spec = spec(family);
        spec.settings.insert("innovations".into(), law.into());
        passes(&check(&Registry::default(), &spec));
    }
}

#[test]
fn arima_conforms() {
    passes(&check(&Registry::default(), &spec("arima")));
}

#[test]
fn arima_with_covariates_conforms() {
    passes(&check(&Registry::default(), &ModelSpec { family: "arima".into(), ..with_covariates() }));
}

/// Searched seasonal orders, and a season long enough for Fourier terms.
#[test]
fn arima_with_seasons_conforms() {
    for settings in [
        serde_json::json!({ "season": "week", "max_p": 1, "max_q": 1, "max_P": 1, "max_Q": 1 }),
        serde_json::json!({ "order": [1, 1, 0], "season": 60, "max_fourier": 2 }),
    ] {
        let settings = settings.as_object().unwrap().clone();
        passes(&check(&Registry::default(), &ModelSpec { settings, ..spec("arima") }));
    }
}

#[test]
fn prophet_conforms() {
    passes(&check(&Registry::default(), &spec("prophet")));
}

#[test]
fn prophet_with_covariates_conforms() {
    passes(&check(&Registry::default(), &ModelSpec { family: "prophet".into(), ..with_covariates() }));
}

#[test]
fn multiplicative_prophet_conforms() {
    let settings = serde_json::json!({ "seasonality_mode": "multiplicative", "yearly_seasonality": 3 });
    let settings = settings.as_object().cloned().unwrap();
    passes(&check(&Registry::default(), &ModelSpec { family: "prophet".into(), settings, ..with_covariates() }));
}

#[test]
fn ets_conforms() {
    passes(&check(&Registry::default(), &spec("ets")));
}

#[test]
fn theta_conforms() {
    passes(&check(&Registry::default(), &spec("theta")));
}

#[test]
fn ces_conforms() {
    passes(&check(&Registry::default(), &spec("ces")));
    for form in ["N", "S", "P", "F"] {
        let mut one = spec("ces");
        one.settings.insert("model".into(), form.into());
        passes(&check(&Registry::default(), &one));
    }
}

#[test]
fn holt_winters_conforms() {
    let mut holt_winters = spec("ets");
    holt_winters.settings.insert("model".into(), "AAA".into());
    passes(&check(&Registry::default(), &holt_winters));
}

/// A combination of quick members by a method.
fn combination(method: &str, members: &[&ModelSpec]) -> ModelSpec {
    let spec = ModelSpec { name: "combination".into(), ..spec("combination") };
    let settings = serde_json::json!({ "method": method, "members": members });
    let spec = ModelSpec { settings: settings.as_object().unwrap().clone(), ..spec };
    almanac_models::combination::resolved(&spec, |name| Err(almanac_models::ModelError::Corrupt(name.into()))).unwrap()
}

#[test]
fn combinations_conform() {
    let mut bootstrap = spec("random_walk");
    bootstrap.settings.insert("innovations".into(), "bootstrap".into());
    let (naive, theta, ces) = (spec("naive"), spec("theta"), spec("ces"));
    for method in ["mean", "median", "inverse_error", "nnls"] {
        passes(&check(&Registry::default(), &combination(method, &[&naive, &theta, &ces])));
        passes(&check(&Registry::default(), &combination(method, &[&naive, &bootstrap])));
    }
}

#[test]
fn a_combination_with_covariates_conforms() {
    let mut arima = ModelSpec { name: "a".into(), family: "arima".into(), ..with_covariates() };
    arima.settings.insert("order".into(), serde_json::json!([1, 1, 0]));
    passes(&check(&registry(), &combination("nnls", &[&arima, &spec("naive"), &with_covariates()])));
}

/// The planted leaks below fail because of the leak, not because of the model.
#[test]
fn the_covariate_model_without_a_leak_conforms() {
    passes(&check(&registry(), &with_covariates()));
}

/// The leak is caught by a check whose name holds `by`, and that check says why.
fn caught(report: &Report, by: &str, why: &str) {
    let found = report.failures().any(|check| check.name.contains(by) && check.message.contains(why));
    assert!(found, "the planted leak is not caught by {by:?} with {why:?}\n{report}");
}

#[test]
fn a_fit_that_sees_the_origins_day_is_caught() {
    for family in ["naive", "random_walk"] {
        let report = check_with(&Registry::default(), &spec(family), &planted::FitSeesBeyond(1));
        caught(&report, "fit sees nothing after the cutoff", "stored fit");
    }
}

#[test]
fn lag_zero_is_caught_in_the_model() {
    let report = check(&registry(), &spec("lag_zero"));
    caught(&report, "no surer than the truth", "0.0");
}

#[test]
fn lag_zero_is_caught_in_the_features() {
    let honest = check_features(&|history| planted::lagged(history, 1));
    assert!(honest.passed, "{}", honest.message);
    let leaky = check_features(&|history| planted::lagged(history, 0));
    assert!(!leaky.passed && leaky.message.contains("change with the target of row"), "{}", leaky.message);
}

#[test]
fn a_centred_window_is_caught_in_the_features() {
    assert!(!check_features(&planted::centred).passed);
}

#[test]
fn session_dates_from_later_bars_are_caught() {
    let report = check_with(&Registry::default(), &spec("naive"), &planted::SessionsFromLaterBars);
    caught(&report, "forecast sees nothing after the origin", "sessions ahead");
}

#[test]
fn a_covariate_without_its_lag_is_caught() {
    let report = check_with(&registry(), &with_covariates(), &planted::CovariateWithoutItsLag);
    caught(&report, "fit sees nothing after the cutoff", "stored fit");
    caught(&report, "forecast sees nothing after the origin", "history of regressors");
}

#[test]
fn an_announcement_read_too_early_is_caught() {
    let report = check_with(&registry(), &with_covariates(), &planted::FutureReadFromTheFuture);
    caught(&report, "forecast sees nothing after the origin", "regressors ahead");
}

#[test]
fn an_inner_fold_past_the_cutoff_is_caught() {
    let report = check_with(&Registry::default(), &spec("naive"), &planted::InnerFoldPastTheCutoff);
    caught(&report, "fit sees nothing after the cutoff", "errors of inner folds");
}

/// Targets of the last inner origins lie after the cutoff where the window goes on past it.
#[test]
fn inner_targets_past_the_cutoff_are_caught() {
    let spec = combination("nnls", &[&spec("naive"), &spec("random_walk"), &spec("window_average")]);
    let report = check_with(&Registry::default(), &spec, &planted::FitSeesBeyond(14));
    caught(&report, "fit sees nothing after the cutoff", "stored fit");
    let report = check_with(&Registry::default(), &spec, &planted::InnerFoldPastTheCutoff);
    caught(&report, "fit sees nothing after the cutoff", "errors of inner folds");
}

#[test]
fn a_forecast_that_sees_the_next_session_is_caught() {
    let report = check_with(&Registry::default(), &spec("naive"), &planted::ForecastSeesTheNextSession);
    caught(&report, "forecast sees nothing after the origin", "history of the target");
}

#[test]
fn another_keys_row_is_caught() {
    let report = check_with(&Registry::default(), &spec("naive"), &planted::AnotherKeysRow);
    caught(&report, "other keys change nothing", "stored fit");
}

#[test]
fn a_model_with_a_flaw_is_caught() {
    for (flaw, by) in [
        (planted::Flaw::StateStandsStill, "state advances"),
        (planted::Flaw::SpreadShrinks, "spread does not shrink"),
        (planted::Flaw::OneStreamForAllDays, "prefix"),
        (planted::Flaw::PointBesideTheMedian, "median of paths"),
        (planted::Flaw::Panics, "poisoned training windows"),
        (planted::Flaw::PathsAreNotChecked, "poisoned"),
        (planted::Flaw::FitsDiffer, "two fits are equal"),
    ] {
        let registry = Registry::default().with(std::sync::Arc::new(Regress { flaw: Some(flaw) }));
        let report = conformance::check(&registry, &spec("regress"));
        assert!(report.failures().any(|check| check.name.contains(by)), "{flaw:?} is not caught\n{report}");
    }
}

/// With one fixed stream, naive's paths move exactly as its close does.
#[test]
fn naive_paths_scale_with_the_close() {
    use almanac_models::{FitContext, Future, History, StreamKey};
    let target: Vec<f64> = (0..300).map(|i| 100.0 + f64::from(i % 7)).collect();
    let days: Vec<i32> = (0..300).collect();
    let registry = Registry::default();
    let context = FitContext { seed: 42, horizon: 3, week: 5, cutoff: 199 };
    let window = History { days: &days[..200], target: &target[..200], regressors: &[] };
    let fitted = registry.model(&spec("naive")).unwrap().fit(&window, &context).unwrap();
    let loaded = registry.load(&fitted.format, &fitted.bytes).unwrap();
    let paths = |end: usize| {
        let history = History { days: &days[..end], target: &target[..end], regressors: &[] };
        let state = loaded.condition(&history, &Future { days: &[1_000, 1_001, 1_002], regressors: &[] }).unwrap();
        let mut out = vec![0.0; 300];
        state.simulate(100, &StreamKey::new(42, "k", "naive", "v1", 0), &mut out).unwrap();
        out
    };
    let ratio = target[249] / target[250];
    assert_ne!(ratio, 1.0);
    for (before, after) in paths(250).into_iter().zip(paths(251)) {
        assert!((f64::from(before) / f64::from(after) / ratio - 1.0).abs() < 3e-7);
    }
}

/// Raw data of one's own: two seasonal keys that never were random walks, cut twenty rows before the origin.
fn own_ground() -> Ground {
    let calendar = Calendar::new(CalendarKind::Daily, "none").unwrap();
    let days: Vec<i32> = (16_000..17_000).collect();
    let series = ["left", "right"].map(|key| {
        let close = days.iter().map(|day| f64::from(20 + (day % 7) * 3 + (day * 37) % 11) - 25.0).collect();
        Series { key: key.to_owned(), days: days.clone(), close, columns: Vec::new() }
    });
    Ground::new(calendar, Panel { series: series.into() }, "right", days[900], days[920])
}

#[test]
fn models_pass_on_data_of_ones_own() {
    for family in ["naive", "seasonal_naive", "ets", "arima"] {
        let mut told = Vec::new();
        let report = check_on(&Registry::default(), &spec(family), &Honest, &own_ground(), &mut |check| {
            told.push(check.clone());
        });
        assert!(report.passed(), "{report}");
        assert_eq!(told, report.checks);
        assert!(!told.iter().any(|check| check.name.contains("truth") || check.name.contains("poisoned")));
    }
}

#[test]
fn leaks_on_data_of_ones_own_are_caught() {
    let report = check_on(&Registry::default(), &spec("ets"), &planted::FitSeesBeyond(1), &own_ground(), &mut |_| {});
    assert!(report.failures().any(|check| check.name == "fit sees nothing after the cutoff"), "{report}");
}
