//! Tables as they were: `TABLE VERSION AS OF 3` and `TABLE TIMESTAMP AS OF '2024-01-03 12:00:00'`.
//!
//! The clause is taken out of the statement before it is parsed, and the table's name replaced by one under which that
//! version is registered.

use almanac_engine::EngineError;
use almanac_engine::delta::Snapshot;
use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use datafusion::common::TableReference;
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::keywords::{Keyword, RESERVED_FOR_TABLE_ALIAS};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use super::super::{Session, catalog};
use super::statement::{Tokens, is_significant};
use super::{absent, files};
use crate::exit::Outcome;
use crate::fault::QueryFault;

/// A table as it was.
#[derive(Debug, PartialEq)]
pub(super) struct Past {
    /// As `schema.name`; the path of a Delta table if it was given between quotes.
    table: String,
    is_path: bool,
    when: When,
}

/// Which of a table's versions.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum When {
    /// By its number.
    Version(u64),
    /// The last that was there then.
    Time(DateTime<Utc>),
}

impl Past {
    /// Whether only this machine is known to have it.
    pub(super) fn is_local(&self) -> bool {
        self.is_path
    }

    /// What the statement calls it: a schema, none for a path, and a name.
    fn name(&self) -> (Option<&str>, String) {
        let (schema, table) = match self.table.split_once('.').filter(|_| !self.is_path) {
            Some((schema, table)) => (Some(schema), table),
            None => (None, self.table.as_str()),
        };
        match &self.when {
            When::Version(number) => (schema, format!("{table}@{number}")),
            When::Time(time) => (schema, format!("{table}@{}", time.to_rfc3339_opts(SecondsFormat::AutoSi, true))),
        }
    }
}

/// Takes the clauses out of a statement; gives it and the tables that it asks for.
///
/// # Errors
/// [`QueryFault`] where a version or time is none.
pub(super) fn take(statement: &[TokenWithSpan]) -> Outcome<(Tokens, Vec<Past>)> {
    let significant: Vec<usize> = (0..statement.len()).filter(|&i| is_significant(&statement[i])).collect();
    let at = |position: usize| significant.get(position).map(|&i| &statement[i].token);
    let (mut kept, mut pasts, mut next) = (Vec::new(), Vec::new(), 0);
    for position in 1..significant.len() {
        let Some(kind @ (Keyword::VERSION | Keyword::TIMESTAMP)) = at(position).and_then(keyword) else { continue };
        let is_clause = [(1, Keyword::AS), (2, Keyword::OF)]
            .iter()
            .all(|(ahead, word)| at(position + ahead).and_then(keyword) == Some(*word));
        let (Some(literal), true) = (at(position + 3), is_clause) else { continue };
        let Some((first, table, is_path)) = named(&at, position) else { continue };
        let Some(when) = when(kind, literal)? else { continue };
        let past = Past { table, is_path, when };
        kept.extend_from_slice(&statement[next..significant[first]]);
        let aliased = at(position + 4).is_some_and(is_alias);
        kept.extend(replacement(&past, aliased).into_iter().map(TokenWithSpan::wrap));
        next = significant[position + 3] + 1;
        pasts.push(past);
    }
    kept.extend_from_slice(&statement[next..]);
    Ok((kept, pasts))
}

/// The keyword that an unquoted word is.
fn keyword(token: &Token) -> Option<Keyword> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
        _ => None,
    }
}

/// The table that is named before a position: where its name begins, the name, and whether it is a path.
fn named<'a>(at: &impl Fn(usize) -> Option<&'a Token>, position: usize) -> Option<(usize, String, bool)> {
    if let Some(Token::SingleQuotedString(path)) = at(position - 1) {
        return Some((position - 1, path.clone(), true));
    }
    let word = |position: usize| match at(position) {
        Some(Token::Word(word)) if word.quote_style.is_none() => Some(word.value.to_lowercase()),
        Some(Token::Word(word)) => Some(word.value.clone()),
        _ => None,
    };
    let mut first = position - 1;
    let mut parts = vec![word(first)?];
    while first >= 2 && at(first - 1) == Some(&Token::Period) {
        first -= 2;
        parts.insert(0, word(first)?);
    }
    if parts.len() == 3 && parts[0] == "almanac" {
        parts.remove(0);
    }
    let table = if parts.len() == 1 { format!("forecast.{}", parts[0]) } else { parts.join(".") };
    Some((first, table, false))
}

/// The version that a literal says; none where this is no clause after all, such as a column named `of`.
fn when(kind: Keyword, literal: &Token) -> Outcome<Option<When>> {
    match (kind, literal) {
        (Keyword::VERSION, Token::Number(number, _)) => {
            let refused = |_| {
                let message = format!("VERSION AS OF {number}: expected a whole number");
                QueryFault::new(message).at("VERSION AS OF", number).into()
            };
            number.parse().map(When::Version).map(Some).map_err(refused)
        }
        (Keyword::TIMESTAMP, Token::SingleQuotedString(text)) => {
            let refused = || {
                let expected = "expected a day, a day and time in UTC, or a time as RFC 3339 has it";
                let message = format!("TIMESTAMP AS OF '{text}': {expected}");
                QueryFault::new(message).at("TIMESTAMP AS OF", text).into()
            };
            time(text).map(When::Time).map(Some).ok_or_else(refused)
        }
        _ => Ok(None),
    }
}

/// A day is its first moment.
fn time(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let forms = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let time = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    time.or_else(day).map(|time| time.and_utc())
}

