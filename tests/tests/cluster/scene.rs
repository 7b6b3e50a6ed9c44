//! The scene of most tests: a backfill on a cluster is disturbed, and its tables, on S3 or on disk, end with the rows of an
//! undisturbed one in one process on disk.

use std::process::{Child, Command, Output};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::independent;
use crate::process::wait;
use crate::processes::Cluster;
use crate::site::Site;
use crate::store::Store;
use crate::warehouse::{Rows, Warehouse, World, told};

/// Longest a disturbed run may take: detection within 20 s, resubmission, and the work itself on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(240);

/// A backfill of 48 cells whose tasks take long enough to be disturbed.
const ARGUMENTS: [&str; 6] = ["--paths", "60", "--every", "quarterly", "--wait-scheduler", "60"];

/// Two cells whose paths are uploaded in parts: 250 origins of 2,000 paths of 14 days, in single precision.
pub(crate) const LARGE: [&str; 8] =
    ["--models", "random_walk", "--paths", "2000", "--from", "2024-01-01", "--to", "2024-12-31"];

/// A cluster, a warehouse, and the rows it has to end with.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) cluster: Cluster,
    /// Where drivers run.
    pub(crate) driver: Site,
    /// Name of the warehouse that is disturbed.
    pub(crate) name: String,
    arguments: Vec<&'static str>,
    rows: Rows,
    /// Outlives the cluster.
    pub(crate) store: Store,
}

/// Starts a backfill on so many executors, disturbs it amid its tasks, and sees it succeed with the right rows, also in
/// the eyes of others. Returns the scene after it.
pub(crate) fn rows_survive(store: Store, executors: usize, disturb: impl FnOnce(&mut Cluster)) -> Scene {
    let mut scene = Scene::new(store, executors);
    let driver = scene.start_amid(6.0);
    disturb(&mut scene.cluster);
    scene.ends_whole(driver);
    scene.is_whole_to_others();
    scene
}

impl Scene {
    /// A cluster of so many executors.
    pub(crate) fn new(store: Store, executors: usize) -> Self {
        Self::of(store, executors, &[], &ARGUMENTS)
    }

    /// As [`Self::new`], with a variable in the environment of every executor.
    pub(crate) fn with(store: Store, executors: usize, variable: (&str, &str)) -> Self {
        Self::of(store, executors, &[variable], &ARGUMENTS)
    }

    /// The same of a backfill with these arguments.
    pub(crate) fn of(store: Store, executors: usize, variables: &[(&str, &str)], arguments: &[&'static str]) -> Self {
        let mut environment = store.environment();
        environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self::on(store, Cluster::with(executors, environment), arguments)
    }

    /// The usual backfill on a cluster that knows the store.
    pub(crate) fn at(store: Store, cluster: Cluster) -> Self {
        Self::on(store, cluster, &ARGUMENTS)
    }

    /// As [`Self::at`], of a backfill with these arguments. Makes the rows first, undisturbed and without the cluster.
    pub(crate) fn on(store: Store, cluster: Cluster, arguments: &[&'static str]) -> Self {
        let mut world = World::new();
        let undisturbed = world.warehouse("undisturbed");
        undisturbed.backfill(arguments);
        let rows = undisturbed.rows();
        world.environment = store.environment();
        let (driver, arguments) = (Site::local(), arguments.to_vec());
        Self { world, cluster, driver, name: "w".to_owned(), arguments, rows, store }
    }

    /// The warehouse that is disturbed.
    pub(crate) fn warehouse(&self) -> Warehouse<'_> {
        self.store.warehouse(&self.world, &self.name)
    }

    /// The undisturbed warehouse.
    pub(crate) fn undisturbed(&self) -> Warehouse<'_> {
        self.world.warehouse("undisturbed")
    }

    /// A driver of the backfill.
    pub(crate) fn backfill(&self) -> Command {
        let address = self.cluster.address();
        let arguments = [&["backfill"], &self.arguments[..], &["--scheduler", &address]].concat();
        self.driver.moved(&self.warehouse().command(&arguments))
    }

    /// Starts a driver and waits until executors have finished some tasks and compute others.
    pub(crate) fn start_amid(&self, finished: f64) -> Child {
        let driver = self.backfill().spawn().unwrap();
        self.amid(finished);
        driver
    }

    /// Waits until executors have finished some tasks of a job and compute others.
    pub(crate) fn amid(&self, finished: f64) {
        wait("tasks are computed", LIMIT, || self.cluster.finished() >= finished && self.cluster.running() > 0.0);
    }

    /// The driver succeeds, and the tables hold the rows.
    pub(crate) fn ends_whole(&self, driver: Child) -> Output {
        let output = end(driver);
        assert!(output.status.success(), "{}", told(&output));
        self.is_whole();
        output
    }

    /// The driver succeeds, or ends with code 7 and the same command does what is missing. Returns whether the first
    /// succeeded.
    pub(crate) fn succeeds_or_resumes(&self, driver: Child) -> bool {
        let output = end(driver);
        if output.status.success() {
            return true;
        }
        can_be_resumed(&output);
        println!("to be resumed: {}", told(&output));
        let output = end(self.backfill().spawn().unwrap());
        assert!(output.status.success(), "{}", told(&output));
        false
    }

    /// The same command succeeds, and the tables hold the rows.
    pub(crate) fn resumes(&self) -> Output {
        self.ends_whole(self.backfill().spawn().unwrap())
    }

    /// The tables hold the rows.
    pub(crate) fn is_whole(&self) {
        assert_eq!(self.warehouse().rows(), self.rows);
    }

    /// A reader that shares no code with ours finds the rows, each once. Takes seconds: once in a test is enough.
    pub(crate) fn is_whole_to_others(&self) {
        independent::same_tables(&self.undisturbed(), &self.warehouse());
    }
}

/// Code 7, and what to do.
pub(crate) fn can_be_resumed(output: &Output) {
    assert_eq!(output.status.code(), Some(7), "{}", told(output));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("run the same command again to resume"), "{error}");
}

/// Waits for the driver's end.
///
/// # Panics
/// If it does not end within the limit; it is killed then.
pub(crate) fn end(driver: Child) -> Output {
    let (started, id) = (Instant::now(), driver.id());
    let (sender, ended) = mpsc::channel();
    std::thread::spawn(move || sender.send(driver.wait_with_output()));
    let Ok(output) = ended.recv_timeout(LIMIT) else {
        let _ = Command::new("kill").arg("-KILL").arg(id.to_string()).status();
        let output = ended.recv().unwrap().unwrap();
        panic!("the driver had not ended {LIMIT:?} after the disturbance: {}", told(&output));
    };
    println!("the driver ended {:?} after the disturbance", started.elapsed());
    output.unwrap()
}
