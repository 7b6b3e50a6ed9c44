//! Accuracy of models on panels of many series: forecasts after a training part, scored against the test part.
//!
//! Each series is fitted and forecast once, from the end of its training part. Scores are those of the M4 competition
//! ([`almanac_models::score`]). Series run side by side; rows and means do not depend on how many.

mod combine;
mod forecast;
mod observed;
mod panel;
mod read;
mod report;
mod rows;
mod run;
mod write;

pub(crate) use observed::Observed;
pub(crate) use panel::Panel;
pub(crate) use read::{Wanted, read};
pub(crate) use report::print;
pub(crate) use rows::table;
pub(crate) use run::{Plan, Results, run};
pub(crate) use write::{Target, write};

/// Percent of the interval that is scored, as in the M4 competition.
pub(crate) const LEVEL: f64 = 95.0;
