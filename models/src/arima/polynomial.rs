//! Lag polynomials: the map between partial autocorrelations and coefficients, seasonal products, differences.

use super::order::Order;

/// Largest partial autocorrelation the optimiser may reach; 1 would be a unit root.
const MAX_PARTIAL: f64 = 1.0 - 1e-5;

/// Coefficients φ of `1 − φ₁B − … − φₚBᵖ` from its partial autocorrelations, each inside (−1, 1)
/// (Monahan 1984, *Biometrika* 71, eq. 2).
pub(super) fn from_partials(partials: &[f64]) -> Vec<f64> {
    let mut phi: Vec<f64> = Vec::with_capacity(partials.len());
    for (k, &partial) in partials.iter().enumerate() {
        let previous = phi.clone();
        for (value, mirrored) in phi.iter_mut().zip(previous.iter().rev()) {
            *value -= partial * mirrored;
        }
        debug_assert_eq!(phi.len(), k);
        phi.push(partial);
    }
    phi
}

/// The predictors of orders p, p−1, …, 1 below an autoregression (Levinson's recursion downwards), longest first,
/// or none if it is not stationary.
pub(super) fn step_down(phi: &[f64]) -> Option<Vec<Vec<f64>>> {
    let mut predictors = Vec::with_capacity(phi.len());
    let mut current = phi.to_vec();
    while let Some(&partial) = current.last() {
        if partial.is_nan() || partial.abs() >= 1.0 {
            return None;
        }
        let shorter = current.len() - 1;
        let scale = 1.0 / (1.0 - partial * partial);
        let next = (0..shorter).map(|i| (current[i] + partial * current[shorter - 1 - i]) * scale).collect();
        predictors.push(std::mem::replace(&mut current, next));
    }
    Some(predictors)
}

/// Partial autocorrelations of an autoregression, or none if it is not stationary.
pub(super) fn to_partials(phi: &[f64]) -> Option<Vec<f64>> {
    let predictors = step_down(phi)?;
    Some(predictors.iter().rev().filter_map(|predictor| predictor.last().copied()).collect())
}

/// Whether every root of `1 − φ₁z − φ₂z² − …` is farther from zero than `modulus`.
pub(crate) fn roots_beyond(phi: &[f64], modulus: f64) -> bool {
    let mut scale = 1.0;
    let scaled: Vec<f64> = phi
        .iter()
        .map(|value| {
            scale *= modulus;
            value * scale
        })
        .collect();
    step_down(&scaled).is_some()
}

/// The four short polynomials of a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Coefficients {
    pub(super) ar: Vec<f64>,
    pub(super) ma: Vec<f64>,
    pub(super) seasonal_ar: Vec<f64>,
    pub(super) seasonal_ma: Vec<f64>,
}

impl Coefficients {
    /// From unconstrained numbers (AR, MA, seasonal AR, seasonal MA in turn): each becomes a partial autocorrelation
    /// x/√(1+x²), so that all results are stationary and invertible.
    pub(super) fn from_unconstrained(order: &Order, x: &[f64]) -> Self {
        let bounded = |x: &f64| MAX_PARTIAL * x / (1.0 + x * x).sqrt();
        let mut rest = x;
        let mut take = |count: usize| {
            let (head, tail) = rest.split_at(count.min(rest.len()));
            rest = tail;
            from_partials(&head.iter().map(bounded).collect::<Vec<_>>())
        };
        let ar = take(order.p);
        let ma = negated(&take(order.q));
        let seasonal_ar = take(order.seasonal_p);
        let seasonal_ma = negated(&take(order.seasonal_q));
        Self { ar, ma, seasonal_ar, seasonal_ma }
    }

    /// The inverse of [`Self::from_unconstrained`]; a polynomial outside the region is first shrunk into it.
    pub(super) fn to_unconstrained(&self) -> Vec<f64> {
        let unbounded = |r: f64| {
            let r = (r / MAX_PARTIAL).clamp(-0.99, 0.99);
            r / (1.0 - r * r).sqrt()
        };
        [self.ar.clone(), negated(&self.ma), self.seasonal_ar.clone(), negated(&self.seasonal_ma)]
            .into_iter()
            .flat_map(|phi| shrunk(phi).into_iter().map(unbounded))
            .collect()
    }

    /// All coefficients in the order AR, MA, seasonal AR, seasonal MA.
    pub(super) fn flat(&self) -> Vec<f64> {
        [&self.ar, &self.ma, &self.seasonal_ar, &self.seasonal_ma].into_iter().flatten().copied().collect()
    }

    /// The inverse of [`Self::flat`]; missing values are zero.
    pub(super) fn from_flat(order: &Order, flat: &[f64]) -> Self {
        let mut values = flat.iter().copied();
        let mut take = |count: usize| (0..count).map(|_| values.next().unwrap_or(0.0)).collect::<Vec<f64>>();
        Self {
            ar: take(order.p),
            ma: take(order.q),
            seasonal_ar: take(order.seasonal_p),
            seasonal_ma: take(order.seasonal_q),
        }
    }

    /// Whether all roots of all four polynomials lie farther from zero than `modulus`, each in its own lag.
    pub(super) fn roots_beyond(&self, modulus: f64) -> bool {
        roots_beyond(&self.ar, modulus)
            && roots_beyond(&negated(&self.ma), modulus)
            && roots_beyond(&self.seasonal_ar, modulus)
            && roots_beyond(&negated(&self.seasonal_ma), modulus)
    }

