//! Values too old: units that need them are skipped, those that do not go on, and the age is on record.

use crate::support::{Job, copy_csv, demo_data, edited};

/// Weather of this period never came.
const SILENT: (&str, &str) = ("2024-01-20", "2024-02-20");

#[test]
fn old_weather_skips_the_units_that_need_it() {
    let data = demo_data();
    let silent = copy_csv(data, |file, fields| {
        let lost = file == "weather.csv" && fields[0] >= SILENT.0 && fields[0] <= SILENT.1;
        (!lost).then(|| fields.join(","))
    });
    let limited = |days: i32| {
        let column = "{ name = \"temp_mean_c\", unit = \"°C\"";
        edited("demo.toml", &[(column, &format!("{column}, max_staleness_days = {days}"))])
    };
    let flags =
        ["--models", "naive,sarimax_auto_weather", "--paths", "10", "--from", "2024-01-02", "--to", "2024-03-28"];

    // The newest weather is of 19 January; public is what is three days old, so the gap ends on 24 February.
    let (_folder, config) = limited(10);
    let job = Job::new(&config, silent.path(), &flags);
    job.ok(&["backfill"]);
    let origins = |model: &str, what: &str| {
        let query = format!(
            "SELECT count(*) FROM forecast.point_forecasts WHERE day_ahead = 1 AND model_name = '{model}' \
             AND commodity = 'Coffee' AND {what}"
        );
        job.count(&query)
    };
    let gap = "data_cutoff_date BETWEEN DATE '2024-01-30' AND DATE '2024-02-23'";
    let all = origins("naive", "true");
    assert_eq!(origins("sarimax_auto_weather", gap), 0);
    assert!(origins("naive", gap) > 15);
    assert_eq!(origins("sarimax_auto_weather", "true"), all - origins("naive", gap));
    assert_eq!(origins("sarimax_auto_weather", "data_cutoff_date = DATE '2024-01-29'"), 1);

    let unit = |status: &str| {
        job.lines(&format!(
            "SELECT message FROM ops.units WHERE step = 'infer' AND model_name = 'sarimax_auto_weather' \
             AND key = 'Coffee' AND status = '{status}'"
        ))
    };
    assert_eq!(unit("ok"), ["temp_mean_c up to 10 days old"]);
    let refused = unit("skipped");
    assert!(refused[0].contains("temp_mean_c") && refused[0].contains("11 days old, at most 10"), "{refused:?}");
    let trained = "SELECT DISTINCT message FROM ops.units WHERE step = 'train' AND status = 'ok' \
                   AND model_name = 'sarimax_auto_weather'";
    assert_eq!(job.lines(trained), ["temp_mean_c up to 3 days old"]);

    // A limit that the gap does not reach skips nothing: 23 February less 19 January.
    let (_folder, config) = limited(35);
    let job = Job::new(&config, silent.path(), &flags);
    job.ok(&["backfill"]);
    assert_eq!(job.count("SELECT count(*) FROM ops.units WHERE status = 'skipped'"), 0);
    let oldest = "SELECT DISTINCT message FROM ops.units WHERE step = 'infer' AND model_name = 'sarimax_auto_weather'";
    assert_eq!(job.lines(oldest), ["temp_mean_c up to 35 days old"]);
}
