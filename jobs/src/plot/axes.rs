//! The frame of a plot: from values to places, ticks at round values, a pale grid.

use super::picture::{Anchor, EDGE, FOOT, GREY, INK, LETTER, PALE, Picture, Shape, TEXT};
use super::style::SOLID;

/// Where values are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: (f64, f64),
    y: (f64, f64),
}

/// Ticks of an axis: values and what stands beside them.
pub(super) type Ticks = Vec<(f64, String)>;

impl Frame {
    /// A frame for values within ranges, with room for the ticks of the vertical axis and `right` pixels beside it.
    pub(super) fn new(picture: &Picture, x: (f64, f64), y: (f64, f64), ticks: &Ticks, right: f64) -> Self {
        let widest = ticks.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0) as f64;
        let left = EDGE + widest * LETTER + 8.0;
        Self { left, right: picture.width - EDGE - right, top: picture.head, bottom: picture.height - FOOT, x, y }
    }

    /// The place of values.
    pub(super) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let share = |value: f64, (low, high): (f64, f64)| (value - low) / (high - low);
        (
            self.left + (self.right - self.left) * share(x, self.x),
            self.bottom - (self.bottom - self.top) * share(y, self.y),
        )
    }

    /// Draws grid, ticks, the unit above the vertical axis and what the horizontal one counts.
    pub(super) fn draw(&self, picture: &mut Picture, xs: &Ticks, ys: &Ticks, unit: &str, counts: &str) {
        let text = |at, text: &str, anchor| Shape::Text {
            at,
            text: text.to_owned(),
            size: TEXT,
            colour: GREY,
            bold: false,
            anchor,
        };
        for (value, label) in ys {
            let (_, y) = self.at(self.x.0, *value);
            picture.shapes.push(Shape::Line {
                points: vec![(self.left, y), (self.right, y)],
                colour: PALE,
                width: 1.0,
                dash: SOLID,
                mark: ' ',
            });
            picture.shapes.push(text((self.left - 8.0, y), label, Anchor::Right));
        }
        picture.shapes.push(Shape::Line {
            points: vec![(self.left, self.bottom), (self.right, self.bottom)],
            colour: GREY,
            width: 1.0,
            dash: SOLID,
            mark: '─',
        });
        for (value, label) in xs {
            let (x, _) = self.at(*value, self.y.0);
            picture.shapes.push(Shape::Line {
                points: vec![(x, self.bottom), (x, self.bottom + 5.0)],
                colour: GREY,
                width: 1.0,
                dash: SOLID,
                mark: ' ',
            });
            picture.shapes.push(text((x, self.bottom + 18.0), label, Anchor::Middle));
        }
        picture.shapes.push(text((EDGE, self.top - 18.0), unit, Anchor::Left));
        picture.shapes.push(text(((self.left + self.right) / 2.0, self.bottom + 40.0), counts, Anchor::Middle));
    }

    /// A vertical line at a value, named above.
    pub(super) fn upright(&self, picture: &mut Picture, x: f64, name: &str) {
        let (x, _) = self.at(x, self.y.0);
        let mut y = self.top;
        while y < self.bottom {
            let points = vec![(x, y), (x, (y + 4.0).min(self.bottom))];
            picture.shapes.push(Shape::Line { points, colour: GREY, width: 1.0, dash: SOLID, mark: '┊' });
            y += 8.0;
        }
        picture.shapes.push(Shape::Text {
            at: (x, self.top - 10.0),
            text: name.to_owned(),
            size: TEXT,
            colour: INK,
            bold: false,
            anchor: Anchor::Middle,
        });
    }
}

/// A range with some room at both ends.
pub(super) fn range(values: impl Iterator<Item = f64>, room: f64) -> (f64, f64) {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    match high - low {
        width if width > 0.0 => (low - room * width, high + room * width),
        _ if low.is_finite() => (low - 1.0, high + 1.0),
        _ => (0.0, 1.0),
    }
}

/// Round values within a range, about as many as asked for: steps of 1, 2 or 5 times a power of ten.
pub(super) fn round_ticks((low, high): (f64, f64), about: usize) -> Ticks {
    let rough = (high - low) / about.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|i| i as f64 * step).map(|value| (value, format!("{value:.decimals$}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let labels = |range, about| round_ticks(range, about).into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        assert_eq!(labels((143.2, 211.9), 5), ["160", "180", "200"]);
        assert_eq!(labels((0.0, 1.0), 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels((0.93, 1.06), 4), ["0.95", "1.00", "1.05"]);
        assert_eq!(labels((-3.0, 3.0), 3), ["-2", "0", "2"]);
    }

    #[test]
    fn a_range_is_never_empty() {
        assert_eq!(range([2.0, 2.0].into_iter(), 0.1), (1.0, 3.0));
        assert_eq!(range([f64::NAN].into_iter(), 0.1), (0.0, 1.0));
        assert_eq!(range([0.0, 10.0].into_iter(), 0.1), (-1.0, 11.0));
    }
}