    /// The products of short and seasonal polynomials.
    pub(super) fn expand(&self, season: usize) -> Arma {
        Arma {
            ar: product(&self.ar, &self.seasonal_ar, season, -1.0),
            ma: product(&self.ma, &self.seasonal_ma, season, 1.0),
        }
    }
}

/// A stationary, invertible ARMA process with innovations of unit variance:
/// `w_t = Σ ar_j w_{t−j} + e_t + Σ ma_j e_{t−j}`, lags from 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Arma {
    pub(super) ar: Vec<f64>,
    pub(super) ma: Vec<f64>,
}

impl Arma {
    /// Dimension of the state in Harvey's form, max(p, q + 1).
    pub(super) fn width(&self) -> usize {
        self.ar.len().max(self.ma.len() + 1)
    }

    /// The ψ weights of lags 0 … `count` − 1.
    pub(super) fn psi(&self, count: usize) -> Vec<f64> {
        let mut psi: Vec<f64> = Vec::with_capacity(count);
        for lag in 0..count {
            let own = if lag == 0 { 1.0 } else { self.ma.get(lag - 1).copied().unwrap_or(0.0) };
            let past: f64 = self.ar.iter().take(lag).enumerate().map(|(j, phi)| phi * psi[lag - 1 - j]).sum();
            psi.push(own + past);
        }
        psi
    }
}

/// The coefficients δ of `(1−B)ᵈ(1−Bˢ)ᴰ = 1 − δ₁B − δ₂B² − …`, length d + D·s.
pub(super) fn difference_weights(order: &Order) -> Vec<f64> {
    let mut polynomial = vec![1.0];
    let lags = std::iter::repeat_n(1, order.d).chain(std::iter::repeat_n(order.season, order.seasonal_d));
    for lag in lags {
        let mut next = polynomial.clone();
        next.resize(polynomial.len() + lag, 0.0);
        for (i, value) in polynomial.iter().enumerate() {
            next[i + lag] -= value;
        }
        polynomial = next;
    }
    polynomial[1..].iter().map(|value| -value).collect()
}

/// Applies both differences; NaN where a value is missing. Shorter by d + D·s.
pub(super) fn difference(series: &[f64], order: &Order) -> Vec<f64> {
    let mut current = series.to_vec();
    let lags = std::iter::repeat_n(1, order.d).chain(std::iter::repeat_n(order.season, order.seasonal_d));
    for lag in lags {
        current = current.iter().skip(lag).zip(&current).map(|(later, earlier)| later - earlier).collect();
    }
    current
}

fn negated(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| -value).collect()
}

/// Partial autocorrelations of the polynomial after shrinking its roots away from zero until it is stationary.
fn shrunk(mut phi: Vec<f64>) -> Vec<f64> {
    const SHRINK: f64 = 0.9;
    const ATTEMPTS: usize = 60;
    for _ in 0..ATTEMPTS {
        if let Some(partials) = to_partials(&phi) {
            return partials;
        }
        let mut scale = 1.0;
        for value in &mut phi {
            scale *= SHRINK;
            *value *= scale;
        }
    }
    vec![0.0; phi.len()]
}

/// Coefficients of the product of a short polynomial and one in Bˢ, both `1 + sign·Σ c_j B^j`.
fn product(short: &[f64], seasonal: &[f64], season: usize, sign: f64) -> Vec<f64> {
    let mut out = vec![0.0; short.len() + seasonal.len() * season];
    out[..short.len()].copy_from_slice(short);
    for (k, &outer) in seasonal.iter().enumerate() {
        let base = (k + 1) * season;
        out[base - 1] += outer;
        for (j, &inner) in short.iter().enumerate() {
            out[base + j] += sign * outer * inner;
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn partials_and_coefficients_are_inverse() {
        let partials = [0.5, -0.3, 0.8, -0.99];
        let back = to_partials(&from_partials(&partials)).unwrap();
        for (a, b) in partials.iter().zip(&back) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
        assert!(to_partials(&[1.5]).is_none());
        assert!(to_partials(&[f64::NAN]).is_none());
    }

    #[test]
    fn unconstrained_numbers_round_trip() {
        let order = Order { p: 2, q: 1, seasonal_p: 1, seasonal_q: 1, season: 7, ..Order::default() };
        let x = [0.3, -1.0, 0.7, 0.2, -0.4];
        let back = Coefficients::from_unconstrained(&order, &x).to_unconstrained();
        for (a, b) in x.iter().zip(&back) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
    }

    #[test]
    fn products_match_by_hand() {
        let coefficients =
            Coefficients { ar: vec![0.5], ma: vec![0.4], seasonal_ar: vec![0.2], seasonal_ma: vec![-0.6] };
        let arma = coefficients.expand(3);
        assert_eq!(arma.ar, vec![0.5, 0.0, 0.2, -0.1]);
        assert_eq!(arma.ma, vec![0.4, 0.0, -0.6, -0.24]);
    }

    #[test]
    fn differences_and_their_weights_agree() {
        let order = Order { d: 1, seasonal_d: 1, season: 4, ..Order::default() };
        let series: Vec<f64> = (0..20).map(|t| f64::from((t * t * 7 + t * 3) % 11)).collect();
        let weights = difference_weights(&order);
        for (t, w) in difference(&series, &order).iter().enumerate() {
            let n = t + order.lost();
            let past: f64 = weights.iter().enumerate().map(|(j, delta)| delta * series[n - 1 - j]).sum();
            assert!((series[n] - past - w).abs() < 1e-12);
        }
    }
}
