//! Functions of SQL: ours with their arguments, DataFusion's by name.

use almanac_engine::regenerate;
use almanac_engine::settings::Settings;
use arrow::datatypes::DataType;
use datafusion::logical_expr::Documentation;
use datafusion::prelude::SessionContext;

use super::page::{Page, cell, code, sentence};
use crate::commands::describe;
use crate::exit::Outcome;

/// Calls that are planned for the columns they give; nothing is computed.
const CALLS: [(&str, &str); 2] = [
    ("forecast", "SELECT * FROM forecast('a', 'naive', DATE '2024-01-03')"),
    ("paths", "SELECT * FROM paths('a', 'naive', DATE '2024-01-03', 10)"),
];

pub(super) async fn page(settings: &Settings) -> Outcome<String> {
    let context = SessionContext::new();
    almanac_udfs::register(&context);
    regenerate::register(&context, "memory", settings);
    let mut page = Page::new(
        "Functions of SQL",
        "[Functions in SQL](../functions.md) has an example of each of ours and says what holds for nulls and lists.",
    );
    page.heading(2, "Table functions");
    for (name, call) in CALLS {
        let Some(documented) = regenerate::documentation(name) else { continue };
        let schema = context.sql(call).await?.schema().clone();
        let columns = schema.fields().iter().map(|f| format!("{} {}", code(f.name()), describe::kind(f.data_type())));
        let gives = format!("Columns, with the key of the demo: {}", columns.collect::<Vec<_>>().join(", "));
        function(&mut page, &documented, &gives);
    }
    page.heading(2, "Scalar functions");
    for scalar in sorted(almanac_udfs::functions(), |f| f.name().to_owned()) {
        if let Some(documented) = scalar.documentation() {
            function(&mut page, documented, &format!("Gives: {}", kind(&scalar.return_type(&[])?)));
        }
    }
    page.heading(2, "Aggregate functions");
    for aggregate in sorted(almanac_udfs::aggregates(), |f| f.name().to_owned()) {
        if let Some(documented) = aggregate.documentation() {
            function(&mut page, documented, &format!("Gives: {}", kind(&aggregate.return_type(&[])?)));
        }
    }
    of_datafusion(&mut page);
    Ok(page.finish())
}

fn sorted<F>(mut functions: Vec<F>, name: impl Fn(&F) -> String) -> Vec<F> {
    functions.sort_by_key(name);
    functions
}

fn function(page: &mut Page, documented: &Documentation, gives: &str) {
    let name = documented.syntax_example.split('(').next().unwrap_or_default();
    page.heading(3, &code(name));
    page.code("sql", &documented.syntax_example);
    page.paragraph(&sentence(&documented.description));
    let arguments = documented.arguments.iter().flatten();
    let rows: Vec<[String; 2]> = arguments.map(|(name, meaning)| [code(name), cell(&sentence(meaning))]).collect();
    page.table(["argument", "meaning"], &rows);
    page.paragraph(&sentence(gives));
}

/// A type in words.
fn kind(data: &DataType) -> String {
    match data {
        DataType::List(item) => format!("list of {}", kind(item.data_type())),
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| format!("{} {}", code(field.name()), kind(field.data_type())));
            format!("struct of {}", fields.collect::<Vec<_>>().join(", "))
        }
        other => describe::kind(other),
    }
}

/// What DataFusion brings, as a fresh session has it.
fn of_datafusion(page: &mut Page) {
    let state = SessionContext::new().state();
    page.heading(2, "Functions of DataFusion");
    page.paragraph("Each under its first name; `\\df` at the prompt of `almanac sql` says what one gives.");
    let unique = |mut names: Vec<String>| {
        names.sort();
        names.dedup();
        names
    };
    let scalar = state.scalar_functions().values().map(|f| f.name().to_owned()).collect();
    let aggregate = state.aggregate_functions().values().map(|f| f.name().to_owned()).collect();
    let window = state.window_functions().values().map(|f| f.name().to_owned()).collect();
    let table = state.table_functions().keys().cloned().collect();
    for (heading, names) in [("Scalar", scalar), ("Aggregate", aggregate), ("Window", window), ("Table", table)] {
        page.heading(3, heading);
        // a name that is no plain one is an operator's
        let plain = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let names: Vec<String> = unique(names).into_iter().filter(plain).map(|name| code(&name)).collect();
        page.paragraph(&names.join(", "));
    }
}
