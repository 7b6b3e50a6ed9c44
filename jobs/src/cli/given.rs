//! Which of the options that have a default were given, and how.

use std::collections::BTreeMap;

use almanac_engine::EngineError;
use clap::ArgMatches;
use clap::parser::ValueSource;

/// How options got their values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given(BTreeMap<String, ValueSource>);

impl Given {
    /// Of the arguments as parsed.
    pub(super) fn of(matches: &ArgMatches) -> Self {
        let source = |id: &clap::Id| Some((id.to_string(), matches.value_source(id.as_str())?));
        Self(matches.ids().filter_map(source).collect())
    }

    /// Where the value of an option comes from, in words.
    pub(crate) fn origin(&self, id: &str) -> String {
        match self.0.get(id) {
            Some(ValueSource::CommandLine) => format!("flag --{}", id.replace('_', "-")),
            Some(ValueSource::EnvVariable) => format!("variable ALMANAC_{}", id.to_uppercase()),
            _ => "default".to_owned(),
        }
    }

    /// A refusal of an option's value under the name of the option, with the variable where that gave it.
    pub(crate) fn named(&self, id: &str, error: EngineError) -> EngineError {
        let flag = format!("--{}", id.replace('_', "-"));
        let name = match self.0.get(id) {
            Some(ValueSource::EnvVariable) => format!("{flag} (ALMANAC_{})", id.to_uppercase()),
            _ => flag,
        };
        match error {
            EngineError::Configuration { key, value, message } if key == id => {
                EngineError::Configuration { key: name, value, message }
            }
            other => other,
        }
    }
}
