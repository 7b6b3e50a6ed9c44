//! Forecasting models as pure numerics: fit once on a training window, condition on later history without refitting,
//! simulate from there. No Arrow, no async, no I/O.
//!
//! A model is one file that implements [`Family`]: how its settings are read, how it is fitted, how a stored fit is
//! loaded. Every family passes the same [`conformance`] suite.

pub mod conformance;
mod contract;
mod error;
mod history;
mod naive;
mod registry;
mod spec;
mod stream;
pub mod trees;

pub use contract::{Family, FitContext, Fitted, FittedModel, Model, State};
pub use error::ModelError;
pub use history::{Day, Future, History};
pub use registry::Registry;
pub use spec::{FutureRegressor, ModelSpec, Regressor};
pub use stream::StreamKey;
