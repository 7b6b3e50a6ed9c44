//! Aggregates give the same bits however their rows are spread: over batches, over partitions, in any order.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};

/// Rows (g, day, x, y) of 50 groups, 20 days each; every seventh value is null.
fn rows() -> RecordBatch {
    let number = |i: i64| ((i * 7_919 + 17) % 1_009) as f64 / 13.0;
    let groups = Int64Array::from_iter_values((0..1_000).map(|i| i % 50));
    let values: Float64Array = (0..1_000).map(|i| (i % 7 != 0).then(|| number(i))).collect();
    let actuals = Float64Array::from_iter_values((0..1_000).map(|i| number(i % 50 + 5_000)));
    let days = Date32Array::from_iter_values((0..1_000).map(|i| i / 50));
    let field = |name: &str, kind: DataType| Field::new(name, kind, true);
    let schema = Schema::new(vec![
        field("g", DataType::Int64),
        field("day", DataType::Date32),
        field("x", DataType::Float64),
        field("y", DataType::Float64),
    ]);
    let columns: Vec<ArrayRef> = vec![Arc::new(groups), Arc::new(days), Arc::new(values), Arc::new(actuals)];
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

/// The answer over `partitions` partitions of batches of `size` rows, in the order given.
async fn answer(query: &str, rows: &RecordBatch, partitions: usize, size: usize) -> String {
    let config = SessionConfig::new().with_target_partitions(partitions).with_batch_size(size);
    let context = SessionContext::new_with_config(config);
    almanac_udfs::register(&context);
    let mut parts = vec![vec![]; partitions];
    for (i, from) in (0..rows.num_rows()).step_by(size).enumerate() {
        parts[i % partitions].push(rows.slice(from, size.min(rows.num_rows() - from)));
    }
    let table = MemTable::try_new(rows.schema(), parts).unwrap();
    context.register_table("t", Arc::new(table)).unwrap();
    let plan = context.sql(&format!("EXPLAIN {query}")).await.unwrap().collect().await.unwrap();
    let plan = pretty_format_batches(&plan).unwrap().to_string();
    assert_eq!(plan.contains("mode=Partial"), partitions > 1, "{plan}");
    let batches = context.sql(query).await.unwrap().collect().await.unwrap();
    let all = concat_batches(&batches[0].schema(), &batches).unwrap();
    assert_eq!(all.num_rows(), 50, "{query}");
    pretty_format_batches(&[all]).unwrap().to_string()
}

const STATISTICS: &str = "SELECT g, crps_agg(x, y) AS a, quantiles_agg(x, [0.9, 0.1]) AS b, \
    value_at_risk_agg(y, x, 0.8) AS c, expected_shortfall_agg(y, x, 0.8) AS d FROM t GROUP BY g ORDER BY g";

const LISTS: &str = "SELECT g, crps(l, y) AS a, quantiles(l, [0.9, 0.1]) AS b, value_at_risk(y, l, 0.8) AS c, \
    expected_shortfall(y, l, 0.8) AS d FROM (SELECT g, array_agg(x) AS l, max(y) AS y FROM t WHERE x IS NOT NULL \
    GROUP BY g) ORDER BY g";

const COUNTS: &str = "SELECT g, interval_coverage(x, x + 20, y) AS a FROM t GROUP BY g ORDER BY g";

const COUNTS_BY_HAND: &str = "SELECT g, avg(CASE WHEN y >= x AND y <= x + 20 THEN 1.0 ELSE 0.0 END) AS a FROM t \
    WHERE x IS NOT NULL GROUP BY g ORDER BY g";

const FITS: &str = "SELECT g, f['parameters'] AS a, f['samples'] AS b FROM (SELECT g, \
    fit_model_agg('{\"name\":\"naive\",\"family\":\"naive\"}', day, x, [], DATE '2000-01-01', 1, 1, 5) AS f \
    FROM t GROUP BY g) ORDER BY g";

const FITS_OF_LISTS: &str = "SELECT g, f['parameters'] AS a, f['samples'] AS b FROM (SELECT g, \
    fit_model('{\"name\":\"naive\",\"family\":\"naive\"}', array_agg(day ORDER BY day), \
    array_agg(x ORDER BY day), [], DATE '2000-01-01', 1, 1, 5) AS f FROM t GROUP BY g) ORDER BY g";

#[tokio::test]
async fn partitions_and_batches_change_no_bit() {
    let rows = rows();
    let reversed: Vec<RecordBatch> = (0..rows.num_rows()).rev().map(|row| rows.slice(row, 1)).collect();
    let reversed = concat_batches(&rows.schema(), &reversed).unwrap();
    for (query, same) in [(STATISTICS, LISTS), (COUNTS, COUNTS_BY_HAND), (FITS, FITS_OF_LISTS)] {
        let one = answer(query, &rows, 1, 1_000).await;
        assert_eq!(one, answer(same, &rows, 1, 1_000).await);
        for (partitions, size) in [(1, 7), (2, 100), (5, 7), (8, 1)] {
            assert_eq!(one, answer(query, &rows, partitions, size).await, "{partitions} partitions of {size}");
            assert_eq!(one, answer(query, &reversed, partitions, size).await, "reversed, {partitions} of {size}");
        }
    }
}
