//! Parts of the curve besides the trend: their columns, and coefficients of these.

use serde::{Deserialize, Serialize};

use crate::Day;

/// Largest order of a season.
pub(super) const MAX_ORDER: usize = 50;
/// Longest reach of a holiday's window in days.
pub(super) const MAX_WINDOW: i32 = 60;

/// What a component's columns hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Basis {
    /// Sines and cosines of `2π i day / period`, i = 1 … order, in turn; days count from 1970-01-01.
    Fourier {
        /// Days.
        period: f64,
        /// Number of pairs.
        order: usize,
    },
    /// 1 on days that lie `offset` days after one of the dates, else 0.
    Holiday {
        /// Days after the date; negative before it.
        offset: i32,
        /// Ascending.
        dates: Vec<Day>,
    },
    /// `(x − mean) / deviation` of a regressor.
    Regressor {
        /// Place among the specification's regressors.
        index: usize,
        /// Of the training window; 0 if not standardised.
        mean: f64,
        /// Of the training window; 1 if not standardised.
        deviation: f64,
    },
}

/// A term of the curve: a basis and its coefficients, relative to the scale of the series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Season, holiday or column.
    pub name: String,
    /// Its columns.
    pub basis: Basis,
    /// Whether it multiplies the trend instead of being added to it.
    pub multiplicative: bool,
    /// Deviation of the coefficients' normal prior.
    pub prior_scale: f64,
    /// One per column.
    pub coefficients: Vec<f64>,
}

impl Component {
    /// A component with zero coefficients.
    pub(super) fn new(name: impl Into<String>, basis: Basis, multiplicative: bool, prior_scale: f64) -> Self {
        let coefficients = vec![0.0; basis.width()];
        Self { name: name.into(), basis, multiplicative, prior_scale, coefficients }
    }

    /// Why it cannot be used, if so.
    pub(super) fn problem(&self) -> Option<String> {
        let name = &self.name;
        let sound = match &self.basis {
            Basis::Fourier { period, order } => period.is_normal() && *period > 0.0 && (1..=MAX_ORDER).contains(order),
            Basis::Holiday { offset, dates } => {
                (-MAX_WINDOW..=MAX_WINDOW).contains(offset) && dates.is_sorted_by(|a, b| a < b)
            }
            Basis::Regressor { mean, deviation, .. } => mean.is_finite() && deviation.is_normal() && *deviation > 0.0,
        };
        if !sound {
            return Some(format!("component {name:?} has an impossible basis"));
        }
        if !(self.prior_scale.is_normal() && self.prior_scale > 0.0) {
            return Some(format!("component {name:?} has prior scale {}", self.prior_scale));
        }
        if self.coefficients.len() != self.basis.width() || !self.coefficients.iter().all(|b| b.is_finite()) {
            return Some(format!("component {name:?} has impossible coefficients"));
        }
        None
    }
}

impl Basis {
    /// Number of columns.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Fourier { order, .. } => 2 * order,
            Self::Holiday { .. } | Self::Regressor { .. } => 1,
        }
    }

    /// Appends the columns of row `row`, that of `day`, to `out`.
    pub(super) fn append(&self, day: Day, regressors: &[&[f64]], row: usize, out: &mut Vec<f64>) {
        match self {
            Self::Fourier { period, order } => {
                let turn = 2.0 * std::f64::consts::PI * f64::from(day);
                for i in 1..=*order {
                    let angle = i as f64 / period * turn;
                    out.push(libm::sin(angle));
                    out.push(libm::cos(angle));
                }
            }
            Self::Holiday { offset, dates } => {
                let date = day.checked_sub(*offset);
                let hit = date.is_some_and(|date| dates.binary_search(&date).is_ok());
                out.push(f64::from(u8::from(hit)));
            }
            Self::Regressor { index, mean, deviation } => {
                let value = regressors.get(*index).and_then(|column| column.get(row));
                out.push((value.copied().unwrap_or(f64::NAN) - mean) / deviation);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(basis: &Basis, day: Day) -> Vec<f64> {
        let mut out = Vec::new();
        basis.append(day, &[&[7.0]], 0, &mut out);
        out
    }

    #[test]
    fn columns_by_hand() {
        let quarter = row(&Basis::Fourier { period: 4.0, order: 2 }, 1);
        for (value, expected) in quarter.iter().zip([1.0, 0.0, 0.0, -1.0]) {
            assert!((value - expected).abs() < 1e-15);
        }
        let eve = Basis::Holiday { offset: -1, dates: vec![10, 20] };
        assert_eq!([8, 9, 10, 19].map(|day| row(&eve, day)[0]), [0.0, 1.0, 0.0, 1.0]);
        assert_eq!(row(&Basis::Regressor { index: 0, mean: 1.0, deviation: 3.0 }, 0), [2.0]);
        assert!(row(&Basis::Regressor { index: 1, mean: 1.0, deviation: 3.0 }, 0)[0].is_nan());
    }
}
