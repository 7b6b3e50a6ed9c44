//! Maximum likelihood of Student's t law with median zero.

use super::estimate::{Maximum, Sample};
use super::likelihood::{Bounded, LogSum, standard_errors};
use super::student::{LEAST_NU, MOST_NU, Student, log_constant};
use crate::minimize::minimize;

/// Least number of residuals from which degrees of freedom are estimated.
pub(super) const FEWEST: usize = 50;
/// Degrees of freedom tried first.
const STARTS: [f64; 3] = [3.0, 6.0, 20.0];
/// The optimiser works on 1/ν, in which the likelihood is closest to a parabola.
const INVERSE_NU: Bounded = Bounded { least: 1.0 / MOST_NU, most: 1.0 / LEAST_NU };

impl Student {
    /// Log-likelihood of the residuals present.
    pub(super) fn log_likelihood(&self, residuals: &[f64]) -> f64 {
        let weight = 1.0 / (self.scale * self.scale * self.nu);
        let (mut sum, mut count) = (LogSum::default(), 0.0);
        for residual in residuals.iter().filter(|residual| !residual.is_nan()) {
            sum.multiply(1.0 + residual * residual * weight);
            count += 1.0;
        }
        // the constant is that of variance 1, the scale's is √((ν − 2)/ν) of it
        let scale = libm::log(self.scale * (self.nu / (self.nu - 2.0)).sqrt());
        count * (log_constant(self.nu) - scale) - 0.5 * (self.nu + 1.0) * sum.total()
    }
}

/// The maximum; none if the optimiser finds no finite value.
pub(super) fn fit(sample: &Sample) -> Option<Maximum<Student>> {
    let law = |x: &[f64]| Student { scale: libm::exp(x[0]), nu: 1.0 / INVERSE_NU.value(x[1]) };
    let count = sample.count as f64;
    let cost = |x: &[f64]| Some(-law(x).log_likelihood(&sample.residuals) / count);
    // variance 1
    let start = |nu: f64| vec![0.5 * libm::log((nu - 2.0) / nu), INVERSE_NU.free(1.0 / nu)];
    let (best, _) = minimize(&cost, &STARTS.map(start), true)?;
    let standard = law(&best);
    let natural = |x: &[f64]| -Student { scale: x[0], nu: x[1] }.log_likelihood(&sample.residuals);
    let inside = standard.nu < 0.9 * MOST_NU && standard.nu > 1.001 * LEAST_NU;
    let errors = if inside { standard_errors(&natural, &[standard.scale, standard.nu]) } else { None };
    Some(Maximum {
        law: Student { scale: standard.scale * sample.unit, ..standard },
        log_likelihood: standard.log_likelihood(&sample.residuals),
        standard_errors: errors.map(|errors| vec![errors[0] * sample.unit, errors[1]]),
    })
}
