//! Settings of the walks.

use serde_json::Value;

use crate::innovations::Kind;
use crate::walk::LONGEST;
use crate::{ModelError, ModelSpec};

/// A family's own setting: its name, and what reads it or says what is accepted.
pub(crate) type Own<'a> = (&'a str, &'a mut dyn FnMut(&Value) -> Result<(), String>);

/// Reads `innovations` and at most one setting of the family's own.
///
/// # Errors
/// [`ModelError::Setting`] for any other setting, or a value out of range.
pub(crate) fn read(spec: &ModelSpec, mut own: Option<Own<'_>>) -> Result<Kind, ModelError> {
    let refuse = |setting: &str, message: String| spec.refuse(setting, message);
    let mut kind = Kind::default();
    for (setting, value) in &spec.settings {
        match (setting.as_str(), &mut own) {
            ("innovations", _) => kind = Kind::read(value).map_err(|message| refuse(setting, message))?,
            (name, Some((known, read))) if name == *known => read(value).map_err(|message| refuse(setting, message))?,
            (_, own) => {
                let known = own.as_ref().map_or(String::new(), |(known, _)| format!("{known} and "));
                return Err(refuse(setting, format!("unknown; {} has {known}innovations", spec.family)));
            }
        }
    }
    Ok(kind)
}

/// A whole number of sessions, 1 to [`LONGEST`].
pub(crate) fn whole(value: &Value) -> Option<usize> {
    let sessions = usize::try_from(value.as_u64()?).ok()?;
    (1..=LONGEST).contains(&sessions).then_some(sessions)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use crate::{ModelSpec, Registry};

    #[test]
    fn what_is_unknown_or_out_of_range_is_refused() {
        let message = |family: &str, settings: serde_json::Value, regressors: serde_json::Value| {
            let spec = json!({ "name": "m", "family": family, "settings": settings, "regressors": regressors });
            let spec: ModelSpec = serde_json::from_value(spec).unwrap();
            Registry::default().model(&spec).err().map(|e| e.to_string())
        };
        let plain = |family: &str, settings: serde_json::Value| message(family, settings, json!([]));
        for family in ["naive", "random_walk", "seasonal_naive", "window_average"] {
            for kind in ["normal", "bootstrap", "student", "laplace", "garch"] {
                assert_eq!(plain(family, json!({ "innovations": kind })), None);
            }
            let refused = plain(family, json!({ "innovations": "cauchy" })).unwrap();
            assert!(refused.starts_with("model m: setting innovations: \"cauchy\" is not one of \"normal\""));
            assert!(plain(family, json!({ "alpha": 1 })).unwrap().contains("unknown; "));
            let refused = message(family, json!({}), json!([{ "column": "rain" }])).unwrap();
            assert!(refused.contains("regressor rain") && refused.contains("uses no regressors"), "{refused}");
        }
        for (family, setting) in [("seasonal_naive", "season"), ("window_average", "window")] {
            assert_eq!(plain(family, json!({ setting: 3 })), None);
            for value in [json!(0), json!(-1), json!(1_001), json!(2.5), json!("month"), json!(null)] {
                assert!(plain(family, json!({ setting: value })).is_some(), "{family} {value}");
            }
            assert!(plain("naive", json!({ setting: 3 })).is_some());
        }
        assert_eq!(plain("seasonal_naive", json!({ "season": "week" })), None);
    }
}
