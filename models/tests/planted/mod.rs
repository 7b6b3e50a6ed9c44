//! Leaks and flaws that the suite must catch.

mod pipelines;
mod regress;

pub(crate) use pipelines::*;
pub(crate) use regress::*;

use almanac_models::{History, Registry};
use std::sync::Arc;

/// The known families and the test-only ones.
pub(crate) fn registry() -> Registry {
    Registry::default().with(Arc::new(Regress { flaw: None })).with(Arc::new(LagZero))
}

/// The target `lag` rows back; 0 is the leak.
pub(crate) fn lagged(history: &History<'_>, lag: usize) -> Vec<Vec<f64>> {
    (0..history.len()).map(|t| vec![t.checked_sub(lag).map_or(f64::NAN, |row| history.target[row])]).collect()
}

/// A mean over the rows around each row: a leak.
pub(crate) fn centred(history: &History<'_>) -> Vec<Vec<f64>> {
    let mean = |rows: &[f64]| rows.iter().sum::<f64>() / rows.len() as f64;
    (0..history.len()).map(|t| vec![mean(&history.target[t.saturating_sub(3)..(t + 3).min(history.len())])]).collect()
}
