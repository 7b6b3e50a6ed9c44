//! The forecasts that the tables hold of one cell.

use std::collections::{BTreeMap, BTreeSet};

use almanac_models::Day;

use crate::backfill::existing;
use crate::backfill::grid::GridCell;
use crate::backfill::settled::have_fewer_days;
use crate::delta::{DataFile, Snapshot};
use crate::plan::job::Job;
use crate::{Result, width};

/// Forecasts that a table holds of one cell, with every day that is asked for.
#[derive(Default)]
pub(super) struct Held {
    /// Every unit asked for is there.
    all: bool,
    by_key: BTreeMap<String, BTreeSet<Day>>,
}

impl Held {
    pub(super) fn lacking(&self, key: &str, origins: &[Day]) -> Vec<Day> {
        if self.all {
            return Vec::new();
        }
        match self.by_key.get(key) {
            None => origins.to_vec(),
            Some(held) => origins.iter().filter(|day| !held.contains(day)).copied().collect(),
        }
    }
}

/// Both forecast tables, on the snapshots that the work is planned on.
pub(super) struct StoredForecasts<'a> {
    pub(super) job: &'a Job,
    pub(super) paths: Option<&'a Snapshot>,
    pub(super) points: Option<&'a Snapshot>,
}

impl StoredForecasts<'_> {
    /// The paths and points that are held of a cell; none if some have fewer days than today's horizon.
    ///
    /// # Errors
    /// Storage and plan errors; [`crate::EngineError::Conflict`] if they were made under other settings.
    pub(super) async fn of_cell(
        &self,
        grid_cell: &GridCell,
        path_files: Option<&Vec<DataFile>>,
        point_files: Option<&Vec<DataFile>>,
    ) -> Result<Option<(Held, Held)>> {
        if have_fewer_days(self.job, &grid_cell.cell, point_files)? {
            return Ok(None);
        }
        let settings = &self.job.settings;
        let points = self.held(self.points, grid_cell, point_files, settings.forecast.horizon, true).await?;
        let Some(points) = points else { return Ok(None) };
        // the number of path rows says nothing of their days: points do, which are written after them
        let counted = points.all;
        let paths = self.held(self.paths, grid_cell, path_files, width::rows_per_forecast(settings), counted).await?;
        Ok(paths.map(|paths| (paths, points)))
    }

    async fn held(
        &self,
        snapshot: Option<&Snapshot>,
        grid_cell: &GridCell,
        files: Option<&Vec<DataFile>>,
        rows_per_forecast: usize,
        trust_number: bool,
    ) -> Result<Option<Held>> {
        let (Some(snapshot), Some(files)) = (snapshot, files) else { return Ok(Some(Held::default())) };
        let rows: u64 = files.iter().map(|file| file.rows).sum();
        // a cell never holds a row twice nor a row outside its grid, so a full count means that nothing is missing
        if trust_number && grid_cell.whole && rows == (grid_cell.forecasts() * rows_per_forecast) as u64 {
            return Ok(Some(Held { all: true, by_key: BTreeMap::new() }));
        }
        let by_key = existing::origins(self.job, snapshot, &grid_cell.cell, rows_per_forecast).await?;
        Ok(by_key.map(|by_key| Held { all: false, by_key }))
    }
}
