//! Combinations of models: `combination`.
//!
//! Every member is a model of its own, fitted on the same window. The combination's point is the mean, the median or a
//! weighted mean of its members' points. Each path is one member's own, so that it stays a coherent trajectory, and a
//! member's share of the paths is its weight; its distances from the member's median are laid around the combination's
//! point, by a spread that all members share.
//!
//! # Settings
//! - `members`: 2 to 16 registry entries. Configurations give names, which [`resolved`] replaces by whole entries; a
//!   [`crate::Registry`] takes whole entries only.
//! - `method`: `"mean"` (the default), `"median"`, `"inverse_error"` or `"nnls"`; see [`Method`].
//! - `origins` (20) and `spacing` (the horizon): inner origins, of the weights and of the spread.
//!
//! # Weights
//! Members are fitted once more on the part of the window up to the first inner origin, conditioned at every inner
//! origin, and scored on the sessions after it: no fit has seen a target it is scored on, and origin + horizon ≤ cutoff.
//! The inner fit keeps at least half the window, so that a long horizon has fewer inner origins. Regressors go on past
//! inner origins as past any origin, and errors of all days ahead count alike. Weights below [`LEAST_WEIGHT`] become zero.
//! The members that forecasts use are those fitted on the whole window.
//!
//! # The spread
//! A combination errs less than its members: by their disagreement, which a mixture of their paths would add to the
//! spread instead of taking it away (`spread.rs`). So the distances of every member's paths are brought to one deviation
//! of each day, the mean or median of the members' as points are, times one factor: what is left of the members' mean
//! variance when their mean disagreement at the inner origins is taken away, at least a half. The members' fits on the
//! whole window are conditioned at the inner origins for that; no target is looked at.
//!
//! Fewer paths must be a prefix of more, so centres and deviations cannot come from the paths asked for. They belong to the
//! state: where a member has no exact median, and for all deviations, a reference sample from one fixed stream is drawn
//! at every origin, [`REFERENCE`] paths of all members together.
//!
//! # Fallbacks, recorded in [`crate::Fitted::fallback`]
//! A member that cannot be fitted, on the whole window or before the inner origins, is left out, and the others share its
//! weight; a member's own fallback is named. Where there are no inner errors (a short window, a long horizon, no
//! observation) weights are equal; without inner origins the spread keeps its factor of one. Without any member the fit fails with the first one's error. At an origin a member
//! that cannot be conditioned fails the forecast: another combination than the stored one would be another model.
//!
//! # Stored form, `combination/2`
//! ```text
//! "ALCM" | u32 LE: bytes of the header | header, JSON | the members' own stored forms | SHA-256 of all before
//! ```

mod explain;
mod fit;
mod inner;
mod paths;
mod settings;
mod shares;
mod spread;
mod stored;
mod weights;

pub use settings::{Method, members, resolved};
pub use spread::{disagreement, factor};

use crate::{Explanation, Family, Fitted, FittedModel, Model, ModelError, ModelSpec, Registry};

/// The family's name.
pub const NAME: &str = "combination";
/// Weight below which a member is left out: of 2,000 paths it would have one.
pub const LEAST_WEIGHT: f64 = 0.001;
/// Paths of the reference samples of all members together, twice as many as are drawn by default.
pub const REFERENCE: usize = 4_096;

/// The `combination` family, of the families that a registry knows.
#[derive(Debug)]
pub(crate) struct Combination {
    registry: Registry,
}

impl Combination {
    pub(crate) fn new(registry: Registry) -> Self {
        Self { registry }
    }
}

impl Family for Combination {
    fn name(&self) -> &'static str {
        NAME
    }

    fn uses_regressors(&self) -> bool {
        true
    }

    fn innovations(&self, _spec: &ModelSpec) -> String {
        "its members'".into()
    }

    fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        let settings = settings::Settings::read(spec)?;
        let model = |member: &settings::Chosen| self.registry.model(&member.spec);
        let models = settings.members.iter().map(model).collect::<Result<_, _>>()?;
        let (registry, regressors) = (self.registry.clone(), spec.regressors.clone());
        Ok(Box::new(fit::Configured { registry, settings, models, regressors }))
    }

    fn format_version(&self) -> u32 {
        2
    }

    fn load(&self, version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        if version < 2 {
            return Err(ModelError::Corrupt(
                "a combination without its spread, of before 0.1.0: train it again".into(),
            ));
        }
        Ok(Box::new(paths::Loaded::new(&self.registry, &stored::Stored::decode(bytes)?)?))
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        explain::explain(&self.registry, fitted)
    }
}

/// An error with the name of the member it is about.
fn of_member(name: &str, error: ModelError) -> ModelError {
    let named = |text: String| format!("member {name}: {text}");
    match error {
        ModelError::Unusable { what, value } => ModelError::Unusable { what: named(what), value },
        ModelError::Numerical(message) => ModelError::Numerical(named(message)),
        ModelError::Corrupt(message) => ModelError::Corrupt(named(message)),
        other => other,
    }
}

/// The columns of some of the regressors.
fn columns<'a>(all: &[&'a [f64]], places: &[usize]) -> Result<Vec<&'a [f64]>, ModelError> {
    let missing = |place: usize| ModelError::Unusable {
        what: "regressors".into(),
        value: format!("{} columns where the combination reads number {}", all.len(), place + 1),
    };
    places.iter().map(|&place| all.get(place).copied().ok_or_else(|| missing(place))).collect()
}
