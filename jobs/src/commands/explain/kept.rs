//! A forecast that today's settings cannot draw again: what is stored of it.

use almanac_engine::settings::Settings;
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::super::rows::{self, Row};
use super::facts::{days, fitted, line};
use crate::cli::help;
use crate::look;
use crate::output::Document;

/// Columns before what is told of a name.
const INDENT: usize = 16;

/// What its rows say.
pub(super) struct Kept<'a> {
    pub(super) key: &'a str,
    pub(super) model: &'a str,
    pub(super) origin: NaiveDate,
    /// The row of the stored model.
    pub(super) fit: &'a Row,
    /// The stored rows, by day ahead.
    pub(super) forecast: &'a [Row],
    /// Why it was not drawn again.
    pub(super) why: String,
}

impl Kept<'_> {
    pub(super) fn document(&self, settings: &Settings) -> Document {
        let document = Document::new().told("unit", self.facts(settings), self.text(settings));
        document.headed("forecast", "What is stored", days(self.forecast, settings))
    }

    fn stored(&self, column: &str) -> Value {
        self.forecast.first().map_or(Value::Null, |row| rows::value(row, column))
    }

    fn facts(&self, settings: &Settings) -> Vec<(&'static str, Value)> {
        let mut facts = vec![
            ("key", json!(self.key)),
            ("model", json!(self.model)),
            ("model_version", json!(settings.forecast.model_version)),
            ("origin", json!(self.origin)),
            ("window_start", rows::value(self.fit, "window_start")),
            ("cutoff", self.stored("cutoff")),
        ];
        facts.extend(fitted(self.fit));
        facts.extend([
            ("forecast_from", self.stored("data_version")),
            ("forecast_by_run", self.stored("run_id")),
            ("seed", rows::value(self.fit, "seed")),
            ("not_drawn_again", json!(self.why)),
        ]);
        facts
    }

    fn text(&self, settings: &Settings) -> String {
        let fit = |column| rows::text(self.fit, column);
        let samples = rows::value(self.fit, "training_samples");
        let made_from = self.stored("data_version");
        let mut lines = vec![
            format!("{} of {}, forecast on {}", self.model, self.key, self.origin),
            line("model", format_args!("{}, version {}", fit("model_type"), settings.forecast.model_version)),
            line("fitted on", format_args!("{} to {}, {samples} values", fit("first_day"), fit("cutoff"))),
            line("fitted at", format_args!("{}, from {}", fit("created_at"), fit("data_version"))),
        ];
        if !fit("fallback_reason").is_empty() {
            lines.push(line("simpler form", fit("fallback_reason")));
        }
        lines.push(line("made from", made_from.as_str().unwrap_or_default()));
        lines.push(line("random numbers", format_args!("seed {}", rows::value(self.fit, "seed"))));
        lines.push(line("drawn again", help::wrapped(&self.why, look::help_width(), INDENT)));
        lines.join("\n")
    }
}
