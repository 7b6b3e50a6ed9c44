//! Order statistics of a block of paths, without sorting it.

/// Buckets over the range of the values: few enough to clear cheaply, many enough to leave a handful in each.
const BUCKETS: usize = 1_024;

/// Position of a type-7 quantile in n ordered values: index of the lower one, and the weight of the upper one.
///
/// Hyndman and Fan, Sample quantiles in statistical packages, The American Statistician 50 (1996), definition 7.
fn position(probability: f64, n: usize) -> (usize, f64) {
    let last = n - 1;
    let place = probability.clamp(0.0, 1.0) * last as f64;
    let lower = (place as usize).min(last);
    (lower, place - lower as f64)
}

fn interpolate<T: Into<f64>>(lower: T, upper: T, weight: f64) -> f64 {
    let lower = lower.into();
    lower + weight * (upper.into() - lower)
}

/// Type-7 quantile of ascending values, `f32` or `f64`; NaN if there are none.
pub fn quantile_of_sorted<T: Copy + Into<f64>>(sorted: &[T], probability: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let (lower, weight) = position(probability, sorted.len());
    interpolate(sorted[lower], sorted[(lower + 1).min(sorted.len() - 1)], weight)
}

/// Reused buffers of [`quantiles`].
#[derive(Debug, Default)]
pub struct Scratch {
    counts: Vec<u32>,
    buckets: Vec<u16>,
    values: Vec<f32>,
}

/// Type-7 quantiles of unordered values, one per probability (ascending), into `out`; NaN if there are no values.
///
/// One pass counts the values per bucket of an even grid over their range; only the buckets that hold a wanted order
/// statistic are then ordered. The result is exact and does not depend on the grid.
pub fn quantiles(values: &[f32], probabilities: &[f64], scratch: &mut Scratch, out: &mut [f64]) {
    let (low, high) = range(values);
    let scale = (BUCKETS - 1) as f32 / (high - low);
    if values.is_empty() || !scale.is_finite() || scale == 0.0 {
        // no values, all equal, or not finite
        scratch.values.clear();
        scratch.values.extend_from_slice(values);
        scratch.values.sort_unstable_by(f32::total_cmp);
        for (p, q) in probabilities.iter().zip(out) {
            *q = quantile_of_sorted(&scratch.values, *p);
        }
        return;
    }
    scratch.counts.clear();
    scratch.counts.resize(BUCKETS + 1, 0);
    scratch.buckets.clear();
    // rounding is monotone in the value, so buckets are ordered as the values are
    scratch.buckets.extend(values.iter().map(|x| ((x - low) * scale) as u16));
    for &bucket in &scratch.buckets {
        scratch.counts[usize::from(bucket).min(BUCKETS - 1)] += 1;
    }
    let mut ordered = Ordered { values, scratch, bucket: 0, before: 0, filled: None };
    for (p, q) in probabilities.iter().zip(out) {
        let (lower, weight) = position(*p, values.len());
        let below = ordered.nth(lower);
        let above = if weight > 0.0 { ordered.nth(lower + 1) } else { below };
        *q = interpolate(below, above, weight);
    }
}

fn range(values: &[f32]) -> (f32, f32) {
    // eight lanes, so that the compiler uses vectors
    let (mut low, mut high) = ([f32::INFINITY; 8], [f32::NEG_INFINITY; 8]);
    let chunks = values.chunks_exact(8);
    for (lane, x) in chunks.remainder().iter().enumerate() {
        low[lane] = low[lane].min(*x);
        high[lane] = high[lane].max(*x);
    }
    let mut nan = chunks.remainder().iter().any(|x| x.is_nan());
    for chunk in chunks {
        for lane in 0..8 {
            let x = chunk[lane];
            low[lane] = if x < low[lane] { x } else { low[lane] };
            high[lane] = if x > high[lane] { x } else { high[lane] };
            nan |= x.is_nan();
        }
    }
    if nan {
        return (f32::NAN, f32::NAN);
    }
    (low.into_iter().fold(f32::INFINITY, f32::min), high.into_iter().fold(f32::NEG_INFINITY, f32::max))
}

/// Order statistics asked for in nearly ascending order, one bucket ordered at a time.
struct Ordered<'a> {
    values: &'a [f32],
    scratch: &'a mut Scratch,
    /// The bucket looked at, and how many values lie before it.
    bucket: usize,
    before: usize,
    /// The bucket whose ordered values are in `scratch.values`.
    filled: Option<usize>,
}

impl Ordered<'_> {
    fn nth(&mut self, rank: usize) -> f32 {
        if rank < self.before {
            (self.bucket, self.before) = (0, 0);
        }
        while self.bucket < BUCKETS - 1 && self.before + self.scratch.counts[self.bucket] as usize <= rank {
            self.before += self.scratch.counts[self.bucket] as usize;
            self.bucket += 1;
        }
        if self.filled != Some(self.bucket) {
            self.fill();
        }
        self.scratch.values.get(rank - self.before).copied().unwrap_or(f32::NAN)
    }

    fn fill(&mut self) {
        let members = &mut self.scratch.values;
        members.clear();
        let here = self.scratch.buckets.iter().zip(self.values);
        members.extend(here.filter(|(b, _)| usize::from(**b) == self.bucket).map(|(_, x)| *x));
        members.sort_unstable_by(f32::total_cmp);
        self.filled = Some(self.bucket);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [0, .025, .1, .5, .9, .975, 1])`, numpy 2, whose default is type 7.
    #[test]
    fn numpy_values() {
        let values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
        let probabilities = [0.0, 0.025, 0.1, 0.5, 0.9, 0.975, 1.0];
        let mut out = [0.0; 7];
        quantiles(&values, &probabilities, &mut Scratch::default(), &mut out);
        for (got, want) in out.iter().zip([1.0, 1.0, 1.0, 3.5, 6.9, 8.475, 9.0]) {
            assert!((got - want).abs() < 1e-12, "{got} {want}");
        }
    }

    #[test]
    fn empty_single_equal_and_huge() {
        let mut out = [0.0; 2];
        let mut of = |values: &[f32]| {
            quantiles(values, &[0.1, 0.9], &mut Scratch::default(), &mut out);
            out
        };
        assert!(of(&[]).iter().all(|q| q.is_nan()));
        assert_eq!(of(&[7.0]), [7.0, 7.0]);
        assert_eq!(of(&[2.0; 30]), [2.0, 2.0]);
        assert!((of(&[-3e38, 3e38])[0] / -2.4e38 - 1.0).abs() < 1e-6);
        let _ = of(&[f32::NAN, 1.0, f32::INFINITY]);
    }

    proptest! {
        #[test]
        fn agree_with_sorting(
            values in prop::collection::vec(prop_oneof![
                -1e3..1e3_f32, 1e-3..2e-3_f32, Just(5.0_f32), -1e30..1e30_f32, 0.0..1e-38_f32,
            ], 1..300),
            probabilities in prop::collection::vec(0.0..=1.0_f64, 1..8),
        ) {
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f32::total_cmp);
            let mut out = vec![0.0; probabilities.len()];
            quantiles(&values, &probabilities, &mut Scratch::default(), &mut out);
            for (p, q) in probabilities.iter().zip(out) {
                prop_assert_eq!(q, quantile_of_sorted(&sorted, *p));
            }
        }
    }
}
