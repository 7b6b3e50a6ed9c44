//! How much of a series counts where its season is long: the last repetitions of the season. A year is a day more than 52
//! weeks, and a week is not 5 sessions where there are holidays, so that a long season drifts; and as its course decades
//! ago says little of the next one, so does the size of innovations then. `bench/python/seasons.py` measures both
//! defaults on ends of training parts.

use serde_json::Value;

/// Range of a number of repetitions: a season seen once tells nothing from a trend.
const FEWEST: usize = 2;
const MOST: usize = 10_000;

/// Last repetitions of a season above [`crate::decompose::LASTING`] sessions; of a shorter one all count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lately {
    /// Those that a model is fitted to.
    pub(crate) seasons: usize,
    /// Those that the seasonal terms are of, which are taken out.
    pub(crate) term_seasons: usize,
}

impl Default for Lately {
    fn default() -> Self {
        Self { seasons: 8, term_seasons: 5 }
    }
}

impl Lately {
    /// Sets `seasons` or `term_seasons`; the error is what is accepted.
    pub(crate) fn set(&mut self, setting: &str, value: &Value) -> Result<(), String> {
        let count = repetitions(value)?;
        match setting {
            "seasons" => self.seasons = count,
            _ => self.term_seasons = count,
        }
        Ok(())
    }
}

/// Reads a number of repetitions; the error is what is accepted.
pub(crate) fn repetitions(value: &Value) -> Result<usize, String> {
    let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
    let accepted = || format!("a whole number from {FEWEST} to {MOST}");
    count.filter(|count| (FEWEST..=MOST).contains(count)).ok_or_else(accepted)
}
