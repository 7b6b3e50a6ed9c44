//! `ingest` and `build`.

use std::path::Path;

use almanac_engine::build::{self, BuildReport};
use almanac_engine::{EngineError, nearest};
use serde_json::json;

use super::Session;
use crate::cli::InputOptions;
use crate::exit::Outcome;
use crate::ingest::{self, Accept, IngestOptions, IngestReport};
use crate::progress;

pub(crate) async fn ingest(session: &Session, source: Option<&Path>, options: &InputOptions) -> Outcome {
    let source = source.ok_or_else(|| EngineError::Configuration {
        key: "--source".into(),
        value: "absent".into(),
        message: "name the folder of the input files".into(),
    })?;
    let as_of =
        options.as_of.as_deref().map(|text| text.parse()).transpose().map_err(|_| EngineError::Configuration {
            key: "--as-of".into(),
            value: options.as_of.clone().unwrap_or_default(),
            message: "expected a date as YYYY-MM-DD".into(),
        })?;
    let refused = |message: String| {
        let value = options.accept.join(",");
        EngineError::Configuration { key: "--accept".into(), value, message }
    };
    let accept = Accept::parse(&options.accept).map_err(|e| refused(e.to_string()))?;
    let sources = &session.settings.sources;
    if let Some(name) = accept.unknown(sources) {
        let known = sources.iter().map(|source| source.name.as_str());
        let hint = nearest::hint(name, "sources", known, usize::MAX);
        return Err(refused(format!("no source is called {name:?}{hint}; `all` lets in rows of each")).into());
    }
    let options = IngestOptions { strict: options.strict, accept, as_of };
    let started = std::time::Instant::now();
    let report = ingest::ingest(&session.settings, source, &session.warehouse, options).await?;
    let seconds = started.elapsed().as_secs_f64();
    let facts = json!({ "report": serde_json::to_value(&report).unwrap_or_default(), "seconds": seconds });
    progress::step("ingest", &format!("{} in {seconds:.1} s", ingested(&report)), facts);
    Ok(())
}

fn ingested(report: &IngestReport) -> String {
    let rows: usize = report.sources.iter().map(|source| source.rows_kept).sum();
    let changed = report.sources.iter().filter(|source| source.written).count();
    let quarantined = match report.quarantined {
        0 => String::new(),
        rows => format!(", {rows} in bronze.quarantine"),
    };
    format!("{rows} rows of {} sources, {changed} changed{quarantined}", report.sources.len())
}

fn told(report: &BuildReport) -> String {
    let written = if report.model_input_written { "written" } else { "unchanged" };
    format!("{} rows of model input for {} keys, {written}", report.model_input_rows, report.keys)
}

pub(crate) async fn build(session: &Session) -> Outcome {
    let started = std::time::Instant::now();
    let built = build::build(&session.settings, &session.warehouse, &session.runner);
    let report = session.or_interrupted(built).await?;
    let seconds = started.elapsed().as_secs_f64();
    let facts = json!({ "report": serde_json::to_value(&report).unwrap_or_default(), "seconds": seconds });
    progress::step("build", &format!("{} in {seconds:.1} s", told(&report)), facts);
    Ok(())
}
