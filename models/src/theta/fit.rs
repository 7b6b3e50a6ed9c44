//! From a training window to a stored form.

use serde_json::json;

use super::estimate::{BURN_IN, Estimate, estimate};
use super::recursion::{Kind, Rule, Seen};
use super::season::{Deseasoned, Terms, deseasoned};
use super::settings::Settings;
use super::stored::Parameters;
use crate::arima::Sample;
use crate::decompose::bridged;
use crate::resume::Trained;
use crate::{FitContext, Fitted, History, Model, ModelError};

/// Observations that any model needs.
const FEWEST: usize = 8;
/// Mean square of errors, in units of the scaled series, below which the fit counts as exact.
const EXACT: f64 = 1e-22;

/// A specification ready to be fitted.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) settings: Settings,
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, context: &FitContext) -> Result<Fitted, ModelError> {
        let season = self.settings.season.length(context.week);
        let sample = Sample::new(window, &[], true)?.lately(season, self.settings.lately.seasons);
        if sample.observed < FEWEST {
            return Err(ModelError::TooShort { have: sample.observed, need: FEWEST });
        }
        let trained = Trained::new(&sample, window, context.week, context.cutoff);
        if sample.constant() {
            return constant(&sample, trained);
        }
        let filled = bridged(&sample.target, &sample.seen);
        let Deseasoned { terms, rest, fallback } = deseasoned(&filled, season, &self.settings);
        let kinds = Kind::ALL.into_iter().filter(|kind| self.settings.kind.is_none_or(|wanted| wanted == *kind));
        let fits: Vec<Estimate> = kinds.filter_map(|kind| estimate(kind, &rest, &sample.seen)).collect();
        let rows = counted(&sample);
        // the first of equals
        let best = fits.iter().min_by(|a, b| a.aicc(rows).total_cmp(&b.aicc(rows)));
        let Some(best) = best.copied() else {
            return Err(ModelError::Numerical("no theta model has finite least squares".into()));
        };
        let mut fitted = stored(&sample, trained, terms, &best, &fits)?;
        let reasons: Vec<String> = [fallback, fitted.fallback].into_iter().flatten().collect();
        fitted.fallback = (!reasons.is_empty()).then(|| reasons.join("; "));
        Ok(fitted)
    }
}

/// Rows whose errors count.
fn counted(sample: &Sample) -> usize {
    sample.seen.iter().skip(BURN_IN).filter(|seen| **seen).count()
}

fn stored(
    sample: &Sample,
    trained: Trained,
    season: Terms,
    best: &Estimate,
    fits: &[Estimate],
) -> Result<Fitted, ModelError> {
    let Estimate { kind, rule, start, .. } = *best;
    let theta = 1.0 / (1.0 - rule.weight);
    let mut parameters =
        Parameters { kind, alpha: rule.alpha, theta, deviation: 0.0, season, trained, start, end: start };
    let (mut square, mut count) = (0.0, 0_usize);
    parameters.end = parameters.filter(start, &sample.target, |row, error| {
        if row >= BURN_IN {
            square += error * error;
            count += 1;
        }
    });
    let estimated = kind.estimated();
    let exact = best.square <= EXACT * count as f64;
    if !exact {
        parameters.deviation = (square / count.saturating_sub(estimated).max(1) as f64).sqrt();
    }
    let fallback = exact.then(|| "the model explains the series exactly".to_owned());
    let rows = count.max(1) as f64;
    let told = |fit: &Estimate| json!({ "model": fit.kind, "mse": fit.square / rows, "aicc": fit.aicc(count) });
    let tried: Vec<_> = fits.iter().map(told).collect();
    fitted(&parameters, sample, json!(tried), fallback)
}

/// A constant series keeps its value, with zero spread.
fn constant(sample: &Sample, trained: Trained) -> Result<Fitted, ModelError> {
    let value = sample.target.first().copied().unwrap_or(0.0);
    let (kind, rule) = (Kind::Standard, Rule { alpha: 0.5, weight: 0.5, dynamic: false });
    // with a flat line at the value, half of it in the first level
    let before = Seen { level: value * (1.0 - rule.weight), mean: value, intercept: value, slope: 0.0, sessions: 0 };
    let season = Terms::NONE;
    let mut parameters =
        Parameters { kind, alpha: rule.alpha, theta: 2.0, deviation: 0.0, season, trained, start: before, end: before };
    parameters.end = parameters.filter(before, &sample.target, |_, _| {});
    fitted(&parameters, sample, json!([]), Some("constant".into()))
}

fn fitted(
    parameters: &Parameters,
    sample: &Sample,
    tried: serde_json::Value,
    fallback: Option<String>,
) -> Result<Fitted, ModelError> {
    if let Some(problem) = parameters.problem() {
        return Err(ModelError::Numerical(problem));
    }
    let terms = parameters.season.values.len();
    let decomposition = match (terms, parameters.season.multiplicative) {
        (0, _) => "none",
        (_, true) => "multiplicative",
        (_, false) => "additive",
    };
    let season = if terms == 0 { String::new() } else { format!("{terms} {decomposition}") };
    Ok(Fitted {
        model_type: format!("theta({}){season}", parameters.kind.name()),
        format: "theta/1".into(),
        bytes: serde_json::to_vec(parameters).map_err(|e| ModelError::Numerical(e.to_string()))?,
        parameters: json!({
            "model": parameters.kind,
            "alpha": parameters.alpha,
            "theta": parameters.theta,
            "sigma": parameters.deviation,
            "decomposition": decomposition,
            "season": parameters.season.values,
            "state_before_window": parameters.start,
            "state_after_window": parameters.end,
            "models_tried": tried,
        }),
        samples: sample.observed,
        log_likelihood: None,
        aicc: None,
        training_loss: Some(parameters.deviation),
        validation_loss: None,
        fallback,
    })
}
