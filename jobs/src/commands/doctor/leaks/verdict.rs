//! What drawing a stored forecast again says of it.

use arrow::array::{AsArray, PrimitiveArray, RecordBatch};
use arrow::datatypes::{ArrowPrimitiveType, Float32Type, Int32Type};
use serde_json::Value;

use crate::commands::rows::{self, Row};

/// Numbers of a day ahead that are held against those drawn again.
pub(super) const NUMBERS: [&str; 3] = ["forecast_point", "forecast_mean", "forecast_std"];
/// What another processor may change, as a share of the largest number of the day.
const PROCESSORS: f64 = 1e-5;

/// What became of a forecast, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Nothing.
    Same,
    /// The input of today gives another one, and is not the one that it was made from.
    Older,
    /// The input that it was made from gives another one.
    Altered,
    /// Days after its origin change it.
    Leaks,
}

/// A forecast as it is stored, and as it is drawn again.
#[derive(Debug)]
pub(super) struct Redrawn<'a> {
    /// Its paths from the whole input.
    pub(super) whole: &'a [RecordBatch],
    /// Its paths from an input that ends on its origin.
    pub(super) cut: &'a [RecordBatch],
    /// Its points as they are stored, by day ahead.
    pub(super) stored: &'a [Row],
    /// Its points from the whole input.
    pub(super) points: &'a [Row],
    /// The input of today, as `data_version` names it.
    pub(super) input: &'a str,
}

impl Redrawn<'_> {
    /// The verdict, with the first value that shows it.
    pub(super) fn judged(&self) -> (Verdict, String) {
        if self.whole != self.cut {
            return (Verdict::Leaks, first_path(self.whole, self.cut));
        }
        match first_point(self.stored, self.points) {
            None => (Verdict::Same, String::new()),
            Some((from, seen)) if from == self.input => (Verdict::Altered, seen),
            Some((from, seen)) => (Verdict::Older, format!("{seen}, made from {from}")),
        }
    }
}

/// The first value of the paths that later days change.
fn first_path(whole: &[RecordBatch], cut: &[RecordBatch]) -> String {
    let pairs = values(whole).into_iter().zip(values(cut));
    let mut differ = pairs.filter(|((.., with), (.., without))| with.to_bits() != without.to_bits());
    match differ.next() {
        Some(((path, day, with), (.., without))) => {
            format!("path {path} of day {day} is {with}, and {without} without them")
        }
        None => "its rows differ beside the values".to_owned(),
    }
}

/// Path, day ahead and value of each row.
fn values(batches: &[RecordBatch]) -> Vec<(i32, i32, f32)> {
    let mut found = Vec::new();
    for batch in batches {
        let (Some(paths), Some(days), Some(values)) = (
            column::<Int32Type>(batch, "path_id"),
            column::<Int32Type>(batch, "day_ahead"),
            column::<Float32Type>(batch, "value"),
        ) else {
            continue;
        };
        let rows = paths.values().iter().zip(days.values().iter()).zip(values.values().iter());
        found.extend(rows.map(|((&path, &day), &value)| (path, day, value)));
    }
    found
}

fn column<'a, T: ArrowPrimitiveType>(batch: &'a RecordBatch, name: &str) -> Option<&'a PrimitiveArray<T>> {
    batch.column_by_name(name)?.as_primitive_opt::<T>()
}

/// The first stored number that is not the one drawn again, with the input that it was made from.
fn first_point<'a>(stored: &'a [Row], points: &[Row]) -> Option<(&'a str, String)> {
    for row in stored {
        let day = rows::value(row, "day_ahead");
        // of a longer horizon than today's the last days are not drawn
        let Some(again) = points.iter().find(|again| rows::value(again, "day_ahead") == day) else { continue };
        let numbers = NUMBERS.iter().filter_map(|name| rows::value(row, name).as_f64());
        let largest = numbers.fold(0.0, |largest: f64, number| largest.max(number.abs()));
        for name in NUMBERS {
            let (held, given) = (rows::value(row, name), rows::value(again, name));
            if differ(&held, &given, PROCESSORS * largest) {
                let seen = format!("{name} of day {day} is {held} in the table and {given} drawn again");
                return Some((rows::text(row, "data_version"), seen));
            }
        }
    }
    None
}

fn differ(held: &Value, given: &Value, tolerance: f64) -> bool {
    match (held.as_f64(), given.as_f64()) {
        (Some(held), Some(given)) => (held - given).abs() > tolerance,
        _ => held != given,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float32Array, Int32Array};
    use serde_json::json;

    use super::*;

    const INPUT: &str = "silver.model_input@3";

    /// Two paths of one day.
    fn paths(values: [f32; 2]) -> Vec<RecordBatch> {
        let columns: [(&str, ArrayRef); 3] = [
            ("path_id", Arc::new(Int32Array::from(vec![1, 2]))),
            ("day_ahead", Arc::new(Int32Array::from(vec![1, 1]))),
            ("value", Arc::new(Float32Array::from(values.to_vec()))),
        ];
        vec![RecordBatch::try_from_iter(columns).unwrap()]
    }

    fn point(day: u32, mean: f64, from: &str) -> Row {
        let row = json!({
            "day_ahead": day, "forecast_point": 2.0, "forecast_mean": mean, "forecast_std": 0.5, "data_version": from,
        });
        row.as_object().cloned().unwrap()
    }

    /// The verdict on paths that are 1.5 and 2.5 from an input that ends on the origin, and on stored points.
    fn judged(whole: [f32; 2], stored: &[Row]) -> (Verdict, String) {
        let (whole, cut, points) = (paths(whole), paths([1.5, 2.5]), [point(1, 2.0, ""), point(2, 2.25, "")]);
        Redrawn { whole: &whole, cut: &cut, stored, points: &points, input: INPUT }.judged()
    }

    #[test]
    fn what_is_equal_is_the_same_on_another_processor_too() {
        let same = (Verdict::Same, String::new());
        assert_eq!(judged([1.5, 2.5], &[point(1, 2.0, INPUT), point(2, 2.25, "silver.model_input@2")]), same);
        assert_eq!(judged([1.5, 2.5], &[point(1, 2.000_01, INPUT)]), same);
        assert_eq!(judged([1.5, 2.5], &[point(3, 9.0, INPUT)]), same, "a day that is not drawn again");
    }

    #[test]
    fn a_later_day_that_changes_a_path_is_the_worst() {
        let (verdict, seen) = judged([1.5, 2.75], &[point(1, 9.0, INPUT)]);
        assert_eq!((verdict, seen.as_str()), (Verdict::Leaks, "path 2 of day 1 is 2.75, and 2.5 without them"));
    }

    #[test]
    fn a_stored_number_that_is_another_is_held_against_the_input() {
        let told = "forecast_mean of day 2 is 2.5 in the table and 2.25 drawn again";
        let stored = |from: &str| judged([1.5, 2.5], &[point(1, 2.0, from), point(2, 2.5, from)]);
        assert_eq!(stored(INPUT), (Verdict::Altered, told.to_owned()));
        let older = "silver.model_input@2";
        assert_eq!(stored(older), (Verdict::Older, format!("{told}, made from {older}")));
    }
}
