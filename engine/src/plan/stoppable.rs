//! Joins that stop once their task is over: of one batch that they read they may make rows for hours.

use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::coop::make_cooperative;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

use super::cancel::until_cancelled;

/// Names of the joins that make more rows than they read.
const JOINS: [&str; 2] = ["NestedLoopJoinExec", "CrossJoinExec"];

/// The plan of a task, of the same shape, whose joins of that kind give way and look at its
/// [`super::cancel::Cancellation`] between two batches.
///
/// # Errors
/// Errors of nodes that refuse their own children.
pub fn stoppable(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let stopped = plan.transform_up(|node| match JOINS.contains(&node.name()) {
        true => Ok(Transformed::yes(Arc::new(Stoppable(node)) as Arc<dyn ExecutionPlan>)),
        false => Ok(Transformed::no(node)),
    });
    Ok(stopped?.data)
}

/// Stands in the place of a node, whose rows end with its task.
#[derive(Debug)]
struct Stoppable(Arc<dyn ExecutionPlan>);

impl DisplayAs for Stoppable {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_as(format, f)
    }
}

impl ExecutionPlan for Stoppable {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.0.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.0.children()
    }

    fn apply_expressions(
        &self,
        apply: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.0.apply_expressions(apply)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        Ok(Arc::new(Self(Arc::clone(&self.0).replace_children(children, options)?)))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        // whoever waits for the task is heard only when the join gives way, which by itself it never does
        let rows = make_cooperative(self.0.execute(partition, Arc::clone(&context))?);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), until_cancelled(&context, rows))))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        self.0.metrics()
    }
}
