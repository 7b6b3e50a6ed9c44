//! Which process drives a job: another one on the same machine sees whether it still runs.

use std::fs;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use crate::cell::hex;

/// Separates the parts.
const BETWEEN: char = '-';
/// Begins the name of a process of which the system tells nothing.
const UNKNOWN: &str = "unknown";

/// Names this process, always in the same way.
pub(super) fn own() -> String {
    static OWN: OnceLock<String> = OnceLock::new();
    let unknown = || format!("{UNKNOWN}{BETWEEN}{}", uuid::Uuid::new_v4().simple());
    OWN.get_or_init(|| name(std::process::id()).unwrap_or_else(unknown)).clone()
}

/// Machine, number and time of the start: numbers alone are given again.
fn name(id: u32) -> Option<String> {
    Some(format!("{}{BETWEEN}{id}{BETWEEN}{}", machine()?, started(id)?))
}

/// Whether the process runs; none if it is not one of this machine.
pub(super) fn runs(name: &str) -> Option<bool> {
    let mut parts = name.split(BETWEEN);
    let (there, id, time) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    (machine()? == there).then(|| started(id).is_some_and(|started| started == time))
}

/// Within what processes are numbered: one boot of a machine, and there a container.
fn machine() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let container = fs::read_link("/proc/self/ns/pid").ok()?;
    let digest = hex(&Sha256::digest(format!("{boot}{}", container.display())));
    digest.get(..12).map(str::to_owned)
}

/// Ticks from the boot to the start of a process; none of one that is dead.
fn started(id: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // behind the program's name, which may hold anything: the state, and 19 fields after it the time
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let is_dead = matches!(fields.next()?, "Z" | "X");
    fields.nth(18).filter(|_| !is_dead).map(str::to_owned)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_runs_until_it_ends() {
        assert_eq!(runs(&own()), Some(true));
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let child_name = name(child.id()).unwrap();
        assert_eq!(runs(&child_name), Some(true));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(runs(&child_name), Some(false));
    }

    #[test]
    fn a_number_that_was_given_again_is_another_process() {
        let (own, id) = (own(), std::process::id());
        let machine = own.split(BETWEEN).next().unwrap();
        assert_eq!(runs(&format!("{machine}{BETWEEN}{id}{BETWEEN}0")), Some(false));
    }

    #[test]
    fn of_other_machines_nothing_is_known() {
        for name in ["0123456789ab-1-2", UNKNOWN, ""] {
            assert_eq!(runs(name), None, "{name}");
        }
    }
}
