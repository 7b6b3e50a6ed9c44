//! A store that some requests reach only once they are let through.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};

use crate::http::{passed_on, serve};

/// Where requests wait.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    waiting: AtomicUsize,
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    /// Requests that wait, or have waited.
    pub(crate) fn held(&self) -> usize {
        self.waiting.load(SeqCst)
    }

    /// Lets all through, from now on.
    pub(crate) fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let is_open = self.is_open.lock().unwrap();
        if !*is_open {
            self.waiting.fetch_add(1, SeqCst);
        }
        drop(self.opened.wait_while(is_open, |is_open| !*is_open).unwrap());
    }
}

/// Passes requests on to a port, parts of uploads through the gate; returns the port to use instead.
pub(crate) fn holding_parts(port: u16) -> (u16, Arc<Gate>) {
    holding(port, |method, path| method == "PUT" && path.contains("partNumber="))
}

/// The same of reads of objects whose path holds a text.
pub(crate) fn holding_reads(port: u16, part: &'static str) -> (u16, Arc<Gate>) {
    holding(port, move |method, path| method == "GET" && path.contains(part))
}

fn holding(port: u16, is_held: impl Fn(&str, &str) -> bool + Send + Sync + 'static) -> (u16, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    let shared = Arc::clone(&gate);
    let own = serve(move |request, stream| {
        let (method, path) = request.asked();
        if is_held(method, path) {
            shared.pass();
        }
        if let Some(answer) = passed_on(port, &request) {
            let _ = stream.write_all(&answer);
        }
    });
    (own, gate)
}
