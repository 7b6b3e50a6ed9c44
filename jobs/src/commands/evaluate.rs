//! `evaluate`: scores forecasts against what happened, and shows them by key and model.

use almanac_engine::evaluate::{self, EvaluateReport, ModelScore};
use serde_json::{Value, json};

use super::Session;
use crate::exit::Outcome;
use crate::output::{Column, Document, Listing};
use crate::{look, progress};

/// Keys of which tables are printed; more are left to queries.
const KEYS_SHOWN: usize = 20;

pub(crate) async fn run(session: &Session) -> Outcome {
    let job = session.comparable_job().await?;
    let scored = evaluate::evaluate(&session.warehouse, &job, &session.selection, &session.runner);
    let report = session.or_interrupted(scored).await?;
    let mut told = facts(&report);
    told["synthetic"] = json!(session.settings.dataset.synthetic);
    progress::step("evaluate", &sentence(&report), told);
    let look = look::get();
    if !look.for_people() || look.quiet {
        return Ok(());
    }
    let mut keys: Vec<&str> = report.scores.iter().map(|score| score.key.as_str()).collect();
    keys.dedup();
    let mut document = Document::new();
    for key in keys.iter().take(KEYS_SHOWN) {
        let scores: Vec<&ModelScore> = report.scores.iter().filter(|score| score.key == *key).collect();
        document = document.headed("accuracy", *key, accuracy(&scores)).listing("by_day", by_day(&scores));
    }
    session.marked(document).show();
    if keys.len() > KEYS_SHOWN {
        let more = keys.len() - KEYS_SHOWN;
        crate::show::line(format_args!("\n{more} more keys; see almanac sql --named accuracy-by-window"));
    }
    Ok(())
}

fn sentence(report: &EvaluateReport) -> String {
    let mut sentence = match report.scored_cells {
        0 => format!("nothing to do, {} cells are up to date", report.unchanged_cells),
        _ => format!("{} forecasts scored in {:.1} s", report.scored_forecasts, report.wall_seconds),
    };
    for (count, what) in [
        (report.incomplete_forecasts as u64, "not yet fully known"),
        (report.pathless_forecasts as u64, "without paths"),
        (report.stray_path_rows, "path rows without points"),
        (report.removed_cells as u64, "cells removed"),
    ] {
        if count > 0 {
            sentence.push_str(&format!(", {count} {what}"));
        }
    }
    sentence
}

fn facts(report: &EvaluateReport) -> Value {
    let score = |score: &ModelScore| {
        let by_level = score.coverage.iter().map(|(level, share)| (level.to_string(), json!(share)));
        let by_day = score.mae_at.iter().map(|(day, mae)| (day.to_string(), json!(mae)));
        json!({
            "key": score.key, "model": score.model_name, "version": score.model_version,
            "forecasts": score.forecasts, "horizon": score.horizon, "mae": score.mae,
            "ratio_to_naive": score.ratio_to_naive, "mape": score.mape, "crps": score.crps,
            "coverage": by_level.collect::<serde_json::Map<_, _>>(),
            "mae_at": by_day.collect::<serde_json::Map<_, _>>(), "leaking": score.leaking,
        })
    };
    json!({
        "scored_cells": report.scored_cells, "unchanged_cells": report.unchanged_cells,
        "removed_cells": report.removed_cells, "forecasts": report.scored_forecasts,
        "incomplete": report.incomplete_forecasts, "without_paths": report.pathless_forecasts,
        "stray_path_rows": report.stray_path_rows, "commits": report.commits, "seconds": report.wall_seconds,
        "scores": report.scores.iter().map(score).collect::<Vec<_>>(),
    })
}

