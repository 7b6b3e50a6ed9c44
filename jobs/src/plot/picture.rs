//! Shapes at places in pixels, from the upper left corner.

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
    Line { points: Vec<(f64, f64)>, colour: Colour, width: f64, mark: char },
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
    pub(super) shapes: Vec<Shape>,
}

/// One entry of a legend.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) colour: Colour,
    /// An area of this opacity; a line without.
    pub(super) opacity: Option<f64>,
    pub(super) mark: char,
}

/// Height of the letters of most texts.
pub(super) const TEXT: f64 = 14.0;
/// Width of a letter of that size, on average.
pub(super) const LETTER: f64 = 7.4;
/// Distance of texts from the left edge.
pub(super) const EDGE: f64 = 16.0;

impl Picture {
    /// An empty one with title, what it is about below, and a legend.
    pub(super) fn titled(size: (f64, f64), title: &str, about: &str, legend: &[Entry]) -> Self {
        let mut picture = Self { width: size.0, height: size.1, shapes: Vec::new() };
        let text = |at, text: &str, size, colour, bold| Shape::Text {
            at,
            text: text.to_owned(),
            size,
            colour,
            bold,
            anchor: Anchor::Left,
        };
        picture.shapes.push(text((EDGE, 24.0), title, 20.0, INK, true));
        picture.shapes.push(text((EDGE, 46.0), about, TEXT, GREY, false));
        let mut x = EDGE;
        for entry in legend {
            let y = 70.0;
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
                    mark: entry.mark,
                },
            });
            picture.shapes.push(text((x + 28.0, y), &entry.name, TEXT, INK, false));
            x += 28.0 + LETTER * entry.name.chars().count() as f64 + 22.0;
        }
        picture
    }
}
