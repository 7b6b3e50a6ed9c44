//! Names of jobs that write to a warehouse: they tell the step, the run, and the process that drives it.

use sha2::{Digest, Sha256};

use crate::cell::hex;

/// What a job's name tells. Its number and attempt follow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    pub(super) step: &'a str,
    pub(super) run: &'a str,
    /// As [`super::process::own`] tells it.
    pub(super) driver: &'a str,
}

impl<'a> Name<'a> {
    /// Begins the name of a job that writes to this warehouse.
    pub(super) fn within(&self, warehouse: &str) -> String {
        format!("{}{}/{}/{}", prefix(warehouse), self.step, self.run, self.driver)
    }

    /// What the name of a job tells; none if it does not write to this warehouse.
    pub(super) fn parse(warehouse: &str, job: &'a str) -> Option<Self> {
        let mut parts = job.strip_prefix(prefix(warehouse).as_str())?.split('/');
        Some(Self { step: parts.next()?, run: parts.next()?, driver: parts.next()? })
    }
}

fn prefix(warehouse: &str) -> String {
    let digest = hex(&Sha256::digest(warehouse));
    format!("almanac/{}/", digest.get(..12).unwrap_or(&digest))
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn names_tell_what_they_were_made_from_to_their_warehouse_alone() {
        let name = Name { step: "train", run: "r-1", driver: "m-7-8" };
        let job = format!("{}/3/0", name.within("file:///w/"));
        assert_eq!(Name::parse("file:///w/", &job), Some(name));
        assert_eq!(Name::parse("file:///v/", &job), None);
        assert_eq!(Name::parse("file:///w/", "almanac/sql/r-1"), None);
    }
}
