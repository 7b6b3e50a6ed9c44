//! A guess as a commented configuration.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::guess::{Guess, SourceGuess, Told, is_usual_target};

/// Key buckets beyond which more do not help.
const MOST_BUCKETS: usize = 64;
/// Columns named beside the guessed target.
const MOST_OTHERS: usize = 8;
/// Days of origins that a first run is to make.
const FIRST_ORIGINS: i64 = 365;

/// The configuration as TOML; columns whose names are taken get others.
pub(crate) fn toml(name: &str, guess: &Guess, told: &Told, taken: &BTreeSet<String>) -> String {
    let mut text = String::new();
    // writing to a string cannot fail
    let _ = write(&mut text, name, guess, told, &Names { taken });
    text
}

/// What columns of the files are called in the tables.
struct Names<'a> {
    /// Names that the tables have already.
    taken: &'a BTreeSet<String>,
}

impl Names<'_> {
    fn key(&self, name: &str) -> String {
        self.free(name, "key")
    }

    fn value(&self, name: &str) -> String {
        self.free(name, "value")
    }

    fn free(&self, name: &str, ending: &str) -> String {
        let mut own = ours(name);
        while self.taken.contains(&own) {
            own = format!("{own}_{ending}");
        }
        own
    }
}

/// Why a column was taken: it was told, or what it was guessed from.
fn taken_as(is_told: bool, reason: &str) -> String {
    if is_told { "as told".to_owned() } else { format!("guessed: {reason}") }
}

/// The columns of numbers that might be forecast instead, as the end of a comment.
fn other_targets(guess: &Guess) -> String {
    let values = guess.sources.first().map(|source| source.values.as_slice()).unwrap_or_default();
    let others: Vec<&str> = values.iter().map(String::as_str).filter(|name| *name != guess.target).collect();
    match others.len() {
        0 => String::new(),
        count => {
            let more = if count > MOST_OTHERS { ", …" } else { "" };
            format!("; others of numbers: {}{more}", others[..count.min(MOST_OTHERS)].join(", "))
        }
    }
}

fn write(out: &mut String, name: &str, guess: &Guess, told: &Told, names: &Names<'_>) -> std::fmt::Result {
    let keys: Vec<String> = guess.keys.iter().map(|key| names.key(key)).collect();
    writeln!(out, "# Written by `almanac init` from what the files hold: what was guessed says so. Edit it freely.")?;
    writeln!(
        out,
        "# Every setting is described in docs/configuration.md; `almanac config` shows what is in effect.\n"
    )?;
    writeln!(out, "[dataset]")?;
    writeln!(out, "name = {}", quoted(name))?;
    let listed = keys.iter().map(|key| quoted(key)).collect::<Vec<_>>().join(", ");
    let taken_by = taken_as(!told.keys.is_empty(), "tells the rows of one date apart");
    writeln!(out, "key = [{listed}]  # {taken_by}, {} values", guess.series)?;
    for (key, name) in guess.keys.iter().zip(&keys).filter(|(key, name)| ours(key) != **name) {
        writeln!(out, "# the tables have a column {} of their own: that of the file is {name} in them", ours(key))?;
    }
    let reason = match is_usual_target(&guess.target) {
        true => "a usual name of the column that is forecast",
        false => "the first column of numbers",
    };
    let reason = format!("{reason}{}", other_targets(guess));
    writeln!(out, "target = {}  # {}", quoted(&names.value(&guess.target)), taken_as(told.target.is_some(), &reason))?;
    let (calendar, why) = match guess.weekdays {
        true => ("trading", "no rows on weekends: days count sessions"),
        false => ("daily", "rows on weekends too: days count calendar days"),
    };
    writeln!(out, "calendar = \"{calendar}\"  # guessed: {why}")?;
    if let Some(warning) = guess.warning() {
        writeln!(out, "# WARNING: {warning}")?;
    }
    if guess.weekdays {
        writeln!(out, "holidays = \"none\"  # or us-futures")?;
    }
    writeln!(out, "timezone = \"UTC\"  # decides what today is, such as America/New_York")?;
    writeln!(
        out,
        "buckets = {}  # parts of the tables, about one per key; fixed once written",
        guess.series.min(MOST_BUCKETS)
    )?;
    let mut taken: BTreeSet<String> = keys.iter().cloned().collect();
    for (position, source) in guess.sources.iter().enumerate() {
        let date = taken_as(told.date.as_ref() == Some(&source.date), "every row has a day in it");
        write_source(out, guess, names, source, &date, position == 0, &mut taken)?;
    }
    for (file, reason) in &guess.left_out {
        writeln!(out, "\n# {file} is left out: {reason}")?;
    }
    write_rest(out, guess)
}

