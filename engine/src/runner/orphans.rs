//! Jobs whose driver is gone.

use std::collections::BTreeSet;

use super::name::Name;
use super::{heartbeat, process};
use crate::Result;
use crate::delta::Warehouse;

/// Those among `jobs` that write to the warehouse, of one step or of all, and whose driver is gone: its process on this
/// machine, or else its heartbeat.
///
/// # Errors
/// Storage errors.
pub(super) async fn among(warehouse: &Warehouse, jobs: &[String], step: Option<&str>) -> Result<BTreeSet<String>> {
    let root = warehouse.root().to_string();
    let (mut gone, mut unseen) = (BTreeSet::new(), Vec::new());
    for job in jobs {
        let name = Name::parse(&root, job).filter(|name| step.is_none_or(|step| name.step == step));
        let Some(name) = name else { continue };
        match process::runs(name.driver) {
            Some(true) => {}
            Some(false) => {
                gone.insert(job.clone());
            }
            None => unseen.push((job, name.run)),
        }
    }
    let runs: BTreeSet<&str> = unseen.iter().map(|(_, run)| *run).collect();
    let alive = heartbeat::alive(warehouse, &runs, chrono::Utc::now()).await?;
    gone.extend(unseen.into_iter().filter(|(_, run)| !alive.contains(*run)).map(|(job, _)| job.clone()));
    Ok(gone)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_jobs_of_a_driver_that_lives_are_left() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(folder.path().to_str().unwrap()).unwrap();
        let (here, there) = (process::own(), "0123456789ab-1-2");
        let dead = here.rsplit_once('-').unwrap().0.to_owned() + "-0";
        let name = |step, run, driver: &str| Name { step, run, driver }.within(warehouse.root().as_str()) + "/0/0";
        let left = [name("train", "told", there), name("build", "told", there), name("train", "silent", &here)];
        let gone = [name("build", "silent", there), name("train", "silent", there), name("train", "told", &dead)];
        let jobs = [&left[..], &gone[..], &["almanac/sql/told".to_owned()]].concat();
        for (step, found) in [(None, &gone[..]), (Some("build"), &gone[..1])] {
            let told = heartbeat::kept_while(&warehouse, "told", among(&warehouse, &jobs, step)).await;
            assert_eq!(told.unwrap(), found.iter().cloned().collect::<BTreeSet<String>>(), "{step:?}");
        }
    }
}
