//! A property of an existing table, in one metadata commit.

use std::collections::HashMap;

use async_trait::async_trait;
use deltalake::kernel::{Action, MetadataExt};
use deltalake::protocol::DeltaOperation;

use super::attempt::{Change, Proposal, Step, carry_out_afresh};
use super::columns::of_any_columns;
use super::snapshot::Snapshot;
use super::warehouse::Warehouse;
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Gives a table a property, unless it has it; returns a version that does. Of several at once the last wins.
///
/// # Errors
/// `NotFound` without the table, `Storage` and `Delta` after the last attempt.
pub async fn set_property(warehouse: &Warehouse, def: &TableDef, name: &str, value: &str) -> Result<u64> {
    let change = NewProperty { table: def.full_name(), name: name.to_owned(), value: value.to_owned() };
    carry_out_afresh(warehouse, &of_any_columns(def), change).await
}

struct NewProperty {
    table: String,
    name: String,
    value: String,
}

#[async_trait]
impl Change<Snapshot> for NewProperty {
    type Outcome = u64;

    async fn decide(&mut self, snapshot: &Snapshot) -> Result<Step<u64>> {
        if snapshot.property(&self.name).as_ref() == Some(&self.value) {
            return Ok(Step::Done(snapshot.version()));
        }
        let metadata = snapshot.state().metadata().clone();
        let metadata = metadata
            .add_config_key(self.name.clone(), self.value.clone())
            .map_err(|error| EngineError::Internal(format!("{} with property {:?}: {error}", self.table, self.name)))?;
        let properties = HashMap::from([(self.name.clone(), self.value.clone())]);
        Ok(Step::Commit(Proposal {
            actions: vec![Action::Metadata(metadata)],
            transactions: vec![],
            operation: Box::new(DeltaOperation::SetTableProperties { properties }),
        }))
    }
}
