//! Lines on standard output.

use std::io::{Error, ErrorKind, Write};
use std::sync::OnceLock;

use almanac_engine::EngineError;

/// What standard output is called in errors.
pub(crate) const STDOUT: &str = "standard output";

/// Why something could not be written, for the first that could not.
static REFUSED: OnceLock<Error> = OnceLock::new();

/// Prints a line. What refuses it is told by [`refused`] once the command is done.
pub(crate) fn line(text: impl std::fmt::Display) {
    printed(writeln!(std::io::stdout(), "{text}"));
}

/// Remembers why something could not be printed; a reader that has gone away (`| head`) is no error.
pub(crate) fn printed(outcome: std::io::Result<()>) {
    if let Err(error) = outcome
        && error.kind() != ErrorKind::BrokenPipe
    {
        REFUSED.get_or_init(|| error);
    }
}

/// The error of a command that could not print all that it had to say.
pub(crate) fn refused() -> Option<EngineError> {
    REFUSED.get().map(|error| EngineError::storage(STDOUT, again(error)))
}

/// The same error once more.
fn again(error: &Error) -> Error {
    match error.raw_os_error() {
        Some(code) => Error::from_raw_os_error(code),
        None => Error::new(error.kind(), error.to_string()),
    }
}
