//! A path's value depends on its own numbers only: fewer paths over fewer days are a prefix.

use crate::support::{Job, demo_data, example};

#[test]
fn fewer_paths_and_days_are_a_prefix() {
    let data = demo_data();
    let range = ["--from", "2023-12-20", "--to", "2024-01-12"];
    let run = |size: &[&str]| {
        let job = Job::new(&example("demo.toml"), data, size);
        job.ok(&[&range, &["backfill"][..]].concat());
        job
    };
    let (full, part) = (run(&["--paths", "2000", "--horizon", "14"]), run(&["--paths", "500", "--horizon", "7"]));
    let query = "SELECT model_name, commodity, data_cutoff_date, path_id, day_1, day_2, day_3, day_4, day_5, day_6, \
                 day_7 FROM forecast.distributions WHERE path_id <= 500 ORDER BY 1, 2, 3, 4";
    let (full, part) = (full.lines(query), part.lines(query));
    // 4 models, 2 keys, 16 sessions
    assert_eq!(full.len(), 4 * 2 * 16 * 500);
    let differing = full.iter().zip(&part).find(|(full, part)| full != part);
    assert_eq!(differing, None);
    assert_eq!(full.len(), part.len());
}
