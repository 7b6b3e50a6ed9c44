//! The warehouse: a root, on disk or on S3, and the one object store that reaches it.

use std::collections::HashMap;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use deltalake::DeltaTableError;
use deltalake::logstore::{LogStoreRef, StorageConfig, default_logstore};
use object_store::ObjectStore;
use object_store::path::Path as StorePath;
use object_store::prefix::PrefixStore;
use tokio::sync::OnceCell;
use url::Url;

use super::error::{delta_error, storage_error};
use super::store::{StoreFault, conditional_create_is_exclusive, reach, s3_root, stores, without_secrets};
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Times that a store that passingly failed is asked again whether it creates only once.
const QUESTIONS: usize = 5;
/// Least pause before it is.
const QUESTION_PAUSE: Duration = Duration::from_millis(100);

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
    /// Set once the store has shown that what commits rely on holds.
    trusted: OnceCell<()>,
}

static OPENED: LazyLock<Mutex<HashMap<String, Warehouse>>> = LazyLock::new(Mutex::default);

impl fmt::Debug for Warehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Warehouse({})", self.0.root)
    }
}

impl Warehouse {
    /// Names a warehouse by a plain path, a `file:///` URL or `s3://bucket/prefix`. Creates nothing and reads nothing.
    ///
    /// # Errors
    /// `Configuration` for other schemes, unusable paths (those with % or a backslash among them) and an environment that makes no S3 client.
    pub fn open(uri: &str) -> Result<Self> {
        let root = root_url(uri)?;
        let mut opened = OPENED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(known) = opened.get(root.as_str()) {
            return Ok(known.clone());
        }
        let prefix = StorePath::from_url_path(root.path()).map_err(|error| refused(uri, &error.to_string()))?;
        let base = stores().of(&root)?;
        let store = Arc::new(PrefixStore::new(Arc::clone(&base), prefix.clone()));
        let warehouse = Self(Arc::new(Inner { root: root.clone(), base, store, prefix, trusted: OnceCell::new() }));
        opened.insert(root.into(), warehouse.clone());
        Ok(warehouse)
    }

    /// Finds out in seconds, before any work, whether a bucket can be reached and listed. A folder always can.
    ///
    /// # Errors
    /// `Storage` with bucket, prefix and cause.
    pub async fn reach(&self) -> Result<()> {
        match self.bucket() {
            Some(bucket) => reach(bucket, &self.0.prefix).await,
            None => Ok(()),
        }
    }

    /// Makes sure, once per process, that what is created in the store is created exactly once.
    ///
    /// # Errors
    /// `Storage` for a store that lets a second writer overwrite: commits in it would be lost.
    pub(super) async fn trust(&self) -> Result<()> {
        let Some(bucket) = self.bucket() else { return Ok(()) };
        let ask = || async {
            // a creation is not repeated by the client, because a lost answer could be a success; the question can be
            let exclusive = (|| conditional_create_is_exclusive(self.0.store.as_ref()))
                .retry(ExponentialBuilder::default().with_min_delay(QUESTION_PAUSE).with_max_times(QUESTIONS))
                .when(|error| StoreFault::in_chain(error).is_some_and(|fault| fault.passing));
            let exclusive = exclusive.await;
            if exclusive.map_err(|error| storage_error(self.0.root.as_str(), error))? {
                return Ok(());
            }
            let message = "the store ignores If-None-Match, so commits of two writers could overwrite each other; \
                           use a store with conditional writes";
            Err(EngineError::storage(&format!("s3://{bucket}"), message))
        };
        self.0.trusted.get_or_try_init(ask).await.copied()
    }

    fn bucket(&self) -> Option<&str> {
        self.0.root.host_str().filter(|_| self.0.root.scheme() == "s3")
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
        let runtime = RuntimeEnvBuilder::new().with_memory_limit(memory, 1.0).with_object_store_registry(stores());
        Ok(SessionContext::new_with_config_rt(config, runtime.build_arc()?))
    }

