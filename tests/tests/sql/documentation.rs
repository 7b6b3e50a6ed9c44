//! The examples of docs/functions.md: each query answers what stands below it.

use std::path::Path;

use crate::warehouse::World;

/// Queries of a text with the answers that follow them.
fn examples(text: &str) -> Vec<(String, String)> {
    let mut lines = text.lines();
    let mut block = |mark: &str| -> Option<String> {
        lines.find(|line| *line == mark)?;
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        Some(body.join("\n"))
    };
    std::iter::from_fn(|| Some((block("```sql")?, block("```")?))).collect()
}

/// Runs every example.
pub(crate) fn check(world: &World) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/functions.md");
    let text = std::fs::read_to_string(path).unwrap();
    let examples = examples(&text);
    if examples.len() != text.lines().filter(|line| *line == "```sql").count() || examples.is_empty() {
        return Err("an example has no answer".into());
    }
    let told = examples.iter().filter_map(|(query, answer)| {
        let found = world.run(&["sql", "-c", query]);
        (found.trim_end() != answer).then(|| format!("{query}\n\nanswers\n{found}\nnot\n{answer}\n"))
    });
    match told.collect::<Vec<_>>() {
        told if told.is_empty() => Ok(()),
        told => Err(told.join("\n")),
    }
}

/// The test of this file.
pub(crate) const TEST: (&str, fn()) = ("examples_are_found", examples_are_found);

fn examples_are_found() {
    let text = "a\n```sql\nSELECT 1\n```\n```\n| 1 |\n```\nb\n```sql\nSELECT\n2\n```\n\n```\n| 2 |\n| 3 |\n```\n```sql\nx\n```\n";
    let found = examples(text);
    let pair = |query: &str, answer: &str| (query.to_owned(), answer.to_owned());
    assert_eq!(found, [pair("SELECT 1", "| 1 |"), pair("SELECT\n2", "| 2 |\n| 3 |")]);
}
