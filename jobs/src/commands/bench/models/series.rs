//! The series that times are taken on: daily, a level that walks, a weekly season that changes, three slow regressors
//! of which two matter. It is the same on every machine and in every run.

use std::fmt::Write as _;
use std::path::Path;

use almanac_engine::EngineError;
use almanac_models::History;

use crate::exit::Outcome;

const ROWS: usize = 2_000;
/// 2018-01-01, in days since 1970.
const FIRST: i32 = 17_532;
const WEEK: usize = 7;

pub(super) struct Series {
    pub(super) days: Vec<i32>,
    pub(super) target: Vec<f64>,
    regressors: Vec<Vec<f64>>,
}

impl Series {
    pub(super) fn generated() -> Self {
        let slow = |seed: u64| -> Vec<f64> {
            let mut level = 0.0;
            let step = |shock: f64| {
                level = 0.95 * level + shock;
                level
            };
            noise(seed).map(step).collect()
        };
        let regressors: Vec<Vec<f64>> = (30..33).map(slow).collect();
        let (mut level, mut before, mut season) = (300.0, 0.0, [0.0; WEEK]);
        let rows = noise(5).zip(noise(6)).enumerate();
        let target = rows.map(|(t, (shock, weekly))| {
            level += shock - 0.4 * before;
            before = shock;
            season[t % WEEK] += 0.2 * weekly;
            level + season[t % WEEK] + 0.5 * regressors[0][t] - 0.2 * regressors[1][t]
        });
        let target = target.collect();
        Self { days: (FIRST..FIRST + ROWS as i32).collect(), target, regressors }
    }

    /// The first rows of the first regressors.
    pub(super) fn columns(&self, count: usize, rows: usize) -> Vec<&[f64]> {
        self.regressors.iter().take(count).map(|column| &column[..rows]).collect()
    }

    pub(super) fn history<'a>(&'a self, columns: &'a [&'a [f64]], rows: usize) -> History<'a> {
        History { days: &self.days[..rows], target: &self.target[..rows], regressors: columns }
    }

    /// Columns day (since 1970), y, x0, x1 and x2, digits in full.
    pub(super) fn write(&self, file: &Path) -> Outcome {
        let mut text = String::from("day,y,x0,x1,x2\n");
        for (t, (day, y)) in self.days.iter().zip(&self.target).enumerate() {
            let [a, b, c] = [0, 1, 2].map(|i: usize| self.regressors[i][t]);
            // writing to a string cannot fail
            let _ = writeln!(text, "{day},{y},{a},{b},{c}");
        }
        std::fs::write(file, text).map_err(|error| EngineError::storage(&file.display().to_string(), error))?;
        Ok(())
    }
}

/// Nearly normal numbers of variance 1, sums of twelve uniform ones: nothing of a library decides them.
fn noise(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..ROWS).map(move |_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_positive_and_always_the_same() {
        let series = Series::generated();
        assert!(series.target.iter().all(|y| *y > 0.0));
        assert_eq!(series.target, Series::generated().target);
        assert_eq!((series.days.len(), series.regressors.len()), (ROWS, 3));
    }
}
