//! `help`: a command's page, the list of error codes, or one of them.

use almanac_engine::{EngineError, nearest};
use serde_json::{Value, json};

use crate::cli::{HelpCommand, help};
use crate::exit::Outcome;
use crate::fault::code::{self, Entry};
use crate::output::{Column, Document, Listing};
use crate::show;

/// The topic that lists all codes.
const ERRORS: &str = "errors";

pub(crate) fn run(command: &HelpCommand) -> Outcome {
    let mut page = help::command();
    page.build();
    let Some(topic) = command.topic.first() else {
        show::line(page.render_long_help());
        return Ok(());
    };
    if topic == ERRORS {
        list();
        return Ok(());
    }
    if let Some(entry) = code::of_number(topic) {
        explain(entry);
        return Ok(());
    }
    let names: Vec<String> = page.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let Some(sub) = page.find_subcommand_mut(topic) else {
        let known = names.iter().map(String::as_str).chain([ERRORS, "E0001"]);
        let hint = nearest::hint(topic, "topics", known, usize::MAX);
        return Err(EngineError::NotFound { what: "topic", name: topic.clone(), hint }.into());
    };
    show::line(sub.render_long_help().to_string().trim_end());
    Ok(())
}

fn list() {
    let columns = [
        Column::text("code"),
        Column::whole("exit_code").titled("exit"),
        Column::text("what"),
        Column::text("fix").rank(1),
    ];
    let mut listing = Listing::new(columns);
    for entry in &code::ALL {
        listing.push([json!(entry.number), json!(entry.exit), json!(entry.what), json!(entry.fix)]);
    }
    Document::new().listing("errors", listing).show();
}

fn explain(entry: &Entry) {
    let facts: Vec<(&str, Value)> = vec![
        ("code", json!(entry.number)),
        ("exit_code", json!(entry.exit)),
        ("what", json!(entry.what)),
        ("meaning", json!(entry.meaning)),
        ("fix", json!(entry.fix)),
    ];
    let sentence = format!(
        "{}: {} (exit code {})\n\n{}\nWhat to do: {}",
        entry.number,
        entry.what,
        entry.exit,
        help::wrapped(entry.meaning, crate::look::help_width(), 0),
        help::wrapped(entry.fix, crate::look::help_width(), 12)
    );
    Document::new().told("error", facts, sentence).show();
}
