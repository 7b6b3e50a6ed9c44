//! `tables`: what the warehouse holds.

use almanac_engine::delta::{Snapshot, content};
use serde_json::json;

use super::{Session, catalog};
use crate::cli::TablesCommand;
use crate::exit::Outcome;
use crate::{progress, show};

pub(crate) async fn run(session: &Session, command: &TablesCommand) -> Outcome {
    let content = command.content.then_some("content");
    let mut table = show::table(["table", "version", "files", "rows", "MB"].into_iter().chain(content), 1);
    for def in catalog::existing(session, None).await? {
        let Some(snapshot) = Snapshot::open(&session.warehouse, &def).await? else { continue };
        let files = snapshot.files()?;
        let (rows, bytes) = files.iter().fold((0, 0), |(rows, bytes), file| (rows + file.rows, bytes + file.bytes));
        let hash = match command.content {
            true => Some(content::of_table(&snapshot).await?.hash()),
            false => None,
        };
        let (name, version) = (def.full_name(), snapshot.version());
        if !progress::interactive() {
            let facts = json!({ "table": name, "version": version, "files": files.len(), "rows": rows, "bytes": bytes, "content": hash });
            println!("{facts}");
        }
        let megabytes = format!("{:.1}", bytes as f64 / 1e6);
        let mut row = vec![name, version.to_string(), files.len().to_string(), rows.to_string(), megabytes];
        row.extend(hash);
        table.add_row(row);
    }
    if progress::interactive() {
        println!("{table}");
    }
    Ok(())
}
