//! Pictures as files. The letters are of a font that comes with the program, so that every machine draws the same.

use std::path::Path;
use std::sync::OnceLock;

use almanac_engine::{EngineError, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

use super::picture::{Anchor, Colour, Picture, Shape};
use super::png;
use super::style::parts;

/// Family that SVG names; its measures are those of DejaVu Sans.
const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";
/// Pixels of a PNG per pixel of a picture, for screens of high density.
const DENSITY: u32 = 2;
/// Pixels drawn per pixel of a PNG and side, averaged: the library's polygons have hard edges.
const SAMPLES: u32 = 3;
/// Share of its size by which a text of a bitmap is lowered: the library centres it with the room below its letters.
const LOWERED: f64 = 0.2;

/// Writes a picture as SVG or PNG, by the file's ending.
///
/// # Errors
/// `Configuration` for another ending, `Storage` naming the file.
pub(crate) fn write(picture: &Picture, path: &Path) -> Result<()> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let bytes = match ending {
        "svg" => svg(picture)?.into_bytes(),
        "png" => bitmap(picture)?,
        _ => {
            return Err(EngineError::Configuration {
                key: "--into".into(),
                value: path.display().to_string(),
                message: "expected a file that ends in .svg or .png".into(),
            });
        }
    };
    std::fs::write(path, bytes).map_err(|error| EngineError::storage(&path.display().to_string(), error))
}

fn svg(picture: &Picture) -> Result<String> {
    let mut text = String::new();
    let size = (picture.width.round() as u32, picture.height.round() as u32);
    draw(SVGBackend::with_string(&mut text, size), picture, 1.0, 0.0)?;
    Ok(text)
}

fn bitmap(picture: &Picture) -> Result<Vec<u8>> {
    let (width, height) = (picture.width.round() as u32 * DENSITY, picture.height.round() as u32 * DENSITY);
    let fine = (width * SAMPLES, height * SAMPLES);
    let mut pixels = vec![0; fine.0 as usize * fine.1 as usize * 3];
    let scale = f64::from(DENSITY * SAMPLES);
    draw(BitMapBackend::with_buffer(&mut pixels, fine), picture, scale, LOWERED)?;
    png::encode(&png::averaged(&pixels, fine, SAMPLES), (width, height))
}

fn failed(error: impl std::fmt::Display) -> EngineError {
    EngineError::Internal(format!("a picture could not be drawn: {error}"))
}

/// Makes the font known to the library, once.
fn fonts() -> Result<()> {
    static KNOWN: OnceLock<bool> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, dejavu::sans::regular()).is_ok()
            && register_font(FAMILY, FontStyle::Bold, dejavu::sans::bold()).is_ok()
    });
    if *known { Ok(()) } else { Err(failed("the font cannot be read")) }
}

fn draw<B: DrawingBackend>(backend: B, picture: &Picture, scale: f64, lowered: f64) -> Result<()> {
    fonts()?;
    let area = backend.into_drawing_area();
    area.fill(&WHITE).map_err(failed)?;
    let place = |(x, y): (f64, f64)| ((x * scale).round() as i32, (y * scale).round() as i32);
    let rgb = |(red, green, blue): Colour| RGBColor(red, green, blue);
    for shape in &picture.shapes {
        match shape {
            Shape::Line { points, colour, width, dash, .. } => {
                let style = rgb(*colour).stroke_width((width * scale).round().max(1.0) as u32);
                for part in parts(points, dash) {
                    let points: Vec<_> = part.into_iter().map(place).collect();
                    area.draw(&PathElement::new(points, style)).map_err(failed)?;
                }
            }
            Shape::Area { points, colour, opacity } => {
                let points: Vec<_> = points.iter().copied().map(place).collect();
                area.draw(&Polygon::new(points, rgb(*colour).mix(*opacity).filled())).map_err(failed)?;
            }
            Shape::Dot { at, radius, colour, .. } => {
                let radius = (radius * scale).round() as i32;
                area.draw(&Circle::new(place(*at), radius, rgb(*colour).filled())).map_err(failed)?;
            }
            Shape::Text { at, text, size, colour, bold, anchor } => {
                let style = if *bold { FontStyle::Bold } else { FontStyle::Normal };
                let colour = rgb(*colour);
                let horizontal = match anchor {
                    Anchor::Left => HPos::Left,
                    Anchor::Middle => HPos::Center,
                    Anchor::Right => HPos::Right,
                };
                let font = FontDesc::new(FontFamily::Name(FAMILY), size * scale, style);
                let style = TextStyle::from(font).color(&colour).pos(Pos::new(horizontal, VPos::Center));
                let at = (at.0, at.1 + lowered * size);
                area.draw(&Text::new(text.as_str(), place(at), style)).map_err(failed)?;
            }
        }
    }
    area.present().map_err(failed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::fan;
    use super::*;

    #[test]
    fn a_picture_is_the_same_on_every_machine() {
        let picture = fan::draw(&fan::tests::example(), (600.0, 400.0));
        let text = svg(&picture).unwrap();
        assert!(text.starts_with("<svg") && text.trim_end().ends_with("</svg>"), "{text}");
        assert!(text.contains("Coffee close") && text.contains("US cents per pound"), "{text}");
        assert_eq!(text, svg(&picture).unwrap());
    }

    #[test]
    fn the_ending_says_the_form() {
        let folder = tempfile::tempdir().unwrap();
        let picture = fan::draw(&fan::tests::example(), (300.0, 240.0));
        let file = folder.path().join("fan.png");
        write(&picture, &file).unwrap();
        assert!(std::fs::read(&file).unwrap().starts_with(b"\x89PNG\r\n\x1a\n"));
        let refused = write(&picture, &folder.path().join("fan.gif")).unwrap_err();
        assert!(refused.to_string().contains(".svg or .png"), "{refused}");
    }
}
