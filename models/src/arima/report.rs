//! Readable parameters of a fit.

use serde_json::{Value, json};

use super::design::Design;
use super::errors::Errors;
use super::estimate::Estimate;
use super::stored::Parameters;

/// Orders, named coefficients with standard errors, scale and criteria. Non-finite numbers become null.
pub(super) fn readable(
    parameters: &Parameters,
    design: &Design,
    estimate: &Estimate,
    dropped: &[(String, &'static str)],
    complete: bool,
    models_tried: usize,
) -> Value {
    let mut coefficients = Vec::new();
    let mut add = |name: String, value: f64, error: Option<f64>| {
        coefficients.push(json!({ "name": name, "value": value, "standard_error": error }));
    };
    let errors = Errors::new(design, estimate);
    let variances = estimate.profile.regression_variances(design);
    let unknown = |j: usize| errors.as_ref().map_or(0.0, |errors| errors.added(j));
    let mut of_regression = variances.iter().enumerate().map(|(j, variance)| (variance + unknown(j)).sqrt());
    if let Some(constant) = parameters.constant {
        add("constant".into(), constant, of_regression.next());
    }
    for effect in &parameters.effects {
        if let Some(value) = effect.coefficient {
            add(effect.column.clone(), value, of_regression.next());
        }
    }
    for (k, pair) in (1..).zip(parameters.fourier.iter().flat_map(|fourier| &fourier.terms)) {
        // a coefficient of exactly zero is a column that was dropped
        for (name, value) in ["sin", "cos"].iter().zip(pair).filter(|(_, value)| **value != 0.0) {
            add(format!("{name}.{k}"), *value, of_regression.next());
        }
    }
    let season = parameters.order.season;
    let short = |name: &str, count: usize| (1..=count).map(|lag| format!("{name}.L{lag}")).collect::<Vec<_>>();
    let long = |name: &str, count: usize| (1..=count).map(|k| format!("{name}.L{}", k * season)).collect::<Vec<_>>();
    let names = [
        short("ar", parameters.ar.len()),
        short("ma", parameters.ma.len()),
        long("seasonal_ar", parameters.seasonal_ar.len()),
        long("seasonal_ma", parameters.seasonal_ma.len()),
    ]
    .concat();
    for (i, (name, value)) in names.into_iter().zip(estimate.coefficients.flat()).enumerate() {
        add(name, value, errors.as_ref().map(|errors| errors.of_coefficient(i)));
    }
    let dropped: Vec<Value> =
        dropped.iter().map(|(column, reason)| json!({ "column": column, "reason": reason })).collect();
    let mut report = json!({
        "order": order(parameters),
        "seasonal_order": seasonal_order(parameters),
        "coefficients": coefficients,
        "sigma": parameters.variance.sqrt(),
        "log_likelihood": estimate.profile.log_likelihood,
        "aicc": estimate.aicc(),
        "likelihood_of": if complete { "differences" } else { "levels with gaps" },
        "likelihood_observations": estimate.profile.count,
        "models_tried": models_tried,
        "dropped_regressors": dropped,
    });
    if let (Some(fourier), Some(report)) = (&parameters.fourier, report.as_object_mut()) {
        report.insert("fourier".into(), json!({ "period_days": fourier.period, "terms": fourier.terms.len() }));
    }
    report
}

/// The same for a form that was not estimated by likelihood.
pub(super) fn readable_fallback(parameters: &Parameters) -> Value {
    let effects: Vec<Value> = parameters
        .effects
        .iter()
        .filter_map(|effect| Some(json!({ "name": effect.column, "value": effect.coefficient? })))
        .collect();
    json!({
        "order": order(parameters),
        "seasonal_order": seasonal_order(parameters),
        "constant": parameters.constant,
        "coefficients": effects,
        "sigma": parameters.variance.sqrt(),
    })
}

fn order(parameters: &Parameters) -> Value {
    let order = parameters.order;
    json!([order.p, order.d, order.q])
}

fn seasonal_order(parameters: &Parameters) -> Value {
    let order = parameters.order;
    if order.seasonal_p + order.seasonal_d + order.seasonal_q == 0 {
        return Value::Null;
    }
    json!([order.seasonal_p, order.seasonal_d, order.seasonal_q, order.season])
}
