//! The state space of levels with missing values, and its covariances.
//!
//! Differences across a gap do not exist, so the levels are filtered: the lagged values that differencing needs are
//! states with an exact diffuse start (Durbin and Koopman 2012, *Time Series Analysis by State Space Methods*, 5.2 and
//! 6.4), and missing observations only move the state. The layout is that of statsmodels' SARIMAX, so that likelihoods
//! with a diffuse part are comparable:
//! lagged differences of order 0 … d−1, then s lags for each seasonal difference, then the ARMA state.

use super::order::Order;
use super::polynomial::Arma;
use super::stationary::stationary_column;

/// Diffuse prediction variance below which an observation says nothing about the diffuse start.
const DIFFUSE_TOLERANCE: f64 = 1e-10;

/// `a_{t+1} = T a_t + (noise through the ARMA part)`, `y_t = Z a_t`.
pub(super) struct Levels {
    pub(super) order: Order,
    pub(super) arma: Arma,
    /// Rows of T: (column, coefficient).
    pub(super) transition: Vec<Vec<(usize, f64)>>,
    /// States that sum to the observation.
    pub(super) observed: Vec<usize>,
    /// Noise loading.
    loading: Vec<f64>,
    /// Number of diffuse states, which come first.
    diffuse: usize,
}

/// Predicted covariance split into its finite and its infinite part, row by row.
#[derive(Clone)]
pub(super) struct Covariance {
    pub(super) finite: Vec<f64>,
    infinite: Vec<f64>,
    /// Rank left of the infinite part.
    pub(super) rank: usize,
}

/// One step's prediction variance: the infinite one while the observation fixes the start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) variance: f64,
    pub(super) diffuse: bool,
}

/// Buffers of a step, and its gain, already moved by T.
pub(super) struct Workspace {
    pub(super) gain: Vec<f64>,
    column: Vec<f64>,
    product: Vec<f64>,
    moved: Vec<f64>,
}

impl Workspace {
    pub(super) fn new(size: usize) -> Self {
        let square = vec![0.0; size * size];
        Self { gain: vec![0.0; size], column: vec![0.0; size], product: square.clone(), moved: square }
    }
}

/// Mean of the next state and its covariance, after the last observation.
pub(super) struct Predicted {
    pub(super) state: Vec<f64>,
    pub(super) covariance: Covariance,
}

impl Levels {
    pub(super) fn new(order: &Order, arma: &Arma) -> Self {
        let diffuse = order.lost();
        let width = arma.width();
        let first_arma = diffuse;
        let last_of = |j: usize| order.d + (j + 1) * order.season - 1;
        let seasonal_ends: Vec<usize> = (0..order.seasonal_d).map(last_of).collect();
        let mut transition: Vec<Vec<(usize, f64)>> = Vec::with_capacity(diffuse + width);
        for i in 0..order.d {
            let sums = (i..order.d).chain(seasonal_ends.iter().copied()).chain([first_arma]);
            transition.push(sums.map(|column| (column, 1.0)).collect());
        }
        for j in 0..order.seasonal_d {
            let sums = seasonal_ends[j..].iter().copied().chain([first_arma]);
            transition.push(sums.map(|column| (column, 1.0)).collect());
            let start = order.d + j * order.season;
            transition.extend((1..order.season).map(|lag| vec![(start + lag - 1, 1.0)]));
        }
        for i in 0..width {
            let phi = arma.ar.get(i).map(|phi| (first_arma, *phi)).filter(|(_, phi)| *phi != 0.0);
            let next = (i + 1 < width).then_some((first_arma + i + 1, 1.0));
            transition.push(phi.into_iter().chain(next).collect());
        }
        let observed = (0..order.d).chain(seasonal_ends).chain([first_arma]).collect();
        let noise = |i: usize| if i == 0 { 1.0 } else { arma.ma.get(i - 1).copied().unwrap_or(0.0) };
        let loading = std::iter::repeat_n(0.0, diffuse).chain((0..width).map(noise)).collect();
        Self { order: *order, arma: arma.clone(), transition, observed, loading, diffuse }
    }

    pub(super) fn size(&self) -> usize {
        self.transition.len()
    }

    /// The start: identity for the infinite part, the stationary covariance for the ARMA part.
    pub(super) fn start(&self) -> Option<Covariance> {
        let arma = &self.arma;
        let (size, width) = (self.size(), arma.width());
        let column = stationary_column(arma)?;
        let phi = |i: usize| arma.ar.get(i).copied().unwrap_or(0.0);
        let mut finite = vec![0.0; size * size];
        let at = |i: usize, j: usize| (self.diffuse + i) * size + self.diffuse + j;
        for (i, value) in column.iter().enumerate() {
            finite[at(i, 0)] = *value;
            finite[at(0, i)] = *value;
        }
        let next = |i: usize| column.get(i).copied().unwrap_or(0.0);
        // P = T P T' + R R' solved from the lower right corner, where shifted entries are zero
        for i in (1..width).rev() {
            for j in (i..width).rev() {
                let shifted = if j + 1 < width { finite[at(i + 1, j + 1)] } else { 0.0 };
                let value = phi(i) * phi(j) * column[0]
                    + phi(i) * next(j + 1)
                    + phi(j) * next(i + 1)
                    + shifted
                    + self.loading[self.diffuse + i] * self.loading[self.diffuse + j];
                finite[at(i, j)] = value;
                finite[at(j, i)] = value;
            }
        }
        let mut infinite = vec![0.0; size * size];
        for i in 0..self.diffuse {
            infinite[i * size + i] = 1.0;
        }
        Some(Covariance { finite, infinite, rank: self.diffuse })
    }

    fn observe(&self, state: &[f64]) -> f64 {
        self.observed.iter().map(|&i| state[i]).sum()
    }

