//! `reference`: the pages of docs/reference, written from what the program itself reads.

mod commands;
mod configuration;
mod errors;
mod functions;
mod metrics;
mod page;
pub(crate) mod programs;
mod tables;

use almanac_engine::EngineError;
use almanac_engine::settings::Settings;
use serde_json::json;

use super::init::DEMO;
use crate::cli::ReferenceCommand;
use crate::exit::Outcome;
use crate::progress;

pub(crate) async fn run(command: &ReferenceCommand) -> Outcome {
    let settings = example()?;
    let pages = [
        ("commands.md", commands::page()),
        ("configuration.md", configuration::page()?),
        ("errors.md", errors::page()),
        ("functions.md", functions::page(&settings).await?),
        ("metrics.md", metrics::page()),
        ("tables.md", tables::page(&settings).await?),
    ];
    let place = command.directory.display().to_string();
    let storage = |error: std::io::Error| EngineError::storage(&place, error);
    std::fs::create_dir_all(&command.directory).map_err(storage)?;
    for (name, text) in &pages {
        std::fs::write(command.directory.join(name), text).map_err(storage)?;
    }
    let sentence = format!("{} pages in {place}", pages.len());
    progress::step("reference", &sentence, json!({ "directory": place, "pages": pages.len() }));
    Ok(())
}

/// Settings whose tables are shown: names of keys and values are a dataset's own.
fn example() -> Outcome<Settings> {
    let read = toml::from_str(DEMO);
    Ok(read.map_err(|error| EngineError::Internal(format!("the demo's configuration: {error}")))?)
}
