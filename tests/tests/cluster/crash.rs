//! Death of a driver at named points of its commits, while a cluster computes for it.

use crate::independent;
use crate::processes::Cluster;
use crate::warehouse::World;

/// 8 cells: four commits of models and four of forecasts.
const ARGUMENTS: [&str; 2] = ["--models", "naive,random_walk"];
/// Before the first commit of forecasts; after one of its log entries, the reply not yet read; between its two tables;
/// after all of them and before the ledger's last. The first commit of a run is the ledger's.
const POINTS: [&str; 5] = ["files_written:6", "committed:3", "committed:6", "between_tables:2", "before_ledger"];

#[test]
fn a_driver_that_dies_amid_its_commits_is_resumed() {
    let world = World::new();
    let undisturbed = world.warehouse("undisturbed");
    undisturbed.backfill(&ARGUMENTS);
    let built = world.warehouse("built");
    for step in ["ingest", "build"] {
        assert!(built.command(&[step]).output().unwrap().status.success());
    }
    let cluster = Cluster::new(2);
    let address = cluster.address();
    let arguments = [&ARGUMENTS[..], &["--scheduler", &address]].concat();
    for point in POINTS {
        let warehouse = built.copy(&point.replace(':', "-"));
        assert!(warehouse.dies_at(point, &[&["backfill"], &arguments[..]].concat()), "{point} was never reached");
        warehouse.backfill(&arguments);
        assert_eq!(warehouse.rows(), undisturbed.rows(), "after a death at {point}");
    }
    independent::same_tables(&undisturbed, &world.warehouse("between_tables-2"));
}
