//! From a statement to its rows: planned here, computed by this process or the cluster.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use almanac_engine::cluster::{Cluster, travels};
use almanac_engine::plan::stoppable::stoppable;
use almanac_engine::runner::Runner;
use almanac_engine::{EngineError, nearest};
use arrow::array::RecordBatch;
use datafusion::common::{Column, SchemaError};
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use futures::StreamExt;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::block_in_place;

use super::super::Session;
use super::sink::Sink;
use super::statement::{Tokens, text};
use super::{absent, files, kind, progress, travel};
use crate::exit::{Failure, Outcome};
use crate::fault::QueryFault;

/// Stack of a thread: plans are deep.
const STACK: usize = 8 << 20;

/// Longest wait for the threads of a query that was stopped.
const GIVES_WAY: Duration = Duration::from_secs(1);

/// Batches that wait to be written: the query goes no further ahead of whoever reads its rows.
const AHEAD: usize = 2;

/// Most columns that the refusal of another lists: more than a screen's line are not read.
const SHOWN: usize = 12;

/// Gives the rows of a statement to a sink as they come, at least one batch, so that the columns are named where there
/// are no rows. `stop` ends it early, on the cluster too.
///
/// # Errors
/// [`Failure::Query`] for what cannot be planned or would change something; `NotFound` for tables, files and versions
/// that are not there; `Interrupted` after `stop`; the sink's; else why the query failed.
pub(super) async fn answer(
    session: &Session,
    context: &SessionContext,
    statement: &Tokens,
    mut stop: Pin<&mut (dyn Future<Output = ()> + Send)>,
    sink: &mut Sink<'_>,
) -> Outcome {
    let prepared = async {
        let planned = plan(session, context, statement).await.map_err(|failure| failure.about(&text(statement)))?;
        let schema = planned.frame.schema().inner().clone();
        let plan = planned.frame.create_physical_plan().await?;
        Ok::<_, Failure>((plan, schema, planned.local))
    };
    let (plan, schema, local) = tokio::select! {
        prepared = prepared => prepared?,
        () = &mut stop => return Err(EngineError::Interrupted.into()),
    };
    match &session.runner {
        Runner::Cluster(cluster) if !local && travels(&plan) => {
            for batch in over(cluster, context, plan, stop).await? {
                if !block_in_place(|| sink.push(batch))? {
                    break;
                }
            }
        }
        _ => here(context, plan, stop, sink).await?,
    }
    if sink.is_empty() {
        sink.push(RecordBatch::new_empty(schema))?;
    }
    Ok(())
}

/// Runs a query's plan in this process, on threads of its own: an operator may compute long before it gives way, and
/// the signal that stops it has to be noticed all the same.
async fn here(
    context: &SessionContext,
    plan: Arc<dyn ExecutionPlan>,
    mut stop: Pin<&mut (dyn Future<Output = ()> + Send)>,
    sink: &mut Sink<'_>,
) -> Outcome {
    let plan = stoppable(plan)?;
    let threads = Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let threads = threads.map_err(|error| EngineError::storage("threads for the query", error))?;
    let (send, mut batches) = mpsc::channel(AHEAD);
    let (running, task) = (Arc::clone(&plan), context.task_ctx());
    let work = threads.spawn(async move {
        let mut rows = execute_stream(running, task)?;
        while let Some(batch) = rows.next().await {
            if send.send(batch?).await.is_err() {
                break;
            }
        }
        Ok::<_, DataFusionError>(())
    });
    let _threads = Threads(Some(threads));
    let mut line: Pin<Box<dyn Future<Output = Infallible> + Send>> = Box::pin(progress::show(Some(plan)));
    loop {
        let batch = tokio::select! {
            never = &mut line => match never {},
            batch = batches.recv() => batch,
            () = &mut stop => return Err(EngineError::Interrupted.into()),
        };
        let Some(batch) = batch else { break };
        if sink.prints() {
            // the line would stand among the rows
            line = Box::pin(std::future::pending::<Infallible>());
        }
        if !block_in_place(|| sink.push(batch))? {
            return Ok(());
        }
    }
    Ok(work.await.map_err(|error| EngineError::Internal(format!("the query ended early: {error}")))??)
}

/// Threads whose work ends with them, at the next moment at which it gives way.
struct Threads(Option<Runtime>);

impl Drop for Threads {
    /// Waits for those that give way soon: a process that ends should have none that still compute.
    fn drop(&mut self) {
        if let Some(threads) = self.0.take() {
            tokio::task::block_in_place(|| threads.shutdown_timeout(GIVES_WAY));
        }
    }
}

