//! Executors whose work folder is full.

use std::fs::File;
use std::io::Write;

use crate::mounted::Mounted;
use crate::processes::{Cluster, Placement};
use crate::scene::Scene;
use crate::store::Store;

/// Writes until there is no room.
fn fill(folder: &std::path::Path) {
    let mut file = File::create(folder.join("filler")).unwrap();
    while file.write_all(&[1; 512]).is_ok() {}
}

/// So many executors of two have a full work folder from amid the tasks on.
fn fills(store: Store, full: usize) {
    let folder = tempfile::Builder::new().prefix("almanac-full-").tempdir().unwrap();
    let work = folder.path().join("work");
    let Some(_mounted) = Mounted::new(&work, 256) else { return };
    let mut cluster = Cluster::with(2 - full, store.environment());
    for _ in 0..full {
        cluster.add(Placement { work: Some(work.clone()), ..Placement::default() });
    }
    let scene = Scene::at(store, cluster);
    let driver = scene.start_amid(4.0);
    fill(&work);
    scene.ends_whole(driver);
    let failed = scene.cluster.failed();
    println!("{failed} tasks failed");
    assert!(failed > 0.0, "no task met a full folder");
    scene.is_whole_to_others();
}

#[test]
fn a_full_work_folder_of_one_executor() {
    fills(Store::s3(), 1);
}

#[test]
fn full_work_folders_of_all_executors() {
    fills(Store::disk(), 2);
}
