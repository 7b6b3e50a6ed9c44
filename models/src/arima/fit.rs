//! From a training window to an estimated model.

use super::design::Design;
use super::estimate::estimate;
use super::finish::{Form, Found, joined};
use super::fourier::{columns, period};
use super::order::{MAX_REGRESSORS, Order};
use super::regression::Dropped;
use super::sample::Sample;
use super::search::{Candidates, Prepared, search};
use super::settings::{Constant, Seasonality, Settings};
use super::start::Start;
use super::unit_root::{differences, seasonal_differences};
use crate::{FitContext, Fitted, History, Model, ModelError};

/// Observations per estimated parameter below which an order is not estimated, besides [`FEWEST`].
const FEWEST_PER_PARAMETER: usize = 2;
/// Observations after differencing that any model needs.
const FEWEST: usize = 10;
/// Seasons that a window must hold for a season to be searched.
const FEWEST_SEASONS: usize = 2;
/// Observations for each column of Fourier terms.
const PER_FOURIER_COLUMN: usize = 10;
/// Most p and q while the number of Fourier terms is chosen.
const FOURIER_ORDER: usize = 2;

/// A specification ready to be fitted.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) settings: Settings,
    /// Names of the regressors.
    pub(super) columns: Vec<String>,
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, context: &FitContext) -> Result<Fitted, ModelError> {
        let sample = Sample::new(window, &vec![true; self.columns.len()], true)?;
        let (seasonality, short) = self.seasonality(&sample, context);
        let sample = match seasonality {
            Seasonality::Fourier { season } => sample.lately(season, self.settings.seasons),
            _ => sample,
        };
        let [p, d, q] = self.settings.fixed.unwrap_or([0, 0, 0]);
        let order = match seasonality {
            Seasonality::Fixed { seasonal: [seasonal_p, seasonal_d, seasonal_q], season } => {
                Order { p, d, q, seasonal_p, seasonal_d, seasonal_q, season }
            }
            Seasonality::Searched { season } => Order { p, d, q, season, ..Order::default() },
            Seasonality::None | Seasonality::Fourier { .. } => Order { p, d, q, ..Order::default() },
        };
        if let Some(value) = order.problem() {
            return Err(ModelError::Unusable { what: "the order".into(), value });
        }
        let parameters = order.coefficients() + self.columns.len() + 2;
        let need = order.lost() + FEWEST + FEWEST_PER_PARAMETER * parameters;
        if sample.observed < need {
            return Err(ModelError::TooShort { have: sample.observed, need });
        }
        let form = Form { columns: &self.columns, period: None, strength: None };
        if sample.constant() {
            let walk = Order { d: 1, ..Order::default() };
            return form.without_spread(&sample, walk, None, "constant");
        }
        let mut fitted = self.estimated(sample, form, order, seasonality)?;
        let reasons: Vec<String> = [short, fitted.fallback].into_iter().flatten().collect();
        fitted.fallback = joined(&reasons);
        Ok(fitted)
    }
}

/// What estimation of a sample came to.
enum Outcome {
    Found(Box<Found>),
    Exact(Box<Design>),
    Nothing,
}

impl Configured {
    /// What is done about the season, and why not what was asked for.
    fn seasonality(&self, sample: &Sample, context: &FitContext) -> (Seasonality, Option<String>) {
        let seasonality = self.settings.seasonality(context.week);
        match seasonality {
            Seasonality::Searched { season } | Seasonality::Fourier { season }
                if sample.len() < FEWEST_SEASONS * season =>
            {
                let why =
                    format!("no season: {} sessions are fewer than {FEWEST_SEASONS} seasons of {season}", sample.len());
                (Seasonality::None, Some(why))
            }
            _ => (seasonality, None),
        }
    }

