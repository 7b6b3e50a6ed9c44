//! Classical seasonal decomposition by moving averages (Kendall and Stuart 1983), as R's `decompose`.

/// 95 % point of the standard normal law.
const SIGNIFICANT: f64 = 1.644_853_626_951_472_2;

/// Longest season whose repetitions all count; see [`crate::lately`].
pub(crate) const LASTING: usize = 24;
/// Least multiplicative term: below it the season is not taken for a factor.
pub(crate) const LEAST_FACTOR: f64 = 0.01;

/// How a season enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Additive,
    Multiplicative,
}

/// Whether the autocorrelation at the season is significant (the 90 % test of the M3 and M4 competitions' theta).
pub(crate) fn significant(series: &[f64], season: usize) -> bool {
    let n = series.len() as f64;
    let mean = series.iter().sum::<f64>() / n;
    let product = |lag: usize| -> f64 {
        series.iter().skip(lag).zip(series).map(|(later, earlier)| (later - mean) * (earlier - mean)).sum()
    };
    let variance = product(0);
    let shorter: f64 = (1..season).map(|lag| (product(lag) / variance) * (product(lag) / variance)).sum();
    let bound = SIGNIFICANT * ((1.0 + 2.0 * shorter) / n).sqrt();
    (product(season) / variance).abs() > bound
}

/// Fills values that were not seen, between two that were, on the line between these.
pub(crate) fn bridged(series: &[f64], seen: &[bool]) -> Vec<f64> {
    let mut out = series.to_vec();
    let known: Vec<usize> = (0..series.len()).filter(|t| seen[*t]).collect();
    for pair in known.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let slope = (series[to] - series[from]) / (to - from) as f64;
        for (step, value) in out[from + 1..to].iter_mut().enumerate() {
            *value = series[from] + slope * (step + 1) as f64;
        }
    }
    out
}

/// Centred moving average over one season; NaN in the first and last half season.
fn moving_average(series: &[f64], season: usize) -> Vec<f64> {
    let (n, half) = (series.len(), season / 2);
    let mut trend = vec![f64::NAN; n];
    let edge = if season.is_multiple_of(2) { 0.5 } else { 1.0 };
    for t in half..n.saturating_sub(half) {
        let inner: f64 = series[t - half + 1..t + half].iter().sum();
        trend[t] = (inner + edge * (series[t - half] + series[t + half])) / season as f64;
    }
    trend
}

/// The seasonal terms of a complete series, that of its first row first: their mean is 0, or 1 where multiplicative. None
/// below two seasons, or if a multiplicative season meets a trend that is not positive.
pub(crate) fn seasonal_terms(series: &[f64], season: usize, kind: Kind) -> Option<Vec<f64>> {
    terms_from(0, series, season, kind)
}

/// The same, of a season above [`LASTING`] by its last repetitions only.
pub(crate) fn recent_terms(series: &[f64], season: usize, kind: Kind, repetitions: usize) -> Option<Vec<f64>> {
    // the last half season has no trend
    let last = repetitions.saturating_mul(season).saturating_add(season / 2);
    let from = if season > LASTING { series.len().saturating_sub(last) } else { 0 };
    terms_from(from, series, season, kind)
}

/// The terms by the rows from `from` on.
fn terms_from(from: usize, series: &[f64], season: usize, kind: Kind) -> Option<Vec<f64>> {
    if season < 2 || series.len() < 2 * season {
        return None;
    }
    let trend = moving_average(series, season);
    let (mut sums, mut counts) = (vec![0.0; season], vec![0_usize; season]);
    for (t, (y, trend)) in series.iter().zip(&trend).enumerate().skip(from).filter(|(_, (_, trend))| !trend.is_nan()) {
        if kind == Kind::Multiplicative && *trend <= 0.0 {
            return None;
        }
        sums[t % season] += if kind == Kind::Additive { y - trend } else { y / trend };
        counts[t % season] += 1;
    }
    let mut terms: Vec<f64> = sums.iter().zip(&counts).map(|(sum, count)| sum / (*count).max(1) as f64).collect();
    let mean = terms.iter().sum::<f64>() / season as f64;
    match kind {
        Kind::Additive => terms.iter_mut().for_each(|term| *term -= mean),
        Kind::Multiplicative => terms.iter_mut().for_each(|term| *term /= mean),
    }
    terms.iter().all(|term| term.is_finite()).then_some(terms)
}

/// The series without its seasonal terms.
pub(crate) fn adjusted(series: &[f64], terms: &[f64], kind: Kind) -> Vec<f64> {
    let terms = terms.iter().cycle();
    let without = |(y, term): (&f64, &f64)| if kind == Kind::Additive { y - term } else { y / term };
    series.iter().zip(terms).map(without).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A line plus a season is taken apart exactly, for odd and even lengths; so is a line times a season, nearly.
    #[test]
    fn a_line_and_a_season_are_told_apart() {
        for season in [4, 7, 12] {
            let wanted: Vec<f64> = (0..season).map(|i| i as f64 - (season - 1) as f64 / 2.0).collect();
            let line = |t: usize| 50.0 + 0.3 * t as f64;
            let series: Vec<f64> = (0..60).map(|t| line(t) + wanted[t % season]).collect();
            let terms = seasonal_terms(&series, season, Kind::Additive).unwrap();
            assert!(terms.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-11), "{terms:?}");
            let rest = adjusted(&series, &terms, Kind::Additive);
            assert!(rest.iter().enumerate().all(|(t, y)| (y - line(t)).abs() < 1e-11));
            let series: Vec<f64> = (0..60).map(|t| line(t) * (1.0 + wanted[t % season] / 100.0)).collect();
            let terms = seasonal_terms(&series, season, Kind::Multiplicative).unwrap();
            assert!(terms.iter().zip(&wanted).all(|(a, b)| (a - 1.0 - b / 100.0).abs() < 2e-3), "{terms:?}");
        }
        assert!(seasonal_terms(&[1.0; 7], 4, Kind::Additive).is_none());
        assert!(seasonal_terms(&[-1.0; 12], 4, Kind::Multiplicative).is_none());
    }

    /// Of a season above [`LASTING`] only the last repetitions count: one that changes long before the end is forgotten.
    #[test]
    fn a_long_season_is_what_it_was_lately() {
        const REPETITIONS: usize = 5;
        for (season, remembered) in [(24, true), (25, false)] {
            let wave = |t: usize, turn: f64| 10.0 + libm::sin(std::f64::consts::TAU * t as f64 / season as f64 + turn);
            let last = (REPETITIONS + 1) * season;
            let series: Vec<f64> = (0..3 * last).map(|t| wave(t, if t < 2 * last { 1.0 } else { 0.0 })).collect();
            let terms = recent_terms(&series, season, Kind::Additive, REPETITIONS).unwrap();
            let off = terms.iter().enumerate().map(|(t, term)| (term + 10.0 - wave(t, 0.0)).abs()).fold(0.0, f64::max);
            assert_eq!(off > 1e-9, remembered, "season {season}: off by {off}");
            let whole = seasonal_terms(&series, season, Kind::Additive).unwrap();
            assert_eq!(whole, recent_terms(&series, season, Kind::Additive, usize::MAX).unwrap());
            assert_eq!(whole == terms, remembered, "season {season}");
        }
    }

    #[test]
    fn missing_values_are_bridged() {
        let nan = f64::NAN;
        let filled = bridged(&[nan, 1.0, nan, nan, 4.0], &[false, true, false, false, true]);
        assert!(filled[0].is_nan());
        assert_eq!(filled[1..], [1.0, 2.0, 3.0, 4.0]);
    }
}
