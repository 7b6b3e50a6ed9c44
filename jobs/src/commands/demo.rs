//! `demo-data`: the generated data set.

use almanac_engine::EngineError;
use serde_json::json;

use crate::cli::DemoCommand;
use crate::exit::Outcome;
use crate::progress;

pub(crate) fn run(command: &DemoCommand) -> Outcome {
    let place = command.directory.display().to_string();
    almanac_demo::generate(&command.directory, command.data_seed).map_err(|e| EngineError::storage(&place, e))?;
    progress::step(
        "demo-data",
        &format!("synthetic data in {place}"),
        json!({ "directory": place, "synthetic": true }),
    );
    Ok(())
}
