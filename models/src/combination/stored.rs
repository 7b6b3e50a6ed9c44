//! The stored form; its layout is in the documentation of [`crate::combination`].

use serde::{Deserialize, Serialize};

use super::{Method, NAME};
use crate::ModelError;
use crate::frame::{self, corrupt};

const MARK: &[u8; 4] = b"ALCM";
/// What weights may lack of one, by rounding.
const ROUNDING: f64 = 1e-9;

/// What a fit stores.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    pub(super) method: Method,
    /// Number of the combination's regressors.
    pub(super) regressors: usize,
    /// Factor of the members' common deviation.
    pub(super) spread: f64,
    pub(super) members: Vec<Member>,
}

/// A fitted member with a weight above zero.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) weight: f64,
    /// Place of each of its regressors among the combination's.
    pub(super) columns: Vec<usize>,
    /// `family/version`.
    pub(super) format: String,
    pub(super) bytes: Vec<u8>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    method: Method,
    regressors: usize,
    spread: f64,
    members: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    weight: f64,
    columns: Vec<usize>,
    format: String,
    bytes: usize,
}

impl Stored {
    /// The portable bytes.
    pub(super) fn encode(&self) -> Result<Vec<u8>, ModelError> {
        let entry = |member: &Member| Entry {
            name: member.name.clone(),
            weight: member.weight,
            columns: member.columns.clone(),
            format: member.format.clone(),
            bytes: member.bytes.len(),
        };
        let Self { method, regressors, spread, .. } = *self;
        let header = Header { method, regressors, spread, members: self.members.iter().map(entry).collect() };
        let parts: Vec<&[u8]> = self.members.iter().map(|member| member.bytes.as_slice()).collect();
        frame::write(MARK, &header, &parts)
    }

    /// Reads stored bytes.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        let (header, mut body): (Header, _) = frame::read(MARK, bytes)?;
        let mut members = Vec::with_capacity(header.members.len());
        for Entry { name, weight, columns, format, bytes } in header.members {
            let (own, rest) = body.split_at_checked(bytes).ok_or_else(|| corrupt("a member is cut short"))?;
            body = rest;
            // a combination is no member: loading cannot go deeper than one level
            if format.split('/').next() == Some(NAME) || columns.iter().any(|place| *place >= header.regressors) {
                return Err(corrupt(&format!("member {name} has an impossible format or column")));
            }
            members.push(Member { name, weight, columns, format, bytes: own.to_vec() });
        }
        let sum: f64 = members.iter().map(|member| member.weight).sum();
        let positive = members.iter().all(|member| member.weight > 0.0);
        if !(positive && (sum - 1.0).abs() <= ROUNDING) {
            return Err(corrupt(&format!("weights are not positive or their sum is {sum}")));
        }
        if !(header.spread > 0.0 && header.spread <= 1.0) {
            return Err(corrupt(&format!("the spread is {}", header.spread)));
        }
        if !body.is_empty() {
            return Err(corrupt("more bytes than the members have"));
        }
        let Header { method, regressors, spread, .. } = header;
        Ok(Self { method, regressors, spread, members })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn stored() -> Stored {
        let member = |name: &str, weight, columns| Member {
            name: name.into(),
            weight,
            columns,
            format: "naive/1".into(),
            bytes: name.as_bytes().to_vec(),
        };
        let members = vec![member("first", 0.25, vec![]), member("second", 0.75, vec![1])];
        Stored { method: Method::Nnls, regressors: 2, spread: 0.75, members }
    }

    #[test]
    fn what_is_stored_comes_back() {
        assert_eq!(Stored::decode(&stored().encode().unwrap()), Ok(stored()));
    }

    #[test]
    fn what_no_fit_writes_is_refused() {
        let refused = |change: &dyn Fn(&mut Stored)| {
            let mut other = stored();
            change(&mut other);
            matches!(Stored::decode(&other.encode().unwrap()), Err(ModelError::Corrupt(_)))
        };
        assert!(!refused(&|_| {}));
        assert!(refused(&|s| s.members[0].weight = 0.5));
        assert!(refused(&|s| s.members[0].weight = f64::NAN));
        assert!(refused(&|s| (s.members[0].weight, s.members[1].weight) = (-0.5, 1.5)));
        assert!(refused(&|s| s.members[1].columns = vec![2]));
        assert!(refused(&|s| s.members[1].format = "combination/1".into()));
        assert!(refused(&|s| s.members.clear()));
        assert!(refused(&|s| s.spread = 1.5) && refused(&|s| s.spread = 0.0));
    }
}
