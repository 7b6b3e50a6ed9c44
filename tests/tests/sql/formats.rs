//! The formats of an answer, and the named queries under other settings.

use crate::warehouse::{empty, one_day};

/// The tests of this file, by name.
pub(crate) const TESTS: [(&str, fn()); 3] = [
    ("columns_are_named_where_there_are_no_rows", columns_are_named_where_there_are_no_rows),
    ("every_line_of_json_has_every_column", every_line_of_json_has_every_column),
    ("named_queries_follow_the_levels", named_queries_follow_the_levels),
];

fn columns_are_named_where_there_are_no_rows() {
    let world = empty("80,95");
    let query = ["sql", "-c", "SELECT 1 AS a, 'x' AS b WHERE 1 = 2", "--format"];
    let answer = |format: &str| world.run(&[&query[..], &[format]].concat());
    assert_eq!(answer("csv"), "a,b\n");
    assert_eq!(answer("ndjson"), "");
    assert_eq!(answer("json"), "[]\n");
    let table = answer("table");
    assert!(table.contains("| a | b |"), "{table}");
}

fn every_line_of_json_has_every_column() {
    let world = empty("80,95");
    let query = "SELECT * FROM (VALUES (1, NULL), (NULL, 'x')) AS t(a, b)";
    let answer = world.run(&["sql", "-c", query, "--format", "ndjson"]);
    assert_eq!(answer, "{\"a\":1,\"b\":null}\n{\"a\":null,\"b\":\"x\"}\n");
}

fn named_queries_follow_the_levels() {
    let world = one_day("50,90");
    for (name, columns) in [("latest-points", "lower_90,upper_90"), ("accuracy", "mae,coverage_90")] {
        let answer = world.run(&["sql", "--named", name, "--format", "csv"]);
        let header = answer.lines().next().unwrap();
        assert!(header.ends_with(columns), "{name}: {header}");
        // two keys, two models, three days
        assert_eq!(answer.lines().count(), 13, "{name}: {answer}");
    }
}
