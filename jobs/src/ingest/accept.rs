//! Which quarantined rows are let in.

use almanac_engine::settings::Source;
use serde::{Deserialize, Serialize};

/// The choice of `--accept`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Accept {
    /// None.
    #[default]
    None,
    /// Every row that can be.
    All,
    /// Rows named one by one or by source.
    Only(Vec<AcceptedRows>),
}

/// One selector: `market` (a source) or `market:17` (a line of its file).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedRows {
    /// Name of the source.
    pub source: String,
    /// Line of its file; `None`: all its rows.
    pub line: Option<u64>,
}

/// A selector that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("accept: {0:?} is none of all, <source>, <source>:<line>")]
pub struct AcceptError(String);

impl Accept {
    /// Reads selectors as given on the command line; `all` (or an empty text) takes every row.
    ///
    /// # Errors
    /// [`AcceptError`] for a selector without a source or with a line that is no number.
    pub fn parse<S: AsRef<str>>(selectors: &[S]) -> Result<Self, AcceptError> {
        let mut only = Vec::new();
        for text in selectors.iter().flat_map(|text| text.as_ref().split(',')).map(str::trim) {
            if text.is_empty() || text == "all" {
                return Ok(Self::All);
            }
            let (source, line) = match text.split_once(':') {
                None => (text, None),
                Some((source, line)) => (source, Some(line.parse().map_err(|_| AcceptError(text.to_owned()))?)),
            };
            if source.is_empty() {
                return Err(AcceptError(text.to_owned()));
            }
            only.push(AcceptedRows { source: source.to_owned(), line });
        }
        Ok(if only.is_empty() { Self::None } else { Self::Only(only) })
    }

    /// The first source that is named and is none of these.
    pub(crate) fn unknown(&self, sources: &[Source]) -> Option<&str> {
        let Self::Only(rows) = self else { return None };
        let mut names = rows.iter().map(|row| row.source.as_str());
        names.find(|name| !sources.iter().any(|source| source.name == *name))
    }

    /// Whether a row is let in.
    pub(super) fn lets_in(&self, source: &str, line: u64) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(rows) => rows.iter().any(|row| row.source == source && row.line.is_none_or(|only| only == line)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn selectors() {
        assert_eq!(Accept::parse::<&str>(&[]).unwrap(), Accept::None);
        assert_eq!(Accept::parse(&["all"]).unwrap(), Accept::All);
        let only = Accept::parse(&["market:17,vix"]).unwrap();
        assert!(only.lets_in("market", 17) && !only.lets_in("market", 18) && only.lets_in("vix", 3));
        for bad in ["market:x", ":3"] {
            assert!(Accept::parse(&[bad]).is_err(), "{bad}");
        }
    }
}
