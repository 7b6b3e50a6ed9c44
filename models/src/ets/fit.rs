//! From a training window to a stored form.

use serde_json::{Value, json};

use super::estimate::{Estimate, Ready};
use super::filter::{Passed, Sums};
use super::form::{Form, Part};
use super::long::{CHECKED, LONGEST, checked, fit_long};
use super::recursion::{Components, Smoothing};
use super::settings::Settings;
use super::stored::Parameters;
use crate::arima::Sample;
use crate::resume::Trained;
use crate::{FitContext, Fitted, History, Model, ModelError};

/// Observations beyond its estimated numbers that a form needs, as in R's `ets`.
const SPARE: usize = 4;
/// Forms within so much of the best criterion are followed to their maximum.
const CLOSE: f64 = 3.0;

/// A specification ready to be fitted.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) settings: Settings,
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, context: &FitContext) -> Result<Fitted, ModelError> {
        let season = self.settings.season.length(context.week);
        let asked = self.settings.pattern.season != Some(Part::None);
        let lately = self.settings.lately;
        let sample = Sample::new(window, &[], true)?.lately(if asked { season } else { 1 }, lately.seasons);
        let need = Form::SIMPLE.estimated(1) + SPARE;
        if sample.observed < need {
            return Err(ModelError::TooShort { have: sample.observed, need });
        }
        let trained = Trained::new(&sample, window, context.week, context.cutoff);
        let frame = Frame { trained, sample: &sample };
        if sample.constant() {
            return frame.without_spread();
        }
        let mut notes = Vec::new();
        let positive = sample.target.iter().all(|y| y.is_nan() || *y > 0.0);
        let mut pattern = self.settings.pattern;
        if !positive {
            let named = pattern.relative_error == Some(true)
                || pattern.trend == Some(Part::Multiplicative)
                || pattern.season == Some(Part::Multiplicative);
            pattern = pattern.additive();
            if named {
                notes.push("additive form: a price is zero or negative".to_owned());
            }
        }
        let wanted = season > 1 && pattern.season != Some(Part::None);
        let seasonal = wanted && sample.len() >= 2 * season;
        if wanted && !seasonal {
            notes.push(format!("no season: fewer than two seasons of {season} sessions"));
        }
        let mut tried = Vec::new();
        let mut best = None;
        if seasonal && season > LONGEST {
            let found = fit_long(&sample, season, lately.term_seasons, &pattern, context.horizon, |rest, pattern| {
                let positive = positive && pattern.relative_error != Some(false);
                search(&Ready::new(rest, 1), &pattern.forms(positive, false)).0
            });
            if let Some((estimate, note)) = found {
                notes.push(note);
                best = Some(estimate);
            }
        }
        if best.is_none() {
            let ready = Ready::new(&sample, season);
            (best, tried) = search(&ready, &pattern.forms(positive, seasonal && season <= LONGEST));
            if seasonal && (CHECKED..=LONGEST).contains(&season) && pattern.season.is_none() {
                let (checked, note) = checked(&sample, season, context.horizon, best).unzip();
                best = checked;
                notes.extend(note.flatten());
            }
        }
        let best = match best {
            Some(estimate) => estimate,
            None => {
                notes.push("random walk: no form could be estimated".to_owned());
                frame.random_walk()
            }
        };
        frame.stored(&best, &tried, &notes)
    }
}

/// The form with the least criterion, and the criteria of all.
fn search(ready: &Ready<'_>, forms: &[Form]) -> (Option<Estimate>, Vec<(Form, f64)>) {
    let mut passed = Passed::default();
    let enough = |form: &Form| ready.sample.observed >= form.estimated(ready.season) + SPARE;
    let mut found: Vec<Estimate> =
        forms.iter().filter(|form| enough(form)).filter_map(|form| ready.rough(*form, &mut passed)).collect();
    found.sort_by(|a, b| a.aicc.total_cmp(&b.aicc));
    let tried = found.iter().map(|estimate| (estimate.form, estimate.aicc)).collect();
    let bound = found.first().map_or(f64::INFINITY, |best| best.aicc + CLOSE);
    let alone = forms.len() == 1;
    let close = found.into_iter().enumerate().filter(|(i, estimate)| *i == 0 || estimate.aicc <= bound);
    let fine = close.map(|(_, estimate)| ready.fine(estimate, alone, &mut passed));
    (fine.min_by(|a, b| a.aicc.total_cmp(&b.aicc)), tried)
}

