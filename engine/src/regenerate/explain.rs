//! `explain_model(key, model, origin)`: what the stored fit of the origin's window says, as rows.

use std::sync::Arc;

use almanac_models::Explanation;
use arrow::array::{ArrayRef, Float64Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{MemTable, Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;

use super::{Ask, resolve};
use crate::EngineError;
use crate::plan::attach_windows::external;
use crate::plan::stored;

/// The answer to one call; read when the query is planned.
#[derive(Debug)]
pub struct Explained {
    ask: Ask,
    schema: SchemaRef,
}

impl Explained {
    /// The table of a call.
    pub fn new(ask: Ask) -> Self {
        let text = |name: &str, nullable: bool| Field::new(name, DataType::Utf8, nullable);
        let number = |name: &str| Field::new(name, DataType::Float64, true);
        let columns = vec![
            text("part", false),
            text("name", true),
            number("value"),
            number("standard_error"),
            text("meaning", true),
        ];
        Self { ask, schema: Arc::new(Schema::new(columns)) }
    }

    async fn rows(&self) -> crate::Result<RecordBatch> {
        let (job, unit) = resolve::fit(&self.ask).await?;
        let fitted = stored::fitted(&job, &unit).await?;
        let explanation = almanac_udfs::registry().explain(&fitted).map_err(|error| EngineError::Input {
            place: format!("stored fit of {}", self.ask.model),
            value: Some(self.ask.model.clone()),
            message: error.to_string(),
        })?;
        let mut rows = Rows::default();
        rows.add_all(&explanation, "");
        rows.finish(&self.schema)
    }
}

#[async_trait]
impl TableProvider for Explained {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = self.rows().await.map_err(external)?;
        let table = MemTable::try_new(self.schema(), vec![vec![rows]])?;
        table.scan(session, projection, filters, limit).await
    }
}

/// Rows as they are told.
#[derive(Default)]
struct Rows {
    parts: StringBuilder,
    names: StringBuilder,
    values: Float64Builder,
    errors: Float64Builder,
    meanings: StringBuilder,
}

impl Rows {
    /// All that a fit says; `of` names the member of a combination that it is.
    fn add_all(&mut self, fit: &Explanation, of: &str) {
        let name = |name: &str| if of.is_empty() { name.to_owned() } else { format!("{of}: {name}") };
        self.add("kind", &name(&fit.model_type), None, None, Some(&fit.form));
        self.add("paths", &name("how they are drawn"), None, None, Some(&fit.paths));
        for (order, value) in &fit.orders {
            self.add("order", &name(order), Some(*value as f64), None, None);
        }
        for coefficient in &fit.coefficients {
            self.add(
                "coefficient",
                &name(&coefficient.name),
                Some(coefficient.value),
                coefficient.standard_error,
                None,
            );
        }
        for component in &fit.components {
            for (index, value) in component.values.iter().enumerate() {
                let one = match component.values.len() {
                    1 => component.name.clone(),
                    _ => format!("{}[{}]", component.name, index + 1),
                };
                self.add("component", &name(&one), Some(*value), None, Some(&component.meaning));
            }
        }
        for importance in &fit.importance {
            let meaning = "share of the loss that splits by it removed";
            self.add("importance", &name(&importance.feature), Some(importance.share), None, Some(meaning));
        }
        let quality = [
            ("observations", Some(fit.quality.samples as f64)),
            ("log likelihood", fit.quality.log_likelihood),
            ("AICc", fit.quality.aicc),
            ("training loss", fit.quality.training_loss),
            ("validation loss", fit.quality.validation_loss),
        ];
        for (what, value) in quality.into_iter().filter(|(_, value)| value.is_some()) {
            self.add("quality", &name(what), value, None, None);
        }
        for reason in &fit.fallbacks {
            self.add("fallback", &name("a simpler form"), None, None, Some(reason));
        }
        for member in &fit.members {
            self.add("member", &name(&member.name), Some(member.weight), None, Some("share of the paths"));
            if let Some(explanation) = &member.explanation {
                self.add_all(explanation, &name(&member.name));
            }
        }
    }

    fn add(&mut self, part: &str, name: &str, value: Option<f64>, standard_error: Option<f64>, meaning: Option<&str>) {
        self.parts.append_value(part);
        self.names.append_value(name);
        self.values.append_option(value);
        self.errors.append_option(standard_error);
        self.meanings.append_option(meaning);
    }

    fn finish(mut self, schema: &SchemaRef) -> crate::Result<RecordBatch> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.parts.finish()),
            Arc::new(self.names.finish()),
            Arc::new(self.values.finish()),
            Arc::new(self.errors.finish()),
            Arc::new(self.meanings.finish()),
        ];
        RecordBatch::try_new(Arc::clone(schema), columns).map_err(EngineError::from_arrow)
    }
}