fn is_alias(token: &Token) -> bool {
    match token {
        Token::Word(word) => {
            word.keyword == Keyword::AS
                || word.quote_style.is_some()
                || !RESERVED_FOR_TABLE_ALIAS.contains(&word.keyword)
        }
        _ => false,
    }
}

/// The name in place of table and clause, with the table's own as alias if the statement gives none.
fn replacement(past: &Past, aliased: bool) -> Vec<Token> {
    let quoted = |name: &str| Token::make_word(name, Some('"'));
    let (schema, name) = past.name();
    let mut tokens: Vec<Token> = schema.map(|schema| vec![quoted(schema), Token::Period]).unwrap_or_default();
    tokens.push(quoted(&name));
    if let (false, Some((_, own)), false) = (aliased, past.table.split_once('.'), past.is_path) {
        let blank = || Token::Whitespace(Whitespace::Space);
        tokens.extend([blank(), Token::make_keyword("AS"), blank(), quoted(own)]);
    }
    tokens.push(Token::Whitespace(Whitespace::Space));
    tokens
}

/// Registers a table as it was.
///
/// # Errors
/// `NotFound` for a table, version or time that is not there; [`QueryFault`] for a view, which has no versions.
pub(super) async fn register(session: &Session, context: &SessionContext, past: &Past) -> Outcome {
    let (schema, name) = past.name();
    if past.is_path {
        return files::register_past(context, &past.table, &name, &past.when).await;
    }
    let Some(latest) = catalog::snapshot(session, &past.table).await? else {
        return match context.table_exist(past.table.as_str()) {
            Ok(true) => {
                let message = format!("{} is a view and has no versions", past.table);
                Err(QueryFault::new(message).at("table", &past.table).into())
            }
            _ => Err(absent(context, &past.table)),
        };
    };
    let number = match past.when {
        When::Version(number) => number,
        When::Time(time) => version_at(&latest, time).await?,
    };
    let snapshot = catalog::at(session, &latest, number).await?;
    let reference = TableReference::partial(schema.unwrap_or("forecast"), name);
    if !context.table_exist(reference.clone())? {
        context.register_table(reference, snapshot.provider())?;
    }
    Ok(())
}

/// The last version that was committed by then.
async fn version_at(latest: &Snapshot, time: DateTime<Utc>) -> Outcome<u64> {
    let commits = latest.history(usize::try_from(latest.version()).unwrap_or(usize::MAX).saturating_add(1)).await?;
    let limit = time.timestamp_millis();
    let found = commits.iter().find(|commit| commit.timestamp.is_some_and(|at| at <= limit));
    found.map(|commit| commit.version).ok_or_else(|| {
        let first = commits.iter().rev().find_map(|commit| DateTime::from_timestamp_millis(commit.timestamp?));
        let first = first.map(|first| first.to_rfc3339_opts(SecondsFormat::Millis, true));
        let name = format!("{}@{}", latest.def().full_name(), time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        let hint = first.map(|first| format!("; the first that is known is of {first}")).unwrap_or_default();
        EngineError::NotFound { what: "table version", name, hint }.into()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::statement::single;
    use super::*;

    fn taken(query: &str) -> (String, Vec<Past>) {
        let (tokens, pasts) = take(&single(query).unwrap()).unwrap();
        let text: String = tokens.iter().map(|token| token.token.to_string()).collect();
        (text.split_whitespace().collect::<Vec<_>>().join(" "), pasts)
    }

    #[test]
    fn clauses_become_names_and_keep_the_alias() {
        let (text, pasts) = taken("SELECT * FROM ops.runs VERSION AS OF 3 WHERE true");
        assert_eq!(text, "SELECT * FROM \"ops\".\"runs@3\" AS \"runs\" WHERE true");
        assert_eq!(pasts, [Past { table: "ops.runs".into(), is_path: false, when: When::Version(3) }]);
        let (text, _) = taken("SELECT * FROM Distributions version as of 0 d JOIN ops.runs r ON true");
        assert_eq!(text, "SELECT * FROM \"forecast\".\"distributions@0\" d JOIN ops.runs r ON true");
        let (text, pasts) = taken("SELECT 1 FROM ops.runs TIMESTAMP AS OF '2024-01-03' AS r");
        assert_eq!(text, "SELECT 1 FROM \"ops\".\"runs@2024-01-03T00:00:00Z\" AS r");
        assert_eq!(pasts.len(), 1);
        let (text, pasts) = taken("SELECT count(*) FROM 'some/table' VERSION AS OF 2");
        assert_eq!((text.as_str(), pasts[0].is_path), ("SELECT count(*) FROM \"some/table@2\"", true));
    }

    #[test]
    fn what_is_no_clause_stays() {
        for query in
            ["SELECT a AS version, version AS of FROM t", "SELECT 'x VERSION AS OF 3'", "SELECT 1 -- version as of 3"]
        {
            let (text, pasts) = taken(query);
            assert!(pasts.is_empty() && text.starts_with("SELECT"), "{query}: {text}");
        }
    }

    #[test]
    fn times_are_days_or_moments_in_utc() {
        let seconds = |text: &str| time(text).map(|time| time.timestamp());
        assert_eq!(seconds("1970-01-02"), Some(86_400));
        assert_eq!(seconds("1970-01-01 00:01:00"), Some(60));
        assert_eq!(seconds("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(seconds("yesterday"), None);
        assert!(take(&single("SELECT 1 FROM t TIMESTAMP AS OF 'soon'").unwrap()).is_err());
    }
}