fn write_source(
    out: &mut String,
    guess: &Guess,
    names: &Names<'_>,
    source: &SourceGuess,
    date: &str,
    bars: bool,
    taken: &mut BTreeSet<String>,
) -> std::fmt::Result {
    let stem = source.file.rsplit_once('.').map_or(source.file.as_str(), |(stem, _)| stem);
    writeln!(out, "\n[[sources]]  # {} to {}", source.range.0, source.range.1)?;
    writeln!(out, "name = {}", quoted(&ours(stem)))?;
    writeln!(out, "path = {}", quoted(&source.file))?;
    if bars {
        writeln!(out, "bars = true  # its rows are the days that carry the target")?;
    }
    writeln!(out, "date = {}  # {date}", quoted(&source.date))?;
    if !source.keys.is_empty() {
        let pairs = source.keys.iter().map(|key| format!("{} = {}", quoted(&names.key(key)), quoted(key)));
        writeln!(out, "key = {{ {} }}", pairs.collect::<Vec<_>>().join(", "))?;
    }
    if let Some(region) = &source.region {
        writeln!(out, "region = {}  # guessed: its rows are averaged for the models", quoted(region))?;
    }
    if !bars {
        writeln!(
            out,
            "publication_lag_days = 0  # days from a row's date until it is public: a forecast sees no earlier"
        )?;
    }
    writeln!(out, "columns = [")?;
    for value in &source.values {
        let mut name = names.value(value);
        // the same name in two sources would be one column: the first would win
        if value != &guess.target || !bars {
            while taken.contains(&name) || name == names.value(&guess.target) {
                name = format!("{}_{name}", ours(stem));
            }
        }
        let from = if &name == value { String::new() } else { format!(", from = {}", quoted(value)) };
        writeln!(out, "  {{ name = {}{from} }},", quoted(&name))?;
        taken.insert(name);
    }
    writeln!(out, "]")?;
    if !source.texts.is_empty() {
        writeln!(out, "# no numbers, left out: {}", source.texts.join(", "))?;
    }
    Ok(())
}

fn write_rest(out: &mut String, guess: &Guess) -> std::fmt::Result {
    let range = guess.sources.first().map(|source| source.range);
    writeln!(out, "\n[training]")?;
    writeln!(out, "every = \"semiannually\"  # a fit serves half a year of origins, conditioned to each")?;
    writeln!(out, "years = 4  # of history that a fit sees")?;
    let days = range.map_or(0, |(first, last)| (last - first).num_days());
    if days < 2 * 730 {
        let least = (days / 2).clamp(60, 730);
        writeln!(out, "minimum_days = {least}  # the data has {days} days; the default is 730")?;
    } else {
        writeln!(out, "minimum_days = 730  # between the first and the last usable row of a fit")?;
    }
    writeln!(out, "\n[forecast]")?;
    writeln!(out, "models = [\"naive\", \"random_walk\", \"xgboost\"]  # docs/models.md lists all")?;
    writeln!(out, "model_version = \"v1\"  # rows of one version come from one configuration")?;
    writeln!(out, "horizon = 14  # days ahead")?;
    writeln!(out, "paths = 2000  # simulated paths per forecast, all kept")?;
    writeln!(out, "levels = [80, 95]  # central intervals in percent")?;
    writeln!(out, "seed = 42  # the same seed gives the same rows")?;
    if let Some((first, last)) = range {
        let from = (last - chrono::TimeDelta::days(FIRST_ORIGINS)).max(first);
        writeln!(out, "from = \"{from}\"  # first origin; without it every origin with enough history")?;
    }
    Ok(())
}

/// A name as our tables have it: lower case, letters, digits and underscores.
fn ours(name: &str) -> String {
    let clean = |c: char| if c.is_alphanumeric() { c.to_lowercase().next().unwrap_or(c) } else { '_' };
    name.trim().chars().map(clean).collect::<String>().trim_matches('_').to_owned()
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
