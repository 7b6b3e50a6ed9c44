//! Shapes at places in pixels, from the upper left corner.

use super::style::{Dash, SOLID, Style};
use crate::cli::help::wrapped;

/// A colour: red, green, blue.
pub(super) type Colour = (u8, u8, u8);

/// Text, lines that matter.
pub(super) const INK: Colour = (33, 37, 41);
/// Text beside what matters.
pub(super) const GREY: Colour = (108, 117, 125);
/// Lines of the grid.
pub(super) const PALE: Colour = (222, 226, 230);
/// Colours of models, told apart by the colour-blind too (Okabe and Ito, 2008).
pub(super) const MODELS: [Colour; 7] =
    [(0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0), (86, 180, 233), (90, 90, 90)];

/// Where a text's place lies in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

/// What is drawn.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// Through points; `mark` stands for it among characters.
    Line { points: Vec<(f64, f64)>, colour: Colour, width: f64, dash: Dash, mark: char },
    /// The inside of a polygon, the more opaque the nearer to 1.
    Area { points: Vec<(f64, f64)>, colour: Colour, opacity: f64 },
    /// A disc.
    Dot { at: (f64, f64), radius: f64, colour: Colour, mark: char },
    /// A text whose middle height is at a place.
    Text { at: (f64, f64), text: String, size: f64, colour: Colour, bold: bool, anchor: Anchor },
}

/// A picture of so many pixels.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Room above the frame.
    pub(super) head: f64,
    pub(super) shapes: Vec<Shape>,
}

/// One entry of a legend.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) colour: Colour,
    /// An area of this opacity; a line without.
    pub(super) opacity: Option<f64>,
    pub(super) dash: Dash,
    pub(super) mark: char,
}

impl Entry {
    /// An entry of a line that looks like this.
    pub(super) fn of(name: &str, style: Style) -> Self {
        Self { name: name.to_owned(), colour: style.colour, opacity: None, dash: style.dash, mark: style.mark }
    }

    /// An entry of a line without gaps, or of an area of this opacity.
    pub(super) fn plain(name: &str, colour: Colour, opacity: Option<f64>, mark: char) -> Self {
        Self { name: name.to_owned(), colour, opacity, dash: SOLID, mark }
    }
}

/// Height of the letters of most texts.
pub(super) const TEXT: f64 = 14.0;
/// Width of a letter of that size, on average.
pub(super) const LETTER: f64 = 7.4;
/// Width of a letter of lines that must not run over the edge, where wide ones are many.
const WIDE: f64 = 8.0;
/// Distance of texts from the left edge.
pub(super) const EDGE: f64 = 16.0;
/// Room above the frame for title, legend and unit, where what it is about and the legend take one line each.
const HEAD: f64 = 112.0;
/// Room below it for ticks and the title of the axis.
pub(super) const FOOT: f64 = 56.0;
/// Height of each further line: that of a character in a sketch.
const LINE: f64 = 18.0;
/// Least height of the frame.
const LEAST: f64 = 72.0;

impl Picture {
    /// An empty one with title, what it is about below, and a legend, both in as many lines as they need. Of the frame
    /// these take half at most, beyond which the picture becomes higher.
    pub(super) fn titled(size: (f64, f64), title: &str, about: &str, legend: &[Entry]) -> Self {
        let about = wrapped(about, ((size.0 - 2.0 * EDGE) / WIDE) as usize, 0);
        let places = places(legend, size.0);
        let below = LINE * about.lines().count().saturating_sub(1) as f64;
        let head = HEAD + below + LINE * places.last().map_or(0, |(line, _)| *line) as f64;
        let least = ((size.1 - HEAD - FOOT) / 2.0).max(LEAST);
        let height = size.1.max(head + least + FOOT);
        let mut picture = Self { width: size.0, height, head, shapes: Vec::new() };
        let text = |at, text: &str, size, colour, bold| Shape::Text {
            at,
            text: text.to_owned(),
            size,
            colour,
            bold,
            anchor: Anchor::Left,
        };
        picture.shapes.push(text((EDGE, 24.0), title, 20.0, INK, true));
        for (line, words) in about.lines().enumerate() {
            picture.shapes.push(text((EDGE, 46.0 + LINE * line as f64), words, TEXT, GREY, false));
        }
        for (entry, (line, x)) in legend.iter().zip(places) {
            let y = 70.0 + below + LINE * line as f64;
            picture.shapes.push(match entry.opacity {
                Some(opacity) => Shape::Area {
                    points: vec![(x, y - 6.0), (x + 22.0, y - 6.0), (x + 22.0, y + 6.0), (x, y + 6.0)],
                    colour: entry.colour,
                    opacity,
                },
                None => Shape::Line {
                    points: vec![(x, y), (x + 22.0, y)],
                    colour: entry.colour,
                    width: 2.2,
                    dash: entry.dash,
                    mark: entry.mark,
                },
            });
            picture.shapes.push(text((x + 28.0, y), &entry.name, TEXT, INK, false));
        }
        picture
    }
}

/// Where the entries of a legend stand: in which line, and how far from the left.
fn places(legend: &[Entry], width: f64) -> Vec<(usize, f64)> {
    let (mut line, mut x) = (0, EDGE);
    let mut places = Vec::with_capacity(legend.len());
    for entry in legend {
        let wide = 28.0 + LETTER * entry.name.chars().count() as f64;
        if x > EDGE && x + wide > width - EDGE {
            (line, x) = (line + 1, EDGE);
        }
        places.push((line, x));
        x += wide + 22.0;
    }
    places
}