/// Runs a query's plan over the cluster; one that is stopped is cancelled there.
async fn over(
    cluster: &Cluster,
    context: &SessionContext,
    plan: Arc<dyn ExecutionPlan>,
    stop: Pin<&mut (dyn Future<Output = ()> + Send)>,
) -> Outcome<Vec<RecordBatch>> {
    let name = format!("almanac/sql/{}", uuid::Uuid::new_v4());
    tokio::select! {
        never = progress::show(None) => match never {},
        rows = cluster.query(plan, context.copied_config(), &name) => Ok(rows?),
        () = stop => {
            cluster.cancel(|job| job.starts_with(&name)).await?;
            Err(EngineError::Interrupted.into())
        }
    }
}

/// A query that can be computed.
struct Planned {
    frame: DataFrame,
    /// Whether it reads files that only this machine is known to have.
    local: bool,
}

/// Plans a statement; those that are no queries are refused.
async fn plan(session: &Session, context: &SessionContext, statement: &Tokens) -> Outcome<Planned> {
    let (tokens, pasts) = travel::take(statement)?;
    for past in &pasts {
        travel::register(session, context, past).await?;
    }
    let mut local = pasts.iter().any(travel::Past::is_local);
    let statement = parse(tokens)?;
    kind::check(&statement)?;
    let state = context.state();
    let called = kind::calls(&statement);
    for table in state.resolve_table_references(&statement).map_err(refused)? {
        let known = called.contains(table.table()) || context.table_exist(table.clone()).unwrap_or(false);
        if known {
            continue;
        }
        if !files::register(context, &table).await? {
            return Err(absent(context, &table.to_string()));
        }
        local = true;
    }
    let plan = context.state().statement_to_plan(statement).await.map_err(refused)?;
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    options.verify_plan(&plan).map_err(refused)?;
    let frame = context.execute_logical_plan(plan).await.map_err(refused)?;
    Ok(Planned { frame, local })
}

fn parse(tokens: Tokens) -> Outcome<Statement> {
    let parsed = DFParserBuilder::new(tokens).build().and_then(|mut parser| parser.parse_statements());
    let mut statements = parsed.map_err(refused)?;
    let none = || QueryFault::new("No SQL statements were provided in the query string").into();
    statements.pop_front().ok_or_else(none)
}

/// What cannot be planned is the query's fault; storage failures stay what they are.
fn refused(error: DataFusionError) -> Failure {
    match EngineError::from(error) {
        EngineError::Plan(error) => no_column(&error).unwrap_or_else(|| QueryFault::of(&error).into()),
        other => other.into(),
    }
}

/// The refusal of a column that no table of the query has; none for other errors, and where no column can be read.
fn no_column(error: &DataFusionError) -> Option<Failure> {
    let DataFusionError::SchemaError(fault, _) = error.find_root() else { return None };
    let SchemaError::FieldNotFound { field, valid_fields } = &**fault else { return None };
    let of = |column: &Column| column.relation.as_ref().map(|relation| relation.table().to_owned());
    // those of the table it is said to be of, if there is one of that name; else all
    let (table, mut known) = (of(field), Vec::<&str>::new());
    let is_known = table.is_some() && valid_fields.iter().any(|column| of(column) == table);
    for column in valid_fields {
        if (!is_known || of(column) == table) && !known.contains(&column.name()) {
            known.push(column.name());
        }
    }
    let meant = nearest::nearest(field.name(), known.iter().copied());
    let quotes = match meant {
        Some(meant) if meant.chars().any(char::is_uppercase) => "; names with capitals stand between double quotes",
        _ => "",
    };
    let hint = nearest::hint(field.name(), "columns", known.iter().copied(), SHOWN) + quotes;
    (!known.is_empty()).then(|| Failure::Column { name: field.flat_name(), hint })
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    fn told(field: Column, there: &[Column]) -> (String, String) {
        let fault = SchemaError::FieldNotFound { field: Box::new(field), valid_fields: there.to_vec() };
        let error = DataFusionError::SchemaError(Box::new(fault), Box::new(None));
        match refused(error.context("planning")) {
            Failure::Column { name, hint } => (name, hint),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_column_that_was_meant_is_named() {
        let column = |table: &str, name: &str| Column::new(Some(table), name);
        let there = [column("a", "key"), column("a", "close"), column("b", "key"), column("b", "Volume")];
        let (name, hint) = told(Column::new_unqualified("clsoe"), &there);
        assert_eq!(
            (name.as_str(), hint.as_str()),
            ("clsoe", "; did you mean \"close\"? known columns are key, close, Volume")
        );
        let (name, hint) = told(column("b", "clsoe"), &there);
        assert_eq!((name.as_str(), hint.as_str()), ("b.clsoe", "; known columns are key, Volume"));
        let (_, hint) = told(Column::new_unqualified("volume"), &there);
        assert!(hint.starts_with("; did you mean \"Volume\"?") && hint.ends_with("double quotes"), "{hint}");
        // without a table there is nothing to name
        let fault = SchemaError::FieldNotFound { field: Box::new(column("b", "key")), valid_fields: Vec::new() };
        let error = DataFusionError::SchemaError(Box::new(fault), Box::new(None));
        assert!(matches!(refused(error), Failure::Query(_)));
    }
}
