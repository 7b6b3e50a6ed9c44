//! The warehouse: a root folder and the one object store that reaches it.

use std::collections::HashMap;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use deltalake::logstore::{LogStoreRef, StorageConfig, logstore_with};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::prefix::PrefixStore;
use url::Url;

use super::error::{delta_error, storage_error};
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Root of all tables of one dataset. Cheap to clone; one object store per process and root.
#[derive(Clone)]
pub struct Warehouse(Arc<Inner>);

struct Inner {
    root: Url,
    /// Root of the scheme and host: what Delta and DataFusion address with absolute paths.
    base: Arc<dyn ObjectStore>,
    /// The same store below the warehouse's root.
    store: Arc<dyn ObjectStore>,
    prefix: StorePath,
}

static OPENED: LazyLock<Mutex<HashMap<String, Warehouse>>> = LazyLock::new(Mutex::default);

impl fmt::Debug for Warehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Warehouse({})", self.0.root)
    }
}

impl Warehouse {
    /// Names a warehouse by a plain path or a `file:///` URL. Creates nothing and reads nothing.
    ///
    /// # Errors
    /// `Configuration` for other schemes and unusable paths.
    pub fn open(uri: &str) -> Result<Self> {
        let root = root_url(uri)?;
        let mut opened = OPENED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(known) = opened.get(root.as_str()) {
            return Ok(known.clone());
        }
        let prefix = StorePath::from_url_path(root.path()).map_err(|error| refused(uri, &error.to_string()))?;
        let base: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new());
        let store = Arc::new(PrefixStore::new(Arc::clone(&base), prefix.clone()));
        let warehouse = Self(Arc::new(Inner { root: root.clone(), base, store, prefix }));
        opened.insert(root.into(), warehouse.clone());
        Ok(warehouse)
    }

    /// The root with a trailing slash.
    pub fn root(&self) -> &Url {
        &self.0.root
    }

    /// `<root>/<schema_name>/<name>/`.
    pub fn table_url(&self, def: &TableDef) -> Url {
        let mut url = self.0.root.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&def.schema_name).push(&def.name).push("");
        }
        url
    }

    /// Object store whose paths start at the warehouse's root.
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.0.store)
    }

    /// Folder of a table below the warehouse's root.
    pub fn table_path(&self, def: &TableDef) -> StorePath {
        StorePath::from_iter([def.schema_name.as_str(), def.name.as_str()])
    }

    /// A table's file as DataFusion addresses it: from the root of the scheme and host.
    pub(super) fn absolute_path(&self, def: &TableDef, file: &str) -> Result<StorePath> {
        let path = format!("{}/{}/{file}", self.0.prefix, self.table_path(def));
        StorePath::parse(&path).map_err(|error| storage_error(&path, error))
    }

    /// The scheme and host under which DataFusion knows the store.
    pub fn object_store_url(&self) -> Result<ObjectStoreUrl> {
        let root = &self.0.root;
        if root.scheme() == "file" {
            return Ok(ObjectStoreUrl::local_filesystem());
        }
        Ok(ObjectStoreUrl::parse(format!("{}://{}", root.scheme(), root.host_str().unwrap_or_default()))?)
    }

    /// A local session that can read this warehouse's tables, with `partitions` scan partitions.
    ///
    /// Sorts beyond `memory` bytes spill to the system's temporary folder.
    pub(super) fn session(&self, partitions: usize, memory: usize) -> Result<SessionContext> {
        let config = SessionConfig::new().with_target_partitions(partitions.max(1));
        let runtime = RuntimeEnvBuilder::new().with_memory_limit(memory, 1.0).build_arc()?;
        let session = SessionContext::new_with_config_rt(config, runtime);
        session.register_object_store(self.object_store_url()?.as_ref(), Arc::clone(&self.0.base));
        Ok(session)
    }

    pub(super) fn log_store(&self, def: &TableDef) -> Result<LogStoreRef> {
        let url = self.table_url(def);
        logstore_with(Arc::clone(&self.0.base), &url, StorageConfig::default())
            .map_err(|error| delta_error(&def.full_name(), url.as_str(), error))
    }
}

fn refused(uri: &str, message: &str) -> EngineError {
    EngineError::Configuration { key: "warehouse".into(), value: uri.into(), message: message.into() }
}

fn root_url(uri: &str) -> Result<Url> {
    let path = match uri.split_once("://") {
        None => PathBuf::from(uri),
        Some(("file", _)) => Url::parse(uri)
            .map_err(|error| refused(uri, &error.to_string()))?
            .to_file_path()
            .map_err(|()| refused(uri, "write file:///path with three slashes"))?,
        Some(("s3" | "s3a", _)) => return Err(refused(uri, "this build has no S3 support; give a local path")),
        Some(_) => return Err(refused(uri, "give a path or a file:/// URL")),
    };
    let path = absolute(&path).map_err(|error| refused(uri, &error.to_string()))?;
    Url::from_directory_path(&path).map_err(|()| refused(uri, "not an absolute path"))
}

/// Without symbolic links where the path exists, so that one folder is one warehouse.
fn absolute(path: &Path) -> std::io::Result<PathBuf> {
    if let Ok(real) = path.canonicalize() {
        return Ok(real);
    }
    let mut clean = PathBuf::new();
    for part in std::path::absolute(path)?.components() {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    Ok(clean)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Warehouse;
    use crate::EngineError;

    #[test]
    fn paths_and_urls_name_the_same_root() {
        let plain = Warehouse::open("/nowhere/a b%c/../ü").unwrap();
        let url = Warehouse::open("file:///nowhere/%C3%BC").unwrap();
        assert_eq!(plain.root(), url.root());
        assert_eq!(plain.root().as_str(), "file:///nowhere/%C3%BC/");
    }

    #[test]
    fn other_schemes_are_refused() {
        for uri in ["s3://bucket/prefix", "http://host/x", "file://host/x"] {
            assert!(matches!(Warehouse::open(uri), Err(EngineError::Configuration { .. })), "{uri}");
        }
    }
}
