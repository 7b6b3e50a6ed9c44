use std::sync::Arc;

use arrow::array::{AsArray, Int32Array, RecordBatch, StringArray};

use super::paths::{self, Gathered, Values};
use super::truth;

/// Day h is the h-th later session, whatever days lie between.
#[test]
fn actuals_are_the_later_sessions() {
    let series = crate::plan::panel::KeySeries {
        key: vec!["Coffee".into()],
        days: vec![10, 11, 14, 18],
        target: vec![1.0, 2.0, f64::NAN, 4.0],
        columns: Arc::default(),
        all_days: Vec::new(),
        all: Arc::default(),
    };
    let truth = truth::of(&series, 11, 3, 0.5);
    assert_eq!(truth.last_close, 2.0);
    assert!(truth.actuals[0].is_nan() && truth.actuals[2].is_nan());
    assert_eq!((truth.actuals[1], truth.known()), (4.0, 1));
    assert!(truth::of(&series, 9, 1, 0.5).last_close.is_nan());
}

/// Rows of a forecast come in several batches; another key with the same origin follows.
#[test]
fn forecasts_are_gathered_across_batches() {
    let batch = |keys: &[&str], origins: &[i32], values: &[f32]| {
        RecordBatch::try_from_iter([
            ("commodity", Arc::new(StringArray::from(keys.to_vec())) as arrow::array::ArrayRef),
            ("data_cutoff_date", Arc::new(arrow::array::Date32Array::from(origins.to_vec()))),
            ("day_1", Arc::new(arrow::array::Float32Array::from(values.to_vec()))),
        ])
        .unwrap()
    };
    let batches = [batch(&["a", "a", "a"], &[1, 1, 2], &[1.0, 2.0, 3.0]), batch(&["a", "b"], &[2, 2], &[4.0, 5.0])];
    let wanted = [
        (("a".to_owned(), 1), 2, vec![1.0, 2.0]),
        (("a".to_owned(), 2), 2, vec![3.0, 4.0]),
        (("b".to_owned(), 2), 1, vec![5.0]),
    ];
    assert_eq!(gather(&batches, 2), wanted);
}

/// In the long form a forecast's days follow each other, across batches too; days beyond the scored ones are left out.
#[test]
fn long_rows_are_gathered_by_day() {
    let batch = |origins: &[i32], days: &[i32], values: &[f32]| {
        RecordBatch::try_from_iter([
            ("commodity", Arc::new(StringArray::from(vec!["a"; days.len()])) as arrow::array::ArrayRef),
            ("data_cutoff_date", Arc::new(arrow::array::Date32Array::from(origins.to_vec()))),
            ("day_ahead", Arc::new(Int32Array::from(days.to_vec()))),
            ("value", Arc::new(arrow::array::Float32Array::from(values.to_vec()))),
        ])
        .unwrap()
    };
    let batches = [
        batch(&[1, 1, 1], &[1, 1, 2], &[1.0, 2.0, 3.0]),
        batch(&[1, 1, 1, 2, 2], &[2, 3, 3, 1, 2], &[4.0, 5.0, 6.0, 7.0, 8.0]),
    ];
    let wanted = [(("a".to_owned(), 1), 2, vec![1.0, 2.0, 3.0, 4.0]), (("a".to_owned(), 2), 1, vec![7.0, 8.0])];
    assert_eq!(gather(&batches, 2), wanted);
}

/// What is handed out of the batches: whose paths, how many, and their values.
fn gather(batches: &[RecordBatch], horizon: usize) -> Vec<((String, i32), usize, Vec<f32>)> {
    let (mut gathered, mut found, mut buffer) = (Gathered::new(horizon), Vec::new(), Vec::new());
    let mut take = |gathered: &mut Gathered| {
        if let Some((identity, n)) = gathered.take(&mut buffer) {
            found.push((identity, n, buffer.clone()));
        }
    };
    for batch in batches {
        for run in paths::runs(&[batch.column(0).as_string::<i32>()], batch).unwrap() {
            if gathered.ends_before(&run) {
                take(&mut gathered);
            }
            gathered.add(run, &Values::of(batch, horizon));
        }
    }
    take(&mut gathered);
    take(&mut gathered);
    found
}
