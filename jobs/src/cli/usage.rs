//! Arguments that are not understood, and requests for help that end the parsing.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Form, Output, help};
use crate::fault::{self, Diagnosis, code::Code};
use crate::{look, show};

/// Said of a value that is needed and was not given.
const ABSENT: &str = "absent";
/// What the parser suggests, by what it is for.
const MEANT: [ContextKind; 3] =
    [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
/// Beginnings of the lines in which the parser lists what is accepted.
const LISTS: [&str; 2] = ["[possible values:", "[subcommands:"];

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
            show::printed(self.error.print());
            return self.error.exit_code();
        }
        look::set(&Output { output: self.form, ..Output::default() });
        fault::show(&self.diagnosis());
        self.error.exit_code()
    }

    fn diagnosis(&self) -> Diagnosis {
        let (place, value) = self.blamed();
        let (code, message, fix) = (self.code(), self.message(), self.fix());
        Diagnosis { code, place: Some(place), value: Some(value), fix, message }
    }

    /// What the parser says, without its suggestions and lists, which are the fix.
    fn message(&self) -> String {
        let rendered = self.error.render().to_string();
        let lines = rendered.lines().map(str::trim).take_while(|line| !line.is_empty());
        let said: Vec<&str> = lines.filter(|line| !LISTS.iter().any(|list| line.starts_with(*list))).collect();
        said.join(" ").trim_start_matches("error: ").to_owned()
    }

    fn fix(&self) -> String {
        let first = |kinds: &[ContextKind]| kinds.iter().find_map(|&kind| self.texts(kind));
        if let Some(meant) = first(&MEANT) {
            // the parser's most likely one is the last
            return format!("did you mean {}?", meant.into_iter().rev().collect::<Vec<_>>().join(", "));
        }
        if let Some(accepted) = first(&[ContextKind::ValidValue, ContextKind::ValidSubcommand]) {
            return chosen(accepted.into_iter().filter(|name| !help::is_hidden(name)));
        }
        let usage = self.usage();
        match (self.error.kind(), self.text(ContextKind::InvalidArg)) {
            (ErrorKind::MissingRequiredArgument, Some(missing)) => {
                let choices = help::choices(&usage, &missing);
                if choices.is_empty() { format!("give {missing}: `{usage}`") } else { chosen(choices.into_iter()) }
            }
            (ErrorKind::InvalidValue, Some(argument)) => format!("give it as {argument}"),
            (ErrorKind::ValueValidation, Some(argument)) => match form_of(&argument, &self.message()) {
                Some(form) => format!("give {argument} as {form}"),
                None => self.code().entry().fix.to_owned(),
            },
            _ => self.code().entry().fix.to_owned(),
        }
    }

    /// How the command is called, as the parser tells it.
    fn usage(&self) -> String {
        match self.error.get(ContextKind::Usage) {
            Some(ContextValue::StyledStr(usage)) => {
                let text = usage.to_string();
                let words = text.trim_start_matches("Usage:").split_whitespace();
                words.collect::<Vec<_>>().join(" ")
            }
            _ => String::new(),
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
        self.texts(kind).map(|texts| texts.join(", "))
    }

    /// What the parser tells of a kind; none where that is nothing.
    fn texts(&self, kind: ContextKind) -> Option<Vec<String>> {
        let texts = match self.error.get(kind)? {
            ContextValue::String(text) => vec![text.clone()],
            ContextValue::Strings(texts) => texts.clone(),
            ContextValue::Number(number) => vec![number.to_string()],
            _ => return None,
        };
        texts.iter().any(|text| !text.is_empty()).then_some(texts)
    }
}

/// What a value has to look like, where the words of its parser do not say so.
fn form_of(argument: &str, message: &str) -> Option<&'static str> {
    const OF_WHOLE_NUMBERS: [&str; 3] = ["invalid digit", "integer", "number too"];
    if argument.ends_with("<DATE>") {
        return Some("a day such as 2025-06-30");
    }
    if OF_WHOLE_NUMBERS.iter().any(|words| message.contains(words)) {
        return Some("a whole number in its range");
    }
    message.contains("invalid float").then_some("a number")
}

fn chosen(names: impl Iterator<Item = String>) -> String {
    format!("choose one of {}", names.collect::<Vec<_>>().join(", "))
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
#[allow(clippy::panic)]
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

    /// The diagnosis of a command line.
    fn refused(line: &str) -> Diagnosis {
        match help::parse(line.split(' ').map(OsString::from)) {
            Err(refusal) => refusal.diagnosis(),
            Ok(_) => panic!("{line} is understood"),
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = refused("almanac -o json describe");
        assert_eq!(missing.message, "the following required arguments were not provided: <TABLE>");
        assert!(missing.fix.starts_with("give <TABLE>: `almanac describe ") && missing.fix.ends_with("<TABLE>`"));
        assert_eq!(refused("almanac -o json maintain").fix, "choose one of optimize, vacuum, checkpoint");
        let file = refused("almanac sql -f");
        assert_eq!(file.message, "a value is required for '--file <FILE>' but none was supplied");
        assert_eq!((file.code, file.fix.as_str()), (Code::Usage, "give it as --file <FILE>"));
        let command = refused("almanac -o json");
        assert!(command.fix.starts_with("choose one of init, ") && !command.fix.contains("reference"), "{command:?}");
        assert!(!command.message.contains('['), "{command:?}");
    }

    #[test]
    fn what_is_most_likely_meant_comes_first() {
        assert_eq!(refused("almanac plam").fix, "did you mean plan, explain?");
        assert_eq!(refused("almanac sql --fil a").fix, "did you mean --file?");
        assert_eq!(refused("almanac -o jsn plan").fix, "did you mean json?");
        assert_eq!(refused("almanac --paths abc plan").fix, "give --paths <N> as a whole number in its range");
        let choice = refused("almanac maintain all");
        assert_eq!((choice.code, choice.fix.as_str()), (Code::Flag, "choose one of optimize, vacuum, checkpoint"));
        assert_eq!(choice.message, "invalid value 'all' for '<WHAT>'");
    }
}
