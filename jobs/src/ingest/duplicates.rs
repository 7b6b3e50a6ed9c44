//! One row per date, key and region.

use serde::{Deserialize, Serialize};

use super::read::date_text;
use super::rows::Rows;

/// Rows that shared a date, key and region but not their values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferingRows {
    /// Date they share, `YYYY-MM-DD`.
    pub date: String,
    /// Key and region they share.
    pub key: String,
    /// Lines of the file, in file order.
    pub lines: Vec<u64>,
    /// The line that was kept: most values, then last in the file.
    pub kept_line: u64,
}

/// What de-duplication left and dropped.
#[derive(Debug, Clone, Default)]
pub(super) struct Deduplicated {
    /// Rows kept, by key, region and date.
    pub(super) kept: Vec<usize>,
    /// Rows dropped that equalled the one kept.
    pub(super) equal: usize,
    /// Rows dropped that differed from the one kept.
    pub(super) different: usize,
    /// The groups in which rows differed.
    pub(super) listed: Vec<DifferingRows>,
}

/// Keeps one of `rows` per date, key and region: the one with most non-null values, then the last in file order.
pub(super) fn deduplicate(rows: &Rows, of: &[usize]) -> Deduplicated {
    let mut result = Deduplicated::default();
    for series in rows.series(of) {
        for group in series.chunk_by(|&a, &b| rows.dates[a] == rows.dates[b]) {
            let values_in = |row: usize| rows.values.iter().filter(|values| !values.is_null(row)).count();
            let Some(&kept) = group.iter().max_by_key(|&&row| (values_in(row), row)) else { continue };
            result.kept.push(kept);
            let equal = |row: usize| {
                rows.values.iter().all(|values| values.equal(row, kept)) && rows.known_at[row] == rows.known_at[kept]
            };
            let different = group.iter().filter(|&&row| !equal(row)).count();
            result.equal += group.len() - 1 - different;
            result.different += different;
            if different > 0 {
                result.listed.push(DifferingRows {
                    date: date_text(rows.dates[kept]),
                    key: rows.name(kept),
                    lines: group.iter().map(|&row| rows.lines[row]).collect(),
                    kept_line: rows.lines[kept],
                });
            }
        }
    }
    result
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ingest::rows::{Text, Values};

    /// Key, day and two values.
    type Short<'a> = (&'a str, i32, Option<f64>, Option<f64>);

    fn rows(of: &[Short<'_>]) -> Rows {
        let mut key = Text::default();
        of.iter().for_each(|row| key.push(Some(row.0)));
        let number = |value: fn(&Short<'_>) -> Option<f64>| Values::Number(of.iter().map(value).collect());
        Rows {
            lines: (2..).take(of.len()).collect(),
            dates: of.iter().map(|row| row.1).collect(),
            known_at: of.iter().map(|row| Some(row.1)).collect(),
            keys: vec![key],
            region: None,
            values: vec![number(|row| row.2), number(|row| row.3)],
        }
    }

    #[test]
    fn equal_rows_are_counted_and_different_ones_listed() {
        let rows = rows(&[
            ("b", 1, Some(1.0), Some(1.0)),
            ("b", 1, Some(1.0), Some(1.0)),
            ("a", 1, Some(2.0), Some(2.0)),
            ("a", 1, None, Some(3.0)),
            ("a", 2, Some(4.0), None),
            ("a", 2, Some(5.0), None),
        ]);
        let result = deduplicate(&rows, &[0, 1, 2, 3, 4, 5]);
        assert_eq!(result.kept, [2, 5, 1]);
        assert_eq!((result.equal, result.different), (1, 2));
        let lines: Vec<_> = result.listed.iter().map(|d| (d.lines.clone(), d.kept_line)).collect();
        assert_eq!(lines, [(vec![4, 5], 4), (vec![6, 7], 7)]);
    }
}
