//! Commit of finished cells, in groups, table after table.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::group::Group;
use super::{Event, Kind, Options, StepReport};
use crate::backfill::ledger::Ledger;
use crate::backfill::missing::CellWork;
use crate::cell::Cell;
use crate::delta::{CellChange, CellLog, Snapshot, Warehouse, fault};
use crate::plan::job::Job;
use crate::plan::result::{CellResult, Outcome, Status};
use crate::tables::{self, TableDef};
use crate::{Result, identity};

/// Collects finished cells and commits them in groups, table after table.
pub(super) struct Committer<'a> {
    pub(super) kind: Kind,
    pub(super) warehouse: &'a Warehouse,
    pub(super) job: &'a Job,
    pub(super) options: &'a Options,
    pub(super) planned: BTreeMap<Cell, CellWork>,
    pub(super) ready: Vec<CellResult>,
    pub(super) stale: BTreeSet<Cell>,
    pub(super) group: Group,
    /// The tables that were committed to, by name.
    pub(super) logs: BTreeMap<String, CellLog>,
}

impl Committer<'_> {
    /// Takes a finished cell; commits once a group is full.
    pub(super) async fn add(&mut self, cell: CellResult, ledger: &mut Ledger, report: &mut StepReport) -> Result<()> {
        report.timings.add(&cell.timings);
        report.spans.extend(&cell.spans);
        report.units += cell.outcomes.len();
        let forecasts = cell.outcomes.iter().map(|outcome| outcome.forecasts).sum();
        let event =
            Event::Computed { step: self.kind.name(), cell: cell.cell.clone(), units: cell.outcomes.len(), forecasts };
        super::tell(self.options, event);
        self.ready.push(cell);
        if self.ready.len() >= self.group.cells() {
            self.commit(ledger, report).await?;
        }
        Ok(())
    }

    /// Commits what waits.
    pub(super) async fn commit(&mut self, ledger: &mut Ledger, report: &mut StepReport) -> Result<()> {
        let group = std::mem::take(&mut self.ready);
        if group.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        fault::reach("files_written");
        let settings = &self.job.settings;
        let tables: Vec<TableDef> = match self.kind {
            Kind::Train => vec![tables::trained_models(settings)],
            Kind::Infer => vec![self.job.distributions(), tables::point_forecasts(settings)],
        };
        let mut versions = BTreeMap::new();
        let mut stale: Vec<Cell> = Vec::new();
        for (position, def) in tables.iter().enumerate() {
            if position > 0 {
                fault::reach("between_tables");
            }
            let changes = self.changes(def, &group)?;
            if changes.is_empty() {
                continue;
            }
            let info = json!({ "run_id": self.job.run_id, "step": self.kind.name() });
            let info = info.as_object().cloned().unwrap_or_default();
            let log = match self.logs.entry(def.full_name()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let snapshot = Snapshot::open_or_create(self.warehouse, def).await?;
                    unknown.insert(CellLog::of(&snapshot).await?)
                }
            };
            let outcome = log.commit(changes, info).await?;
            if let Some(version) = outcome.version {
                versions.insert(def.full_name(), version);
                report.commits += 1;
            }
            stale.extend(outcome.stale);
        }
        stale.sort();
        stale.dedup();
        self.stale.extend(stale.iter().cloned());
        for cell in &group {
            if stale.contains(&cell.cell) {
                continue;
            }
            report.forecasts += cell.outcomes.iter().map(|outcome| outcome.forecasts).sum::<u64>();
            report.failed += failures(&cell.outcomes);
            ledger.note(self.kind.name(), &cell.cell, &cell.outcomes);
        }
        let seconds = started.elapsed().as_secs_f64();
        report.commit_seconds += seconds;
        self.group.learn(group.len(), seconds / tables.len() as f64);
        super::tell(
            self.options,
            Event::Committed { step: self.kind.name(), cells: group.len() - stale.len(), versions },
        );
        Ok(())
    }

    fn changes(&self, def: &TableDef, group: &[CellResult]) -> Result<Vec<CellChange>> {
        let mut changes = Vec::new();
        for cell in group {
            let Some(work) = self.planned.get(&cell.cell) else { continue };
            let files = cell.files.get(&def.full_name()).cloned().unwrap_or_default();
            let base = work.base.get(&def.full_name()).cloned().unwrap_or_default();
            // a cell whose every unit failed keeps what it has; one that is replaced keeps it if any did
            if files.is_empty() || (work.replace && failures(&cell.outcomes) > 0) {
                continue;
            }
            let settings = identity::settings_json(&self.job.settings, &cell.cell.model_name)?;
            changes.push(CellChange {
                app_id: cell.cell.app_id(&identity::config_hash(&settings)),
                cell: cell.cell.clone(),
                base,
                replace: work.replace,
                add: files,
                claims: Arc::clone(&work.claims),
            });
        }
        Ok(changes)
    }
}

fn failures(outcomes: &[Outcome]) -> u64 {
    outcomes.iter().filter(|outcome| outcome.status == Status::Failed).count() as u64
}
