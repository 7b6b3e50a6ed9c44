//! Strength of a season, which decides on seasonal differences.
//!
//! The series is split by STL (Cleveland, Cleveland, McRae and Terpenning 1990, *Journal of Official Statistics* 6),
//! without robustness weights. Strength is `1 − Var(R)/Var(S + R)` of season S and remainder R (Wang, Smith and Hyndman
//! 2006, *Data Mining and Knowledge Discovery* 13); above [`STRONG`] the season is differenced, as R's `nsdiffs` does.

/// Strength above which a season is differenced.
pub(super) const STRONG: f64 = 0.64;
/// Seasons that each seasonal mean is smoothed over (R's `mstl`).
const SEASONAL_WINDOW: usize = 11;
/// Deviation without trend, relative to the level, that is rounding.
const ROUNDING: f64 = 1e-12;
/// Passes of season and trend.
const PASSES: usize = 2;

/// Strength from 0 to 1; none for a series shorter than two seasons, or one without remainder and season.
pub(super) fn strength(series: &[f64], season: usize) -> Option<f64> {
    if season < 2 || series.len() < 2 * season {
        return None;
    }
    let (seasonal, trend) = stl(series, season);
    let remainder: Vec<f64> = (0..series.len()).map(|t| series[t] - seasonal[t] - trend[t]).collect();
    let both: Vec<f64> = remainder.iter().zip(&seasonal).map(|(r, s)| r + s).collect();
    let largest = series.iter().fold(0.0_f64, |max, y| max.max(y.abs()));
    let (left, all) = (variance(&remainder), variance(&both));
    (all.sqrt() > ROUNDING * largest).then(|| (1.0 - left / all).clamp(0.0, 1.0))
}

fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n
}

/// Season and trend.
fn stl(series: &[f64], season: usize) -> (Vec<f64>, Vec<f64>) {
    let length = series.len();
    // the smallest odd number above 1.5 s / (1 − 1.5 / window): a trend that leaves the season alone
    let least = 1.5 * season as f64 / (1.0 - 1.5 / SEASONAL_WINDOW as f64);
    let trend_window = odd(least as usize + 1);
    let low_window = odd(season + 1);
    let mut seasonal = vec![0.0; length];
    let mut trend = vec![0.0; length];
    for _pass in 0..PASSES {
        let detrended: Vec<f64> = series.iter().zip(&trend).map(|(y, t)| y - t).collect();
        let cycles = smoothed_cycles(&detrended, season);
        let averaged = moving_average(&moving_average(&moving_average(&cycles, season), season), 3);
        let low: Vec<f64> = (0..length).map(|t| loess(&averaged, low_window, 1, t as f64)).collect();
        seasonal = (0..length).map(|t| cycles[season + t] - low[t]).collect();
        let without: Vec<f64> = series.iter().zip(&seasonal).map(|(y, s)| y - s).collect();
        trend = (0..length).map(|t| loess(&without, trend_window, 1, t as f64)).collect();
    }
    (seasonal, trend)
}

/// The smallest odd number not below.
fn odd(least: usize) -> usize {
    least + usize::from(least.is_multiple_of(2))
}

/// Each day of the season smoothed over the seasons, and continued by one season at both ends.
fn smoothed_cycles(series: &[f64], season: usize) -> Vec<f64> {
    let mut out = vec![0.0; series.len() + 2 * season];
    for phase in 0..season {
        let cycle: Vec<f64> = series.iter().skip(phase).step_by(season).copied().collect();
        for k in 0..cycle.len() + 2 {
            out[phase + k * season] = loess(&cycle, SEASONAL_WINDOW, 0, k as f64 - 1.0);
        }
    }
    out
}

fn moving_average(series: &[f64], width: usize) -> Vec<f64> {
    series.windows(width).map(|window| window.iter().sum::<f64>() / width as f64).collect()
}

/// Local regression of degree 0 or 1 with tricube weights, at place `at` of an evenly spaced series.
fn loess(series: &[f64], window: usize, degree: usize, at: f64) -> f64 {
    let length = series.len();
    let count = window.min(length);
    let latest = (length - count) as f64;
    let left = (at - ((count - 1) / 2) as f64).clamp(0.0, latest) as usize;
    let right = left + count - 1;
    let mut reach = (at - left as f64).abs().max((right as f64 - at).abs());
    if window > length {
        reach += ((window - length) / 2) as f64;
    }
    let (near, far) = (0.001 * reach, 0.999 * reach);
    let weight = |j: usize| {
        let distance = (j as f64 - at).abs();
        if distance > far {
            return 0.0;
        }
        let share = distance / reach;
        let kernel = 1.0 - share * share * share;
        if distance <= near { 1.0 } else { kernel * kernel * kernel }
    };
    let mut weights: Vec<f64> = (left..=right).map(weight).collect();
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return series[left];
    }
    weights.iter_mut().for_each(|w| *w /= total);
    if degree == 1 {
        let places = || (left..=right).map(|j| j as f64);
        let centre: f64 = weights.iter().zip(places()).map(|(w, j)| w * j).sum();
        let spread: f64 = weights.iter().zip(places()).map(|(w, j)| w * (j - centre) * (j - centre)).sum();
        if spread.sqrt() > 0.001 * (length - 1) as f64 {
            let slope = (at - centre) / spread;
            weights.iter_mut().zip(places()).for_each(|(w, j)| *w *= slope * (j - centre) + 1.0);
        }
    }
    weights.iter().zip(&series[left..=right]).map(|(w, y)| w * y).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Strengths of `STL(y, s, seasonal=11, seasonal_deg=0).fit(inner_iter=2, outer_iter=0)` by statsmodels 0.15, where
    /// `y = [(t * 37) % 101 / 10 + a * (t % s) + 0.02 * t for t in range(n)]`.
    #[test]
    fn strength_equals_statsmodels() {
        for (n, season, height, want) in [
            (120, 7, 1.0, 0.393_068_498_160_655_4),
            (120, 7, 3.0, 0.834_546_999_440_322_1),
            (60, 12, 0.4, 0.224_818_749_022_579),
            (200, 5, 0.5, 0.075_438_125_020_793_3),
            (30, 12, 1.0, 0.648_446_186_667_559_7),
        ] {
            let value =
                |t: i32| f64::from((t * 37) % 101) / 10.0 + height * f64::from(t % season) + 0.02 * f64::from(t);
            let series: Vec<f64> = (0..n).map(value).collect();
            let got = strength(&series, season as usize).unwrap();
            assert!((got - want).abs() < 1e-9, "{n} {season}: {got} {want}");
        }
        assert_eq!(strength(&[1.0, 2.0, 3.0], 2), None);
        assert_eq!(strength(&[5.0; 40], 7), None);
    }
}
