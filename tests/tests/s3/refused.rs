//! What cannot work is told in seconds, with bucket and cause and without secrets.

use std::process::Output;
use std::time::{Duration, Instant};

use crate::gateway::{Gateway, SECRET, free_port};
use crate::http;
use crate::warehouse::{World, told};

const BUCKET: &str = "refused";
const PLANTED: &str = "planted/Secret+0123456789abcdefghijklmnop";

/// Runs a command with some variables set and others (with an empty value) unset.
fn run(world: &World, address: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = world.at(address).command(arguments);
    for (name, value) in variables {
        match value.is_empty() {
            true => command.env_remove(name),
            false => command.env(name, value),
        };
    }
    command.output().unwrap()
}

/// The command ends in seconds with the code, names the texts and repeats no secret.
fn refused(world: &World, address: &str, variables: &[(&str, &str)], arguments: &[&str], code: i32, named: &[&str]) {
    let started = Instant::now();
    let output = run(world, address, variables, arguments);
    let (elapsed, told) = (started.elapsed(), told(&output));
    println!("{arguments:?} {address} after {elapsed:?}: {told}");
    assert_eq!(output.status.code(), Some(code), "{told}");
    for text in named {
        assert!(told.contains(text), "no {text:?} in {told}");
    }
    assert!(!told.contains("panicked"), "{told}");
    shows_no_secret(&output);
    assert!(elapsed < Duration::from_secs(50), "took {elapsed:?}");
}

fn shows_no_secret(output: &Output) {
    for printed in [&output.stdout, &output.stderr] {
        let printed = String::from_utf8_lossy(printed);
        for secret in [PLANTED, SECRET] {
            assert!(!printed.contains(secret), "a secret in {printed}");
        }
    }
}

#[test]
fn wrong_buckets_and_credentials() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    world.environment = gateway.environment(gateway.port);
    let address = format!("s3://{BUCKET}/w");
    for command in ["ingest", "tables", "status", "backfill"] {
        refused(&world, "s3://no-such-bucket/w", &[], &[command], 7, &["s3://no-such-bucket/w", "NoSuchBucket"]);
    }
    let secret = [("AWS_SECRET_ACCESS_KEY", PLANTED)];
    refused(&world, &address, &secret, &["ingest"], 7, &[&address, "403", "SignatureDoesNotMatch", "credentials"]);
    let key = [("AWS_ACCESS_KEY_ID", "stranger"), ("AWS_SECRET_ACCESS_KEY", PLANTED), ("ALMANAC_LOG", "debug")];
    refused(&world, &address, &key, &["tables"], 7, &[&address, "InvalidAccessKeyId", "credentials"]);
    let none = format!("http://127.0.0.1:{}", free_port());
    let none = [
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("HOME", "/nonexistent"),
        ("AWS_METADATA_ENDPOINT", none.as_str()),
    ];
    refused(&world, &address, &none, &["ingest"], 7, &[&address]);
    let profile = [&none[..], &[("AWS_PROFILE", "nobody")]].concat();
    refused(&world, &address, &profile, &["ingest"], 7, &[&address, "nobody", "AWS_PROFILE"]);
    assert!(gateway.objects(BUCKET).is_empty(), "something was written");
}

