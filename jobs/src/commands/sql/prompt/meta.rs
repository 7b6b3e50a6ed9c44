//! Commands of the prompt, which begin with a backslash.

use std::path::PathBuf;

use almanac_engine::regenerate;
use clap::ValueEnum;
use datafusion::datasource::TableType;
use datafusion::prelude::SessionContext;
use serde_json::json;

use super::super::Format;
use super::names::Names;
use crate::commands::{Session, catalog, describe};
use crate::exit::Outcome;
use crate::output::{Column, Document, Listing};

/// Each command with its arguments and what it does.
const COMMANDS: [(&str, &str, &str); 7] = [
    ("\\d", "[TABLE]", "list tables and views, or describe one"),
    ("\\df", "[TEXT]", "list functions, or those whose name has the text"),
    ("\\n", "", "list named queries"),
    (
        "\\o",
        "FORMAT [FILE]",
        "show answers as table, csv, json, ndjson or markdown, or write each into a file, also as parquet",
    ),
    ("\\timing", "", "tell how long each statement took, or stop telling"),
    ("\\?", "", "show this"),
    ("\\q", "", "leave, as Ctrl-D does"),
];

/// Commits that `\d TABLE` lists.
const COMMITS: usize = 5;

/// A command.
#[derive(Debug, PartialEq)]
pub(super) enum Meta {
    Tables,
    Table(String),
    Functions(String),
    Queries,
    Output { format: Option<Format>, into: Option<PathBuf> },
    Timing,
    Help,
    Quit,
}

/// Whether a line is a command, complete without `;`.
pub(super) fn is_meta(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('\\') || matches!(text, "quit" | "exit" | "help")
}

