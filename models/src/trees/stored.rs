//! The stored form, `xgboost/1`; its layout is in the documentation of [`crate::trees`].

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::trees::{Ensemble, Evaluator, Layout, Settings, Unit};
use crate::{ModelError, Regressor};

const MAGIC: &[u8; 4] = b"ALXG";
const CHECKSUM: usize = 32;

/// What a fit stores.
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
        let unwritable = |e: String| ModelError::Numerical(format!("the stored header cannot be written: {e}"));
        let header = serde_json::to_vec(&header).map_err(|e| unwritable(e.to_string()))?;
        let length = u32::try_from(header.len()).map_err(|e| unwritable(e.to_string()))?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend(length.to_le_bytes());
        bytes.extend(header);
        bytes.extend(&self.model);
        bytes.extend(self.residuals.iter().flat_map(|residual| residual.to_le_bytes()));
        let checksum = Sha256::digest(&bytes);
        bytes.extend(checksum);
        Ok(bytes)
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`ModelError::Corrupt`] naming the first thing that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        let corrupt = |what: &str| ModelError::Corrupt(what.to_owned());
        let end = bytes.len().checked_sub(CHECKSUM).ok_or_else(|| corrupt("shorter than its checksum"))?;
        let (body, checksum) = bytes.split_at(end);
        if Sha256::digest(body)[..] != *checksum {
            return Err(corrupt("the checksum differs"));
        }
        let body = body.strip_prefix(MAGIC).ok_or_else(|| corrupt("the first four bytes are not ALXG"))?;
        let (length, body) = body.split_first_chunk::<4>().ok_or_else(|| corrupt("the header is missing"))?;
        let (header, body) = body
            .split_at_checked(u32::from_le_bytes(*length) as usize)
            .ok_or_else(|| corrupt("the header is cut short"))?;
        let header: Header = serde_json::from_slice(header).map_err(|e| corrupt(&format!("header: {e}")))?;
        let (model, body) =
            body.split_at_checked(header.model_bytes).ok_or_else(|| corrupt("the trees are cut short"))?;
        if header.residuals.checked_mul(4) != Some(body.len()) {
            return Err(corrupt("the residuals are not as many as the header says"));
        }
        let residuals: Vec<f32> = body.chunks_exact(4).map(|x| f32::from_le_bytes([x[0], x[1], x[2], x[3]])).collect();
        if residuals.iter().any(|residual| !residual.is_finite()) {
            return Err(corrupt("a residual is not finite"));
        }
        if let Some(fault) = header.settings.fault() {
            return Err(corrupt(&format!("setting {} is out of range ({})", fault.0, fault.1)));
        }
        if matches!(header.unit, Unit::Difference(scale) if !(scale > 0.0 && scale.is_finite())) {
            return Err(corrupt("the scale of differences is not positive"));
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
            return Err(ModelError::Corrupt("trees without residuals".into()));
        }
        let ensemble = Ensemble::parse(&self.model)?;
        if ensemble.columns() != layout.names().len() {
            let (trees, layout) = (ensemble.columns(), layout.names().len());
            return Err(ModelError::Corrupt(format!("trees over {trees} columns, settings give {layout}")));
        }
        Ok((layout, Some(Evaluator::new(&ensemble))))
    }
}
