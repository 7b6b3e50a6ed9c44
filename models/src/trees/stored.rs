//! The stored form of a recursive fit, `xgboost/1`; its layout is in the documentation of [`crate::trees`].

use serde::{Deserialize, Serialize};

use crate::trees::frame::{self, corrupt, float_bytes, floats};
use crate::trees::{Ensemble, Evaluator, Layout, Settings, Strategy, Unit};
use crate::{ModelError, Regressor};

/// What a recursive fit stores.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Settings of the fit.
    pub settings: Settings,
    /// Columns used besides the target.
    pub regressors: Vec<Regressor>,
    /// Unit of the target.
    pub unit: Unit,
    /// XGBoost's own saved model, UBJSON; empty for a constant series.
    pub model: Vec<u8>,
    /// Centred out-of-fold residuals, in the unit of the target.
    pub residuals: Vec<f32>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    settings: Settings,
    regressors: Vec<Regressor>,
    /// For readers of the bytes; the columns follow from settings and regressors.
    feature_names: Vec<String>,
    unit: Unit,
    model_bytes: usize,
    residuals: usize,
}

impl Stored {
    /// The portable bytes.
    ///
    /// # Errors
    /// [`ModelError::Numerical`] if the header cannot be written.
    pub fn encode(&self) -> Result<Vec<u8>, ModelError> {
        let header = Header {
            settings: self.settings.clone(),
            regressors: self.regressors.clone(),
            feature_names: Layout::new(&self.settings, &self.regressors).names().to_vec(),
            unit: self.unit,
            model_bytes: self.model.len(),
            residuals: self.residuals.len(),
        };
        frame::write(&header, &[&self.model, &float_bytes(&self.residuals)])
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`ModelError::Corrupt`] naming the first thing that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        let (header, body): (Header, _) = frame::read(bytes)?;
        let (model, body) =
            body.split_at_checked(header.model_bytes).ok_or_else(|| corrupt("the trees are cut short"))?;
        let residuals = floats(body, header.residuals)?;
        frame::check(&header.settings, header.unit)?;
        if header.settings.strategy != Strategy::Recursive {
            return Err(corrupt("settings of a direct model in the recursive form"));
        }
        let (settings, regressors, unit) = (header.settings, header.regressors, header.unit);
        Ok(Self { settings, regressors, unit, model: model.to_vec(), residuals })
    }

    /// The columns, and the trees ready for evaluation; no trees for a constant series.
    pub(crate) fn prepare(&self) -> Result<(Layout, Option<Evaluator>), ModelError> {
        let layout = Layout::new(&self.settings, &self.regressors);
        if self.model.is_empty() {
            return Ok((layout, None));
        }
        if self.residuals.is_empty() {
            return Err(corrupt("trees without residuals"));
        }
        let ensemble = parse(&self.model, &layout)?;
        Ok((layout, Some(Evaluator::new(&ensemble))))
    }
}

/// Trees over the columns of a layout.
pub(crate) fn parse(model: &[u8], layout: &Layout) -> Result<Ensemble, ModelError> {
    let ensemble = Ensemble::parse(model)?;
    let (trees, layout) = (ensemble.columns(), layout.names().len());
    if trees != layout {
        return Err(corrupt(&format!("trees over {trees} columns, settings give {layout}")));
    }
    Ok(ensemble)
}
