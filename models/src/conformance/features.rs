//! Features of a day may use the days before it only.

use super::SEED;
use super::report::{Check, run};
use crate::{Day, History};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rows of the generated series.
const ROWS: usize = 200;

/// Checks a feature builder, which gives a row of features per session of a history with one regressor: changing the
/// target from row t on must leave the features of rows up to t bit-identical, since those of day t use days up to
/// t − 1 only.
pub fn check_features(features: &dyn Fn(&History<'_>) -> Vec<Vec<f64>>) -> Check {
    run("features of a day use the days before it", || {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let days: Vec<Day> = (0..ROWS as Day).collect();
        let target: Vec<f64> = (0..ROWS).map(|_| 90.0 + 20.0 * rng.random::<f64>()).collect();
        let regressor: Vec<f64> = (0..ROWS).map(|_| rng.random()).collect();
        let columns = [regressor.as_slice()];
        let build = |target: &[f64]| features(&History { days: &days, target, regressors: &columns });
        let whole = build(&target);
        if whole.len() != ROWS {
            return Err(format!("{} rows of features for {ROWS} sessions", whole.len()));
        }
        for t in [1, 2, 20, 100, ROWS - 1] {
            let mut changed = target.clone();
            changed[t..].iter_mut().for_each(|y| *y *= 1.7);
            let bits = |rows: &[Vec<f64>]| rows[..=t].iter().flatten().map(|x| x.to_bits()).collect::<Vec<_>>();
            if bits(&whole) != bits(&build(&changed)) {
                return Err(format!("features of rows up to {t} change with the target of row {t}"));
            }
        }
        Ok(format!("{} features", whole[0].len()))
    })
}
