//! Files that a query names between quotes: `FROM 'path/to/file.parquet'`, a CSV file or the folder of a Delta table,
//! on this machine or on S3.

use std::path::Path;
use std::sync::Arc;

use almanac_engine::EngineError;
use almanac_engine::delta::{Holds, Place};
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::error::DataFusionError;
use datafusion::prelude::{CsvReadOptions, DataFrame, ParquetReadOptions, SessionContext};
use url::Url;

use super::travel::When;
use crate::exit::{Failure, Outcome};

/// Endings that make a table's name a file.
const ENDINGS: [&str; 2] = ["parquet", "csv"];

/// Registers a table's name that is a file or folder under that name; gives whether it is one.
///
/// # Errors
/// `NotFound` for a path where nothing is; `Input` for one that cannot be read as a table; `Storage` where S3 does not
/// give it.
pub(super) async fn register(context: &SessionContext, table: &TableReference) -> Outcome<bool> {
    let TableReference::Bare { table: name } = table else { return Ok(false) };
    let provider = match Place::is_one(name) {
        true => on_s3(context, name).await?,
        false if !is_path(name) => return Ok(false),
        false => here(context, name).await?,
    };
    context.register_table(table.clone(), provider)?;
    Ok(true)
}

/// Registers a Delta table as it was.
///
/// # Errors
/// `NotFound` where there is none; `Input` for one that has no such version; `Storage` where S3 does not give it.
pub(super) async fn register_past(context: &SessionContext, path: &str, name: &str, when: &When) -> Outcome {
    let reference = TableReference::bare(name);
    if context.table_exist(reference.clone())? {
        return Ok(());
    }
    let no_table = || {
        let hint = "; only Delta tables have versions".into();
        EngineError::NotFound { what: "table", name: path.to_owned(), hint }
    };
    let provider = if Place::is_one(path) {
        let place = Place::new(path)?;
        match place.holds().await? {
            Holds::Table => delta_on_s3(&place, Some(when)).await?,
            _ => return Err(no_table().into()),
        }
    } else {
        let folder = Path::new(path);
        match folder.join("_delta_log").is_dir() {
            true => delta(folder, Some(when)).await?,
            false => return Err(no_table().into()),
        }
    };
    context.register_table(reference, provider)?;
    Ok(())
}

/// Whether a name is that of a file or folder of this machine, whether it is there or not.
fn is_path(name: &str) -> bool {
    let path = Path::new(name);
    name.contains('/') || ending(path).is_some() || path.join("_delta_log").is_dir()
}

/// What lies at a path of this machine.
async fn here(context: &SessionContext, name: &str) -> Outcome<Arc<dyn TableProvider>> {
    let path = Path::new(name);
    if !path.exists() {
        let hint = "; paths are those of this machine, relative to the folder one is in".into();
        return Err(EngineError::NotFound { what: "file", name: name.to_owned(), hint }.into());
    }
    if path.join("_delta_log").is_dir() {
        return delta(path, None).await;
    }
    let read = frame(context, name).await.map_err(|error| match path.is_dir() {
        true => refused(path, format!("the folder has no Delta log (_delta_log), and read as Parquet files: {error}")),
        false => refused(path, error),
    });
    Ok(read?.into_view())
}

/// What lies at an address of S3.
async fn on_s3(context: &SessionContext, address: &str) -> Outcome<Arc<dyn TableProvider>> {
    let place = Place::new(address)?;
    let read = match place.holds().await? {
        Holds::Table => return delta_on_s3(&place, None).await,
        Holds::Object => frame(context, place.object()).await,
        Holds::Folder => frame(context, place.folder()).await,
        Holds::Nothing => {
            let hint = "; no object has that key or one below it".into();
            return Err(EngineError::NotFound { what: "file", name: place.object().to_owned(), hint }.into());
        }
    };
    Ok(read.map_err(|error| unreadable(&place, error))?.into_view())
}

/// The rows of a file, or of all below a folder, by the ending of its name.
async fn frame(context: &SessionContext, name: &str) -> Result<DataFrame, DataFusionError> {
    match ending(Path::new(name)) {
        Some("csv") => context.read_csv(name, CsvReadOptions::new()).await,
        _ => context.read_parquet(name, ParquetReadOptions::default()).await,
    }
}

async fn delta(path: &Path, when: Option<&When>) -> Outcome<Arc<dyn TableProvider>> {
    let absolute =
        std::fs::canonicalize(path).map_err(|error| EngineError::storage(&path.display().to_string(), error))?;
    let url = Url::from_directory_path(&absolute).map_err(|()| refused(path, "no URL names it"))?;
    let opened = match when {
        None => deltalake::open_table(url).await,
        Some(When::Version(number)) => deltalake::open_table_with_version(url, *number).await,
        Some(When::Time(time)) => deltalake::open_table_with_ds(url, time.to_rfc3339()).await,
    };
    let table = opened.map_err(|error| refused(path, error))?;
    table.table_provider().await.map_err(|error| refused(path, error))
}

async fn delta_on_s3(place: &Place, when: Option<&When>) -> Outcome<Arc<dyn TableProvider>> {
    let mut table = place.table()?;
    let loaded = match when {
        None => table.load().await,
        Some(When::Version(number)) => table.load_version(*number).await,
        Some(When::Time(time)) => table.load_with_datetime(*time).await,
    };
    loaded.map_err(|error| place.refused(error))?;
    table.table_provider().await.map_err(|error| unreadable(place, error))
}

fn ending(path: &Path) -> Option<&str> {
    path.extension().and_then(|ending| ending.to_str()).filter(|ending| ENDINGS.contains(ending))
}

fn refused(path: &Path, reason: impl std::fmt::Display) -> Failure {
    EngineError::input(path.display().to_string(), reason.to_string()).into()
}

/// What S3 did not give is told as such.
fn unreadable(place: &Place, error: DataFusionError) -> Failure {
    match EngineError::from(error) {
        EngineError::Plan(error) => refused(Path::new(place.object()), error),
        other => other.into(),
    }
}
