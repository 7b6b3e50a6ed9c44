//! Markdown: what the pages are made of.

/// A page as it grows.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
}

impl Page {
    /// A page with its title, where it comes from, and its first paragraph.
    pub(super) fn new(title: &str, first: &str) -> Self {
        let mut page = Self { text: format!("# {title}\n") };
        page.paragraph(first);
        page.paragraph("This page is written from the code by `almanac reference docs/reference`.");
        page
    }

    pub(super) fn heading(&mut self, level: usize, text: &str) {
        self.text.push_str(&format!("\n{} {text}\n", "#".repeat(level)));
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.text.push_str(&format!("\n{text}\n"));
    }

    /// Lines as they stand, of a language.
    pub(super) fn code(&mut self, language: &str, lines: &str) {
        self.text.push_str(&format!("\n```{language}\n{}\n```\n", lines.trim_end()));
    }

    /// A table; nothing where it has no rows.
    pub(super) fn table<const N: usize>(&mut self, head: [&str; N], rows: &[[String; N]]) {
        if rows.is_empty() {
            return;
        }
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        self.text.push('\n');
        self.text.push_str(&line(&head.map(str::to_owned)));
        self.text.push_str(&format!("{}|\n", "|---".repeat(N)));
        for row in rows {
            self.text.push_str(&line(row));
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A text that may stand in a cell: on one line, without signs that would end the cell or begin a tag.
pub(super) fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('|', "\\|").replace('<', "&lt;")
}

/// A name or value as code in a cell.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// Names as code, separated by commas; a dash for none.
pub(super) fn codes<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => "–".to_owned(),
        names => names.iter().map(|name| code(name.as_ref())).collect::<Vec<_>>().join(", "),
    }
}

/// A text that ends as a sentence does.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_cells() {
        assert_eq!(cell("a | b\n <c>"), "a \\| b &lt;c>");
        let mut page = Page::new("T", "First.");
        page.table(["a", "b"], &[]);
        page.table(["a", "b"], &[[code("x|y"), sentence("done")]]);
        assert!(page.finish().ends_with("\n| a | b |\n|---|---|\n| `x\\|y` | done. |\n"));
    }
}
