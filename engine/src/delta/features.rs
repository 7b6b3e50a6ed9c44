//! Features of Delta tables that we do not implement: refused by name.

use std::collections::HashMap;

use delta_kernel::snapshot::Snapshot as KernelSnapshot;
use deltalake::DeltaTableError;
use deltalake::kernel::Protocol;
use deltalake::logstore::LogStoreRef;

use super::error::delta_error;
use super::snapshot::refused;
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Highest protocol versions we implement; higher ones name their features.
const READER_VERSION: i32 = 1;
const WRITER_VERSION: i32 = 2;
/// Properties that turn on a feature we do not implement.
const REFUSED_PROPERTIES: [(&str, &str, &str); 2] = [
    ("delta.columnMapping.mode", "none", "column mapping"),
    ("delta.enableDeletionVectors", "false", "deletion vectors"),
];

/// Refuses a table by its protocol and its properties.
///
/// # Errors
/// [`EngineError::Input`] names the feature.
pub(super) fn check(def: &TableDef, protocol: &Protocol, properties: &HashMap<String, String>) -> Result<()> {
    for (property, harmless, feature) in REFUSED_PROPERTIES {
        let value = properties.get(property);
        if value.is_some_and(|value| !value.eq_ignore_ascii_case(harmless)) {
            let message = format!("it uses {feature}, which is not supported; write it without");
            return Err(refused(def, message).of_value(feature));
        }
    }
    let (reader, writer) = (protocol.min_reader_version(), protocol.min_writer_version());
    if reader <= READER_VERSION && writer <= WRITER_VERSION {
        return Ok(());
    }
    let features = protocol.reader_features().into_iter().chain(protocol.writer_features()).flatten();
    let mut names: Vec<String> = features.map(|feature| feature.to_string()).collect();
    names.sort();
    names.dedup();
    let named = if names.is_empty() { "no named feature".to_owned() } else { names.join(", ") };
    Err(refused(
        def,
        format!(
            "its protocol is ({reader},{writer}) with {named}; up to ({READER_VERSION},{WRITER_VERSION}) is supported"
        ),
    )
    .of_value(named))
}

/// Why a table cannot be loaded: the feature for which its files cannot be understood, if it has one.
pub(super) async fn unloadable(
    def: &TableDef,
    log_store: &LogStoreRef,
    version: Option<u64>,
    error: DeltaTableError,
) -> EngineError {
    if let DeltaTableError::KernelError(delta_kernel::Error::Unsupported(feature)) = &error {
        return refused(def, feature.clone()).of_value(feature.as_str());
    }
    let (engine, root) = (log_store.engine(None), log_store.root_url().clone());
    let place = root.to_string();
    // protocol and properties alone
    let read = move || {
        let builder = KernelSnapshot::builder_for(root);
        let builder = version.into_iter().fold(builder, |builder, version| builder.at_version(version));
        builder.build(engine.as_ref())
    };
    if let Ok(Ok(found)) = tokio::task::spawn_blocking(read).await {
        let table = found.table_configuration();
        if let Err(refusal) = check(def, table.protocol(), table.metadata().configuration()) {
            return refusal;
        }
    }
    delta_error(&def.full_name(), &place, error)
}
