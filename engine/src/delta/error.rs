//! From the errors of the layers below to ours.

use std::error::Error;

use deltalake::DeltaTableError;

use super::store::cause_of;
use crate::EngineError;

/// Storage trouble (permissions, missing files, full disks) is told apart from Delta trouble by its cause.
pub(super) fn delta_error(table: &str, place: &str, error: DeltaTableError) -> EngineError {
    if is_storage(&error) {
        return EngineError::storage(place, error);
    }
    EngineError::Delta { table: table.to_owned(), source: Box::new(error) }
}

pub(super) fn storage_error(place: &str, error: impl Into<Box<dyn Error + Send + Sync>>) -> EngineError {
    EngineError::storage(place, error)
}

fn is_storage(error: &DeltaTableError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<object_store::Error>() || inner.is::<std::io::Error>() {
            return true;
        }
        cause = cause_of(inner);
    }
    matches!(error, DeltaTableError::ObjectStore { .. } | DeltaTableError::Io { .. })
}
