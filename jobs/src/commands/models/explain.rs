//! `models explain NAME`: what a stored fit says.

use almanac_engine::{EngineError, registry};
use chrono::NaiveDate;
use clap::Args;
use datafusion::prelude::SessionContext;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::super::choose::{self, key_of_row, literal, needs};
use super::super::rows::{self, Row};
use super::super::{Session, catalog};
use crate::cli::{Cli, help};
use crate::exit::Outcome;
use crate::look;
use crate::output::{Column, Document, Listing};

/// Table of the fits.
const FITS: &str = "forecast.trained_models";

/// Columns of text before what is told in words.
const INDENT: usize = 10;

/// `models explain`. `--key` chooses the series; default: the first.
#[derive(Debug, Args)]
pub(super) struct ExplainCommand {
    /// Name of the model.
    name: String,
    /// A day of the window whose fit is explained; by default the last window's, which makes the newest forecasts.
    #[arg(long, value_name = "DATE")]
    origin: Option<NaiveDate>,
}

pub(super) async fn run(cli: &Cli, command: &ExplainCommand, stopped: watch::Receiver<bool>) -> Outcome {
    let session = Session::open(cli, stopped).await?;
    registry::find(&session.settings.models, &command.name)?;
    let context = catalog::context(&session).await?;
    needs(&context, FITS, "train")?;
    let key = choose::key(&session, &context, FITS).await?;
    let last = last_fit(&session, &context, &command.name, &key).await?;
    let columns = session.settings.dataset.key.iter();
    let values: Vec<String> = columns.map(|column| literal(rows::text(&last, column))).collect();
    let origin = command.origin.map_or_else(|| rows::text(&last, "origin").to_owned(), |origin| origin.to_string());
    let query = format!(
        "SELECT * FROM explain_model(make_array({}), {}, DATE '{origin}')",
        values.join(", "),
        literal(&command.name)
    );
    document(&command.name, &key, &origin, &rows::of(&context, &query).await?).show();
    Ok(())
}

/// What has no number is told in words above the table; as values all of it is in one list.
fn document(name: &str, key: &str, origin: &str, said: &[Row]) -> Document {
    let mut listing = Listing::new([
        Column::text("part"),
        Column::text("name"),
        Column::number("value"),
        Column::number("standard_error"),
        Column::prose("meaning").rank(1),
    ]);
    let mut words = vec![format!("{name} of {key}, fit for origins from {origin} on")];
    let mut told = Vec::new();
    for row in said {
        let of = |column: &str| rows::value(row, column);
        if of("value") == Value::Null {
            let named = match rows::text(row, "part") {
                "paths" => String::new(),
                _ => format!("{}: ", rows::text(row, "name")),
            };
            let sentence = format!("{named}{}", rows::text(row, "meaning"));
            let sentence = help::wrapped(&sentence, look::help_width(), INDENT);
            words.push(format!("{:<INDENT$}{sentence}", rows::text(row, "part")));
            told.push(json!({ "part": of("part"), "name": of("name"), "meaning": of("meaning") }));
        } else {
            listing.push([of("part"), of("name"), of("value"), of("standard_error"), of("meaning")]);
        }
    }
    let facts = vec![("model", json!(name)), ("key", json!(key)), ("origin", json!(origin)), ("told", json!(told))];
    Document::new().told("model", facts, words.join("\n")).listing("numbers", listing)
}

/// The key's values and the first day of its last window with a fit.
async fn last_fit(session: &Session, context: &SessionContext, name: &str, key: &str) -> Outcome<Row> {
    let version = &session.settings.forecast.model_version;
    let columns: Vec<String> = session.settings.dataset.key.iter().map(|column| format!("\"{column}\"")).collect();
    let columns = columns.join(", ");
    let query = format!(
        "SELECT {columns}, CAST(max(window_start) AS VARCHAR) AS origin FROM {FITS} \
         WHERE model_name = {} AND model_version = {} AND {} = {} GROUP BY {columns}",
        literal(name),
        literal(version),
        key_of_row(session),
        literal(key),
    );
    let hint = format!(" for {key}, version {version:?}; `almanac train` makes it");
    let missing = || EngineError::NotFound { what: "stored model", name: name.into(), hint };
    rows::of(context, &query).await?.into_iter().next().ok_or_else(|| missing().into())
}
