//! From a training window to weighted members.

use serde_json::{Value, json};

use super::inner::{Inner, Outlook};
use super::paths::combined;
use super::settings::{Chosen, Settings};
use super::spread::{disagreement, factor};
use super::stored::{Member, Stored};
use super::weights::{equal, inverse_error, least_squares, shares};
use super::{LEAST_WEIGHT, Method, columns, of_member};
use crate::civil::date;
use crate::{FitContext, Fitted, History, Model, ModelError, Registry, Regressor};

/// A specification ready to be fitted.
pub(super) struct Configured {
    pub(super) registry: Registry,
    pub(super) settings: Settings,
    /// One per member.
    pub(super) models: Vec<Box<dyn Model>>,
    pub(super) regressors: Vec<Regressor>,
}

/// A member fitted on the whole window.
struct Ready<'a> {
    chosen: &'a Chosen,
    model: &'a dyn Model,
    fitted: Fitted,
    weight: f64,
    /// Errors at inner origins, where weights need them.
    errors: Vec<f64>,
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, context: &FitContext) -> Result<Fitted, ModelError> {
        let mut left_out = Vec::new();
        let mut ready = Vec::new();
        for (chosen, model) in self.settings.members.iter().zip(&self.models) {
            let model = model.as_ref();
            let own = columns(window.regressors, &chosen.columns)?;
            match model.fit(&History { regressors: &own, ..*window }, context) {
                Ok(fitted) => ready.push(Ready { chosen, model, fitted, weight: 0.0, errors: Vec::new() }),
                Err(error) => left_out.push((chosen.spec.name.clone(), error)),
            }
        }
        if ready.is_empty() {
            let (name, error) = left_out.swap_remove(0);
            return Err(of_member(&name, error));
        }
        let mut notes = Vec::new();
        let Settings { origins, spacing, method, .. } = self.settings;
        let inner = Inner::new(window, &self.regressors, context, origins, spacing);
        let weighed = match &inner {
            _ if !method.weighs() => false,
            None => {
                notes.push("equal weights: the window is too short for inner origins".to_owned());
                false
            }
            Some(inner) => self.weigh(inner, &mut ready, &mut left_out, &mut notes),
        };
        if !weighed {
            let count = ready.len();
            ready.iter_mut().zip(equal(count)).for_each(|(member, weight)| member.weight = weight);
        }
        let spread = match &inner {
            None => Err("the window is too short for inner origins".to_owned()),
            Some(inner) => self.spread(inner, &ready).map_err(|error| error.to_string()),
        };
        let spread = spread.unwrap_or_else(|reason| {
            notes.push(format!("full spread: {reason}"));
            1.0
        });
        self.stored(&ready, inner.as_ref().filter(|_| weighed), spread, &left_out, notes)
    }
}

impl Configured {
    /// Weights from errors at inner origins; false where there are no errors. A member without inner forecasts is left
    /// out.
    fn weigh(
        &self,
        inner: &Inner<'_>,
        ready: &mut Vec<Ready<'_>>,
        left_out: &mut Vec<(String, ModelError)>,
        notes: &mut Vec<String>,
    ) -> bool {
        let method = self.settings.method;
        let mut failed = Vec::new();
        for member in ready.iter_mut() {
            match inner.errors(&self.registry, member.chosen, member.model) {
                Ok(errors) => member.errors = errors,
                Err(error) => failed.push((member.chosen.spec.name.clone(), error)),
            }
        }
        if failed.len() == ready.len() {
            let reasons: Vec<String> = failed.iter().map(|(name, error)| format!("{name}: {error}")).collect();
            notes.push(format!("equal weights: no member has inner forecasts ({})", reasons.join("; ")));
            return false;
        }
        ready.retain(|member| failed.iter().all(|(name, _)| *name != member.chosen.spec.name));
        left_out.append(&mut failed);
        let errors: Vec<Vec<f64>> = ready.iter().map(|member| member.errors.clone()).collect();
        if errors.iter().any(Vec::is_empty) {
            notes.push("equal weights: there is no value after an inner origin".to_owned());
            return false;
        }
        let weights = if method == Method::Nnls { least_squares(&errors) } else { inverse_error(&errors) };
        let kept: Vec<f64> = weights.iter().map(|w| if *w < LEAST_WEIGHT { 0.0 } else { *w }).collect();
        ready.iter_mut().zip(shares(&kept)).for_each(|(member, weight)| member.weight = weight);
        true
    }

