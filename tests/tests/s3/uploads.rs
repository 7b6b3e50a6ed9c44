//! Uploads in parts whose answers are lost or break off.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use crate::gateway::Gateway;
use crate::http::{passed_on, reply, serve};
use crate::warehouse::{Warehouse, World, succeed};

const BUCKET: &str = "uploads";
/// An answer of which most never comes.
const BROKEN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n<?xml";

/// Requests of uploads so far.
#[derive(Debug, Default)]
struct Asked {
    begun: AtomicUsize,
    parts: AtomicUsize,
    /// Of the first upload that was completed.
    completed: AtomicUsize,
    first: Mutex<Option<String>>,
}

impl Asked {
    /// How often the first upload was to be completed before; none of another one.
    fn completion(&self, path: &str) -> Option<usize> {
        let mut first = self.first.lock().unwrap();
        let is_first = first.get_or_insert_with(|| path.to_owned()).as_str() == path;
        is_first.then(|| self.completed.fetch_add(1, SeqCst))
    }
}

/// Passes requests on to a port, but of the first upload that is begun, and of the first that is completed, the answer
/// breaks off, and that to the first part is lost. An upload that was completed is not there any more, as stores say.
fn breaking(port: u16) -> (u16, Arc<Asked>) {
    let asked = Arc::new(Asked::default());
    let shared = Arc::clone(&asked);
    let own = serve(move |request, stream| {
        let (method, path) = request.asked();
        let mut answer: Option<&[u8]> = None;
        let mut is_first = false;
        if method == "POST" && path.contains("?uploads") {
            is_first = shared.begun.fetch_add(1, SeqCst) == 0;
            answer = Some(BROKEN);
        } else if method == "PUT" && path.contains("partNumber=") {
            is_first = shared.parts.fetch_add(1, SeqCst) == 0;
            answer = Some(b"");
        } else if method == "POST" && path.contains("uploadId=") {
            match shared.completion(path) {
                Some(0) => (answer, is_first) = (Some(BROKEN), true),
                Some(_) => return reply(stream, "404 Not Found", "", b"<Error><Code>NoSuchUpload</Code></Error>"),
                None => {}
            }
        }
        let Some(whole) = passed_on(port, &request) else { return };
        assert!(!is_first || whole.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&whole));
        let _ = stream.write_all(answer.filter(|_| is_first).unwrap_or(&whole));
    });
    (own, asked)
}

/// Of `silver.unified_data` a file is larger than one part.
fn build(warehouse: &Warehouse) {
    for step in ["ingest", "build"] {
        succeed(warehouse.command(&[step]));
    }
}

#[test]
fn uploads_whose_answers_break_off_are_whole_and_there_once() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    let disk = world.warehouse("disk");
    build(&disk);
    let rows = disk.rows();
    let (port, asked) = breaking(gateway.port);
    let address = format!("s3://{BUCKET}/w");
    world.environment = gateway.environment(port);
    build(&world.at(&address));
    println!("{asked:?}");
    let [begun, parts, completed] = [&asked.begun, &asked.parts, &asked.completed].map(|count| count.load(SeqCst));
    assert!(begun >= 2 && parts >= 3 && completed >= 2, "{asked:?}");

    world.environment = gateway.environment(gateway.port);
    assert_eq!(world.at(&address).rows(), rows);
    let objects = gateway.objects(BUCKET);
    let data = objects.iter().filter(|(key, _)| key.contains("/silver/unified_data/key_bucket="));
    let tags: Vec<&str> = data.map(|(_, (tag, _))| tag.as_str()).collect();
    let [tag] = tags[..] else { panic!("{objects:?}") };
    assert!(tag.contains('-'), "no file was uploaded in parts");
    // nobody knows its name
    assert_eq!(gateway.abandoned_uploads(BUCKET), 1, "the upload that was begun without an answer");
}
