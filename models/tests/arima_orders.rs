//! Searched orders of real series against those of statsforecast's AutoARIMA.
//!
//! `oracle/arima_orders.py` stores its orders, its coefficients and their AICc by statsmodels' exact likelihood. That ours
//! is scored alike is seen on each series: our likelihood at statsforecast's coefficients is statsmodels', and our AICc
//! is that likelihood at our own. The series are not stored: without `ALMANAC_SHARED/data`, or `../shared/data` beside the
//! workspace or above it, the test prints a notice and proves nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arima_common;
#[path = "../../tests/src/notice.rs"]
mod notice;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use almanac_models::Fitted;
use almanac_models::arima::{Parameters, log_likelihood};
use arima_common::{fit, parameters, spec};
use notice::notice_of_data;
use serde_json::{Value, json};

/// AICc that ours may be worse by.
const WORSE: f64 = 0.5;
/// Share of the series on which it must not be.
const SHARE: f64 = 0.95;

fn data() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
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

/// The rows that a case names, checked against its length and sum.
fn series(text: &str, case: &Value) -> Vec<f64> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &Value| name.as_str().map(|name| header.iter().position(|h| *h == name).unwrap());
    let (column, selector) = (place(&case["column"]).unwrap(), place(&case["selector"]));
    let values: Vec<f64> = lines
        .map(|line| line.split(',').collect::<Vec<&str>>())
        .filter(|fields| selector.is_none_or(|at| Some(fields[at]) == case["selected"].as_str()))
        .filter_map(|fields| fields[column].parse::<f64>().ok())
        .filter(|value| !value.is_nan())
        .collect();
    let rows = case["rows"].as_u64().unwrap() as usize;
    let end = values.len() - case["skip"].as_u64().unwrap() as usize;
    let taken = values[end - rows..end].to_vec();
    let (sum, want) = (taken.iter().sum::<f64>(), case["sum"].as_f64().unwrap());
    assert!((sum - want).abs() < 1e-9 * want.abs(), "{case}: the data differ from those of the oracle");
    taken
}

fn oracle() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("data/arima_orders.json")).unwrap();
    file["series"].as_array().unwrap().clone()
}

/// Our likelihood of a series at statsforecast's coefficients is that of statsmodels.
fn scored_alike(case: &Value, y: &[f64]) {
    let (got, want) = (log_likelihood(&parameters(case), &[], y, &[]).unwrap(), &case["log_likelihood"]);
    let want = want.as_f64().unwrap();
    assert!(((got - want) / want).abs() < 1e-6, "{case}: {got} where statsmodels has {want}");
}

/// The AICc that a fit tells is of the likelihood of the coefficients that it stores.
fn scored_by_its_coefficients(fitted: &Fitted, stored: &Parameters, y: &[f64]) {
    let n = fitted.parameters["likelihood_observations"].as_f64().unwrap();
    let k = fitted.parameters["coefficients"].as_array().unwrap().len() as f64 + 1.0;
    let want = 2.0 * k * n / (n - k - 1.0) - 2.0 * log_likelihood(stored, &[], y, &[]).unwrap();
    let told = fitted.aicc.unwrap();
    assert!(((told - want) / want).abs() < 1e-6, "{}: {told} where its coefficients have {want}", stored.order);
}

#[test]
fn orders_are_as_good_as_those_of_statsforecast() {
    let Some(data) = data() else { return };
    let cases = oracle();
    assert!(cases.len() >= 100, "{}", cases.len());
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let (mut good, mut better, mut good_refitted) = (0, 0, 0);
    for case in &cases {
        let name = case["file"].as_str().unwrap();
        let text = files.entry(name.into()).or_insert_with(|| std::fs::read_to_string(data.join(name)).unwrap());
        let y = series(text, case);
        let model = spec(
            json!({
                "order": "auto", "max_p": 5, "max_q": 5, "season": case["season"], "seasonal": "auto",
                "differences": [case["order"][1], case["seasonal"][1]],
            }),
            0,
        );
        let (fitted, stored) = fit(&model, &y, &[]);
        scored_alike(case, &y);
        scored_by_its_coefficients(&fitted, &stored, &y);
        let (ours, theirs) = (fitted.aicc.unwrap(), case["aicc"].as_f64().unwrap());
        good += usize::from(ours <= theirs + WORSE);
        good_refitted += usize::from(ours <= case["aicc_refitted"].as_f64().unwrap() + WORSE);
        better += usize::from(ours < theirs - WORSE);
        if ours > theirs + WORSE {
            let (selected, skip, order) = (&case["selected"], &case["skip"], &case["order"]);
            let seasonal = &case["seasonal"];
            eprintln!("{name} {selected} {skip}: {} {ours:.2}, theirs {order}{seasonal} {theirs:.2}", stored.order);
        }
    }
    let count = cases.len();
    eprintln!(
        "{count} series: within {WORSE} or better on {good}, better by more on {better}; {good_refitted} refitted"
    );
    assert!(good as f64 >= SHARE * count as f64, "{good} of {count}");
}
