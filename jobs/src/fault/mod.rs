//! Errors as people and scripts meet them: a code, what happened, where, the value and one thing to do.

pub(crate) mod code;
mod diagnosis;
mod query;

pub(crate) use diagnosis::{Diagnosis, diagnose};
pub(crate) use query::QueryFault;

use serde_json::json;

use code::Code;

use crate::cli::Form;
use crate::{look, output, signals};

/// Prints an error on standard error: one JSON line or a YAML document if that was asked for, else its message and what
/// explains it.
pub(crate) fn show(diagnosis: &Diagnosis) {
    let entry = diagnosis.code.entry();
    let look = look::get();
    if look.for_programs() {
        // which signal it was is no property of the code
        let exit = if diagnosis.code == Code::Interrupted { signals::code() } else { entry.exit };
        let error = json!({
            "code": entry.number, "what": entry.what, "where": diagnosis.place, "value": diagnosis.value,
            "fix": one_line(&diagnosis.fix), "message": one_line(&diagnosis.message), "exit_code": exit,
        });
        let document = json!({ "error": error });
        match look.form {
            Some(Form::Yaml) => eprintln!("---\n{}", output::yaml(&document).trim_end()),
            _ => eprintln!("{document}"),
        }
        return;
    }
    let (red, plain) = if look::colours(&std::io::stderr()) { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
    eprintln!("{red}error[{}]{plain}: {}", entry.number, diagnosis.message);
    if !diagnosis.message.contains(diagnosis.fix.as_str()) {
        eprintln!("  {}", diagnosis.fix);
    }
    eprintln!("  `almanac help {}` explains it", entry.number);
}

/// A text without its line breaks.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
