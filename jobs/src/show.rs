//! Lines on standard output.

/// Prints a line; a reader that has gone away (`| head`) is no error.
pub(crate) fn line(text: impl std::fmt::Display) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}
