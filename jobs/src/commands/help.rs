//! `help`: a command's page, the list of error codes, or one of them.

use almanac_engine::{EngineError, nearest};
use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command};
use serde_json::{Value, json};

use crate::cli::{HelpCommand, help};
use crate::exit::Outcome;
use crate::fault::code::{self, Entry};
use crate::output::{Column, Document, Listing};

/// The topic that lists all codes.
const ERRORS: &str = "errors";

pub(crate) fn run(command: &HelpCommand) -> Outcome {
    let mut page = help::command();
    page.build();
    match command.topic.as_slice() {
        [] => shown(&page.clone(), "almanac", page.render_long_help().to_string()),
        [topic, ..] if topic == ERRORS => list(),
        [topic, ..] if code::of_number(topic).is_some() => code::of_number(topic).into_iter().for_each(explain),
        words => {
            let (sub, path) = found(page, words)?;
            let text = sub.clone().render_long_help().to_string();
            shown(&sub, &path, text);
        }
    }
    Ok(())
}

/// The command that words name, one below the other, and how it is called.
fn found(mut page: Command, words: &[String]) -> Outcome<(Command, String)> {
    let mut path = vec![page.get_name().to_owned()];
    for (depth, word) in words.iter().enumerate() {
        let Some(sub) = page.find_subcommand(word).cloned() else {
            let (what, others): (_, &[&str]) =
                if depth == 0 { ("topic", &[ERRORS, "E0001"]) } else { ("command", &[]) };
            let known = page.get_subcommands().filter(|sub| !sub.is_hide_set()).map(Command::get_name);
            let known: Vec<&str> = known.chain(others.iter().copied()).collect();
            let hint = match known.is_empty() {
                true => format!("; there is none below it, `almanac help {}` tells all", words[..depth].join(" ")),
                false => nearest::hint(word, &format!("{what}s"), known, usize::MAX),
            };
            let name = words[..=depth].join(" ");
            return Err(EngineError::NotFound { what, name, hint }.into());
        };
        path.push(sub.get_name().to_owned());
        page = sub;
    }
    Ok((page, path.join(" ")))
}

/// A command's page.
fn shown(command: &Command, path: &str, text: String) {
    let own = |arg: &&Arg| !arg.is_hide_set() && arg.get_id() != "help";
    let below = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    let below: Vec<Value> = below.map(|sub| json!({ "command": sub.get_name(), "about": about(sub) })).collect();
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let after = after.replace(help::CONTINUED, " ");
    let examples: Vec<&str> = after.lines().map(str::trim).filter(|line| line.starts_with("almanac")).collect();
    let facts = vec![
        ("command", json!(path)),
        ("about", json!(about(command))),
        ("commands", json!(below)),
        ("options", command.get_arguments().filter(own).map(option).collect()),
        ("examples", json!(examples)),
    ];
    Document::new().told("command", facts, text.trim_end().to_owned()).show();
}

/// What a command does, in full where it says more than a line.
pub(super) fn about(command: &Command) -> String {
    command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string).unwrap_or_default()
}

fn option(arg: &Arg) -> Value {
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let text = |text: Option<&StyledStr>| text.map(ToString::to_string);
    let accepted = arg.get_possible_values().into_iter().filter(|_| takes).map(|value| value.get_name().to_owned());
    let named = |names: &[clap::builder::Str]| names.first().filter(|_| takes).map(ToString::to_string);
    json!({
        "option": arg.get_long().map(|long| format!("--{long}")),
        "short": arg.get_short().map(|short| format!("-{short}")),
        "value": arg.get_value_names().and_then(named),
        "meaning": text(arg.get_long_help().or_else(|| arg.get_help())),
        "default": arg.get_default_values().first().map(|value| value.to_string_lossy()),
        "accepted": accepted.collect::<Vec<_>>(),
        "variable": arg.get_env().map(|name| name.to_string_lossy()),
    })
}

fn list() {
    let columns = [
        Column::text("code"),
        Column::whole("exit_code").titled("exit"),
        Column::text("what"),
        Column::prose("fix").rank(1),
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
