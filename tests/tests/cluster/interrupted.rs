//! Ctrl-C: the driver tells how to resume, and nothing goes on computing or stays half uploaded.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::gateway::Gateway;
use crate::process::{Process, wait};
use crate::processes::Cluster;
use crate::scene::{LARGE, LIMIT, Scene, end};
use crate::store::Store;
use crate::warehouse::{World, succeed, told};
use crate::{held, independent};

const BUCKET: &str = "interrupted";
/// Longest from an interrupt until nothing is computed any more: a few units, each of which takes about a second where
/// nothing else runs.
const STOPPED: Duration = Duration::from_secs(15);
/// Longest wait to see that.
const GIVEN_UP: Duration = Duration::from_secs(60);
/// How long processes have to stand still to be taken for idle.
const STILL: Duration = Duration::from_secs(2);

/// A cell of two fits for each of some 283 sessions, in one job: 20 tasks, the first ones of 18 cells and more.
const LONG: [&str; 7] = ["train", "--models", "sarimax_auto_weather", "--every", "daily", "--from", "2023-11-15"];
/// What each fit of [`LONG`] waits for besides its computing.
const PAUSE: &str = "fit:1500";
/// A first task of [`LONG`] that nobody stops takes longer, on whatever machine: 36 fits wait for 54 s.
const TASK: Duration = Duration::from_secs(50);

/// Ends a driver as Ctrl-C does: code 130, and what to do. Returns when it was told.
pub(crate) fn interrupt(driver: Child) -> Instant {
    let interrupted = Instant::now();
    let status = Command::new("kill").arg("-INT").arg(driver.id().to_string()).status().unwrap();
    assert!(status.success());
    let output = end(driver);
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("interrupted; run the same command again to resume"), "{error}");
    interrupted
}

/// No task runs, and the processes stand still, soon after that moment.
pub(crate) fn computes_nothing(cluster: &Cluster, since: Instant) {
    wait("the executors are idle", GIVEN_UP, || cluster.running() == 0.0);
    let spent = || cluster.executors.iter().map(Process::hundredths).sum::<u64>();
    let mut stopped = since;
    wait("the processors are idle", GIVEN_UP, || {
        stopped = Instant::now();
        let before = spent();
        std::thread::sleep(STILL);
        spent() - before < 20
    });
    let took = stopped - since;
    println!("nothing was computed after {took:?}");
    assert!(took < STOPPED, "something was computed for {took:?}");
}

/// All stands still at a time at which even the first two of 20 tasks would still go on by themselves.
#[test]
fn an_interrupted_driver_stops_the_computing() {
    let world = World::new();
    let warehouse = world.warehouse("w");
    for step in ["ingest", "build"] {
        succeed(warehouse.command(&[step]));
    }
    let cluster = Cluster::with(2, vec![("ALMANAC_PAUSE_AT".to_owned(), PAUSE.to_owned())]);
    let address = cluster.address();
    let driver = warehouse.command(&[&LONG[..], &["--scheduler", &address]].concat()).spawn().unwrap();
    wait("both executors compute", LIMIT, || cluster.running() == 2.0);
    let (begun, finished) = (Instant::now(), cluster.finished());
    let interrupted = interrupt(driver);
    computes_nothing(&cluster, interrupted);
    assert!(begun.elapsed() < TASK, "so late that the tasks may have ended by themselves");
    let (more, cancelled) = (cluster.finished() - finished, cluster.cancelled());
    assert!(more <= 2.0, "{more} tasks were finished after the interrupt, of two that ran");
    assert!(cancelled >= 1.0, "no task was cancelled");
}

#[test]
fn an_interrupted_driver_is_resumed() {
    let scene = Scene::new(Store::disk(), 2);
    let driver = scene.start_amid(6.0);
    interrupt(driver);
    scene.resumes();
    scene.is_whole_to_others();
}

/// Data files of the paths below a prefix of the bucket.
fn paths(gateway: &Gateway, place: &str) -> Vec<String> {
    let (prefix, objects) = (format!("{place}/forecast/distributions/"), gateway.objects(BUCKET));
    objects.into_keys().filter(|key| key.starts_with(&prefix) && key.ends_with(".parquet")).collect()
}

#[test]
fn an_interrupt_amid_uploads_leaves_none_behind() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    let disk = world.warehouse("disk");
    disk.backfill(&LARGE);
    let rows = disk.rows();
    for is_clustered in [false, true] {
        let (port, gate) = held::holding_parts(gateway.port);
        let place = if is_clustered { "cluster" } else { "embedded" };
        let name = format!("s3://{BUCKET}/{place}");
        // inputs have parts too
        world.environment = gateway.environment(gateway.port);
        for step in ["ingest", "build"] {
            succeed(world.at(&name).command(&[step]));
        }
        world.environment = gateway.environment(port);
        let cluster = is_clustered.then(|| Cluster::with(2, gateway.environment(port)));
        let address = cluster.as_ref().map(Cluster::address);
        let runner = address.iter().flat_map(|address| ["--scheduler", address.as_str()]);
        let arguments: Vec<&str> = LARGE.into_iter().chain(["--threads", "2"]).chain(runner).collect();
        let driver = world.at(&name).command(&[&["backfill"], &arguments[..]].concat()).spawn().unwrap();
        wait("parts of both cells are on their way", LIMIT, || {
            gate.held() >= 2 && gateway.abandoned_uploads(BUCKET) >= 2
        });
        let interrupted = interrupt(driver);
        if let Some(cluster) = &cluster {
            // the tasks are over before their uploads can go on
            wait("the tasks are cancelled", STOPPED, || cluster.running() == 0.0);
            assert!(interrupted.elapsed() < STOPPED, "cancelled after {:?}", interrupted.elapsed());
            gate.open();
            wait("the uploads are given up", GIVEN_UP, || gateway.abandoned_uploads(BUCKET) == 0);
            computes_nothing(cluster, Instant::now());
        }
        assert_eq!(gateway.abandoned_uploads(BUCKET), 0, "{name}");
        assert_eq!(paths(&gateway, place), Vec::<String>::new(), "an upload was completed instead of given up");
        gate.open();
        world.at(&name).backfill(&arguments);
        assert_eq!(world.at(&name).rows(), rows, "{name}");
        assert!(!paths(&gateway, place).is_empty(), "no paths are where they were looked for");
        if is_clustered {
            world.environment = gateway.environment(gateway.port);
            independent::same_tables(&world.warehouse("disk"), &world.at(&name));
        }
    }
}
