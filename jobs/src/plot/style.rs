//! How models are told apart in one picture: by colours, then by dashes too; among characters by marks.

use super::picture::{Colour, MODELS};

/// Lengths that are drawn and left out, in turn; none for a line without gaps.
pub(super) type Dash = &'static [f64];

/// A line without gaps.
pub(super) const SOLID: Dash = &[];
/// Dashes, by how often all colours are taken.
const DASHES: [Dash; 5] = [SOLID, &[14.0, 5.0], &[2.5, 4.0], &[12.0, 4.0, 2.5, 4.0], &[6.0, 4.0]];
/// As many as there are pairs of colour and dash.
const MARKS: &[u8; 35] = b"ox+*#@%&=$~ABCDEFGHIJKLMNPQRSTUVWYZ";

/// What a model's line looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub(super) colour: Colour,
    pub(super) dash: Dash,
    pub(super) mark: char,
}

/// The style of the n-th model.
pub(super) fn style(model: usize) -> Style {
    Style {
        colour: MODELS[model % MODELS.len()],
        dash: DASHES[model / MODELS.len() % DASHES.len()],
        mark: char::from(MARKS[model % MARKS.len()]),
    }
}

/// The parts of a line that are drawn.
pub(super) fn parts(points: &[(f64, f64)], dash: Dash) -> Vec<Vec<(f64, f64)>> {
    let Some(&first) = dash.first() else { return vec![points.to_vec()] };
    let mut parts = Vec::new();
    let mut part: Vec<(f64, f64)> = points.first().copied().into_iter().collect();
    let (mut step, mut left) = (0, first);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let (across, down) = (to.0 - from.0, to.1 - from.1);
            let length = (across * across + down * down).sqrt();
            if !length.is_finite() {
                break;
            }
            let is_drawn = step % 2 == 0;
            if length <= left {
                left -= length;
                if is_drawn {
                    part.push(to);
                }
                break;
            }
            from = (from.0 + across * left / length, from.1 + down * left / length);
            part.push(from);
            if is_drawn {
                parts.push(std::mem::take(&mut part));
            }
            step += 1;
            left = dash[step % dash.len()];
        }
    }
    if part.len() > 1 {
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_models_are_told_apart_as_there_are_marks() {
        let styles: Vec<Style> = (0..MARKS.len()).map(style).collect();
        for (i, one) in styles.iter().enumerate() {
            for other in &styles[..i] {
                assert!((one.colour, one.dash) != (other.colour, other.dash) && one.mark != other.mark, "{i}: {one:?}");
            }
        }
    }

    #[test]
    fn dashes_go_on_around_corners() {
        let points = [(0.0, 0.0), (6.0, 0.0), (6.0, 10.0)];
        assert_eq!(parts(&points, SOLID), [points.to_vec()]);
        let drawn = parts(&points, &[4.0, 1.0]);
        assert_eq!(drawn[0], [(0.0, 0.0), (4.0, 0.0)]);
        assert_eq!(drawn[1], [(5.0, 0.0), (6.0, 0.0), (6.0, 3.0)]);
        assert_eq!((drawn.len(), drawn[3].as_slice()), (4, &[(6.0, 9.0), (6.0, 10.0)][..]));
        assert!(parts(&[(0.0, 0.0), (f64::NAN, 1.0)], &[4.0, 1.0]).is_empty());
    }
}
