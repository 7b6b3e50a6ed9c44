//! Being told to leave the prompt by a signal other than Ctrl-C.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use almanac_engine::EngineError;
use termion::raw::{IntoRawMode, RawTerminal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::exit::Outcome;
use crate::signals::Signals;

/// What tells that the prompt is to be left.
pub(super) struct Leaving {
    told: watch::Receiver<bool>,
    /// Whether a line is being read, which only a key ends.
    reads: Arc<AtomicBool>,
    /// Ends with the prompt.
    _listening: JoinSet<()>,
}

impl Leaving {
    /// Listens; from now on a signal that nobody waits for ends nothing.
    ///
    /// # Errors
    /// Those of the terminal and of the operating system.
    pub(super) fn listen() -> Outcome<Self> {
        let signals = Signals::new()?;
        // keeps how the terminal was found, and sets it so again when it is dropped
        let terminal = io::stdout().into_raw_mode().map_err(refused)?;
        terminal.suspend_raw_mode().map_err(refused)?;
        let (tell, told) = watch::channel(false);
        let reads = Arc::new(AtomicBool::new(false));
        let mut listening = JoinSet::new();
        listening.spawn(leave(signals, terminal, tell, Arc::clone(&reads)));
        Ok(Self { told, reads, _listening: listening })
    }

    /// What `read` gives, which a signal may end with the process.
    ///
    /// # Errors
    /// `Interrupted` if it was told already; else those of the terminal.
    pub(super) fn while_reading<T>(&self, read: impl FnOnce() -> io::Result<T>) -> Outcome<T> {
        self.reads.store(true, Ordering::SeqCst);
        // either it is seen here, or whoever is told sees that a line is read
        if *self.told.borrow() {
            return Err(EngineError::Interrupted.into());
        }
        let read = tokio::task::block_in_place(read).map_err(refused)?;
        self.reads.store(false, Ordering::SeqCst);
        Ok(read)
    }

    /// To wait with for Ctrl-C, or until the prompt is to be left.
    pub(super) fn told(&self) -> watch::Receiver<bool> {
        self.told.clone()
    }
}

/// Stops the query that runs, if the process is told to leave, and ends the process where a line is read.
async fn leave(
    mut signals: Signals,
    terminal: RawTerminal<io::Stdout>,
    tell: watch::Sender<bool>,
    is_reading: Arc<AtomicBool>,
) {
    let code = signals.told_to_leave().await;
    tell.send_replace(true);
    if !is_reading.load(Ordering::SeqCst) {
        // the prompt leaves by itself; whoever tells it again does not wait for that
        signals.told_to_leave().await;
    }
    drop(terminal);
    std::process::exit(code);
}

/// Waits for Ctrl-C, which is a key while a line is read and a signal while a query runs, or until the prompt is to be left.
pub(super) async fn stopped(mut told: watch::Receiver<bool>) {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let left = async {
        if told.wait_for(|told| *told).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupted => {}
        () = left => {}
    }
}

fn refused(error: io::Error) -> EngineError {
    EngineError::storage("the terminal", error)
}
