//! One warehouse that the tests of this folder read, made once; those that write take a copy.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::support::{Job, demo_data, example};

/// Flags under which its rows were made.
pub(crate) const FLAGS: [&str; 8] =
    ["--models", "naive,random_walk", "--paths", "10", "--horizon", "3", "--from", "2024-01-02"];

/// Demo data of the process; kept until it ends.
pub(crate) fn data() -> &'static Path {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(|| demo_data().keep())
}

/// A backfill of four origins, evaluated.
pub(crate) fn job() -> Job {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let mut job = fresh();
        let folder = TempDir::with_prefix("almanac-command-line-").unwrap().keep();
        job.warehouse = folder.join("warehouse");
        job.ok(&["backfill"]);
        job.ok(&["evaluate"]);
        job.warehouse
    });
    let mut job = fresh();
    job.warehouse.clone_from(made);
    job
}

/// The same configuration with no table yet.
pub(crate) fn fresh() -> Job {
    Job::new(&example("demo.toml"), data(), &[&FLAGS[..], &["--to", "2024-01-05"]].concat())
}

/// A copy of the warehouse, to be changed.
pub(crate) fn copy() -> Job {
    let job = fresh();
    copy_folder(&self::job().warehouse, &job.warehouse);
    job
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, kind) = entry.map(|entry| (entry.path(), entry.file_type().unwrap())).unwrap();
        let target = to.join(path.file_name().unwrap());
        if kind.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