    /// The factor of the members' common deviation: what their disagreement at inner origins takes away.
    fn spread(&self, inner: &Inner<'_>, ready: &[Ready<'_>]) -> Result<f64, ModelError> {
        let used = || ready.iter().filter(|member| member.weight > 0.0);
        let weights: Vec<f64> = used().map(|member| member.weight).collect();
        let outlook = |member: &Ready<'_>| {
            let loaded = self.registry.load(&member.fitted.format, &member.fitted.bytes);
            let outlook = loaded.and_then(|loaded| inner.outlook(loaded.as_ref(), member.chosen));
            outlook.map_err(|error| of_member(&member.chosen.spec.name, error))
        };
        let outlooks = used().map(outlook).collect::<Result<Vec<Outlook>, _>>()?;
        let deviations = |h: usize| outlooks.iter().filter_map(move |of| of.deviations.get(h));
        let variance = |h: usize| weights.iter().zip(deviations(h)).map(|(w, own)| w * own * own).sum::<f64>();
        let (origins, days) = outlooks.first().map_or((0, 0), |of| (of.points.len(), of.deviations.len()));
        let pairs = (0..origins * days).map(|place| {
            let (origin, h) = (place / days, place % days);
            let points: Vec<f64> = outlooks.iter().filter_map(|of| of.points.get(origin)?.get(h).copied()).collect();
            (disagreement(self.settings.method, &weights, &points), variance(h))
        });
        Ok(factor(pairs))
    }

    fn stored(
        &self,
        ready: &[Ready<'_>],
        inner: Option<&Inner<'_>>,
        spread: f64,
        left_out: &[(String, ModelError)],
        mut notes: Vec<String>,
    ) -> Result<Fitted, ModelError> {
        let method = self.settings.method;
        let used = || ready.iter().filter(|member| member.weight > 0.0);
        let member = |member: &Ready<'_>| Member {
            name: member.chosen.spec.name.clone(),
            weight: member.weight,
            columns: member.chosen.columns.clone(),
            format: member.fitted.format.clone(),
            bytes: member.fitted.bytes.clone(),
        };
        let stored =
            Stored { method, regressors: self.regressors.len(), spread, members: used().map(member).collect() };
        notes.extend(left_out.iter().map(|(name, error)| format!("without {name}: {error}")));
        let own = |member: &Ready<'_>| {
            member.fitted.fallback.as_ref().map(|reason| format!("{}: {reason}", member.chosen.spec.name))
        };
        notes.extend(used().filter_map(own));
        let rmse = inner.map(|_| combined_rmse(method, ready));
        let names: Vec<String> = used().map(|m| format!("{} {:.2}", m.chosen.spec.name, m.weight)).collect();
        Ok(Fitted {
            model_type: format!("combination({}: {})", method.name(), names.join(", ")),
            format: "combination/2".into(),
            bytes: stored.encode()?,
            parameters: json!({
                "method": method.name(),
                "spread": spread,
                "members": ready.iter().map(readable).collect::<Vec<_>>(),
                "left_out": left_out.iter().map(|(name, e)| json!({ "name": name, "reason": e.to_string() })).collect::<Vec<_>>(),
                "inner": inner.map(|inner| readable_inner(inner, rmse)),
            }),
            samples: used().map(|member| member.fitted.samples).max().unwrap_or(0),
            log_likelihood: None,
            aicc: None,
            training_loss: rmse,
            validation_loss: None,
            fallback: (!notes.is_empty()).then(|| notes.join("; ")),
        })
    }
}

/// Of the combined forecasts' own errors, never of members' figures.
fn combined_rmse(method: Method, ready: &[Ready<'_>]) -> f64 {
    let weights: Vec<f64> = ready.iter().map(|member| member.weight).collect();
    let count = ready.first().map_or(0, |member| member.errors.len());
    let at = |row: usize| {
        let own: Vec<f64> = ready.iter().map(|member| member.errors.get(row).copied().unwrap_or(0.0)).collect();
        combined(method, &weights, &own)
    };
    root_mean_square((0..count).map(at), count)
}

fn root_mean_square(errors: impl Iterator<Item = f64>, count: usize) -> f64 {
    (errors.map(|error| error * error).sum::<f64>() / count.max(1) as f64).sqrt()
}

fn readable(member: &Ready<'_>) -> Value {
    let errors = &member.errors;
    let rmse = (!errors.is_empty()).then(|| root_mean_square(errors.iter().copied(), errors.len()));
    json!({
        "name": member.chosen.spec.name,
        "weight": member.weight,
        "model_type": member.fitted.model_type,
        "samples": member.fitted.samples,
        "inner_rmse": rmse,
        "fallback": member.fitted.fallback,
        "parameters": member.fitted.parameters,
    })
}

fn readable_inner(inner: &Inner<'_>, rmse: Option<f64>) -> Value {
    json!({
        "origins": inner.days().map(|day| date(day).to_string()).collect::<Vec<_>>(),
        "fitted_to": date(inner.fitted_to()).to_string(),
        "last_target": inner.last_target().map(|day| date(day).to_string()),
        "rmse": rmse,
    })
}
