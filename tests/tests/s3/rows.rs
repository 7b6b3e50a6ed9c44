//! Every command on S3, held against the same on disk and against readers of others.

use crate::gateway::Gateway;
use crate::warehouse::{Warehouse, World, succeed};

const BUCKET: &str = "rows";

fn printed(warehouse: &Warehouse, arguments: &[&str]) -> String {
    succeed(warehouse.command(arguments))
}

#[test]
fn every_command_gives_the_rows_of_a_run_on_disk() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    world.environment = gateway.environment(gateway.port);
    let disk = world.undisturbed();
    printed(&disk, &["evaluate"]);

    let address = format!("s3://{BUCKET}/one/of-two");
    let stored = world.at(&address);
    for step in [&["ingest"][..], &["build"], &["train", "--to", "2024-03-15"], &["infer", "--to", "2024-03-15"]] {
        printed(&stored, step);
    }
    assert!(printed(&stored, &["plan"]).contains("core-seconds"));
    // cells that grow in two steps have files to merge
    stored.backfill(&[]);
    printed(&stored, &["evaluate"]);
    assert_eq!(stored.rows(), disk.rows());

    let before = gateway.objects(BUCKET);
    stored.backfill(&[]);
    printed(&stored, &["evaluate"]);
    assert_eq!(gateway.objects(BUCKET), before, "a second run wrote something");
    assert!(!printed(&stored, &["status"]).is_empty());
    let count = "SELECT count(*) FROM forecast.distributions";
    assert_eq!(stored.number(count), disk.number(count));
    gateway.is_read_by_others(&address, "fresh");

    let merged = printed(&stored, &["maintain", "optimize"]);
    assert_ne!(gateway.objects(BUCKET), before, "optimize merged nothing: {merged}");
    printed(&stored, &["maintain", "checkpoint"]);
    let all = gateway.objects(BUCKET).len();
    printed(&stored, &["maintain", "vacuum", "--retention-hours", "0"]);
    let kept = gateway.objects(BUCKET);
    assert!(kept.len() < all, "vacuum removed nothing");
    assert!(kept.keys().any(|key| key.contains(".checkpoint")), "no checkpoint among {kept:?}");
    assert_eq!(stored.rows(), disk.rows(), "after maintenance");
    gateway.is_read_by_others(&address, "after maintenance");
    stored.backfill(&[]);
    assert_eq!(gateway.objects(BUCKET), kept, "a run after maintenance wrote something");
    assert_eq!(gateway.abandoned_uploads(BUCKET), 0);
    let strays = kept.keys().find(|key| !key.starts_with("one/of-two/") || key.contains("/_almanac/"));
    assert_eq!(strays, None, "left behind");
}

#[test]
fn a_bucket_without_prefix_and_large_files_in_parts() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    world.environment = gateway.environment(gateway.port);
    // 120 origins of 5,000 paths of 14 days in single precision: above one part
    let large = ["--models", "random_walk", "--paths", "5000", "--from", "2024-01-01", "--to", "2024-06-28"];
    let (disk, stored) = (world.warehouse("disk"), world.at(&format!("s3://{BUCKET}")));
    disk.backfill(&large);
    stored.backfill(&large);
    assert_eq!(stored.rows(), disk.rows());
    let tags = gateway.objects(BUCKET).into_values().map(|(tag, _)| tag);
    assert!(tags.filter(|tag| tag.contains('-')).count() > 0, "no file was uploaded in parts");
    assert_eq!(gateway.abandoned_uploads(BUCKET), 0);
}
