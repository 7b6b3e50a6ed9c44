//! Being told to end. Ballista 55 listens for it only once it has found its scheduler, and looks for that without end: the
//! time that it compares with its limit is always none.

use std::io;
use std::time::Duration;

use ballista_executor::health::ExecutorHealth;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Pause between two looks at whether the scheduler was found.
const LOOK: Duration = Duration::from_millis(100);

/// What tells a process to end, from its making on.
pub(crate) struct Told {
    terminated: Signal,
    interrupted: Signal,
}

impl Told {
    /// # Errors
    /// The operating system's.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { terminated: signal(SignalKind::terminate())?, interrupted: signal(SignalKind::interrupt())? })
    }

    /// Waits until the process is told.
    pub(crate) async fn heard(&mut self) {
        tokio::select! {
            _ = self.terminated.recv() => {}
            _ = self.interrupted.recv() => {}
        }
    }

    /// Whether it has been told.
    pub(crate) async fn has(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.heard() => true,
            () = std::future::ready(()) => false,
        }
    }
}

/// Ends if the process is told to end before it has found its scheduler, or has not found it within so many seconds; 0
/// are as many as it takes. Never ends once it has: from then on Ballista listens, and finishes the tasks that it has.
///
/// # Errors
/// The scheduler that was not found.
pub(crate) async fn while_looking(
    mut told: Told,
    health: ExecutorHealth,
    seconds: u16,
    scheduler: &str,
) -> Result<(), String> {
    let found = async {
        while !health.is_ready() {
            tokio::time::sleep(LOOK).await;
        }
    };
    let late = async {
        match seconds {
            0 => std::future::pending().await,
            _ => tokio::time::sleep(Duration::from_secs(seconds.into())).await,
        }
    };
    tokio::select! {
        () = told.heard() => if !health.is_ready() { return Ok(()) },
        () = late => if !health.is_ready() {
            return Err(format!(
                "no scheduler at {scheduler} within {seconds} s; start it, or name another by --scheduler-host and \
                 --scheduler-port"
            ));
        },
        () = found => {}
    }
    std::future::pending().await
}
