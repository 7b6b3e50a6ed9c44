//! Tables, views and named queries, as the demo's configuration makes them.

use std::sync::Arc;

use almanac_engine::settings::Settings;
use almanac_engine::tables::{self, TableDef};
use almanac_engine::tables_docs;
use arrow::datatypes::Field;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider};
use datafusion::datasource::empty::EmptyTable;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::page::{Page, cell, code, codes, sentence};
use crate::commands::views::{self, Meanings, View};
use crate::commands::{catalog, describe};
use crate::exit::Outcome;

pub(super) async fn page(settings: &Settings) -> Outcome<String> {
    let mut page = Page::new(
        "Tables",
        "Every table of a warehouse, as [examples/demo.toml](../../examples/demo.toml) makes it: the key `commodity`, the \
         target `close`, intervals of 80 and 95 % and 14 days ahead are that file's. `almanac describe TABLE` shows the \
         same of a warehouse of your own, with sizes and commits. Columns that are no content (`generation_timestamp`, \
         `created_at`, `run_id`, durations and their like) may differ between two runs that give the same rows.",
    );
    let defs = catalog::all(settings);
    for def in &defs {
        table(&mut page, settings, def);
    }
    page.heading(2, "Views");
    page.paragraph(
        "Computed when they are read, by `almanac sql`; they are in the schema `forecast`. Other readers of Delta see tables \
         only.",
    );
    let context = planned(&defs)?;
    for known in views::all(settings, &views::Stored::planned(settings)) {
        view(&mut page, settings, &context, &known).await?;
    }
    page.heading(2, "Named queries");
    page.paragraph("`almanac sql --named NAME` answers them.");
    let named = catalog::named(settings);
    let rows: Vec<[String; 2]> =
        named.iter().map(|(name, answers, _)| [code(name), cell(&sentence(answers))]).collect();
    page.table(["name", "answers"], &rows);
    Ok(page.finish())
}

fn table(page: &mut Page, settings: &Settings, def: &TableDef) {
    page.heading(2, &code(&def.full_name()));
    page.paragraph(&sentence(&capital(&tables_docs::table(settings, def))));
    page.paragraph(&format!("One row per {}. Partitioned by {}.", codes(&def.grain), codes(&def.partition_by)));
    let told =
        |field: &Field| (field.metadata().get("unit").cloned(), tables_docs::column(settings, def, field.name()));
    columns(page, def.columns.fields().iter().map(AsRef::as_ref), told);
}

async fn view(page: &mut Page, settings: &Settings, context: &SessionContext, view: &View) -> Outcome {
    let name = format!("forecast.{}", view.name);
    // made as a warehouse's views are: the query alone has other types where it unites tables
    context.sql(&format!("CREATE VIEW {name} AS {}", view.query)).await?;
    let frame = context.table(name.as_str()).await?;
    page.heading(3, &code(&name));
    page.paragraph(&sentence(&capital(views::meaning(view.name))));
    page.paragraph(&format!("Reads {}.", codes(view.needs)));
    let meanings = Meanings::of(settings, view.name);
    columns(page, frame.schema().fields().iter().map(AsRef::as_ref), |field| meanings.column(field.name()));
    Ok(())
}

/// Columns, of each of which `told` has unit and meaning.
fn columns<'a>(
    page: &mut Page,
    fields: impl Iterator<Item = &'a Field>,
    told: impl Fn(&Field) -> (Option<String>, String),
) {
    let rows: Vec<[String; 5]> = runs(fields).iter().map(|run| row(run, told(run.first))).collect();
    page.table(["column", "type", "unit", "null", "meaning"], &rows);
}

fn row(run: &Run<'_>, (unit, meaning): (Option<String>, String)) -> [String; 5] {
    let field = run.first;
    let null = if field.is_nullable() { "yes" } else { "no" };
    let meaning = if run.last.is_some() { meaning.replace("day 1 ", "that day ") } else { meaning };
    let volatile = if tables::is_content(field.name()) { "" } else { " (no content)" };
    [
        run.name().split(" … ").map(code).collect::<Vec<_>>().join(" … "),
        describe::kind(field.data_type()),
        cell(unit.as_deref().unwrap_or("–")),
        null.to_owned(),
        cell(&format!("{meaning}{volatile}")),
    ]
}

/// Columns that differ in the day only, or one column.
struct Run<'a> {
    first: &'a Field,
    last: Option<&'a Field>,
}

impl Run<'_> {
    fn name(&self) -> String {
        match self.last {
            Some(last) => format!("{} … {}", self.first.name(), last.name()),
            None => self.first.name().clone(),
        }
    }
}

/// Neighbours named `day_1`, `day_2` and so on as one.
fn runs<'a>(fields: impl Iterator<Item = &'a Field>) -> Vec<Run<'a>> {
    let mut found: Vec<Run<'a>> = Vec::new();
    let numbered = |field: &Field| field.name().strip_prefix("day_").is_some_and(|n| n.parse::<usize>().is_ok());
    for field in fields {
        match found.last_mut() {
            Some(run) if numbered(field) && numbered(run.first) => run.last = Some(field),
            _ => found.push(Run { first: field, last: None }),
        }
    }
    found
}

/// A session whose tables have columns and no rows, to plan the views with.
fn planned(defs: &[TableDef]) -> Outcome<SessionContext> {
    let config = SessionConfig::new().with_default_catalog_and_schema("almanac", "forecast");
    let context = SessionContext::new_with_config(config);
    let catalog = Arc::new(MemoryCatalogProvider::new());
    for def in defs {
        let schema = match catalog.schema(&def.schema_name) {
            Some(schema) => schema,
            None => {
                let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
                catalog.register_schema(&def.schema_name, Arc::clone(&schema))?;
                schema
            }
        };
        schema.register_table(def.name.clone(), Arc::new(EmptyTable::new(Arc::clone(&def.columns))))?;
    }
    context.register_catalog("almanac", catalog);
    Ok(context)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_meaning() -> Outcome {
        let settings = crate::commands::reference::example()?;
        for def in catalog::all(&settings) {
            assert!(!tables_docs::table(&settings, &def).is_empty(), "{}", def.full_name());
            for field in def.columns.fields() {
                let meaning = tables_docs::column(&settings, &def, field.name());
                assert!(!meaning.is_empty(), "{}.{}", def.full_name(), field.name());
            }
        }
        Ok(())
    }

    #[tokio::test]
    async fn no_cell_of_the_page_is_empty() -> Outcome {
        let page = page(&crate::commands::reference::example()?).await?;
        let empty: Vec<&str> = page.lines().filter(|line| line.contains("|  |")).collect();
        assert!(page.contains("\n### `forecast.distributions_long`\n") && empty.is_empty(), "{empty:?}");
        Ok(())
    }
}
