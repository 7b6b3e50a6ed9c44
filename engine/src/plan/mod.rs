//! The backfill's plan: worklist → attach → function → write, one stage of interior nodes over a memory source.
//!
//! ```text
//! WriteForecasts              files of whole cells; rows that describe them
//!   Projection simulate_paths the registered function
//!     AttachHistory           stored model and history, cut at each origin
//!       worklist              keys and origins only
//! ```
//! `train` runs the same shape with `AttachWindows`, `fit_model` and `WriteModels`; the table functions of SQL run that of
//! forecasts with `ReadPaths` or `ReadPoints` on top. `evaluate` runs `ScoreCells` over a worklist of
//! cells, `build` runs `LayBuckets` over one of keys.

pub mod attach_history;
pub mod attach_windows;
pub mod cancel;
pub mod job;
pub mod node;
pub mod panel;
mod path_rows;
pub mod pipeline;
mod point_rows;
pub mod read_forecasts;
pub mod report;
pub mod result;
pub(crate) mod rows;
pub mod score;
pub mod servable;
pub mod silver;
pub mod stoppable;
pub mod stored;
pub mod worklist;
pub mod write_forecasts;
pub mod write_models;
