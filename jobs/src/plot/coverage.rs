//! How many actuals fall into intervals, beside how many should.

use super::Picture;
use super::axes::{Frame, Ticks};
use super::picture::{Entry, GREY, Shape};
use super::style::{SOLID, Style, style};

/// What is drawn.
#[derive(Debug, Clone)]
pub(crate) struct Coverage {
    /// What the scores are of, such as a key.
    pub(crate) about: String,
    /// By model: shares that should be inside, ascending, and those that are.
    pub(crate) models: Vec<(String, Vec<(f64, f64)>)>,
}

/// Draws it.
pub(crate) fn draw(coverage: &Coverage, size: (f64, f64)) -> Picture {
    let named = coverage.models.iter().enumerate();
    let mut legend: Vec<Entry> = named.map(|(i, (model, _))| Entry::of(model, style(i))).collect();
    legend.push(Entry::plain("as it should be", GREY, None, '·'));
    let mut picture = Picture::titled(size, "Coverage of central intervals", &coverage.about, &legend);
    let percent: Ticks = (0..=5).map(|i| (f64::from(i) / 5.0, format!("{} %", i * 20))).collect();
    let frame = Frame::new(&picture, (0.0, 1.0), (0.0, 1.0), &percent, 26.0);
    frame.draw(&mut picture, &percent, &percent, "actuals inside", "level of the interval");
    let ideal = vec![frame.at(0.0, 0.0), frame.at(1.0, 1.0)];
    picture.shapes.push(Shape::Line { points: ideal, colour: GREY, width: 1.0, dash: SOLID, mark: '·' });
    for (i, (_, points)) in coverage.models.iter().enumerate() {
        let Style { colour, dash, mark } = style(i);
        let points: Vec<(f64, f64)> = points.iter().map(|(level, share)| frame.at(*level, *share)).collect();
        let dots = points.clone().into_iter().map(|at| Shape::Dot { at, radius: 2.8, colour, mark });
        picture.shapes.push(Shape::Line { points, colour, width: 2.2, dash, mark });
        picture.shapes.extend(dots);
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::super::picture::{Anchor, FOOT, LETTER, TEXT};
    use super::super::sketch;
    use super::*;

    fn example(models: usize) -> Coverage {
        let points: Vec<(f64, f64)> = (1..20).map(|i| f64::from(i) / 20.0).map(|level| (level, level)).collect();
        Coverage {
            about: "all keys, 14 to 64 forecasts per model from 2 Jan 2024 to 30 Jun 2025, synthetic data; 12 of 22 \
                    models, those with the least MAE: --models shows others"
                .into(),
            models: (0..models).map(|i| (format!("sarimax_weather_seasons_{i}"), points.clone())).collect(),
        }
    }

    #[test]
    fn many_models_stay_inside_and_leave_room_for_their_lines() {
        for size in [(900.0, 480.0), (900.0, 240.0), (300.0, 240.0), (592.0, 414.0)] {
            for models in [1, 6, 7, 12, 30] {
                let picture = draw(&example(models), size);
                assert!(picture.height - picture.head - FOOT >= 72.0, "{size:?} {models}: {}", picture.height);
                for shape in &picture.shapes {
                    let Shape::Text { at, text, size: letters, anchor: Anchor::Left, .. } = shape else { continue };
                    let right = at.0 + LETTER * text.chars().count() as f64;
                    let inside = right <= picture.width && at.1 <= picture.height;
                    assert!(*letters > TEXT || inside, "{size:?} {models}: {shape:?}");
                }
            }
        }
        assert_eq!(draw(&example(12), (900.0, 480.0)).height, 480.0);
    }

    #[test]
    fn a_sketch_cuts_no_word() {
        let example = example(4);
        for columns in [40, 80, 120] {
            let text = sketch(columns, 23, |size| draw(&example, size));
            assert!(text.lines().all(|line| line.chars().count() <= columns), "{text}");
            let names = example.models.iter().map(|(name, _)| name.as_str());
            for word in example.about.split(' ').chain(names).chain(["as it should be", "level of the interval"]) {
                assert!(text.contains(word), "no {word:?} in\n{text}");
            }
        }
    }
}
