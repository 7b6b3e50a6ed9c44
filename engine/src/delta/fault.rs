//! Deliberate death and delay at named points, for tests of what survives it.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

/// Environment variable that names the point: `point`, or `point:n` for the n-th time it is reached.
pub const CRASH_AT: &str = "ALMANAC_CRASH_AT";

/// Environment variable that slows a point down: `point:MILLISECONDS`.
pub const PAUSE_AT: &str = "ALMANAC_PAUSE_AT";

/// Waits at this point for as long as [`PAUSE_AT`] says: work that takes time and no processor, for tests of what
/// schedules it.
pub async fn pause(point: &str) {
    let Ok(wanted) = std::env::var(PAUSE_AT) else { return };
    let (name, milliseconds) = parse(&wanted);
    if name == point {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

static REACHED: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// Kills this process with SIGKILL if [`CRASH_AT`] names this point; otherwise does nothing.
pub fn reach(point: &str) {
    let Ok(wanted) = std::env::var(CRASH_AT) else { return };
    let (name, nth) = parse(&wanted);
    if name != point {
        return;
    }
    let mut reached = REACHED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let count = reached.entry(point.to_owned()).or_default();
    *count += 1;
    if *count == nth {
        die();
    }
}

fn parse(wanted: &str) -> (&str, u64) {
    match wanted.rsplit_once(':').map(|(name, nth)| (name, nth.parse::<u64>())) {
        Some((name, Ok(nth))) => (name, nth.max(1)),
        _ => (wanted, 1),
    }
}

/// No destructor, no flush: what the kernel does on kill -9. Without a `kill` program, abort comes closest.
fn die() -> ! {
    let _ = Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn point_and_count_are_told_apart() {
        assert_eq!(parse("committed"), ("committed", 1));
        assert_eq!(parse("committed:3"), ("committed", 3));
        assert_eq!(parse("committed:x"), ("committed:x", 1));
    }
}
