//! What the scripts must notice, shown by answers made up here.

use sqllogictest::{DB, DBOutput};

use crate::answer::{Kind, output};
use crate::engine::Refusal;
use crate::script::failures;

/// The tests of this file, by name.
pub(crate) const TESTS: [(&str, fn()); 5] = [
    ("answers_are_compared", answers_are_compared),
    ("types_are_compared", types_are_compared),
    ("refusals_are_compared", refusals_are_compared),
    ("failures_name_their_lines", failures_name_their_lines),
    ("what_is_not_in_use_is_refused", what_is_not_in_use_is_refused),
];

/// Gives the same rows, or the same refusal, to every statement.
#[derive(Clone)]
struct Canned(Result<Vec<&'static str>, &'static str>);

impl DB for Canned {
    type Error = Refusal;
    type ColumnType = Kind;

    fn run(&mut self, _: &str) -> Result<DBOutput<Kind>, Refusal> {
        let rows = self.0.clone().map_err(|message| Refusal { code: Some(4), message: message.to_owned() })?;
        output(&rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect::<Vec<_>>())
    }
}

/// What is wrong with rows that a query is expected to give.
fn problem(types: &str, expected: &str, rows: &[&'static str]) -> Option<String> {
    let script = format!("query {types}\nselect 1\n----\n{expected}\n");
    failures(&Canned(Ok(rows.to_vec())), "a.slt", &script).pop()
}

fn answers_are_compared() {
    let (first, second) = (r#"{"z":"b","a":"x y","m":2}"#, r#"{"z":"a","a":[1.5,null],"m":null}"#);
    assert_eq!(problem("TTI", "b x y 2\na [1.5,null] NULL", &[first, second]), None);
    assert!(problem("TTI", "b x y 2\na [1.5,null] NULL", &[second, first]).unwrap().contains("mismatch"), "order");
    assert_eq!(problem("TTI rowsort", "a [1.5,null] NULL\nb x y 2", &[first, second]), None);
    assert!(problem("TTI", "b x y 2\na [1.5,null] NULL", &[first]).is_some(), "a missing row");
    assert!(problem("TTI", "b x y 2", &[first, second]).is_some(), "a row too many");
    assert!(problem("TTI", "b x y 2", &[]).is_some(), "no rows");
    assert!(problem("TTI", "", &[first]).is_some(), "rows where none are expected");
    assert!(problem("TTI", "b x  y 2", &[first]).is_some(), "another blank");
    assert!(problem("TTI", "b x<slt:ignore>", &[first]).is_some(), "no part is ignored");
    assert_eq!(problem("RRT", "0.3333333333 100 (empty)", &[r#"{"a":0.33333333333333,"b":100.0,"c":""}"#]), None);
    assert!(problem("R", "0.3333333333", &[r#"{"a":0.333333333}"#]).is_some(), "the tenth digit");
}

fn types_are_compared() {
    assert!(problem("I", "2.5", &[r#"{"a":2.5}"#]).unwrap().contains("columns mismatch"));
    assert!(problem("R", "2", &[r#"{"a":2}"#]).unwrap().contains("columns mismatch"));
    assert!(problem("T", "2", &[r#"{"a":2}"#]).unwrap().contains("columns mismatch"));
    assert!(problem("R", "[1]", &[r#"{"a":[1]}"#]).unwrap().contains("columns mismatch"), "a list is a text");
    assert!(problem("T", "b x", &[r#"{"a":"b","b":"x"}"#]).unwrap().contains("columns mismatch"), "two columns");
    assert!(problem("R", "2\n2.5", &[r#"{"a":2}"#, r#"{"a":2.5}"#]).unwrap().contains("Integer and Real"));
    assert!(problem("I", "2\n2", &[r#"{"a":2}"#, r#"{"a":2,"b":3}"#]).unwrap().contains("rows of 1 and of 2"));
    assert_eq!(problem("I", "NULL\n2", &[r#"{"a":null}"#, r#"{"a":2}"#]), None);
}

fn refusals_are_compared() {
    let told = |script: &str, answer| failures(&Canned(answer), "a.slt", script).pop();
    assert_eq!(told("statement error exit 4: no such\nx\n", Err("no such table")), None);
    assert!(told("statement error exit 2: no such\nx\n", Err("no such table")).unwrap().contains("exit 4"));
    assert!(told("statement error exit 4\nx\n", Ok(vec![])).unwrap().contains("expected to fail"));
    assert!(told("statement ok\nx\n", Err("no such table")).unwrap().contains("no such table"));
    assert!(told("query T\nx\n----\n", Err("no such table")).unwrap().contains("no such table"));
    assert_eq!(told("statement ok\nx\n", Ok(vec![])), None);
    assert_eq!(told("statement count 1\nx\n", Ok(vec![r#"{"a":2}"#])), None);
    assert!(told("statement count 1\nx\n", Ok(vec![])).unwrap().contains("returned 0 rows"));
    assert!(told("statement count 0\nx\n", Err("no such table")).unwrap().contains("no such table"));
}

/// Every record is run, also after one that failed.
fn failures_name_their_lines() {
    let script = "# one\nquery I\nx\n----\n1\n\nquery I\nx\n----\n2\n\nquery I\nx\n----\n3\n";
    let told = failures(&Canned(Ok(vec![r#"{"a":2}"#])), "a.slt", script);
    assert_eq!(told.len(), 2);
    assert!(told[0].contains("at a.slt:2\n") && told[1].contains("at a.slt:12\n"), "{told:?}");
}

fn what_is_not_in_use_is_refused() {
    let scripts = [
        "",
        "# nothing\n",
        "halt\n",
        "statement maybe\nx\n",
        "statement ok",
        "statement error\nx\n",
        "statement ok retry 2 backoff 1ms\nx\n",
        "query X\nx\n----\n",
        "query\nx\n----\n",
        "query T rowsrot\nx\n----\n",
        "query T valuesort\nx\n----\n",
        "query error no such\nx\n",
        "onlyif other\nstatement ok\nx\n",
        "connection other\nstatement ok\nx\n",
        "include b.slt\n",
        "control sortmode rowsort\n",
    ];
    for script in scripts {
        assert_eq!(failures(&Canned(Ok(vec![])), "a.slt", script).len(), 1, "{script:?}");
    }
}
