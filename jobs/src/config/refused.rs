//! Why a file or a variable cannot be read as settings: on one line, with the value and what is accepted.

use std::path::Path;

use almanac_engine::{EngineError, nearest};
use figment::Figment;
use figment::error::{Actual, Kind};

use super::origin;

/// What stands before line and column of a text that is no TOML.
const SYNTAX: &str = "TOML parse error at ";
/// Lines after it that show the place.
const PICTURE: usize = 3;
/// Settings that are days, whose parser does not say so.
const DAYS: [&str; 2] = ["forecast.from", "forecast.to"];

/// The refusal of the first value that does not fit.
pub(super) fn refused(file: &Path, figment: &Figment, error: &figment::Error) -> EngineError {
    let first = error.clone().into_iter().next().unwrap_or_else(|| error.clone());
    if let Kind::Message(words) = &first.kind
        && let Some(refusal) = syntax(file, words)
    {
        return refusal;
    }
    let setting = first.path.join(".");
    let place = origin::place_of(first.metadata.as_ref(), &setting);
    EngineError::Configuration {
        key: if place.is_empty() { file.display().to_string() } else { place },
        value: match &first.kind {
            Kind::InvalidType(found, _) | Kind::InvalidValue(found, _) => plain(found),
            Kind::UnknownField(found, _) | Kind::UnknownVariant(found, _) => found.clone(),
            Kind::MissingField(_) => "absent".to_owned(),
            _ => {
                origin::value(figment, &setting).map_or_else(|| "refused".to_owned(), |found| plain(&found.to_actual()))
            }
        },
        message: accepted(&setting, &first.kind),
    }
}

/// What is accepted, with what may have been meant.
fn accepted(setting: &str, kind: &Kind) -> String {
    match kind {
        Kind::UnknownField(name, known) | Kind::UnknownVariant(name, known) => {
            let meant = nearest::nearest(name, known.iter().copied());
            let meant = meant.map(|meant| format!("did you mean {meant:?}? ")).unwrap_or_default();
            format!("{meant}expected one of {}", known.join(", "))
        }
        Kind::InvalidType(found, expected) if expected.contains("sequence") => {
            format!("expected a list: write it as {}", list(&plain(found)))
        }
        Kind::Message(words) if DAYS.contains(&setting) => format!("expected a day as YYYY-MM-DD: {words}"),
        other => other.to_string(),
    }
}

/// A value as it was written.
fn plain(value: &Actual) -> String {
    match value {
        Actual::Str(text) => text.clone(),
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(value) => value.to_string(),
        Actual::Signed(value) => value.to_string(),
        Actual::Float(value) => value.to_string(),
        other => other.to_string(),
    }
}

/// The list that a text with commas was meant for.
fn list(text: &str) -> String {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    let quoted = items.map(|item| if item.parse::<f64>().is_ok() { item.to_owned() } else { format!("{item:?}") });
    format!("[{}]", quoted.collect::<Vec<_>>().join(", "))
}

/// The refusal of a text that is no TOML: the parser shows the line over several.
fn syntax(file: &Path, words: &str) -> Option<EngineError> {
    let mut lines = words.lines();
    let place = lines.next()?.strip_prefix(SYNTAX)?;
    let lines: Vec<&str> = lines.map(str::trim).collect();
    let shown = lines.get(1).and_then(|line| line.split_once('|')).map_or("", |(_, text)| text.trim());
    let reasons = lines.iter().skip(PICTURE).copied().filter(|line| !line.is_empty());
    Some(EngineError::Configuration {
        key: format!("{}, {place}", file.display()),
        value: if shown.is_empty() { "nothing".to_owned() } else { shown.to_owned() },
        message: format!("correct the syntax there: {}", reasons.collect::<Vec<_>>().join(", ")),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use almanac_engine::settings::Settings;
    use figment::providers::{Format, Toml};

    use super::*;

    const DATA: &str = "dataset = { name = 'a', key = ['k'], target = 't' }\n\
                        sources = [{ name = 's', path = 's.csv', columns = [{ name = 't' }] }]\n";

    /// Place, value and message of a refusal.
    fn told(figment: &Figment) -> [String; 3] {
        let error = figment.extract::<Settings>().unwrap_err();
        match refused(Path::new("my.toml"), figment, &error) {
            EngineError::Configuration { key, value, message } => [key, value, message],
            other => panic!("{other}"),
        }
    }

    fn of(text: &str) -> Figment {
        Figment::new().merge(Toml::string(&format!("{DATA}{text}")))
    }

    #[test]
    fn a_list_is_told_how_it_is_written() {
        let [place, value, message] = told(&of("").merge(("forecast.models", "naive,xgboost")));
        assert_eq!((place.as_str(), value.as_str()), ("ALMANAC_FORECAST__MODELS", "naive,xgboost"));
        assert_eq!(message, r#"expected a list: write it as ["naive", "xgboost"]"#);
        assert_eq!(told(&of("").merge(("forecast.levels", 80)))[2], "expected a list: write it as [80]");
    }

    #[test]
    fn a_day_that_is_none_is_named() {
        let [_, value, message] = told(&of("[forecast]\nfrom = '2025-02-30'"));
        assert_eq!(value, "2025-02-30");
        assert!(message.starts_with("expected a day as YYYY-MM-DD: "), "{message}");
    }

    #[test]
    fn what_there_is_stands_without_marks() {
        let [_, value, message] = told(&of("[forecast]\nhorizn = 3"));
        assert_eq!(value, "horizn");
        assert!(message.starts_with("did you mean \"horizon\"? expected one of models, ") && !message.contains('`'));
    }

    #[test]
    fn what_is_no_toml_is_told_on_one_line() {
        let [place, value, message] = told(&Figment::new().merge(Toml::string("[dataset\nname = 1\n")));
        assert_eq!((place.as_str(), value.as_str()), ("my.toml, line 1, column 9", "[dataset"));
        assert!(message.starts_with("correct the syntax there: ") && !message.contains('\n'), "{message}");
    }
}
