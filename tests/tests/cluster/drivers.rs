//! Two drivers on one cluster and one warehouse: each lets the other's jobs be.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use crate::process::wait;
use crate::scene::{LIMIT, Scene, end};
use crate::store::Store;
use crate::warehouse::told;

/// Longest until a cancelled job is over: a unit here takes under a second.
const CANCELLED: Duration = Duration::from_secs(20);

/// The run that a job belongs to.
fn run(job: &str) -> &str {
    job.split('/').nth(3).unwrap()
}

fn goes_on((_, status): &(String, String)) -> bool {
    status == "Queued" || status == "Running"
}

#[test]
fn a_driver_that_begins_and_is_interrupted_leaves_the_jobs_of_another() {
    // fits take long enough for both to have jobs at once
    let scene = Scene::with(Store::disk(), 2, ("ALMANAC_PAUSE_AT", "fit:400"));
    let first = scene.start_amid(1.0);
    let runs: BTreeSet<String> = scene.cluster.listed().iter().map(|(job, _)| run(job).to_owned()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    let jobs = |of_first: bool| {
        let mut jobs = scene.cluster.listed();
        jobs.retain(|(job, _)| runs.contains(run(job)) == of_first);
        jobs
    };

    let second = scene.backfill().spawn().unwrap();
    wait("both have jobs", LIMIT, || !jobs(false).is_empty());
    let status = Command::new("kill").arg("-INT").arg(second.id().to_string()).status().unwrap();
    assert!(status.success());
    let output = end(second);
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    assert!(jobs(true).iter().any(goes_on), "the first has no job left that could be cancelled");
    wait("the jobs of the second are over", CANCELLED, || !jobs(false).iter().any(goes_on));

    scene.ends_whole(first);
    for (job, status) in jobs(true) {
        // its first attempt
        assert!(status == "Completed" && job.ends_with("/0"), "{job}: {status}");
    }
    scene.is_whole_to_others();
}
