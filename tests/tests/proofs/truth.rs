//! On the demo data, whose processes are known, fits find the parameters and intervals cover as they say.

use std::fs;

use serde_json::Value;

use crate::support::{Job, demo_data, example, root, score};

/// The numbers of a constant of `demo/src/truth.rs`.
fn truth(name: &str) -> Vec<f64> {
    let text = fs::read_to_string(root().join("demo/src/truth.rs")).unwrap();
    let start = format!("pub const {name}: ");
    let line = text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no {name}"));
    let numbers = line.split_once(" = ").unwrap().1.trim_matches(['[', ']', ';']).trim_end_matches(']');
    numbers.split(", ").map(|number| number.parse().unwrap()).collect()
}

/// `parameters` of a model's fits, in the order of their windows, with the number of training rows.
fn parameters(job: &Job, key: &str, model: &str) -> Vec<(Value, f64)> {
    let query = format!(
        "SELECT parameters, training_samples FROM forecast.trained_models WHERE commodity = '{key}' \
         AND model_name = '{model}' ORDER BY training_cutoff_date"
    );
    let fits: Vec<(Value, f64)> = job.rows(&query).iter().map(parsed).collect();
    assert_eq!(fits.len(), 15, "{key} {model}");
    fits
}

fn parsed(row: &Value) -> (Value, f64) {
    let parameters = serde_json::from_str(row["parameters"].as_str().unwrap()).unwrap();
    (parameters, row["training_samples"].as_f64().unwrap())
}

/// Value and standard error of a coefficient, if the fit has it.
fn coefficient(fit: &Value, name: &str) -> Option<(f64, f64)> {
    let found = fit["coefficients"].as_array().unwrap().iter().find(|one| one["name"] == name)?;
    Some((found["value"].as_f64().unwrap(), found["standard_error"].as_f64().unwrap()))
}

/// What a shock adds to the next steps' differences (the ψ weights of Box and Jenkins): orders that differ can say the
/// same process, their responses must agree.
fn response(fit: &Value, steps: usize) -> Vec<f64> {
    let at = |kind: &str, lag: usize| coefficient(fit, &format!("{kind}.L{lag}")).map_or(0.0, |(value, _)| value);
    let mut response = vec![1.0];
    for step in 1..=steps {
        let memory: f64 = (1..=step).map(|lag| at("ar", lag) * response[step - lag]).sum();
        response.push(at("ma", step) + memory);
    }
    response.split_off(1)
}

fn coffee_scale(job: &Job) {
    let scale = truth("COFFEE_LOG_SCALE")[0];
    for (fit, rows) in parameters(job, "Coffee", "naive") {
        assert_eq!(fit["log"], true);
        // of a normal sample's deviation
        let standard_error = scale / (2.0 * rows).sqrt();
        let found = fit["scale"].as_f64().unwrap();
        assert!(
            (found - scale).abs() < 3.0 * standard_error,
            "coffee's scale {found}, true {scale} ± {standard_error}"
        );
    }
}

fn sugar_process(job: &Job) {
    let (ar, ma, scale) = (truth("SUGAR_AR")[0], truth("SUGAR_MA")[0], truth("SUGAR_SCALE")[0]);
    let fits = parameters(job, "Sugar", "sarimax_auto_weather");
    // ψ₁ = φ + θ, then each φ times the one before; ± 3 standard errors of a correlation over four years
    let wanted = [ar + ma, ar * (ar + ma), ar * ar * (ar + ma)];
    for (fit, rows) in &fits {
        assert_eq!(fit["order"][1], 1, "differences");
        for (found, wanted) in response(fit, 3).iter().zip(wanted) {
            assert!((found - wanted).abs() < 3.0 / rows.sqrt(), "response {found}, true {wanted}");
        }
        let found = fit["sigma"].as_f64().unwrap();
        assert!((found - scale).abs() < 3.0 * scale / (2.0 * rows).sqrt(), "sugar's scale {found}, true {scale}");
    }
    let columns = ["temp_mean_c", "humidity_mean_pct", "precipitation_mm"];
    for (column, wanted) in columns.iter().zip(truth("SUGAR_WEATHER")) {
        let found: Vec<(f64, f64)> = fits.iter().map(|(fit, _)| coefficient(fit, column).unwrap()).collect();
        for (value, error) in &found {
            assert!(((value - wanted) / error).abs() < 3.0, "{column}: {value} ± {error}, true {wanted}");
            assert!((value / error).abs() > 1.5 || *column != "precipitation_mm", "{column}: no effect found");
        }
        // the windows overlap, so their mean is hardly more certain than one of them
        let mean = found.iter().map(|(value, error)| (value - wanted) / error).sum::<f64>() / found.len() as f64;
        assert!(mean.abs() < 1.5, "{column}: {mean} standard errors away on average");
    }
}

