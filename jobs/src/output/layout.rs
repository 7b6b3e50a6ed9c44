//! Tables that fit: prose is wrapped within its column, then columns are left out and long texts cut, and what is missing
//! is told. No line is wider than the terminal, so that rows stay rows.

use serde_json::Value;
use textwrap::{Options, WordSplitter};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Blanks between columns.
const GAP: usize = 2;
/// A text column is not cut below this width.
const NARROWEST: usize = 12;
/// A column of prose gives way to others down to this width: four words or so stand beside each other.
const NARROWEST_PROSE: usize = 24;

/// A column of texts to be laid out.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Header.
    pub(crate) title: String,
    /// Whether it is aligned to the right; such columns are never cut.
    pub(crate) right: bool,
    /// Left out first where higher; 0 never.
    pub(crate) rank: u8,
    /// Whether its texts are sentences, which are wrapped and not cut.
    pub(crate) prose: bool,
    /// One text per row.
    pub(crate) cells: Vec<String>,
}

impl Shape {
    fn width(&self) -> usize {
        self.cells.iter().map(|cell| cell.width()).chain([self.title.width()]).max().unwrap_or(0)
    }

    /// The width that it needs.
    fn least(&self) -> usize {
        if self.prose { self.width().min(NARROWEST_PROSE) } else { self.width() }
    }
}

/// Header, a line under it, rows; at most `limit` characters wide. `advice` says what shows the rest.
pub(crate) fn table(mut columns: Vec<Shape>, limit: Option<usize>, advice: &str) -> String {
    let mut left_out: Vec<String> = Vec::new();
    let mut widths: Vec<usize> = columns.iter().map(Shape::width).collect();
    let mut cut = false;
    if let Some(limit) = limit {
        let mut least: Vec<usize> = columns.iter().map(Shape::least).collect();
        while total(&least) > limit {
            // of the columns that may go, the last of those with the highest rank
            let may_go = (0..columns.len()).filter(|&i| columns[i].rank > 0);
            let Some(position) = may_go.max_by_key(|&i| (columns[i].rank, i)) else { break };
            left_out.insert(0, columns.remove(position).title);
            widths.remove(position);
            least.remove(position);
        }
        widths = narrowed(&widths, limit, |widths, i| widths[i] > least[i]);
        // words one below the other are read, and cut ones are not
        let full = narrowed(&widths, limit, |widths, i| columns[i].prose && widths[i] > NARROWEST);
        widths = narrowed(&full, limit, |widths, i| !columns[i].right && widths[i] > NARROWEST);
        cut = (0..columns.len()).any(|i| widths[i] < full[i] && !columns[i].prose);
    }
    let titles: Vec<Vec<String>> =
        columns.iter().zip(&widths).map(|(column, &width)| vec![shortened(&column.title, width)]).collect();
    let mut lines = row(&columns, &widths, &titles);
    lines.push("─".repeat(total(&widths).min(limit.unwrap_or(usize::MAX))));
    for i in 0..columns.first().map_or(0, |column| column.cells.len()) {
        let cell = |(column, &width): (&Shape, &usize)| match column.prose {
            true => wrapped(&column.cells[i], width),
            false => vec![shortened(&column.cells[i], width)],
        };
        let cells: Vec<Vec<String>> = columns.iter().zip(&widths).map(cell).collect();
        lines.extend(row(&columns, &widths, &cells));
    }
    if !left_out.is_empty() || cut {
        lines.push(note(&left_out, cut, limit.unwrap_or(usize::MAX), advice));
    }
    lines.join("\n")
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Widths after narrowing the widest columns that may be, as far as needed.
fn narrowed(widths: &[usize], limit: usize, may: impl Fn(&[usize], usize) -> bool) -> Vec<usize> {
    let mut widths = widths.to_vec();
    while total(&widths) > limit {
        let Some(widest) = (0..widths.len()).filter(|&i| may(&widths, i)).max_by_key(|&i| widths[i]) else { break };
        widths[widest] -= 1;
    }
    widths
}

/// The lines of a row, whose cells have one or several.
fn row(columns: &[Shape], widths: &[usize], cells: &[Vec<String>]) -> Vec<String> {
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |place: usize| {
        let mut line = String::new();
        for (position, (column, &width)) in columns.iter().zip(widths).enumerate() {
            if position > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            let text = cells[position].get(place).map_or("", String::as_str);
            let blanks = " ".repeat(width.saturating_sub(text.width()));
            let parts = if column.right { [blanks.as_str(), text] } else { [text, blanks.as_str()] };
            parts.iter().for_each(|part| line.push_str(part));
        }
        line.trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

/// A text in lines of at most `width` characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let text = text.replace(['\n', '\r', '\t'], " ");
    if text.width() <= width {
        return vec![text];
    }
    // options and names of commands keep their hyphens beside them
    let options = Options::new(width.max(1)).word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(&text, options).into_iter().map(|line| line.into_owned()).collect()
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
fn note(left_out: &[String], cut: bool, limit: usize, advice: &str) -> String {
    let long = match (left_out.len(), cut) {
        (0, _) => format!("(texts cut; {advice} shows all)"),
        (_, false) => format!("(not shown: {}; {advice} shows all)", left_out.join(", ")),
        (_, true) => format!("(texts cut, not shown: {}; {advice} shows all)", left_out.join(", ")),
    };
    if long.width() <= limit {
        return long;
    }
    format!("({} columns not shown; {advice} shows all)", left_out.len())
}

/// One fact after the other, names in a column; long values go on below themselves.
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
        let below = format!("\n{}", " ".repeat(width + GAP));
        format!("{name:width$}{}{}", " ".repeat(GAP), wrapped(&value, room).join(&below))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(title: &str, right: bool, rank: u8, cells: &[&str]) -> Shape {
        let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
        Shape { title: title.into(), right, rank, prose: false, cells }
    }

    fn table(columns: Vec<Shape>, limit: Option<usize>) -> String {
        super::table(columns, limit, "-o wide")
    }

    #[test]
    fn prose_is_wrapped_within_its_column() {
        let what = "every simulated path of every forecast, as `--param` has it";
        let mut columns = columns();
        columns[3] = Shape { prose: true, ..column("what it holds", false, 1, &[what, "one row per run"]) };
        let text = table(columns, Some(76));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().all(|line| line.width() <= 76) && lines.len() > 4, "{text}");
        // what goes on stands below its beginning, and the next row has a line of its own
        let at = lines[0].find("what it holds").unwrap_or_default();
        let joined: Vec<&str> = lines[2..lines.len() - 1].iter().map(|line| line[at..].trim()).collect();
        assert_eq!(joined.join(" "), what);
        assert!(lines[3][..at].trim().is_empty() && lines[lines.len() - 1].starts_with("ops.runs"), "{text}");
        assert!(!text.contains('…') && !text.contains("shows all"), "{text}");
    }

    #[test]
    fn facts_go_on_below_themselves() {
        let text = facts(&[("what", Value::from("a sentence of several words")), ("rows", Value::from(3))], Some(20));
        assert_eq!(text, "what  a sentence of\n      several words\nrows  3");
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
