//! The components at an origin.

use super::filter::filter;
use super::simulate::AtOrigin;
use super::stored::{Parameters, broken};
use crate::{FittedModel, Future, History, ModelError, State};

impl FittedModel for Parameters {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        let mut resumed = self.trained.resume(history)?;
        let mut left_out = false;
        if self.form.needs_positive() {
            // such a form cannot learn from a value that is not
            for y in resumed.target.iter_mut().filter(|y| **y <= 0.0) {
                *y = f64::NAN;
                left_out = true;
            }
        }
        let start = if resumed.from_end { &self.end } else { &self.start };
        let (_, components) = filter(self.form, &self.smoothing, start, &resumed.target, |_, _| {})
            .filter(|(_, components)| components.finite())
            .ok_or_else(|| broken(self.form))?;
        let state = AtOrigin { parameters: self, components, horizon: future.horizon(), left_out };
        match state.points().iter().find(|point| !point.is_finite()) {
            None => Ok(Box::new(state)),
            Some(point) => Err(ModelError::Numerical(format!("a forecast is {point}"))),
        }
    }
}