#[test]
fn a_profile_file_gives_credentials() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    world.environment = gateway.environment(gateway.port);
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let entry =
        |name: &str, secret: &str| format!("[{name}]\naws_access_key_id = testkey\naws_secret_access_key = {secret}\n");
    let profiles = entry("default", SECRET) + &entry("other", PLANTED);
    std::fs::write(home.path().join(".aws/credentials"), profiles).unwrap();
    let home = home.path().to_str().unwrap();
    let keys = [("HOME", home), ("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    let address = format!("s3://{BUCKET}/w");
    let output = run(&world, &address, &keys, &["ingest"]);
    assert!(output.status.success(), "{}", told(&output));
    let other = [&keys[..], &[("AWS_PROFILE", "other")]].concat();
    refused(&world, &address, &other, &["tables"], 7, &[&address, "SignatureDoesNotMatch"]);
}

#[test]
fn secrets_appear_nowhere() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    world.environment = gateway.environment(gateway.port);
    let address = format!("s3://{BUCKET}/w");
    let loud = [("ALMANAC_LOG", "debug")];
    let output = run(&world, &address, &loud, &["backfill", "--models", "naive", "--to", "2023-02-28"]);
    assert!(output.status.success(), "{}", told(&output));
    shows_no_secret(&output);
    assert!(output.stderr.len() > 1_000, "nothing was logged");
    for table in ["ops.runs", "ops.units", "forecast.trained_models"] {
        let query = format!("SELECT * FROM {table}");
        let rows = run(&world, &address, &[], &["sql", "--format", "csv", "-c", &query]);
        assert!(rows.status.success() && rows.stdout.len() > 100, "{table}: {}", told(&rows));
        shows_no_secret(&rows);
    }
    let entries = gateway.objects(BUCKET).into_keys().filter(|key| key.ends_with(".json"));
    let logs: Vec<String> = entries.map(|key| gateway.read(BUCKET, &key)).collect();
    assert!(logs.len() > 10 && logs.iter().all(|log| !log.contains(SECRET)), "a secret in a table's log");
}

#[test]
fn unreachable_endpoints() {
    let world = World::new();
    let address = format!("s3://{BUCKET}/w");
    let at = |port: u16| format!("http://127.0.0.1:{port}");
    // the closed port last, or another server could be given it
    let (silent, careless, closed) = (at(http::silent()), at(http::careless()), at(free_port()));
    let variables = |endpoint: &'static str| {
        [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", PLANTED),
        ]
    };
    let of = |endpoint: &String| variables(String::leak(endpoint.clone()));
    refused(&world, &address, &of(&closed), &["ingest"], 7, &[&address, "refused", "AWS_ENDPOINT_URL"]);
    refused(&world, &address, &of(&silent), &["tables"], 7, &[&address, "timed out", "AWS_ENDPOINT_URL"]);
    // a store on which two commits could both succeed
    refused(&world, &address, &of(&careless), &["ingest"], 7, &[BUCKET, "If-None-Match"]);
    let mut plain = of(&closed);
    plain[1].1 = "false";
    refused(&world, &address, &plain, &["ingest"], 2, &["AWS_ALLOW_HTTP", "AWS_ENDPOINT_URL"]);
    let inside = format!("s3://key:{PLANTED}@{BUCKET}/w");
    refused(&world, &inside, &of(&closed), &["ingest"], 2, &["warehouse", "credentials"]);
}

/// A bucket whose policy spares some objects: the error says which.
#[test]
fn a_refused_object_is_named() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    let address = format!("s3://{BUCKET}/w");
    for (method, part, command, object) in [
        ("PUT", "/bronze/market/part-", "ingest", "s3://refused/w/bronze/market/part-"),
        ("PUT", "/bronze/market/_delta_log/0", "ingest", "s3://refused/w/bronze/market/_delta_log/00000000000000000"),
        ("GET", "/bronze/market/part-", "build", "s3://refused/w/bronze/market/part-"),
        (
            "GET",
            "/silver/model_input/_delta_log/0",
            "status",
            "s3://refused/w/silver/model_input/_delta_log/0000000000",
        ),
    ] {
        let port = http::forbidding(gateway.port, method, part);
        world.environment = gateway.environment(gateway.port);
        let prepares: &[&str] = match command {
            "build" => &["ingest"],
            "status" => &["build"],
            _ => &[],
        };
        for step in prepares {
            assert!(run(&world, &address, &[], &[step]).status.success(), "{step}");
        }
        let endpoint = format!("http://127.0.0.1:{port}");
        let through = [("AWS_ENDPOINT_URL", endpoint.as_str())];
        refused(&world, &address, &through, &[command], 7, &[object, "403", "AccessDenied"]);
    }
}
