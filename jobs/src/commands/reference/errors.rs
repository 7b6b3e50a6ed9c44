//! Codes of errors.

use super::page::{Page, cell};
use crate::fault::code;

pub(super) fn page() -> String {
    let mut page = Page::new(
        "Codes of errors",
        "[Errors](../errors.md) says how they are told; `almanac help E0402` explains one at the prompt.",
    );
    let rows: Vec<[String; 4]> = code::ALL
        .iter()
        .map(|entry| [entry.number.to_owned(), entry.exit.to_string(), cell(entry.what), cell(entry.fix)])
        .collect();
    page.table(["code", "exit", "what", "what to do"], &rows);
    for entry in &code::ALL {
        page.heading(2, &format!("{}: {}", entry.number, entry.what));
        page.paragraph(entry.meaning);
        page.paragraph(&format!("What to do: {}. Exit code {}.", entry.fix, entry.exit));
    }
    page.finish()
}
