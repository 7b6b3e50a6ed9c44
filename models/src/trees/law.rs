//! A law of the innovations in the place of resampling: fitted to the residuals out of fold.

use serde::{Deserialize, Serialize};

use crate::innovations::{Kind, Law, Origin, Residual};
use crate::trees::frame::corrupt;
use crate::{Day, ModelError};

/// What a fit stores of the law.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FittedLaw {
    pub(crate) law: Law,
    /// Mean of the residuals, which was subtracted from them.
    pub(crate) centre: f64,
    /// Day of the last observation that the fit saw.
    pub(crate) cutoff: Day,
}

impl FittedLaw {
    /// Refuses what no fit that was asked for a law can have written.
    pub(crate) fn check(&self, asked: Kind) -> Result<(), ModelError> {
        if let Some(problem) = self.law.problem() {
            return Err(ModelError::Corrupt(problem));
        }
        if !self.centre.is_finite() {
            return Err(corrupt("the centre of the residuals is not finite"));
        }
        let found = self.law.kind();
        // a simpler law stands in for one that cannot be estimated
        let simpler = found == Kind::Normal || (asked, found) == (Kind::Garch, Kind::Student);
        if asked == Kind::Bootstrap || !(found == asked || simpler) {
            return Err(corrupt(&format!("{} innovations in the place of {}", found.name(), asked.name())));
        }
        Ok(())
    }

    /// The law after the residuals of the fit and those since, which are looked at only if they matter.
    pub(crate) fn origin(
        &self,
        residuals: &[f32],
        since: impl FnOnce() -> Result<Vec<Residual>, ModelError>,
    ) -> Result<Origin<'_>, ModelError> {
        let mut outcome = Ok(());
        let origin = self.law.origin(|| {
            let mut all = single(residuals);
            outcome = since().map(|later| all.extend(later));
            all
        });
        outcome.map(|()| origin)
    }
}

/// Residuals of one session each.
pub(crate) fn single(residuals: &[f32]) -> Vec<Residual> {
    residuals.iter().map(|&size| Residual { size: f64::from(size), span: 1.0 }).collect()
}
