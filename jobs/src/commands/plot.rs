//! `plot`: forecasts and scores as pictures, in a file or in characters.

mod scores;
mod single;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Session, catalog};
use crate::cli::Cli;
use crate::exit::Outcome;
use crate::look;
use crate::output::Document;
use crate::plot::{Picture, sketch, write};

/// Columns of a sketch where nothing tells the width, and the most it takes.
const COLUMNS: (usize, usize) = (80, 120);
/// Rows of a sketch: a screen without the line of the prompt.
const ROWS: usize = 23;

/// `plot`.
#[derive(Debug, Args)]
pub struct PlotCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// One forecast: history, intervals of 50, 80 and 95 %, median, and what came. --key chooses the series.
    Fan(single::FanCommand),
    /// How many actuals fall into intervals of each level, by model; over all keys unless --key names some.
    Coverage(Target),
    /// Mean absolute errors by day ahead and model, as a ratio to naive, of one key.
    Errors(Target),
}

/// Where a picture goes.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// File that ends in .svg or .png; without it the picture is sketched in characters.
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,
    /// Sketch it in characters, also if a file is written.
    #[arg(long)]
    tty: bool,
    /// Pixels from left to right; a PNG has twice as many, for screens of high density.
    ///
    /// The default has room for eight dates below a fan.
    #[arg(long, default_value_t = 900, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(300..=4000))]
    width: u32,
    /// Pixels from top to bottom.
    ///
    /// The default leaves two thirds of them to the curves, the rest to title, legend and axis.
    #[arg(long, default_value_t = 480, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(240..=4000))]
    height: u32,
}

pub(super) async fn run(session: &Session, cli: &Cli, command: &PlotCommand) -> Outcome {
    let context = catalog::context(session).await?;
    match &command.what {
        What::Fan(command) => single::fan(session, &context, command).await,
        What::Coverage(target) => scores::coverage(session, &context, cli, target).await,
        What::Errors(target) => scores::errors(session, &context, cli, target).await,
    }
}

/// What a picture is about, with a word that its data is generated where it is.
fn about(session: &Session, about: String) -> String {
    match session.settings.dataset.synthetic {
        true => format!("{about}, synthetic data"),
        false => about,
    }
}

/// Writes or sketches a picture.
fn deliver(target: &Target, draw: impl Fn((f64, f64)) -> Picture) -> Outcome {
    let mut document = Document::new();
    if target.tty || target.into.is_none() {
        let columns = look::get().width.unwrap_or(COLUMNS.0).clamp(40, COLUMNS.1);
        let sketch = sketch(columns, ROWS, &draw);
        document = document.note("sketch", sketch.clone(), sketch);
    }
    if let Some(file) = &target.into {
        write(&draw((f64::from(target.width), f64::from(target.height))), file)?;
        document = document.note("file", json!(file), format!("{} written", file.display()));
    }
    document.show();
    Ok(())
}
