//! Long texts on a terminal: through `$PAGER`, or `less -FRSX` where none is set.

use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};

use unicode_width::UnicodeWidthStr;

use crate::show;

/// Options of `less`, which leaves what it showed on the screen and does not wrap rows.
const LESS: &str = "FRSX";
/// What a shell ends with where a program is not there.
const NOT_FOUND: i32 = 127;

/// Prints a text, paged if it is longer or wider than the terminal.
pub(super) fn show(text: &str) {
    if !shows(text) {
        show::line(text);
    }
}

/// Whether a text is longer or wider than the terminal and a pager showed it.
pub(super) fn shows(text: &str) -> bool {
    !fits(text) && paged(text)
}

fn fits(text: &str) -> bool {
    if !std::io::stdout().is_terminal() {
        return true;
    }
    let Some((width, height)) = terminal_size::terminal_size_of(std::io::stdout()) else { return true };
    let (width, height) = (usize::from(width.0), usize::from(height.0));
    width == 0 || height == 0 || (text.lines().count() < height && text.lines().all(|line| line.width() <= width))
}

/// Whether a pager showed it.
fn paged(text: &str) -> bool {
    let mut command = match std::env::var("PAGER") {
        Ok(pager) if pager.trim().is_empty() || pager == "cat" => return false,
        Ok(pager) => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &pager]);
            shell
        }
        Err(_) => Command::new("less"),
    };
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", LESS);
    }
    let Ok(mut child) = command.stdin(Stdio::piped()).spawn() else { return false };
    if let Some(mut input) = child.stdin.take() {
        // whoever leaves the pager early has seen enough
        let _ = writeln!(input, "{text}");
    }
    child.wait().is_ok_and(|status| status.code() != Some(NOT_FOUND))
}
