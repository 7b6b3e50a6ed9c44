//! A regenerated forecast as a DataFusion table.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;

use super::{Ask, What, resolve};
use crate::plan::attach_windows::external;
use crate::plan::node::Step;
use crate::plan::{pipeline, read_forecasts};

/// The answer to one call. What is asked for is looked up when the query is planned, computed when it runs.
#[derive(Debug)]
pub struct Regenerated {
    ask: Ask,
    schema: SchemaRef,
}

impl Regenerated {
    /// The table of a call.
    pub fn new(ask: Ask) -> Self {
        let schema = match ask.what {
            What::Points => read_forecasts::points(&ask.settings).columns(),
            What::Paths(_) => read_forecasts::paths(&ask.settings).columns(),
        };
        Self { ask, schema }
    }

    /// The call.
    pub fn ask(&self) -> &Ask {
        &self.ask
    }
}

#[async_trait]
impl TableProvider for Regenerated {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        _session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (job, unit) = resolve::resolve(&self.ask).await.map_err(external)?;
        let step = match self.ask.what {
            What::Points => Step::ReadPoints,
            What::Paths(_) => Step::ReadPaths,
        };
        let rows = pipeline::read(&job, unit, step).map_err(external)?;
        let Some(projection) = projection else { return Ok(rows) };
        let column = |&index: &usize| {
            let name = self.schema.field(index).name();
            (Arc::new(Column::new(name, index)) as Arc<dyn PhysicalExpr>, name.clone())
        };
        Ok(Arc::new(ProjectionExec::try_new(projection.iter().map(column).collect::<Vec<_>>(), rows)?))
    }
}
