//! The fit of a law, with the chain of simpler laws behind it.

use serde_json::{Value, json};

use super::bootstrap::{self, Bootstrap};
use super::laplace::Laplace;
use super::normal::Normal;
use super::{Kind, Law, Residual, garch_fit, student_fit};
use crate::ModelError;

/// A fitted law and what is known of the fit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) law: Law,
    /// Of the residuals, at its maximum; none for the normal law and resampling.
    pub(crate) log_likelihood: Option<f64>,
    /// Parameters with standard errors, readable.
    pub(crate) report: Value,
    /// Why a simpler law was used, if one was.
    pub(crate) fallback: Option<String>,
    /// Residuals present.
    pub(crate) count: usize,
    /// Parameters estimated: those of the mean and of the law.
    pub(crate) parameters: usize,
}

impl Estimate {
    /// Corrected Akaike criterion.
    pub(crate) fn aicc(&self) -> Option<f64> {
        let (n, k) = (self.count as f64, self.parameters as f64);
        let correction = 2.0 * k * (k + 1.0) / (n - k - 1.0);
        let aicc = 2.0 * k + correction - 2.0 * self.log_likelihood?;
        (n > k + 1.0 && aicc.is_finite()).then_some(aicc)
    }
}

/// Maximum-likelihood parameters with standard errors from the observed information, where they exist.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Maximum<T> {
    pub(super) law: T,
    /// Of the standardised residuals, see [`Sample`].
    pub(super) log_likelihood: f64,
    pub(super) standard_errors: Option<Vec<f64>>,
}

/// Residuals as if of one session, over their root mean square: fits do not depend on the unit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    /// Per session; NaN where absent.
    pub(super) residuals: Vec<f64>,
    /// Residuals present.
    pub(super) count: usize,
    /// Those that are zero.
    zeros: usize,
    /// Root mean square.
    pub(super) unit: f64,
    /// What the log-likelihood of the residuals in their own unit and spans has more.
    jacobian: f64,
}

impl Sample {
    pub(super) fn of(residuals: &[Residual]) -> Self {
        let present = || residuals.iter().filter(|residual| residual.present());
        let unit = Normal::fit(residuals, 0).scale;
        let spans: f64 = present().filter(|r| r.span != 1.0).map(|r| libm::log(r.span)).sum();
        let count = present().count();
        Self {
            residuals: residuals.iter().map(|residual| residual.single() / unit).collect(),
            count,
            zeros: present().filter(|residual| residual.size == 0.0).count(),
            unit,
            jacobian: -(count as f64) * libm::log(unit) - 0.5 * spans,
        }
    }

    /// Why no likelihood with a free shape has a maximum, if so.
    fn problem(&self, fewest: usize) -> Option<String> {
        if self.count < fewest {
            return Some(format!("{} residuals, {fewest} are needed", self.count));
        }
        (2 * self.zeros > self.count).then(|| "more than half of the residuals are zero".to_owned())
    }
}

impl Law {
    /// Fits a law to the residuals of a training window, oldest first, one per session. `estimated` parameters of the
    /// mean were estimated before.
    ///
    /// # Errors
    /// [`ModelError::Numerical`] if the residuals have no finite scale.
    pub(crate) fn fit(kind: Kind, residuals: &[Residual], estimated: usize) -> Result<Estimate, ModelError> {
        let sample = Sample::of(residuals);
        if !sample.unit.is_finite() {
            return Err(ModelError::Numerical(format!("scale of the innovations is {}", sample.unit)));
        }
        let mut reasons = Vec::new();
        let mut kind = if sample.unit > 0.0 { kind } else { Kind::Normal };
        loop {
            let (law, log_likelihood, report) = match attempt(kind, residuals, &sample, estimated) {
                Ok(found) => found,
                Err((simpler, reason)) => {
                    reasons.push(format!("{} innovations instead of {}: {reason}", simpler.name(), kind.name()));
                    kind = simpler;
                    continue;
                }
            };
            if let Some(problem) = law.problem() {
                return Err(ModelError::Numerical(problem));
            }
            return Ok(Estimate {
                log_likelihood: log_likelihood.map(|value| value + sample.jacobian),
                report,
                fallback: (!reasons.is_empty()).then(|| reasons.join("; ")),
                count: sample.count,
                parameters: estimated + shape(&law),
                law,
            });
        }
    }
}

