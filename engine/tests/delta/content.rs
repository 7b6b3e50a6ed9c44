use std::sync::Arc;

use almanac_engine::delta::content::{Content, of_batch};
use arrow::array::{Array, ArrayRef, Float32Array, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow::compute::take_record_batch;
use proptest::prelude::*;

type Row = (Option<String>, Option<i64>, u32);

fn batch(rows: &[Row], run_id: &str) -> RecordBatch {
    let floats: Float32Array = rows.iter().map(|row| f32::from_bits(row.2)).collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("text", Arc::new(rows.iter().map(|row| row.0.clone()).collect::<StringArray>())),
        ("number", Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>())),
        ("value", Arc::new(floats)),
        ("run_id", Arc::new(StringArray::from(vec![run_id; rows.len()]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn any_row() -> impl Strategy<Value = Row> {
    (proptest::option::of("[a-c]{0,9}"), proptest::option::of(-3_i64..3), any::<u32>())
}

proptest! {
    #[test]
    fn order_and_grouping_do_not_count(
        rows in proptest::collection::vec(any_row(), 1..40), seed in any::<u64>(), cut in 0_usize..40,
    ) {
        let whole = batch(&rows, "a");
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.sort_by_key(|i| (u64::from(*i) + 1).wrapping_mul(seed | 1));
        let shuffled = take_record_batch(&whole, &UInt32Array::from(order)).unwrap();
        let cut = cut.min(rows.len());
        let parts = of_batch(&shuffled.slice(0, cut)).unwrap().and(of_batch(&shuffled.slice(cut, rows.len() - cut)).unwrap());
        prop_assert_eq!(of_batch(&whole).unwrap(), parts);
        prop_assert_eq!(of_batch(&batch(&rows, "b")).unwrap(), parts);
    }

    #[test]
    fn any_changed_value_counts(rows in proptest::collection::vec(any_row(), 1..20), at in 0_usize..20, row in any_row()) {
        let at = at % rows.len();
        prop_assume!(rows[at] != row);
        let mut changed = rows.clone();
        changed[at] = row;
        prop_assert_ne!(of_batch(&batch(&rows, "a")).unwrap(), of_batch(&batch(&changed, "a")).unwrap());
    }
}

#[test]
fn names_types_nulls_and_signs_count_and_repeated_rows_add_up() {
    let one = |name: &str, column: ArrayRef| of_batch(&RecordBatch::try_from_iter([(name, column)]).unwrap()).unwrap();
    let base = one("a", Arc::new(Int64Array::from(vec![0])));
    assert_ne!(base, one("b", Arc::new(Int64Array::from(vec![0]))));
    assert_ne!(base, one("a", Arc::new(arrow::array::Int32Array::from(vec![0]))));
    assert_ne!(base, one("a", Arc::new(Int64Array::from(vec![None]))));
    let zero = |value: f32| one("a", Arc::new(Float32Array::from(vec![value])));
    assert_ne!(zero(0.0), zero(-0.0));
    let twice = one("a", Arc::new(Int64Array::from(vec![0, 0])));
    assert_ne!(twice, base);
    assert_eq!(twice, base.and(base));
    assert_eq!(twice.and(Content::EMPTY), twice);
    assert_eq!(twice.hash().len(), 32);
}

#[test]
fn values_do_not_wander_between_rows_or_columns() {
    let pair = |x: [i64; 2], y: [i64; 2]| {
        let columns: [(&str, ArrayRef); 2] =
            [("x", Arc::new(Int64Array::from(x.to_vec()))), ("y", Arc::new(Int64Array::from(y.to_vec())))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        assert_eq!(batch.column(0).len(), 2);
        of_batch(&batch).unwrap()
    };
    assert_ne!(pair([1, 2], [3, 4]), pair([1, 2], [4, 3]));
    assert_ne!(pair([1, 2], [3, 4]), pair([3, 4], [1, 2]));
    assert_eq!(pair([1, 2], [3, 4]), pair([2, 1], [4, 3]));
}
