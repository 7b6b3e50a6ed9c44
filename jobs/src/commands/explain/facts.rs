//! An account of a forecast, in words and as values.

use almanac_engine::plan::job::iso;
use almanac_engine::regenerate::{Account, Seen};
use almanac_engine::settings::Settings;
use almanac_models::FutureRegressor;
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::super::rows::{self, Row};
use crate::output::{Column, Document, Listing};

/// All that is known of a forecast.
pub(super) struct Told<'a> {
    pub(super) key: &'a str,
    pub(super) model: &'a str,
    pub(super) origin: NaiveDate,
    pub(super) account: &'a Account,
    /// The row of the stored model.
    pub(super) fit: &'a Row,
    /// The stored rows, by day ahead.
    pub(super) forecast: &'a [Row],
    /// Whether drawing it again gives the same.
    pub(super) same: bool,
}

impl Told<'_> {
    pub(super) fn document(&self, settings: &Settings) -> Document {
        let mut document = Document::new().told("unit", self.facts(settings), self.text(settings));
        if !self.account.regressors.is_empty() {
            document =
                document.headed("regressors", "What it is told at the origin, and assumes ahead", self.regressors());
        }
        document.headed("forecast", "What is stored", days(self.forecast, settings))
    }

    /// The input that a forecast was made from.
    fn made_from(&self) -> &str {
        self.forecast.first().map(|row| rows::text(row, "data_version")).unwrap_or_default()
    }

    fn facts(&self, settings: &Settings) -> Vec<(&'static str, Value)> {
        let Account { window, history, sessions, missing, moved, last, leaks, seed, .. } = self.account;
        let Account { stream, data_version, .. } = self.account;
        let run = self.forecast.first().map_or(Value::Null, |row| rows::value(row, "run_id"));
        let mut facts = vec![
            ("key", json!(self.key)),
            ("model", json!(self.model)),
            ("model_version", json!(settings.forecast.model_version)),
            ("origin", json!(self.origin)),
            ("window_start", json!(iso(window.start))),
            ("window_end", json!(iso(window.next - 1))),
            ("cutoff", json!(iso(window.cutoff()))),
        ];
        facts.extend(fitted(self.fit));
        facts.extend([
            ("history_start", json!(iso(history.0))),
            ("history_end", json!(iso(history.1))),
            ("history_sessions", json!(sessions)),
            ("history_missing", json!(missing)),
            (
                "state",
                json!({
                    "moved_over": moved,
                    "last_session": last.map(|(day, _)| iso(day)),
                    "last_value": last.map(|(_, value)| value),
                }),
            ),
            ("leaks", json!(leaks)),
            ("forecast_from", json!(self.made_from())),
            ("forecast_by_run", run),
            ("input_now", json!(data_version)),
            ("seed", json!(seed)),
            ("stream", json!(stream)),
            ("same_when_drawn_again", json!(self.same)),
        ]);
        facts
    }

    fn text(&self, settings: &Settings) -> String {
        let Account { window, history, sessions, missing, moved, last, leaks, seed, .. } = self.account;
        let Account { stream, data_version, .. } = self.account;
        let fit = |column| rows::text(self.fit, column);
        let samples = rows::value(self.fit, "training_samples");
        let made_from = self.made_from();
        let mut lines = vec![
            format!("{} of {}, forecast on {}", self.model, self.key, self.origin),
            line("model", format_args!("{}, version {}", fit("model_type"), settings.forecast.model_version)),
            line("fitted on", format_args!("{} to {}, {samples} values", fit("first_day"), fit("cutoff"))),
            line("fitted at", format_args!("{}, from {}", fit("created_at"), fit("data_version"))),
            line("serves", format_args!("origins from {} to {}", iso(window.start), iso(window.next - 1))),
        ];
        if !fit("fallback_reason").is_empty() {
            lines.push(line("simpler form", fit("fallback_reason")));
        }
        lines.push(line("history", format_args!("{} to {}, {sessions} sessions", iso(history.0), iso(history.1))));
        lines.push(line("", format_args!("{missing} of them without a value")));
        lines.push(line("state", format_args!("moved over {moved} sessions after the cutoff")));
        if let Some((day, value)) = last {
            lines.push(line("", format_args!("the last of {} at {}", iso(*day), shortest(*value))));
        }
        lines.push(line("later values", if *leaks { "some of it became public after the origin" } else { "none" }));
        lines.push(line("made from", made_from));
        if made_from != data_version {
            lines.push(line("input now", data_version));
            lines.push(line("", "`almanac --refresh stale backfill` makes it anew from that"));
        }
        lines.push(line("random numbers", format_args!("ChaCha8, a stream per day ahead, seed {seed}")));
        lines.push(line("generator", stream));
        lines.push(line("drawn again", if self.same { "equal to what is stored, bit by bit" } else { self.differs() }));
        lines.join("\n")
    }

    fn differs(&self) -> &'static str {
        match self.made_from() == self.account.data_version {
            true => "not equal to what is stored: another processor or another version made it",
            false => "not equal to what is stored: the input has changed since",
        }
    }

    fn regressors(&self) -> Listing {
        let mut listing = Listing::new([
            Column::text("column"),
            Column::decimals("at_origin", 4).titled("at origin"),
            Column::text("dated").rank(1),
            Column::text("known_at").titled("public").rank(2),
            Column::text("ahead").titled("beyond it"),
            Column::decimals("first_ahead", 4).titled("first day"),
            Column::decimals("last_ahead", 4).titled("last day").rank(3),
        ]);
        for seen in &self.account.regressors {
            let day = |day: Option<i32>| day.map_or(Value::Null, |day| json!(iso(day)));
            listing.push([
                json!(seen.column),
                json!(seen.value),
                day(seen.dated),
                day(seen.known_at),
                json!(ahead(seen)),
                json!(seen.ahead.first()),
                json!(seen.ahead.last()),
            ]);
        }
        listing
    }
}