/// Parameters of a law.
fn shape(law: &Law) -> usize {
    match law {
        Law::Normal(_) | Law::Laplace(_) => 1,
        Law::Bootstrap(_) => 0,
        Law::Student(_) => 2,
        Law::Garch(_) => 4,
    }
}

/// A law, its log-likelihood of the standardised residuals and its report, or a simpler law and why.
type Attempt = Result<(Law, Option<f64>, Value), (Kind, String)>;

fn attempt(kind: Kind, residuals: &[Residual], sample: &Sample, estimated: usize) -> Attempt {
    let nothing = "the likelihood has no maximum";
    match kind {
        Kind::Normal => {
            let law = Normal::fit(residuals, estimated);
            let report = json!({ "law": kind.name(), "scale": law.scale });
            Ok((Law::Normal(law), None, report))
        }
        Kind::Laplace => {
            let law = Laplace::fit(residuals);
            // the information of a scale: its square times n
            let error = law.scale / (sample.count as f64).sqrt();
            let report = json!({ "law": kind.name(), "scale": law.scale, "standard_errors": { "scale": error } });
            let standard = Laplace { scale: law.scale / sample.unit };
            Ok((Law::Laplace(law), Some(standard.log_likelihood(sample.count)), report))
        }
        Kind::Bootstrap => {
            if sample.count < bootstrap::FEWEST {
                let reason = format!("{} residuals, {} are needed", sample.count, bootstrap::FEWEST);
                return Err((Kind::Normal, reason));
            }
            let report = json!({ "law": kind.name(), "residuals": sample.count, "deviation": sample.unit });
            Ok((Law::Bootstrap(Bootstrap::fit(residuals)), None, report))
        }
        Kind::Student => {
            if let Some(problem) = sample.problem(student_fit::FEWEST) {
                return Err((Kind::Normal, problem));
            }
            let found = student_fit::fit(sample).ok_or_else(|| (Kind::Normal, nothing.to_owned()))?;
            let errors = named(&["scale", "nu"], &found.standard_errors);
            let report = json!({ "law": kind.name(), "scale": found.law.scale, "nu": found.law.nu,
                "standard_errors": errors });
            Ok((Law::Student(found.law), Some(found.log_likelihood), report))
        }
        Kind::Garch => {
            if let Some(problem) = sample.problem(garch_fit::FEWEST) {
                return Err((Kind::Student, problem));
            }
            let found = garch_fit::fit(sample).ok_or_else(|| (Kind::Student, nothing.to_owned()))?;
            let law = found.law;
            if !law.reacts() {
                return Err((Kind::Student, "alpha is zero, variances do not react to residuals".to_owned()));
            }
            let report = json!({ "law": kind.name(), "omega": law.omega, "alpha": law.alpha, "beta": law.beta,
                "nu": law.nu, "persistence": law.persistence(), "long_run_deviation": law.long_run().sqrt(),
                "standard_errors": named(&["omega", "alpha", "beta", "nu"], &found.standard_errors) });
            Ok((Law::Garch(law), Some(found.log_likelihood), report))
        }
    }
}

/// Standard errors by name; null where the maximum lies at a bound.
fn named(names: &[&str], errors: &Option<Vec<f64>>) -> Value {
    errors.as_ref().map_or(Value::Null, |errors| {
        names.iter().zip(errors).map(|(name, error)| ((*name).to_owned(), json!(error))).collect()
    })
}
