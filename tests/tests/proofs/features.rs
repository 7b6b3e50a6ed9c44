//! Tables that another writer has given features we do not implement: refused by name before anything is planned.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::support::{Job, demo_data, example};

const FLAGS: [&str; 8] = ["--models", "naive", "--paths", "10", "--from", "2024-01-02", "--to", "2024-01-05"];

/// Length and time of every file.
fn tree(folder: &Path) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let (path, facts) = entry.map(|entry| (entry.path(), entry.metadata().unwrap())).unwrap();
        if facts.is_dir() {
            found.extend(tree(&path));
        } else {
            found.insert(path, (facts.len(), facts.modified().unwrap()));
        }
    }
    found
}

/// A table's log: the path of the next entry, and the metadata of the first.
fn log(job: &Job, table: &str) -> (PathBuf, Value) {
    let folder = job.warehouse.join(table.replace('.', "/")).join("_delta_log");
    let first = fs::read_to_string(folder.join(format!("{:020}.json", 0))).unwrap();
    let actions = first.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let metadata = actions.filter_map(|action| action.get("metaData").cloned()).next().unwrap();
    let version = (0..).find(|version| !folder.join(format!("{version:020}.json")).exists()).unwrap();
    (folder.join(format!("{version:020}.json")), metadata)
}

fn features(names: &[&str]) -> Value {
    json!({ "protocol": {
        "minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": names, "writerFeatures": names
    } })
}

fn versions(reader: u32, writer: u32) -> Value {
    json!({ "protocol": { "minReaderVersion": reader, "minWriterVersion": writer } })
}

/// The table's own metadata with one more property.
fn with_property(metadata: &Value, name: &str, value: &str) -> Value {
    let mut metadata = metadata.clone();
    metadata["configuration"][name] = value.into();
    json!({ "metaData": metadata })
}

/// The metadata of a table whose columns have other names in its files.
fn mapped(metadata: &Value) -> Value {
    let mut metadata = metadata.clone();
    let mut schema: Value = serde_json::from_str(metadata["schemaString"].as_str().unwrap()).unwrap();
    let fields = schema["fields"].as_array_mut().unwrap();
    for (id, field) in (1..).zip(&mut *fields) {
        field["metadata"]["delta.columnMapping.id"] = json!(id);
        field["metadata"]["delta.columnMapping.physicalName"] = json!(format!("col-{id}"));
    }
    metadata["configuration"]["delta.columnMapping.maxColumnId"] = fields.len().to_string().into();
    metadata["schemaString"] = schema.to_string().into();
    with_property(&metadata, "delta.columnMapping.mode", "name")
}

/// What other writers append to a log, and what the refusal must name.
fn entries(metadata: &Value) -> Vec<(Vec<Value>, &'static str)> {
    let property = |name: &str, value: &str| with_property(metadata, name, value);
    vec![
        (vec![features(&["deletionVectors"])], "deletionVectors"),
        (vec![features(&["deletionVectors"]), property("delta.enableDeletionVectors", "true")], "deletion vectors"),
        (vec![features(&["columnMapping"])], "columnMapping"),
        (vec![versions(2, 5), mapped(metadata)], "column mapping"),
        (vec![features(&["sorcery"])], "sorcery"),
        (vec![versions(1, 4)], "(1,4)"),
    ]
}

/// Every command must refuse the table under every entry, and write nothing.
fn refuse(job: &Job, table: &str, commands: &[&str]) {
    let (entry, metadata) = log(job, table);
    for (actions, named) in entries(&metadata) {
        let text: String = actions.iter().map(|action| format!("{action}\n")).collect();
        fs::write(&entry, text).unwrap();
        let before = tree(&job.warehouse);
        for command in commands {
            let ended = job.refused(&[*command], 5, &[table, named]);
            let planned = |step: &Value| step["step"] == "train" || step["step"] == "infer";
            assert!(!ended.steps().iter().any(planned), "{table} {command}: {}", ended.stdout);
            assert!(tree(&job.warehouse) == before, "{table}, {named}: {command} wrote");
        }
        fs::remove_file(&entry).unwrap();
    }
}

#[test]
fn tables_with_features_we_lack_are_refused_before_planning() {
    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &FLAGS);
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    refuse(&job, "silver.model_input", &["plan", "train", "infer", "backfill"]);
    refuse(&job, "silver.unified_data", &["build", "backfill"]);
    refuse(&job, "bronze.market", &["ingest", "build", "backfill"]);
    // with the entry gone the table is what it was
    job.ok(&["train"]);
    refuse(&job, "forecast.trained_models", &["plan", "train", "infer", "backfill"]);
    job.ok(&["backfill"]);
    refuse(&job, "forecast.distributions", &["plan", "infer", "backfill"]);
    assert_eq!(job.ok(&["backfill"]).step("infer")["units"], 0);
}
