//! What a terminal sends, key by key; what is pasted is told from what is typed.

use std::io::{self, Read, Write};

use termion::event::{Event, Key};
use termion::input::{Events, TermRead};

/// Asks a terminal to set marks around what is pasted, and not to.
const ASK: &str = "\x1b[?2004h";
const LEAVE: &str = "\x1b[?2004l";
/// The marks.
const BEGINS: &[u8] = b"\x1b[200~";
const ENDS: &[u8] = b"\x1b[201~";

/// One of them.
#[derive(Debug, PartialEq)]
pub(super) enum Stroke {
    /// A key; also the end of a line that is pasted.
    Key(Key),
    /// A character that stands for itself, a tab too.
    Pasted(char),
}

/// Those that come from a terminal.
pub(super) struct Strokes<R> {
    events: Events<R>,
    pasting: bool,
}

impl<R: Read> Strokes<R> {
    pub(super) fn of(terminal: R) -> Self {
        Self { events: terminal.events(), pasting: false }
    }
}

impl<R: Read> Iterator for Strokes<R> {
    type Item = io::Result<Stroke>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.events.next()? {
                Err(error) => return Some(Err(error)),
                Ok(Event::Unsupported(bytes)) if bytes == BEGINS => self.pasting = true,
                Ok(Event::Unsupported(bytes)) if bytes == ENDS => self.pasting = false,
                Ok(Event::Key(Key::Char(character))) if self.pasting && character != '\n' => {
                    return Some(Ok(Stroke::Pasted(character)));
                }
                Ok(Event::Key(key)) => {
                    // where the mark at the end was lost, a person can still get out
                    if key == Key::Ctrl('c') {
                        self.pasting = false;
                    }
                    if !self.pasting || key == Key::Char('\n') {
                        return Some(Ok(Stroke::Key(key)));
                    }
                }
                Ok(_) => {}
            }
        }
    }
}

/// The terminal's marks around what is pasted, for as long as this is kept.
pub(super) struct Marks;

impl Marks {
    pub(super) fn ask() -> io::Result<Self> {
        said(ASK).map(|()| Self)
    }
}

impl Drop for Marks {
    fn drop(&mut self) {
        // a terminal that is gone has nothing to be pasted
        let _ = said(LEAVE);
    }
}

fn said(text: &str) -> io::Result<()> {
    let mut screen = io::stdout();
    screen.write_all(text.as_bytes())?;
    screen.flush()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn strokes(bytes: &[u8]) -> Vec<Stroke> {
        Strokes::of(bytes).map(|stroke| stroke.unwrap()).collect()
    }

    #[test]
    fn what_is_pasted_stands_for_itself() {
        let key = |character: char| Stroke::Key(Key::Char(character));
        let pasted = Stroke::Pasted;
        assert_eq!(
            strokes(b"a\t\x1b[200~b\tc\r\x1b[A\x01d\x1b[201~\t"),
            [key('a'), key('\t'), pasted('b'), pasted('\t'), pasted('c'), key('\n'), pasted('d'), key('\t')]
        );
    }

    #[test]
    fn a_lost_mark_is_no_prison() {
        let told = strokes(b"\x1b[200~a\x03\t");
        let keys = [Key::Ctrl('c'), Key::Char('\t')].map(Stroke::Key);
        assert!(told[0] == Stroke::Pasted('a') && told[1..] == keys, "{told:?}");
    }
}
