//! `sql`: queries over the tables and views, from the command line, a file, standard input or a prompt.

mod answer;
mod bind;
mod files;
mod format;
mod grid;
mod kind;
mod laid;
mod pager;
mod pieces;
mod progress;
mod prompt;
mod sink;
mod statement;
mod stream;
mod travel;

use std::io::{IsTerminal, Read};
use std::path::Path;
use std::pin::pin;

use almanac_engine::{EngineError, nearest};
use datafusion::prelude::SessionContext;
use serde_json::json;

use super::{Session, catalog};
use crate::cli::SqlCommand;
use crate::exit::{Failure, Outcome};
use crate::fault::QueryFault;
use crate::output::{Column, Document, Listing};
use crate::show;

use bind::Parameters;
pub(crate) use format::Format;
use format::Target;
use sink::Sink;
use statement::Tokens;

/// Whether the command asks for queries at a terminal.
pub(crate) fn prompts(command: &SqlCommand) -> bool {
    let given = command.query.is_some() || command.file.is_some() || command.named.is_some();
    !given && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

pub(crate) async fn run(session: &Session, command: &SqlCommand) -> Outcome {
    let target = Target::new(command.format, command.into.clone())?;
    let mut parameters = Parameters::parse(&command.param)?;
    if prompts(command) {
        return prompt::run(session, target, parameters).await;
    }
    let Some(statements) = asked(session, command)? else {
        queries(session).show();
        return Ok(());
    };
    if statements.len() > 1 && target.into.is_some() {
        let fault = QueryFault::new("expected a single SQL statement for one file");
        return Err(fault.at("--into", &statements.len().to_string()).into());
    }
    let statements = statements.into_iter().map(|statement| parameters.bind(statement)).collect::<Outcome<Vec<_>>>()?;
    parameters.all_used()?;
    let context = catalog::context(session).await?;
    let mut stop = pin!(session.interrupted());
    for statement in &statements {
        let mut sink = Sink::new(&target);
        answer::answer(session, &context, statement, stop.as_mut(), &mut sink).await?;
        let answered = sink.finish()?;
        if answered.more {
            let rows = answered.rows;
            show::line(format_args!("(the first {rows} rows of more; --into FILE writes all, LIMIT asks for fewer)"));
        }
    }
    Ok(())
}

/// The statements that are asked for; none where only the list of named queries is.
fn asked(session: &Session, command: &SqlCommand) -> Outcome<Option<Vec<Tokens>>> {
    if let Some(query) = &command.query {
        return Ok(Some(vec![statement::single(query)?]));
    }
    if let Some(file) = &command.file {
        return Ok(Some(statement::statements(&read(file)?)?));
    }
    match command.named.as_deref() {
        Some("") => Ok(None),
        Some(wanted) => Ok(Some(vec![statement::single(&named(session, wanted)?)?])),
        None if std::io::stdin().is_terminal() => Ok(None),
        None => {
            let statements = statement::statements(&read(Path::new("-"))?)?;
            Ok(Some(statements).filter(|statements| !statements.is_empty()))
        }
    }
}

/// A file's text; `-` is standard input.
fn read(file: &Path) -> Outcome<String> {
    let mut text = String::new();
    let outcome = match file.as_os_str() == "-" {
        true => std::io::stdin().read_to_string(&mut text).map(drop),
        false => std::fs::read_to_string(file).map(|read| text = read),
    };
    outcome.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let hint = "; name a file of SQL statements, or - for standard input".into();
            Failure::from(EngineError::NotFound { what: "file", name: file.display().to_string(), hint })
        }
        _ => EngineError::storage(&file.display().to_string(), error).into(),
    })?;
    Ok(text)
}

/// The text of a named query.
fn named(session: &Session, wanted: &str) -> Outcome<String> {
    let named = catalog::named(&session.settings);
    match named.iter().find(|(name, _, _)| *name == wanted) {
        Some((_, _, query)) => Ok(query.clone()),
        None => {
            let known: Vec<&str> = named.iter().map(|(name, _, _)| *name).collect();
            let hint = nearest::hint(wanted, "queries", known.iter().copied(), known.len());
            Err(EngineError::NotFound { what: "named query", name: wanted.to_owned(), hint }.into())
        }
    }
}

/// The named queries.
fn queries(session: &Session) -> Document {
    let mut listing = Listing::new([Column::text("name"), Column::prose("answers")]);
    for (name, answers, _) in catalog::named(&session.settings) {
        listing.push([json!(name), json!(answers)]);
    }
    Document::new().listing("queries", listing)
}

/// The refusal of a table that is not there.
fn absent(context: &SessionContext, name: &str) -> Failure {
    let there = catalog::readable(context);
    let meant = nearest::nearest(name, there.iter().map(String::as_str));
    let meant = match Path::new(name).is_dir() {
        true => "the folder of this name has no Delta log (_delta_log); ".to_owned(),
        false => meant.map(|meant| format!("did you mean {meant:?}? ")).unwrap_or_default(),
    };
    let hint = format!("; {meant}`almanac tables` lists those there are");
    EngineError::NotFound { what: "table", name: name.to_owned(), hint }.into()
}
