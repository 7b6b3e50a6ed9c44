//! What every family says of a fit.
#![allow(clippy::unwrap_used, clippy::panic)]

mod trees_support;

use std::sync::Arc;

use almanac_models::trees::Xgboost;
use almanac_models::{Day, Explanation, FitContext, Fitted, History, ModelError, ModelSpec, Registry};
use serde_json::{Value, json};
use trees_support::Greedy;

const ROWS: usize = 500;

fn registry() -> Registry {
    Registry::default().with(Arc::new(Xgboost::new(Greedy::default())))
}

/// Positive, with a weekly season, a wandering level and a slow column that moves it.
fn series() -> (Vec<f64>, Vec<f64>) {
    let mut state = 88_172_645_463_325_252_u64;
    let mut noise = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    let (mut level, mut column) = (100.0, 20.0);
    (0..ROWS)
        .map(|t| {
            let shock = noise();
            level += 0.05 + shock;
            column = 20.0 + 0.9 * (column - 20.0) + noise();
            (level + 2.0 * libm::sin(t as f64 * std::f64::consts::TAU / 7.0) + 0.5 * column, column)
        })
        .unzip()
}

fn spec(family: &str, regressors: Value, settings: Value) -> ModelSpec {
    serde_json::from_value(json!({ "name": "m", "family": family, "regressors": regressors, "settings": settings }))
        .unwrap()
}

fn fit(registry: &Registry, spec: &ModelSpec) -> Fitted {
    let (target, column) = series();
    let days: Vec<Day> = (0..ROWS as Day).collect();
    let context = FitContext { seed: 1, horizon: 14, week: 7, cutoff: ROWS as Day };
    let columns = [column.as_slice()];
    let regressors = &columns[..spec.regressors.len()];
    registry.model(spec).unwrap().fit(&History { days: &days, target: &target, regressors }, &context).unwrap()
}

fn explain(registry: &Registry, spec: &ModelSpec) -> Explanation {
    let explanation = registry.explain(&fit(registry, spec)).unwrap();
    // what is serialised comes back
    let text = serde_json::to_string(&explanation).unwrap();
    assert_eq!(serde_json::from_str::<Explanation>(&text).unwrap(), explanation);
    explanation
}

fn value(explanation: &Explanation, name: &str) -> (f64, Option<f64>) {
    let found = explanation.coefficients.iter().find(|one| one.name == name);
    let found = found.unwrap_or_else(|| panic!("{name} is not among {:?}", explanation.coefficients));
    (found.value, found.standard_error)
}

fn settings(family: &str) -> Value {
    let member = |family: &str| json!({ "name": family, "family": family });
    match family {
        "combination" => json!({ "members": [member("naive"), member("ets"), member("arima")], "method": "nnls" }),
        "xgboost" => json!({ "rounds": 20 }),
        _ => json!({}),
    }
}

#[test]
fn every_family_explains_its_fits() {
    let registry = registry();
    let names: Vec<&str> = registry.names().collect();
    assert!(names.contains(&"xgboost") && names.contains(&"combination") && names.len() >= 11, "{names:?}");
    for family in names {
        let explanation = explain(&registry, &spec(family, json!([]), settings(family)));
        assert_eq!(explanation.family, family);
        assert!(!explanation.model_type.is_empty() && !explanation.form.is_empty(), "{explanation:?}");
        assert!(!explanation.paths.is_empty() && explanation.quality.samples == ROWS, "{explanation:?}");
        let parts = [
            explanation.coefficients.len(),
            explanation.components.len(),
            explanation.importance.len(),
            explanation.members.len(),
        ];
        assert!(parts.iter().sum::<usize>() > 0, "{explanation:?}");
        assert!(explanation.components.iter().flat_map(|part| &part.values).all(|value| value.is_finite()));
        for one in &explanation.coefficients {
            assert!(one.value.is_finite() && one.standard_error.is_none_or(|e| e.is_finite() && e > 0.0), "{one:?}");
        }
    }
}

#[test]
fn arima_names_orders_and_errors() {
    let column = json!([{ "column": "rain" }]);
    let settings = json!({ "order": [1, 1, 1], "seasonal_order": [1, 0, 0, 7] });
    let explanation = explain(&registry(), &spec("arima", column, settings));
    let orders = ["p", "d", "q", "seasonal_p", "season"].map(|name| explanation.orders[name]);
    assert_eq!(orders, [1, 1, 1, 1, 7]);
    assert!(explanation.form.contains("regression"), "{}", explanation.form);
    let (effect, error) = value(&explanation, "rain");
    assert!((effect - 0.5).abs() < 3.0 * error.unwrap(), "{effect} {error:?}");
    for name in ["ar.L1", "ma.L1", "seasonal_ar.L7"] {
        assert!(value(&explanation, name).1.is_some(), "{name}");
    }
}

