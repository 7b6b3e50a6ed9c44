//! The trend: where its rate may change.

use crate::Day;

/// Days of potential changepoints: evenly spread, by their place among the observations, over the first `range` of
/// these; the first observation is none of them. With too few observations there are fewer of them.
pub(super) fn changepoints(days: &[Day], count: usize, range: f64) -> Vec<Day> {
    let eligible = libm::floor(days.len() as f64 * range) as usize;
    let count = count.min(eligible.saturating_sub(1));
    let step = eligible.saturating_sub(1) as f64 / count.max(1) as f64;
    // numpy rounds halves to the even neighbour
    let place = |i: usize| libm::rint(i as f64 * step) as usize;
    (1..=count).filter_map(|i| days.get(place(i)).copied()).collect()
}

/// Appends a row of the trend's basis at scaled time `t`: for linear growth t, 1 and, per changepoint at s, (t − s)⁺.
pub(super) fn append_linear(t: f64, changepoints: &[f64], out: &mut Vec<f64>) {
    out.extend([t, 1.0]);
    out.extend(changepoints.iter().map(|s| (t - s).max(0.0)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changepoints_are_spread_over_the_range() {
        let days: Vec<Day> = (100..200).collect();
        assert_eq!(changepoints(&days, 4, 0.8), [120, 140, 159, 179]);
        assert_eq!(changepoints(&days[..4], 25, 0.8), [101, 102]);
        assert!(changepoints(&days[..1], 25, 0.8).is_empty());
    }
}
