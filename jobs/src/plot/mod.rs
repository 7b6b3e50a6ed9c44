//! Pictures of forecasts and scores: what is drawn is a list of shapes, written as SVG, PNG or characters.

mod axes;
pub(crate) mod coverage;
pub(crate) mod errors;
pub(crate) mod fan;
mod picture;
mod png;
mod render;
mod sketch;
mod style;

pub(crate) use picture::Picture;
pub(crate) use render::write;
pub(crate) use sketch::sketch;
