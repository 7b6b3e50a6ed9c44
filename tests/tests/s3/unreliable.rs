//! A store behind a bad network: overloaded, slow, losing connections amid bodies and answers to commits, as a seed says.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use socket2::SockRef;

use crate::http::{Request, passed_on, reply, serve_connections};
use crate::random::Random;

/// Pieces of a slow body, and the pause before each.
const PIECES: usize = 10;
const PAUSE: Duration = Duration::from_millis(200);

/// Shares of requests that are harmed, and how.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Weather {
    /// Answered with 503 and not passed on.
    pub(crate) overloaded: f64,
    /// Reset amid the body of the request, which then never arrived, or of the answer, which then is half there.
    pub(crate) reset: f64,
    /// Taken in pieces over seconds, if the request has a body, else answered so.
    pub(crate) slow: f64,
    /// Whether the answer to each commit that was done is lost.
    pub(crate) loses_commits: bool,
}

/// What became of the requests.
#[derive(Debug, Default)]
pub(crate) struct Harm {
    pub(crate) requests: AtomicUsize,
    pub(crate) overloaded: AtomicUsize,
    /// Requests with bodies.
    pub(crate) bodies: AtomicUsize,
    /// With bodies, as the two below.
    pub(crate) reset_requests: AtomicUsize,
    pub(crate) reset_answers: AtomicUsize,
    pub(crate) slow_requests: AtomicUsize,
    pub(crate) slow_answers: AtomicUsize,
    pub(crate) lost_commits: AtomicUsize,
    /// Parts of uploads, and requests of uploads in parts that were reset on their way or back.
    pub(crate) parts: AtomicUsize,
    pub(crate) reset_uploads: AtomicUsize,
}

enum Fate {
    Overloaded,
    ResetRequest,
    ResetAnswer,
    Slow,
    Spared,
}

struct Proxy {
    port: u16,
    weather: Weather,
    seed: u64,
    asked: Mutex<BTreeMap<String, u64>>,
    harm: Arc<Harm>,
}

/// Passes requests on to a port through such weather; returns the port to use instead, and what happens.
pub(crate) fn unreliable(port: u16, weather: Weather, seed: u64) -> (u16, Arc<Harm>) {
    let harm = Arc::new(Harm::default());
    let proxy = Proxy { port, weather, seed, asked: Mutex::default(), harm: Arc::clone(&harm) };
    (serve_connections(move |stream| proxy.handle(stream).unwrap_or_default()), harm)
}

impl Proxy {
    /// One request; none if it was not answered whole.
    fn handle(&self, stream: &mut TcpStream) -> Option<()> {
        let mut request = Request::begin(stream)?;
        let (method, path) = request.asked();
        let is_commit = method == "PUT" && path.contains("/_delta_log/0");
        let is_part = method == "PUT" && path.contains("partNumber=");
        let is_upload = is_part || (method == "POST" && path.contains("?upload"));
        let length = request.length();
        let fate = self.fate(&format!("{method} {path}"), length > 0);
        self.harm.requests.fetch_add(1, SeqCst);
        self.harm.parts.fetch_add(usize::from(is_part), SeqCst);
        let is_reset = matches!(fate, Fate::ResetRequest | Fate::ResetAnswer);
        self.harm.reset_uploads.fetch_add(usize::from(is_upload && is_reset), SeqCst);
        // without a body it is the answer's that is harmed
        if length > 0 {
            match fate {
                Fate::ResetRequest => {
                    self.harm.reset_requests.fetch_add(1, SeqCst);
                    request.read_until(stream, length / 2)?;
                    return reset(stream);
                }
                Fate::Slow => {
                    self.harm.slow_requests.fetch_add(1, SeqCst);
                    for piece in 1..PIECES {
                        std::thread::sleep(PAUSE);
                        request.read_until(stream, length * piece / PIECES)?;
                    }
                }
                _ => {}
            }
        }
        request.read_until(stream, length)?;
        if let Fate::Overloaded = fate {
            self.harm.overloaded.fetch_add(1, SeqCst);
            reply(stream, "503 Slow Down", "", b"<Error><Code>SlowDown</Code></Error>");
            return None;
        }
        let answer = passed_on(self.port, &request)?;
        // a create succeeds once: whoever asks again is told that the object is there
        if is_commit && self.weather.loses_commits && answer.starts_with(b"HTTP/1.1 200") {
            self.harm.lost_commits.fetch_add(1, SeqCst);
            return reset(stream);
        }
        match fate {
            Fate::ResetRequest | Fate::ResetAnswer => {
                let body = body_length(&answer);
                self.harm.reset_answers.fetch_add(usize::from(body > 0), SeqCst);
                stream.write_all(&answer[..head_length(&answer) + body / 2]).ok()?;
                reset(stream)
            }
            Fate::Slow if length == 0 => {
                self.harm.slow_answers.fetch_add(1, SeqCst);
                for piece in answer.chunks(answer.len().div_ceil(PIECES).max(1)) {
                    std::thread::sleep(PAUSE);
                    stream.write_all(piece).ok()?;
                }
                Some(())
            }
            _ => stream.write_all(&answer).ok(),
        }
    }

    /// Depends on the seed, on what is asked, and on how often it was asked before, not on what else happens meanwhile. Of
    /// the requests with bodies, which are few, one is reset and one slow whatever the seed.
    fn fate(&self, asked: &str, has_body: bool) -> Fate {
        match self.harm.bodies.fetch_add(usize::from(has_body), SeqCst) {
            20 if has_body && self.weather.reset > 0.0 => return Fate::ResetRequest,
            40 if has_body && self.weather.slow > 0.0 => return Fate::Slow,
            _ => {}
        }
        let mut times = self.asked.lock().unwrap();
        let nth = times.entry(asked.to_owned()).or_default();
        *nth += 1;
        let mut hasher = DefaultHasher::new();
        (asked, *nth).hash(&mut hasher);
        let draw = Random::seeded(self.seed ^ hasher.finish()).next();
        let Weather { overloaded, reset, slow, .. } = self.weather;
        let edges = [overloaded, overloaded + reset / 2.0, overloaded + reset, overloaded + reset + slow];
        let fates = [Fate::Overloaded, Fate::ResetRequest, Fate::ResetAnswer, Fate::Slow];
        fates.into_iter().zip(edges).find(|(_, edge)| draw < *edge).map_or(Fate::Spared, |(fate, _)| fate)
    }
}

/// Ends a connection without a farewell.
fn reset(stream: &TcpStream) -> Option<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap();
    None
}

fn head_length(answer: &[u8]) -> usize {
    answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(answer.len(), |end| end + 4)
}

fn body_length(answer: &[u8]) -> usize {
    answer.len() - head_length(answer)
}