/// Four significant digits for prices of any size; `-` where not known.
fn number(value: f64) -> String {
    match value.abs() {
        size if size.is_nan() => "-".to_owned(),
        size if size >= 1_000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 10.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn name(score: &ModelScore, scores: &[&ModelScore]) -> String {
    let same = |other: &&&ModelScore| other.model_name == score.model_name;
    match scores.iter().filter(same).count() {
        1 => score.model_name.clone(),
        _ => format!("{} {}", score.model_name, score.model_version),
    }
}

/// One row per model: forecasts, and means over days 1 to H.
fn accuracy(scores: &[&ModelScore]) -> Listing {
    let levels = scores.first().map(|score| score.coverage.clone()).unwrap_or_default();
    let head = [("count", 3), ("MAE", 0), ("/naive", 1), ("MAPE", 2), ("CRPS", 1)];
    let mut columns = vec![Column::text("model")];
    columns.extend(head.map(|(name, rank)| Column::told(name).rank(rank)));
    columns.extend(levels.iter().map(|(level, _)| Column::told(format!("in {level}")).rank(1)));
    columns.push(Column::told("leaks").rank(4));
    let mut listing = Listing::new(columns);
    for score in scores {
        let ratio = score.ratio_to_naive.map(|ratio| format!("{ratio:.3}")).unwrap_or_default();
        let mape = if score.mape.is_nan() { "-".to_owned() } else { format!("{:.2}", score.mape) };
        let mut row = vec![name(score, scores), score.forecasts.to_string(), number(score.mae), ratio, mape];
        row.push(number(score.crps));
        row.extend(score.coverage.iter().map(|(_, share)| number(*share)));
        row.push(score.leaking.to_string());
        listing.push(row.into_iter().map(Value::from));
    }
    listing
}

/// One row per model: MAE at some days.
fn by_day(scores: &[&ModelScore]) -> Listing {
    let mut days: Vec<usize> = scores.iter().flat_map(|score| score.mae_at.iter().map(|(day, _)| *day)).collect();
    days.sort_unstable();
    days.dedup();
    let columns = days.iter().map(|day| Column::told(day.to_string()).rank(1));
    let mut listing = Listing::new(std::iter::once(Column::text("MAE at day")).chain(columns));
    for score in scores {
        let at = |day: &usize| score.mae_at.iter().find(|(told, _)| told == day).map(|(_, mae)| number(*mae));
        let values = days.iter().map(|day| at(day).unwrap_or_default());
        listing.push(std::iter::once(name(score, scores)).chain(values).map(Value::from));
    }
    listing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(model: &str) -> ModelScore {
        ModelScore {
            key: "Coffee".into(),
            model_name: model.into(),
            model_version: "v1".into(),
            forecasts: 1_984,
            horizon: 14,
            mae: 8.395,
            ratio_to_naive: (model == "naive").then_some(1.0),
            mape: 4.38,
            crps: f64::NAN,
            coverage: vec![(80, 0.8012), (95, 0.9491)],
            leaking: 0,
            mae_at: vec![(1, 2.5), (7, 123.45), (14, 12_345.6)],
        }
    }

    #[test]
    fn tables_fit_a_terminal() {
        let scores = [score("naive"), score("sarimax_auto_weather")];
        let scores: Vec<&ModelScore> = scores.iter().collect();
        for listing in [accuracy(&scores), by_day(&scores)] {
            let text = listing.text(Some(80));
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
            assert_eq!(text.lines().count(), 4, "rows are wrapped:\n{text}");
        }
        assert!(by_day(&scores).text(None).contains("12346"));
    }

    #[test]
    fn versions_are_named_where_there_are_several() {
        let (first, second) = (score("naive"), ModelScore { model_version: "v2".into(), ..score("naive") });
        assert_eq!(name(&first, &[&first, &second]), "naive v1");
        assert_eq!(name(&first, &[&first]), "naive");
    }

    #[test]
    fn unknown_scores_are_null_in_json() {
        let report = EvaluateReport { scores: vec![score("xgboost")], ..EvaluateReport::default() };
        let facts = facts(&report);
        assert_eq!(facts["scores"][0]["crps"], Value::Null);
        assert_eq!(facts["scores"][0]["coverage"]["80"], json!(0.8012));
    }
}
