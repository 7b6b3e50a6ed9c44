//! Scripts, read and run by sqllogictest, of whose directives these are in use; all others are refused, because a
//! script could skip its own records by them.
//!
//! | directive | meaning |
//! |---|---|
//! | `statement ok` | the statement succeeds |
//! | `statement count N` | it succeeds with N rows |
//! | `statement error PATTERN` | it is refused; the pattern is found in `exit CODE: MESSAGE` |
//! | `query TYPES [nosort or rowsort]` | its rows are those below `----`; one of T, I, R per column |

use sqllogictest::{
    Connection, DB, ExpectedError, QueryExpect, Record, Runner, SortMode, StatementExpect, parse_with_name,
};

use crate::answer::{Kind, same_rows, same_types};

/// Runs every record of a script; returns what went wrong, each with the script's name and line.
pub(crate) fn failures<D>(database: &D, name: &str, text: &str) -> Vec<String>
where
    D: DB<ColumnType = Kind> + Clone + Send,
{
    let records = match read(name, text) {
        Ok(records) => records,
        Err(problem) => return vec![problem],
    };
    let mut runner = Runner::new(|| {
        let connection = database.clone();
        async { Ok(connection) }
    });
    runner.with_validator(same_rows);
    runner.with_column_validator(same_types);
    records.into_iter().filter_map(|record| runner.run(record).err()).map(|failure| failure.to_string()).collect()
}

/// The records of a script.
fn read(name: &str, text: &str) -> Result<Vec<Record<Kind>>, String> {
    let mut records = parse_with_name(text, name).map_err(|problem| problem.to_string())?;
    records.retain(|record| !matches!(record, Record::Comment(_) | Record::Newline));
    match records.iter().find(|record| !is_in_use(record)) {
        Some(Record::Statement { loc, .. } | Record::Query { loc, .. }) => {
            Err(format!("directive not in use\nat {loc}"))
        }
        Some(other) => Err(format!("directive not in use: {other}\nat {name}")),
        None if records.is_empty() => Err(format!("no records\nat {name}")),
        None => Ok(records),
    }
}

fn is_in_use(record: &Record<Kind>) -> bool {
    let (conditions, connection, retry) = match record {
        Record::Statement { conditions, connection, retry, .. }
        | Record::Query { conditions, connection, retry, .. } => (conditions, connection, retry),
        _ => return false,
    };
    let expectation = match record {
        Record::Statement { expected: StatementExpect::Ok | StatementExpect::Count(_), .. } => true,
        Record::Statement { expected: StatementExpect::Error(error), .. } => matches!(error, ExpectedError::Inline(_)),
        // the parser takes a misspelt sort mode for a label, which it then ignores
        Record::Query { expected: QueryExpect::Results { types, sort_mode, label: None, .. }, .. } => {
            !types.is_empty() && *sort_mode != Some(SortMode::ValueSort)
        }
        _ => false,
    };
    expectation && conditions.is_empty() && *connection == Connection::Default && retry.is_none()
}
