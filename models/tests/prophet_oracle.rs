//! Prophet against Python's: the posterior at its parameters, the maximum, and point forecasts.
//! `tests/oracle/prophet.py` made the numbers.

#![allow(clippy::unwrap_used)]

#[path = "../../tests/src/notice.rs"]
mod notice;

use std::path::{Path, PathBuf};

use almanac_models::prophet::{Basis, Parameters, log_posterior};
use almanac_models::{Day, FitContext, Fitted, Future, History, ModelSpec, Registry};
use notice::notice_of_data;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Numbers {
    cases: Vec<Case>,
    real: Vec<Real>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    settings: Map<String, Value>,
    columns: Vec<String>,
    ahead: usize,
    days: Vec<Day>,
    target: Vec<Option<f64>>,
    regressors: Vec<Vec<f64>>,
    oracle: Oracle,
}

#[derive(Deserialize)]
struct Real {
    name: String,
    file: String,
    #[serde(rename = "where")]
    filter: Map<String, Value>,
    column: String,
    count: usize,
    settings: Map<String, Value>,
    oracle: Oracle,
}

/// Python prophet's fit.
#[derive(Deserialize)]
struct Oracle {
    rows: usize,
    start: Day,
    span: i32,
    y_scale: f64,
    changepoints: Vec<Day>,
    k: f64,
    m: f64,
    delta: Vec<f64>,
    sigma: f64,
    features: Vec<String>,
    prior_scales: Vec<f64>,
    beta: Vec<f64>,
    lp: f64,
    yhat: Vec<f64>,
}

