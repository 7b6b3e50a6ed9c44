//! Signals that end a command: Ctrl-C, what ends a process of a service (SIGTERM), and a terminal that goes (SIGHUP).

use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use almanac_engine::{EngineError, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Exit code of a command that a signal ended: 128 and its number, as shells have it. Ctrl-C until another comes.
static CODE: AtomicI32 = AtomicI32::new(130);

/// Exit code of a command that was interrupted.
pub(crate) fn code() -> i32 {
    CODE.load(Ordering::Relaxed)
}

/// The signals, heard from its making on.
pub(crate) struct Signals {
    interrupted: Signal,
    terminated: Signal,
    /// None where the process was started to outlive its terminal.
    hung_up: Option<Signal>,
}

impl Signals {
    /// Listens; from now on none of them ends the process by itself.
    ///
    /// # Errors
    /// [`EngineError::Storage`] with what the operating system says.
    pub(crate) fn new() -> Result<Self> {
        let listen = |kind| signal(kind).map_err(|error| EngineError::storage("signals", error));
        // asked before anything listens, which would change the answer
        let outlives = outlives_its_terminal();
        Ok(Self {
            interrupted: listen(SignalKind::interrupt())?,
            terminated: listen(SignalKind::terminate())?,
            hung_up: if outlives { None } else { Some(listen(SignalKind::hangup())?) },
        })
    }

    /// Tells `stop` of the first signal. A second one ends the process at once, and so does `patience` where it is over: what
    /// waits for its input or for its reader looks at nothing else.
    pub(crate) async fn tell(mut self, stop: watch::Sender<bool>, patience: Option<Duration>) {
        let first = tokio::select! {
            _ = self.interrupted.recv() => SignalKind::interrupt(),
            _ = self.terminated.recv() => SignalKind::terminate(),
            () = hung_up(&mut self.hung_up) => SignalKind::hangup(),
        };
        let code = note(first);
        stop.send_replace(true);
        let over = async {
            match patience {
                Some(patience) => tokio::time::sleep(patience).await,
                None => std::future::pending().await,
            }
        };
        // a terminal that goes may say so twice, and a service's manager after it has said the other: neither is in a hurry
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
            () = over => {}
        }
        std::process::exit(code);
    }

    /// Waits for a signal other than Ctrl-C, which is a key at a prompt; gives its exit code.
    pub(crate) async fn told_to_leave(&mut self) -> i32 {
        let told = tokio::select! {
            _ = self.terminated.recv() => SignalKind::terminate(),
            () = hung_up(&mut self.hung_up) => SignalKind::hangup(),
        };
        note(told)
    }
}

/// Waits for the end of the terminal, for ever where that is nothing to the process.
async fn hung_up(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Remembers which signal it was; gives its exit code.
fn note(signal: SignalKind) -> i32 {
    let code = 128 + signal.as_raw_value();
    CODE.store(code, Ordering::Relaxed);
    code
}

/// Whether SIGHUP was to be ignored when the process was started, as `nohup` does.
fn outlives_its_terminal() -> bool {
    is_ignored(&std::fs::read_to_string("/proc/self/status").unwrap_or_default(), SignalKind::hangup())
}

/// Whether a process of this status ignores a signal.
fn is_ignored(status: &str, signal: SignalKind) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| (mask >> (signal.as_raw_value() - 1)) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_those_of_the_mask() {
        let status = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000000\n";
        assert!(is_ignored(status, SignalKind::hangup()));
        assert!(!is_ignored(status, SignalKind::interrupt()) && !is_ignored(status, SignalKind::terminate()));
        assert!(!is_ignored("", SignalKind::hangup()));
    }
}
