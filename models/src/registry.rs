//! Families by name, and the loading of stored fits.

use std::sync::Arc;

use crate::combination::{self, Combination};
use crate::{
    Explanation, Family, Fitted, FittedModel, Model, ModelError, ModelSpec, arima, ces, ets, naive, prophet,
    random_walk, seasonal_naive, theta, window_average,
};

/// The families known to a process, and combinations of them.
#[derive(Clone)]
pub struct Registry {
    families: Vec<Arc<dyn Family>>,
}

impl Default for Registry {
    fn default() -> Self {
        let families: Vec<Arc<dyn Family>> = vec![
            Arc::new(naive::Naive),
            Arc::new(random_walk::RandomWalk),
            Arc::new(seasonal_naive::SeasonalNaive),
            Arc::new(window_average::WindowAverage),
            Arc::new(arima::Arima),
            Arc::new(ets::Ets),
            Arc::new(theta::Theta),
            Arc::new(ces::Ces),
            Arc::new(prophet::Prophet),
        ];
        Self { families }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.families.iter().map(|family| family.name())).finish()
    }
}

impl Registry {
    /// Adds a family, replacing one of the same name.
    #[must_use]
    pub fn with(mut self, family: Arc<dyn Family>) -> Self {
        self.families.retain(|known| known.name() != family.name());
        self.families.push(family);
        self
    }

    /// The family names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.families.iter().map(|family| family.name()).chain([combination::NAME])
    }

    /// A family. Combinations are made here, of this registry, so that their members are of any family it was given,
    /// in whatever order.
    fn family(&self, name: &str) -> Result<Arc<dyn Family>, ModelError> {
        if name == combination::NAME {
            return Ok(Arc::new(Combination::new(self.clone())));
        }
        self.families.iter().find(|family| family.name() == name).cloned().ok_or_else(|| ModelError::UnknownFamily {
            family: name.to_owned(),
            known: self.names().collect::<Vec<_>>().join(", "),
        })
    }

    /// Configures a model.
    ///
    /// # Errors
    /// [`ModelError::UnknownFamily`], [`ModelError::Setting`] for regressors of a family that uses none, or what the
    /// family says of the settings.
    pub fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        let family = self.family(&spec.family)?;
        if !family.uses_regressors() {
            spec.refuse_regressors()?;
        }
        family.model(spec)
    }

    /// Whether models of a family use regressors.
    ///
    /// # Errors
    /// [`ModelError::UnknownFamily`].
    pub fn uses_regressors(&self, family: &str) -> Result<bool, ModelError> {
        Ok(self.family(family)?.uses_regressors())
    }

    /// The law that paths of a model are drawn by, in a word or two.
    ///
    /// # Errors
    /// [`ModelError::UnknownFamily`].
    pub fn innovations(&self, spec: &ModelSpec) -> Result<String, ModelError> {
        Ok(self.family(&spec.family)?.innovations(spec))
    }

    /// What a fit says, as a fit returned it or as it was stored: [`Explanation`].
    ///
    /// # Errors
    /// [`ModelError::UnknownFamily`] for the format's family, [`ModelError::Corrupt`] for damaged bytes.
    pub fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        let name = fitted.format.split_once('/').map_or(fitted.format.as_str(), |(name, _)| name);
        self.family(name)?.explain(fitted)
    }

    /// Loads stored bytes by their format, `family/version`.
    ///
    /// # Errors
    /// [`ModelError::Newer`] for a version this build does not know, [`ModelError::Corrupt`] for damaged bytes.
    pub fn load(&self, format: &str, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        let corrupt = || ModelError::Corrupt(format!("format {format:?} is not family/version"));
        let (name, version) = format.split_once('/').ok_or_else(corrupt)?;
        let version: u32 = version.parse().map_err(|_| corrupt())?;
        let family = self.family(name)?;
        if version > family.format_version() {
            return Err(ModelError::Newer { format: format.to_owned(), newest: family.format_version() });
        }
        family.load(version, bytes)
    }
}
