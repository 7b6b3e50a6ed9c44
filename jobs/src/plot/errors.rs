//! Mean absolute errors by day ahead, in units of those of a naive forecast.

use super::Picture;
use super::axes::{Frame, Ticks, range, round_ticks};
use super::picture::{Entry, GREY, LETTER, MODELS, Shape};

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
    let mark = super::sketch::mark;
    let entry = |(i, (model, _)): (usize, &(String, _))| Entry {
        name: model.clone(),
        colour: MODELS[(i + 1) % MODELS.len()],
        opacity: None,
        mark: mark(i),
    };
    let mut legend: Vec<Entry> = errors.models.iter().enumerate().map(entry).collect();
    legend.push(Entry { name: format!("{} = 1", errors.naive), colour: GREY, opacity: None, mark: '·' });
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
    let line = |points: Vec<(f64, f64)>, colour, width, mark| Shape::Line { points, colour, width, mark };
    picture.shapes.push(line(vec![frame.at(x.0, 1.0), frame.at(x.1, 1.0)], GREY, 1.6, '·'));
    for (i, (_, points)) in errors.models.iter().enumerate() {
        let colour = MODELS[(i + 1) % MODELS.len()];
        let places: Vec<(f64, f64)> = points.iter().map(|(day, ratio)| frame.at(f64::from(*day), *ratio)).collect();
        picture.shapes.push(line(places.clone(), colour, 2.2, mark(i)));
        let dots = places.into_iter().map(|at| Shape::Dot { at, radius: 3.0, colour, mark: mark(i) });
        picture.shapes.extend(dots);
    }
    picture
}
