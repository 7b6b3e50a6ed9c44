//! The exact filter of a complete stationary series.
//!
//! Without missing values the Kalman covariance starts at its stationary value and changes by a matrix of rank one, so
//! that gains follow from Chandrasekhar's recursions in O(r) a step (Morf, Sidhu and Kailath 1974; Herbst 2015,
//! *Computational Economics* 45) instead of O(r²). They depend on the process only: one set filters the target and
//! every regressor. Once they have settled, innovations are those of the difference equation.

use super::polynomial::{Arma, step_down};

/// Change of the state covariance, relative to the innovation variance, below which gains are constant.
const SETTLED: f64 = 1e-15;

/// Cross-products of filtered columns, and what the likelihood needs besides.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    /// Σ vᵢvⱼ/F over non-diffuse observations, `lanes` × `lanes`.
    pub(super) gram: Vec<f64>,
    /// Width of `gram`.
    pub(super) lanes: usize,
    /// Σ ln F, including the diffuse part.
    pub(super) log_determinant: f64,
    /// Non-diffuse observations.
    pub(super) count: usize,
    /// Observations that only fixed the diffuse start.
    pub(super) diffuse: usize,
}

/// Variances and gains of the one-step predictions, until they are constant.
pub(super) struct Gains {
    variance: Vec<f64>,
    /// Row t holds the gain of `a_{t+1} = T a_t + k_t v_t`.
    gain: Vec<f64>,
    width: usize,
}

impl Gains {
    /// Runs the recursions for at most `length` steps; none if the process is not stationary or overflows.
    pub(super) fn new(arma: &Arma, length: usize) -> Option<Self> {
        let width = arma.width();
        let column = stationary_column(arma)?;
        let phi = |i: usize| arma.ar.get(i).copied().unwrap_or(0.0);
        let next = |values: &[f64], i: usize| values.get(i + 1).copied().unwrap_or(0.0);

        let mut variance = column[0];
        let mut gain: Vec<f64> = (0..width).map(|i| phi(i) * column[0] + next(&column, i)).collect();
        let mut change = gain.clone();
        let mut weight = -1.0 / variance;
        let mut gains = Self { variance: Vec::new(), gain: Vec::new(), width };
        for _ in 0..length {
            if !(variance.is_finite() && variance > 0.0) {
                return None;
            }
            gains.variance.push(variance);
            gains.gain.extend(gain.iter().map(|k| k / variance));
            let largest = change.iter().fold(0.0_f64, |max, w| max.max(w.abs()));
            if largest * largest * weight.abs() < SETTLED {
                break;
            }
            let lead = change[0];
            let next_variance = variance + lead * lead * weight;
            for i in 0..width {
                let moved = phi(i) * lead + next(&change, i);
                gain[i] += moved * weight * lead;
                change[i] = moved - gain[i] / next_variance * lead;
            }
            weight *= next_variance / variance;
            variance = next_variance;
        }
        Some(gains)
    }

    /// Steps after which the gain no longer changes.
    pub(super) fn settled(&self) -> usize {
        self.variance.len()
    }

    /// Variance of the innovation of step `t`, in units of σ².
    pub(super) fn variance(&self, t: usize) -> f64 {
        self.variance[t.min(self.variance.len() - 1)]
    }

    /// Gain of step `t`.
    pub(super) fn gain(&self, t: usize) -> &[f64] {
        let row = t.min(self.variance.len() - 1);
        &self.gain[row * self.width..(row + 1) * self.width]
    }
}

/// Autocovariances of lags 0 … `count` − 1 with unit innovation variance: those of the autoregressive part by
/// Levinson's recursion, then the moving average of them.
fn autocovariances(arma: &Arma, count: usize) -> Option<Vec<f64>> {
    let q = arma.ma.len();
    let predictors = step_down(&arma.ar)?;
    let mut prediction_variance: f64 =
        predictors.iter().filter_map(|p| p.last()).map(|r| 1.0 / (1.0 - r * r)).product();
    let mut pure = vec![prediction_variance];
    for lag in 1..count + q {
        // predictors[p − lag] has order `lag`; its last value is the partial autocorrelation of that lag
        let value = match arma.ar.len().checked_sub(lag) {
            Some(row) => {
                let partial = predictors[row].last().copied().unwrap_or(0.0);
                let below = predictors.get(row + 1).map_or(&[][..], Vec::as_slice);
                let past: f64 = below.iter().zip(pure.iter().rev()).map(|(phi, g)| phi * g).sum();
                let value = past + partial * prediction_variance;
                prediction_variance *= 1.0 - partial * partial;
                value
            }
            None => arma.ar.iter().zip(pure.iter().rev()).map(|(phi, g)| phi * g).sum(),
        };
        pure.push(value);
    }
    let theta = |j: usize| if j == 0 { 1.0 } else { arma.ma[j - 1] };
    let kernel: Vec<f64> = (0..=q).map(|m| (0..=q - m).map(|i| theta(i) * theta(i + m)).sum()).collect();
    let at = |lag: isize| pure[lag.unsigned_abs()];
    Some(
        (0..count as isize)
            .map(|lag| {
                let ends: f64 = (1..=q).map(|m| kernel[m] * (at(lag + m as isize) + at(lag - m as isize))).sum();
                kernel[0] * at(lag) + ends
            })
            .collect(),
    )
}