/// What a stored form says of its window.
struct Frame<'a> {
    sample: &'a Sample,
    trained: Trained,
}

impl Frame<'_> {
    fn stored(&self, best: &Estimate, tried: &[(Form, f64)], notes: &[String]) -> Result<Fitted, ModelError> {
        let Estimate { form, smoothing, start, .. } = best;
        let ready = Ready::new(self.sample, start.season.len());
        let pass = ready.pass(*form, smoothing, start);
        let (sums, end) = pass.ok_or_else(|| super::stored::broken(*form))?;
        let exact = ready.exact(*form, &sums);
        let estimated = form.estimated(start.season.len());
        let freedom = sums.count.saturating_sub(estimated).max(1) as f64;
        let deviation = if exact { 0.0 } else { (sums.square / freedom).sqrt() };
        let mut notes = notes.to_vec();
        if exact {
            notes.push("the form explains the series exactly".into());
        }
        let parameters = self.parameters(best, deviation, end);
        let mut fitted = self.fitted(&parameters, &notes)?;
        if !exact {
            let (n, k) = (sums.count as f64, estimated as f64 + 1.0);
            let log_likelihood = Sums::log_likelihood(&sums);
            let aicc = -2.0 * log_likelihood + 2.0 * k * n / (n - k - 1.0);
            fitted.log_likelihood = Some(log_likelihood);
            fitted.aicc = (n > k + 1.0).then_some(aicc);
            if let Value::Object(report) = &mut fitted.parameters {
                let tried = tried.iter().map(|(form, aicc)| json!({ "form": form.to_string(), "aicc": aicc }));
                report.insert("log_likelihood".into(), json!(log_likelihood));
                report.insert("aicc".into(), json!(fitted.aicc));
                report.insert("forms_tried".into(), tried.collect());
            }
        }
        Ok(fitted)
    }

    fn parameters(&self, best: &Estimate, deviation: f64, end: Components) -> Parameters {
        let Estimate { form, smoothing, start, .. } = best.clone();
        Parameters { form, smoothing, deviation, trained: self.trained, start, end }
    }

    /// A constant series keeps its value.
    fn without_spread(&self) -> Result<Fitted, ModelError> {
        let walk = self.random_walk();
        let end = walk.start.clone();
        self.fitted(&self.parameters(&walk, 0.0, end), &["constant".to_owned()])
    }

    /// Simple smoothing that keeps every innovation whole.
    fn random_walk(&self) -> Estimate {
        let first = self.sample.target.first().copied().unwrap_or(0.0);
        Estimate::given(
            Form::SIMPLE,
            Smoothing { alpha: 1.0, beta: 0.0, gamma: 0.0, phi: 1.0 },
            Components { level: first, growth: 0.0, season: Vec::new() },
        )
    }

    fn fitted(&self, parameters: &Parameters, notes: &[String]) -> Result<Fitted, ModelError> {
        if let Some(problem) = parameters.problem() {
            return Err(ModelError::Numerical(problem));
        }
        let Parameters { form, smoothing, deviation, start, end, .. } = parameters;
        let season = start.season.len();
        let length = if season > 0 { season.to_string() } else { String::new() };
        let used = |used: bool, value: f64| if used { json!(value) } else { Value::Null };
        let report = json!({
            "form": form.to_string(),
            "season": season,
            "alpha": smoothing.alpha,
            "beta": used(form.trend != Part::None, smoothing.beta),
            "gamma": used(form.season != Part::None, smoothing.gamma),
            "phi": used(form.damped, smoothing.phi),
            "sigma": deviation,
            "components_before_window": start,
            "components_after_window": end,
        });
        Ok(Fitted {
            model_type: format!("ets({form}){length}"),
            format: "ets/1".into(),
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
