//! New columns of an existing table, in one metadata commit. No file is touched: what a file lacks reads as null.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use async_trait::async_trait;
use delta_kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::{Action, MetadataExt, StructField, StructType};
use deltalake::protocol::DeltaOperation;

use super::attempt::{Change, Proposal, Step, carry_out_afresh};
use super::fault;
use super::snapshot::Snapshot;
use super::version::Version;
use super::warehouse::Warehouse;
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Adds the columns of `def` that the table lacks, each after its predecessor in `def`; returns a version that has them
/// all. Of several that add them at once one commits, the others find them there.
///
/// # Errors
/// `NotFound` without the table, `Internal` for a column that is not nullable, `Storage` and `Delta` after the last
/// attempt.
pub async fn add_columns(warehouse: &Warehouse, def: &TableDef) -> Result<u64> {
    // any columns are accepted until the new ones are there
    carry_out_afresh(warehouse, &of_any_columns(def), NewColumns { def: def.clone() }).await
}

/// Whether a stored table lacks columns of `def`, all of which [`add_columns`] could add; false where no table is.
///
/// # Errors
/// As [`Snapshot::open`], for what cannot be added.
pub async fn lacks_columns(warehouse: &Warehouse, def: &TableDef) -> Result<bool> {
    let Some(found) = Snapshot::open(warehouse, &of_any_columns(def)).await? else { return Ok(false) };
    Ok(as_stored(&found, def)?.def().columns.fields().len() < def.columns.fields().len())
}

/// The latest version for those who only read: nullable columns of `def` that it does not have yet are left out of its
/// definition. None where no table is.
///
/// # Errors
/// As [`Snapshot::open`].
pub async fn open_as_stored(warehouse: &Warehouse, def: &TableDef) -> Result<Option<Snapshot>> {
    match Snapshot::open(warehouse, &of_any_columns(def)).await? {
        Some(found) => as_stored(&found, def).map(Some),
        None => Ok(None),
    }
}

/// One version for those who only read, which may be older than columns of `def`.
///
/// # Errors
/// As [`Snapshot::at`].
pub async fn at_as_stored(warehouse: &Warehouse, def: &TableDef, version: &Version) -> Result<Snapshot> {
    as_stored(&Snapshot::at(warehouse, &of_any_columns(def), version).await?, def)
}

fn as_stored(found: &Snapshot, def: &TableDef) -> Result<Snapshot> {
    let stored = found.schema();
    let is_new = |field: &Field| field.is_nullable() && stored.field_with_name(field.name()).is_err();
    let known: Vec<Arc<Field>> = def.columns.fields().iter().filter(|field| !is_new(field)).cloned().collect();
    found.defined_as(&TableDef { columns: Arc::new(Schema::new(known)), ..def.clone() })
}

/// The table, whatever its columns are.
pub(crate) fn of_any_columns(def: &TableDef) -> TableDef {
    TableDef { columns: Arc::new(Schema::empty()), ..def.clone() }
}

struct NewColumns {
    def: TableDef,
}

#[async_trait]
impl Change<Snapshot> for NewColumns {
    type Outcome = u64;

    async fn decide(&mut self, snapshot: &Snapshot) -> Result<Step<u64>> {
        let mut fields: Vec<StructField> = snapshot.state().schema().fields().cloned().collect();
        let mut added = Vec::new();
        let mut place = 0;
        for wanted in self.def.columns.fields() {
            match fields.iter().position(|field| field.name() == wanted.name()) {
                Some(found) => place = found + 1,
                None => {
                    let field = self.field(wanted)?;
                    fields.insert(place, field.clone());
                    added.push(field);
                    place += 1;
                }
            }
        }
        if added.is_empty() {
            return Ok(Step::Done(snapshot.version()));
        }
        let refused = |error: &dyn std::fmt::Display| {
            EngineError::Internal(format!("{} with new columns: {error}", self.def.full_name()))
        };
        let schema = StructType::try_new(fields).map_err(|error| refused(&error))?;
        let metadata = snapshot.state().metadata().clone().with_schema(&schema).map_err(|error| refused(&error))?;
        fault::reach("widen");
        Ok(Step::Commit(Proposal {
            actions: vec![Action::Metadata(metadata)],
            transactions: vec![],
            operation: Box::new(DeltaOperation::AddColumn { fields: added }),
        }))
    }
}

impl NewColumns {
    fn field(&self, column: &Field) -> Result<StructField> {
        let table = self.def.full_name();
        if !column.is_nullable() {
            let message = format!("{table}: a new column must be nullable, {:?} is not", column.name());
            return Err(EngineError::Internal(message));
        }
        column.try_into_kernel().map_err(|error: arrow::error::ArrowError| {
            EngineError::Internal(format!("{table}: column {:?} is no Delta column: {error}", column.name()))
        })
    }
}
