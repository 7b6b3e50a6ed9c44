//! Which member a path comes from.

use rand::Rng;

use crate::StreamKey;

/// 2⁶⁴ over the golden ratio: steps by it spread most evenly, however many there are (Weyl).
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// The paths of each member, ascending: path i belongs to the member in whose part of the unit interval the i-th point of
/// a Weyl sequence falls, which begins at a place the stream decides. A path's member depends on the stream and on i only,
/// has the weight as its probability, and counts stay within a few paths of the weights.
pub(super) fn assigned(weights: &[f64], paths: usize, stream: &StreamKey) -> Vec<Vec<usize>> {
    let mut ends = Vec::with_capacity(weights.len());
    let mut sum = 0.0;
    for weight in weights {
        sum += weight;
        // 2⁶⁴; larger values become the greatest number
        ends.push((sum * 18_446_744_073_709_551_616.0) as u64);
    }
    let mut own = vec![Vec::new(); weights.len()];
    let mut place = stream.part("shares").day(0).next_u64();
    for path in 0..paths {
        // rounding may leave the last end below one
        let member = ends.iter().position(|end| place < *end).unwrap_or(weights.len().saturating_sub(1));
        if let Some(own) = own.get_mut(member) {
            own.push(path);
        }
        place = place.wrapping_add(STEP);
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_follow_the_weights_and_fewer_paths_are_a_prefix() {
        let weights = [0.5, 0.3, 0.15, 0.05];
        for origin in 0..40 {
            let key = StreamKey::new(1, "k", "m", "v", origin);
            let many = assigned(&weights, 2_000, &key);
            for (own, weight) in many.iter().zip(weights) {
                assert!((own.len() as f64 - 2_000.0 * weight).abs() <= 6.0, "{} for {weight}", own.len());
            }
            assert_eq!(many.iter().map(Vec::len).sum::<usize>(), 2_000);
            for (few, many) in assigned(&weights, 300, &key).iter().zip(&many) {
                assert_eq!(many[..few.len()], few[..]);
                assert!(many.get(few.len()).is_none_or(|next| *next >= 300));
            }
        }
    }

    /// Over many streams, the first path belongs to a member as often as its weight says.
    #[test]
    fn a_path_has_the_weight_as_its_probability() {
        let streams = 4_000;
        let first = |origin| assigned(&[0.3, 0.7], 1, &StreamKey::new(7, "k", "m", "v", origin))[0].len();
        let share = (0..streams).map(first).sum::<usize>() as f64 / f64::from(streams);
        assert!((share - 0.3).abs() < 4.0 * (0.21 / f64::from(streams)).sqrt(), "{share}");
    }
}
