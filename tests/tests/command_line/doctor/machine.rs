//! `doctor` on a machine with too little memory or room. What there is decides what is asked for.

use crate::doctor::examined;
use crate::support::{Job, example};
use crate::world;

#[test]
fn memory_is_held_against_units_and_pool() {
    let job = world::fresh();
    let usual = examined(&job, 0, &[], &[]).numbers("memory");
    let (limit, need) = (usual[0], usual[2]);
    let pool = |mebibytes: u64, code: i32| {
        examined(&job, code, &[("ALMANAC_MEMORY_MIB", mebibytes.to_string().as_str())], &[])
    };
    let advice = format!("at most {},", limit - need);
    let tight = (limit * 9 / 10).saturating_sub(need);
    pool(tight, 0).expect("memory", "warn", &format!("a pool of {tight} MiB"), &advice);
    pool(limit, 1).expect("memory", "fail", &format!("a pool of {limit} MiB"), &advice);
    let units = (limit / 50 + 1).to_string();
    let many = examined(&job, 1, &[], &["--threads", units.as_str()]);
    many.expect("memory", "fail", &format!("{units} units at once"), "fewer units at once with --threads");
}

#[test]
fn room_is_held_against_the_plan() {
    let job = Job::new(&example("demo.toml"), world::data(), &[]);
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    let planned = |code: i32, models: &[&str], paths: u64| {
        let (models, paths) = (models.join(","), paths.to_string());
        let days = ["--horizon", "365", "--from", "2014-07-01", "--to", "2025-06-20"];
        examined(&job, code, &[], &[&["--models", models.as_str(), "--paths", paths.as_str()][..], &days].concat())
    };
    // tens of terabytes
    let all = ["naive", "naive_student", "naive_garch", "random_walk", "seasonal_naive", "window_average"];
    let most = 1_000_000;
    let full = planned(1, &all, most);
    full.expect("disk", "fail", "the plan writes about", "fewer paths");
    let (free, needed) = (full.numbers("disk")[0], full.numbers("disk")[1]);
    assert!(needed > free, "{}", full.seen("disk"));
    // of one model so many paths that three quarters of the room are taken
    let paths = most * free * 3 / 4 / (needed / all.len() as u64);
    planned(0, &all[..1], paths.clamp(1, most)).expect("disk", "warn", "the plan writes about", "fewer paths");
}
