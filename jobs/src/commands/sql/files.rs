//! Files that a query names between quotes: `FROM 'path/to/file.parquet'`, a CSV file or the folder of a Delta table.

use std::path::Path;

use almanac_engine::EngineError;
use datafusion::common::TableReference;
use datafusion::prelude::{CsvReadOptions, ParquetReadOptions, SessionContext};
use deltalake::{DeltaTable, DeltaTableError};
use url::Url;

use super::travel::When;
use crate::exit::{Failure, Outcome};

/// Endings that make a table's name a file.
const ENDINGS: [&str; 2] = ["parquet", "csv"];

/// Registers a table's name that is a file or folder under that name; gives whether it is one.
///
/// # Errors
/// `NotFound` for a path where nothing is; `Input` for one that cannot be read as a table.
pub(super) async fn register(context: &SessionContext, table: &TableReference) -> Outcome<bool> {
    let TableReference::Bare { table: name } = table else { return Ok(false) };
    let path = Path::new(&**name);
    let ending = ending(path);
    if !name.contains('/') && ending.is_none() && !path.join("_delta_log").is_dir() {
        return Ok(false);
    }
    if !path.exists() {
        let hint = "; paths are those of this machine, relative to the folder one is in".into();
        return Err(EngineError::NotFound { what: "file", name: name.to_string(), hint }.into());
    }
    let provider = if path.join("_delta_log").is_dir() {
        let table = delta(path, None).await?;
        table.table_provider().await.map_err(|error| refused(path, error))?
    } else {
        let frame = match ending {
            Some("csv") => context.read_csv(&**name, CsvReadOptions::new()).await,
            _ => context.read_parquet(&**name, ParquetReadOptions::default()).await,
        };
        frame.map_err(|error| refused(path, error))?.into_view()
    };
    context.register_table(table.clone(), provider)?;
    Ok(true)
}

/// Registers a Delta table as it was.
///
/// # Errors
/// `NotFound` where there is none; `Input` for one that has no such version.
pub(super) async fn register_past(context: &SessionContext, path: &str, name: &str, when: &When) -> Outcome {
    let folder = Path::new(path);
    if !folder.join("_delta_log").is_dir() {
        let hint = "; only Delta tables have versions".into();
        return Err(EngineError::NotFound { what: "table", name: path.to_owned(), hint }.into());
    }
    let reference = TableReference::bare(name);
    if !context.table_exist(reference.clone())? {
        let table = delta(folder, Some(when)).await?;
        let provider = table.table_provider().await.map_err(|error| refused(folder, error))?;
        context.register_table(reference, provider)?;
    }
    Ok(())
}

async fn delta(path: &Path, when: Option<&When>) -> Outcome<DeltaTable> {
    let absolute =
        std::fs::canonicalize(path).map_err(|error| EngineError::storage(&path.display().to_string(), error))?;
    let url = Url::from_directory_path(&absolute).map_err(|()| refused(path, "no URL names it"))?;
    let opened = match when {
        None => deltalake::open_table(url).await,
        Some(When::Version(number)) => deltalake::open_table_with_version(url, *number).await,
        Some(When::Time(time)) => deltalake::open_table_with_ds(url, time.to_rfc3339()).await,
    };
    opened.map_err(|error: DeltaTableError| refused(path, error))
}

fn ending(path: &Path) -> Option<&str> {
    path.extension().and_then(|ending| ending.to_str()).filter(|ending| ENDINGS.contains(ending))
}

fn refused(path: &Path, reason: impl std::fmt::Display) -> Failure {
    EngineError::Input { place: path.display().to_string(), message: reason.to_string() }.into()
}
