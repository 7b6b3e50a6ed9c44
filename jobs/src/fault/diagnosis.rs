//! From the errors of the engine and of commands to a code, a place, a value and one thing to do.

use almanac_engine::EngineError;

use super::code::Code;
use crate::exit::Failure;

/// One error, taken apart.
#[derive(Debug)]
pub(crate) struct Diagnosis {
    /// Its kind.
    pub(crate) code: Code,
    /// Setting, option, file and line, table or address; none where the error has no place.
    pub(crate) place: Option<String>,
    /// The value that was refused; none where no single one was.
    pub(crate) value: Option<String>,
    /// One thing to do.
    pub(crate) fix: String,
    /// The whole sentence.
    pub(crate) message: String,
}

/// Takes a failure apart.
pub(crate) fn diagnose(failure: &Failure) -> Diagnosis {
    let message = failure.to_string();
    let (code, place, value, fix) = match failure {
        Failure::Engine(error) => engine(error),
        Failure::Query(fault) => (Code::Query, fault.place.clone(), fault.value.clone(), fault.fix.clone()),
        Failure::Column { name, hint } => (Code::Query, Some("column".to_owned()), Some(name.clone()), advice(hint)),
        Failure::FailedUnits { failed, .. } => {
            (Code::FailedUnits, Some("--max-failed".to_owned()), Some(failed.to_string()), None)
        }
        Failure::Unfit { failed } => (Code::Unfit, Some("doctor".to_owned()), Some(failed.to_string()), None),
        Failure::FailedChecks { failed } => {
            (Code::FailedChecks, Some("models test".to_owned()), Some(failed.to_string()), None)
        }
    };
    let fix = fix.unwrap_or_else(|| code.entry().fix.to_owned());
    Diagnosis { code, place, value, fix, message }
}

type Parts = (Code, Option<String>, Option<String>, Option<String>);

fn engine(error: &EngineError) -> Parts {
    match error {
        EngineError::Configuration { key, value, message } => {
            let code = if key.starts_with("--") { Code::Flag } else { Code::Setting };
            (code, Some(key.clone()), Some(value.clone()), Some(message.clone()))
        }
        EngineError::Argument { function, argument, value, message } => {
            (Code::Argument, Some(format!("{function}: {argument}")), Some(value.clone()), Some(message.clone()))
        }
        EngineError::NotFound { what, name, hint } => {
            (missing(what), Some((*what).to_owned()), Some(name.clone()), advice(hint))
        }
        EngineError::Input { place, value, .. } => (Code::Input, Some(place.clone()), value.clone(), None),
        EngineError::Conflict { table, key, wanted, .. } => {
            (Code::Conflict, Some(format!("{table}: {key}")), Some(wanted.clone()), None)
        }
        EngineError::Horizon { table, asked, remedy, .. } => {
            (Code::Horizon, Some(table.clone()), Some(asked.to_string()), Some(remedy.clone()))
        }
        EngineError::Basis { table, key, wanted, remedy, .. } => {
            (Code::Basis, Some(format!("{table}: {key}")), Some(wanted.clone()), Some((*remedy).to_owned()))
        }
        EngineError::Storage { place, .. } => (Code::Storage, Some(place.clone()), None, None),
        EngineError::Scheduler { scheduler, .. } => {
            (Code::Scheduler, Some("scheduler".to_owned()), Some(scheduler.clone()), None)
        }
        EngineError::Delta { table, .. } => (Code::Delta, Some(table.clone()), None, None),
        EngineError::Plan(_) => (Code::Plan, None, None, None),
        EngineError::Interrupted => (Code::Interrupted, None, None, None),
        // a kind that is not told apart here yet is a defect like any other
        _ => (Code::Internal, None, None, None),
    }
}

/// What a hint says to do, without its separator; none where it only says where the thing is not.
fn advice(hint: &str) -> Option<String> {
    let advice = hint.strip_prefix([';', ':']).or_else(|| hint.split_once("; ").map(|(_, advice)| advice))?;
    let advice = advice.trim_start();
    (!advice.is_empty()).then(|| advice.to_owned())
}

/// The code for something that was asked for by name.
fn missing(what: &str) -> Code {
    match what {
        "configuration" => Code::NoConfiguration,
        "model" => Code::NoModel,
        "table" => Code::NoTable,
        "key" => Code::NoKey,
        "source file" | "source folder" => Code::NoSource,
        "named query" => Code::NoNamedQuery,
        "origin" => Code::NoOrigin,
        "table version" => Code::NoVersion,
        _ => Code::NoSuchThing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_documented_is_that_of_the_failure() {
        let key = || "forecast.paths".to_owned();
        let failures = [
            EngineError::Configuration { key: key(), value: "0".into(), message: "expected more".into() },
            EngineError::NotFound { what: "model", name: "x".into(), hint: String::new() },
            EngineError::input("market.csv, line 3", "no number"),
            EngineError::storage("/nowhere", std::io::Error::other("gone")),
            EngineError::Internal("broken".into()),
            EngineError::Interrupted,
        ];
        for failure in failures.map(Failure::from) {
            let diagnosis = diagnose(&failure);
            assert_eq!(diagnosis.code.entry().exit, failure.code(), "{diagnosis:?}");
            assert!(!diagnosis.fix.is_empty() && !diagnosis.fix.ends_with('.'), "{diagnosis:?}");
        }
    }

    #[test]
    fn a_hint_is_what_to_do() {
        let hint = "; did you mean \"naive\"? known models are naive".to_owned();
        let failure = Failure::from(EngineError::NotFound { what: "model", name: "niave".into(), hint });
        let diagnosis = diagnose(&failure);
        assert_eq!(diagnosis.code, Code::NoModel);
        assert_eq!(diagnosis.fix, "did you mean \"naive\"? known models are naive");
        assert_eq!(diagnosis.value.as_deref(), Some("niave"));
        assert_eq!(advice(" in nope; name the folder with --source").as_deref(), Some("name the folder with --source"));
        assert_eq!(advice(" in silver.model_input"), None);
        let column = Failure::Column { name: "clsoe".into(), hint: "; did you mean \"close\"?".into() };
        let diagnosis = diagnose(&column);
        assert_eq!((diagnosis.code, column.code()), (Code::Query, diagnosis.code.entry().exit));
        assert_eq!((diagnosis.fix.as_str(), diagnosis.place.as_deref()), ("did you mean \"close\"?", Some("column")));
    }
}
