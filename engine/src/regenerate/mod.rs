//! Table functions of SQL: `forecast(key, model, origin)` and `paths(key, model, origin, n)`; and what their stored model
//! says, `explain_model(key, model, origin)`.
//!
//! A call takes the stored model of the origin's window, conditions it on the history up to the origin and draws, by
//! the plan of the backfill with reading in place of writing. The rows are those that are stored, bit by bit, as long
//! as the history is the one they were made from: `data_version` names it on both sides. Nothing is fitted, nothing
//! written; of more paths than are stored the first are those stored.
//!
//! The settings must be those of the stored model, as for a backfill; the model version is `forecast.model_version`.

mod account;
mod documentation;
mod explain;
mod function;
mod resolve;
mod table;

use almanac_models::Day;
use serde::{Deserialize, Serialize};

pub use self::account::{Account, Seen, account};
pub use self::documentation::documentation;
pub use self::explain::Explained;
pub use self::function::register;
pub use self::table::Regenerated;
use crate::settings::Settings;

/// One call: all that another process needs to answer it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Root of the warehouse.
    pub warehouse: String,
    /// Effective settings.
    pub settings: Settings,
    /// Values of the key columns.
    pub key: Vec<String>,
    /// Registry name.
    pub model: String,
    /// The last day that the forecast has seen.
    pub origin: Day,
    /// The last day of the input that is there; all of it, if none.
    #[serde(default)]
    pub until: Option<Day>,
    /// What is given.
    pub what: What,
}

/// What a call gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// A row per day ahead, as `forecast.point_forecasts` has them.
    Points,
    /// A row per path and day ahead, of this many paths.
    Paths(usize),
}
