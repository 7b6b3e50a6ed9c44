//! Values for the placeholders of a query: `$key` or `$1`, given as `--param key=Coffee` or `--param 1=Coffee`.

use std::collections::{BTreeMap, BTreeSet};

use almanac_engine::EngineError;
use chrono::NaiveDate;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use super::statement::Tokens;
use crate::exit::{Failure, Outcome};

/// Values by the name of their placeholder, without `$`.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    values: BTreeMap<String, String>,
    used: BTreeSet<String>,
}

impl Parameters {
    /// From `NAME=VALUE` each.
    ///
    /// # Errors
    /// `Configuration` naming what has no `=`.
    pub(super) fn parse(given: &[String]) -> Outcome<Self> {
        let mut values = BTreeMap::new();
        for pair in given {
            let Some((name, value)) = pair.split_once('=') else {
                return Err(refused(pair, "expected NAME=VALUE, such as key=Coffee"));
            };
            values.insert(name.trim().trim_start_matches('$').to_owned(), value.to_owned());
        }
        Ok(Self { values, used: BTreeSet::new() })
    }

    /// Puts the values in place of a statement's placeholders.
    ///
    /// # Errors
    /// `Configuration` naming a placeholder without a value.
    pub(super) fn bind(&mut self, statement: Tokens) -> Outcome<Tokens> {
        let mut bound = Vec::with_capacity(statement.len());
        for token in statement {
            let Token::Placeholder(placeholder) = &token.token else {
                bound.push(token);
                continue;
            };
            let name = placeholder.trim_start_matches(['$', ':', '?']);
            let Some(value) = self.values.get(name) else {
                let example = if name.is_empty() {
                    "name placeholders $1 or $name".to_owned()
                } else {
                    format!("the query needs it; give it as --param {name}=VALUE")
                };
                return Err(refused(placeholder, &example));
            };
            self.used.insert(name.to_owned());
            bound.extend(literal(value).into_iter().map(|value| TokenWithSpan::new(value, token.span)));
        }
        Ok(bound)
    }

    /// Refuses values that no statement asked for.
    ///
    /// # Errors
    /// `Configuration` naming the first.
    pub(super) fn all_used(&self) -> Outcome {
        match self.values.keys().find(|name| !self.used.contains(*name)) {
            None => Ok(()),
            Some(name) => Err(refused(name, &format!("the query has no placeholder ${name}"))),
        }
    }
}

fn refused(value: &str, message: &str) -> Failure {
    EngineError::Configuration { key: "--param".into(), value: value.to_owned(), message: message.to_owned() }.into()
}

/// A value as SQL writes it: a number, true or false, a date, or else a text; between quotes always a text.
fn literal(value: &str) -> Vec<Token> {
    let text = |text: &str| Token::SingleQuotedString(text.to_owned());
    if let Some(inner) = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return vec![text(inner)];
    }
    if value == "true" || value == "false" {
        return vec![Token::make_keyword(value)];
    }
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.starts_with(|c: char| c.is_ascii_digit()) && digits.parse::<f64>().is_ok_and(f64::is_finite) {
        let number = Token::Number(digits.to_owned(), false);
        // between parentheses, so that `- -1` is no comment
        let negative = || vec![Token::LParen, Token::Minus, number.clone(), Token::RParen];
        return if digits.len() < value.len() { negative() } else { vec![number] };
    }
    if value.len() == 10 && NaiveDate::parse_from_str(value, "%Y-%m-%d").is_ok() {
        return vec![Token::make_keyword("DATE"), Token::Whitespace(Whitespace::Space), text(value)];
    }
    vec![text(value)]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::statement::single;
    use super::*;

    fn bound(query: &str, given: &[&str]) -> Outcome<String> {
        let given: Vec<String> = given.iter().map(|pair| (*pair).to_owned()).collect();
        let mut parameters = Parameters::parse(&given)?;
        let tokens = parameters.bind(single(query)?)?;
        parameters.all_used()?;
        Ok(tokens.iter().map(|token| token.token.to_string()).collect())
    }

    #[test]
    fn values_become_literals_of_their_kind() {
        let query = "SELECT $1, $key, $day, '$key'";
        let answer = bound(query, &["1=-2.5", "key=Coffee", "day=2024-01-03"]).unwrap();
        assert_eq!(answer, "SELECT (-2.5), 'Coffee', DATE '2024-01-03', '$key'");
        // a text is one token, whatever is in it
        assert_eq!(literal("O'Brien"), [Token::SingleQuotedString("O'Brien".into())]);
        assert_eq!(bound("SELECT $a", &["a='7'"]).unwrap(), "SELECT '7'");
        assert_eq!(bound("SELECT $a", &["a=1; DROP TABLE x"]).unwrap(), "SELECT '1; DROP TABLE x'");
        assert_eq!(bound("SELECT $a", &["a=true"]).unwrap(), "SELECT true");
        assert_eq!(bound("SELECT $a", &["a=infinity"]).unwrap(), "SELECT 'infinity'");
    }

    #[test]
    fn missing_and_superfluous_values_are_named() {
        let message = |query: &str, given: &[&str]| bound(query, given).unwrap_err().to_string();
        assert!(message("SELECT $key", &[]).contains("--param key=VALUE"));
        assert!(message("SELECT 1", &["key=x"]).contains("$key"));
        assert!(message("SELECT 1", &["key"]).contains("NAME=VALUE"));
    }
}
