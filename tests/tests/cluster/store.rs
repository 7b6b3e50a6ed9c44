//! Where the warehouse of a scene lies: in a bucket of a real gateway, as those of clusters do, or on disk.

use crate::gateway::Gateway;
use crate::warehouse::{Warehouse, World};

const BUCKET: &str = "scene";

/// A gateway, if there is one, and the address under which it is asked; or the world's own folder.
pub(crate) struct Store {
    pub(crate) gateway: Option<Gateway>,
    host: String,
    port: u16,
}

impl Store {
    /// A gateway of the test's own with a bucket, or without one the disk.
    pub(crate) fn s3() -> Self {
        let gateway = Gateway::start();
        if let Some(gateway) = &gateway {
            gateway.create(BUCKET);
        }
        let port = gateway.as_ref().map_or(0, |gateway| gateway.port);
        Self { gateway, host: "127.0.0.1".to_owned(), port }
    }

    /// The disk: a scene takes half the time.
    pub(crate) fn disk() -> Self {
        Self { gateway: None, host: String::new(), port: 0 }
    }

    /// The same, asked at another address, which stands before it.
    pub(crate) fn behind(self, host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port, ..self }
    }

    /// What whoever reads or writes there needs to know.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        self.gateway.as_ref().map_or_else(Vec::new, |gateway| gateway.environment_at(&self.host, self.port))
    }

    /// The warehouse of a name.
    pub(crate) fn warehouse<'a>(&self, world: &'a World, name: &str) -> Warehouse<'a> {
        match self.gateway {
            Some(_) => world.at(&format!("s3://{BUCKET}/{name}")),
            None => world.warehouse(name),
        }
    }
}
