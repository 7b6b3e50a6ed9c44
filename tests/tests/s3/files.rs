//! Queries over tables and files on S3 that are named by their address, whatever the warehouse.

use std::path::Path;
use std::process::Command;

use crate::gateway::{Gateway, KEY, SECRET};
use crate::warehouse::{World, succeed};

const BUCKET: &str = "files";

/// Puts a file into the bucket.
fn put(gateway: &Gateway, file: &Path, key: &str) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--aws-sigv4", "aws:amz:us-east-1:s3"]);
    curl.args(["--user", &format!("{KEY}:{SECRET}"), "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]);
    curl.arg("--upload-file").arg(file).arg(format!("http://127.0.0.1:{}/{BUCKET}/{key}", gateway.port));
    succeed(curl);
}

#[test]
fn tables_and_files_are_read_by_their_address() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    world.environment = gateway.environment(gateway.port);
    let (stored, disk) = (world.at(&format!("s3://{BUCKET}/w")), world.warehouse("disk"));
    succeed(stored.command(&["ingest"]));
    let rows = stored.number("SELECT count(*) FROM bronze.vix");
    assert!(rows > 1_000, "{rows}");

    let table = format!("s3://{BUCKET}/w/bronze/vix");
    for warehouse in [&stored, &disk] {
        let count = |from: &str| warehouse.number(&format!("SELECT count(*) FROM {from}"));
        for address in [table.clone(), format!("{table}/"), table.replace("s3://", "s3a://")] {
            assert_eq!(count(&format!("'{address}'")), rows, "{address}");
        }
        assert_eq!(count(&format!("'{table}' VERSION AS OF 0")), 0);
        assert_eq!(count(&format!("'{table}' TIMESTAMP AS OF '2999-01-01'")), rows);
        // what it is made of
        let keys = gateway.objects(BUCKET).into_keys();
        let parts = keys.filter(|key| key.starts_with("w/bronze/vix/") && key.ends_with(".parquet"));
        let parts = parts.filter(|key| !key.contains("/_delta_log/"));
        assert_eq!(parts.map(|key| count(&format!("'s3://{BUCKET}/{key}'"))).sum::<u64>(), rows);
    }

    let csv = world.data().join("vix.csv");
    put(&gateway, &csv, "plain/vix.csv");
    let lines = std::fs::read_to_string(csv).unwrap().lines().count() as u64;
    assert_eq!(disk.number(&format!("SELECT count(*) FROM 's3://{BUCKET}/plain/vix.csv'")), lines - 1);

    let refused = |from: &str, code: i32, named: &str| {
        let output = disk.command(&["sql", "-c", &format!("SELECT 1 FROM {from}")]).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{from}: {error}");
        assert!(error.contains(named) && !error.contains("hush"), "{from}: {error}");
    };
    refused(&format!("'s3://{BUCKET}/plain/none.csv'"), 4, "plain/none.csv");
    refused(&format!("'s3://{BUCKET}/plain/vix.csv' VERSION AS OF 0"), 4, "only Delta tables have versions");
    refused("'s3://no-such-bucket/vix.csv'", 7, "s3://no-such-bucket");
    refused(&format!("'s3://key:hush@{BUCKET}/vix.csv'"), 5, "credentials come from the environment");
}
