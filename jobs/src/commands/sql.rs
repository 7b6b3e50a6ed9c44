//! `sql`: queries over the tables and views.

use almanac_engine::EngineError;
use arrow::array::RecordBatch;
use datafusion::common::arrow::util::pretty::pretty_format_batches;

use super::{Session, catalog};
use crate::cli::SqlCommand;
use crate::exit::Outcome;

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
    let rows = context.sql(&query).await?.collect().await?;
    show(&rows, &command.format)
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
            let mut writer = arrow::json::LineDelimitedWriter::new(std::io::stdout().lock());
            for batch in rows {
                writer.write(batch).map_err(refused)?;
            }
            writer.finish().map_err(refused)?;
        }
        _ => crate::show::line(format_args!("{}", pretty_format_batches(rows).map_err(refused)?)),
    }
    Ok(())
}
