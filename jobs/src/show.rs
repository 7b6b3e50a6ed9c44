//! Tables as a terminal shows them: a line under the header, no other rules, numbers to the right.

use comfy_table::{CellAlignment, Table};

/// comfy-table's preset notation: only the line under the header.
const PRESET: &str = "    ────           ";

/// An empty table; the first `left` columns hold text, the others numbers.
pub(crate) fn table<'a>(header: impl IntoIterator<Item = &'a str>, left: usize) -> Table {
    let mut table = Table::new();
    table.load_preset(PRESET).set_header(header);
    for column in table.column_iter_mut().skip(left) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
