//! A cluster over an object store: the usual way to run one.

use crate::gateway::Gateway;
use crate::process::wait;
use crate::processes::Cluster;
use crate::scene::{LARGE, LIMIT, end};
use crate::warehouse::{World, told};
use crate::{held, http, independent};

const BUCKET: &str = "clustered";

#[test]
fn an_executor_dies_while_it_uploads_and_the_rows_are_those_of_a_run_on_disk() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    let disk = world.warehouse("disk");
    disk.backfill(&LARGE);
    let rows = disk.rows();
    world.environment = gateway.environment(gateway.port);
    // the parts of one executor do not arrive
    let (port, gate) = held::holding_parts(gateway.port);
    let mut cluster = Cluster::with(1, gateway.environment(port));
    cluster.environment = gateway.environment(gateway.port);
    cluster.add_executor();
    let warehouse = world.at(&format!("s3://{BUCKET}/warehouse"));
    let address = cluster.address();
    let on_cluster = [&["backfill", "--scheduler", &address], &LARGE[..]].concat();
    let driver = warehouse.command(&on_cluster).spawn().unwrap();
    wait("a part is on its way", LIMIT, || gate.held() > 0);
    cluster.executors[0].kill();
    let output = end(driver);
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(warehouse.rows(), rows);
    assert_eq!(gateway.abandoned_uploads(BUCKET), 1, "it died amid an upload, which is left to the bucket's rules");
    let before = gateway.objects(BUCKET);
    warehouse.backfill(&on_cluster[1..]);
    assert_eq!(gateway.objects(BUCKET), before, "a second run wrote something");
    independent::same_tables(&world.warehouse("disk"), &warehouse);
}

/// What an executor may not write is named in the driver's error.
#[test]
fn an_object_that_is_refused_to_an_executor_is_named() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    world.environment = gateway.environment(gateway.port);
    let port = http::forbidding(gateway.port, "PUT", "/forecast/trained_models/model_name=naive/");
    let cluster = Cluster::with(1, gateway.environment(port));
    let arguments = ["backfill", "--models", "naive", "--from", "2024-07-01", "--scheduler", &cluster.address()];
    let output = end(world.at(&format!("s3://{BUCKET}/refused")).command(&arguments).spawn().unwrap());
    let told = told(&output);
    println!("{told}");
    let object = format!("s3://{BUCKET}/refused/forecast/trained_models/model_name=naive/");
    for text in [object.as_str(), "403", "AccessDenied"] {
        assert!(told.contains(text), "no {text:?} in {told}");
    }
    assert_eq!(output.status.code(), Some(7), "{told}");
}
