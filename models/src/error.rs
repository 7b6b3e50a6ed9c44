//! What can go wrong inside a model, by name and value.

/// A model's refusal. Each variant has a stable `code` that the ledger records.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A setting is unknown, of the wrong type or out of range.
    #[error("model {model}: setting {setting}: {message}")]
    Setting {
        /// Registry name of the model.
        model: String,
        /// The setting's name.
        setting: String,
        /// What is wrong and what is accepted.
        message: String,
    },
    /// No family of this name is registered.
    #[error("unknown model family {family:?}; known families are {known}")]
    UnknownFamily {
        /// The name asked for.
        family: String,
        /// Comma-separated known names.
        known: String,
    },
    /// Fewer usable observations than the model needs.
    #[error("{have} usable observations, the model needs {need}")]
    TooShort {
        /// Usable observations found.
        have: usize,
        /// The least number that works.
        need: usize,
    },
    /// A value no computation can use: infinite, or so large that it overflows.
    #[error("{what} holds the unusable value {value}")]
    Unusable {
        /// Which series.
        what: String,
        /// The offending value as text.
        value: String,
    },
    /// The optimiser or a decomposition gave no finite result.
    #[error("numerical failure: {0}")]
    Numerical(String),
    /// Stored bytes are damaged.
    #[error("stored model is damaged: {0}")]
    Corrupt(String),
    /// Stored bytes were written by a newer version of the format.
    #[error("stored model has format {format:?}, this build reads up to version {newest}")]
    Newer {
        /// The stored format.
        format: String,
        /// The newest version understood.
        newest: u32,
    },
}

impl ModelError {
    /// Stable short name for ledgers and filters.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Setting { .. } => "setting",
            Self::UnknownFamily { .. } => "unknown_family",
            Self::TooShort { .. } => "too_short",
            Self::Unusable { .. } => "unusable_value",
            Self::Numerical(_) => "numerical",
            Self::Corrupt(_) => "model_checksum",
            Self::Newer { .. } => "model_version",
        }
    }
}
