//! Servers of a test's own: one that passes requests on and harms some of them, one that keeps objects carelessly, one
//! that never answers.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// One request; none if the client left or sent something else.
    pub(crate) fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut request = Self::begin(stream)?;
        let length = request.length();
        request.read_until(stream, length)?;
        Some(request)
    }

    /// The head of a request, and what came with it.
    pub(crate) fn begin(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 65536];
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            match stream.read(&mut chunk).ok()? {
                0 => return None,
                n => bytes.extend_from_slice(&chunk[..n]),
            }
        };
        let body = bytes.split_off(end);
        Some(Self { head: String::from_utf8(bytes).ok()?, body })
    }

    /// Reads on until there are so many bytes of the body; none if the client left before.
    pub(crate) fn read_until(&mut self, stream: &mut TcpStream, length: usize) -> Option<()> {
        let mut chunk = [0; 65536];
        while self.body.len() < length {
            match stream.read(&mut chunk).ok()? {
                0 => return None,
                n => self.body.extend_from_slice(&chunk[..n]),
            }
        }
        Some(())
    }

    /// Bytes of the whole body.
    pub(crate) fn length(&self) -> usize {
        let length = self.head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        length.unwrap_or(0)
    }

    /// Method and path with query.
    pub(crate) fn asked(&self) -> (&str, &str) {
        let mut words = self.head.split(' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }
}

/// Serves each connection's only request on a thread of its own; returns the port.
pub(crate) fn serve(answer: impl Fn(Request, &mut TcpStream) + Send + Sync + 'static) -> u16 {
    serve_connections(move |stream| {
        if let Some(request) = Request::read(stream) {
            answer(request, stream);
        }
        let _ = stream.shutdown(Shutdown::Both);
    })
}

/// Serves each connection on a thread of its own; returns the port.
pub(crate) fn serve_connections(handle: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let handle = Arc::new(handle);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            std::thread::spawn(move || handle(&mut stream));
        }
    });
    port
}

pub(crate) fn reply(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

/// What became of the requests that were harmed.
#[derive(Debug, Default)]
pub(crate) struct Harm {
    requests: AtomicUsize,
    commits: AtomicUsize,
    pub(crate) refused: AtomicUsize,
    pub(crate) unheard: AtomicUsize,
    pub(crate) unanswered: AtomicUsize,
    pub(crate) unanswered_commits: AtomicUsize,
}

/// Passes requests on to a port, but answers some with "slow down", drops some unheard, and drops the answers of some
/// that were done, among them every fourth commit.
pub(crate) fn harming(port: u16) -> (u16, Arc<Harm>) {
    let harm = Arc::new(Harm::default());
    let shared = Arc::clone(&harm);
    let own = serve(move |request, stream| {
        let n = shared.requests.fetch_add(1, SeqCst);
        let (method, path) = request.asked();
        let commits = method == "PUT" && path.contains("/_delta_log/0");
        if n % 23 == 7 {
            shared.refused.fetch_add(1, SeqCst);
            return reply(stream, "503 Slow Down", "", b"<Error><Code>SlowDown</Code></Error>");
        }
        if n % 31 == 11 {
            shared.unheard.fetch_add(1, SeqCst);
            return;
        }
        let Some(answer) = passed_on(port, &request) else { return };
        if commits && shared.commits.fetch_add(1, SeqCst) % 4 == 1 {
            shared.unanswered_commits.fetch_add(1, SeqCst);
            return;
        }
        if n % 37 == 13 {
            shared.unanswered.fetch_add(1, SeqCst);
            return;
        }
        let _ = stream.write_all(&answer);
    });
    (own, harm)
}

/// What the server on a port answers, whole.
pub(crate) fn passed_on(port: u16, request: &Request) -> Option<Vec<u8>> {
    let mut onward = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let head = request.head.trim_end_matches("\r\n");
    onward.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).ok()?;
    onward.write_all(&request.body).ok()?;
    let mut answer = Vec::new();
    onward.read_to_end(&mut answer).ok()?;
    Some(answer)
}

/// A store that overwrites what it is asked only to create. Knows no more of S3 than a first write needs.
pub(crate) fn careless() -> u16 {
    let objects: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::default();
    serve(move |request, stream| {
        let (method, path) = request.asked();
        let mut objects = objects.lock().unwrap();
        match (method, path.contains('?')) {
            ("GET", true) => {
                let empty =
                    b"<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>";
                reply(stream, "200 OK", "", empty);
            }
            ("PUT", _) => {
                objects.insert(path.to_owned(), request.body.clone());
                reply(stream, "200 OK", "ETag: \"1\"\r\n", b"");
            }
            ("GET", false) => match objects.get(path) {
                Some(body) => {
                    let headers = "ETag: \"1\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n";
                    reply(stream, "200 OK", headers, body);
                }
                None => reply(stream, "404 Not Found", "", b"<Error><Code>NoSuchKey</Code></Error>"),
            },
            _ => reply(stream, "204 No Content", "", b""),
        }
    })
}

/// Passes requests on to a port, but forbids those of a method whose path holds a text.
pub(crate) fn forbidding(port: u16, forbidden: &'static str, part: &'static str) -> u16 {
    serve(move |request, stream| {
        let (method, path) = request.asked();
        if method == forbidden && path.replace("%3D", "=").contains(part) {
            let body = b"<Error><Code>AccessDenied</Code><Message>not this one</Message></Error>";
            return reply(stream, "403 Forbidden", "", body);
        }
        if let Some(answer) = passed_on(port, &request) {
            let _ = stream.write_all(&answer);
        }
    })
}

/// Accepts connections and never answers.
pub(crate) fn silent() -> u16 {
    serve(|_, _| std::thread::sleep(std::time::Duration::from_secs(600)))
}
