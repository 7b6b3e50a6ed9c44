//! From a training window to a stored form.

use serde_json::{Value, json};

use super::estimate::{Estimate, Ready, criterion};
use super::form::{Form, Smoothing};
use super::recursion::{Components, Pair};
use super::settings::Settings;
use super::stored::{Parameters, log_likelihood};
use crate::arima::Sample;
use crate::resume::Trained;
use crate::{FitContext, Fitted, History, Model, ModelError};

/// Observations that any form needs.
pub(super) const FEWEST: usize = 8;
/// Forms within so much of the best criterion are followed to their maximum.
const CLOSE: f64 = 3.0;
/// α of the fallback: the level smooths by a half.
const SIMPLE_SMOOTHING: [f64; 2] = [1.5, 1.0];

/// A specification ready to be fitted.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) settings: Settings,
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, context: &FitContext) -> Result<Fitted, ModelError> {
        let season = self.settings.season.length(context.week);
        let wanted = season > 1 && self.settings.form != Some(Form::None);
        let sample = Sample::new(window, &[], true)?.lately(if wanted { season } else { 1 }, self.settings.seasons);
        if sample.observed < FEWEST {
            return Err(ModelError::TooShort { have: sample.observed, need: FEWEST });
        }
        let trained = Trained::new(&sample, window, context.week, context.cutoff);
        let frame = Frame { trained, sample: &sample };
        if sample.constant() {
            return frame.constant();
        }
        let mut notes = Vec::new();
        let seasonal = wanted && sample.len() >= 2 * season;
        if wanted && !seasonal {
            notes.push(format!("no season: fewer than two seasons of {season} sessions"));
        }
        let asked = |form: &Form| self.settings.form.is_none_or(|asked| asked == *form);
        let forms: Vec<Form> = match seasonal {
            true => Form::ALL.into_iter().filter(asked).collect(),
            false => vec![Form::None],
        };
        let ready = Ready::new(&sample, season);
        let (best, tried) = search(&ready, &forms);
        // every form has starts in its region, whatever the season
        let best = best.ok_or_else(|| ModelError::Numerical("no form has finite least squares".into()))?;
        frame.stored(&ready, &best, &tried, notes)
    }
}

/// The form with the least criterion, and the criteria of all.
fn search(ready: &Ready<'_>, forms: &[Form]) -> (Option<Estimate>, Vec<(Form, f64)>) {
    let mut found: Vec<Estimate> = forms.iter().filter_map(|form| ready.rough(*form)).collect();
    found.sort_by(|a, b| a.aicc.total_cmp(&b.aicc));
    let tried = found.iter().map(|estimate| (estimate.form, estimate.aicc)).collect();
    let bound = found.first().map_or(f64::INFINITY, |best| best.aicc + CLOSE);
    let close = found.into_iter().enumerate().filter(|(i, estimate)| *i == 0 || estimate.aicc <= bound);
    let fine = close.map(|(_, estimate)| ready.fine(estimate));
    (fine.min_by(|a, b| a.aicc.total_cmp(&b.aicc)), tried)
}

/// What a stored form says of its window.
struct Frame<'a> {
    sample: &'a Sample,
    trained: Trained,
}

impl Frame<'_> {
    fn stored(
        &self,
        ready: &Ready<'_>,
        best: &Estimate,
        tried: &[(Form, f64)],
        mut notes: Vec<String>,
    ) -> Result<Fitted, ModelError> {
        let Estimate { form, smoothing, .. } = *best;
        let start = ready.start(form, &smoothing);
        let start = start.ok_or_else(|| ModelError::Numerical("the first components are not finite".into()))?;
        let mut parameters = self.parameters(form, smoothing, start);
        let (mut square, mut count) = (0.0, 0_usize);
        parameters.end = parameters.filter(&parameters.start, &self.sample.target, |e| {
            square += e * e;
            count += 1;
        });
        let exact = ready.exact(square / count.max(1) as f64);
        if exact {
            notes.push("the form explains the series exactly".into());
        } else {
            parameters.deviation = (square / count.saturating_sub(form.parameters()).max(1) as f64).sqrt();
        }
        let mut fitted = self.fitted(&parameters, &notes)?;
        if !exact {
            let log_likelihood = log_likelihood(square, count);
            let aicc = criterion(form, log_likelihood, count);
            fitted.log_likelihood = Some(log_likelihood);
            fitted.aicc = aicc.is_finite().then_some(aicc);
            if let Value::Object(report) = &mut fitted.parameters {
                let tried = tried.iter().map(|(form, aicc)| json!({ "model": form, "aicc": aicc }));
                report.insert("log_likelihood".into(), json!(log_likelihood));
                report.insert("aicc".into(), json!(fitted.aicc));
                report.insert("models_tried".into(), tried.collect());
            }
        }
        Ok(fitted)
    }

    fn parameters(&self, form: Form, smoothing: Smoothing, start: Components) -> Parameters {
        let end = start.clone();
        Parameters { form, smoothing, deviation: 0.0, trained: self.trained, start, end }
    }

    /// A constant series keeps its value.
    fn constant(&self) -> Result<Fitted, ModelError> {
        let level = self.sample.target.first().copied().unwrap_or(0.0);
        let start = Components {
            // where an innovation of zero leaves both unchanged
            level: Pair { level, information: level / SIMPLE_SMOOTHING[0] },
            season: Vec::new(),
        };
        self.fitted(&self.parameters(Form::None, Smoothing::at(&SIMPLE_SMOOTHING), start), &["constant".to_owned()])
    }

    fn fitted(&self, parameters: &Parameters, notes: &[String]) -> Result<Fitted, ModelError> {
        if let Some(problem) = parameters.problem() {
            return Err(ModelError::Numerical(problem));
        }
        let Parameters { form, smoothing, deviation, start, end, .. } = parameters;
        let season = start.season.len();
        let length = if season > 0 { season.to_string() } else { String::new() };
        let used = |index: usize| match smoothing.all().get(index) {
            Some(value) if index < form.parameters() => json!(value),
            _ => Value::Null,
        };
        let report = json!({
            "model": form,
            "season": season,
            "alpha_0": used(0),
            "alpha_1": used(1),
            "beta_0": used(2),
            "beta_1": used(3),
            "sigma": deviation,
            "components_before_window": start,
            "components_after_window": end,
        });
        Ok(Fitted {
            model_type: format!("ces({}){length}", form.name()),
            format: "ces/1".into(),
            bytes: serde_json::to_vec(parameters).map_err(|e| ModelError::Numerical(e.to_string()))?,
            parameters: report,
            samples: self.sample.observed,
            log_likelihood: None,
            aicc: None,
            training_loss: Some(*deviation),
            validation_loss: None,
            fallback: (!notes.is_empty()).then(|| notes.join("; ")),
        })
    }
}
