//! Kinds of statements: those that only look are answered, and what they name is there to be read.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;

use crate::exit::Outcome;
use crate::fault::QueryFault;

/// What to do about a statement that is not answered.
const ACCEPTED: &str =
    "begin with SELECT, WITH, VALUES, EXPLAIN, SHOW or DESCRIBE; tables are written by the commands of almanac";

/// Refuses a statement that is no query: what it changes would be forgotten with this process.
///
/// # Errors
/// [`QueryFault`] naming the statement's first word.
pub(super) fn check(statement: &Statement) -> Outcome {
    let statement = explained(statement);
    if matches!(statement, Statement::Statement(inner) if looks(inner)) {
        return Ok(());
    }
    let text = statement.to_string();
    let word = text.split_whitespace().next().unwrap_or_default();
    let fault = QueryFault::new(format!("{word} is no query, and only queries are answered"));
    Err(fault.at("statement", word).advised(ACCEPTED).into())
}

fn looks(statement: &ast::Statement) -> bool {
    match statement {
        ast::Statement::Query(_) | ast::Statement::ExplainTable { .. } => true,
        ast::Statement::Explain { statement, .. } => looks(statement),
        // there are fifteen kinds of it
        other => other.to_string().starts_with("SHOW"),
    }
}

/// What EXPLAIN explains; other statements themselves.
fn explained(mut statement: &Statement) -> &Statement {
    while let Statement::Explain(explain) = statement {
        statement = explain.statement.as_ref();
    }
    statement
}

/// Names of the table functions that are called, which are told as tables too.
pub(super) fn calls(statement: &Statement) -> BTreeSet<String> {
    struct Calls(BTreeSet<String>);
    impl ast::Visitor for Calls {
        type Break = ();

        fn pre_visit_table_factor(&mut self, factor: &ast::TableFactor) -> ControlFlow<()> {
            if let ast::TableFactor::Table { name, args: Some(_), .. } = factor {
                self.0.insert(name.to_string().to_lowercase());
            }
            ControlFlow::Continue(())
        }
    }
    let mut calls = Calls(BTreeSet::new());
    if let Statement::Statement(statement) = explained(statement) {
        let _ = ast::Visit::visit(&**statement, &mut calls);
    }
    calls.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use datafusion::sql::parser::DFParser;

    use super::*;

    fn parsed(text: &str) -> Statement {
        DFParser::parse_sql(text).unwrap().pop_front().unwrap()
    }

    #[test]
    fn what_only_looks_is_answered() {
        for text in [
            "SELECT 1",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "VALUES (1)",
            "(SELECT 1)",
            "EXPLAIN SELECT 1",
            "EXPLAIN ANALYZE VERBOSE SELECT 1",
            "DESCRIBE t",
            "DESC SELECT 1",
            "SHOW TABLES",
            "SHOW COLUMNS FROM t",
            "SHOW FUNCTIONS",
            "SHOW ALL",
        ] {
            assert!(check(&parsed(text)).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_changes_something_is_named() {
        for (text, word) in [
            ("drop table x", "DROP"),
            ("insert into ops.runs values (1)", "INSERT"),
            ("CREATE EXTERNAL TABLE mine STORED AS CSV LOCATION 'x'", "CREATE"),
            ("COPY (SELECT 1) TO 'x.csv'", "COPY"),
            ("SET a = 1", "SET"),
            ("EXPLAIN DELETE FROM t", "DELETE"),
        ] {
            let error = check(&parsed(text)).unwrap_err();
            assert_eq!(error.to_string(), format!("query: {word} is no query, and only queries are answered"));
        }
    }

    #[test]
    fn functions_are_found_in_what_is_explained_too() {
        for text in ["SELECT * FROM Paths(1) JOIN t ON true", "EXPLAIN SELECT * FROM paths(1)"] {
            assert_eq!(calls(&parsed(text)).into_iter().collect::<Vec<_>>(), ["paths"], "{text}");
        }
    }
}
