//! The families this process knows.

use std::sync::OnceLock;

use almanac_models::Registry;

/// The process's registry: the pure families and gradient boosting.
pub fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(almanac_boosting::registry)
}
