//! Death of a driver at named points of its commits, while a cluster computes for it.

use crate::independent;
use crate::processes::Cluster;
use crate::store::Store;
use crate::warehouse::{World, succeed};

/// 8 cells: four commits of models and four of forecasts.
const ARGUMENTS: [&str; 2] = ["--models", "naive,random_walk"];
/// Before the first commit of forecasts; after one of its log entries, the reply not yet read; between its two tables;
/// after all of them and before the ledger's last. The first commit of a run is the ledger's.
const POINTS: [&str; 5] = ["files_written:6", "committed:3", "committed:6", "between_tables:2", "before_ledger"];

#[test]
fn a_driver_that_dies_amid_its_commits_is_resumed() {
    let (store, mut world) = (Store::s3(), World::new());
    world.warehouse("undisturbed").backfill(&ARGUMENTS);
    let rows = world.warehouse("undisturbed").rows();
    world.environment = store.environment();
    let cluster = Cluster::with(2, store.environment());
    let address = cluster.address();
    let arguments = [&ARGUMENTS[..], &["--scheduler", &address]].concat();
    for point in POINTS {
        let warehouse = store.warehouse(&world, &point.replace(':', "-"));
        for step in ["ingest", "build"] {
            succeed(warehouse.command(&[step]));
        }
        assert!(warehouse.dies_at(point, &[&["backfill"], &arguments[..]].concat()), "{point} was never reached");
        warehouse.backfill(&arguments);
        assert_eq!(warehouse.rows(), rows, "after a death at {point}");
    }
    independent::same_tables(&world.warehouse("undisturbed"), &store.warehouse(&world, "between_tables-2"));
}
