//! One warehouse that the tests of this folder read, made once; those that write take a copy.

use std::path::Path;

use almanac_tests::shared;

use crate::support::{Job, demo_data, example};

/// Flags under which its rows were made.
pub(crate) const FLAGS: [&str; 8] =
    ["--models", "naive,random_walk", "--paths", "10", "--horizon", "3", "--from", "2024-01-02"];
/// Commands that make it.
const STEPS: [&str; 2] = ["backfill", "evaluate"];

/// The demo data.
pub(crate) fn data() -> &'static Path {
    demo_data()
}

/// A backfill of four origins, evaluated. Tests in other processes read it at the same time, or copy it.
pub(crate) fn job() -> Job {
    let mut job = fresh();
    let config = std::fs::read_to_string(&job.config).unwrap();
    let made_from = format!("{config}\n{:?} {STEPS:?}", job.flags);
    job.warehouse = shared(Path::new(env!("CARGO_TARGET_TMPDIR")), "command-line", &made_from, |folder| {
        let mut maker = fresh();
        maker.warehouse = folder.to_path_buf();
        for step in STEPS {
            maker.ok(&[step]);
        }
    });
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
