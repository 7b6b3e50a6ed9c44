//! The stored form of a recursive fit, `xgboost/1` or, with a law of the innovations, `xgboost/3`; its layout is in the
//! documentation of [`crate::trees`].

use serde::{Deserialize, Serialize};

use crate::innovations::Kind;
use crate::trees::frame::{self, corrupt, float_bytes, floats};
use crate::trees::law::FittedLaw;
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
    /// What innovations are drawn from, if not from the residuals.
    pub(crate) law: Option<FittedLaw>,
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
    /// None in `xgboost/1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    innovations: Option<FittedLaw>,
}

impl Stored {
    /// The form that the bytes have.
    pub(crate) fn format(&self) -> &'static str {
        if self.law.is_some() { "xgboost/3" } else { "xgboost/1" }
    }

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
            innovations: self.law.clone(),
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
        match &header.innovations {
            Some(law) => law.check(header.settings.innovations)?,
            None if header.settings.innovations == Kind::Bootstrap => {}
            None => return Err(corrupt("the law of the innovations is missing")),
        }
        let (settings, regressors, unit) = (header.settings, header.regressors, header.unit);
        Ok(Self { settings, regressors, unit, model: model.to_vec(), residuals, law: header.innovations })
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
