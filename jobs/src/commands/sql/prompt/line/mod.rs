//! Lines from a terminal: editing, history and completion. Raw only while a line is read, so that Ctrl-C is a key then
//! and a signal otherwise.
//!
//! Keys are read by `termion`. The crates that edit lines (rustyline, reedline) turn on features of `libc` or `mio`, on which
//! the whole engine stack rests.

mod buffer;
mod history;
mod strokes;

use std::fs::File;
use std::io::{self, Write};

use termion::event::Key;
use termion::raw::IntoRawMode;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use buffer::Buffer;
pub(super) use history::History;
use strokes::{Marks, Stroke, Strokes};

/// What Tab gives where there is no word before it.
const INDENT: &str = "    ";

/// What Tab offers, and when what was entered is complete.
pub(super) trait Guide {
    /// The byte where the word before the cursor begins, and what it may become.
    fn offers(&self, entered: &str, before: &str) -> (usize, Vec<String>);
    /// Whether nothing more is needed.
    fn is_complete(&self, entered: &str) -> bool;
}

/// What came of asking for lines.
#[derive(Debug, PartialEq)]
pub(super) enum Entered {
    /// A complete entry of one or more lines.
    Text(String),
    /// Ctrl-C: what was entered is dropped.
    Dropped,
    /// Ctrl-D on an empty line, or the terminal is gone.
    End,
}

/// A terminal that lines are read from.
pub(super) struct Lines {
    strokes: Strokes<File>,
    pub(super) history: History,
}

/// How a key ends a line.
enum End {
    Line,
    Dropped,
    Input,
}

impl Lines {
    /// Of the terminal of this process.
    ///
    /// # Errors
    /// Where it has none.
    pub(super) fn open(history: History) -> io::Result<Self> {
        Ok(Self { strokes: Strokes::of(termion::get_tty()?), history })
    }

    /// Reads an entry, whose first line follows `prompt` and whose others follow `more`.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(super) fn read(&mut self, prompt: &str, more: &str, guide: &impl Guide) -> io::Result<Entered> {
        let _marks = Marks::ask()?;
        let mut entered = String::new();
        loop {
            let prompt = if entered.is_empty() { prompt } else { more };
            let (line, end) = self.line(prompt, &entered, guide)?;
            match end {
                End::Dropped => return Ok(Entered::Dropped),
                End::Input => return Ok(Entered::End),
                End::Line => entered.push_str(&line),
            }
            if guide.is_complete(&entered) {
                self.history.add(&entered);
                return Ok(Entered::Text(entered));
            }
            entered.push('\n');
        }
    }

    /// Reads one line; `earlier` lines belong to the same entry.
    fn line(&mut self, prompt: &str, earlier: &str, guide: &impl Guide) -> io::Result<(String, End)> {
        let mut screen = io::stdout().into_raw_mode()?;
        let mut buffer = Buffer::default();
        // beyond the last entry stands what is being written
        let mut place = self.history.len();
        let mut draft = String::new();
        draw(&mut screen, prompt, &buffer)?;
        let end = loop {
            let Some(stroke) = self.strokes.next() else { break End::Input };
            let key = match stroke? {
                Stroke::Key(key) => key,
                Stroke::Pasted(character) => {
                    buffer.insert(character);
                    draw(&mut screen, prompt, &buffer)?;
                    continue;
                }
            };
            match key {
                Key::Char('\n' | '\r') => break End::Line,
                Key::Ctrl('c') => break End::Dropped,
                Key::Ctrl('d') if buffer.is_empty() => break End::Input,
                Key::Char('\t') if buffer.before().trim().is_empty() => {
                    INDENT.chars().for_each(|blank| buffer.insert(blank));
                }
                Key::Char('\t') => complete(&mut screen, earlier, &mut buffer, guide)?,
                Key::Up | Key::Ctrl('p') if place > 0 => {
                    if place == self.history.len() {
                        draft = buffer.text();
                    }
                    place -= 1;
                    buffer = Buffer::of(self.history.get(place).unwrap_or_default());
                }
                Key::Down | Key::Ctrl('n') if place < self.history.len() => {
                    place += 1;
                    buffer = Buffer::of(self.history.get(place).unwrap_or(&draft));
                }
                Key::Ctrl('l') => write!(screen, "{}{}", termion::clear::All, termion::cursor::Goto(1, 1))?,
                key => edit(&mut buffer, key),
            }
            draw(&mut screen, prompt, &buffer)?;
        };
        buffer.end();
        draw(&mut screen, prompt, &buffer)?;
        write!(screen, "{}\r\n", if matches!(end, End::Dropped) { "^C" } else { "" })?;
        screen.flush()?;
        Ok((buffer.text(), end))
    }
}

