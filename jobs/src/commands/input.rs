//! `ingest` and `build`.

use std::path::Path;

use almanac_engine::EngineError;
use serde_json::json;

use super::Session;
use crate::build;
use crate::cli::InputOptions;
use crate::exit::Outcome;
use crate::ingest::{self, IngestOptions};
use crate::progress;

pub(crate) async fn ingest(session: &Session, source: Option<&Path>, options: &InputOptions) -> Outcome {
    let source = source.ok_or_else(|| EngineError::Configuration {
        key: "--source".into(),
        value: "absent".into(),
        message: "name the folder of the input files".into(),
    })?;
    let as_of = options.as_of.as_deref().map(|text| text.parse()).transpose().map_err(|_| EngineError::Configuration {
        key: "--as-of".into(),
        value: options.as_of.clone().unwrap_or_default(),
        message: "expected a date as YYYY-MM-DD".into(),
    })?;
    let options = IngestOptions { strict: options.strict, accept: options.accept, as_of };
    let started = std::time::Instant::now();
    let report = ingest::ingest(&session.settings, source, &session.warehouse, options).await?;
    let seconds = started.elapsed().as_secs_f64();
    let facts = json!({ "report": serde_json::to_value(&report).unwrap_or_default(), "seconds": seconds });
    progress::step("ingest", &format!("{} in {seconds:.1} s", report.sentence()), facts);
    Ok(())
}

pub(crate) async fn build(session: &Session) -> Outcome {
    let started = std::time::Instant::now();
    let report = build::build(&session.settings, &session.warehouse).await?;
    let seconds = started.elapsed().as_secs_f64();
    let facts = json!({ "report": serde_json::to_value(&report).unwrap_or_default(), "seconds": seconds });
    progress::step("build", &format!("{} in {seconds:.1} s", report.sentence()), facts);
    Ok(())
}
