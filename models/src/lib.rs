//! Forecasting models as pure numerics: fit once on a training window, condition on later history without refitting,
//! simulate from there. No Arrow, no async, no I/O.
//!
//! A model is one file that implements [`Family`]: how its settings are read, how it is fitted, how a stored fit is
//! loaded. Every family passes the same [`conformance`] suite.

mod calendar;
mod civil;
pub mod conformance;
mod contract;
mod error;
mod history;
mod naive;
mod projection;
mod quantile;
mod registry;
mod spec;
mod stream;
mod summary;
mod window;

pub use calendar::{Calendar, CalendarError, CalendarKind};
pub use contract::{Family, FitContext, Fitted, FittedModel, Model, State};
pub use error::ModelError;
pub use history::{Day, Future, History};
pub use projection::{ProjectionError, project};
pub use quantile::{Scratch, quantile_of_sorted, quantiles};
pub use registry::Registry;
pub use spec::{FutureRegressor, ModelSpec, Regressor};
pub use stream::StreamKey;
pub use summary::{LevelError, Levels, Summary, summarise};
pub use window::{Frequency, Skip, TrainingRule, Window, cut, training_range};
