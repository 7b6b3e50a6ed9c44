//! The regression part: which columns can be estimated, and an orthogonal form of them.
//!
//! Columns are made orthonormal in the metric of the differenced series, so that the generalised least squares of
//! every likelihood evaluation is well conditioned whatever the units, and so that collinear columns show.

/// Norm left after projection, relative to the norm before, below which a column is collinear.
const COLLINEAR: f64 = 1e-7;
/// Norm of the differences, relative to the level, below which a column is constant.
const CONSTANT: f64 = 1e-10;
/// Root mean square left of the target, relative to its differences, below which the regression explains it exactly.
const EXACT: f64 = 1e-9;
/// The same relative to the level: rounding.
const ROUNDING: f64 = 1e-13;

/// Why a column was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dropped {
    /// Constant in the window.
    Constant,
    /// A linear combination of the columns before it, the constant included.
    Collinear,
}

impl Dropped {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Constant => "constant in the window",
            Self::Collinear => "collinear with the constant or with columns before it",
        }
    }
}

/// Kept columns and the combinations of them that are orthonormal.
#[derive(Debug, Clone)]
pub(super) struct Orthogonal {
    /// Indices of the kept columns.
    pub(super) kept: Vec<usize>,
    pub(super) dropped: Vec<(usize, Dropped)>,
    /// Row i: weights of the kept columns in orthonormal column i, `kept.len()` wide.
    pub(super) weights: Vec<Vec<f64>>,
    /// Least-squares coefficients of the target on the kept columns.
    pub(super) coefficients: Vec<f64>,
    /// Root mean square of the target after regression.
    pub(super) scale: f64,
    /// Whether nothing is left but rounding.
    pub(super) exact: bool,
}

/// Modified Gram-Schmidt with one re-orthogonalisation. `levels` are largest absolute values of target and columns.
pub(super) fn orthogonalise(target: &[f64], columns: &[Vec<f64>], levels: &[f64]) -> Orthogonal {
    let rows = target.len().max(1) as f64;
    let rms = |x: &[f64]| (x.iter().map(|v| v * v).sum::<f64>() / rows).sqrt();
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(a, b)| a * b).sum::<f64>() / rows;
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let mut weights: Vec<Vec<f64>> = Vec::new();
    let mut kept = Vec::new();
    let mut dropped = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let before = rms(column);
        if before.is_nan() || before <= CONSTANT * levels[index + 1] {
            dropped.push((index, Dropped::Constant));
            continue;
        }
        let mut left: Vec<f64> = column.iter().map(|v| v / before).collect();
        let mut combination = vec![0.0; columns.len()];
        combination[index] = 1.0 / before;
        for _pass in 0..2 {
            for (unit, unit_weights) in basis.iter().zip(&weights) {
                let share = dot(unit, &left);
                left.iter_mut().zip(unit).for_each(|(v, u)| *v -= share * u);
                combination.iter_mut().zip(unit_weights).for_each(|(c, w)| *c -= share * w);
            }
        }
        let after = rms(&left);
        if after.is_nan() || after <= COLLINEAR {
            dropped.push((index, Dropped::Collinear));
            continue;
        }
        left.iter_mut().chain(&mut combination).for_each(|v| *v /= after);
        basis.push(left);
        weights.push(combination);
        kept.push(index);
    }
    let mut residual = target.to_vec();
    let mut all = vec![0.0; columns.len()];
    for (unit, unit_weights) in basis.iter().zip(&weights) {
        let share = dot(unit, &residual);
        residual.iter_mut().zip(unit).for_each(|(v, u)| *v -= share * u);
        all.iter_mut().zip(unit_weights).for_each(|(c, w)| *c += share * w);
    }
    let pick = |row: &[f64]| kept.iter().map(|&i| row[i]).collect::<Vec<f64>>();
    let scale = rms(&residual);
    let exact = !(scale > EXACT * rms(target) && scale > ROUNDING * levels[0]);
    Orthogonal {
        weights: weights.iter().map(|row| pick(row)).collect(),
        coefficients: pick(&all),
        kept,
        dropped,
        scale,
        exact,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_and_collinear_columns_are_dropped() {
        let x: Vec<f64> = (0..50).map(|t| f64::from((t * 37) % 11)).collect();
        let constant = vec![0.0; 50];
        let double: Vec<f64> = x.iter().map(|v| 2.0 * v).collect();
        let y: Vec<f64> = (0..50).map(|t| 3.0 * x[t] + f64::from((t as u32 * 13) % 7)).collect();
        let result = orthogonalise(&y, &[x, constant, double], &[40.0, 10.0, 5.0, 20.0]);
        assert_eq!(result.kept, vec![0]);
        assert_eq!(result.dropped, vec![(1, Dropped::Constant), (2, Dropped::Collinear)]);
        assert!(!result.exact);
    }

    #[test]
    fn an_exact_fit_is_recognised() {
        let x: Vec<f64> = (0..50).map(|t| f64::from((t * 37) % 11)).collect();
        let y: Vec<f64> = x.iter().map(|v| 3.0 * v).collect();
        let result = orthogonalise(&y, &[x], &[30.0, 10.0]);
        assert!(result.exact);
        assert!((result.coefficients[0] - 3.0).abs() < 1e-12);
    }
}