/// Keys that change the line or move in it.
fn edit(buffer: &mut Buffer, key: Key) {
    match key {
        Key::Char(character) => buffer.insert(character),
        Key::Backspace | Key::Ctrl('h') => buffer.delete_before(),
        Key::Delete | Key::Ctrl('d') => buffer.delete_at(),
        Key::Left | Key::Ctrl('b') => buffer.move_by(-1),
        Key::Right | Key::Ctrl('f') => buffer.move_by(1),
        Key::Home | Key::Ctrl('a') => buffer.home(),
        Key::End | Key::Ctrl('e') => buffer.end(),
        Key::Alt('b') | Key::CtrlLeft => buffer.move_word(false),
        Key::Alt('f') | Key::CtrlRight => buffer.move_word(true),
        Key::Ctrl('w') => buffer.delete_word(),
        Key::Ctrl('u') => buffer.delete_to_start(),
        Key::Ctrl('k') => buffer.delete_to_end(),
        _ => {}
    }
}

/// Writes as much of the word as is certain, and lists what it may become where that is nothing new.
fn complete(screen: &mut impl Write, earlier: &str, buffer: &mut Buffer, guide: &impl Guide) -> io::Result<()> {
    let before = buffer.before();
    let (start, offers) = guide.offers(&format!("{earlier}{}", buffer.text()), &before);
    let (Some(first), written) = (offers.first(), before.len() - start) else { return Ok(()) };
    let shared = offers.iter().fold(first.as_str(), |shared, offer| common(shared, offer));
    if offers.len() == 1 || shared.len() > written {
        buffer.replace_from(before[..start].chars().count(), shared);
        return Ok(());
    }
    let width = offers.iter().map(|offer| offer.width()).max().unwrap_or(0) + 2;
    let columns = (usize::from(termion::terminal_size().map_or(80, |(width, _)| width.max(20))) / width).max(1);
    for row in offers.chunks(columns) {
        let row: String = row.iter().map(|offer| format!("{offer:<width$}")).collect();
        write!(screen, "\r\n{}", row.trim_end())?;
    }
    write!(screen, "\r\n")
}

/// What two texts begin with, whatever the case, as the first has it.
fn common<'a>(a: &'a str, b: &str) -> &'a str {
    let same = a.char_indices().zip(b.chars()).find(|((_, a), b)| !a.eq_ignore_ascii_case(b));
    let end = same.map_or_else(|| a.chars().zip(b.chars()).map(|(a, _)| a.len_utf8()).sum(), |((at, _), _)| at);
    &a[..end]
}

/// Draws the part of a line that fits, with the cursor in it.
fn draw(screen: &mut impl Write, prompt: &str, buffer: &Buffer) -> io::Result<()> {
    let width = usize::from(termion::terminal_size().map_or(80, |(width, _)| width.max(20)));
    let room = width.saturating_sub(prompt.width() + 1);
    // a tab that was pasted takes one place, as it does in the line
    let visible = |character: char| if character == '\t' { ' ' } else { character };
    let mut shown: Vec<char> = buffer.before().chars().map(visible).collect();
    let used = |characters: &[char]| characters.iter().map(|c| c.width().unwrap_or(0)).sum::<usize>();
    let hidden = (0..=shown.len()).find(|&from| used(&shown[from..]) <= room).unwrap_or(shown.len());
    shown.drain(..hidden);
    let column = prompt.width() + used(&shown);
    for character in buffer.after().chars().map(visible) {
        if used(&shown) + character.width().unwrap_or(0) > room {
            break;
        }
        shown.push(character);
    }
    let text: String = shown.into_iter().collect();
    write!(screen, "\r{prompt}{text}{}\r", termion::clear::UntilNewline)?;
    if column > 0 {
        write!(screen, "{}", termion::cursor::Right(u16::try_from(column).unwrap_or(u16::MAX)))?;
    }
    screen.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_offers_share_is_written() {
        assert_eq!(common("forecast.paths", "forecast.points"), "forecast.p");
        assert_eq!(common("abc", "ab"), "ab");
        assert_eq!(common("été", "étage"), "ét");
        assert_eq!(common("SELECT", "selected"), "SELECT");
    }

    #[test]
    fn a_tab_is_drawn_as_a_blank() {
        let mut screen = Vec::new();
        assert!(draw(&mut screen, "> ", &Buffer::of("a\tb")).is_ok());
        let text = String::from_utf8_lossy(&screen).into_owned();
        assert!(text.contains("\r> a b") && !text.contains('\t'), "{text:?}");
    }

    #[test]
    fn a_long_line_is_drawn_around_the_cursor() {
        let mut screen = Vec::new();
        assert!(draw(&mut screen, "> ", &Buffer::of(&"x".repeat(500))).is_ok());
        let text = String::from_utf8_lossy(&screen).into_owned();
        assert!(text.matches('x').count() < 500 && text.contains("\r> x"), "{text:?}");
    }
}
