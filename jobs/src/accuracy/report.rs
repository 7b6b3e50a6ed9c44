//! The table of a run, with the definitions of its columns.

use std::time::Duration;

use almanac_models::score::Accuracy;
use serde_json::{Value, json};

use super::run::{Plan, Results};
use super::{LEVEL, Panel};
use crate::output::{Column, Document, Listing};

/// Shows what a run gave.
pub(crate) fn print(panel: &Panel, plan: &Plan, results: &Results, took: Duration) {
    let mut listing = Listing::new([
        Column::text("model"),
        Column::decimals("smape", 3).titled("sMAPE"),
        Column::decimals("mase", 3).titled("MASE"),
        Column::decimals("owa", 3).titled("OWA"),
        Column::decimals("msis", 3).titled("MSIS").rank(2),
        Column::decimals("coverage_error", 3).titled("|cov−95|").rank(1),
        Column::decimals("crps", 3).titled("CRPS").rank(1),
        Column::decimals("fit_seconds", 1).titled("fit s").rank(3),
    ]);
    for (index, name) in results.names.iter().enumerate() {
        let (own, benchmark) = results.accuracy(index);
        let fit = results.of(index).filter_map(|outcome| outcome.as_ref().ok()).map(|served| served.took[0]).sum();
        listing.push(row(name, &own, &benchmark, fit));
    }
    let definitions = definitions(plan);
    let mut document = Document::new()
        .told("panel", facts(panel, plan, took), sentence(panel, plan, took))
        .listing("models", listing)
        .note("definitions", definitions.clone(), definitions.join("\n"));
    let remarks = remarks(results);
    if !remarks.is_empty() {
        document = document.note("remarks", remarks.clone(), remarks.join("\n"));
    }
    document.show();
}

fn facts(panel: &Panel, plan: &Plan, took: Duration) -> Vec<(&'static str, Value)> {
    vec![
        ("name", json!(panel.name)),
        ("series", json!(panel.series.len())),
        ("too_short", json!(panel.too_short.len())),
        ("steps", json!(panel.horizon())),
        ("model_season", json!(plan.model_season)),
        ("scale_season", json!(plan.scale_season)),
        ("paths", json!(plan.paths)),
        ("seed", json!(plan.seed)),
        ("threads", json!(plan.threads)),
        ("seconds", json!(took.as_secs_f64())),
    ]
}

fn sentence(panel: &Panel, plan: &Plan, took: Duration) -> String {
    let left_out = match panel.too_short.len() {
        0 => String::new(),
        count => format!(", {count} too short and left out"),
    };
    let (series, steps, season) = (panel.series.len(), panel.horizon(), plan.model_season);
    let (paths, seed, threads) = (plan.paths, plan.seed, plan.threads);
    format!(
        "{}: {series} series{left_out}, up to {steps} steps; models' season {season}\n\
         {paths} paths, seed {seed}, {threads} threads, {:.0} s",
        panel.name,
        took.as_secs_f64()
    )
}

fn row(name: &str, own: &Accuracy, benchmark: &Accuracy, fit: Duration) -> [Value; 8] {
    // what is not defined is null
    [
        json!(name),
        json!(own.smape()),
        json!(own.mase()),
        json!(own.owa(benchmark)),
        json!(own.msis()),
        json!((own.coverage() - LEVEL / 100.0).abs()),
        json!(own.crps()),
        json!(fit.as_secs_f64()),
    ]
}

/// What each column is, at most 80 characters a line.
fn definitions(plan: &Plan) -> Vec<String> {
    let season = plan.scale_season;
    let mut lines = vec![
        "means over all series and steps, y what came, f the point forecast:".to_owned(),
        "  sMAPE     200 |y − f| / (|y| + |f|)".to_owned(),
        format!("  MASE      |y − f| / scale; scale = mean |y(t) − y(t − {season})| in training"),
        "  OWA       ½ (sMAPE / Naive2's + MASE / Naive2's), as in the M4 competition".to_owned(),
        format!("  MSIS      interval score of {LEVEL:.0} % / scale; a miss costs 2 / {:.2}", 1.0 - LEVEL / 100.0),
        format!("  |cov−95|  |share of y inside the {LEVEL:.0} % interval − {:.2}|", LEVEL / 100.0),
        "  CRPS      continuous ranked probability score of the paths / scale".to_owned(),
        format!("naive2: last value; a season of {season} that passes a 90 % test, by factors"),
    ];
    if let Some(name) = plan.combination() {
        lines.push(format!("{name} is the median, by step, of points and quantiles of"));
        lines.extend(wrapped(&plan.members.join(", ")));
    }
    lines
}

/// Text in lines of at most 78 characters, cut at blanks, indented by two.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + word.len() < 76 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.into_iter().map(|line| format!("  {line}")).collect()
}

/// Fallbacks and failures, by model.
fn remarks(results: &Results) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, name) in results.names.iter().enumerate() {
        let failed: Vec<&String> = results.of(index).filter_map(|outcome| outcome.as_ref().err()).collect();
        if let Some(first) = failed.first() {
            lines.push(format!("{name}: no forecast of {} series; the first: {first}", failed.len()));
        }
        let simpler = results.of(index).filter(|o| o.as_ref().is_ok_and(|served| served.fallback.is_some())).count();
        if simpler > 0 {
            lines.push(format!("{name}: a simpler form than asked for on {simpler} series"));
        }
        let (own, _) = results.accuracy(index);
        if index == 0 && own.scaled_steps() < own.steps() {
            let without = own.steps() - own.scaled_steps();
            lines.push(format!(
                "{without} steps follow a constant training part: without scale they count in sMAPE only"
            ));
        }
    }
    lines
}
