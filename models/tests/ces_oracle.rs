//! Complex exponential smoothing against statsforecast. The data file is made by `oracle/ces.py`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../tests/src/notice.rs"]
mod notice;
mod smoothing_common;

use std::path::PathBuf;

use almanac_models::ces::{Form, Parameters, Smoothing, filtered};
use almanac_models::{FittedModel, Future, History, Trained};
use notice::notice_of_data;
use serde_json::{Value, json};
use smoothing_common::{cases, fit, numbers};

/// How much worse a criterion may be than statsforecast's.
const WORSE: f64 = 0.5;

fn oracle(part: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("data/ces.json")).unwrap();
    all[part].as_array().unwrap().clone()
}

/// The series of that name in the data of the theta models.
fn named(name: &Value) -> Vec<f64> {
    let theta = cases(include_str!("data/theta.json"));
    let with = theta.iter().find(|case| case["series"] == *name && !case["y"].is_null()).unwrap();
    numbers(&with["y"])
}

fn form(case: &Value) -> Form {
    serde_json::from_value(case["form"].clone()).unwrap()
}

fn smoothing(case: &Value) -> Smoothing {
    let number = |key: &str| case[key].as_f64().unwrap_or(0.0);
    Smoothing {
        alpha_0: number("alpha_0"),
        alpha_1: number("alpha_1"),
        beta_0: number("beta_0"),
        beta_1: number("beta_1"),
    }
}

fn season(case: &Value) -> usize {
    usize::try_from(case["season"].as_u64().unwrap()).unwrap()
}

/// Whether statsforecast's parameters are in the region that ours are sought in: level and seasonal terms each forget
/// their start, together they let it grow e-fold at most.
fn inside(case: &Value, rows: usize) -> bool {
    smoothing(case).admissible(form(case), season(case), 1.0 / rows as f64)
}

/// statsforecast leaves the constants out: its −2 log-likelihood is n ln Σe².
fn constants(n: usize) -> f64 {
    let n = n as f64;
    n * ((2.0 * std::f64::consts::PI / n).ln() + 1.0)
}

/// Likelihood, fitted values and forecasts at given parameters, admissible or not.
#[test]
fn at_their_parameters_all_numbers_are_those_of_statsforecast() {
    let cases: Vec<Value> = oracle("cases").into_iter().filter(|case| case["asked"] != "Z").collect();
    let (mut worst, mut outside) = (0.0_f64, 0);
    for case in &cases {
        let name = format!("{} {} given {}", case["series"], case["asked"], case["given"]);
        let target = named(&case["series"]);
        let (form, smoothing, season) = (form(case), smoothing(case), season(case));
        let ours = filtered(form, &smoothing, season, &target).unwrap();
        outside += usize::from(!smoothing.admissible(form, season, 1.0 / target.len() as f64));
        let unit = target.iter().map(|y| y.abs()).sum::<f64>() / target.len() as f64;
        let mut close = |what: &str, got: f64, want: f64, unit: f64| {
            let error = (got - want).abs() / want.abs().max(unit);
            worst = worst.max(error);
            assert!(error <= 1e-6, "{name} {what}: {got}, not {want}");
        };
        let want = case["loglik"].as_f64().unwrap() - 0.5 * constants(target.len());
        close("log-likelihood", ours.log_likelihood, want, 0.0);
        let ends = ours.forecasts[..8].iter().chain(&ours.forecasts[target.len() - 8..]);
        for (got, want) in ends.zip(numbers(&case["first"]).iter().chain(&numbers(&case["last"]))) {
            close("fitted", *got, *want, unit);
        }
        let days: Vec<i32> = (0..target.len() as i32 + 14).collect();
        let (past, ahead) = days.split_at(target.len());
        let trained = Trained { first_day: 0, last_day: past[past.len() - 1], week: 7 };
        let (start, end) = (ours.start, ours.end);
        let parameters = Parameters { form, smoothing, deviation: 1.0, trained, start, end };
        let history = History { days: past, target: &target, regressors: &[] };
        let state = parameters.condition(&history, &Future { days: ahead, regressors: &[] }).unwrap();
        for (got, want) in state.median().unwrap().iter().zip(numbers(&case["forecast"])) {
            close("forecast", *got, want, unit);
        }
    }
    println!("{} cases, {outside} outside the admissible region, largest error {worst:e}", cases.len());
    assert_eq!(cases.len(), 52);
}

