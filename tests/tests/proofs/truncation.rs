//! What came after T changes nothing made by T: no row dated later, and none that was published later.

use std::path::Path;

use tempfile::TempDir;

use crate::support::{Job, copy_csv, demo_data, example};

/// Publication lags of `examples/demo.toml`, in days.
fn lag(file: &str) -> i64 {
    match file {
        "vix.csv" => 1,
        "weather.csv" => 3,
        _ => 0,
    }
}

/// Days since 1970 of a date as text (Hinnant's civil calendar).
fn day(date: &str) -> i64 {
    let part = |range: std::ops::Range<usize>| date[range].parse::<i64>().unwrap();
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The data as it was on `last`: rows dated later are gone, and with `published` those not yet public too.
fn cut(data: &Path, last: &str, published: bool) -> TempDir {
    copy_csv(data, |file, fields| {
        let known = day(fields[0]) + if published { lag(file) } else { 0 };
        (known <= day(last)).then(|| fields.join(","))
    })
}

/// Content of models with a cutoff, and forecasts with an origin, up to a day.
fn made_by(job: &Job, last: &str) -> [Vec<String>; 3] {
    let days: Vec<String> = (1..=14).map(|h| format!("day_{h}")).collect();
    let days = days.join(", ");
    [
        format!(
            "SELECT model_name, commodity, training_cutoff_date, window_start, training_start_date, training_samples, \
             fitted_model_sha256, log_likelihood, aicc, training_loss, validation_loss, status, fallback_reason, \
             config_hash, parameters FROM forecast.trained_models WHERE training_cutoff_date <= DATE '{last}' \
             ORDER BY 1, 2, 3"
        ),
        format!(
            "SELECT model_name, commodity, data_cutoff_date, path_id, training_cutoff_date, forecast_start_date, \
             has_data_leakage, {days} FROM forecast.distributions WHERE data_cutoff_date <= DATE '{last}' \
             ORDER BY 1, 2, 3, 4"
        ),
        format!(
            "SELECT model_name, commodity, data_cutoff_date, day_ahead, forecast_date, forecast_point, forecast_mean, \
             forecast_std, lower_80, upper_80, lower_95, upper_95, model_success, has_data_leakage \
             FROM forecast.point_forecasts WHERE data_cutoff_date <= DATE '{last}' ORDER BY 1, 2, 3, 4"
        ),
    ]
    .map(|query| job.lines(&query))
}

#[test]
fn later_rows_change_nothing_made_before() {
    assert_eq!((day("1970-01-01"), day("2000-03-01")), (0, 11_017));
    let data = demo_data();
    let flags = ["--paths", "20"];
    let config = example("demo.toml");
    let full = Job::new(&config, data, &flags);
    full.ok(&["backfill"]);
    // the end of a window, the middle of one, the first session of one
    let ends = [("2019-06-28", true), ("2021-03-17", true), ("2021-03-17", false), ("2024-01-02", true)];
    for (last, published) in ends {
        let known = cut(data, last, published);
        let then = Job::new(&config, known.path(), &flags);
        then.ok(&["backfill"]);
        let (wanted, found) = (made_by(&full, last), made_by(&then, last));
        for (wanted, found) in wanted.iter().zip(&found) {
            assert!(wanted.len() > 20, "only {} rows by {last}", wanted.len());
            let differing = wanted.iter().zip(found).find(|(wanted, found)| wanted != found);
            assert_eq!(differing, None, "made by {last}");
            assert_eq!(wanted.len(), found.len(), "made by {last}");
        }
        let origins = "SELECT count(DISTINCT model_name) FROM forecast.point_forecasts WHERE data_cutoff_date = ";
        assert_eq!(then.count(&format!("{origins}DATE '{last}'")), 4, "models at the last origin {last}");
    }
}
