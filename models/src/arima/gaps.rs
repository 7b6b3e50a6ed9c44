//! The exact filter of levels with gaps.
//!
//! After a gap the gains settle again. From then until the next gap innovations are those of the difference equation,
//! as in a complete series; at the gap the state is put together from the last values and innovations.

use super::diffuse::{Levels, Predicted, Step, Workspace};
use super::polynomial::difference_weights;
use super::stationary::{Moments, add_products};

/// Largest change of the predicted covariance, relative to its largest entry, that counts as settled.
const SETTLED: f64 = 1e-13;

/// Nonzero (lag, coefficient) pairs of a difference equation.
type Lags = Vec<(usize, f64)>;

/// The difference equation of levels: `y_t = Σ ar y_{t−j} + v_t + Σ ma v_{t−j}`.
struct Equation {
    ar: Lags,
    ma: Lags,
    /// Rows that must have been seen before it holds.
    memory: usize,
}

impl Equation {
    fn new(levels: &Levels) -> Self {
        let weights = difference_weights(&levels.order);
        let ar = &levels.arma.ar;
        let mut product = vec![0.0; ar.len() + weights.len()];
        for (j, delta) in weights.iter().enumerate() {
            product[j] += delta;
        }
        for (i, phi) in ar.iter().enumerate() {
            product[i] += phi;
            for (j, delta) in weights.iter().enumerate() {
                product[i + j + 1] -= phi * delta;
            }
        }
        let memory = product.len().max(levels.arma.ma.len()).max(1);
        let lags = |values: &[f64]| -> Lags {
            values.iter().enumerate().filter(|(_, c)| **c != 0.0).map(|(j, c)| (j + 1, *c)).collect()
        };
        Self { ar: lags(&product), ma: lags(&levels.arma.ma), memory }
    }

    /// The innovation of row `t`, from columns and earlier normalised innovations of deviation `deviation`.
    fn innovation<const L: usize>(
        &self,
        columns: &[[f64; L]],
        past: &[[f64; L]],
        deviation: f64,
        t: usize,
    ) -> [f64; L] {
        let mut v = columns[t];
        for &(lag, c) in &self.ar {
            let row = &columns[t - lag];
            for lane in 0..L {
                v[lane] -= c * row[lane];
            }
        }
        for &(lag, c) in &self.ma {
            let (row, c) = (&past[t - lag], c * deviation);
            for lane in 0..L {
                v[lane] -= c * row[lane];
            }
        }
        v
    }
}

/// What filtering interleaved columns gives.
pub(super) struct Filtered {
    pub(super) moments: Moments,
    /// Prediction of the next row in the first lane.
    pub(super) predicted: Predicted,
}

