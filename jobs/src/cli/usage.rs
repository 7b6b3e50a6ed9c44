//! Arguments that are not understood, and requests for help that end the parsing.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Form, Output};
use crate::fault::{self, Diagnosis, code::Code};
use crate::look;

/// Said of a value that is needed and was not given.
const ABSENT: &str = "absent";

/// Why there is nothing to run.
#[derive(Debug)]
pub(crate) struct Refusal {
    error: clap::Error,
    form: Option<Form>,
}

impl Refusal {
    /// To be told in a form, if one was asked for.
    pub(super) fn new(error: clap::Error, form: Option<Form>) -> Self {
        Self { error, form }
    }

    /// Prints what there is to say and returns the exit code.
    pub(crate) fn show(&self) -> i32 {
        if !self.error.use_stderr() || self.error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            let _ = self.error.print();
            return self.error.exit_code();
        }
        look::set(&Output { output: self.form, ..Output::default() });
        if look::get().for_programs() {
            fault::show(&self.diagnosis());
            return self.error.exit_code();
        }
        let colours = look::colours(&std::io::stderr());
        let rendered = self.error.render();
        let text = if colours { rendered.ansi().to_string() } else { rendered.to_string() };
        eprint!("{}", text.replacen("error:", &format!("error[{}]:", self.code().entry().number), 1));
        self.error.exit_code()
    }

    fn diagnosis(&self) -> Diagnosis {
        let text = |kinds: &[ContextKind]| kinds.iter().find_map(|&kind| self.text(kind));
        let meant = text(&[ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]);
        let accepted = text(&[ContextKind::ValidValue, ContextKind::ValidSubcommand]);
        let (place, value) = self.blamed();
        let fix = match (meant, accepted) {
            (Some(meant), _) => format!("did you mean {meant}?"),
            (None, Some(accepted)) => format!("choose one of {accepted}"),
            (None, None) => self.code().entry().fix.to_owned(),
        };
        let message = self.error.render().to_string();
        let first = message.lines().next().unwrap_or_default();
        Diagnosis {
            code: self.code(),
            place: Some(place),
            value: Some(value),
            fix,
            message: first.trim_start_matches("error: ").to_owned(),
        }
    }

    /// A value that is refused is told apart from what is not understood.
    fn code(&self) -> Code {
        match self.error.kind() {
            ErrorKind::ValueValidation => Code::Flag,
            ErrorKind::InvalidValue if self.text(ContextKind::InvalidValue).is_some() => Code::Flag,
            _ => Code::Usage,
        }
    }

    /// Where the fault is, and what is wrong there.
    fn blamed(&self) -> (String, String) {
        let text = |kind| self.text(kind).unwrap_or_else(|| ABSENT.to_owned());
        let argument = text(ContextKind::InvalidArg);
        match self.error.kind() {
            ErrorKind::InvalidSubcommand => ("command".to_owned(), text(ContextKind::InvalidSubcommand)),
            ErrorKind::MissingSubcommand => ("command".to_owned(), ABSENT.to_owned()),
            ErrorKind::UnknownArgument if argument.starts_with('-') => ("option".to_owned(), argument),
            ErrorKind::UnknownArgument => ("argument".to_owned(), argument),
            ErrorKind::ArgumentConflict => (option(&argument), text(ContextKind::PriorArg)),
            ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
                (option(&argument), text(ContextKind::ActualNumValues))
            }
            ErrorKind::InvalidUtf8 => ("argument".to_owned(), "not UTF-8".to_owned()),
            ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::TooManyValues => {
                (option(&argument), text(ContextKind::InvalidValue))
            }
            _ => (argument, text(ContextKind::InvalidValue)),
        }
    }

    fn text(&self, kind: ContextKind) -> Option<String> {
        match self.error.get(kind)? {
            ContextValue::String(text) if text.is_empty() => None,
            ContextValue::String(text) => Some(text.clone()),
            ContextValue::Strings(texts) if texts.is_empty() => None,
            ContextValue::Strings(texts) => Some(texts.join(", ")),
            ContextValue::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// An option without the name of its value; an argument as it is.
fn option(argument: &str) -> String {
    let name = argument.split(' ').next().filter(|name| name.starts_with('-'));
    name.unwrap_or(argument).to_owned()
}

/// The form asked for, read without a parser: there is none for arguments that are not understood.
pub(super) fn form(arguments: &[OsString]) -> Option<Form> {
    let texts: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let after = |position: usize| texts.get(position + 1).copied();
    let given = texts.iter().enumerate().find_map(|(position, text)| match *text {
        "-o" | "--output" => after(position),
        _ => text.strip_prefix("--output=").or_else(|| text.strip_prefix("-o")).filter(|value| !value.is_empty()),
    });
    let form = given.map(str::to_owned).or_else(|| std::env::var("ALMANAC_OUTPUT").ok())?;
    <Form as clap::ValueEnum>::from_str(form.trim_start_matches('='), true).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_known_before_anything_else_is() {
        let form = |line: &str| form(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(form("almanac -o json plam"), Some(Form::Json));
        assert_eq!(form("almanac plam --output=yaml"), Some(Form::Yaml));
        assert_eq!(form("almanac -ojson"), Some(Form::Json));
        assert_eq!(form("almanac --outputs json"), None);
    }
}
