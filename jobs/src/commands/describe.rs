//! `describe`: one table's columns, layout, size and last commits.

use almanac_engine::delta::Snapshot;
use almanac_engine::tables::TableDef;
use almanac_engine::{EngineError, tables_docs};
use arrow::datatypes::{DataType, Field, TimeUnit};
use chrono::{DateTime, SecondsFormat};
use datafusion::prelude::SessionContext;
use serde_json::{Value, json};

use super::{Session, catalog, views};
use crate::cli::DescribeCommand;
use crate::exit::Outcome;
use crate::output::{Column, Document, Listing};

pub(crate) async fn run(session: &Session, command: &DescribeCommand) -> Outcome {
    let context = catalog::context(session).await?;
    let document = document(session, &context, &command.table, command.at, command.commits).await?;
    session.marked(document).show();
    Ok(())
}

/// What there is to say of a table or view; of a version of it where one is named.
pub(crate) async fn document(
    session: &Session,
    context: &SessionContext,
    table: &str,
    at: Option<u64>,
    commits: usize,
) -> Outcome<Document> {
    let name = catalog::full_name(session, context, table)?;
    match catalog::snapshot(session, &name).await? {
        Some(latest) => {
            let snapshot = match at {
                Some(version) => catalog::at(session, &latest, version).await?,
                None => latest,
            };
            self::table(session, &snapshot, commits).await
        }
        None if context.table_exist(name.as_str())? => view(session, context, &name).await,
        None => {
            let hint =
                format!("; run the command that writes it, it does not exist yet in {}", session.warehouse.root());
            Err(EngineError::NotFound { what: "table", name, hint }.into())
        }
    }
}

async fn table(session: &Session, snapshot: &Snapshot, commits: usize) -> Outcome<Document> {
    let def = snapshot.def();
    let files = snapshot.files()?;
    let (rows, bytes) = files.iter().fold((0, 0), |(rows, bytes), file| (rows + file.rows, bytes + file.bytes));
    let facts = vec![
        ("table", json!(def.full_name())),
        ("what", json!(tables_docs::table(&session.settings, def))),
        ("one_row_per", json!(def.grain)),
        ("partitioned_by", json!(def.partition_by)),
        ("rows", json!(rows)),
        ("files", json!(files.len())),
        ("bytes", json!(bytes)),
        ("version", json!(snapshot.version())),
        ("place", json!(session.warehouse.table_url(def).as_str())),
    ];
    Ok(Document::new().facts("table", facts).listing("columns", columns(session, def, snapshot)).headed(
        "commits",
        "last commits",
        history(snapshot, commits).await?,
    ))
}

/// Columns to be told.
fn listing() -> Listing {
    Listing::new([
        Column::text("column"),
        Column::text("type"),
        Column::prose("unit"),
        Column::text("null"),
        Column::prose("what").titled("what it holds"),
    ])
}

fn columns(session: &Session, def: &TableDef, snapshot: &Snapshot) -> Listing {
    let mut listing = listing();
    for field in snapshot.schema().fields() {
        // units stand with the definition too, for tables made before a unit was stated
        let unit = unit(field).or_else(|| def.columns.field_with_name(field.name()).ok().and_then(unit));
        let nullable = if field.is_nullable() { "yes" } else { "no" };
        let what = tables_docs::column(&session.settings, def, field.name());
        listing.push([json!(field.name()), json!(kind(field.data_type())), json!(unit), json!(nullable), json!(what)]);
    }
    listing
}

fn unit(field: &Field) -> Option<String> {
    field.metadata().get("unit").cloned()
}

/// A type as SQL names it.
pub(crate) fn kind(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => "text".into(),
        DataType::Date32 => "date".into(),
        DataType::Int32 => "int".into(),
        DataType::Int64 => "bigint".into(),
        DataType::Float32 => "float".into(),
        DataType::Float64 => "double".into(),
        DataType::Boolean => "boolean".into(),
        DataType::Binary => "binary".into(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => "timestamp".into(),
        other => other.to_string(),
    }
}

async fn history(snapshot: &Snapshot, commits: usize) -> Outcome<Listing> {
    let mut listing = Listing::new([Column::whole("version"), Column::time("at"), Column::text("operation")]);
    for commit in snapshot.history(commits).await? {
        let at = commit.timestamp.and_then(DateTime::from_timestamp_millis);
        let at = at.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true));
        listing.push([json!(commit.version), json!(at), json!(commit.operation)]);
    }
    Ok(listing)
}

async fn view(session: &Session, context: &SessionContext, name: &str) -> Outcome<Document> {
    let frame = context.table(name).await?;
    let short = name.rsplit('.').next().unwrap_or(name);
    let meanings = views::Meanings::of(&session.settings, short);
    let mut listing = listing();
    for field in frame.schema().fields() {
        let (unit, what) = meanings.column(field.name());
        let nullable = if field.is_nullable() { "yes" } else { "no" };
        listing.push([json!(field.name()), json!(kind(field.data_type())), json!(unit), json!(nullable), json!(what)]);
    }
    let what = format!("a view, computed when it is read: {}", views::meaning(short));
    let facts: Vec<(&str, Value)> = vec![("table", json!(name)), ("what", json!(what.trim_end_matches([':', ' '])))];
    Ok(Document::new().facts("table", facts).listing("columns", listing))
}
