//! Point, mean, deviation and intervals of stored paths.

use serde::{Deserialize, Serialize};

use crate::quantile::{Scratch, quantiles};

/// An interval level outside 0 to 100, or given twice.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("interval level {0} must lie between 0 and 100 percent, levels in ascending order without repetition")]
pub struct LevelError(pub f64);

/// Central interval levels in percent, ascending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Levels(Vec<f64>);

impl Default for Levels {
    fn default() -> Self {
        Self(vec![80.0, 95.0])
    }
}

impl TryFrom<Vec<f64>> for Levels {
    type Error = LevelError;

    fn try_from(levels: Vec<f64>) -> Result<Self, LevelError> {
        let inside = |level: f64| level > 0.0 && level < 100.0;
        if let Some(bad) = levels.iter().find(|level| !inside(**level)) {
            return Err(LevelError(*bad));
        }
        match levels.windows(2).find(|pair| pair[0] >= pair[1]) {
            None => Ok(Self(levels)),
            Some(pair) => Err(LevelError(pair[1])),
        }
    }
}

impl From<Levels> for Vec<f64> {
    fn from(levels: Levels) -> Self {
        levels.0
    }
}

impl Levels {
    /// The levels in percent.
    pub fn percent(&self) -> &[f64] {
        &self.0
    }

    /// Number of levels.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no level.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Probabilities of the interval ends and the median, ascending: lower ends from the widest level inwards, 0.5,
    /// upper ends outwards. With k levels, level j has its ends at k−1−j and k+1+j, and the median is at k.
    pub fn probabilities(&self) -> Vec<f64> {
        let lower = self.0.iter().rev().map(|level| (100.0 - level) / 200.0);
        let upper = self.0.iter().map(|level| (100.0 + level) / 200.0);
        lower.chain(std::iter::once(0.5)).chain(upper).collect()
    }
}

/// Statistics of one forecast's paths; every vector has length H, or one such vector per level.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// `forecast_point`: the model's exact median, else the median of the paths.
    pub point: Vec<f64>,
    /// Mean of the paths.
    pub mean: Vec<f64>,
    /// Sample standard deviation of the paths (n − 1); 0 for a single path.
    pub std: Vec<f64>,
    /// Lower interval ends, by level.
    pub lower: Vec<Vec<f64>>,
    /// Upper interval ends, by level.
    pub upper: Vec<Vec<f64>>,
}

/// Summarises stored paths, day-major: path i on day h (from 0) is `paths[h * n + i]`. Quantiles are of type 7.
/// `median` is the exact conditional median of each day where the model has one.
///
/// Without paths (`n` = 0) every vector is empty.
pub fn summarise(paths: &[f32], n: usize, levels: &Levels, median: Option<&[f64]>, scratch: &mut Scratch) -> Summary {
    let k = levels.len();
    let mut summary = Summary { lower: vec![Vec::new(); k], upper: vec![Vec::new(); k], ..Summary::default() };
    if n == 0 {
        return summary;
    }
    let probabilities = levels.probabilities();
    let mut ends = vec![0.0; probabilities.len()];
    for (h, day) in paths.chunks_exact(n).enumerate() {
        let (mean, std) = moments(day);
        quantiles(day, &probabilities, scratch, &mut ends);
        summary.mean.push(mean);
        summary.std.push(std);
        summary.point.push(median.and_then(|exact| exact.get(h)).copied().unwrap_or(ends[k]));
        for j in 0..k {
            summary.lower[j].push(ends[k - 1 - j]);
            summary.upper[j].push(ends[k + 1 + j]);
        }
    }
    summary
}

/// Mean and sample standard deviation, by sums of deviations from the first value in eight fixed lanes: one pass, the
/// same order of additions everywhere.
fn moments(values: &[f32]) -> (f64, f64) {
    let first = f64::from(values[0]);
    let (mut sums, mut squares) = ([0.0_f64; 8], [0.0_f64; 8]);
    let chunks = values.chunks_exact(8);
    for (lane, x) in chunks.remainder().iter().enumerate() {
        let deviation = f64::from(*x) - first;
        sums[lane] += deviation;
        squares[lane] += deviation * deviation;
    }
    for chunk in chunks {
        for lane in 0..8 {
            let deviation = f64::from(chunk[lane]) - first;
            sums[lane] += deviation;
            squares[lane] += deviation * deviation;
        }
    }
    let n = values.len() as f64;
    let (sum, square) = (sums.iter().sum::<f64>(), squares.iter().sum::<f64>());
    let variance = if values.len() > 1 { (square - sum * sum / n).max(0.0) / (n - 1.0) } else { 0.0 };
    (first + sum / n, variance.sqrt())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_ascend_around_the_median() {
        let probabilities = Levels::default().probabilities();
        let want = [0.025, 0.1, 0.5, 0.9, 0.975];
        assert!(probabilities.iter().zip(want).all(|(p, w)| (p - w).abs() < 1e-15));
    }

    #[test]
    fn levels_are_checked() {
        assert_eq!(Levels::try_from(vec![80.0, 100.0]), Err(LevelError(100.0)));
        assert_eq!(Levels::try_from(vec![95.0, 80.0]), Err(LevelError(80.0)));
        assert!(serde_json::from_str::<Levels>("[50, 90]").is_ok());
        assert!(serde_json::from_str::<Levels>("[-1]").is_err());
    }

    /// By hand: two days of four paths.
    #[test]
    fn two_days_of_four_paths() {
        let paths = [1.0, 2.0, 3.0, 4.0, 10.0, 10.0, 10.0, 14.0];
        let levels = Levels::try_from(vec![50.0]).unwrap();
        let summary = summarise(&paths, 4, &levels, None, &mut Scratch::default());
        assert_eq!(summary.point, [2.5, 10.0]);
        assert_eq!(summary.mean, [2.5, 11.0]);
        assert!((summary.std[0] - (5.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert!((summary.std[1] - 2.0).abs() < 1e-15);
        assert_eq!(summary.lower, [[1.75, 10.0]]);
        assert_eq!(summary.upper, [[3.25, 11.0]]);
        let exact = summarise(&paths, 4, &levels, Some(&[9.0, 8.0]), &mut Scratch::default());
        assert_eq!(exact.point, [9.0, 8.0]);
        assert_eq!(summarise(&[], 0, &levels, None, &mut Scratch::default()).point, Vec::<f64>::new());
    }

    #[test]
    fn one_path_has_no_deviation() {
        let summary = summarise(&[5.0, 6.0], 1, &Levels::default(), None, &mut Scratch::default());
        assert_eq!(summary.std, [0.0, 0.0]);
        assert_eq!(summary.lower[1], [5.0, 6.0]);
    }
}