    /// Chooses differences, Fourier terms and orders as far as they are not fixed, and estimates.
    fn estimated(
        &self,
        mut sample: Sample,
        mut form: Form<'_>,
        mut order: Order,
        seasonality: Seasonality,
    ) -> Result<Fitted, ModelError> {
        let bare = sample.clone();
        let most_terms = match seasonality {
            Seasonality::Fourier { season } => {
                form.period = period(season, &sample.days);
                self.most_terms(season, &sample)
            }
            _ => 0,
        };
        if let Some(period) = form.period {
            sample = bare.with_columns(columns(period, most_terms, &bare.days));
        }
        if self.settings.fixed.is_none() {
            if let Seasonality::Searched { season } = seasonality {
                let (seasonal_d, strength) = seasonal_differences(&sample, season, self.settings.max_seasonal_d);
                form.strength = strength;
                order.seasonal_d = self.settings.differences.map_or(seasonal_d, |[_, fixed]| fixed);
            }
            order.d = match self.settings.differences {
                Some([d, _]) => d,
                None => differences(&sample, &order, self.settings.max_d),
            };
        }
        if form.period.is_some() {
            sample = self.with_best_terms(&bare, &sample, &order, most_terms);
        }
        let searched = matches!(seasonality, Seasonality::Searched { .. });
        match self.candidates(&sample, &order).map(|candidates| self.best(&order, searched, &candidates)) {
            Some(Outcome::Exact(design)) => {
                let why = "the regression explains the series exactly";
                form.without_spread(&sample, order, Some(&design), why)
            }
            Some(Outcome::Found(found)) => form.stored(&sample, &found),
            Some(Outcome::Nothing) | None => form.random_walk(&sample, &order),
        }
    }

    /// Fourier terms that a sample may have: sines and cosines of less than two sessions repeat slower ones.
    fn most_terms(&self, season: usize, sample: &Sample) -> usize {
        let fit = (MAX_REGRESSORS - self.columns.len()) / 2;
        let enough = sample.observed / (2 * PER_FOURIER_COLUMN);
        self.settings.max_fourier.min(season / 2).min(fit).min(enough)
    }

    /// The sample with as many of the Fourier terms as AICc prefers, by a short order.
    fn with_best_terms(&self, bare: &Sample, full: &Sample, order: &Order, most_terms: usize) -> Sample {
        let order = match self.settings.fixed {
            Some(_) => *order,
            None => {
                let (p, q) = (self.settings.max_p.min(FOURIER_ORDER), self.settings.max_q.min(FOURIER_ORDER));
                Order { p, q, ..*order }
            }
        };
        let with_terms = |terms: usize| {
            bare.with_columns(full.regressors[bare.regressors.len()..].iter().take(2 * terms).cloned().collect())
        };
        let aicc = |sample: &Sample| -> Option<f64> {
            let candidates = self.candidates(sample, &order)?;
            let prepared = candidates.get(candidates.with.is_some())?;
            if prepared.design.regression.exact {
                return Some(f64::NEG_INFINITY);
            }
            Some(estimate(&prepared.design, &prepared.start, &order, None, false)?.aicc())
        };
        let mut best = (f64::INFINITY, bare.clone());
        for terms in 0..=most_terms {
            let sample = with_terms(terms);
            if let Some(value) = aicc(&sample).filter(|value| *value < best.0) {
                best = (value, sample);
            }
        }
        best.1
    }

    /// Designs with and without a constant, as far as the settings and the differences allow.
    fn candidates(&self, sample: &Sample, order: &Order) -> Option<Candidates> {
        let fixed_mean = self.settings.fixed.is_none() || order.d + order.seasonal_d == 0;
        let wanted = match self.settings.constant {
            Constant::Yes => true,
            Constant::No => false,
            Constant::Auto => fixed_mean,
        };
        let prepared = |constant: bool, skip: &[(usize, Dropped)]| -> Option<Prepared> {
            let design = Design::new(sample, order, constant, skip)?;
            let start = Start::new(&design.bridged, order.season);
            Some(Prepared { design, start })
        };
        if !(wanted && order.allows_constant()) {
            return Some(Candidates { with: None, without: prepared(false, &[])? });
        }
        // a column collinear with the constant is dropped with and without it
        let with = prepared(true, &[])?;
        let without = prepared(false, &with.design.dropped())?;
        Some(Candidates { with: with.design.constant.then_some(with), without })
    }

    fn best(&self, order: &Order, seasonal: bool, candidates: &Candidates) -> Outcome {
        let Some(fullest) = candidates.get(candidates.with.is_some()) else { return Outcome::Nothing };
        if fullest.design.regression.exact {
            return Outcome::Exact(Box::new(fullest.design.clone()));
        }
        let found = |estimate, prepared: &Prepared, tried| {
            Outcome::Found(Box::new(Found { estimate, design: prepared.design.clone(), tried }))
        };
        if self.settings.fixed.is_some() {
            let estimate = estimate(&fullest.design, &fullest.start, order, None, true);
            return estimate.map_or(Outcome::Nothing, |estimate| found(estimate, fullest, 1));
        }
        let Some(best) = search(&self.settings, order, seasonal, candidates) else { return Outcome::Nothing };
        let Some(prepared) = candidates.get(best.constant) else { return Outcome::Nothing };
        found(best.estimate, prepared, best.tried)
    }
}
