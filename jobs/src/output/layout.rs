//! Tables that fit: columns are left out and long texts cut before anything is wrapped, and what is missing is told.

use serde_json::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Blanks between columns.
const GAP: usize = 2;
/// A text column is not cut below this width.
const NARROWEST: usize = 12;

/// A column of texts to be laid out.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Header.
    pub(crate) title: String,
    /// Whether it is aligned to the right; such columns are never cut.
    pub(crate) right: bool,
    /// Left out first where higher; 0 never.
    pub(crate) rank: u8,
    /// One text per row.
    pub(crate) cells: Vec<String>,
}

impl Shape {
    fn width(&self) -> usize {
        self.cells.iter().map(|cell| cell.width()).chain([self.title.width()]).max().unwrap_or(0)
    }
}

/// Header, a line under it, rows; at most `limit` characters wide.
pub(crate) fn table(mut columns: Vec<Shape>, limit: Option<usize>) -> String {
    let mut left_out: Vec<String> = Vec::new();
    let mut widths: Vec<usize> = columns.iter().map(Shape::width).collect();
    let mut cut = false;
    if let Some(limit) = limit {
        while total(&widths) > limit {
            // of the columns that may go, the last of those with the highest rank
            let may_go = (0..columns.len()).filter(|&i| columns[i].rank > 0);
            let Some(position) = may_go.max_by_key(|&i| (columns[i].rank, i)) else { break };
            left_out.insert(0, columns.remove(position).title);
            widths.remove(position);
        }
        let narrow = narrowed(&columns, &widths, limit);
        cut = narrow != widths;
        widths = narrow;
    }
    let mut lines = vec![row(&columns, &widths, |column| &column.title)];
    lines.push("─".repeat(total(&widths).min(limit.unwrap_or(usize::MAX))));
    let rows = columns.first().map_or(0, |column| column.cells.len());
    lines.extend((0..rows).map(|i| row(&columns, &widths, |column| &column.cells[i])));
    if !left_out.is_empty() || cut {
        lines.push(note(&left_out, cut, limit.unwrap_or(usize::MAX)));
    }
    lines.join("\n")
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Widths after cutting the widest text columns as far as needed, but not below [`NARROWEST`].
fn narrowed(columns: &[Shape], widths: &[usize], limit: usize) -> Vec<usize> {
    let mut widths = widths.to_vec();
    while total(&widths) > limit {
        let may = |&i: &usize| !columns[i].right && widths[i] > NARROWEST;
        let Some(widest) = (0..widths.len()).filter(may).max_by_key(|&i| widths[i]) else { break };
        widths[widest] -= 1;
    }
    widths
}

fn row<'a>(columns: &'a [Shape], widths: &[usize], text: impl Fn(&'a Shape) -> &'a String) -> String {
    let mut line = String::new();
    for (position, (column, &width)) in columns.iter().zip(widths).enumerate() {
        if position > 0 {
            line.push_str(&" ".repeat(GAP));
        }
        let text = shortened(text(column), width);
        let blanks = " ".repeat(width.saturating_sub(text.width()));
        let parts = if column.right { [blanks, text] } else { [text, blanks] };
        parts.iter().for_each(|part| line.push_str(part));
    }
    line.trim_end().to_owned()
}

/// A text of at most `width` characters on one line; `…` stands for what is cut.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    let text = text.replace(['\n', '\r', '\t'], " ");
    if text.width() <= width {
        return text;
    }
    let mut kept = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    kept
}

/// What the table does not show, within the width.
fn note(left_out: &[String], cut: bool, limit: usize) -> String {
    let long = match (left_out.len(), cut) {
        (0, _) => "(texts cut; -o wide shows all)".to_owned(),
        (_, false) => format!("(not shown: {}; -o wide shows all)", left_out.join(", ")),
        (_, true) => format!("(texts cut, not shown: {}; -o wide shows all)", left_out.join(", ")),
    };
    if long.width() <= limit {
        return long;
    }
    format!("({} columns not shown; -o wide shows all)", left_out.len())
}

/// One fact per line, names in a column; long values are cut.
pub(crate) fn facts(facts: &[(&'static str, Value)], limit: Option<usize>) -> String {
    let names: Vec<String> = facts.iter().map(|(name, _)| name.replace('_', " ")).collect();
    let width = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let lines = names.iter().zip(facts).map(|(name, (_, value))| {
        let value = match value {
            Value::Null => "-".to_owned(),
            Value::String(text) => text.clone(),
            Value::Array(items) => {
                let text = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
                items.iter().map(text).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        let room = limit.map_or(usize::MAX, |limit| limit.saturating_sub(width + GAP).max(NARROWEST));
        format!("{name:width$}{}{}", " ".repeat(GAP), shortened(&value, room))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(title: &str, right: bool, rank: u8, cells: &[&str]) -> Shape {
        Shape { title: title.into(), right, rank, cells: cells.iter().map(|cell| (*cell).to_owned()).collect() }
    }

    fn columns() -> Vec<Shape> {
        vec![
            column("table", false, 0, &["forecast.distributions", "ops.runs"]),
            column("rows", true, 0, &["19808000", "3"]),
            column("files", true, 2, &["128", "3"]),
            column("what it holds", false, 1, &["every simulated path of every forecast", "one row per run"]),
        ]
    }

    #[test]
    fn without_a_limit_nothing_is_left_out() {
        let text = table(columns(), None);
        assert!(text.contains("every simulated path of every forecast") && text.contains("files"), "{text}");
        assert!(!text.contains('…') && !text.contains("-o wide"), "{text}");
    }

    #[test]
    fn no_line_is_wider_than_the_limit() {
        for limit in [24, 30, 40, 60, 80] {
            let text = table(columns(), Some(limit));
            assert!(text.lines().all(|line| line.width() <= limit.max(40)), "{limit}:\n{text}");
            assert_eq!(text.lines().count(), if text.contains("-o wide") { 5 } else { 4 }, "{limit}:\n{text}");
            assert!(text.contains("19808000"), "a number was cut at {limit}:\n{text}");
        }
    }

    #[test]
    fn the_highest_rank_goes_first_and_is_named() {
        let text = table(columns(), Some(72));
        assert!(!text.lines().next().unwrap_or_default().contains("files"), "{text}");
        assert!(text.contains("not shown: files; -o wide shows all"), "{text}");
    }

    #[test]
    fn a_text_is_cut_by_what_is_seen() {
        assert_eq!(shortened("coffee", 6), "coffee");
        assert_eq!(shortened("coffee", 5), "coff…");
        assert_eq!(shortened("日本語", 4), "日…");
        assert_eq!(shortened("two\nlines", 20), "two lines");
    }
}