#[test]
fn innovations_have_the_errors_of_their_law() {
    let explanation = explain(&registry(), &spec("naive", json!([]), json!({ "innovations": "laplace" })));
    let (scale, error) = value(&explanation, "innovations.scale");
    assert!((error.unwrap() - scale / ((ROWS - 1) as f64).sqrt()).abs() < 1e-12);
    assert!(explanation.paths.contains("laplace"), "{}", explanation.paths);
}

#[test]
fn trees_name_the_law_of_their_innovations() {
    let plain = explain(&registry(), &spec("xgboost", json!([]), json!({ "rounds": 3 })));
    assert!(plain.paths.ends_with("and a residual drawn out of fold"), "{}", plain.paths);
    let settings = json!({ "rounds": 3, "innovations": "laplace" });
    let laplace = explain(&registry(), &spec("xgboost", json!([]), settings));
    assert!(laplace.paths.ends_with("and a laplace innovation"), "{}", laplace.paths);
    assert!(laplace.form.contains("to the next session"), "{}", laplace.form);
    let (scale, error) = value(&laplace, "innovations.scale");
    assert!(scale > 0.0 && error.is_some_and(|error| error < 0.1 * scale), "{scale} {error:?}");
}

#[test]
fn trees_rank_their_features() {
    let explanation = explain(&registry(), &spec("xgboost", json!([]), json!({ "rounds": 20 })));
    let shares: Vec<f64> = explanation.importance.iter().map(|one| one.share).collect();
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9 && shares.is_sorted_by(|a, b| a >= b), "{shares:?}");
    assert_eq!(explanation.orders["rounds"], 20);
    let direct = json!({ "strategy": "direct", "objective": "quantile", "rounds": 3, "days": [1, 7], "levels": [0.1, 0.5, 0.8] });
    let quantiles = explain(&registry(), &spec("xgboost", json!([]), direct));
    assert!(quantiles.form.contains("as quantiles") && !quantiles.importance.is_empty(), "{quantiles:?}");
}

#[test]
fn seasons_are_components() {
    for (family, name, count) in [("ets", "season", 7), ("theta", "season", 7), ("prophet", "weekly", 6)] {
        let own = if family == "ets" { json!({ "model": "AAA", "season": 7 }) } else { settings(family) };
        let explanation = explain(&registry(), &spec(family, json!([]), own));
        let season = explanation.components.iter().find(|part| part.name == name);
        assert_eq!(season.map(|part| part.values.len()), Some(count), "{:?}", explanation.components);
    }
}

#[test]
fn combinations_explain_their_members() {
    let explanation = explain(&registry(), &spec("combination", json!([]), settings("combination")));
    assert_eq!(explanation.members.len(), 3);
    let weight: f64 = explanation.members.iter().map(|member| member.weight).sum();
    assert!((weight - 1.0).abs() < 1e-9);
    for member in &explanation.members {
        assert_eq!(member.explanation.is_some(), member.weight > 0.0);
        if let Some(own) = &member.explanation {
            assert!(own.family == member.name && !own.coefficients.is_empty(), "{own:?}");
        }
    }
}

#[test]
fn fallbacks_are_told_one_by_one() {
    let members = json!([{ "name": "a", "family": "ets" }, { "name": "b", "family": "naive" }]);
    let spec = spec("combination", json!([]), json!({ "members": members, "method": "mean" }));
    let days: Vec<Day> = (0..40).collect();
    let context = FitContext { seed: 1, horizon: 14, week: 7, cutoff: 40 };
    let window = History { days: &days, target: &[3.0; 40], regressors: &[] };
    let registry = registry();
    let fitted = registry.model(&spec).unwrap().fit(&window, &context).unwrap();
    let explanation = registry.explain(&fitted).unwrap();
    assert_eq!(explanation.fallbacks, ["a: constant"]);
    let own = explanation.members.iter().find(|member| member.name == "a").unwrap().explanation.as_ref().unwrap();
    assert_eq!(own.fallbacks, ["constant"]);
}

#[test]
fn a_fit_of_no_known_family_is_refused() {
    let fitted = fit(&registry(), &spec("naive", json!([]), json!({})));
    let unknown = Fitted { format: "oracle/1".into(), ..fitted };
    assert!(matches!(registry().explain(&unknown), Err(ModelError::UnknownFamily { .. })));
}
