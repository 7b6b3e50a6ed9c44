//! What Tab offers: tables after FROM and JOIN, else also columns, functions and keywords; and when a line is complete.

use std::collections::BTreeSet;

use super::line::Guide;
use super::meta;
use super::names::Names;
use crate::commands::sql::statement;

/// Words of SQL that are offered.
const KEYWORDS: [&str; 38] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "ORDER",
    "BY",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "JOIN",
    "LEFT",
    "INNER",
    "FULL",
    "ON",
    "USING",
    "AS",
    "AND",
    "OR",
    "NOT",
    "NULL",
    "IS",
    "IN",
    "BETWEEN",
    "LIKE",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "DISTINCT",
    "UNION",
    "ALL",
    "WITH",
    "OVER",
    "PARTITION",
    "DESC",
    "VERSION",
    "TIMESTAMP",
];

/// Completion over the names of a session.
pub(super) struct Completion {
    pub(super) names: Names,
}

impl Completion {
    fn word_offers(&self, line: &str, before: &str) -> (usize, Vec<String>) {
        if before.trim_start().starts_with('\\') {
            return meta::offers(before, &self.names);
        }
        let start = before
            .rfind(|c: char| !(c.is_alphanumeric() || "_.".contains(c)))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let word = &before[start..];
        let previous = before[..start].split_whitespace().next_back().unwrap_or_default().to_uppercase();
        let after_from = matches!(previous.as_str(), "FROM" | "JOIN" | "DESCRIBE");
        let mut found = self.tables(word);
        if after_from {
            found.extend(self.names.functions.iter().filter(|name| is_table_function(name)).cloned());
        } else {
            found.extend(self.names.columns(line).into_iter().map(str::to_owned));
            found.extend(self.names.functions.iter().cloned());
            let lower = word.chars().next().is_some_and(char::is_lowercase);
            found.extend(KEYWORDS.iter().map(|word| if lower { word.to_lowercase() } else { (*word).to_owned() }));
        }
        let fits = |offer: &str, word: &str| offer.to_lowercase().starts_with(&word.to_lowercase());
        let offers: Vec<String> = found.into_iter().filter(|offer| fits(offer, word)).collect();
        match word.rsplit_once('.') {
            // a column of a table or of an alias
            Some((table, column)) if offers.is_empty() => {
                let columns = self.names.columns(line);
                let columns = columns.into_iter().filter(|offer| fits(offer, column));
                (start, columns.map(|column| format!("{table}.{column}")).collect())
            }
            _ => (start, offers),
        }
    }

    /// Tables as `schema.name`, and those of the schema that needs no naming by their name too.
    fn tables(&self, word: &str) -> BTreeSet<String> {
        let short = |name: &String| name.strip_prefix("forecast.").map(str::to_owned);
        let names = self.names.tables.keys();
        let short: Vec<String> = names.clone().filter_map(short).filter(|_| !word.contains('.')).collect();
        names.cloned().chain(short).collect()
    }
}

fn is_table_function(name: &str) -> bool {
    ["forecast", "paths", "explain_model"].contains(&name)
}

impl Guide for Completion {
    fn offers(&self, entered: &str, before: &str) -> (usize, Vec<String>) {
        self.word_offers(entered, before)
    }

    fn is_complete(&self, entered: &str) -> bool {
        meta::is_meta(entered) || statement::is_complete(entered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completion() -> Completion {
        let mut names = Names::default();
        let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        names.tables.insert("forecast.point_forecasts".into(), columns(&["forecast_point", "model_name"]));
        names.tables.insert("ops.runs".into(), columns(&["run_id", "status"]));
        names.functions.extend(["round".to_owned(), "paths".to_owned()]);
        Completion { names }
    }

    fn offers(line: &str) -> Vec<String> {
        completion().offers(line, line).1
    }

    #[test]
    fn tables_follow_from() {
        assert_eq!(offers("SELECT * FROM po"), ["point_forecasts"]);
        assert_eq!(offers("SELECT * FROM op"), ["ops.runs"]);
        assert_eq!(offers("SELECT * FROM forecast.p"), ["forecast.point_forecasts"]);
        assert!(!offers("SELECT * FROM ").contains(&"round".to_owned()));
    }

    #[test]
    fn columns_are_those_of_the_tables_named() {
        assert_eq!(offers("SELECT 1 FROM ops.runs WHERE ru"), ["run_id"]);
        assert_eq!(offers("SELECT 1 FROM ops.runs r WHERE r.sta"), ["r.status"]);
        assert_eq!(offers("SELECT mod"), ["model_name"]);
        assert_eq!(offers("sele"), ["select"]);
        assert_eq!(offers("SELECT rou"), ["round"]);
    }

    #[test]
    fn commands_complete_too() {
        assert_eq!(offers("\\d ops"), ["ops.runs"]);
        assert_eq!(offers("\\o mark"), ["markdown"]);
        assert_eq!(offers("\\ti"), ["\\timing"]);
    }
}
