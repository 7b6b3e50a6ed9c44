//! Memory does not grow with windows, paths or keys: each axis is made four to ten times longer.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{Job, demo_data, example};

/// Growth that is accepted of an axis four to ten times longer. Measured: 1 % over windows, 2 to 5 % over keys, 2 % over
/// paths; the rest is for what peaks of equal runs differ by, up to 8 % where other processes take the cores.
const FLAT: f64 = 1.15;

/// Peak resident memory of a command in MiB, as its last line says.
fn peak(job: &Job, command: &str) -> f64 {
    job.ok(&[command]).steps().iter().filter_map(|step| step["peak_mib"].as_f64()).next_back().unwrap()
}

fn assert_flat(what: &str, accepted: f64, short: f64, long: f64) {
    println!("{what}: {short:.0} MiB and {long:.0} MiB");
    assert!(long <= short * accepted, "{what}: {short:.0} MiB became {long:.0} MiB");
}

/// Peak of a whole backfill of the demo data, by one worker, the least of three: whether the largest moments of its
/// threads coincide is chance, and only ever adds.
fn demo(data: &Path, flags: &[&str]) -> f64 {
    let flags = [&["--threads", "1"], flags].concat();
    let run = |_| peak(&Job::new(&example("demo.toml"), data, &flags), "backfill");
    (0..3).map(run).fold(f64::INFINITY, f64::min)
}

#[test]
fn four_windows_or_sixteen() {
    let data = demo_data();
    let run = |from: &str, to: &str| demo(data, &["--from", from, "--to", to]);
    assert_flat("4 and 16 windows", FLAT, run("2022-01-01", "2023-12-31"), run("2017-01-01", "2024-12-31"));
}

#[test]
fn two_thousand_paths_or_twenty_thousand() {
    let data = demo_data();
    let half_year = ["--from", "2023-01-01", "--to", "2023-06-30", "--paths"];
    let run = |paths: &str| demo(data, &[&half_year[..], &[paths]].concat());
    assert_flat("2,000 and 20,000 paths", FLAT, run("2000"), run("20000"));
}

/// Daily data of that many keys.
fn panel(keys: usize) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let mut csv = String::from("date,item,sales\n");
    let first = chrono::NaiveDate::from_ymd_opt(2021, 1, 1).unwrap();
    for key in 0..keys {
        for (day, date) in first.iter_days().take(800).enumerate() {
            let sales = 100 + (key * 7 + day * 13 + day * day % 31) % 50;
            writeln!(csv, "{date},item-{key:05},{sales}").unwrap();
        }
    }
    fs::write(folder.path().join("sales.csv"), csv).unwrap();
    let config = folder.path().join("almanac.toml");
    fs::write(
        &config,
        "[dataset]\nname = \"panel\"\nkey = [\"item\"]\ntarget = \"sales\"\ncalendar = \"daily\"\ntimezone = \"UTC\"\n\
         [[sources]]\nname = \"sales\"\npath = \"sales.csv\"\nbars = true\nkey = { item = \"item\" }\n\
         columns = [{ name = \"sales\" }]\n\
         [training]\nevery = \"monthly\"\nyears = 2\nminimum_days = 365\n\
         [forecast]\nmodels = [\"naive\"]\nmodel_version = \"v1\"\nhorizon = 14\npaths = 2000\n\
         levels = [80, 95]\nseed = 42\nfrom = \"2023-01-01\"\nto = \"2023-01-15\"\n",
    )
    .unwrap();
    (folder, config)
}

#[test]
fn two_hundred_keys_or_two_thousand() {
    let run = |keys: usize| {
        let (folder, config) = panel(keys);
        let job = Job::new(&config, folder.path(), &["--threads", "1"]);
        job.ok(&["ingest"]);
        job.ok(&["build"]);
        let peaks = (peak(&job, "train"), peak(&job, "infer"));
        let points = job.count("SELECT count(*) FROM forecast.point_forecasts");
        assert_eq!(points, keys as i64 * 15 * 14);
        peaks
    };
    let (few, many) = (run(200), run(2_000));
    assert_flat("train, 200 and 2,000 keys", FLAT, few.0, many.0);
    assert_flat("infer, 200 and 2,000 keys", FLAT, few.1, many.1);
}
