//! `config`: the effective configuration with the origin of each value.

use almanac_engine::delta::store::without_secrets;
use almanac_engine::settings::{Settings, shape};
use serde_json::{Value, json};

use crate::cli::{Cli, ConfigCommand, Form};
use crate::exit::Outcome;
use crate::output::{self, Column, Document, Listing};
use crate::{config, look};

pub(crate) fn run(cli: &Cli, command: &ConfigCommand) -> Outcome {
    if command.schema {
        output::value(&shape::schema()?, look::get().form.unwrap_or(Form::Json));
        return Ok(());
    }
    let layered = config::layered(&cli.places.config, &cli.overrides)?;
    let mut listing = Listing::new([Column::text("setting"), Column::text("value"), Column::text("origin")]);
    for (name, value, origin) in places(cli) {
        listing.push([json!(name), value, json!(origin)]);
    }
    for (name, value) in flat(&layered.settings) {
        let origin = layered.origin(&name);
        listing.push([json!(name), value, json!(origin)]);
    }
    Document::new().listing("settings", listing).show();
    Ok(())
}

/// Where things are: these have no place in the file, which may be moved.
fn places(cli: &Cli) -> Vec<(&'static str, Value, String)> {
    let places = &cli.places;
    let value = |id: &str| match id {
        "config" => json!(places.config),
        "source" => json!(places.source),
        "warehouse" => json!(without_secrets(&places.warehouse)),
        "scheduler" => json!(places.scheduler.as_deref().map(without_secrets)),
        _ => json!(places.wait_scheduler),
    };
    let ids = ["config", "source", "warehouse", "scheduler", "wait_scheduler"];
    ids.into_iter().map(|id| (id, value(id), cli.given.origin(id))).collect()
}

/// Settings as dotted names and values; lists of tables by number.
fn flat(settings: &Settings) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    flatten("", &serde_json::to_value(settings).unwrap_or_default(), &mut found);
    found
}

fn flatten(name: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            entries.iter().for_each(|(key, value)| flatten(&below(key), value, found));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().enumerate().for_each(|(i, value)| flatten(&below(&i.to_string()), value, found));
        }
        _ => found.push((name.to_owned(), value.clone())),
    }
}