/// Filters interleaved columns; `seen[t]` says whether row t is an observation. Normalised innovations (zero where
/// nothing is learnt beyond the diffuse start) are left in `innovations`.
pub(super) fn filter<const L: usize>(
    levels: &Levels,
    columns: &[[f64; L]],
    seen: &[bool],
    innovations: &mut [[f64; L]],
) -> Option<Filtered> {
    let equation = Equation::new(levels);
    let mut covariance = levels.start()?;
    let mut work = Workspace::new(levels.size());
    let mut before = covariance.finite.clone();
    let mut state = vec![[0.0; L]; levels.size()];
    let mut next = state.clone();
    let mut gram = [[0.0; L]; L];
    let (mut log_determinant, mut count, mut diffuse) = (0.0, 0, 0);
    // the constant step (its gain stays in `work`), and the number of rows it has been used for
    let mut settled: Option<(Step, usize)> = None;
    let mut t = 0;
    while t < columns.len() {
        if !seen[t] {
            settled = None;
            levels.step(&mut covariance, false, &mut work)?;
            innovations[t] = [0.0; L];
            advance(levels, &mut state, &mut next, None);
            t += 1;
            continue;
        }
        let step = match settled.take() {
            Some((step, used)) if used >= equation.memory => {
                let end = seen[t..].iter().position(|seen| !seen).map_or(columns.len(), |length| t + length);
                let deviation = step.variance.sqrt();
                for row in t..end {
                    let mut v = equation.innovation(columns, innovations, deviation, row);
                    v.iter_mut().for_each(|value| *value /= deviation);
                    add_products(&mut gram, &v, 1.0);
                    innovations[row] = v;
                }
                log_determinant += (end - t) as f64 * libm::log(step.variance);
                count += end - t;
                state = recent(levels, &columns[..end], &innovations[..end], deviation);
                settled = Some((step, equation.memory));
                t = end;
                continue;
            }
            Some((step, used)) => {
                settled = Some((step, used + 1));
                step
            }
            None => {
                before.copy_from_slice(&covariance.finite);
                let step = levels.step(&mut covariance, true, &mut work)?;
                if covariance.rank == 0 && !step.diffuse && same(&before, &covariance.finite) {
                    settled = Some((step, 0));
                }
                step
            }
        };
        let mut v = columns[t];
        for &i in &levels.observed {
            for lane in 0..L {
                v[lane] -= state[i][lane];
            }
        }
        innovations[t] = [0.0; L];
        log_determinant += libm::log(step.variance);
        if step.diffuse {
            diffuse += 1;
        } else {
            count += 1;
            let scale = 1.0 / step.variance.sqrt();
            innovations[t] = v.map(|value| value * scale);
            add_products(&mut gram, &innovations[t], 1.0);
        }
        advance(levels, &mut state, &mut next, Some((&work.gain, &v)));
        t += 1;
    }
    let moments = Moments { gram: gram.as_flattened().to_vec(), lanes: L, log_determinant, count, diffuse };
    let predicted = Predicted { state: state.iter().map(|lanes| lanes[0]).collect(), covariance };
    Some(Filtered { moments, predicted })
}

/// Moves interleaved states one step, with gain and innovation where there was an observation.
fn advance<const L: usize>(
    levels: &Levels,
    state: &mut Vec<[f64; L]>,
    next: &mut Vec<[f64; L]>,
    learnt: Option<(&[f64], &[f64; L])>,
) {
    next.clear();
    for (i, row) in levels.transition.iter().enumerate() {
        let mut value = learnt.map_or([0.0; L], |(gain, v)| v.map(|v| gain[i] * v));
        for &(j, c) in row {
            for lane in 0..L {
                value[lane] += c * state[j][lane];
            }
        }
        next.push(value);
    }
    std::mem::swap(state, next);
}

/// The state that predicts the row after `columns`, all of whose last rows were seen with settled gains.
fn recent<const L: usize>(
    levels: &Levels,
    columns: &[[f64; L]],
    innovations: &[[f64; L]],
    deviation: f64,
) -> Vec<[f64; L]> {
    let (order, arma) = (&levels.order, &levels.arma);
    let kept = (order.lost() + arma.ar.len() + 1).min(columns.len());
    let mut series = columns[columns.len() - kept..].to_vec();
    let subtract = |series: &[[f64; L]], lag: usize| -> Vec<[f64; L]> {
        let pairs = series.iter().skip(lag).zip(series);
        pairs.map(|(later, earlier)| std::array::from_fn(|lane| later[lane] - earlier[lane])).collect()
    };
    let mut state = Vec::with_capacity(levels.size());
    for _ in 0..order.d {
        state.push(series.last().copied().unwrap_or([0.0; L]));
        series = subtract(&series, 1);
    }
    for _ in 0..order.seasonal_d {
        state.extend(series.iter().rev().take(order.season).copied());
        series = subtract(&series, order.season);
    }
    for i in 0..arma.width() {
        let mut value = [0.0; L];
        for (phi, past) in arma.ar.iter().skip(i).zip(series.iter().rev()) {
            for lane in 0..L {
                value[lane] += phi * past[lane];
            }
        }
        for (theta, past) in arma.ma.iter().skip(i).zip(innovations.iter().rev()) {
            for lane in 0..L {
                value[lane] += theta * deviation * past[lane];
            }
        }
        state.push(value);
    }
    state
}

/// Whether two covariances agree to [`SETTLED`].
fn same(before: &[f64], after: &[f64]) -> bool {
    let mut largest = 0.0_f64;
    let mut change = 0.0_f64;
    for (b, a) in before.iter().zip(after) {
        largest = largest.max(a.abs());
        change = change.max((a - b).abs());
    }
    change <= SETTLED * largest
}
