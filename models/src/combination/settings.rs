//! Settings of the family, and the resolution of members' names.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::NAME;
use crate::{ModelError, ModelSpec, Regressor};

/// Most members.
const MOST_MEMBERS: usize = 16;
/// Inner origins unless set.
const ORIGINS: usize = 20;
/// Most inner origins, and most sessions between two.
const MOST: usize = 1_000;

/// How members' points become one, and what weight each member's paths have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The mean of points; equal weights.
    Mean,
    /// The median of points; equal weights.
    Median,
    /// The weighted mean; weights inverse to the mean squared errors at inner origins.
    InverseError,
    /// The weighted mean; weights that minimise the mean squared error at inner origins.
    Nnls,
}

impl Method {
    const ALL: [(&'static str, Self); 4] =
        [("mean", Self::Mean), ("median", Self::Median), ("inverse_error", Self::InverseError), ("nnls", Self::Nnls)];

    /// The setting's value.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, method)| *method == self).map_or("", |(name, _)| *name)
    }

    /// Whether weights are estimated at inner origins.
    pub fn weighs(self) -> bool {
        matches!(self, Self::InverseError | Self::Nnls)
    }
}

/// A member as specified.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub(super) spec: ModelSpec,
    /// Place of each of its regressors among the combination's.
    pub(super) columns: Vec<usize>,
}

/// What a specification says.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) members: Vec<Chosen>,
    pub(super) method: Method,
    /// Most inner origins.
    pub(super) origins: usize,
    /// Sessions between two of them; none for the horizon.
    pub(super) spacing: Option<usize>,
}

impl Settings {
    /// Reads `members` (whole entries), `method`, `origins` and `spacing`.
    pub(super) fn read(spec: &ModelSpec) -> Result<Self, ModelError> {
        let refuse = |setting: &str, message: String| spec.refuse(setting, message);
        let mut settings = Self { members: Vec::new(), method: Method::Mean, origins: ORIGINS, spacing: None };
        for (setting, value) in &spec.settings {
            match setting.as_str() {
                "members" => settings.members = chosen(spec, value)?,
                "method" => {
                    let known = Method::ALL.iter().find(|(name, _)| value.as_str() == Some(name));
                    let names = Method::ALL.map(|(name, _)| format!("{name:?}")).join(", ");
                    let (_, method) = known.ok_or_else(|| refuse(setting, format!("{value} is not one of {names}")))?;
                    settings.method = *method;
                }
                "origins" | "spacing" => {
                    let number =
                        value.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| (1..=MOST).contains(n));
                    let number = number.ok_or_else(|| refuse(setting, format!("{value} is not 1 to {MOST}")))?;
                    match setting.as_str() {
                        "origins" => settings.origins = number,
                        _ => settings.spacing = Some(number),
                    }
                }
                _ => {
                    let message = "unknown; combination has members, method, origins and spacing";
                    return Err(refuse(setting, message.into()));
                }
            }
        }
        let count = settings.members.len();
        if !(2..=MOST_MEMBERS).contains(&count) {
            return Err(refuse("members", format!("{count} members, accepted are 2 to {MOST_MEMBERS}")));
        }
        let unread = |place: &usize| !settings.members.iter().any(|member| member.columns.contains(place));
        if let Some(regressor) = (0..spec.regressors.len()).find(unread).and_then(|place| spec.regressors.get(place)) {
            let message = "no member uses it: a combination has the regressors of its members".to_owned();
            return Err(refuse(&format!("regressor {}", regressor.column), message));
        }
        Ok(settings)
    }
}

/// Members from the setting.
fn chosen(spec: &ModelSpec, value: &Value) -> Result<Vec<Chosen>, ModelError> {
    let refuse = |message: String| spec.refuse("members", message);
    let entries = value.as_array().ok_or_else(|| refuse(format!("{value} is not a list of models")))?;
    let mut members: Vec<Chosen> = Vec::with_capacity(entries.len());
    for entry in entries {
        let member: ModelSpec = serde_json::from_value(entry.clone())
            .map_err(|e| refuse(format!("{entry} is not a whole registry entry: {e}")))?;
        if member.family == NAME {
            return Err(refuse(format!("{} is itself a combination: name its members instead", member.name)));
        }
        if members.iter().any(|known| known.spec.name == member.name) {
            return Err(refuse(format!("{} is named twice", member.name)));
        }
        let place = |regressor: &Regressor| {
            let place = spec.regressors.iter().position(|known| known == regressor);
            let (column, member) = (&regressor.column, &member.name);
            place.ok_or_else(|| refuse(format!("regressor {column} of {member} is not one of the combination's")))
        };
        let columns = member.regressors.iter().map(place).collect::<Result<_, _>>()?;
        members.push(Chosen { spec: member, columns });
    }
    Ok(members)
}

/// The specification with the names in `members` replaced by the entries that `known` gives, and with their regressors
/// as its own, each once, in the order of the members. A whole entry in place of a name stays as it is; so does a
/// specification of another family. Whoever configures a combination by names resolves them before it reaches a
/// [`crate::Registry`]: what is hashed, stored or sent is then all that decides it.
///
/// # Errors
/// What `known` says of a name, and [`ModelError::Setting`] for regressors of the combination's own.
pub fn resolved<E: From<ModelError>>(
    spec: &ModelSpec,
    known: impl Fn(&str) -> Result<ModelSpec, E>,
) -> Result<ModelSpec, E> {
    let mut resolved = spec.clone();
    let Some(Value::Array(members)) = resolved.settings.get_mut("members").filter(|_| spec.family == NAME) else {
        return Ok(resolved);
    };
    for member in members.iter_mut() {
        if let Value::String(name) = member {
            let entry = known(name)?;
            *member = serde_json::to_value(entry).map_err(|e| spec.refuse("members", e.to_string()))?;
        }
    }
    let mut regressors: Vec<Regressor> = Vec::new();
    for regressor in self::members(&resolved).into_iter().flat_map(|member| member.regressors) {
        if !regressors.contains(&regressor) {
            regressors.push(regressor);
        }
    }
    if let Some(own) = spec.regressors.iter().find(|own| !regressors.contains(own)) {
        let message = "a combination has the regressors of its members: remove it".to_owned();
        return Err(spec.refuse(&format!("regressor {}", own.column), message).into());
    }
    resolved.regressors = regressors;
    Ok(resolved)
}

/// The members of a resolved combination; none of another family.
pub fn members(spec: &ModelSpec) -> Vec<ModelSpec> {
    let entries = spec.settings.get("members").and_then(Value::as_array).filter(|_| spec.family == NAME);
    entries.into_iter().flatten().filter_map(|entry| serde_json::from_value(entry.clone()).ok()).collect()
}
