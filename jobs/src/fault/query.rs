//! What is wrong with a query: place and word, as far as parser and planner tell them.

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;

use super::one_line;

/// Most characters of a query that stand for it where no word of it is to blame.
const SHOWN: usize = 60;

/// What stands before and after the name of a function that does not fit, in the planner's words.
const FUNCTIONS: [(&str, char); 4] =
    [("Invalid function '", '\''), ("table function '", '\''), ("a call to '", '\''), ("argument types '", '(')];

/// What to do about them.
const OF_FUNCTIONS: &str = "correct name or arguments; docs/reference/functions.md lists the functions of almanac";

/// What to do about faults that no list of columns helps with, by a part of their message.
const REMEDIES: [(&str, &str); 2] = [
    ("is a view and has no versions", "query it without VERSION AS OF, or a version of a table that it reads"),
    (
        "found: \\",
        "leave it out of a query: commands with a backslash are those of the prompt, `almanac sql` without a query",
    ),
];

/// What is wrong with a query.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct QueryFault {
    /// In words, on one line.
    pub(crate) message: String,
    /// Line and column, or the kind of thing that is named wrongly.
    pub(crate) place: Option<String>,
    /// The word that is to blame.
    pub(crate) value: Option<String>,
    /// What to do, where that is not the same for all queries.
    pub(crate) fix: Option<String>,
}

impl QueryFault {
    /// In words of ours, or of the parser, which says line, column and word.
    pub(crate) fn new(message: impl AsRef<str>) -> Self {
        let message = one_line(message.as_ref());
        let (before, after) = message.rsplit_once(" at Line: ").map_or((message.as_str(), None), |(b, a)| (b, Some(a)));
        let numbers = after.and_then(|after| after.split_once(", Column: "));
        let place = numbers.map(|(line, column)| format!("line {line}, column {column}"));
        let value = before.rsplit_once("found: ").map(|(_, word)| word.to_owned());
        let remedy = REMEDIES.iter().find(|(part, _)| message.contains(*part));
        let fix = remedy.map(|(_, remedy)| (*remedy).to_owned());
        Self { place, value, message, fix }
    }

    /// Why a statement cannot be parsed or planned.
    pub(crate) fn of(error: &DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::SQL(fault, _) => match &**fault {
                ParserError::ParserError(words) | ParserError::TokenizerError(words) => Self::new(words),
                ParserError::RecursionLimitExceeded => Self::new(error.to_string()),
            },
            DataFusionError::SchemaError(fault, _) => Self::new(error.to_string()).at("column", &column(fault)),
            _ => {
                let fault = Self::new(error.to_string());
                match function(&fault.message) {
                    Some(name) => fault.at("function", &name).advised(OF_FUNCTIONS),
                    None => fault,
                }
            }
        }
    }

    /// The same at a place, with the word that is to blame.
    pub(crate) fn at(self, place: &str, value: &str) -> Self {
        Self { place: Some(place.to_owned()), value: Some(value.to_owned()), ..self }
    }

    /// The same of a query: it is the place, and its beginning the value, where nothing else is known.
    pub(crate) fn about(self, query: &str) -> Self {
        let place = self.place.unwrap_or_else(|| "query".to_owned());
        let value = self.value.unwrap_or_else(|| beginning(query));
        Self { message: self.message, place: Some(place), value: Some(value), fix: self.fix }
    }

    /// The same with what to do about it.
    pub(crate) fn advised(self, fix: &str) -> Self {
        Self { fix: Some(fix.to_owned()), ..self }
    }
}

fn column(fault: &SchemaError) -> String {
    match fault {
        SchemaError::AmbiguousReference { field } | SchemaError::FieldNotFound { field, .. } => field.flat_name(),
        SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
            name.clone()
        }
    }
}

/// The function that the planner names.
fn function(words: &str) -> Option<String> {
    FUNCTIONS.iter().find_map(|(before, after)| {
        let (_, rest) = words.split_once(*before)?;
        let (name, _) = rest.split_once(*after)?;
        Some(name.to_owned())
    })
}

/// A query on one line, shortened.
fn beginning(query: &str) -> String {
    let line = query.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(fault: &QueryFault) -> (Option<&str>, Option<&str>) {
        (fault.place.as_deref(), fault.value.as_deref())
    }

    #[test]
    fn the_parser_tells_line_column_and_word() {
        let words = "Expected: an SQL statement, found: selec at Line: 2, Column: 7";
        let error = DataFusionError::SQL(Box::new(ParserError::ParserError(words.into())), None);
        let fault = QueryFault::of(&error.context("parsing"));
        assert_eq!((fault.message.as_str(), told(&fault)), (words, (Some("line 2, column 7"), Some("selec"))));
        let end = QueryFault::new("Expected: an expression, found: EOF").about("SELECT");
        assert_eq!(told(&end), (Some("query"), Some("EOF")));
    }

    #[test]
    fn what_is_no_column_has_another_remedy() {
        for message in
            ["ops.latest is a view and has no versions", "Expected: an SQL statement, found: \\ at Line: 1, Column: 1"]
        {
            let fix = QueryFault::new(message).about("query").fix;
            assert!(fix.is_some_and(|fix| !fix.contains("describe")), "{message}");
        }
    }

    #[test]
    fn the_planner_tells_functions_and_columns() {
        let of = |words: &str| QueryFault::of(&DataFusionError::Plan(words.into()));
        let fault = of("Invalid function 'nosuch'.\nDid you mean 'cosh'?");
        assert_eq!((told(&fault), fault.fix.as_deref()), ((Some("function"), Some("nosuch")), Some(OF_FUNCTIONS)));
        assert_eq!(fault.message, "Error during planning: Invalid function 'nosuch'. Did you mean 'cosh'?");
        let fault = of("No function matches the given name and argument types 'round(Utf8)'. You might");
        assert_eq!(told(&fault), (Some("function"), Some("round")));
        let twice = SchemaError::DuplicateUnqualifiedField { name: "a".into() };
        let fault = QueryFault::of(&DataFusionError::SchemaError(Box::new(twice), Box::new(None)));
        assert_eq!(told(&fault), (Some("column"), Some("a")));
    }

    #[test]
    fn of_other_faults_the_query_itself_is_told() {
        let long = format!("SELECT\n  {}", "a, ".repeat(40));
        let fault = QueryFault::new("no such thing").about(&long);
        assert_eq!(fault.place.as_deref(), Some("query"));
        let value = fault.value.unwrap_or_default();
        assert!(value.starts_with("SELECT a, a,") && value.ends_with('…') && value.chars().count() == 61, "{value}");
    }
}
