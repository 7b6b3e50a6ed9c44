//! Keys that are asked for by name.

use std::collections::BTreeSet;

use crate::backfill::selection::display_key;
use crate::plan::job::Job;
use crate::plan::panel;
use crate::{EngineError, Result, nearest};

/// Keys told to someone who asked for another.
const SHOWN: usize = 10;

/// Refuses names that are no key of the input, whose buckets these are.
///
/// # Errors
/// [`EngineError::NotFound`] with some known keys; storage and plan errors.
pub(crate) async fn check(job: &Job, buckets: &BTreeSet<i32>, named: impl Iterator<Item = &str>) -> Result<()> {
    let mut unknown: BTreeSet<&str> = named.collect();
    let mut known = BTreeSet::new();
    for &bucket in buckets {
        if !unknown.is_empty() {
            let panel = panel::load(job, bucket).await?;
            known.extend(panel.keys.keys().map(|key| display_key(key)));
            unknown.retain(|key| !known.contains(*key));
        }
    }
    let Some(key) = unknown.first() else { return Ok(()) };
    let hint = nearest::hint(key, "keys", known.iter().map(String::as_str), SHOWN);
    Err(EngineError::NotFound { what: "key", name: (*key).to_owned(), hint })
}
