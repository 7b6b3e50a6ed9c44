//! The stored form of a direct fit, `xgboost/2`; its layout is in the documentation of [`super`].

use serde::{Deserialize, Serialize};

use super::grid::{Grid, days_with_trees};
use crate::trees::frame::{self, corrupt, float_bytes, floats};
use crate::trees::settings::LONGEST;
use crate::trees::stored::parse;
use crate::trees::{Layout, Settings, Strategy, Unit};
use crate::{ModelError, Regressor};

/// What a direct fit stores.
#[derive(Debug, Clone)]
pub struct StoredDirect {
    /// Settings of the fit.
    pub settings: Settings,
    /// Columns used besides the target.
    pub regressors: Vec<Regressor>,
    /// Unit of the target.
    pub unit: Unit,
    /// Days ahead that can be forecast.
    pub horizon: usize,
    /// XGBoost's own saved models, UBJSON, days with trees × levels; none for a constant series.
    pub models: Vec<Vec<u8>>,
    /// What is added to each predicted quantile, days × levels; none for squared error.
    pub shifts: Vec<f32>,
    /// Out of fold, days × rows: centred residuals, or the levels that targets reached.
    pub vectors: Vec<f32>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    settings: Settings,
    regressors: Vec<Regressor>,
    /// For readers of the bytes, as the days and levels are; all follow from settings, regressors and horizon.
    feature_names: Vec<String>,
    days: Vec<usize>,
    levels: Option<Vec<f64>>,
    unit: Unit,
    horizon: usize,
    model_bytes: Vec<usize>,
    shifts: usize,
    vectors: usize,
}

impl StoredDirect {
    /// The portable bytes.
    ///
    /// # Errors
    /// [`ModelError::Numerical`] if the header cannot be written.
    pub fn encode(&self) -> Result<Vec<u8>, ModelError> {
        let header = Header {
            settings: self.settings.clone(),
            regressors: self.regressors.clone(),
            feature_names: Layout::new(&self.settings, &self.regressors).names().to_vec(),
            days: days_with_trees(&self.settings.days, self.horizon),
            levels: self.settings.quantile_levels(),
            unit: self.unit,
            horizon: self.horizon,
            model_bytes: self.models.iter().map(Vec::len).collect(),
            shifts: self.shifts.len(),
            vectors: self.vectors.len(),
        };
        frame::write(&header, &[&self.models.concat(), &float_bytes(&self.shifts), &float_bytes(&self.vectors)])
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`ModelError::Corrupt`] naming the first thing that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        let (header, mut body): (Header, _) = frame::read(bytes)?;
        frame::check(&header.settings, header.unit)?;
        if header.settings.strategy != Strategy::Direct {
            return Err(corrupt("settings of a recursive model in the direct form"));
        }
        if !(1..=LONGEST).contains(&header.horizon) {
            return Err(corrupt(&format!("the horizon is {}", header.horizon)));
        }
        let mut models = Vec::new();
        for bytes in header.model_bytes {
            let (model, rest) = body.split_at_checked(bytes).ok_or_else(|| corrupt("the trees are cut short"))?;
            models.push(model.to_vec());
            body = rest;
        }
        let shift_bytes = header.shifts.checked_mul(4).and_then(|bytes| body.split_at_checked(bytes));
        let (shifts, vectors) = shift_bytes.ok_or_else(|| corrupt("the shifts are cut short"))?;
        let stored = Self {
            shifts: floats(shifts, header.shifts)?,
            vectors: floats(vectors, header.vectors)?,
            settings: header.settings,
            regressors: header.regressors,
            unit: header.unit,
            horizon: header.horizon,
            models,
        };
        stored.check_counts()?;
        Ok(stored)
    }

    fn check_counts(&self) -> Result<(), ModelError> {
        let levels = self.settings.quantile_levels().map_or(0, |levels| levels.len());
        let models = days_with_trees(&self.settings.days, self.horizon).len() * levels.max(1);
        let constant = self.models.is_empty() && self.shifts.is_empty() && self.vectors.is_empty();
        let whole = self.models.len() == models
            && self.shifts.len() == levels * self.horizon
            && !self.vectors.is_empty()
            && self.vectors.len().is_multiple_of(self.horizon);
        match constant || whole {
            true => Ok(()),
            false => Err(corrupt("models, shifts or vectors are not as many as days and levels need")),
        }
    }

    /// The columns, and the trees; no trees for a constant series.
    pub(crate) fn prepare(&self) -> Result<(Layout, Option<Grid>), ModelError> {
        let layout = Layout::new(&self.settings, &self.regressors);
        if self.models.is_empty() {
            return Ok((layout, None));
        }
        let ensembles = self.models.iter().map(|model| parse(model, &layout)).collect::<Result<_, _>>()?;
        let days = days_with_trees(&self.settings.days, self.horizon);
        let outputs = self.settings.quantile_levels().map_or(1, |levels| levels.len());
        Ok((layout, Some(Grid { days, ensembles, outputs })))
    }
}