/// Share of a normal distribution within so many deviations of its mean (Simpson's rule).
fn within(deviations: f64) -> f64 {
    const STEPS: u32 = 200;
    let density = |x: f64| (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let step = 2.0 * deviations / f64::from(STEPS);
    let weight = |i: u32| if i == 0 || i == STEPS { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
    (0..=STEPS).map(|i| weight(i) * density(f64::from(i) * step - deviations)).sum::<f64>() * step / 3.0
}

/// What sugar's process, an ARIMA(1,1,1), allows over 14 days: coverage of naive's 95 % intervals, which take each
/// difference for a new one, and the best forecast's mean absolute error as a ratio to naive's.
fn sugar_in_theory() -> (f64, f64) {
    const DAYS: usize = 14;
    let (ar, ma) = (truth("SUGAR_AR")[0], truth("SUGAR_MA")[0]);
    // of one difference, and with the one k days later, in units of the innovations' variance
    let variance = (1.0 + 2.0 * ar * ma + ma * ma) / (1.0 - ar * ar);
    let covariance = |k: usize| (1.0 + ar * ma) * (ar + ma) / (1.0 - ar * ar) * ar.powi(k as i32 - 1);
    let moved = |h: usize| h as f64 * variance + (1..h).map(|k| 2.0 * (h - k) as f64 * covariance(k)).sum::<f64>();
    // what a shock has added to the price j days later
    let response = |j: usize| 1.0 + (1..=j).map(|i| (ar + ma) * ar.powi(i as i32 - 1)).sum::<f64>();
    let unforeseen = |h: usize| (0..h).map(|j| response(j) * response(j)).sum::<f64>();
    let sum = |of: &dyn Fn(usize) -> f64| (1..=DAYS).map(of).sum::<f64>();
    let covered = sum(&|h| within(1.959_964 * (h as f64 * variance / moved(h)).sqrt())) / DAYS as f64;
    (covered, sum(&|h| unforeseen(h).sqrt()) / sum(&|h| moved(h).sqrt()))
}

fn accuracy(evaluated: &Value) {
    let coverage = |key: &str, model: &str| score(evaluated, key, model)["coverage"]["95"].as_f64().unwrap();
    // sarimax takes coffee's steps for equal in cents, where they are equal in percent
    let processes =
        [("Coffee", "naive", 0.01), ("Sugar", "sarimax_auto_weather", 0.01), ("Coffee", "sarimax_auto_weather", 0.025)];
    for (key, model, off) in processes {
        let covered = coverage(key, model);
        assert!((covered - 0.95).abs() <= off, "{key} {model} covers {covered}");
    }
    // the weather, which nobody foresees and which comes back, is what theory leaves out
    let (covered, ratio) = sugar_in_theory();
    let found = coverage("Sugar", "naive");
    assert!((found - covered).abs() <= 0.04, "naive covers {found} of sugar, {covered} in theory");
    let found = score(evaluated, "Sugar", "sarimax_auto_weather")["ratio_to_naive"].as_f64().unwrap();
    assert!((found - ratio).abs() <= 0.03, "sarimax errs {found} times as much as naive on sugar, {ratio} in theory");
    for key in ["Coffee", "Sugar"] {
        assert_eq!(score(evaluated, key, "naive")["ratio_to_naive"], 1.0, "{key}");
    }
    for key in ["Coffee", "Sugar"] {
        let ratio = |model: &str| score(evaluated, key, model)["ratio_to_naive"].as_f64().unwrap();
        let covered = coverage(key, "xgboost");
        assert!(ratio("xgboost") <= 1.25, "{key}: xgboost {}", ratio("xgboost"));
        assert!((0.85..=0.98).contains(&covered), "{key}: xgboost covers {covered}");
        assert!(ratio("sarimax_auto_weather") <= 1.10, "{key}: sarimax {}", ratio("sarimax_auto_weather"));
        // nothing can foresee a random walk, and half of naive's error would be a leak anywhere
        let least = if key == "Coffee" { 0.99 } else { 0.5 };
        for model in ["random_walk", "sarimax_auto_weather", "xgboost"] {
            assert!(ratio(model) > least, "{key} {model}: {} of naive's error", ratio(model));
        }
    }
    // sugar has memory that naive lacks
    assert!(score(evaluated, "Sugar", "sarimax_auto_weather")["ratio_to_naive"].as_f64().unwrap() < 0.99);
    let scores = evaluated["scores"].as_array().unwrap();
    assert_eq!(scores.len(), 8);
    assert!(scores.iter().all(|score| score["leaking"] == 0 && score["forecasts"] == 1885), "{scores:?}");
}

#[test]
fn the_whole_demo_finds_its_truth() {
    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &[]);
    let ran = job.ok(&["backfill"]);
    assert_eq!((&ran.step("train")["units"], &ran.step("infer")["forecasts"]), (&120.into(), &15_080.into()));
    accuracy(&job.ok(&["evaluate"]).step("evaluate"));
    coffee_scale(&job);
    sugar_process(&job);
}
