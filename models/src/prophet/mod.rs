//! A piecewise-linear trend with Fourier seasons, holidays and regressors: `prophet`.
//!
//! The model is that of Taylor & Letham, "Forecasting at Scale" (2018), as Python's prophet 1.5 states it:
//! `y/scale = trend(t) · (1 + X_m β_m) + X_a β_a + e`, `e ~ N(0, σ²)`, where scale is the largest magnitude of the
//! training window, t counts calendar days from 0 at its first observation to 1 at its last, and the trend changes its
//! rate at changepoints by adjustments δ. Priors: rate and offset N(0, 5²), δ Laplace(0, τ), β N(0, prior scale²),
//! σ N⁺(0, ½²). The fit is the maximum of that posterior: for a given σ it is a least-squares problem with absolute
//! values, which a search of the signs solves exactly (Stan's L-BFGS walks around its kinks and stops near it), and σ
//! has a closed form. With multiplicative components it is a local maximum, reached from prophet's start values.
//!
//! Prophet itself has no state: its forecast is the curve, wherever the last observation is. Here the curve's
//! residuals follow a first-order autoregression over sessions. Its coefficient (the persistence, 0 to 1) and the
//! deviation s of its innovations are estimated by least squares out of fold: the window's second half is cut in five,
//! and each fifth lies beside the curve fitted to all before it. In-sample residuals would not do: the curve has bent
//! to them, so that they return to it sooner than later ones ever will. At an origin the last observed residual is the
//! state: day h lies `persistence^h` of it off the curve, with variance `s² (1 + persistence² + … + persistence^2(h−1))`.
//! So the forecast starts where the series is and its paths move by steps instead of scattering anew each day. Where
//! residuals are independent the persistence is near 0 and the law near prophet's; where prices walk away from their
//! curve it is near 1, and the curve only tells where they drift. With `anchor = false` the persistence is 0, s is σ,
//! and forecasts are prophet's.
//!
//! Paths change their rate at the times of a Poisson process by Laplace steps, as often and as strongly as the
//! training window's changepoints on average: from the origin on, or, without an anchor, from the end of training.
//!
//! Settings: `growth` (`"linear"` or `"flat"`), `n_changepoints` (25), `changepoint_range` (0.8),
//! `changepoint_prior_scale` (0.05), `weekly_seasonality` and `yearly_seasonality` (`"auto"`, `true`, `false` or an
//! order; auto: weekly of order 3 from 14 days on, yearly of order 10 from 730 days on), `seasonality_mode`
//! (`"additive"` or `"multiplicative"`, also of holidays and regressors), `seasonality_prior_scale` (10), `holidays` (a
//! list of `{ name, dates, lower_window, upper_window, prior_scale }`), `holidays_prior_scale` (10),
//! `regressor_prior_scale` (that of holidays), `anchor` (`true`). Regressors are standardised unless they are 0 and 1.
//!
//! Fallbacks, recorded in [`crate::Fitted::fallback`]: a constant series keeps its value with zero spread; one that
//! the curve explains exactly is said to be so. There is none for too few observations: that is an error.

mod changes;
mod component;
mod condition;
mod explain;
mod fit;
mod lasso;
mod maximum;
mod posterior;
mod report;
mod residuals;
mod sample;
mod settings;
mod simulate;
mod stored;
mod trend;

pub use component::{Basis, Component};
pub use posterior::log_posterior;
pub use settings::Growth;
pub use stored::Parameters;

use crate::{Explanation, Family, Fitted, FittedModel, Model, ModelError, ModelSpec};

/// The `prophet` family.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prophet;

impl Family for Prophet {
    fn name(&self) -> &'static str {
        "prophet"
    }

    fn uses_regressors(&self) -> bool {
        true
    }

    fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        let settings = settings::Settings::read(spec)?;
        let columns = spec.regressors.iter().map(|regressor| regressor.column.clone()).collect();
        Ok(Box::new(fit::Configured { settings, columns }))
    }

    fn format_version(&self) -> u32 {
        1
    }

    fn load(&self, _version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        let parameters: Parameters = serde_json::from_slice(bytes).map_err(|e| ModelError::Corrupt(e.to_string()))?;
        match parameters.problem() {
            None => Ok(Box::new(parameters)),
            Some(problem) => Err(ModelError::Corrupt(problem)),
        }
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        Ok(explain::explain(fitted))
    }
}
