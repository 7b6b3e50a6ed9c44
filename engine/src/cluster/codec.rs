//! Codecs of our nodes and tables, around Ballista's own.
//!
//! A payload of ours begins with [`MARK`], which no message of Ballista begins with: its first byte would be a field
//! of number 0, which protocol buffers forbid.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Extension, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use serde::{Deserialize, Serialize};

use crate::delta::{Pin, PinnedTable};
use crate::plan::job::Job;
use crate::plan::node::{Step, StepExec};
use crate::regenerate::{Ask, Regenerated};

const MARK: &[u8] = b"\x01almanac";

/// What a step is on another process: the node without its input.
#[derive(Serialize, Deserialize)]
struct StepMessage {
    step: Step,
    job: Job,
}

/// What a table is on another process.
#[derive(Serialize, Deserialize)]
enum TableMessage {
    Pinned(Pin),
    Regenerated(Box<Ask>),
}

fn external(error: serde_json::Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// Codec of physical plans.
#[derive(Debug, Default)]
pub struct PhysicalCodec {
    inner: BallistaPhysicalExtensionCodec,
}

impl PhysicalExtensionCodec for PhysicalCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(ours) = bytes.strip_prefix(MARK) else {
            return self.inner.try_decode(bytes, inputs, context, converter);
        };
        let message: StepMessage = serde_json::from_slice(ours).map_err(external)?;
        let [input] = inputs else {
            return Err(DataFusionError::Internal(format!("a step has exactly one input, not {}", inputs.len())));
        };
        Ok(Arc::new(StepExec::new(message.step, Arc::new(message.job), Arc::clone(input))))
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let Some(step) = node.downcast_ref::<StepExec>() else {
            return self.inner.try_encode(node, bytes, converter);
        };
        bytes.extend_from_slice(MARK);
        let message = StepMessage { step: step.step, job: step.job.as_ref().clone() };
        serde_json::to_writer(bytes, &message).map_err(external)
    }
}

/// Codec of logical plans: tables travel as their name and version, calls of table functions as what they ask for.
#[derive(Debug, Default)]
pub struct LogicalCodec {
    inner: BallistaLogicalExtensionCodec,
}

impl LogicalExtensionCodec for LogicalCodec {
    fn try_decode(&self, bytes: &[u8], inputs: &[LogicalPlan], context: &TaskContext) -> Result<Extension> {
        self.inner.try_decode(bytes, inputs, context)
    }

    fn try_encode(&self, node: &Extension, bytes: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode(node, bytes)
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        name: &TableReference,
        schema: SchemaRef,
        context: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        let Some(ours) = bytes.strip_prefix(MARK) else {
            return self.inner.try_decode_table_provider(bytes, name, schema, context);
        };
        match serde_json::from_slice(ours).map_err(external)? {
            TableMessage::Pinned(pin) => Ok(Arc::new(PinnedTable::new(pin, schema))),
            TableMessage::Regenerated(ask) => Ok(Arc::new(Regenerated::new(*ask))),
        }
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        bytes: &mut Vec<u8>,
    ) -> Result<()> {
        let message = if let Some(pinned) = table.downcast_ref::<PinnedTable>() {
            TableMessage::Pinned(pinned.pin().clone())
        } else if let Some(regenerated) = table.downcast_ref::<Regenerated>() {
            TableMessage::Regenerated(Box::new(regenerated.ask().clone()))
        } else {
            return self.inner.try_encode_table_provider(name, table, bytes);
        };
        bytes.extend_from_slice(MARK);
        serde_json::to_writer(bytes, &message).map_err(external)
    }

    fn try_decode_file_format(&self, bytes: &[u8], context: &TaskContext) -> Result<Arc<dyn FileFormatFactory>> {
        self.inner.try_decode_file_format(bytes, context)
    }

    fn try_encode_file_format(&self, bytes: &mut Vec<u8>, format: Arc<dyn FileFormatFactory>) -> Result<()> {
        self.inner.try_encode_file_format(bytes, format)
    }
}
