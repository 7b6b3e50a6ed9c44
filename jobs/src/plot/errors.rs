//! Mean absolute errors by day ahead, in units of those of a naive forecast.

use super::Picture;
use super::axes::{Frame, Ticks, range, round_ticks};
use super::picture::{Entry, GREY, LETTER, Shape};
use super::style::{SOLID, Style, style};

/// What is drawn.
#[derive(Debug, Clone)]
pub(crate) struct Errors {
    /// What the scores are of, such as a key.
    pub(crate) about: String,
    /// The model that is 1.
    pub(crate) naive: String,
    /// By model: days ahead, ascending, and the ratio.
    pub(crate) models: Vec<(String, Vec<(u32, f64)>)>,
}

/// Draws it.
pub(crate) fn draw(errors: &Errors, size: (f64, f64)) -> Picture {
    // the first style is the naive forecast's, as where all are drawn
    let named = errors.models.iter().enumerate();
    let mut legend: Vec<Entry> = named.map(|(i, (model, _))| Entry::of(model, style(i + 1))).collect();
    legend.push(Entry::plain(&format!("{} = 1", errors.naive), GREY, None, '·'));
    let mut picture = Picture::titled(size, "Errors beside a naive forecast", &errors.about, &legend);
    let ratios = errors.models.iter().flat_map(|(_, points)| points.iter().map(|(_, ratio)| *ratio));
    let y = range(ratios.chain([0.98, 1.02]), 0.12);
    let days = errors.models.iter().flat_map(|(_, points)| points.iter().map(|(day, _)| *day)).max().unwrap_or(1);
    let x = (0.5, f64::from(days) + 0.5);
    let ys = round_ticks(y, 6);
    let room = (size.0 / (LETTER * 6.0)) as u32;
    let step = days.div_ceil(room.max(1)).max(1);
    let xs: Ticks =
        (1..=days).filter(|day| (day - 1) % step == 0).map(|day| (f64::from(day), day.to_string())).collect();
    let frame = Frame::new(&picture, x, y, &ys, 8.0);
    frame.draw(&mut picture, &xs, &ys, "mean absolute error, as a ratio", "days ahead");
    let even = vec![frame.at(x.0, 1.0), frame.at(x.1, 1.0)];
    picture.shapes.push(Shape::Line { points: even, colour: GREY, width: 1.6, dash: SOLID, mark: '·' });
    for (i, (_, points)) in errors.models.iter().enumerate() {
        let Style { colour, dash, mark } = style(i + 1);
        let points: Vec<(f64, f64)> = points.iter().map(|(day, ratio)| frame.at(f64::from(*day), *ratio)).collect();
        let dots = points.clone().into_iter().map(|at| Shape::Dot { at, radius: 3.0, colour, mark });
        picture.shapes.push(Shape::Line { points, colour, width: 2.2, dash, mark });
        picture.shapes.extend(dots);
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::super::sketch;
    use super::*;

    #[test]
    fn a_narrow_sketch_keeps_the_letters_of_its_words() {
        let models = vec![("random_walk".to_owned(), vec![(1, 0.8), (2, 1.0), (3, 1.6)])];
        let errors = Errors { about: "Coffee".into(), naive: "naive".into(), models };
        let text = sketch(40, 23, |size| draw(&errors, size));
        assert!(text.contains("days ahead") && text.contains("mean absolute error, as a ratio"), "{text}");
    }
}
