//! `maintain optimize|vacuum|checkpoint`.

use almanac_engine::delta::maintain;
use serde_json::json;

use super::{Session, catalog};
use crate::cli::MaintainCommand;
use crate::exit::Outcome;
use crate::progress;

pub(crate) async fn run(session: &Session, command: &MaintainCommand) -> Outcome {
    for def in catalog::existing(session, command.table.as_deref()).await? {
        let name = def.full_name();
        match command.what.as_str() {
            "optimize" => {
                let done = maintain::optimize(&session.warehouse, &def).await?;
                let sentence = format!("{name}: {} files became {}", done.removed, done.added);
                progress::step("optimize", &sentence, json!({ "table": name, "removed": done.removed, "added": done.added }));
            }
            "vacuum" => {
                let hours = command.retention_hours;
                let deleted = maintain::vacuum(&session.warehouse, &def, hours, command.dry_run).await?;
                let verb = if command.dry_run { "would be deleted" } else { "deleted" };
                let sentence = format!("{name}: {} files {verb}", deleted.len());
                let facts = json!({ "table": name, "files": deleted, "dry_run": command.dry_run });
                progress::step("vacuum", &sentence, facts);
            }
            _ => {
                let version = maintain::checkpoint(&session.warehouse, &def).await?;
                let sentence = format!("{name}: checkpoint at version {version}");
                progress::step("checkpoint", &sentence, json!({ "table": name, "version": version }));
            }
        }
    }
    Ok(())
}
