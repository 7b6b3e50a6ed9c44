//! `doctor` on buckets: no answer, writes refused, a clock that is off, a store that lets a second writer overwrite.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;

use chrono::{TimeDelta, Utc};

use crate::doctor::{Found, examined};
use crate::http::{reply, serve};
use crate::world;

const EMPTY: &[u8] = b"<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>";
const DELETED: &[u8] = b"<DeleteResult><Deleted><Key>it</Key></Deleted></DeleteResult>";
const EXISTS: &[u8] = b"<Error><Code>PreconditionFailed</Code></Error>";
const FORBIDDEN: &[u8] = b"<Error><Code>AccessDenied</Code><Message>not here</Message></Error>";
const ABSENT: &[u8] = b"<Error><Code>NoSuchKey</Code></Error>";

/// What a store does with a new object.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Writes {
    /// Creates it once.
    Once,
    /// Overwrites it, although it was asked to create it only.
    Always,
    Never,
}

/// A store that knows no more of S3 than is asked here; its clock is so many seconds ahead. Returns its address.
fn store(writes: Writes, ahead: i64) -> String {
    let objects: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::default();
    let port = serve(move |request, stream| {
        let (method, path) = request.asked();
        let time = (Utc::now() + TimeDelta::seconds(ahead)).format("%a, %d %b %Y %H:%M:%S GMT");
        let headers = format!("ETag: \"1\"\r\nLast-Modified: {time}\r\n");
        let mut objects = objects.lock().unwrap();
        let object = objects.get(path);
        match (method, object) {
            ("GET", _) if path.contains('?') => reply(stream, "200 OK", "", EMPTY),
            ("POST", _) => reply(stream, "200 OK", "", DELETED),
            ("PUT", _) if writes == Writes::Never => reply(stream, "403 Forbidden", "", FORBIDDEN),
            ("PUT", Some(_)) if writes == Writes::Once => reply(stream, "412 Precondition Failed", "", EXISTS),
            ("PUT", _) => {
                objects.insert(path.to_owned(), request.body.clone());
                reply(stream, "200 OK", &headers, b"");
            }
            ("GET", Some(body)) => reply(stream, "200 OK", &headers, body),
            ("HEAD", Some(body)) => {
                let length = format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n{headers}{length}").as_bytes());
            }
            _ => reply(stream, "404 Not Found", "", ABSENT),
        }
    });
    format!("http://127.0.0.1:{port}")
}

/// What is found of a bucket at an address.
fn found(address: &str, code: i32) -> Found {
    let mut job = world::fresh();
    job.warehouse = "s3://bucket/w".into();
    let variables = [
        ("AWS_ENDPOINT_URL", address),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("NO_PROXY", "127.0.0.1"),
        ("no_proxy", "127.0.0.1"),
    ];
    examined(&job, code, &variables, &[])
}

#[test]
fn a_sound_bucket_is_fit() {
    let found = found(&store(Writes::Once, 0), 0);
    for check in ["store reached", "store written", "creation exclusive", "clocks"] {
        assert_eq!(found.result(check), "ok", "{check}: {}", found.seen(check));
    }
    // nobody knows the room of a bucket
    assert!(found.has("bronze.market") && !found.has("disk"));
}

#[test]
fn a_bucket_that_does_not_answer_or_take_writes_fails() {
    let lost = found("http://127.0.0.1:1", 1);
    lost.expect("store reached", "fail", "AWS_ENDPOINT_URL", "run the same command again");
    assert!(!lost.has("store written") && !lost.has("bronze.market"));
    let read = found(&store(Writes::Never, 0), 1);
    read.expect("store written", "fail", "AccessDenied", "permissions");
    assert!(read.has("bronze.market") && !read.has("creation exclusive"));
}

#[test]
fn clocks_that_differ_are_told() {
    let near = found(&store(Writes::Once, 30), 0);
    near.expect("clocks", "warn", "the store's clock differs by", "NTP");
    for hour in [-3_600, 3_600] {
        found(&store(Writes::Once, hour), 1).expect("clocks", "fail", "the store's clock differs by", "NTP");
    }
}

#[test]
fn a_bucket_without_conditional_writes_fails() {
    let found = found(&store(Writes::Always, 0), 1);
    found.expect("creation exclusive", "fail", "a second writer overwrite", "If-None-Match");
    assert_eq!(found.result("store written"), "ok");
}