/// What the row of a stored model tells.
pub(super) fn fitted(row: &Row) -> [(&'static str, Value); 8] {
    let fit = |column| rows::value(row, column);
    [
        ("model_type", fit("model_type")),
        ("training_start", fit("first_day")),
        ("training_samples", fit("training_samples")),
        ("fallback_reason", fit("fallback_reason")),
        ("trained_at", fit("created_at")),
        ("trained_by_run", fit("run_id")),
        ("trained_from", fit("data_version")),
        ("fitted_model_sha256", fit("fitted_model_sha256")),
    ]
}

/// The stored days of a forecast, with what came.
pub(super) fn days(forecast: &[Row], settings: &Settings) -> Listing {
    let level = settings.forecast.levels.iter().max().map(ToString::to_string);
    let ends: Vec<String> =
        level.iter().flat_map(|level| [format!("lower_{level}"), format!("upper_{level}")]).collect();
    let mut columns = vec![
        Column::whole("day_ahead").titled("day"),
        Column::text("forecast_date").titled("date"),
        Column::decimals("forecast_point", 3).titled("point"),
        Column::decimals("forecast_mean", 3).titled("mean").rank(1),
        Column::decimals("forecast_std", 3).titled("std"),
    ];
    columns.extend(ends.iter().map(|end| Column::decimals(end.clone(), 3).rank(1)));
    columns.push(Column::decimals("actual", 3));
    let names = ["day_ahead", "forecast_date", "forecast_point", "forecast_mean", "forecast_std"];
    let mut listing = Listing::new(columns);
    for row in forecast {
        let named = names.into_iter().chain(ends.iter().map(String::as_str)).chain(["actual"]);
        listing.push(named.map(|name| rows::value(row, name)).collect::<Vec<_>>());
    }
    listing
}

/// A name and what is told of it.
pub(super) fn line(name: &str, value: impl std::fmt::Display) -> String {
    format!("{name:<15} {value}").trim_end().to_owned()
}

/// The fewest digits that name a value. Files often hold single precision, which has a tail of digits as a double.
fn shortest(value: f64) -> String {
    let single = value as f32;
    if f64::from(single) == value { single.to_string() } else { value.to_string() }
}

/// How a regressor goes on.
fn ahead(seen: &Seen) -> &'static str {
    match seen.future {
        FutureRegressor::None => "not used",
        FutureRegressor::Persist => "persists",
        FutureRegressor::Seasonal => "past years'",
        FutureRegressor::Linear => "30-day line",
        FutureRegressor::Known => "known",
    }
}

/// A forecast that was not made, by the ledger or the plan.
pub(super) fn unmade(key: &str, model: &str, origin: NaiveDate, row: &Row) -> Document {
    let of = |column: &str| rows::value(row, column);
    let facts = vec![
        ("key", json!(key)),
        ("model", json!(model)),
        ("origin", json!(origin)),
        ("step", of("step")),
        ("status", of("status")),
        ("reason", of("reason")),
        ("message", of("message")),
        ("run_id", of("run_id")),
    ];
    let mut lines = vec![format!("{model} of {key} made no forecast on {origin}")];
    lines.push(line(rows::text(row, "step"), rows::text(row, "status")));
    let named = ["reason", "message", "run_id"].map(|name| (name.trim_end_matches("_id"), rows::text(row, name)));
    lines.extend(named.into_iter().filter(|(_, told)| !told.is_empty()).map(|(name, told)| line(name, told)));
    Document::new().told("unmade", facts, lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::shortest;

    #[test]
    fn values_of_single_precision_have_no_tail() {
        assert_eq!(shortest(f64::from(182.85_f32)), "182.85");
        for (value, text) in [(182.85, "182.85"), (0.1 + 0.2, "0.30000000000000004"), (-40.0, "-40"), (0.0, "0")] {
            assert_eq!(shortest(value), text);
        }
    }
}
