//! Object stores: one client per bucket and process, whoever asks.
//!
//! The warehouse, the commit, DataFusion's scans and an executor that decodes a plan all get the same client from
//! [`stores`]. Credentials come from the environment, a profile file or the platform ([`s3`]); they are in no URL, no
//! plan and no message ([`cause`]).

mod address;
mod cause;
mod guarded;
mod parts;
mod probe;
mod profile;
mod repeat;
mod s3;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use datafusion::common::{DataFusionError, Result as PlanResult};
use datafusion::execution::object_store::ObjectStoreRegistry;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::prelude::{SessionConfig, SessionContext};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use url::Url;

pub use cause::StoreFault;
pub(super) use cause::cause_of;
pub use probe::conditional_create_is_exclusive;

pub(super) use address::s3_root;
pub use address::without_secrets;
pub(super) use probe::reach;

use crate::Result;

/// Every store this process has opened, by scheme and host; opens what is missing.
///
/// Synchronous, as an executor resolves stores while it decodes a plan: nothing is asked of the network here.
#[derive(Debug, Default)]
pub struct Stores {
    opened: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

static STORES: LazyLock<Arc<Stores>> = LazyLock::new(Arc::default);

/// The stores of this process: the registry for every runtime that scans our tables.
pub fn stores() -> Arc<Stores> {
    Arc::clone(&STORES)
}

/// A local session whose scans reach the stores of this process.
pub fn session() -> SessionContext {
    session_with(SessionConfig::new())
}

/// As [`session`], configured.
pub fn session_with(config: SessionConfig) -> SessionContext {
    let runtime = RuntimeEnv { object_store_registry: stores(), ..RuntimeEnv::default() };
    SessionContext::new_with_config_rt(config, Arc::new(runtime))
}

impl Stores {
    /// The store of a URL's scheme and host. Its paths start at the bucket's or the file system's root.
    ///
    /// # Errors
    /// `Configuration` for other schemes and for settings of the environment that make no client.
    pub fn of(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        let key = key(url);
        let mut opened = self.opened();
        if let Some(store) = opened.get(&key) {
            return Ok(Arc::clone(store));
        }
        let store: Arc<dyn ObjectStore> = match (url.scheme(), url.host_str()) {
            ("file", _) => Arc::new(LocalFileSystem::new()),
            ("s3" | "s3a", Some(bucket)) => s3::connect(bucket, s3::Patience::Work)?,
            _ => return Err(address::refused(url.as_str(), "give a path, file:///path or s3://bucket/prefix")),
        };
        opened.insert(key, Arc::clone(&store));
        Ok(store)
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<String, Arc<dyn ObjectStore>>> {
        self.opened.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// `s3a` is another name for `s3`.
fn key(url: &Url) -> String {
    let scheme = if url.scheme() == "s3a" { "s3" } else { url.scheme() };
    format!("{scheme}://{}", url.authority())
}

impl ObjectStoreRegistry for Stores {
    fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        self.opened().insert(key(url), store)
    }

    fn deregister_store(&self, url: &Url) -> PlanResult<Arc<dyn ObjectStore>> {
        let removed = self.opened().remove(&key(url));
        removed.ok_or_else(|| DataFusionError::Execution(format!("no store of {} is open", key(url))))
    }

    fn get_store(&self, url: &Url) -> PlanResult<Arc<dyn ObjectStore>> {
        self.of(url).map_err(|error| DataFusionError::External(Box::new(error)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use url::Url;

    use super::stores;
    use crate::EngineError;

    #[test]
    fn one_client_per_bucket() {
        let of = |url: &str| stores().of(&Url::parse(url).unwrap());
        let first = of("s3://some-bucket/a/b").unwrap();
        assert!(Arc::ptr_eq(&first, &of("s3://some-bucket/").unwrap()));
        assert!(Arc::ptr_eq(&first, &of("s3a://some-bucket/c").unwrap()));
        assert!(!Arc::ptr_eq(&first, &of("s3://another-bucket/a/b").unwrap()));
        assert!(Arc::ptr_eq(&of("file:///a").unwrap(), &of("file:///b/c").unwrap()));
        assert!(matches!(of("http://host/x"), Err(EngineError::Configuration { .. })));
    }
}
