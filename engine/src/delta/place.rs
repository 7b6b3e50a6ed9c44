//! Places on S3 that a query names: objects, and tables of others.

use std::sync::Arc;

use deltalake::{DeltaTable, DeltaTableError};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt};
use url::Url;

use super::error::{delta_error, storage_error};
use super::store::{s3_root, stores, without_secrets};
use super::warehouse::log_store;
use crate::{EngineError, Result};

/// Folder of a Delta table's log.
const LOG: &str = "_delta_log";

/// A place in a bucket, reached by the client of this process.
#[derive(Debug, Clone)]
pub struct Place {
    /// With a slash at the end.
    root: Url,
    path: Path,
    store: Arc<dyn ObjectStore>,
}

/// What lies at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// No object there, nor below.
    Nothing,
    /// An object.
    Object,
    /// Objects below it.
    Folder,
    /// A Delta table.
    Table,
}

impl Place {
    /// Whether an address is one of S3; others name files of this machine.
    pub fn is_one(address: &str) -> bool {
        let begins = |scheme: &str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        ["s3://", "s3a://"].into_iter().any(begins)
    }

    /// Names a place by `s3://bucket/key`. Asks nothing of the network.
    ///
    /// # Errors
    /// `Input` for an address that cannot be, `Configuration` for an environment that makes no client.
    pub fn new(address: &str) -> Result<Self> {
        let named = without_secrets(address);
        let refused = |message: String| EngineError::input(named.as_str(), message).of_value(named.as_str());
        let root = s3_root(address).map_err(|error| match error {
            EngineError::Configuration { message, .. } => refused(message),
            other => other,
        })?;
        let path = Path::from_url_path(root.path()).map_err(|error| refused(error.to_string()))?;
        let store = stores().of(&root)?;
        Ok(Self { root, path, store })
    }

    /// Finds out what lies there, by a request and at most two listings.
    ///
    /// # Errors
    /// `Storage` with bucket, key and cause.
    pub async fn holds(&self) -> Result<Holds> {
        if !self.path.is_root() {
            match self.store.head(&self.path).await {
                Ok(_) => return Ok(Holds::Object),
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(storage_error(self.object(), error)),
            }
        }
        if self.has_below(&self.path.clone().join(LOG)).await? {
            return Ok(Holds::Table);
        }
        Ok(if self.has_below(&self.path).await? { Holds::Folder } else { Holds::Nothing })
    }

    async fn has_below(&self, folder: &Path) -> Result<bool> {
        let first = self.store.list(Some(folder)).try_next().await;
        first.map(|found| found.is_some()).map_err(|error| storage_error(self.object(), error))
    }

    /// The address as of an object, without a slash at the end.
    pub fn object(&self) -> &str {
        self.root.as_str().trim_end_matches('/')
    }

    /// The address as of a folder, with a slash at the end.
    pub fn folder(&self) -> &str {
        self.root.as_str()
    }

    /// The Delta table there, none of whose versions is loaded yet.
    ///
    /// # Errors
    /// As [`Self::refused`].
    pub fn table(&self) -> Result<DeltaTable> {
        let opened = log_store(&self.store, &self.root).map_err(|error| self.refused(error))?;
        Ok(DeltaTable::new(opened))
    }

    /// Why the table there cannot be read: `Storage` where the store failed, else `Input`.
    pub fn refused(&self, error: DeltaTableError) -> EngineError {
        match delta_error(self.object(), self.object(), error) {
            EngineError::Delta { table, source } => EngineError::input(table, source.to_string()),
            other => other,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Place;
    use crate::EngineError;

    #[test]
    fn addresses_name_objects_and_folders() {
        for address in ["s3://some-bucket/a b/c.csv", "s3a://some-bucket/a%20b/c.csv/"] {
            assert!(Place::is_one(address));
            let place = Place::new(address).unwrap();
            assert_eq!(place.object(), "s3://some-bucket/a%20b/c.csv");
            assert_eq!((place.folder(), place.path.as_ref()), ("s3://some-bucket/a%20b/c.csv/", "a b/c.csv"));
        }
        assert!(!Place::is_one("s3/a.csv") && !Place::is_one("/folder/s3://a.csv"));
    }

    #[test]
    fn addresses_that_cannot_be_are_refused_without_their_secrets() {
        for address in ["s3://", "s3://ab/c.csv", "s3://key:hush@some-bucket/c.csv", "S3://key:hush@some-bucket/c.csv"]
        {
            assert!(Place::is_one(address));
            let error = Place::new(address).unwrap_err();
            assert!(matches!(error, EngineError::Input { .. }) && !error.to_string().contains("hush"), "{error}");
        }
    }
}