/// A format's name.
pub(super) fn name(format: Format) -> String {
    format.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

impl Meta {
    /// The command of a line; none where it is no command, else why it is refused.
    pub(super) fn parse(text: &str) -> Option<Result<Self, String>> {
        if !is_meta(text) {
            return None;
        }
        let mut words = text.trim().trim_end_matches(';').split_whitespace();
        let command = words.next().unwrap_or_default();
        let arguments: Vec<&str> = words.collect();
        Some(match (command, arguments.as_slice()) {
            ("\\d", []) => Ok(Self::Tables),
            ("\\d", [table]) => Ok(Self::Table((*table).to_owned())),
            ("\\df", []) => Ok(Self::Functions(String::new())),
            ("\\df", [text]) => Ok(Self::Functions(text.to_lowercase())),
            ("\\n", []) => Ok(Self::Queries),
            ("\\o", []) => Ok(Self::Output { format: None, into: None }),
            ("\\o", [format, file @ ..]) if file.len() < 2 => match Format::from_str(format, true) {
                Ok(format) => Ok(Self::Output { format: Some(format), into: file.first().map(PathBuf::from) }),
                Err(_) => Err(format!("\\o {format}: expected table, csv, json, ndjson, parquet or markdown")),
            },
            ("\\timing", []) => Ok(Self::Timing),
            ("\\?" | "\\h" | "help", []) => Ok(Self::Help),
            ("\\q" | "quit" | "exit", []) => Ok(Self::Quit),
            _ => Err(format!("{}: no command of the prompt; \\? lists them", text.trim())),
        })
    }
}

/// Completions of a command or its argument.
pub(super) fn offers(before: &str, names: &Names) -> (usize, Vec<String>) {
    let start = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let word = &before[start..];
    let all: Vec<String> = match before.split_whitespace().next() {
        Some("\\d") if start > 0 => names.tables.keys().cloned().collect(),
        Some("\\df") if start > 0 => names.functions.iter().cloned().collect(),
        Some("\\o") if start > 0 => Format::value_variants().iter().map(|format| name(*format)).collect(),
        _ => COMMANDS.iter().map(|(command, _, _)| (*command).to_owned()).collect(),
    };
    (start, all.into_iter().filter(|offer| offer.starts_with(word)).collect())
}

/// Shows what a command asks for.
pub(super) async fn show(session: &Session, context: &SessionContext, command: &Meta) -> Outcome {
    let document = match command {
        Meta::Tables => tables(context).await?,
        Meta::Table(name) => describe::document(session, context, name, None, COMMITS).await?,
        Meta::Functions(part) => functions(context, part),
        Meta::Queries => super::super::queries(session),
        _ => help(),
    };
    super::super::pager::show(&document.text_in_full());
    Ok(())
}

async fn tables(context: &SessionContext) -> Outcome<Document> {
    let mut listing = Listing::new([Column::text("name"), Column::text("kind"), Column::whole("columns")]);
    let mut names = catalog::readable(context);
    names.sort();
    for name in names {
        let table = context.table_provider(name.as_str()).await?;
        let kind = if table.table_type() == TableType::View { "view" } else { "table" };
        listing.push([json!(name), json!(kind), json!(table.schema().fields().len())]);
    }
    Ok(Document::new().listing("tables", listing))
}

fn functions(context: &SessionContext, part: &str) -> Document {
    let state = context.state();
    let first = |text: &str| text.split_terminator(['.', '\n']).next().unwrap_or_default().to_owned();
    let mut found: Vec<(String, &str, String)> = Vec::new();
    for (name, function) in state.scalar_functions() {
        found.push((
            name.clone(),
            "scalar",
            function.documentation().map(|d| first(&d.description)).unwrap_or_default(),
        ));
    }
    for (name, function) in state.aggregate_functions() {
        found.push((
            name.clone(),
            "aggregate",
            function.documentation().map(|d| first(&d.description)).unwrap_or_default(),
        ));
    }
    for (name, function) in state.window_functions() {
        found.push((
            name.clone(),
            "window",
            function.documentation().map(|d| first(&d.description)).unwrap_or_default(),
        ));
    }
    for name in state.table_functions().keys() {
        let documented = regenerate::documentation(name);
        found.push((name.clone(), "table", documented.map(|d| first(&d.description)).unwrap_or_default()));
    }
    found.retain(|(name, _, _)| name.contains(part));
    found.sort();
    let mut listing = Listing::new([Column::text("name"), Column::text("kind"), Column::prose("gives").rank(1)]);
    for (name, kind, gives) in found {
        listing.push([json!(name), json!(kind), json!(gives)]);
    }
    Document::new().listing("functions", listing)
}

fn help() -> Document {
    let mut listing = Listing::new([Column::text("command"), Column::prose("does")]);
    listing.push([json!("SELECT …;"), json!("a query, over several lines until its ;")]);
    for (command, arguments, does) in COMMANDS {
        listing.push([json!(format!("{command} {arguments}").trim()), json!(does)]);
    }
    listing.push([json!("Ctrl-C"), json!("drop the line, or stop the query that runs")]);
    Document::new().listing("commands", listing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_named_in_the_help() {
        let told = COMMANDS.iter().find(|(command, ..)| *command == "\\o").map_or("", |(.., does)| *does);
        for format in Format::value_variants() {
            assert!(told.contains(&name(*format)), "{format:?} is not in {told:?}");
        }
    }

    #[test]
    fn commands_are_told_from_statements() {
        assert!(Meta::parse("SELECT 1;").is_none());
        assert_eq!(Meta::parse("\\d ops.runs"), Some(Ok(Meta::Table("ops.runs".into()))));
        assert_eq!(Meta::parse(" \\q "), Some(Ok(Meta::Quit)));
        let written = Meta::Output { format: Some(Format::Parquet), into: Some("a.parquet".into()) };
        assert_eq!(Meta::parse("\\o parquet a.parquet"), Some(Ok(written)));
        assert!(matches!(Meta::parse("\\x"), Some(Err(message)) if message.contains("\\?")));
        assert!(matches!(Meta::parse("\\o xml"), Some(Err(message)) if message.contains("ndjson")));
    }
}