    /// `T m` for a column of numbers.
    fn moved(&self, column: &[f64], out: &mut [f64]) {
        for (value, row) in out.iter_mut().zip(&self.transition) {
            *value = row.iter().map(|&(j, c)| c * column[j]).sum();
        }
    }

    /// `T P T'`.
    fn moved_covariance(&self, covariance: &[f64], scratch: &mut [f64], out: &mut [f64]) {
        let size = self.size();
        for (row, target) in self.transition.iter().zip(scratch.chunks_exact_mut(size)) {
            target.fill(0.0);
            for &(j, c) in row {
                for (value, source) in target.iter_mut().zip(&covariance[j * size..(j + 1) * size]) {
                    *value += c * source;
                }
            }
        }
        for i in 0..size {
            let source = &scratch[i * size..(i + 1) * size];
            for j in i..size {
                let value = self.transition[j].iter().map(|&(k, c)| c * source[k]).sum();
                out[i * size + j] = value;
                out[j * size + i] = value;
            }
        }
    }

    /// `P Z'`.
    fn covariance_with_observation(&self, covariance: &[f64], out: &mut [f64]) {
        for (value, row) in out.iter_mut().zip(covariance.chunks_exact(self.size())) {
            *value = self.observe(row);
        }
    }

    /// Updates the covariance with an observation, if there is one, and predicts the next. The gain is left in `work`.
    pub(super) fn step(&self, p: &mut Covariance, seen: bool, work: &mut Workspace) -> Option<Step> {
        if !seen {
            work.gain.fill(0.0);
            self.predict(p, work);
            return Some(Step { variance: 1.0, diffuse: false });
        }
        self.covariance_with_observation(&p.finite, &mut work.column);
        let variance = self.observe(&work.column);
        if let Some(infinite_variance) = self.learn_start(p, variance, work) {
            self.predict(p, work);
            return Some(Step { variance: infinite_variance, diffuse: true });
        }
        if !(variance.is_finite() && variance > 0.0) {
            return None;
        }
        // T (P − m m'/F) T' = T P T' − (T m)(T m)'/F
        self.moved(&work.column, &mut work.gain);
        self.predict(p, work);
        let scale = 1.0 / variance;
        for (row, &left) in p.finite.chunks_exact_mut(self.size()).zip(&work.gain) {
            let left = left * scale;
            row.iter_mut().zip(&work.gain).for_each(|(value, right)| *value -= left * right);
        }
        work.gain.iter_mut().for_each(|k| *k *= scale);
        Some(Step { variance, diffuse: false })
    }

    /// Updates with an observation that says something about the diffuse start; none if it does not. `work.column`
    /// holds its finite covariance with the state.
    fn learn_start(&self, p: &mut Covariance, variance: f64, work: &mut Workspace) -> Option<f64> {
        if p.rank == 0 {
            return None;
        }
        let size = self.size();
        let finite = &work.column;
        let mut infinite = vec![0.0; size];
        self.covariance_with_observation(&p.infinite, &mut infinite);
        let infinite_variance = self.observe(&infinite);
        if infinite_variance.is_nan() || infinite_variance <= DIFFUSE_TOLERANCE {
            return None;
        }
        let scale = 1.0 / infinite_variance;
        for i in 0..size {
            for j in 0..size {
                let at = i * size + j;
                p.finite[at] += infinite[i] * infinite[j] * variance * scale * scale
                    - (finite[i] * infinite[j] + infinite[i] * finite[j]) * scale;
                p.infinite[at] -= infinite[i] * infinite[j] * scale;
            }
        }
        p.rank -= 1;
        if p.rank == 0 {
            p.infinite.fill(0.0);
        }
        infinite.iter_mut().for_each(|m| *m *= scale);
        self.moved(&infinite, &mut work.gain);
        Some(infinite_variance)
    }

    /// `P ← T P T' + R R'`.
    fn predict(&self, p: &mut Covariance, work: &mut Workspace) {
        let size = self.size();
        self.moved_covariance(&p.finite, &mut work.product, &mut work.moved);
        for i in self.diffuse..size {
            for j in self.diffuse..size {
                work.moved[i * size + j] += self.loading[i] * self.loading[j];
            }
        }
        std::mem::swap(&mut p.finite, &mut work.moved);
        if p.rank > 0 {
            self.moved_covariance(&p.infinite, &mut work.product, &mut work.moved);
            std::mem::swap(&mut p.infinite, &mut work.moved);
        }
    }

    /// Mean of the next `horizon` values and the lower Cholesky factor of their covariance (unit innovation variance),
    /// row by row; none while the start is still diffuse.
    pub(super) fn forecast(&self, predicted: Predicted, horizon: usize) -> Option<(Vec<f64>, Vec<f64>)> {
        let Predicted { mut state, mut covariance } = predicted;
        if covariance.rank > 0 {
            return None;
        }
        let mut work = Workspace::new(self.size());
        let mut buffer = state.clone();
        let mut mean = Vec::with_capacity(horizon);
        let mut factor = vec![0.0; horizon * horizon];
        for h in 0..horizon {
            mean.push(self.observe(&state));
            self.moved(&state, &mut buffer);
            std::mem::swap(&mut state, &mut buffer);
            let step = self.step(&mut covariance, true, &mut work)?;
            let deviation = step.variance.sqrt();
            factor[h * horizon + h] = deviation;
            let mut response: Vec<f64> = work.gain.iter().map(|k| k * deviation).collect();
            for later in h + 1..horizon {
                factor[later * horizon + h] = self.observe(&response);
                self.moved(&response, &mut buffer);
                std::mem::swap(&mut response, &mut buffer);
            }
        }
        Some((mean, factor))
    }
}
