//! A day's quantile function through its values at some levels.

/// Values at levels, lines between them, exponential tails; see [`super`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Curve<'a> {
    levels: &'a [f64],
    values: &'a [f64],
    /// Scale of the tail below, and above.
    tails: [f64; 2],
}

impl<'a> Curve<'a> {
    /// At least two levels, ascending inside 0 to 1, and as many values, ascending; `None` otherwise.
    pub(crate) fn new(levels: &'a [f64], values: &'a [f64]) -> Option<Self> {
        let ([a, b, ..], [p, q, ..]) = (levels, values) else { return None };
        let ([.., c, d], [.., r, s]) = (levels, values) else { return None };
        if levels.len() != values.len() {
            return None;
        }
        let tails = [(q - p) / libm::log(b / a), (s - r) / libm::log((1.0 - c) / (1.0 - d))];
        Some(Self { levels, values, tails })
    }

    /// The quantile at `level`, inside 0 to 1.
    pub(crate) fn quantile(&self, level: f64) -> f64 {
        let last = self.levels.len() - 1;
        let above = self.levels.iter().take_while(|known| **known < level).count();
        if above == 0 {
            return self.values[0] + self.tails[0] * libm::log(level / self.levels[0]);
        }
        if above > last {
            return self.values[last] - self.tails[1] * libm::log((1.0 - level) / (1.0 - self.levels[last]));
        }
        line(level, self.levels, self.values, above)
    }

    /// The level at which `value` lies.
    pub(crate) fn level(&self, value: f64) -> f64 {
        let last = self.levels.len() - 1;
        let above = self.values.iter().take_while(|known| **known < value).count();
        if above == 0 {
            return self.levels[0] * tail((self.values[0] - value) / self.tails[0]);
        }
        if above > last {
            return 1.0 - (1.0 - self.levels[last]) * tail((value - self.values[last]) / self.tails[1]);
        }
        line(value, self.values, self.levels, above)
    }
}

/// The share of a tail beyond `scales` scales; a tail without width ends where it begins (0/0 is its end itself).
fn tail(scales: f64) -> f64 {
    if scales.is_nan() { 1.0 } else { libm::exp(-scales) }
}

/// y at x on the line from point `above − 1` to point `above`.
fn line(x: f64, xs: &[f64], ys: &[f64], above: usize) -> f64 {
    let (low, high) = (above - 1, above);
    ys[low] + (x - xs[low]) / (xs[high] - xs[low]) * (ys[high] - ys[low])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An exponential distribution's own tail: levels 0.8 and 0.9 give all quantiles above.
    #[test]
    fn tails_are_exponential() {
        let exact = |level: f64| -libm::log(1.0 - level);
        let levels = [0.25, 0.5, 0.8, 0.9];
        let values = levels.map(exact);
        let curve = Curve::new(&levels, &values).unwrap();
        for level in [0.9, 0.95, 0.999, 1.0 - 1e-9] {
            assert!((curve.quantile(level) - exact(level)).abs() < 1e-6, "{level}");
        }
        let mirrored = [0.1, 0.2, 0.5, 0.75];
        let values = mirrored.map(|level| -exact(1.0 - level));
        let curve = Curve::new(&mirrored, &values).unwrap();
        for level in [0.1, 0.05, 1e-9] {
            assert!((curve.quantile(level) + exact(1.0 - level)).abs() < 1e-6, "{level}");
        }
    }

    #[test]
    fn known_levels_give_their_values_and_lines_lie_between() {
        let curve = Curve::new(&[0.1, 0.5, 0.9], &[-2.0, 1.0, 1.0]).unwrap();
        assert_eq!([0.1, 0.5, 0.9].map(|level| curve.quantile(level)), [-2.0, 1.0, 1.0]);
        assert!((curve.quantile(0.3) + 0.5).abs() < 1e-12);
        assert!((curve.level(-0.5) - 0.3).abs() < 1e-12);
        // the upper tail has no width
        assert_eq!((curve.quantile(0.99), curve.level(1.5)), (1.0, 1.0));
        assert!(Curve::new(&[0.5], &[0.0]).is_none());
    }

    proptest! {
        #[test]
        fn curves_ascend_and_levels_invert_them(
            steps in prop::collection::vec(0.001..1.0_f64, 5),
            mut levels in prop::collection::vec(0.001..0.999_f64, 2),
        ) {
            let known = [0.025, 0.25, 0.5, 0.9, 0.975];
            let values: Vec<f64> = steps.iter().scan(-1.0, |sum, step| { *sum += step; Some(*sum) }).collect();
            let curve = Curve::new(&known, &values).unwrap();
            levels.sort_by(f64::total_cmp);
            prop_assert!(curve.quantile(levels[0]) <= curve.quantile(levels[1]));
            for level in levels {
                prop_assert!((curve.level(curve.quantile(level)) - level).abs() < 1e-9);
            }
        }
    }
}
