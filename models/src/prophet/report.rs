//! Readable parameters of a fit, in units of the target and dates.

use serde_json::{Value, json};

use super::component::{Basis, Component};
use super::maximum::Maximum;
use super::stored::Parameters;
use crate::civil::date;

/// Trend, components and residuals. Additive coefficients are in units of the target, multiplicative ones are shares
/// of the trend; the posterior's maximum has no standard errors.
pub(super) fn readable(parameters: &Parameters, found: Option<&Maximum>) -> Value {
    let per_day = parameters.scale / f64::from(parameters.span);
    let changepoints: Vec<Value> = parameters
        .changepoints
        .iter()
        .zip(&parameters.adjustments)
        .filter(|(_, adjustment)| **adjustment != 0.0)
        .map(|(day, adjustment)| json!({ "date": date(*day).to_string(), "change_per_day": adjustment * per_day }))
        .collect();
    let last_rate = parameters.rate + parameters.adjustments.iter().sum::<f64>();
    json!({
        "growth": parameters.growth,
        "trend": {
            "start": date(parameters.start).to_string(),
            "end": date(parameters.end()).to_string(),
            "level_at_start": parameters.offset * parameters.scale,
            "change_per_day_at_start": parameters.rate * per_day,
            "change_per_day_at_end": last_rate * per_day,
            "changepoints": parameters.changepoints.len(),
            "changepoints_used": changepoints,
        },
        "components": parameters.components.iter().map(|c| component(c, parameters.scale)).collect::<Vec<Value>>(),
        "sigma": parameters.sigma * parameters.scale,
        "persistence": parameters.persistence,
        "innovation": parameters.innovation * parameters.scale,
        "log_posterior": found.map(|found| found.log_posterior),
        "rounds": found.map(|found| found.rounds),
    })
}

fn component(component: &Component, scale: f64) -> Value {
    let unit = if component.multiplicative { 1.0 } else { scale };
    let coefficients: Vec<f64> = component.coefficients.iter().map(|b| b * unit).collect();
    let mode = if component.multiplicative { "multiplicative" } else { "additive" };
    match &component.basis {
        Basis::Fourier { period, order } => {
            json!({ "season": component.name, "period_days": period, "order": order, "mode": mode,
                "sines": coefficients.iter().step_by(2).collect::<Vec<_>>(),
                "cosines": coefficients.iter().skip(1).step_by(2).collect::<Vec<_>>() })
        }
        Basis::Holiday { offset, .. } => {
            json!({ "holiday": component.name, "days_after": offset, "mode": mode, "effect": coefficients.first() })
        }
        Basis::Regressor { mean, deviation, .. } => {
            json!({ "regressor": component.name, "mode": mode, "mean": mean, "deviation": deviation,
                "effect_per_unit": coefficients.first().map(|b| b / deviation) })
        }
    }
}
