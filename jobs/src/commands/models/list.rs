//! `models list`.

use almanac_engine::registry;
use almanac_models::ModelSpec;
use serde_json::{Value, json};

use super::{configured, innovations, settings, uses_regressors};
use crate::cli::Cli;
use crate::exit::Outcome;
use crate::output::{Column, Document, Listing};

pub(super) fn run(cli: &Cli) -> Outcome {
    let configured = configured(cli)?;
    let own = configured.as_ref().map_or(&[][..], |settings| &settings.models);
    let chosen = configured.as_ref().map_or(&[][..], |settings| &settings.forecast.models);
    let built_in = registry::builtin()?.iter().filter(|spec| !own.iter().any(|own| own.name == spec.name));
    let mut models = Listing::new([
        Column::text("model"),
        Column::text("family"),
        Column::text("innovations").rank(1),
        Column::text("defined_by"),
        Column::text("run"),
        Column::text("uses_regressors").rank(2),
        Column::text("regressors").rank(2),
        Column::text("settings").rank(3),
    ]);
    let mut count = 0;
    for spec in own.iter().chain(built_in) {
        models.push(row(spec, own, chosen)?);
        count += 1;
    }
    let sentence = format!("{count} models; run: without --models; almanac models show NAME says all of one");
    Document::new().listing("models", models).note("count", count, sentence).show();
    Ok(())
}

fn row(spec: &ModelSpec, own: &[ModelSpec], chosen: &[String]) -> Outcome<[Value; 8]> {
    let regressors: Vec<&str> = spec.regressors.iter().map(|r| r.column.as_str()).collect();
    let defined_by = if own.iter().any(|own| own.name == spec.name) { "configuration" } else { "almanac" };
    let yes = |is: bool| json!(if is { "yes" } else { "no" });
    Ok([
        json!(spec.name),
        json!(spec.family),
        json!(innovations(spec)?),
        json!(defined_by),
        yes(chosen.contains(&spec.name)),
        yes(uses_regressors(spec)?),
        json!(regressors),
        json!(settings(spec)),
    ])
}
