//! How the tables hold the days ahead: one column per day up to [`WIDEST`] days, one row per day above.
//!
//! The width is the table's, whatever horizon is configured: fewer days leave the later columns null, more are added
//! when asked for.

use arrow::datatypes::Schema;

use crate::delta::{Snapshot, Warehouse, add_columns};
use crate::settings::Settings;
use crate::tables::{self, TableDef, WIDEST, is_long};
use crate::{EngineError, Result};

/// The form in which paths are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One column per day ahead, as many as said.
    Wide(usize),
    /// One row per day ahead.
    Long,
}

impl Form {
    /// The form of a stored table.
    pub fn of(columns: &Schema) -> Self {
        match columns.column_with_name("day_ahead") {
            Some(_) => Self::Long,
            None => Self::Wide(days(columns)),
        }
    }
}

/// Columns `day_1` … of a stored table.
pub fn days(columns: &Schema) -> usize {
    (1..).take_while(|day| columns.column_with_name(&format!("day_{day}")).is_some()).count()
}

/// Rows that the paths of one forecast take.
pub fn rows_per_forecast(settings: &Settings) -> usize {
    let forecast = &settings.forecast;
    if is_long(forecast.horizon) { forecast.paths * forecast.horizon } else { forecast.paths }
}

/// `forecast.distributions` as it is stored, whatever horizon is configured; none where no table is.
///
/// # Errors
/// As [`Snapshot::open`].
pub async fn distributions(warehouse: &Warehouse, settings: &Settings) -> Result<Option<Snapshot>> {
    // the columns that both forms have
    let Some(found) = Snapshot::open(warehouse, &tables::distributions(settings, 0)).await? else { return Ok(None) };
    let horizon = match Form::of(&found.schema()) {
        Form::Wide(days) => days,
        Form::Long => WIDEST + 1,
    };
    found.defined_as(&tables::distributions(settings, horizon)).map(Some)
}

/// `forecast.actual_paths` as it is stored, whatever horizon is configured; none where no table is.
///
/// # Errors
/// As [`Snapshot::open`].
pub async fn actual_paths(warehouse: &Warehouse, settings: &Settings) -> Result<Option<Snapshot>> {
    let Some(found) = Snapshot::open(warehouse, &tables::actual_paths(settings, 0)).await? else { return Ok(None) };
    let days = days(&found.schema());
    found.defined_as(&tables::actual_paths(settings, days)).map(Some)
}

/// Refuses a horizon that the stored paths have no room for. With `widen`, columns that could be added are no reason.
///
/// # Errors
/// [`EngineError::Horizon`], naming the table, what it holds and what to do.
pub async fn check(warehouse: &Warehouse, settings: &Settings, widen: bool) -> Result<()> {
    let Some(stored) = distributions(warehouse, settings).await? else { return Ok(()) };
    let asked = settings.forecast.horizon;
    let (held, remedy) = match (Form::of(&stored.schema()), is_long(asked)) {
        (Form::Long, true) => return Ok(()),
        (Form::Wide(days), false) if days >= asked || widen => return Ok(()),
        (Form::Wide(days), false) => (
            format!("it has columns for {days} days ahead"),
            format!("pass --widen to add day_{} to day_{asked}, or take a horizon of at most {days}", days + 1),
        ),
        (Form::Wide(days), true) => (
            format!("it has one column per day ahead, {days} of them"),
            format!("above {WIDEST} days it has one row per day, which needs a warehouse of its own"),
        ),
        (Form::Long, false) => (
            format!("it has one row per day ahead, as for horizons above {WIDEST}"),
            format!("up to {WIDEST} days it has one column per day, which needs a warehouse of its own"),
        ),
    };
    Err(EngineError::Horizon { table: stored.def().full_name(), held, asked, remedy })
}

/// Gives `forecast.distributions` columns for the configured horizon, where it is stored with fewer.
///
/// # Errors
/// As [`check`]; storage errors.
pub async fn widen(warehouse: &Warehouse, settings: &Settings) -> Result<()> {
    check(warehouse, settings, true).await?;
    let Some(stored) = distributions(warehouse, settings).await? else { return Ok(()) };
    widen_to(warehouse, &stored, &tables::distributions(settings, settings.forecast.horizon)).await
}

/// Gives a stored table the day columns of a wider definition.
///
/// # Errors
/// Storage errors.
pub(crate) async fn widen_to(warehouse: &Warehouse, stored: &Snapshot, wider: &TableDef) -> Result<()> {
    if days(&stored.schema()) < days(&wider.columns) {
        add_columns(warehouse, wider).await?;
    }
    Ok(())
}
