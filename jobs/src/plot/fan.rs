//! One forecast: what was known, the quantiles of its paths day by day, and what came.

use chrono::NaiveDate;

use super::Picture;
use super::axes::{Frame, Ticks, range, round_ticks};
use super::picture::{Entry, INK, LETTER, MODELS, Shape};
use super::style::SOLID;

/// Quantiles that are drawn, by their probability: the ends of the central 95, 80 and 50 %, and the median.
pub(crate) const QUANTILES: [f64; 7] = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975];
/// The intervals: positions of their ends among the quantiles, opacity, share in percent.
const BANDS: [(usize, usize, f64, u32); 3] = [(0, 6, 0.16, 95), (1, 5, 0.22, 80), (2, 4, 0.30, 50)];

/// What is drawn.
#[derive(Debug, Clone)]
pub(crate) struct Fan {
    pub(crate) key: String,
    /// Model, origin and number of paths, in words.
    pub(crate) about: String,
    /// What the values are, such as `close`.
    pub(crate) target: String,
    /// Unit of the values; empty where none is known.
    pub(crate) unit: String,
    /// Sessions up to the origin, oldest first.
    pub(crate) history: Vec<(NaiveDate, f64)>,
    /// Days ahead with [`QUANTILES`] of the paths.
    pub(crate) ahead: Vec<(NaiveDate, [f64; 7])>,
    /// What came on those days, as far as it is known.
    pub(crate) actual: Vec<f64>,
}

/// Draws it.
pub(crate) fn draw(fan: &Fan, size: (f64, f64)) -> Picture {
    let colour = MODELS[0];
    let mut legend = vec![Entry::plain("what came", INK, None, '•'), Entry::plain("median", colour, None, '─')];
    legend.extend(BANDS.iter().rev().map(|(_, _, _, percent)| {
        // as they lie over each other
        let opacity = BANDS.iter().filter(|(_, _, _, p)| p >= percent).fold(0.0, |sum, b| sum + b.2 * (1.0 - sum));
        Entry::plain(&format!("{percent} %"), colour, Some(opacity), '░')
    }));
    let title = format!("{} {}, {} days ahead", fan.key, fan.target, fan.ahead.len());
    let mut picture = Picture::titled(size, &title, &fan.about, &legend);

    let quantiles = fan.ahead.iter().flat_map(|(_, quantiles)| [quantiles[0], quantiles[6]]);
    let values = fan.history.iter().map(|(_, value)| *value).chain(quantiles).chain(fan.actual.iter().copied());
    let y = range(values, 0.05);
    let before = fan.history.len().saturating_sub(1) as f64;
    let x = (-before, fan.ahead.len() as f64);
    let ys = round_ticks(y, 6);
    let frame = Frame::new(&picture, x, y, &ys, 8.0);
    frame.draw(&mut picture, &dates(fan, size.0), &ys, &fan.unit, "");

    let last = fan.history.last().map(|(_, value)| *value);
    for (low, high, opacity, _) in BANDS {
        let side = |end: usize| fan.ahead.iter().enumerate().map(move |(i, (_, q))| (i as f64 + 1.0, q[end]));
        let start = last.map(|value| (0.0, value));
        let points = start.into_iter().chain(side(high)).chain(side(low).collect::<Vec<_>>().into_iter().rev());
        let points = points.map(|(x, y)| frame.at(x, y)).collect();
        picture.shapes.push(Shape::Area { points, colour, opacity });
    }
    frame.upright(&mut picture, 0.0, "origin");
    let median = fan.ahead.iter().enumerate().map(|(i, (_, q))| (i as f64 + 1.0, q[3]));
    let median = last.map(|value| (0.0, value)).into_iter().chain(median);
    let line = |points: Vec<(f64, f64)>, colour, width, mark| Shape::Line { points, colour, width, dash: SOLID, mark };
    picture.shapes.push(line(median.map(|(x, y)| frame.at(x, y)).collect(), colour, 2.2, '─'));
    let known = fan.history.iter().enumerate().map(|(i, (_, value))| (i as f64 - before, *value));
    let came = fan.actual.iter().enumerate().map(|(i, value)| (i as f64 + 1.0, *value));
    let seen: Vec<(f64, f64)> = known.chain(came.clone()).map(|(x, y)| frame.at(x, y)).collect();
    picture.shapes.push(line(seen, INK, 1.8, '•'));
    for (x, y) in came {
        picture.shapes.push(Shape::Dot { at: frame.at(x, y), radius: 2.6, colour: INK, mark: '•' });
    }
    picture
}

fn day(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

/// Dates at even distances from the origin, as many as there is room for.
fn dates(fan: &Fan, width: f64) -> Ticks {
    let known = fan.history.iter().map(|(date, _)| *date);
    let all: Vec<NaiveDate> = known.chain(fan.ahead.iter().map(|(date, _)| *date)).collect();
    let origin = fan.history.len().saturating_sub(1);
    let room = (width / (LETTER * 14.0)).floor().max(2.0) as usize;
    let step = all.len().div_ceil(room).max(1);
    let at = (0..all.len()).filter(|i| (i + step * all.len() - origin).is_multiple_of(step));
    at.map(|i| (i as f64 - origin as f64, day(all[i]))).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn example() -> Fan {
        let date = |i: i64| NaiveDate::default() + chrono::TimeDelta::days(i);
        let ahead = (1..=10).map(|h| {
            let width = (h as f64).sqrt();
            let quantile = |z: f64| 100.0 + z * width;
            (date(30 + h), [-1.96, -1.28, -0.67, 0.0, 0.67, 1.28, 1.96].map(quantile))
        });
        Fan {
            key: "Coffee".into(),
            about: "naive from 31 Jan 1970, 2000 paths".into(),
            target: "close".into(),
            unit: "US cents per pound".into(),
            history: (0..=30).map(|i| (date(i), 100.0 + (i as f64 / 3.0).sin() - (10.0_f64).sin())).collect(),
            ahead: ahead.collect(),
            actual: vec![100.5, 101.0, 99.0],
        }
    }

    #[test]
    fn dates_are_counted_from_the_origin() {
        let ticks = dates(&example(), 900.0);
        assert!(ticks.iter().any(|(x, label)| *x == 0.0 && label == "31 Jan 1970"), "{ticks:?}");
        let steps: Vec<f64> = ticks.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        assert!((4..=9).contains(&ticks.len()) && steps.iter().all(|step| *step == steps[0]), "{ticks:?}");
    }

    #[test]
    fn nothing_is_drawn_outside() {
        let picture = draw(&example(), (900.0, 480.0));
        for shape in &picture.shapes {
            let points = match shape {
                Shape::Line { points, .. } | Shape::Area { points, .. } => points.clone(),
                Shape::Dot { at, .. } | Shape::Text { at, .. } => vec![*at],
            };
            for (x, y) in points {
                assert!((0.0..=900.0).contains(&x) && (0.0..=480.0).contains(&y), "{shape:?}");
            }
        }
    }
}
