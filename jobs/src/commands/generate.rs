//! `completions` and `man`: what shells and manuals know of the command line, from its one definition.

use almanac_engine::EngineError;
use serde_json::json;

use crate::cli::{CompletionsCommand, ManCommand, help, shells};
use crate::exit::Outcome;
use crate::progress;

pub(crate) fn completions(command: &CompletionsCommand) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(command.shell, &mut shells::command(), "almanac", &mut text);
    crate::show::line(String::from_utf8_lossy(&text).trim_end());
    Ok(())
}

pub(crate) fn man(command: &ManCommand) -> Outcome {
    let place = command.directory.display().to_string();
    let storage = |error: std::io::Error| EngineError::storage(&place, error);
    std::fs::create_dir_all(&command.directory).map_err(storage)?;
    // the page of the whole is clap's own list, not the overview of the terminal
    let page = help::definition().disable_help_subcommand(true);
    clap_mangen::generate_to(page, &command.directory).map_err(storage)?;
    let pages = std::fs::read_dir(&command.directory).map_err(storage)?.count();
    let sentence = format!("{pages} pages in {place}");
    progress::step("man", &sentence, json!({ "directory": place, "pages": pages }));
    Ok(())
}