fn numbers() -> Numbers {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/prophet.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A series as the contract has it.
struct Series {
    days: Vec<Day>,
    target: Vec<f64>,
    regressors: Vec<Vec<f64>>,
}

impl Series {
    fn of(case: &Case) -> Self {
        let target = case.target.iter().map(|y| y.unwrap_or(f64::NAN)).collect();
        Self { days: case.days.clone(), target, regressors: case.regressors.clone() }
    }

    fn columns(&self, from: usize, to: usize) -> Vec<&[f64]> {
        self.regressors.iter().map(|column| &column[from..to]).collect()
    }

    fn fit(&self, settings: &Map<String, Value>, columns: &[String], end: usize) -> Fitted {
        let regressors: Vec<Value> = columns.iter().map(|column| json!({ "column": column })).collect();
        let spec = json!({ "name": "p", "family": "prophet", "regressors": regressors, "settings": settings });
        let spec: ModelSpec = serde_json::from_value(spec).unwrap();
        let context = FitContext { seed: 1, horizon: 14, week: 7, cutoff: self.days[end - 1] };
        let columns = self.columns(0, end);
        let window = History { days: &self.days[..end], target: &self.target[..end], regressors: &columns };
        Registry::default().model(&spec).unwrap().fit(&window, &context).unwrap()
    }
}

/// The fit with Python's numbers in place of ours, which must have the same form.
fn with_oracle(ours: &Parameters, oracle: &Oracle) -> Parameters {
    let mut theirs = ours.clone();
    assert_eq!((ours.start, ours.span), (oracle.start, oracle.span));
    assert!((ours.scale / oracle.y_scale - 1.0).abs() < 1e-12);
    (theirs.offset, theirs.sigma) = (oracle.m, oracle.sigma);
    if !ours.changepoints.is_empty() {
        assert_eq!(ours.changepoints, oracle.changepoints);
        (theirs.rate, theirs.adjustments) = (oracle.k, oracle.delta.clone());
    }
    let mut used = 0;
    for component in &mut theirs.components {
        let name = &component.name;
        for (i, coefficient) in component.coefficients.iter_mut().enumerate() {
            let feature = match &component.basis {
                Basis::Fourier { .. } => format!("{name}_delim_{}", i + 1),
                Basis::Holiday { offset, .. } => format!("{name}_delim_{offset:+}"),
                Basis::Regressor { .. } => name.clone(),
            };
            let place = oracle.features.iter().position(|known| *known == feature).unwrap();
            *coefficient = oracle.beta[place];
            assert_eq!(component.prior_scale, oracle.prior_scales[place], "{feature}");
            used += 1;
        }
    }
    assert_eq!(used, oracle.features.len());
    theirs
}

/// Our log posterior at Python's parameters, and at ours.
fn compare(name: &str, series: &Series, fitted: &Fitted, oracle: &Oracle, end: usize) {
    let ours: Parameters = serde_json::from_slice(&fitted.bytes).unwrap();
    let columns = series.columns(0, end);
    let history = History { days: &series.days[..end], target: &series.target[..end], regressors: &columns };
    assert_eq!(fitted.samples, oracle.rows, "{name}");
    let theirs = log_posterior(&with_oracle(&ours, oracle), &history).unwrap();
    // Stan prints eight digits
    assert!((theirs / oracle.lp - 1.0).abs() < 1e-7, "{name}: {theirs} where Stan has {}", oracle.lp);
    let best = log_posterior(&ours, &history).unwrap();
    println!("{name}: {best} here, {theirs} there, {} rounds", fitted.parameters["rounds"]);
    assert!(best >= theirs - 1e-6, "{name}: {best} is below {theirs}");
}

#[test]
fn posterior_and_maximum_match_python() {
    let cases = numbers().cases;
    assert_eq!(cases.len(), 5);
    for case in &cases {
        let (series, end) = (Series::of(case), case.days.len() - case.ahead);
        compare(&case.name, &series, &series.fit(&case.settings, &case.columns, end), &case.oracle, end);
    }
}

/// Without an anchor forecasts are Python's: ours are of a slightly higher posterior, so not equal.
#[test]
fn forecasts_are_near_pythons() {
    for case in &numbers().cases {
        let (series, n) = (Series::of(case), case.days.len());
        let end = n - case.ahead;
        let mut settings = case.settings.clone();
        settings.insert("anchor".into(), json!(false));
        let fitted = series.fit(&settings, &case.columns, end);
        let loaded = Registry::default().load(&fitted.format, &fitted.bytes).unwrap();
        let (columns, ahead) = (series.columns(0, end), series.columns(end, n));
        let history = History { days: &series.days[..end], target: &series.target[..end], regressors: &columns };
        let state = loaded.condition(&history, &Future { days: &series.days[end..], regressors: &ahead }).unwrap();
        let sigma = case.oracle.sigma * case.oracle.y_scale;
        let pairs = state.median().unwrap().into_iter().zip(&case.oracle.yhat[end..]);
        let worst = pairs.map(|(ours, theirs)| (ours - theirs).abs() / sigma).fold(0.0, f64::max);
        println!("{}: at most {worst:.4} sigma apart", case.name);
        assert!(worst < 0.25, "{}: {worst} sigma apart", case.name);
    }
}

/// The folder of real data, if there is one: `ALMANAC_SHARED/data`, else `../shared/data` beside the workspace or above it.
fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let near = [root.join("../shared"), root.join("../../shared")];
    let named = std::env::var_os("ALMANAC_SHARED").map(PathBuf::from);
    named.into_iter().chain(near).map(|folder| folder.join("data")).find(|folder| folder.is_dir())
}

#[test]
fn real_series_match_python() {
    let Some(folder) = shared() else {
        notice_of_data("nothing proved, there is no real data here; set ALMANAC_SHARED");
        return;
    };
    let cases = numbers().real;
    assert_eq!(cases.len(), 3);
    for case in &cases {
        let text = std::fs::read_to_string(folder.join(&case.file)).unwrap();
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let place = |column: &str| header.iter().position(|name| *name == column).unwrap();
        let wanted =
            |row: &Vec<&str>| case.filter.iter().all(|(column, value)| Some(row[place(column)]) == value.as_str());
        let mut rows: Vec<(&str, f64)> =
            lines.filter(wanted).map(|row| (row[place("date")], row[place(&case.column)].parse().unwrap())).collect();
        rows.sort_by_key(|(date, _)| *date);
        let rows = &rows[rows.len() - case.count..];
        let day = |date: &str| date.parse::<chrono::NaiveDate>().unwrap().to_epoch_days();
        let series = Series {
            days: rows.iter().map(|(date, _)| day(date)).collect(),
            target: rows.iter().map(|(_, y)| *y).collect(),
            regressors: Vec::new(),
        };
        compare(&case.name, &series, &series.fit(&case.settings, &[], rows.len()), &case.oracle, rows.len());
    }
}
