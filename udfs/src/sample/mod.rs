//! Statistics of a sample: one forecast's paths on one day.
//!
//! Each exists for a list of values ([`scalar`]) and, with `_agg` behind its name, for one value per row
//! ([`aggregate`]). Values are doubles; stored `f32` paths become doubles exactly.
//!
//! | function | gives |
//! |---|---|
//! | `crps(paths, actual)` | continuous ranked probability score, in the unit of the values; lower is better |
//! | `quantiles(values, levels)` | list of quantiles of Hyndman and Fan's type 7, one per level, in the levels' order |
//! | `value_at_risk(last_close, paths, level)` | quantile of the loss `last_close − path` of a long position |
//! | `expected_shortfall(last_close, paths, level)` | mean of the losses at or beyond the value at risk |
//!
//! Levels are probabilities from 0 to 1. A null gives null. An empty list, a null or a value that is not finite in it,
//! and a level out of range fail the query.

pub(crate) mod aggregate;
pub(crate) mod scalar;

use almanac_models::quantile_of_sorted;
use almanac_models::score::{crps, long_risk};
use arrow::datatypes::DataType;

use crate::columns::{check_finite, check_probability};
use crate::error::ArgumentError;
use crate::signature::{Kind, doubles};

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Statistic {
    Crps,
    Quantiles,
    ValueAtRisk,
    ExpectedShortfall,
}

/// What an argument means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The sample itself.
    Sample,
    /// A number beside it.
    Number,
    /// A probability.
    Level,
    /// A list of probabilities.
    Levels,
}

impl Statistic {
    pub(crate) const ALL: [Self; 4] = [Self::Crps, Self::Quantiles, Self::ValueAtRisk, Self::ExpectedShortfall];

    /// Arguments of both forms, by the name that the list form gives them.
    fn arguments(self) -> &'static [(&'static str, Role)] {
        match self {
            Self::Crps => &[("paths", Role::Sample), ("actual", Role::Number)],
            Self::Quantiles => &[("values", Role::Sample), ("levels", Role::Levels)],
            Self::ValueAtRisk | Self::ExpectedShortfall => {
                &[("last_close", Role::Number), ("paths", Role::Sample), ("level", Role::Level)]
            }
        }
    }

    /// Place of the sample among the arguments.
    fn sample(self) -> usize {
        self.arguments().iter().position(|(_, role)| *role == Role::Sample).unwrap_or(0)
    }

    /// The other arguments, with their places.
    fn parameters(self) -> impl Iterator<Item = (usize, &'static str, Role)> {
        let arguments = self.arguments().iter().enumerate();
        arguments.filter(|(_, (_, role))| *role != Role::Sample).map(|(place, (name, role))| (place, *name, *role))
    }

    /// Names and kinds of the arguments, the sample being of the kind given.
    fn kinds(self, sample: (Option<&'static str>, Kind)) -> Vec<(&'static str, Kind)> {
        let kind = |(name, role): &(&'static str, Role)| match role {
            Role::Sample => (sample.0.unwrap_or(*name), sample.1),
            Role::Number | Role::Level => (*name, Kind::Number),
            Role::Levels => (*name, Kind::Numbers),
        };
        self.arguments().iter().map(kind).collect()
    }

    fn returns(self) -> DataType {
        match self {
            Self::Quantiles => doubles(),
            _ => DataType::Float64,
        }
    }

    /// The statistic of ascending values, at least one; `parameters` are the other arguments in their order.
    fn of(self, sorted: &[f64], parameters: &[f64]) -> Vec<f64> {
        match (self, parameters) {
            (Self::Crps, [actual]) => vec![crps(sorted, *actual)],
            (Self::Quantiles, levels) => levels.iter().map(|level| quantile_of_sorted(sorted, *level)).collect(),
            (Self::ValueAtRisk, [close, level]) => {
                long_risk(sorted, *close, *level).map(|risk| risk.value_at_risk).into_iter().collect()
            }
            (Self::ExpectedShortfall, [close, level]) => {
                long_risk(sorted, *close, *level).map(|risk| risk.expected_shortfall).into_iter().collect()
            }
            _ => vec![],
        }
    }
}

/// Reads one parameter of one row into `to`.
fn read(
    function: &'static str,
    (argument, role): (&'static str, Role),
    values: &[f64],
    to: &mut Vec<f64>,
) -> Result<(), ArgumentError> {
    check_finite(function, argument, values)?;
    if values.is_empty() {
        return Err(ArgumentError::Empty { function, argument });
    }
    if matches!(role, Role::Level | Role::Levels) {
        check_probability(function, argument, values)?;
    }
    to.extend_from_slice(values);
    Ok(())
}
