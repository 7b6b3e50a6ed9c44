//! What earlier runs have recorded of units that were skipped.

use std::collections::BTreeSet;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::prelude::{col, lit};

use super::Ledger;
use crate::backfill::display_key;
use crate::delta::{Snapshot, session};
use crate::plan::job::iso;
use crate::plan::result::Status;
use crate::{EngineError, Result, tables};

/// Columns that tell one from another. The message is none of them: it counts origins, of which each day adds one.
const UNIT: [&str; 6] = ["step", "key", "model_name", "model_version", "training_cutoff_date", "reason"];

impl Ledger {
    /// Whether a unit is noted as skipped that no run has recorded so.
    ///
    /// # Errors
    /// Those of reading `ops.units`.
    pub async fn skips_anew(&self) -> Result<bool> {
        let skipped = self.units().filter(|(_, _, outcome)| outcome.status == Status::Skipped);
        let mut new: BTreeSet<Vec<String>> = skipped
            .map(|(step, cell, outcome)| {
                vec![
                    step.to_owned(),
                    display_key(&outcome.key),
                    cell.model_name.clone(),
                    cell.model_version.clone(),
                    iso(cell.training_cutoff_date),
                    outcome.reason.clone().unwrap_or_default(),
                ]
            })
            .collect();
        if new.is_empty() {
            return Ok(false);
        }
        let Some(recorded) = Snapshot::open(&self.warehouse, &tables::units()).await? else { return Ok(true) };
        let rows = session().read_table(recorded.provider())?;
        let rows = rows.filter(col("status").eq(lit(Status::Skipped.name())))?.select_columns(&UNIT)?;
        for batch in rows.collect().await? {
            let options = FormatOptions::default();
            let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
            let columns = columns.collect::<Result<Vec<_>, _>>().map_err(EngineError::from_arrow)?;
            for row in 0..batch.num_rows() {
                let unit: Vec<String> = columns.iter().map(|column| column.value(row).to_string()).collect();
                new.remove(&unit);
            }
        }
        Ok(!new.is_empty())
    }
}
