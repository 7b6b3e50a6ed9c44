//! The law of the residuals: how much of one is left a session later, and what is added.

use std::collections::BTreeMap;

/// A first-order autoregression over sessions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Law {
    /// Share of a residual that is left a session later, 0 to 1.
    pub(super) persistence: f64,
    /// Deviation of what a session adds.
    pub(super) innovation: f64,
}

/// Residuals of one curve, observed at ascending sessions.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) residuals: Vec<f64>,
    pub(super) sessions: Vec<usize>,
}

/// Moments of pairs of residuals a number of sessions apart.
#[derive(Debug, Default, Clone, Copy)]
struct Pairs {
    count: f64,
    earlier: f64,
    product: f64,
    later: f64,
}

impl Law {
    /// Least squares, without a mean: the persistence from the pairs at the most frequent distance, the innovation
    /// from all pairs. None without a pair.
    pub(super) fn of(runs: &[Run]) -> Option<Self> {
        let mut gaps: BTreeMap<usize, Pairs> = BTreeMap::new();
        for run in runs {
            for (r, s) in run.residuals.windows(2).zip(run.sessions.windows(2)) {
                let pairs = gaps.entry(s[1] - s[0]).or_default();
                pairs.count += 1.0;
                pairs.earlier += r[0] * r[0];
                pairs.product += r[0] * r[1];
                pairs.later += r[1] * r[1];
            }
        }
        // of equally frequent distances the shortest
        let (gap, usual) = gaps.iter().rev().max_by(|a, b| a.1.count.total_cmp(&b.1.count))?;
        let kept = if usual.earlier > 0.0 { (usual.product / usual.earlier).clamp(0.0, 1.0) } else { 0.0 };
        let persistence = libm::pow(kept, 1.0 / *gap as f64);
        let square = |(gap, pairs): (&usize, &Pairs)| {
            let kept = libm::pow(persistence, *gap as f64);
            let sum = pairs.later - 2.0 * kept * pairs.product + kept * kept * pairs.earlier;
            sum.max(0.0) / accumulated(persistence, *gap)
        };
        let count: f64 = gaps.values().map(|pairs| pairs.count).sum();
        let innovation = (gaps.iter().map(square).sum::<f64>() / count).sqrt();
        Some(Self { persistence, innovation })
    }
}

/// Variance of what `sessions` add together, relative to one: `1 + φ² + φ⁴ + …`.
pub(super) fn accumulated(persistence: f64, sessions: usize) -> f64 {
    let (mut sum, mut weight) = (0.0, 1.0);
    for _session in 0..sessions {
        sum += weight;
        weight *= persistence * persistence;
    }
    sum
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rand_distr::{Distribution, StandardNormal};

    use super::*;
    use crate::StreamKey;

    fn process(phi: f64, n: usize) -> Vec<f64> {
        let mut rng = StreamKey::new(3, "residuals", "", "", 0).day(0);
        let mut value = 0.0;
        let step = |_| {
            let shock: f64 = StandardNormal.sample(&mut rng);
            value = phi * value + 2.0 * shock;
            value
        };
        (0..n).map(step).collect()
    }

    /// The standard error of the persistence is √((1 − φ²)/n), that of the innovation 1/√(2n) of it.
    #[test]
    fn a_known_law_is_recovered() {
        for phi in [0.3, 0.95] {
            let residuals = process(phi, 20_000);
            let error = ((1.0 - phi * phi) / 20_000.0_f64).sqrt();
            let sessions: Vec<usize> = (0..residuals.len()).collect();
            let sparse = residuals.iter().zip(&sessions).filter(|(_, s)| *s % 4 != 1).map(|(r, s)| (*r, *s));
            let (few, places): (Vec<f64>, Vec<usize>) = sparse.unzip();
            let whole = Law::of(&[Run { residuals, sessions }]).unwrap();
            assert!((whole.persistence - phi).abs() < 4.0 * error, "{whole:?}");
            assert!((whole.innovation / 2.0 - 1.0).abs() < 4.0 / 40_000_f64.sqrt(), "{whole:?}");
            // three of four observed: half of the pairs at distance 1, a quarter of the sessions pairs at distance 2
            let sparse = Law::of(&[Run { residuals: few, sessions: places }]).unwrap();
            assert!((sparse.persistence - phi).abs() < 6.0 * error, "{sparse:?}");
            assert!((sparse.innovation / 2.0 - 1.0).abs() < 6.0 / 40_000_f64.sqrt(), "{sparse:?}");
        }
    }

    #[test]
    fn the_persistence_stays_within_its_range() {
        let law = |residuals: &[f64], sessions: &[usize]| {
            Law::of(&[Run { residuals: residuals.to_vec(), sessions: sessions.to_vec() }])
        };
        assert_eq!(law(&[1.0, -1.0, 1.0], &[0, 1, 2]), Some(Law { persistence: 0.0, innovation: 1.0 }));
        assert_eq!(law(&[1.0, 2.0], &[0, 1]), Some(Law { persistence: 1.0, innovation: 1.0 }));
        assert_eq!(law(&[2.0, 0.5], &[0, 2]).unwrap().persistence, 0.5);
        assert_eq!(law(&[1.0], &[0]), None);
        assert_eq!([accumulated(1.0, 3), accumulated(0.5, 2), accumulated(0.0, 4)], [3.0, 1.25, 1.0]);
    }
}
