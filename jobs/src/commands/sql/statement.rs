//! From text to statements: cut into tokens, so that quotes and comments are never mistaken for SQL.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use crate::exit::{Failure, Outcome};
use crate::fault::QueryFault;

/// The tokens of one statement, without the `;` that ends it.
pub(super) type Tokens = Vec<TokenWithSpan>;

/// The statements of a text; empty ones are left out.
///
/// # Errors
/// [`Failure::Query`] where a quote or comment is not closed.
pub(super) fn statements(text: &str) -> Outcome<Vec<Tokens>> {
    let tokens = tokens(text).map_err(|error| Failure::from(QueryFault::new(error.to_string()).about(text)))?;
    let all = tokens.split(|token| token.token == Token::SemiColon).map(<[_]>::to_vec);
    Ok(all.filter(|statement| statement.iter().any(is_significant)).collect())
}

/// The only statement of a text.
///
/// # Errors
/// As [`statements`], and where there is none or another number.
pub(super) fn single(text: &str) -> Outcome<Tokens> {
    let mut all = statements(text)?;
    let refused = |message: String| Err(QueryFault::new(message).about(text).into());
    match (all.pop(), all.len()) {
        (Some(statement), 0) => Ok(statement),
        (None, _) => refused("No SQL statements were provided in the query string".to_owned()),
        (Some(_), before) => {
            let found = before + 1;
            refused(format!("expected a single SQL statement, found {found}; --file reads several"))
        }
    }
}

/// The text of a statement.
pub(super) fn text(statement: &[TokenWithSpan]) -> String {
    statement.iter().map(|token| token.token.to_string()).collect()
}

/// Whether a text that is being written is complete: nothing, or ended by `;` outside quotes and comments.
pub(super) fn is_complete(text: &str) -> bool {
    match tokens(text) {
        Ok(tokens) => match tokens.iter().rfind(|token| is_significant(token)) {
            Some(last) => last.token == Token::SemiColon,
            None => text.trim().is_empty(),
        },
        Err(_) => false,
    }
}

/// Whether a token is more than a blank or a comment.
pub(super) fn is_significant(token: &TokenWithSpan) -> bool {
    !matches!(token.token, Token::Whitespace(_) | Token::EOF)
}

fn tokens(text: &str) -> Result<Tokens, datafusion::sql::sqlparser::tokenizer::TokenizerError> {
    Tokenizer::new(&GenericDialect {}, text).tokenize_with_location()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_ends_at_a_semicolon_outside_quotes() {
        for open in ["SELECT 1", "SELECT ';", "SELECT 1 -- ;", "SELECT \"a;", "/* ;", "SELECT 1; SELECT"] {
            assert!(!is_complete(open), "{open}");
        }
        for closed in ["", "  \n", "SELECT 1;", "SELECT ';';", "SELECT 1; -- done", "SELECT\n1\n;\n"] {
            assert!(is_complete(closed), "{closed}");
        }
    }

    #[test]
    fn statements_are_cut_and_empty_ones_left_out() {
        let count = |text: &str| statements(text).map(|all| all.len()).unwrap_or(usize::MAX);
        assert_eq!(count("SELECT 1; ; SELECT ';' ;\n-- end"), 2);
        assert_eq!(count(""), 0);
        assert!(single("SELECT 1;").is_ok() && single("SELECT 1; SELECT 2").is_err() && single("-- nothing").is_err());
    }
}
