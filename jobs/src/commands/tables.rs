//! `tables`: what the warehouse holds.

use almanac_engine::delta::{Snapshot, content};
use almanac_engine::tables_docs;
use serde_json::{Value, json};

use super::{Session, catalog};
use crate::cli::TablesCommand;
use crate::exit::Outcome;
use crate::output::{Column, Document, Listing};
use crate::{look, show};

pub(crate) async fn run(session: &Session, command: &TablesCommand) -> Outcome {
    let mut columns = vec![
        Column::text("table"),
        Column::whole("rows"),
        Column::whole("files").rank(2),
        Column::bytes("bytes"),
        Column::whole("version"),
    ];
    if command.content {
        columns.push(Column::text("content"));
    }
    columns.push(Column::prose("what").titled("what it holds").rank(u8::from(command.content)));
    let mut listing = Listing::new(columns);
    for def in catalog::existing(session, None).await? {
        let Some(snapshot) = Snapshot::open(&session.warehouse, &def).await? else { continue };
        let files = snapshot.files()?;
        let (rows, bytes) = files.iter().fold((0, 0), |(rows, bytes), file| (rows + file.rows, bytes + file.bytes));
        let name = def.full_name();
        let version = snapshot.version();
        let hash = match command.content {
            true => Some(content::of_table(&snapshot).await?.hash()),
            false => None,
        };
        if as_lines() {
            // one line as soon as a table is known: hashing all takes a while
            show::line(json!({
                "table": name, "version": version, "files": files.len(), "rows": rows, "bytes": bytes, "content": hash
            }));
            continue;
        }
        let mut row = vec![json!(name), json!(rows), json!(files.len()), json!(bytes), json!(version)];
        row.extend(hash.map(Value::from));
        row.push(json!(tables_docs::table(&session.settings, &def)));
        listing.push(row);
    }
    if !as_lines() {
        show_all(session, listing);
    }
    Ok(())
}

/// Whether a pipe gets one line per table, as it does without a form asked for.
fn as_lines() -> bool {
    let look = look::get();
    look.form.is_none() && !look.terminal
}

fn show_all(session: &Session, listing: Listing) {
    let document = match listing.is_empty() {
        true => {
            let sentence = format!("no table in {}; `almanac ingest` makes the first", session.warehouse.root());
            Document::new().note("tables", Value::Array(Vec::new()), sentence)
        }
        false => Document::new().listing("tables", listing),
    };
    session.marked(document).show();
}
