//! `sql`: queries over the tables and views.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use almanac_engine::EngineError;
use almanac_engine::backfill::Runner;
use almanac_engine::cluster::{Cluster, travels};
use arrow::array::RecordBatch;
use arrow::json::writer::{LineDelimited, WriterBuilder};
use datafusion::common::arrow::util::pretty::pretty_format_batches;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;

use super::{Session, catalog};
use crate::cli::SqlCommand;
use crate::exit::{Failure, Outcome};

pub(crate) async fn run(session: &Session, command: &SqlCommand) -> Outcome {
    let named = catalog::named(&session.settings);
    let query = match (&command.query, command.named.as_deref()) {
        (Some(query), _) => query.clone(),
        (None, Some("") | None) => {
            for (name, answers, _) in &named {
                crate::show::line(format_args!("{name:<16} {answers}"));
            }
            return Ok(());
        }
        (None, Some(wanted)) => match named.iter().find(|(name, _, _)| *name == wanted) {
            Some((_, _, query)) => query.clone(),
            None => {
                let known: Vec<&str> = named.iter().map(|(name, _, _)| *name).collect();
                let hint = format!("; known queries are {}", known.join(", "));
                return Err(EngineError::NotFound { what: "named query", name: wanted.to_owned(), hint }.into());
            }
        },
    };
    let context = catalog::context(session).await?;
    let planned = plan(&context, &query).await?;
    let schema = planned.schema().inner().clone();
    let plan = planned.create_physical_plan().await?;
    let mut rows = match &session.runner {
        Runner::Cluster(cluster) if travels(&plan) => over(session, cluster, &context, plan).await?,
        _ => collect(plan, context.task_ctx()).await?,
    };
    if rows.is_empty() {
        // so that the columns are named where there are no rows
        rows.push(RecordBatch::new_empty(schema));
    }
    show(&rows, &command.format)
}

/// Runs a query's plan over the cluster; one that the user interrupts is cancelled there.
async fn over(
    session: &Session,
    cluster: &Cluster,
    context: &SessionContext,
    plan: Arc<dyn ExecutionPlan>,
) -> Outcome<Vec<RecordBatch>> {
    let name = format!("almanac/sql/{}", uuid::Uuid::new_v4());
    tokio::select! {
        rows = cluster.query(plan, context.copied_config(), &name) => Ok(rows?),
        () = session.interrupted() => {
            cluster.cancel(&name).await?;
            Err(EngineError::Interrupted.into())
        }
    }
}

/// Plans a query. Statements that change something are refused: it would be forgotten with this process.
async fn plan(context: &SessionContext, query: &str) -> Outcome<DataFrame> {
    let state = context.state();
    let dialect = state.config_options().sql_parser.dialect;
    let statement = state.sql_to_statement(query, &dialect).map_err(refused)?;
    // of other statements these are also the names to be made
    let is_query = matches!(&statement, Statement::Statement(inner) if matches!(**inner, ast::Statement::Query(_)));
    let called = calls(&statement);
    for table in state.resolve_table_references(&statement).map_err(refused)? {
        if is_query && !called.contains(table.table()) && !context.table_exist(table.clone()).unwrap_or(false) {
            let hint = "; `almanac sql -c \"show tables\"` lists those there are".to_owned();
            return Err(EngineError::NotFound { what: "table", name: table.to_string(), hint }.into());
        }
    }
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    context.sql_with_options(query, options).await.map_err(refused)
}

/// Names of the table functions that are called, which are told as tables too.
fn calls(statement: &Statement) -> BTreeSet<String> {
    struct Calls(BTreeSet<String>);
    impl ast::Visitor for Calls {
        type Break = ();

        fn pre_visit_table_factor(&mut self, factor: &ast::TableFactor) -> ControlFlow<()> {
            if let ast::TableFactor::Table { name, args: Some(_), .. } = factor {
                self.0.insert(name.to_string().to_lowercase());
            }
            ControlFlow::Continue(())
        }
    }
    let mut calls = Calls(BTreeSet::new());
    if let Statement::Statement(statement) = statement {
        let _ = ast::Visit::visit(&**statement, &mut calls);
    }
    calls.0
}

/// What cannot be planned is the query's fault; storage failures stay what they are.
fn refused(error: DataFusionError) -> Failure {
    match EngineError::from(error) {
        EngineError::Plan(error) => Failure::Query(error.to_string()),
        other => other.into(),
    }
}

fn show(rows: &[RecordBatch], format: &str) -> Outcome {
    let refused = |e: arrow::error::ArrowError| EngineError::from_arrow(e);
    match format {
        "csv" => {
            let mut writer = arrow::csv::Writer::new(std::io::stdout().lock());
            for batch in rows {
                writer.write(batch).map_err(refused)?;
            }
        }
        "json" => {
            let builder = WriterBuilder::new().with_explicit_nulls(true);
            let mut writer = builder.build::<_, LineDelimited>(std::io::stdout().lock());
            for batch in rows {
                writer.write(batch).map_err(refused)?;
            }
            writer.finish().map_err(refused)?;
        }
        _ => crate::show::line(format_args!("{}", pretty_format_batches(rows).map_err(refused)?)),
    }
    Ok(())
}