/// Our maximum for a case, which must be admissible, and the criterion of statsforecast's in the same units.
fn criteria(case: &Value, target: &[f64]) -> (f64, f64) {
    let model = if case["asked"] == "Z" { json!("auto") } else { case["form"].clone() };
    let season = if case["form"] == "N" && case["asked"] == "N" { json!("none") } else { case["season"].clone() };
    let fitted = fit("ces", json!({ "model": model, "season": season }), target);
    let theirs = case["aicc"].as_f64().unwrap() + constants(target.len());
    let number = |key: &str| fitted.parameters[key].as_f64().map_or(String::new(), |value| format!(" {value:.5}"));
    let inside = if inside(case, target.len()) { "" } else { " (not admissible)" };
    println!(
        "{} {} {}: {:.3}, theirs {} {theirs:.3}{inside}, at{}{}{}{}",
        case["series"],
        case["asked"],
        fitted.model_type,
        fitted.aicc.unwrap(),
        case["form"],
        number("alpha_0"),
        number("alpha_1"),
        number("beta_0"),
        number("beta_1"),
    );
    assert!(fitted.fallback.is_none(), "{:?}", fitted.fallback);
    (fitted.aicc.unwrap(), theirs)
}

/// No fit is worse by more than a half, unless statsforecast left the admissible region, which it did not in `wanted`
/// cases.
fn none_is_worse(cases: &[Value], wanted: usize, series: impl Fn(&Value) -> Vec<f64>) {
    let mut compared = 0;
    let mut worse = Vec::new();
    for case in cases.iter().filter(|case| case["given"] == false) {
        let target = series(case);
        let (ours, theirs) = criteria(case, &target);
        let fair = inside(case, target.len());
        compared += usize::from(fair);
        if fair && ours > theirs + WORSE {
            worse.push(format!("{} {}: {ours} where statsforecast has {theirs}", case["series"], case["asked"]));
        }
    }
    assert!(worse.is_empty(), "{}", worse.join("\n"));
    assert_eq!(compared, wanted, "of {} cases", cases.len());
}

#[test]
fn no_fit_is_worse_than_that_of_statsforecast() {
    let cases: Vec<Value> = oracle("cases").into_iter().filter(|case| case["given"] == false).collect();
    assert_eq!(cases.len(), 34);
    none_is_worse(&cases, 29, |case| named(&case["series"]));
}

/// The folder of real data: `ALMANAC_SHARED/data`, else `../shared/data` beside the workspace or above it.
fn data() -> Option<PathBuf> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let candidates = [
        std::env::var_os("ALMANAC_SHARED").map(PathBuf::from),
        Some(workspace.join("../shared")),
        Some(workspace.join("../../shared")),
    ];
    let found = candidates.into_iter().flatten().map(|shared| shared.join("data")).find(|data| data.is_dir());
    if found.is_none() {
        notice_of_data("nothing proved, there is no real data here; set ALMANAC_SHARED");
    }
    found
}

#[test]
fn no_fit_of_a_real_series_is_worse_than_that_of_statsforecast() {
    let Some(data) = data() else { return };
    let cases = oracle("real");
    assert_eq!(cases.len(), 50);
    none_is_worse(&cases, 41, |case| {
        let text = std::fs::read_to_string(data.join(case["file"].as_str().unwrap())).unwrap();
        let mut lines = text.lines().map(|line| line.split(','));
        let column = lines.next().unwrap().position(|name| name == case["column"]).unwrap();
        let number = |key: &str| usize::try_from(case[key].as_u64().unwrap()).unwrap();
        let rows = lines.skip(number("first_row")).take(number("rows"));
        let values: Vec<f64> = rows.filter_map(|mut row| row.nth(column).unwrap().parse().ok()).collect();
        assert_eq!(values.len(), number("observed"), "{}", case["file"]);
        values
    });
}