/// First column of the stationary state covariance in Harvey's form: Cov(state, w_t).
pub(super) fn stationary_column(arma: &Arma) -> Option<Vec<f64>> {
    let width = arma.width();
    let gamma = autocovariances(arma, width.max(arma.ar.len() + 1))?;
    let psi = arma.psi(arma.ma.len() + 1);
    let mut column = vec![gamma[0]; width];
    for (i, value) in column.iter_mut().enumerate().skip(1) {
        let past: f64 = arma.ar.iter().skip(i).zip(&gamma[1..]).map(|(phi, g)| phi * g).sum();
        let shocks: f64 = arma.ma.iter().skip(i - 1).zip(&psi).map(|(theta, w)| theta * w).sum();
        *value = past + shocks;
    }
    column.iter().all(|value| value.is_finite()).then_some(column)
}

/// Moves states one step: `a ← T a + k v`, lanes side by side.
fn advance<const L: usize>(arma: &Arma, gain: &[f64], innovation: &[f64; L], state: &mut [[f64; L]]) {
    let lead = state[0];
    for i in 0..state.len() {
        let phi = arma.ar.get(i).copied().unwrap_or(0.0);
        let mut moved = state.get(i + 1).copied().unwrap_or([0.0; L]);
        for lane in 0..L {
            moved[lane] += phi * lead[lane] + gain[i] * innovation[lane];
        }
        state[i] = moved;
    }
}

/// State that predicts the value after a complete series: `a_{n+1|n}`, length [`Arma::width`].
pub(super) fn final_state(arma: &Arma, gains: &Gains, series: &[f64]) -> Vec<f64> {
    let mut state = vec![[0.0; 1]; arma.width()];
    for (t, value) in series.iter().enumerate() {
        let innovation = [value - state[0][0]];
        advance(arma, gains.gain(t), &innovation, &mut state);
    }
    state.into_iter().map(|[value]| value).collect()
}

/// Filters interleaved columns with one set of gains and sums their cross-products. `innovations` is scratch of the
/// same length.
pub(super) fn moments<const L: usize>(
    arma: &Arma,
    columns: &[[f64; L]],
    innovations: &mut [[f64; L]],
) -> Option<Moments> {
    let length = columns.len();
    let gains = Gains::new(arma, length)?;
    let width = arma.width();
    let mut gram = [[0.0; L]; L];
    let mut state = vec![[0.0; L]; width];
    let by_state = (gains.settled() + width).min(length);
    for t in 0..by_state {
        let mut innovation = columns[t];
        for lane in 0..L {
            innovation[lane] -= state[0][lane];
        }
        add_products(&mut gram, &innovation, 1.0 / gains.variance(t));
        advance(arma, gains.gain(t), &innovation, &mut state);
        innovations[t] = innovation;
    }
    // the state is now a function of the last values and innovations alone; zero coefficients of seasonal products
    // are skipped
    let lags = |values: &[f64]| -> Vec<(usize, f64)> {
        values.iter().enumerate().filter(|(_, c)| **c != 0.0).map(|(j, c)| (j + 1, *c)).collect()
    };
    let (ar, ma) = (lags(&arma.ar), lags(&arma.ma));
    let last_weight = 1.0 / gains.variance(length);
    for t in by_state..length {
        let mut innovation = columns[t];
        for &(lag, coefficient) in &ar {
            let past = &columns[t - lag];
            for lane in 0..L {
                innovation[lane] -= coefficient * past[lane];
            }
        }
        for &(lag, coefficient) in &ma {
            let past = &innovations[t - lag];
            for lane in 0..L {
                innovation[lane] -= coefficient * past[lane];
            }
        }
        add_products(&mut gram, &innovation, last_weight);
        innovations[t] = innovation;
    }
    let settled: f64 = gains.variance.iter().map(|f| libm::log(*f)).sum();
    let rest = length.saturating_sub(gains.settled()) as f64 * libm::log(gains.variance(length));
    Some(Moments {
        gram: gram.as_flattened().to_vec(),
        lanes: L,
        log_determinant: settled + rest,
        count: length,
        diffuse: 0,
    })
}

/// Adds `weight · v vᵀ`.
pub(super) fn add_products<const L: usize>(gram: &mut [[f64; L]; L], v: &[f64; L], weight: f64) {
    for (row, left) in gram.iter_mut().zip(v) {
        let left = left * weight;
        for lane in 0..L {
            row[lane] += left * v[lane];
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn autocovariances_of_arma_1_1() {
        let (phi, theta) = (0.7, 0.4);
        let gamma = autocovariances(&Arma { ar: vec![phi], ma: vec![theta] }, 3).unwrap();
        let zero = (1.0 + theta * theta + 2.0 * phi * theta) / (1.0 - phi * phi);
        let one = phi * zero + theta;
        for (got, want) in gamma.iter().zip([zero, one, phi * one]) {
            assert!((got - want).abs() < 1e-12, "{got} {want}");
        }
    }
}