    pub(super) fn log_store(&self, def: &TableDef) -> Result<LogStoreRef> {
        let url = self.table_url(def);
        log_store(&self.0.base, &url).map_err(|error| delta_error(&def.full_name(), url.as_str(), error))
    }
}

/// The log of a table by its address, in the store of its scheme and host: that of conditional creates, whatever the
/// environment says of lock tables and renames.
pub(super) fn log_store(base: &Arc<dyn ObjectStore>, url: &Url) -> Result<LogStoreRef, DeltaTableError> {
    let config = StorageConfig::default();
    let below = config.decorate_store(Arc::clone(base), url)?;
    Ok(default_logstore(Arc::from(below), Arc::clone(base), url, &config))
}

fn refused(uri: &str, message: &str) -> EngineError {
    EngineError::Configuration { key: "warehouse".into(), value: without_secrets(uri), message: message.into() }
}

fn root_url(uri: &str) -> Result<Url> {
    let path = match uri.split_once("://") {
        None => PathBuf::from(uri),
        Some(("file", _)) => Url::parse(uri)
            .map_err(|error| refused(uri, &error.to_string()))?
            .to_file_path()
            .map_err(|()| refused(uri, "write file:///path with three slashes"))?,
        Some(("s3" | "s3a", _)) => return s3_root(uri),
        Some(_) => return Err(refused(uri, "give a path, file:///path or s3://bucket/prefix")),
    };
    let path = absolute(&path).map_err(|error| refused(uri, &error.to_string()))?;
    // the Delta kernel takes the path out of a URL and leaves it encoded or decodes it twice, depending on where it looks
    if let Some(sign) = path.to_string_lossy().chars().find(|sign| matches!(sign, '%' | '\\')) {
        let folder = path.display();
        let message =
            format!("{folder} has a {sign} in it, which addresses of tables cannot hold; name another folder");
        return Err(refused(uri, &message));
    }
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
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::Warehouse;
    use crate::{EngineError, tables};

    #[test]
    fn paths_and_urls_name_the_same_root() {
        let plain = Warehouse::open("/nowhere/a b%c/../ü").unwrap();
        let url = Warehouse::open("file:///nowhere/%C3%BC").unwrap();
        assert_eq!(plain.root(), url.root());
        assert_eq!(plain.root().as_str(), "file:///nowhere/%C3%BC/");
    }

    #[test]
    fn signs_that_urls_read_otherwise_are_refused() {
        for path in ["/nowhere/a%20b", "/nowhere/100%", "/nowhere/%2e%2e/a", "/nowhere/a\\b", "file:///nowhere/a%2520b"]
        {
            let Err(EngineError::Configuration { key, message, .. }) = Warehouse::open(path) else {
                panic!("{path} is taken");
            };
            assert!(key == "warehouse" && message.contains("cannot hold"), "{message}");
        }
        for path in ["/nowhere/a b", "file:///nowhere/a%20b"] {
            assert!(Warehouse::open(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn other_schemes_are_refused() {
        for uri in ["http://host/x", "file://host/x", "s3:///x"] {
            assert!(matches!(Warehouse::open(uri), Err(EngineError::Configuration { .. })), "{uri}");
        }
    }

    #[test]
    fn a_bucket_with_and_without_a_prefix() {
        let def = tables::runs();
        for (uri, url, path) in [
            ("s3://some-bucket", "s3://some-bucket/ops/runs/", "ops/runs/part"),
            ("s3a://some-bucket/a b/c/", "s3://some-bucket/a%20b/c/ops/runs/", "a b/c/ops/runs/part"),
        ] {
            let warehouse = Warehouse::open(uri).unwrap();
            assert_eq!(Warehouse::open(warehouse.root().as_str()).unwrap().root(), warehouse.root());
            assert_eq!(warehouse.table_url(&def).as_str(), url);
            assert_eq!(warehouse.absolute_path(&def, "part").unwrap().as_ref(), path);
            assert_eq!(warehouse.object_store_url().unwrap().as_str(), "s3://some-bucket/");
        }
    }
}
