//! Forecasting models as pure numerics: fit once on a training window, condition on later history without refitting,
//! simulate from there. No Arrow, no async, no I/O.
//!
//! A model is one file that implements [`Family`]: how its settings are read, how it is fitted, how a stored fit is
//! loaded. Every family passes the same [`conformance`] suite.

pub mod arima;
mod calendar;
pub mod ces;
mod civil;
pub mod combination;
pub mod conformance;
mod contract;
mod decompose;
mod differences;
mod error;
pub mod ets;
mod explain;
mod frame;
mod history;
mod innovations;
mod lately;
mod linear;
mod minimize;
mod naive;
mod newton;
mod nnls;
mod order;
mod projection;
pub mod prophet;
mod quantile;
mod random_walk;
mod registry;
mod resume;
pub mod score;
mod seasonal_naive;
mod spec;
mod stream;
mod summary;
pub mod theta;
pub mod trees;
mod walk;
mod window;
mod window_average;

pub use calendar::{Calendar, CalendarError, CalendarKind};
pub use contract::{Family, FitContext, Fitted, FittedModel, Model, State};
pub use error::ModelError;
pub use explain::{Coefficient, Component, Explanation, Importance, Member, Quality};
pub use history::{Day, Future, History};
pub use order::{SortScratch, sort_paths};
pub use projection::{ProjectionError, project};
pub use quantile::{Scratch, quantile_of_sorted, quantiles};
pub use registry::Registry;
pub use resume::Trained;
pub use spec::{FutureRegressor, ModelSpec, Regressor};
pub use stream::StreamKey;
pub use summary::{LevelError, Levels, Summary, summarise};
pub use window::{Frequency, Skip, TrainingRule, Window, cut, inner_origins, training_range};
