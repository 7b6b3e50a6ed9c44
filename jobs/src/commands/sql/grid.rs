//! Tables of many rows, as [`pretty_format_batches`] has them: it keeps a cell of several hundred bytes per value, this
//! the widths alone.
//!
//! [`pretty_format_batches`]: arrow::util::pretty::pretty_format_batches

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use unicode_width::UnicodeWidthStr;

use super::laid::cells;

/// Rows that are laid out at once.
const PIECE: usize = 1 << 10;

/// Writes the table.
///
/// # Errors
/// Values that have no text; those of the stream.
pub(super) fn write(rows: &[RecordBatch], out: &mut impl Write) -> Result<(), ArrowError> {
    let Some(schema) = rows.first().map(RecordBatch::schema) else { return Ok(()) };
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let mut widths: Vec<usize> = names.iter().map(|name| width(name)).collect();
    for piece in pieces(rows) {
        for row in cells(&piece)? {
            widths.iter_mut().zip(&row).for_each(|(widest, cell)| *widest = (*widest).max(width(cell)));
        }
    }
    let rule: String = widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).collect();
    writeln!(out, "{rule}+")?;
    line(&names, &widths, out)?;
    writeln!(out, "{rule}+")?;
    for piece in pieces(rows) {
        for row in cells(&piece)? {
            line(&row, &widths, out)?;
        }
    }
    writeln!(out, "{rule}+")?;
    Ok(())
}

/// Rows that are laid out at once, one after the other.
fn pieces(rows: &[RecordBatch]) -> impl Iterator<Item = RecordBatch> + '_ {
    rows.iter().flat_map(|batch| {
        let count = batch.num_rows();
        (0..count).step_by(PIECE).map(move |from| batch.slice(from, PIECE.min(count - from)))
    })
}

/// Width of the widest line of a cell.
fn width(cell: &str) -> usize {
    cell.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// One row, whose cells may have several lines.
fn line(cells: &[String], widths: &[usize], out: &mut impl Write) -> Result<(), ArrowError> {
    let height = cells.iter().map(|cell| cell.lines().count()).max().unwrap_or(0).max(1);
    for place in 0..height {
        for (cell, width) in cells.iter().zip(widths) {
            let text = cell.lines().nth(place).unwrap_or_default();
            write!(out, "| {text}{} ", " ".repeat(width.saturating_sub(text.width())))?;
        }
        writeln!(out, "|")?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use arrow::util::pretty::pretty_format_batches;

    use super::*;

    #[test]
    fn it_is_the_table_of_few_rows() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(-300)]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["two\nlines of it", "日本", ""]));
        let batch = RecordBatch::try_from_iter_with_nullable([("a", numbers, true), ("text", texts, false)]).unwrap();
        for rows in [vec![batch.clone()], vec![batch.slice(0, 1), batch.slice(1, 2)]] {
            let mut bytes = Vec::new();
            write(&rows, &mut bytes).unwrap();
            assert_eq!(String::from_utf8(bytes).unwrap(), format!("{}\n", pretty_format_batches(&rows).unwrap()));
        }
    }

    #[test]
    fn pieces_are_all_the_rows() {
        let column: ArrayRef = Arc::new(Int64Array::from((0..2_500).collect::<Vec<i64>>()));
        let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
        assert_eq!(pieces(&[batch]).map(|piece| piece.num_rows()).collect::<Vec<_>>(), [1_024, 1_024, 452]);
    }
}
