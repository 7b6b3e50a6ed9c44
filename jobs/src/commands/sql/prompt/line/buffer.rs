//! One line being edited: its characters and the place of the cursor.

/// Characters before which the cursor can stand.
#[derive(Debug, Default, Clone)]
pub(super) struct Buffer {
    characters: Vec<char>,
    cursor: usize,
}

impl Buffer {
    /// A text with the cursor at its end.
    pub(super) fn of(text: &str) -> Self {
        let characters: Vec<char> = text.chars().collect();
        Self { cursor: characters.len(), characters }
    }

    pub(super) fn text(&self) -> String {
        self.characters.iter().collect()
    }

    pub(super) fn before(&self) -> String {
        self.characters[..self.cursor].iter().collect()
    }

    pub(super) fn after(&self) -> String {
        self.characters[self.cursor..].iter().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.characters.is_empty()
    }

    pub(super) fn insert(&mut self, character: char) {
        self.characters.insert(self.cursor, character);
        self.cursor += 1;
    }

    /// Puts a text in place of what stands between a character and the cursor.
    pub(super) fn replace_from(&mut self, start: usize, text: &str) {
        self.characters.splice(start.min(self.cursor)..self.cursor, text.chars());
        self.cursor = start.min(self.cursor) + text.chars().count();
    }

    pub(super) fn move_by(&mut self, step: isize) {
        self.cursor = self.cursor.saturating_add_signed(step).min(self.characters.len());
    }

    pub(super) fn home(&mut self) {
        self.cursor = 0;
    }

    pub(super) fn end(&mut self) {
        self.cursor = self.characters.len();
    }

    /// To the beginning of the word before the cursor, or to the end of the one after it.
    pub(super) fn move_word(&mut self, forward: bool) {
        self.cursor = if forward { self.word_end() } else { self.word_start() };
    }

    pub(super) fn delete_before(&mut self) {
        if self.cursor > 0 {
            self.cursor -= 1;
            self.characters.remove(self.cursor);
        }
    }

    pub(super) fn delete_at(&mut self) {
        if self.cursor < self.characters.len() {
            self.characters.remove(self.cursor);
        }
    }

    pub(super) fn delete_word(&mut self) {
        let start = self.word_start();
        self.characters.drain(start..self.cursor);
        self.cursor = start;
    }

    pub(super) fn delete_to_start(&mut self) {
        self.characters.drain(..self.cursor);
        self.cursor = 0;
    }

    pub(super) fn delete_to_end(&mut self) {
        self.characters.truncate(self.cursor);
    }

    fn word_start(&self) -> usize {
        let is_word = |i: &usize| self.characters[*i].is_alphanumeric();
        let end = (0..self.cursor).rev().find(is_word).map_or(0, |i| i + 1);
        (0..end).rev().find(|i| !is_word(i)).map_or(0, |i| i + 1)
    }

    fn word_end(&self) -> usize {
        let (length, is_word) = (self.characters.len(), |i: &usize| self.characters[*i].is_alphanumeric());
        let start = (self.cursor..length).find(is_word).unwrap_or(length);
        (start..length).find(|i| !is_word(i)).unwrap_or(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_deleted_and_passed() {
        let mut buffer = Buffer::of("SELECT abc, dé");
        buffer.delete_word();
        assert_eq!(buffer.text(), "SELECT abc, ");
        buffer.move_word(false);
        assert_eq!((buffer.before(), buffer.after()), ("SELECT ".to_owned(), "abc, ".to_owned()));
        buffer.insert('x');
        buffer.move_word(true);
        assert_eq!(buffer.before(), "SELECT xabc");
        buffer.delete_to_end();
        buffer.home();
        buffer.delete_at();
        assert_eq!(buffer.text(), "ELECT xabc");
    }

    #[test]
    fn a_completion_replaces_the_word_before_the_cursor() {
        let mut buffer = Buffer::of("FROM poi WHERE");
        buffer.move_by(-6);
        buffer.replace_from(5, "point_forecasts");
        assert_eq!(buffer.text(), "FROM point_forecasts WHERE");
        assert_eq!(buffer.before(), "FROM point_forecasts");
    }

    #[test]
    fn the_ends_hold() {
        let mut buffer = Buffer::default();
        buffer.delete_before();
        buffer.delete_at();
        buffer.delete_word();
        buffer.move_by(-3);
        buffer.move_by(3);
        buffer.move_word(true);
        assert!(buffer.is_empty());
    }
}
