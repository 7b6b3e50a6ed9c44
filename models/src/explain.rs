//! What a fit says: orders, coefficients, components, importance, how paths are made, and what was tried before.
//!
//! An explanation is read from a [`Fitted`], as a fit returns it or as it was stored (type, format, bytes, readable
//! parameters and losses), by [`Registry::explain`](crate::Registry::explain). It is one structure for every family, so
//! that a table or a page need not know them, and serialises as JSON; parts that a family does not have are left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Fitted;

/// A fit in words and numbers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Explanation {
    /// The family, such as `arima`.
    pub family: String,
    /// Its kind, such as `arima(1,1,1)`.
    pub model_type: String,
    /// How the model sees the series.
    pub form: String,
    /// How its paths are drawn, and what is random in them.
    pub paths: String,
    /// Whole numbers that fix the form: orders, seasons and windows in sessions, numbers of trees.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub orders: BTreeMap<String, i64>,
    /// Estimated numbers, in the units of the target or of its steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coefficients: Vec<Coefficient>,
    /// Parts of the series: levels, trends, seasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    /// What trees were split by, most important first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub importance: Vec<Importance>,
    /// The models of a combination, heaviest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// How well it fits.
    pub quality: Quality,
    /// Simpler forms that were used instead, with the reason, in the order in which they were tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<String>,
}

/// An estimated number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// Its name, such as `ar.L1`, or a regressor's column.
    pub name: String,
    /// The estimate.
    pub value: f64,
    /// Its standard error, where the family has one and the likelihood is curved at the estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<f64>,
}

/// A part of the series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// Its name, such as `season`.
    pub name: String,
    /// What its numbers are.
    pub meaning: String,
    /// The numbers.
    pub values: Vec<f64>,
}

/// A feature's part in the trees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The feature's name.
    pub feature: String,
    /// Share of the loss that splits by it removed; all shares add up to 1, or are 0 without any split.
    pub share: f64,
}

/// A member of a combination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Name of its registry entry.
    pub name: String,
    /// Share of the paths that are its own.
    pub weight: f64,
    /// What its fit says; none for one without weight, whose fit is not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Box<Explanation>>,
}

/// How well a model fits its training window; losses are in the model's own units.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Quality {
    /// Observations used.
    pub samples: usize,
    /// Maximised log-likelihood.
    pub log_likelihood: Option<f64>,
    /// Corrected Akaike criterion.
    pub aicc: Option<f64>,
    /// Loss on the training window.
    pub training_loss: Option<f64>,
    /// Loss out of fold.
    pub validation_loss: Option<f64>,
}

impl Explanation {
    /// What is known of any fit. `form` and `paths` are the family's words.
    pub fn new(fitted: &Fitted, form: impl Into<String>, paths: impl Into<String>) -> Self {
        Self {
            family: fitted.format.split('/').next().unwrap_or_default().to_owned(),
            model_type: fitted.model_type.clone(),
            form: form.into(),
            paths: paths.into(),
            quality: Quality {
                samples: fitted.samples,
                log_likelihood: fitted.log_likelihood,
                aicc: fitted.aicc,
                training_loss: fitted.training_loss,
                validation_loss: fitted.validation_loss,
            },
            fallbacks: fitted.fallback.as_deref().map(chain).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// With every number among the readable parameters as a coefficient, whole ones as orders.
    pub fn of_parameters(fitted: &Fitted, form: impl Into<String>, paths: impl Into<String>) -> Self {
        let mut out = Self::new(fitted, form, paths);
        for (name, value) in fitted.parameters.as_object().into_iter().flatten() {
            match (value.as_i64(), value.as_f64()) {
                (Some(whole), _) => drop(out.orders.insert(name.clone(), whole)),
                (None, Some(value)) => out.add(name, value, None),
                _ => {}
            }
        }
        out
    }

    /// Adds a coefficient, if it is finite.
    pub fn add(&mut self, name: &str, value: f64, standard_error: Option<f64>) {
        if value.is_finite() {
            let standard_error = standard_error.filter(|error| error.is_finite());
            self.coefficients.push(Coefficient { name: name.to_owned(), value, standard_error });
        }
    }

    /// Adds those of the named readable parameters that are numbers, as coefficients without standard errors.
    pub fn add_named(&mut self, parameters: &Value, names: &[&str]) {
        for name in names {
            if let Some(value) = parameters[*name].as_f64() {
                self.add(name, value, None);
            }
        }
    }

    /// Adds a list of `{ name, value, standard_error }`.
    pub(crate) fn add_listed(&mut self, list: &Value) {
        for item in list.as_array().into_iter().flatten() {
            if let (Some(name), Some(value)) = (item["name"].as_str(), item["value"].as_f64()) {
                self.add(name, value, item["standard_error"].as_f64());
            }
        }
    }

    /// Adds whole numbers by name, leaving out those that are none.
    pub(crate) fn add_orders<'a>(&mut self, orders: impl IntoIterator<Item = (&'a str, &'a Value)>) {
        let whole = |(name, value): (&'a str, &'a Value)| Some((name.to_owned(), value.as_i64()?));
        self.orders.extend(orders.into_iter().filter_map(whole));
    }

    /// Adds a component of one number or a list of them, if there is any.
    pub(crate) fn add_component(&mut self, name: &str, meaning: &str, values: &Value) {
        let values = numbers(values);
        if !values.is_empty() {
            self.components.push(Component { name: name.to_owned(), meaning: meaning.to_owned(), values });
        }
    }

    /// Adds what a fit of innovations reports: `{ law, …, standard_errors }`.
    pub(crate) fn add_innovations(&mut self, report: &Value) {
        let none = Map::new();
        for (name, value) in report.as_object().unwrap_or(&none) {
            if let Some(value) = value.as_f64() {
                self.add(&format!("innovations.{name}"), value, report["standard_errors"][name].as_f64());
            }
        }
    }
}

/// A number as a list of one, a list as its numbers; those of nested lists one after the other.
fn numbers(values: &Value) -> Vec<f64> {
    match values {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        other => other.as_f64().into_iter().collect(),
    }
}

/// Reasons are joined by semicolons; those within parentheses belong to the reason before.
fn chain(reasons: &str) -> Vec<String> {
    let (mut depth, mut out) = (0_usize, vec![String::new()]);
    for letter in reasons.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => {
                out.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = out.last_mut() {
            last.push(letter);
        }
    }
    out.iter().map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_taken_apart_outside_parentheses() {
        assert_eq!(chain("a; b (c; d); e"), ["a", "b (c; d)", "e"]);
        assert!(chain("").is_empty());
    }
}
