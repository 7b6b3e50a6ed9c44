//! `init`: a first configuration, from what the files of a folder hold.

use std::path::Path;

use almanac_engine::EngineError;
use serde_json::json;

use crate::cli::{Cli, InitCommand};
use crate::exit::Outcome;
use crate::init::{Guess, Told, configure};
use crate::{look, progress, show};

/// Configuration of the demo data.
pub(crate) const DEMO: &str = include_str!("../../../examples/demo.toml");
/// Folder of the demo data.
const DEMO_FOLDER: &str = "data";
/// Seed of the demo data.
const DEMO_SEED: u64 = 42;

pub(crate) fn run(cli: &Cli, command: &InitCommand) -> Outcome {
    let file = &cli.places.config;
    if file.exists() && !command.overwrite {
        return Err(EngineError::Configuration {
            key: "--config".into(),
            value: file.display().to_string(),
            message: "it exists; name another file, or replace it with --overwrite".into(),
        }
        .into());
    }
    if command.demo {
        let folder = cli.places.source.as_deref().unwrap_or(Path::new(DEMO_FOLDER));
        let place = folder.display().to_string();
        almanac_demo::generate(folder, DEMO_SEED).map_err(|e| EngineError::storage(&place, e))?;
        write(file, DEMO)?;
        let sentence = format!("{} for synthetic data in {place}: nothing in it is real", file.display());
        progress::step("init", &sentence, json!({ "config": file, "source": place, "synthetic": true }));
        next(file, folder);
        return Ok(());
    }
    let folder = cli.places.source.as_deref().unwrap_or(Path::new("."));
    let told =
        Told { keys: command.key_columns.clone(), date: command.date_column.clone(), target: command.target.clone() };
    let name = std::path::absolute(folder).ok().and_then(|full| Some(full.file_name()?.to_string_lossy().into_owned()));
    let (text, guess) = configure(name.as_deref().unwrap_or("data"), folder, &told)?;
    write(file, &text)?;
    tell(file, &guess);
    next(file, folder);
    Ok(())
}

fn write(file: &Path, text: &str) -> Outcome {
    Ok(std::fs::write(file, text).map_err(|e| EngineError::storage(&file.display().to_string(), e))?)
}

/// What was guessed.
fn tell(file: &Path, guess: &Guess) {
    let sources: Vec<&str> = guess.sources.iter().map(|source| source.file.as_str()).collect();
    let series = sources.first().copied().unwrap_or_default();
    let date = guess.sources.first().map(|source| source.date.as_str()).unwrap_or_default();
    let left_out: Vec<_> =
        guess.left_out.iter().map(|(file, reason)| json!({ "file": file, "reason": reason })).collect();
    let warning = guess.warning();
    let mut sentence = format!(
        "{} written; guessed from {series}:\n          key {} ({} values), date {date}, target {}, {}",
        file.display(),
        guess.keys.join(", "),
        guess.series,
        guess.target,
        if guess.weekdays { "weekdays only" } else { "every day of the week" }
    );
    if let Some(warning) = &warning {
        sentence.push_str(&format!("\n          WARNING: {warning}"));
    }
    let facts = json!({
        "config": file, "series": series, "key": guess.keys, "keys": guess.series, "date": date,
        "target": guess.target, "calendar": if guess.weekdays { "trading" } else { "daily" }, "sources": sources,
        "left_out": left_out, "warning": warning,
    });
    progress::step("init", &sentence, facts);
    if look::get().draws() {
        for (file, reason) in &guess.left_out {
            show::line(format_args!("          {file} left out: {reason}"));
        }
    }
}

/// What to run next, for a person.
fn next(file: &Path, folder: &Path) {
    if !look::get().draws() {
        return;
    }
    let config = match file.to_str() {
        Some("almanac.toml") => String::new(),
        _ => format!("--config {} ", file.display()),
    };
    show::line(format_args!("next      almanac {config}--source {} backfill", folder.display()));
}
