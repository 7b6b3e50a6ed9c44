//! One round: the planned cells are computed, put together and committed.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::mpsc;

use super::commit::Committer;
use super::group::Group;
use super::{Kind, Options, StepReport, pack};
use crate::backfill::ledger::{self, Ledger};
use crate::backfill::missing::CellWork;
use crate::cell::Cell;
use crate::delta::Warehouse;
use crate::plan::job::Job;
use crate::plan::result::CellResult;
use crate::{EngineError, Result};

/// Finished cells that may wait for their commit.
const WAITING_CELLS: usize = 512;

/// Runs the planned cells and commits them; returns those that are to be planned again: others changed them meanwhile.
pub(super) async fn run(
    kind: Kind,
    warehouse: &Warehouse,
    job: &Job,
    options: &Options,
    ledger: &mut Ledger,
    work: Vec<CellWork>,
    report: &mut StepReport,
) -> Result<BTreeSet<Cell>> {
    let mut assembly = Assembly::of(&work);
    let parts = pack::parts(job, &work);
    let planned: BTreeMap<Cell, CellWork> = work.into_iter().map(|cell| (cell.cell.clone(), cell)).collect();
    let (sender, mut results) = mpsc::channel(WAITING_CELLS);
    let mut committer = Committer {
        kind,
        warehouse,
        job,
        options,
        planned,
        ready: Vec::new(),
        stale: BTreeSet::new(),
        group: Group::of(&job.settings.run),
        logs: BTreeMap::new(),
    };
    ledger.beat("running").await?;
    let mut heartbeat = ledger::heartbeat();
    let running = options.runner.run(kind.computation(), job, parts, sender);
    tokio::pin!(running);
    let mut finished = false;
    loop {
        tokio::select! {
            result = results.recv() => {
                let Some(result) = result else { break };
                if let Some(whole) = assembly.add(result)? {
                    committer.add(whole, ledger, report).await?;
                }
            }
            outcome = &mut running, if !finished => {
                if let Err(error) = outcome {
                    // what is finished is kept
                    committer.commit(ledger, report).await?;
                    return Err(error);
                }
                finished = true;
            }
            _ = heartbeat.tick() => ledger.beat("running").await?,
        }
    }
    committer.commit(ledger, report).await?;
    assembly.finish()?;
    Ok(committer.stale)
}

/// Puts the parts of cells together. A cell is whole once each of its units has come back, exactly once.
struct Assembly {
    missing: BTreeMap<Cell, BTreeSet<String>>,
    partial: BTreeMap<Cell, CellResult>,
}

impl Assembly {
    fn of(work: &[CellWork]) -> Self {
        let keys = |cell: &CellWork| cell.units.iter().map(|unit| unit.key.clone()).collect();
        let missing = work.iter().map(|cell| (cell.cell.clone(), keys(cell))).collect();
        Self { missing, partial: BTreeMap::new() }
    }

    /// Adds a part to its cell; returns the cell once all units are there.
    fn add(&mut self, part: CellResult) -> Result<Option<CellResult>> {
        let cell = part.cell.clone();
        let Some(missing) = self.missing.get_mut(&cell) else {
            return Err(EngineError::Internal(format!("{cell:?} came back though it was not asked for, or twice")));
        };
        for outcome in &part.outcomes {
            if !missing.remove(&outcome.key) {
                let key = crate::backfill::display_key(&outcome.key);
                return Err(EngineError::Internal(format!("{cell:?}: key {key} came back twice")));
            }
        }
        let whole = missing.is_empty();
        match self.partial.get_mut(&cell) {
            None => {
                self.partial.insert(cell.clone(), part);
            }
            Some(known) => known.absorb(part),
        }
        if !whole {
            return Ok(None);
        }
        self.missing.remove(&cell);
        Ok(self.partial.remove(&cell))
    }

    /// # Errors
    /// [`EngineError::Internal`] if a unit never came back.
    fn finish(&self) -> Result<()> {
        match self.missing.iter().next() {
            None => Ok(()),
            Some((cell, keys)) => {
                let key = keys.iter().next().map(|key| crate::backfill::display_key(key)).unwrap_or_default();
                Err(EngineError::Internal(format!(
                    "{} cells were left unfinished, first {cell:?}, key {key}; run it again",
                    self.missing.len()
                )))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::result::{Outcome, Status, Timings};

    fn cell() -> Cell {
        Cell { model_name: "naive".into(), model_version: "v1".into(), key_bucket: 0, training_cutoff_date: 17_531 }
    }

    fn part(keys: &[&str]) -> CellResult {
        let outcome = |key: &&str| Outcome {
            key: (*key).to_owned(),
            status: Status::Ok,
            reason: None,
            message: None,
            forecasts: 1,
            failed: 0,
            seconds: 0.0,
        };
        let outcomes = keys.iter().map(outcome).collect();
        CellResult {
            cell: cell(),
            files: BTreeMap::new(),
            outcomes,
            timings: Timings::default(),
            spans: Vec::new(),
            scored: None,
            laid: None,
        }
    }

    fn assembly(keys: &[&str]) -> Assembly {
        let missing = BTreeMap::from([(cell(), keys.iter().map(|key| (*key).to_owned()).collect())]);
        Assembly { missing, partial: BTreeMap::new() }
    }

    #[test]
    fn a_cell_is_whole_once_every_unit_is_there() {
        let mut assembly = assembly(&["a", "b", "c"]);
        assert!(assembly.add(part(&["b"])).is_ok_and(|whole| whole.is_none()));
        assert!(assembly.finish().is_err());
        let whole = assembly.add(part(&["a", "c"])).ok().flatten();
        assert_eq!(whole.map(|cell| cell.outcomes.len()), Some(3));
        assert!(assembly.finish().is_ok());
    }

    #[test]
    fn doubled_units_are_refused() {
        let mut assembly = assembly(&["a", "b"]);
        assert!(assembly.add(part(&["a"])).is_ok());
        assert!(assembly.add(part(&["a"])).is_err());
        assert!(assembly.add(part(&["b"])).is_ok_and(|whole| whole.is_some()));
        assert!(assembly.add(part(&["b"])).is_err());
    }
}
