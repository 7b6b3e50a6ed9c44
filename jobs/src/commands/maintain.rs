//! `maintain optimize|vacuum|checkpoint`.

use almanac_engine::delta::maintain::{self, Vacuum};
use almanac_engine::plan::report::FOLDER;
use almanac_engine::tables;
use chrono::TimeDelta;
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
                let sentence = format!("{name}: {} files became {}", done.files_before, done.files_after);
                let facts =
                    json!({ "table": name, "files_before": done.files_before, "files_after": done.files_after });
                progress::step("optimize", &sentence, facts);
            }
            "vacuum" => {
                let options = Vacuum {
                    retention: TimeDelta::hours(i64::from(command.retention_hours)),
                    dry_run: command.dry_run,
                };
                let mut deleted = maintain::vacuum(&session.warehouse, &def, options).await?.paths;
                if def == tables::trained_models(&session.settings) {
                    deleted.extend(maintain::vacuum_models(&session.warehouse, &def, options).await?.paths);
                }
                if def == tables::runs() {
                    deleted.extend(maintain::vacuum_folder(&session.warehouse, FOLDER, options).await?.paths);
                }
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
