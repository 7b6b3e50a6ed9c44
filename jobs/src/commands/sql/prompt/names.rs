//! The names that can be written in a query.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::prelude::SessionContext;

use crate::commands::catalog;

/// Tables with their columns, and functions.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Columns by `schema.table`.
    pub(super) tables: BTreeMap<String, Vec<String>>,
    /// Functions, also those that stand for tables.
    pub(super) functions: BTreeSet<String>,
}

impl Names {
    /// Those of a session.
    pub(super) async fn of(context: &SessionContext) -> Self {
        let mut tables = BTreeMap::new();
        for name in catalog::readable(context) {
            // a table that cannot be opened has a name all the same
            let columns = match context.table_provider(name.as_str()).await {
                Ok(table) => table.schema().fields().iter().map(|field| field.name().clone()).collect(),
                Err(_) => Vec::new(),
            };
            tables.insert(name, columns);
        }
        let state = context.state();
        let mut functions: BTreeSet<String> = state.scalar_functions().keys().cloned().collect();
        functions.extend(state.aggregate_functions().keys().cloned());
        functions.extend(state.window_functions().keys().cloned());
        functions.extend(state.table_functions().keys().cloned());
        Self { tables, functions }
    }

    /// Columns of the tables that a text names; of all where it names none.
    pub(super) fn columns(&self, text: &str) -> BTreeSet<&str> {
        let words: BTreeSet<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).collect();
        let is_named = |table: &str| {
            words.contains(table) || table.split_once('.').is_some_and(|(_, short)| words.contains(short))
        };
        let named: Vec<&Vec<String>> =
            self.tables.iter().filter(|(table, _)| is_named(table)).map(|(_, columns)| columns).collect();
        let from = if named.is_empty() { self.tables.values().collect() } else { named };
        from.into_iter().flatten().map(String::as_str).collect()
    }
}
