//! The data on which a model is checked, and where it is cut.

use super::panel::Panel;
use crate::{Calendar, CalendarKind, Day, ModelSpec};

/// Sessions of the generated series up to the training cutoff, and up to the origin.
const CUTOFF_ROWS: usize = 800;
const ORIGIN_ROWS: usize = 860;
/// The generated key that forecasts are made for.
const KEY: &str = "south";

/// Raw data of several keys, the key that forecasts are made for, and the days of cutoff and origin.
#[derive(Debug, Clone)]
pub struct Ground {
    pub(super) calendar: Calendar,
    pub(super) panel: Panel,
    pub(super) key: String,
    pub(super) cutoff: Day,
    pub(super) origin: Day,
    /// Whether the truth is known.
    pub(super) generated: bool,
}

impl Ground {
    /// Data of a key, with a cutoff and an origin after it: ten calendar days or more after the origin should hold rows,
    /// since what comes after a cut is changed to see whether it mattered.
    pub fn new(calendar: Calendar, panel: Panel, key: &str, cutoff: Day, origin: Day) -> Self {
        Self { calendar, panel, key: key.to_owned(), cutoff, origin, generated: false }
    }

    /// Random walks with a covariate per regressor of the specification.
    pub(super) fn generated(spec: &ModelSpec) -> Result<Self, String> {
        let calendar = Calendar::new(CalendarKind::Trading, "us-futures").map_err(|e| e.to_string())?;
        let panel = Panel::generate(spec, &calendar);
        let day = |rows: usize| panel.series.first().and_then(|s| s.days.get(rows - 1)).copied().unwrap_or_default();
        let (cutoff, origin) = (day(CUTOFF_ROWS), day(ORIGIN_ROWS));
        Ok(Self { calendar, panel, key: KEY.to_owned(), cutoff, origin, generated: true })
    }

    /// What the data is, in messages.
    pub(super) fn what(&self) -> &'static str {
        if self.generated { "generated data" } else { "this data" }
    }
}
