//! How many actuals fall into intervals, beside how many should.

use super::Picture;
use super::axes::{Frame, Ticks};
use super::picture::{Entry, GREY, MODELS, Shape};

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
    let mut legend: Vec<Entry> = coverage
        .models
        .iter()
        .enumerate()
        .map(|(i, (model, _))| Entry {
            name: model.clone(),
            colour: MODELS[i % MODELS.len()],
            opacity: None,
            mark: super::sketch::mark(i),
        })
        .collect();
    legend.push(Entry { name: "as it should be".into(), colour: GREY, opacity: None, mark: '·' });
    let mut picture = Picture::titled(size, "Coverage of central intervals", &coverage.about, &legend);
    let percent: Ticks = (0..=5).map(|i| (f64::from(i) / 5.0, format!("{} %", i * 20))).collect();
    let frame = Frame::new(&picture, (0.0, 1.0), (0.0, 1.0), &percent, 26.0);
    frame.draw(&mut picture, &percent, &percent, "actuals inside", "level of the interval");
    let line = |points: Vec<(f64, f64)>, colour, width, mark| Shape::Line { points, colour, width, mark };
    picture.shapes.push(line(vec![frame.at(0.0, 0.0), frame.at(1.0, 1.0)], GREY, 1.0, '·'));
    for (i, (_, points)) in coverage.models.iter().enumerate() {
        let colour = MODELS[i % MODELS.len()];
        let places: Vec<(f64, f64)> = points.iter().map(|(level, share)| frame.at(*level, *share)).collect();
        picture.shapes.push(line(places.clone(), colour, 2.2, super::sketch::mark(i)));
        let mark = super::sketch::mark(i);
        picture.shapes.extend(places.into_iter().map(|at| Shape::Dot { at, radius: 2.8, colour, mark }));
    }
    picture
}
