//! Scores of forecasts against what happened.
//!
//! [`score`] turns one forecast and its actuals into rows per horizon and scope; the functions it is made of are
//! public where they mean something alone.

mod accuracy;
mod benchmark;
mod distribution;
mod point;
mod risk;
mod rows;

pub use accuracy::{Accuracy, Step, StepScore};
pub use benchmark::naive2;
pub use distribution::{crps, inside, interval_score, pinball, pit};
pub use point::{Direction, absolute_percentage_error, direction, mase_scale, symmetric_percentage_error};
pub use risk::{Risk, long_risk};
pub use rows::{Outcome, Scope, ScoreRow, ScoreScratch, score};
