//! Laws of a model's innovations, for every model whose paths are built from one-session residuals.
//!
//! A model hands its residuals to [`Law::fit`] and stores the [`Law`] with its own parameters. At an origin
//! [`Law::origin`] gives the state the law needs (GARCH: the next session's variance, filtered over the residuals so
//! far), and [`Origin::draws`] gives innovations of a block of paths day by day. Draws of day h are made one after the
//! other over the paths from the stream of day h, so that fewer paths or days are a prefix of more.
//!
//! | setting | law | parameters |
//! |---|---|---|
//! | `"normal"` | normal | deviation |
//! | `"bootstrap"` | residuals drawn with replacement, centred | – |
//! | `"student"` | Student's t | scale, degrees of freedom ν |
//! | `"laplace"` | Laplace | mean absolute deviation |
//! | `"garch"` | GARCH(1,1) with Student's t innovations | ω, α, β, ν |
//!
//! Fallbacks, recorded by the model: `garch` to `student` and `student` to `normal` where there are too few residuals,
//! where more than half of them are zero, or where the likelihood has no maximum; `garch` also where α is zero;
//! `bootstrap` to `normal` with too few.

mod bootstrap;
mod draws;
mod estimate;
mod garch;
mod garch_fit;
mod laplace;
mod likelihood;
mod normal;
mod residual;
mod student;
mod student_fit;
#[cfg(test)]
mod tests;

pub(crate) use draws::Origin;
pub(crate) use residual::Residual;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use bootstrap::Bootstrap;
use garch::Garch;
use laplace::Laplace;
pub(crate) use normal::Normal;
use student::Student;

/// The law that a specification asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Normal.
    #[default]
    Normal,
    /// Residuals drawn with replacement.
    Bootstrap,
    /// Student's t.
    Student,
    /// Laplace.
    Laplace,
    /// GARCH(1,1) with Student's t innovations.
    Garch,
}

impl Kind {
    /// Reads the setting `innovations`; the error says what is accepted.
    pub(crate) fn read(value: &Value) -> Result<Self, String> {
        serde_json::from_value(value.clone()).map_err(|_| {
            format!("{value} is not one of \"normal\", \"bootstrap\", \"student\", \"laplace\", \"garch\"")
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Bootstrap => "bootstrap",
            Self::Student => "student",
            Self::Laplace => "laplace",
            Self::Garch => "garch",
        }
    }
}

/// Root mean square of residuals per innovation, its divisor less the `estimated` parameters of the mean.
pub(crate) fn deviation(residuals: &[Residual], estimated: usize) -> f64 {
    Normal::fit(residuals, estimated).scale
}

/// A fitted law with mean zero; the stored form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Law {
    Normal(Normal),
    Bootstrap(Bootstrap),
    Student(Student),
    Laplace(Laplace),
    Garch(Garch),
}

impl Law {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Normal(_) => Kind::Normal,
            Self::Bootstrap(_) => Kind::Bootstrap,
            Self::Student(_) => Kind::Student,
            Self::Laplace(_) => Kind::Laplace,
            Self::Garch(_) => Kind::Garch,
        }
    }

    /// Why no fit can have written these parameters, if so.
    pub(crate) fn problem(&self) -> Option<String> {
        let sound = match self {
            Self::Normal(law) => law.sound(),
            Self::Bootstrap(law) => law.sound(),
            Self::Student(law) => law.sound(),
            Self::Laplace(law) => law.sound(),
            Self::Garch(law) => law.sound(),
        };
        (!sound).then(|| format!("parameters of the {} law out of range", self.kind().name()))
    }

    /// The law after the residuals seen up to an origin, oldest first. They are asked for only if they matter.
    pub(crate) fn origin(&self, residuals: impl FnOnce() -> Vec<Residual>) -> Origin<'_> {
        let variance = match self {
            Self::Garch(law) => law.next(&residuals()),
            _ => 0.0,
        };
        Origin::new(self, variance)
    }
}
